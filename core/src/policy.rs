//! Who may call, once it is known who calls (`spec/05 §5`).

mod facts;
mod role;
mod rule;

use std::collections::HashSet;

use crate::error::{Error, ErrorCode};
use crate::key::{Coldkey, Hotkey};
use crate::registry::{Rao, StakeKind, SwapScope};
use crate::request::{Admitted, Caller, Verified};

pub use facts::{Facts, Link};
pub use role::{Role, Roles};

use rule::{Rule, Verdict};

/// Which callers are welcome, and in which roles. Evaluated after the signature and before the replay claim, and on
/// every session request.
///
/// A policy is a rule, the roles of those who pass it, and hotkeys that are refused whatever else holds. A banned
/// hotkey is banned from the whole policy, also when the ban stands in one branch of [`Policy::any_of`].
#[derive(Debug, Clone)]
pub struct Policy {
    rule: Rule,
    role: Option<Role>,
    denied: HashSet<Hotkey>,
}

/// What a policy says. Only `Allow` lets a caller in.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a decision that nobody reads lets everybody in"]
pub enum Decision {
    /// Welcome, in these roles.
    Allow(Roles),
    /// Not welcome: a 403 code, and the reason.
    Deny(Error),
    /// The facts that it takes are not known: 503.
    Unknown(Error),
}

impl Decision {
    /// The roles, or why not.
    ///
    /// # Errors
    /// What [`Decision::Deny`] and [`Decision::Unknown`] hold.
    pub fn into_result(self) -> Result<Roles, Error> {
        match self {
            Self::Allow(roles) => Ok(roles),
            Self::Deny(error) | Self::Unknown(error) => Err(error),
        }
    }
}

/// What a host has to bring before a policy can decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Needs {
    /// A view of the subnet.
    pub subnet: bool,
    /// Whether the owner's coldkey is linked.
    pub link: bool,
    /// Of which coldkeys swaps have to be watched.
    pub swaps: SwapScope,
}

impl Policy {
    /// Welcomes every hotkey that proved itself.
    #[must_use]
    pub fn any_hotkey() -> Self {
        Rule::AnyHotkey.into()
    }

    /// Welcomes these hotkeys only, registered or not.
    #[must_use]
    pub fn hotkeys(hotkeys: impl IntoIterator<Item = Hotkey>) -> Self {
        Rule::Hotkeys(hotkeys.into_iter().collect()).into()
    }

    /// Welcomes members of the subnet.
    #[must_use]
    pub fn registered() -> Self {
        Rule::Registered.into()
    }

    /// Welcomes members that held a validator permit at the last epoch, with at least this stake now.
    #[must_use]
    pub fn validator(min_stake: Rao, kind: StakeKind) -> Self {
        Rule::Validator { min_stake, kind }.into()
    }

    /// Welcomes members with at least this stake, permit or not.
    #[must_use]
    pub fn stake(min_stake: Rao, kind: StakeKind) -> Self {
        Rule::Stake { min_stake, kind }.into()
    }

    /// Welcomes the subnet's owner hotkey, unless the owner's coldkey is being swapped.
    #[must_use]
    pub fn subnet_owner() -> Self {
        Rule::SubnetOwner.into()
    }

    /// Welcomes members that one of these coldkeys owns.
    #[must_use]
    pub fn coldkeys(coldkeys: impl IntoIterator<Item = Coldkey>) -> Self {
        Rule::Coldkeys(coldkeys.into_iter().collect()).into()
    }

    /// Welcomes members whose coldkey is linked to an account, unless that coldkey is being swapped.
    #[must_use]
    pub fn linked() -> Self {
        Rule::Linked.into()
    }

    /// Welcomes whom one of these policies welcomes, in the roles of all that do.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidConfiguration`] for no policy.
    pub fn any_of(policies: impl IntoIterator<Item = Self>) -> Result<Self, Error> {
        Self::composed(policies, Rule::AnyOf)
    }

    /// Welcomes whom all of these policies welcome, in the roles of all.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidConfiguration`] for no policy: it would welcome everybody.
    pub fn all_of(policies: impl IntoIterator<Item = Self>) -> Result<Self, Error> {
        Self::composed(policies, Rule::AllOf)
    }

    /// Refuses these hotkeys, whatever else holds.
    #[must_use]
    pub fn deny(mut self, hotkeys: impl IntoIterator<Item = Hotkey>) -> Self {
        self.denied.extend(hotkeys);
        self
    }

    /// Names the role of those whom this policy welcomes.
    #[must_use]
    pub fn role(mut self, role: Role) -> Self {
        self.role = Some(role);
        self
    }

    /// What a host has to bring.
    #[must_use]
    pub fn needs(&self) -> Needs {
        self.rule.needs()
    }

    /// Decides on a hotkey that proved itself.
    pub fn decide(&self, hotkey: &Hotkey, facts: &Facts<'_>) -> Decision {
        if self.denied.contains(hotkey) {
            return Decision::Deny(ErrorCode::HotkeyDenied.into());
        }
        let mut roles = Roles::none();
        match self.verdict(hotkey, facts, &mut roles) {
            Verdict::Allow => Decision::Allow(roles),
            Verdict::Deny(error) => Decision::Deny(error),
            Verdict::Unknown(error) => Decision::Unknown(error),
        }
    }

    /// Decides on a verified request without any facts. A policy that needs some answers [`ErrorCode::RegistryUnavailable`].
    ///
    /// # Errors
    /// The code of the rule that refused, 403.
    pub fn admit(&self, verified: Verified) -> Result<Admitted, Error> {
        self.admit_with(verified, &Facts::NONE)
    }

    /// Decides on a verified request.
    ///
    /// # Errors
    /// The code of the rule that refused, 403; [`ErrorCode::RegistryUnavailable`] or [`ErrorCode::StoreUnavailable`]
    /// when the facts that it takes are not known, 503.
    pub fn admit_with(&self, verified: Verified, facts: &Facts<'_>) -> Result<Admitted, Error> {
        let roles = self.decide(&verified.hotkey_for_policy(), facts).into_result()?;
        Ok(verified.admit(roles))
    }

    /// Decides on the hotkey of a session without any facts.
    ///
    /// # Errors
    /// As [`Policy::admit`].
    pub fn check(&self, hotkey: &Hotkey) -> Result<(), Error> {
        self.decide(hotkey, &Facts::NONE).into_result().map(drop)
    }

    /// Decides on the caller of a session, and names its roles of this moment.
    ///
    /// # Errors
    /// As [`Policy::admit_with`].
    pub fn welcome(&self, caller: Caller, facts: &Facts<'_>) -> Result<Caller, Error> {
        let roles = self.decide(&caller.hotkey(), facts).into_result()?;
        Ok(caller.with_roles(roles))
    }

    fn verdict(&self, hotkey: &Hotkey, facts: &Facts<'_>, roles: &mut Roles) -> Verdict {
        let verdict = self.rule.verdict(hotkey, facts, roles);
        if let (Verdict::Allow, Some(role)) = (&verdict, &self.role) {
            roles.add(role);
        }
        verdict
    }

    /// Bans move to the outermost policy, where they hold for every branch.
    fn composed(policies: impl IntoIterator<Item = Self>, rule: fn(Vec<Self>) -> Rule) -> Result<Self, Error> {
        let mut policies: Vec<_> = policies.into_iter().collect();
        if policies.is_empty() {
            return Err(
                Error::new(ErrorCode::InvalidConfiguration).detail("any_of, all_of: expected at least one policy")
            );
        }
        let denied = policies.iter_mut().flat_map(|policy| std::mem::take(&mut policy.denied)).collect();
        Ok(Self { denied, ..rule(policies).into() })
    }
}

/// [`Policy::any_hotkey`].
impl Default for Policy {
    fn default() -> Self {
        Self::any_hotkey()
    }
}

impl From<Rule> for Policy {
    fn from(rule: Rule) -> Self {
        Self { rule, role: None, denied: HashSet::new() }
    }
}

#[cfg(test)]
mod tests;
