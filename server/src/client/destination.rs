//! One origin that requests are signed for: its receiver and its clock.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bittensor_auth::error::Error;
use bittensor_auth::header::SignedHeaders;
use bittensor_auth::key::{Hotkey, Scheme, SigningKey};
use bittensor_auth::message::BodyHash;
use bittensor_auth::nonce::OsEntropy;
use bittensor_auth::request::{ClockOffset, RequestSigner};
use bittensor_auth::target::{Method, RequestTarget};
use bittensor_auth::time::UnixNanos;
use http::HeaderMap;

use super::answer::{Advice, date};

/// `Date` has whole seconds, and an answer takes its time: what is closer than this is no wrong clock.
const DATE_TOLERANCE_MS: u64 = 2_000;

#[derive(Debug)]
pub(super) struct Destination {
    receiver: Hotkey,
    sender: (Scheme, Hotkey),
    clock: fn() -> UnixNanos,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    signer: RequestSigner,
    offset: ClockOffset,
}

impl Destination {
    pub(super) fn new(key: &SigningKey, receiver: Hotkey, clock: fn() -> UnixNanos) -> Self {
        let sender = (key.scheme(), key.hotkey());
        let signer = RequestSigner::new(sender.0, sender.1, receiver);
        Self { receiver, sender, clock, state: Mutex::new(State { signer, offset: ClockOffset::default() }) }
    }

    /// The headers of one attempt.
    pub(super) fn sign(
        &self,
        key: &SigningKey,
        method: &Method,
        target: &RequestTarget,
        body: BodyHash,
    ) -> SignedHeaders {
        let unsigned = {
            let State { signer, offset } = &mut *self.state();
            signer.prepare(method, target, body, offset.apply((self.clock)()), &mut OsEntropy)
        };
        unsigned.sign(key, &mut OsEntropy)
    }

    /// Whether a 401 says that our clock is wrong. It is corrected then: sign once more, and send once more.
    ///
    /// # Errors
    /// `stale_request` when the server says that the clocks differ by more than 15 minutes.
    pub(super) fn should_resign(&self, advice: &Advice, headers: &HeaderMap) -> Result<bool, Error> {
        match advice {
            Advice::Resign(server_time) => match server_time.or_else(|| date(headers)) {
                Some(server_time) => self.correct(server_time).map(|()| true),
                None => Ok(false),
            },
            Advice::Other => Ok(false),
            Advice::Unreadable => Ok(self.correct_by_date(headers)),
        }
    }

    /// The answer may mean anything: only a clock that is wrong enough to explain it is worth a second attempt.
    fn correct_by_date(&self, headers: &HeaderMap) -> bool {
        let Some(server_time) = date(headers) else { return false };
        let now = self.state().offset.apply((self.clock)());
        server_time.as_millis().abs_diff(now.as_millis()) > DATE_TOLERANCE_MS && self.correct(server_time).is_ok()
    }

    fn correct(&self, server_time: UnixNanos) -> Result<(), Error> {
        let offset = ClockOffset::between(server_time, (self.clock)())?;
        // Nonces only rise. If our clock was ahead they have to start anew, or they stay ahead until time catches up.
        let signer = RequestSigner::new(self.sender.0, self.sender.1, self.receiver);
        *self.state() = State { signer, offset };
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
