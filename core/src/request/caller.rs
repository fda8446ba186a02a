//! From a verified signature to a caller: policy and the replay claim stand between, and nothing skips them.

use crate::error::{Error, ErrorCode};
use crate::key::{Hotkey, Scheme};
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
        Ok(self.0.caller)
    }
}
