//! The store contracts as trait objects, so that a service's type does not name its store.

use std::future::Future;
use std::pin::Pin;

use bittensor_auth::error::Error;
use bittensor_auth::key::Hotkey;
use bittensor_auth::replay::{ClaimOutcome, ReplayClaim};
use bittensor_auth::request::Verifier;
use bittensor_auth::session::{Lifetimes, Login, PresentedRefresh, PresentedSession, ReadOutcome, RotateOutcome};
use bittensor_auth::time::UnixNanos;

use super::{ReplayStore, SessionStore};

type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

pub(crate) trait AnyReplayStore: Send + Sync {
    fn start<'a>(&'a self, verifier: &'a Verifier) -> Answer<'a, Result<(), Error>>;
    fn claim<'a>(&'a self, claim: &'a ReplayClaim, now: UnixNanos) -> Answer<'a, ClaimOutcome>;
}

#[cfg_attr(not(feature = "axum"), expect(dead_code, reason = "the session routes are served by axum"))]
pub(crate) trait AnySessionStore: Send + Sync {
    fn create<'a>(&'a self, login: &'a Login, now: UnixNanos) -> Answer<'a, ClaimOutcome>;
    fn read<'a>(&'a self, presented: &'a PresentedSession, now: UnixNanos) -> Answer<'a, ReadOutcome>;
    fn rotate<'a>(
        &'a self,
        presented: &'a PresentedRefresh,
        lifetimes: &'a Lifetimes,
        now: UnixNanos,
    ) -> Answer<'a, RotateOutcome>;
    fn end<'a>(&'a self, presented: &'a PresentedSession) -> Answer<'a, Result<(), Error>>;
    fn revoke<'a>(&'a self, hotkey: &'a Hotkey) -> Answer<'a, Result<(), Error>>;
}

impl<S: ReplayStore> AnyReplayStore for S {
    fn start<'a>(&'a self, verifier: &'a Verifier) -> Answer<'a, Result<(), Error>> {
        Box::pin(ReplayStore::start(self, verifier))
    }

    fn claim<'a>(&'a self, claim: &'a ReplayClaim, now: UnixNanos) -> Answer<'a, ClaimOutcome> {
        Box::pin(ReplayStore::claim(self, claim, now))
    }
}

impl<S: SessionStore> AnySessionStore for S {
    fn create<'a>(&'a self, login: &'a Login, now: UnixNanos) -> Answer<'a, ClaimOutcome> {
        Box::pin(SessionStore::create(self, login, now))
    }

    fn read<'a>(&'a self, presented: &'a PresentedSession, now: UnixNanos) -> Answer<'a, ReadOutcome> {
        Box::pin(SessionStore::read(self, presented, now))
    }

    fn rotate<'a>(
        &'a self,
        presented: &'a PresentedRefresh,
        lifetimes: &'a Lifetimes,
        now: UnixNanos,
    ) -> Answer<'a, RotateOutcome> {
        Box::pin(SessionStore::rotate(self, presented, lifetimes, now))
    }

    fn end<'a>(&'a self, presented: &'a PresentedSession) -> Answer<'a, Result<(), Error>> {
        Box::pin(SessionStore::end(self, presented))
    }

    fn revoke<'a>(&'a self, hotkey: &'a Hotkey) -> Answer<'a, Result<(), Error>> {
        Box::pin(SessionStore::revoke(self, hotkey))
    }
}
