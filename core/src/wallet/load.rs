//! Reads a hotkey file from disk.

use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, Read as _};

use zeroize::Zeroizing;

use super::{Keyfile, WalletPath, malformed};
use crate::error::{Error, ErrorCode};

/// Finds, checks, reads and parses one hotkey file. Blocks; links are followed, and what they lead to is checked.
///
/// On Unix a file that every user of the machine can read is refused; elsewhere access lists are the host's business.
///
/// # Errors
/// [`ErrorCode::KeyfileNotFound`]; [`ErrorCode::KeyfilePermissions`] when everybody may read the file, or this process
/// may not; [`ErrorCode::KeyfileMalformed`] when it is not a regular file or cannot be read to its end; and those of
/// [`Keyfile::parse`].
pub fn load_hotkey(path: &WalletPath) -> Result<Keyfile, Error> {
    let path = path.hotkey_file();
    // Opening a pipe would wait for its writer, and opening a device can have effects, so look first. Only what is
    // found on the open handle counts: the name may lead elsewhere by now.
    check(&std::fs::metadata(path).map_err(|error| cannot_open(&error))?)?;
    let file = File::open(path).map_err(|error| cannot_open(&error))?;
    check(&file.metadata().map_err(|error| cannot_open(&error))?)?;

    // One byte more than `parse` accepts; the buffer never grows, so it leaves no copy behind.
    let limit = Keyfile::MAX_LEN + 1;
    let mut bytes = Zeroizing::new(Vec::with_capacity(limit));
    file.take(limit as u64)
        .read_to_end(&mut bytes)
        .map_err(|error| malformed(format!("expected a file that can be read to its end ({})", error.kind())))?;
    Keyfile::parse(&bytes)
}

fn check(metadata: &Metadata) -> Result<(), Error> {
    if !metadata.is_file() {
        return Err(malformed("expected a regular file"));
    }
    if is_world_readable(metadata) {
        return Err(ErrorCode::KeyfilePermissions.into());
    }
    Ok(())
}

#[cfg(unix)]
fn is_world_readable(metadata: &Metadata) -> bool {
    std::os::unix::fs::MetadataExt::mode(metadata) & 0o004 != 0
}

#[cfg(not(unix))]
fn is_world_readable(_: &Metadata) -> bool {
    false
}

fn cannot_open(error: &io::Error) -> Error {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => ErrorCode::KeyfileNotFound.into(),
        ErrorKind::PermissionDenied => Error::new(ErrorCode::KeyfilePermissions)
            .detail("expected this process to have read access to the hotkey file and search access to its folders"),
        kind => Error::new(ErrorCode::KeyfileNotFound).detail(format!("the hotkey file cannot be opened ({kind})")),
    }
}

#[cfg(all(test, unix))]
mod tests;
