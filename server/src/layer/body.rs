//! Reading a whole body within a limit and a time.

use std::error::Error as StdError;
use std::pin::pin;
use std::time::Duration;

use bittensor_auth::error::{Error, ErrorCode};
use bytes::{Buf as _, Bytes, BytesMut};
use http_body::Body;
use http_body_util::{BodyExt as _, LengthLimitError};
use tokio::time::{Instant, timeout_at};

pub(crate) type BoxError = Box<dyn StdError + Send + Sync>;

/// Why a body was not read.
pub(crate) enum BodyFailure {
    /// It was not all there in time.
    Late,
    /// Something in front of this layer, or this layer's own limit, refused it.
    Refused(Error),
}

impl BodyFailure {
    /// The error; a body that came too late gets this code.
    pub(crate) fn into_error(self, late: ErrorCode, detail: &'static str) -> Error {
        match self {
            Self::Late => Error::new(late).detail(detail),
            Self::Refused(error) => error,
        }
    }
}

/// The whole body. `take` sees each piece before it is kept, and may refuse it.
///
/// What is kept is copied out of the connection's buffers: small chunks would hold them in memory.
pub(crate) async fn read_body<B>(
    body: B,
    within: Duration,
    mut take: impl FnMut(&[u8]) -> Result<(), Error>,
) -> Result<Bytes, BodyFailure>
where
    B: Body,
    B::Error: Into<BoxError>,
{
    let mut body = pin!(body);
    let deadline = Instant::now() + within;
    let mut whole = Bytes::new();
    let mut pieces = BytesMut::new();
    loop {
        let frame = timeout_at(deadline, body.frame()).await.map_err(|_| BodyFailure::Late)?;
        let Some(frame) = frame else { break };
        let frame = frame.map_err(|error| BodyFailure::Refused(unreadable(error.into().as_ref())))?;
        let Ok(mut data) = frame.into_data() else { continue };
        let piece = data.copy_to_bytes(data.remaining());
        take(&piece).map_err(BodyFailure::Refused)?;
        if whole.is_empty() && pieces.is_empty() {
            whole = piece;
        } else {
            pieces.extend_from_slice(&std::mem::take(&mut whole));
            pieces.extend_from_slice(&piece);
        }
    }
    Ok(if pieces.is_empty() { whole } else { pieces.freeze() })
}

/// A limit of another layer, or a connection that broke; nobody reads the answer then.
fn unreadable(error: &(dyn StdError + 'static)) -> Error {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<LengthLimitError>() {
            return ErrorCode::PayloadTooLarge.into();
        }
        cause = error.source();
    }
    Error::new(ErrorCode::MalformedBody).detail("the body broke off: expected all of it")
}

#[cfg(test)]
mod tests {
    use http_body_util::{Empty, Full, Limited, StreamBody};

    use super::*;

    async fn read(body: impl Body<Error: Into<BoxError>>) -> Result<Bytes, Option<ErrorCode>> {
        let mut left = 10_usize;
        let take = |piece: &[u8]| {
            left = left.checked_sub(piece.len()).ok_or(ErrorCode::PayloadTooLarge)?;
            Ok(())
        };
        read_body(body, Duration::from_secs(1), take).await.map_err(|failure| match failure {
            BodyFailure::Late => None,
            BodyFailure::Refused(error) => Some(error.code()),
        })
    }

    fn pieces(pieces: &[&'static str]) -> impl Body<Error: Into<BoxError>> + use<> {
        let frames: Vec<_> = pieces
            .iter()
            .map(|piece| Ok::<_, BoxError>(http_body::Frame::data(Bytes::from_static(piece.as_bytes()))))
            .collect();
        StreamBody::new(futures_util::stream::iter(frames))
    }

    #[tokio::test(start_paused = true)]
    async fn pieces_become_one_and_limits_hold() {
        assert_eq!(read(Empty::<Bytes>::new()).await, Ok(Bytes::new()));
        assert_eq!(read(Full::new(Bytes::from_static(b"whole"))).await, Ok(Bytes::from_static(b"whole")));
        assert_eq!(read(pieces(&["ab", "", "cde", "f"])).await, Ok(Bytes::from_static(b"abcdef")));
        assert_eq!(read(pieces(&["0123456789"])).await.map(|body| body.len()), Ok(10));
        assert_eq!(read(pieces(&["0123456789", "x"])).await, Err(Some(ErrorCode::PayloadTooLarge)));
        assert_eq!(read(Limited::new(pieces(&["abcdef"]), 3)).await, Err(Some(ErrorCode::PayloadTooLarge)));
        let broken =
            StreamBody::new(futures_util::stream::iter([Err::<http_body::Frame<Bytes>, BoxError>("gone".into())]));
        assert_eq!(read(broken).await, Err(Some(ErrorCode::MalformedBody)));
        let endless = StreamBody::new(futures_util::stream::pending::<Result<http_body::Frame<Bytes>, BoxError>>());
        assert_eq!(read(endless).await, Err(None));
    }
}
