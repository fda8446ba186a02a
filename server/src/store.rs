//! Where a service remembers what passes once: two small contracts, a store for one process, and one for a fleet.
//!
//! A store answers with a value. It never decides who may pass: only [`ClaimOutcome::Fresh`] lets a request through, and
//! whatever goes wrong is [`ClaimOutcome::Unavailable`], which is answered 503.
//!
//! # A store of your own
//!
//! [`ReplayStore`] is enough for signed requests; [`SessionStore`] adds sessions. Nothing has a default body: a store that
//! forgets an operation does not compile. Each operation must be atomic across everything that shares the store, and must
//! end by itself within a fraction of a second.
//!
//! ```
//! use std::collections::HashMap;
//! use std::sync::Mutex;
//! use std::time::Duration;
//!
//! use bittensor_auth_server::bittensor_auth::replay::{ClaimId, ClaimOutcome, ReplayClaim};
//! use bittensor_auth_server::bittensor_auth::session::{
//!     FamilyId, Generation, Lifetimes, Login, PresentedRefresh, PresentedSession, ReadOutcome, RotateOutcome, SessionRecord,
//! };
//! use bittensor_auth_server::bittensor_auth::time::UnixNanos;
//! use bittensor_auth_server::{Error, Hotkey, ReplayStore, SessionStore, Verifier};
//!
//! /// Imagine tables of a database here, and one transaction wherever this takes the lock.
//! #[derive(Default)]
//! struct Tables(Mutex<State>);
//!
//! #[derive(Default)]
//! struct State {
//!     claims: HashMap<ClaimId, UnixNanos>,
//!     sessions: HashMap<FamilyId, SessionRecord>,
//!     generations: HashMap<Hotkey, Generation>,
//! }
//!
//! impl State {
//!     /// `INSERT … ON CONFLICT DO NOTHING`, after what has ended was deleted.
//!     fn claim(&mut self, claim: &ReplayClaim, now: UnixNanos) -> ClaimOutcome {
//!         if claim.keep_until <= now {
//!             return ClaimOutcome::Expired;
//!         }
//!         self.claims.retain(|_, keep_until| now < *keep_until);
//!         match self.claims.insert(claim.id, claim.keep_until) {
//!             None => ClaimOutcome::Fresh,
//!             Some(_) => ClaimOutcome::Replayed,
//!         }
//!     }
//! }
//!
//! impl Tables {
//!     /// A store that cannot be reached says so; it does not wait for ever and it does not guess.
//!     fn open(&self) -> Option<std::sync::MutexGuard<'_, State>> {
//!         self.0.lock().ok()
//!     }
//! }
//!
//! impl ReplayStore for Tables {
//!     async fn start(&self, _: &Verifier) -> Result<(), Error> {
//!         // Refuse here what could forget a claim: a replica, a cache, a database without durable commits. A store that
//!         // may have lost its memory must answer `ClaimOutcome::Warming` until nothing it forgot can be fresh.
//!         Ok(())
//!     }
//!
//!     async fn claim(&self, claim: &ReplayClaim, now: UnixNanos) -> ClaimOutcome {
//!         self.open().map_or(ClaimOutcome::Unavailable, |mut state| state.claim(claim, now))
//!     }
//! }
//!
//! impl SessionStore for Tables {
//!     async fn create(&self, login: &Login, now: UnixNanos) -> ClaimOutcome {
//!         let Some(mut state) = self.open() else { return ClaimOutcome::Unavailable };
//!         let outcome = state.claim(login.claim(), now);
//!         if outcome == ClaimOutcome::Fresh {
//!             // The hotkey keeps the generation it has; a revocation removed it.
//!             let generation = *state.generations.entry(login.hotkey()).or_insert(login.record().generation);
//!             state.sessions.insert(login.family(), SessionRecord { generation, ..*login.record() });
//!         }
//!         outcome
//!     }
//!
//!     async fn read(&self, presented: &PresentedSession, now: UnixNanos) -> ReadOutcome {
//!         let Some(state) = self.open() else { return ReadOutcome::Unavailable };
//!         ReadOutcome::Found {
//!             record: state.sessions.get(&presented.family()).copied().filter(|record| now < record.refresh_expires_at),
//!             generation: state.generations.get(&presented.hotkey()).copied(),
//!         }
//!     }
//!
//!     async fn rotate(&self, presented: &PresentedRefresh, lifetimes: &Lifetimes, now: UnixNanos) -> RotateOutcome {
//!         let Some(mut state) = self.open() else { return RotateOutcome::Unavailable };
//!         let generation = state.generations.get(&presented.hotkey()).copied();
//!         let Some(record) = state.sessions.get(&presented.family()).copied() else { return RotateOutcome::Ended };
//!         let live = generation == Some(record.generation) && now < record.refresh_expires_at;
//!         if live && presented.rotation() == record.rotation {
//!             let next = SessionRecord {
//!                 rotation: record.rotation + 1,
//!                 rotated_at: now,
//!                 refresh_expires_at: now.plus(lifetimes.idle).min(record.absolute_at),
//!                 ..record
//!             };
//!             state.sessions.insert(presented.family(), next);
//!             return RotateOutcome::Rotated(next);
//!         }
//!         let by_another_tab = presented.rotation() + 1 == record.rotation;
//!         if live && by_another_tab && now.since(record.rotated_at) <= lifetimes.grace {
//!             return RotateOutcome::Rotated(record);
//!         }
//!         state.sessions.remove(&presented.family());
//!         if live && presented.rotation() < record.rotation { RotateOutcome::Reused } else { RotateOutcome::Ended }
//!     }
//!
//!     async fn end(&self, presented: &PresentedSession) -> Result<(), Error> {
//!         let mut state = self.open().ok_or(bittensor_auth_server::ErrorCode::StoreUnavailable)?;
//!         state.sessions.remove(&presented.family());
//!         Ok(())
//!     }
//!
//!     async fn revoke(&self, hotkey: &Hotkey) -> Result<(), Error> {
//!         let mut state = self.open().ok_or(bittensor_auth_server::ErrorCode::StoreUnavailable)?;
//!         state.generations.remove(hotkey);
//!         Ok(())
//!     }
//! }
//!
//! # use bittensor_auth_server::bittensor_auth::{key::{Scheme, SigningKey}, time::Window};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let store = Tables::default();
//! let (sender, now) = (SigningKey::from_seed(Scheme::Sr25519, &[1; 32]).hotkey(), UnixNanos::from_secs(1_790_000_000));
//! let verifier = Verifier::new(SigningKey::from_seed(Scheme::Sr25519, &[2; 32]).hotkey());
//! let claim = ReplayClaim::for_request(verifier.namespace(), &sender, now, &Window::BTAUTH);
//! assert_eq!(store.claim(&claim, now).await, ClaimOutcome::Fresh);
//! assert_eq!(store.claim(&claim, now).await, ClaimOutcome::Replayed);
//! assert_eq!(store.claim(&claim, claim.keep_until).await, ClaimOutcome::Expired);
//! # }
//! ```
//!
//! Such a store is right as long as it never loses what it holds. [`RedisStore`] notices when it did.

mod erased;
mod memory;
#[cfg(feature = "redis")]
mod redis;
mod workers;

use std::future::Future;

use bittensor_auth::error::Error;
use bittensor_auth::key::Hotkey;
use bittensor_auth::replay::{ClaimOutcome, ReplayClaim};
use bittensor_auth::request::Verifier;
use bittensor_auth::session::{Lifetimes, Login, PresentedRefresh, PresentedSession, ReadOutcome, RotateOutcome};
use bittensor_auth::time::UnixNanos;

#[cfg(feature = "redis")]
pub use self::redis::RedisStore;
pub(crate) use erased::{AnyReplayStore, AnySessionStore};
pub use memory::{MemorySettings, MemoryStore, Workers};

/// Remembers accepted requests (`spec/03 §3`).
pub trait ReplayStore: Send + Sync + 'static {
    /// Refuses a deployment that could let a replay pass. Called when the service starts, and until it succeeded before
    /// each request that needs the store.
    ///
    /// # Errors
    /// `unsafe_store` or `invalid_configuration` when this store must not be used so, `store_unavailable` when that cannot
    /// be told yet.
    fn start(&self, verifier: &Verifier) -> impl Future<Output = Result<(), Error>> + Send;

    /// Remembers a claim until its `keep_until`, or says why not. Atomic: of any number of equal claims one is fresh.
    fn claim(&self, claim: &ReplayClaim, now: UnixNanos) -> impl Future<Output = ClaimOutcome> + Send;
}

/// Remembers sessions as well (`spec/04 §5`).
pub trait SessionStore: ReplayStore {
    /// Claims a login's challenge and creates its session, or does neither. A hotkey that has a generation keeps it.
    fn create(&self, login: &Login, now: UnixNanos) -> impl Future<Output = ClaimOutcome> + Send;

    /// Reads a session and the generation of its hotkey as they are at one moment.
    fn read(&self, presented: &PresentedSession, now: UnixNanos) -> impl Future<Output = ReadOutcome> + Send;

    /// Exchanges a refresh token for the next rotation, once; see the table in `spec/04 §5`.
    fn rotate(
        &self,
        presented: &PresentedRefresh,
        lifetimes: &Lifetimes,
        now: UnixNanos,
    ) -> impl Future<Output = RotateOutcome> + Send;

    /// Ends one session. That it was over already is no error.
    ///
    /// # Errors
    /// `store_unavailable` when it may still live.
    fn end(&self, presented: &PresentedSession) -> impl Future<Output = Result<(), Error>> + Send;

    /// Ends every session of a hotkey by removing its generation: one write.
    ///
    /// # Errors
    /// `store_unavailable` when they may still live.
    fn revoke(&self, hotkey: &Hotkey) -> impl Future<Output = Result<(), Error>> + Send;
}
