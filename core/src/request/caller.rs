//! From a verified signature to a caller: policy and the replay claim stand between, and nothing skips them.

use crate::error::{Error, ErrorCode};
use crate::key::{Hotkey, KnownKeys, Scheme};
use crate::policy::Roles;
use crate::replay::{ClaimOutcome, ReplayClaim};
use crate::session::FamilyId;
use crate::time::{UnixNanos, Window};

/// How a caller proved the hotkey.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Via {
    /// A session token.
    Session {
        /// The session; logs take [`FamilyId::short`] of it.
        family: FamilyId,
    },
    /// A signature over this very request.
    Signature {
        /// When it was signed.
        signed_at: UnixNanos,
    },
}

/// Which hotkey is calling.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Caller {
    hotkey: Hotkey,
    scheme: Scheme,
    via: Via,
    roles: Roles,
}

impl Caller {
    pub(crate) const fn new(hotkey: Hotkey, scheme: Scheme, via: Via) -> Self {
        Self { hotkey, scheme, via, roles: Roles::none() }
    }

    pub(crate) fn with_roles(self, roles: Roles) -> Self {
        Self { roles, ..self }
    }

    /// The hotkey. Key all state by its 32 bytes.
    #[must_use]
    pub const fn hotkey(&self) -> Hotkey {
        self.hotkey
    }

    /// The scheme of its key.
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// How it was proved.
    #[must_use]
    pub const fn via(&self) -> Via {
        self.via
    }

    /// The roles that the policy gave, as of this request.
    #[must_use]
    pub const fn roles(&self) -> &Roles {
        &self.roles
    }
}

/// A request whose signature holds. It does not show the hotkey: first policy, then the replay claim.
#[derive(Debug)]
#[must_use = "a verified request is not yet a caller: pass it to a policy, then claim it"]
pub struct Verified {
    pub(super) caller: Caller,
    pub(super) signed_at: UnixNanos,
    pub(super) claim: ReplayClaim,
    pub(super) window: Window,
    pub(super) known: KnownKeys,
}

impl Verified {
    pub(crate) const fn hotkey_for_policy(&self) -> Hotkey {
        self.caller.hotkey
    }

    pub(crate) fn admit(self, roles: Roles) -> Admitted {
        Admitted(Self { caller: self.caller.with_roles(roles), ..self })
    }
}

/// A verified request that the policy welcomes. One step is left: its replay claim.
#[derive(Debug)]
#[must_use = "an admitted request is not yet a caller: make its replay claim"]
pub struct Admitted(Verified);

impl Admitted {
    /// The claim to make in the replay store, if the request is still fresh at `now`.
    ///
    /// # Errors
    /// [`ErrorCode::StaleRequest`] when the body took longer than the window and the body budget allow.
    pub fn claim(&self, now: UnixNanos) -> Result<ReplayClaim, Error> {
        self.0.window.check_at_claim(self.0.signed_at, now)?;
        Ok(self.0.claim)
    }

    /// The caller, if the store said that the claim is the first one.
    ///
    /// # Errors
    /// [`ErrorCode::ReplayedRequest`], or the store's reason why it cannot tell.
    pub fn claimed(self, outcome: ClaimOutcome) -> Result<Caller, Error> {
        outcome.into_result(ErrorCode::ReplayedRequest)?;
        // Not earlier: refused keys and replays must not cost memory or work.
        self.0.known.called(self.0.caller.scheme, &self.0.caller.hotkey);
        Ok(self.0.caller)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::SigningKey;
    use crate::message::BodyHash;
    use crate::nonce::SeededEntropy;
    use crate::policy::Policy;
    use crate::request::{RequestSigner, Verifier};
    use crate::target::{Method, RequestTarget};

    #[test]
    fn only_callers_are_remembered() {
        let mut entropy = SeededEntropy::new(5);
        let (key, receiver) = (SigningKey::from_seed(Scheme::Sr25519, &[7; 32]), Hotkey::from_bytes([9; 32]));
        let verifier = Verifier::new(receiver);
        let (method, body) = (Method::parse("GET").expect("a method"), BodyHash::of(b""));
        let target = RequestTarget::for_signing("/").expect("a target");
        let now = UnixNanos::from_secs(1_752_076_800);
        let mut signer = RequestSigner::new(Scheme::Sr25519, key.hotkey(), receiver);
        let headers = signer.prepare(&method, &target, body, now, &mut entropy).sign(&key, &mut entropy);
        let verified = || verifier.verify(&headers, &method, &target, body, now).expect("signed just now");

        let known = verified().known;
        let refused = Policy::any_hotkey().deny([key.hotkey()]);
        assert!(refused.admit(verified()).is_err());
        let admitted = || Policy::any_hotkey().admit(verified()).expect("everybody is welcome");
        for outcome in [ClaimOutcome::Replayed, ClaimOutcome::Unavailable, ClaimOutcome::Full] {
            assert!(admitted().claimed(outcome).is_err());
            assert!(!known.knows(&key.hotkey()));
        }
        assert!(admitted().claimed(ClaimOutcome::Fresh).is_ok());
        assert!(known.knows(&key.hotkey()));
    }
}
