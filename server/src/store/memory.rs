//! The store of one process.

use std::sync::Arc;

use bittensor_auth::error::{Error, ErrorCode};
use bittensor_auth::key::Hotkey;
use bittensor_auth::nonce::OsEntropy;
use bittensor_auth::replay::{ClaimOutcome, GuardStart, ReplayClaim, ReplayGuard};
use bittensor_auth::request::Verifier;
use bittensor_auth::session::{
    Lifetimes, Login, PresentedRefresh, PresentedSession, ReadOutcome, RotateOutcome, SessionTable,
};
use bittensor_auth::time::UnixNanos;
use metrics::gauge;

use super::workers::{Process, is_only_worker};
use super::{ReplayStore, SessionStore};
use crate::auth::system_time;
use crate::telemetry::{LIVE_NONCES, LIVE_SESSIONS, UNSAFE_SETTINGS};

/// Remembers requests and sessions in the memory of this process, exactly and within bounds. Clones share it.
///
/// For one process: with several, the same request would pass once in each, so the service refuses to start
/// (`unsafe_store`) when another process of this machine serves the same receiver.
///
/// A process cannot know what the one before it accepted. So for the first 4 s (skew and clock margin) everything that
/// could be a replay is answered `store_warming` (503), unless [`MemoryStore::nothing_accepted_before`] says that there
/// was no process before.
#[derive(Debug, Clone)]
pub struct MemoryStore(Arc<Memory>);

#[derive(Debug)]
struct Memory {
    guard: ReplayGuard,
    sessions: SessionTable,
    settings: MemorySettings,
}

/// Settings of a [`MemoryStore`].
#[derive(Debug, Clone, Copy)]
pub struct MemorySettings {
    /// Most live requests: 1,000,000. Beyond them the answer is `store_full` (503); nothing that lives is forgotten.
    pub capacity: usize,
    /// Most live sessions: 100,000, likewise.
    pub session_capacity: usize,
    /// What may have been accepted before this store was made.
    pub start: GuardStart,
    /// Whether other processes are looked for.
    pub workers: Workers,
}

/// Whether a [`MemoryStore`] looks for other processes that serve the same receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Workers {
    /// The operator vouches that this is the only one, or that each has a receiver of its own.
    SingleProcessAcknowledged,
    /// Another process of this user on this machine that serves the same receiver is found and refused.
    #[default]
    Checked,
}

impl Default for MemorySettings {
    fn default() -> Self {
        Self {
            capacity: ReplayGuard::DEFAULT_CAPACITY,
            session_capacity: SessionTable::DEFAULT_CAPACITY,
            start: GuardStart::At(system_time()),
            workers: Workers::default(),
        }
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryStore {
    /// An empty store that counts its start as a loss of memory.
    #[must_use]
    pub fn new() -> Self {
        Self::with_settings(MemorySettings::default())
    }

    /// An empty store for a demo or a test: no process accepted anything for this receiver before.
    #[must_use]
    pub fn nothing_accepted_before() -> Self {
        Self::with_settings(MemorySettings {
            start: GuardStart::NothingAcceptedBefore,
            workers: Workers::SingleProcessAcknowledged,
            ..MemorySettings::default()
        })
    }

    /// An empty store with these settings.
    #[must_use]
    pub fn with_settings(settings: MemorySettings) -> Self {
        Self(Arc::new(Memory {
            guard: ReplayGuard::new(settings.capacity, settings.start, &mut OsEntropy),
            sessions: SessionTable::new(settings.session_capacity),
            settings,
        }))
    }

    fn report_sessions(&self) {
        gauge!(LIVE_SESSIONS).set(float(self.0.sessions.len()));
    }
}

#[expect(clippy::cast_precision_loss, reason = "a gauge of a few million at most")]
fn float(count: usize) -> f64 {
    count as f64
}

impl ReplayStore for MemoryStore {
    async fn start(&self, verifier: &Verifier) -> Result<(), Error> {
        if self.0.settings.start == GuardStart::NothingAcceptedBefore {
            gauge!(UNSAFE_SETTINGS, "setting" => "nothing_accepted_before").set(1);
        }
        if self.0.settings.workers == Workers::SingleProcessAcknowledged {
            gauge!(UNSAFE_SETTINGS, "setting" => "single_process_acknowledged").set(1);
            return Ok(());
        }
        match is_only_worker(verifier.namespace()) {
            Process::Only => Ok(()),
            Process::Unknown => {
                tracing::warn!(target: "bittensor_auth", "MemoryStore: cannot tell whether this is the only process");
                Ok(())
            }
            Process::OneOfSeveral => Err(Error::new(ErrorCode::UnsafeStore).detail(
                "MemoryStore: expected one process for this receiver, found another one; use RedisStore for several",
            )),
        }
    }

    async fn claim(&self, claim: &ReplayClaim, now: UnixNanos) -> ClaimOutcome {
        let outcome = self.0.guard.claim(claim, now);
        gauge!(LIVE_NONCES).set(float(self.0.guard.len()));
        outcome
    }
}

impl SessionStore for MemoryStore {
    async fn create(&self, login: &Login, now: UnixNanos) -> ClaimOutcome {
        let outcome = self.0.sessions.create(&self.0.guard, login, now);
        self.report_sessions();
        outcome
    }

    async fn read(&self, presented: &PresentedSession, now: UnixNanos) -> ReadOutcome {
        self.0.sessions.read(presented, now)
    }

    async fn rotate(&self, presented: &PresentedRefresh, lifetimes: &Lifetimes, now: UnixNanos) -> RotateOutcome {
        self.0.sessions.rotate(presented, lifetimes, now)
    }

    async fn end(&self, presented: &PresentedSession) -> Result<(), Error> {
        self.0.sessions.end(&presented.family());
        self.report_sessions();
        Ok(())
    }

    async fn revoke(&self, hotkey: &Hotkey) -> Result<(), Error> {
        self.0.sessions.revoke(hotkey);
        Ok(())
    }
}
