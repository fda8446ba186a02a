//! Is this the only process that serves this receiver here? The lock file is the one that the Python package takes.

use bittensor_auth::replay::Namespace;

/// What can be told about other processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Process {
    OneOfSeveral,
    Only,
    Unknown,
}

#[cfg(unix)]
pub(super) fn is_only_worker(namespace: &Namespace) -> Process {
    use std::collections::HashMap;
    use std::os::fd::OwnedFd;
    use std::sync::{Mutex, PoisonError};

    use rustix::fs::{FlockOperation, Mode, OFlags, flock, open};
    use rustix::io::Errno;
    use rustix::process::{getpid, getuid};

    /// Lock files of this process, held until it ends. A child of `fork` has another id and takes its own.
    static HELD: Mutex<Option<HashMap<String, OwnedFd>>> = Mutex::new(None);

    let name = format!("bittensor-auth-{}-{}.lock", getuid().as_raw(), namespace.as_str());
    let key = format!("{}/{name}", getpid().as_raw_nonzero());
    let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
    let held = held.get_or_insert_default();
    if held.contains_key(&key) {
        return Process::Only;
    }
    let flags = OFlags::CREATE | OFlags::RDWR | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let Ok(lock) = open(std::env::temp_dir().join(name), flags, Mode::RUSR | Mode::WUSR) else {
        return Process::Unknown;
    };
    match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {
            held.insert(key, lock);
            Process::Only
        }
        Err(Errno::WOULDBLOCK) => Process::OneOfSeveral,
        Err(_) => Process::Unknown,
    }
}

#[cfg(not(unix))]
pub(super) fn is_only_worker(_: &Namespace) -> Process {
    Process::Unknown
}

#[cfg(all(test, unix))]
mod tests {
    use bittensor_auth::key::Hotkey;
    use bittensor_auth::nonce::{Entropy as _, OsEntropy};
    use rustix::fs::{FlockOperation, Mode, OFlags, flock, open};
    use rustix::process::getuid;

    use super::*;

    #[test]
    fn another_holder_of_the_lock_is_found() {
        let mut key = [0; 32];
        OsEntropy.fill(&mut key);
        let namespace = Namespace::for_receiver(&Hotkey::from_bytes(key));
        let name = format!("bittensor-auth-{}-{}.lock", getuid().as_raw(), namespace.as_str());
        let path = std::env::temp_dir().join(name);
        let other = open(&path, OFlags::CREATE | OFlags::RDWR, Mode::RUSR | Mode::WUSR).expect("a file");
        flock(&other, FlockOperation::NonBlockingLockExclusive).expect("a lock");
        assert_eq!(is_only_worker(&namespace), Process::OneOfSeveral);
        drop(other);
        assert_eq!(is_only_worker(&namespace), Process::Only);
        assert_eq!(is_only_worker(&namespace), Process::Only, "held already");
        std::fs::remove_file(path).expect("a file");
    }
}
