//! Who is welcome, and the facts that it is decided by.

use bittensor_auth::error::{Error, ErrorCode};
use bittensor_auth::key::{Coldkey, Hotkey};
use bittensor_auth::policy::{self, Link, Role, Roles};
use bittensor_auth::registry::{PointRead, Rao, StakeKind};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::convert::instant;
use crate::error::Failure;
use crate::registry;

/// Which hotkeys are welcome once they proved themselves (spec/05).
#[pyclass(frozen, module = "bittensor_auth")]
pub(crate) struct Policy(pub(crate) policy::Policy);

#[pymethods]
impl Policy {
    /// Welcomes every hotkey that proved itself.
    #[staticmethod]
    fn any_hotkey() -> Self {
        Self(policy::Policy::any_hotkey())
    }

    /// Welcomes these SS58 addresses only.
    #[staticmethod]
    fn hotkeys(addresses: Vec<String>) -> Result<Self, Failure> {
        Ok(Self(policy::Policy::hotkeys(parse_all(&addresses)?)))
    }

    /// Welcomes hotkeys that are registered on the subnet.
    #[staticmethod]
    fn registered() -> Self {
        Self(policy::Policy::registered())
    }

    /// Welcomes members with a validator permit and at least `min_stake` rao of stake of one kind: `total` (the
    /// default), `alpha`, `tao` or `own_alpha`.
    #[staticmethod]
    #[pyo3(signature = (min_stake, kind = None))]
    fn validator(min_stake: &Bound<'_, PyAny>, kind: Option<&str>) -> Result<Self, Failure> {
        Ok(Self(policy::Policy::validator(rao(min_stake)?, stake_kind(kind)?)))
    }

    /// Welcomes members with at least `min_stake` rao of stake of one kind, with or without a permit.
    #[staticmethod]
    #[pyo3(signature = (min_stake, kind = None))]
    fn stake(min_stake: &Bound<'_, PyAny>, kind: Option<&str>) -> Result<Self, Failure> {
        Ok(Self(policy::Policy::stake(rao(min_stake)?, stake_kind(kind)?)))
    }

    /// Welcomes the hotkey that owns the subnet.
    #[staticmethod]
    fn subnet_owner() -> Self {
        Self(policy::Policy::subnet_owner())
    }

    /// Welcomes members that one of these coldkeys (SS58 addresses) owns.
    #[staticmethod]
    fn coldkeys(addresses: Vec<String>) -> Result<Self, Failure> {
        let coldkeys: Result<Vec<_>, _> = addresses.iter().map(|address| Coldkey::from_ss58(address)).collect();
        Ok(Self(policy::Policy::coldkeys(coldkeys?)))
    }

    /// Welcomes members whose owner coldkey is linked to an account.
    #[staticmethod]
    fn linked() -> Self {
        Self(policy::Policy::linked())
    }

    /// Welcomes whom one of the policies welcomes.
    #[staticmethod]
    #[pyo3(signature = (*policies))]
    fn any_of(policies: &Bound<'_, PyTuple>) -> PyResult<Self> {
        Ok(Self(policy::Policy::any_of(parts(policies)?).map_err(Failure::from)?))
    }

    /// Welcomes whom all of the policies welcome.
    #[staticmethod]
    #[pyo3(signature = (*policies))]
    fn all_of(policies: &Bound<'_, PyTuple>) -> PyResult<Self> {
        Ok(Self(policy::Policy::all_of(parts(policies)?).map_err(Failure::from)?))
    }

    /// The same policy, which refuses these SS58 addresses whatever else holds.
    fn deny(&self, addresses: Vec<String>) -> Result<Self, Failure> {
        Ok(Self(self.0.clone().deny(parse_all(&addresses)?)))
    }

    /// The same policy, which gives whom it welcomes a role: 1 to 32 characters of `a-z`, `0-9`, `-` and `_`.
    fn role(&self, name: &str) -> Result<Self, Failure> {
        Ok(Self(self.0.clone().role(Role::new(name)?)))
    }

    /// What it has to know: whether the subnet's facts, whether links, and of whom coldkey swaps.
    #[getter]
    fn needs(&self) -> (bool, bool, &'static str) {
        let needs = self.0.needs();
        (needs.subnet, needs.link, needs.swaps.as_str())
    }

    /// What it says of a hotkey (SS58) at `now`, in Unix nanoseconds.
    #[pyo3(signature = (hotkey, now, facts = None))]
    fn decide(&self, hotkey: &str, now: u64, facts: Option<&Facts>) -> Result<Decision, Failure> {
        let hotkey = Hotkey::from_ss58(hotkey)?;
        Ok(Decision(with(facts, now, |facts| self.0.decide(&hotkey, facts))))
    }

    /// The caller with the roles of this policy, or the reason why it is not welcome.
    #[pyo3(signature = (caller, now, facts = None))]
    fn welcome(
        &self,
        caller: &crate::request::Caller,
        now: u64,
        facts: Option<&Facts>,
    ) -> Result<crate::request::Caller, Failure> {
        let caller = with(facts, now, |facts| self.0.welcome(caller.0.clone(), facts))?;
        Ok(crate::request::Caller(caller))
    }
}

/// What a policy says of one hotkey at one moment.
#[pyclass(frozen, module = "bittensor_auth")]
pub(crate) struct Decision(policy::Decision);

#[pymethods]
impl Decision {
    /// `"allow"`, `"deny"` (403) or `"unknown"` (503).
    #[getter]
    fn verdict(&self) -> &'static str {
        match &self.0 {
            policy::Decision::Allow(_) => "allow",
            policy::Decision::Deny(_) => "deny",
            policy::Decision::Unknown(_) => "unknown",
        }
    }

    /// The roles, in the order of the policy.
    #[getter]
    fn roles<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        match &self.0 {
            policy::Decision::Allow(roles) => role_names(py, roles),
            _ => Ok(PyTuple::empty(py)),
        }
    }

    /// The code of the reason; `None` for allow.
    #[getter]
    fn code(&self) -> Option<&'static str> {
        self.error().map(|error| error.code().as_str())
    }

    /// The reason, as a sentence that a person can act on; `None` for allow.
    #[getter]
    fn reason(&self) -> Option<&str> {
        self.error().map(Error::message)
    }
}

impl Decision {
    const fn error(&self) -> Option<&Error> {
        match &self.0 {
            policy::Decision::Deny(error) | policy::Decision::Unknown(error) => Some(error),
            policy::Decision::Allow(_) => None,
        }
    }
}

/// What a policy decides by besides the hotkey.
#[pyclass(frozen, module = "bittensor_auth._core")]
pub(crate) struct Facts {
    view: registry::SubnetView,
    point: Option<PointRead>,
    link: Link,
}

#[pymethods]
impl Facts {
    /// `link`: the coldkey (SS58) that a link store names, `"not-linked"`, `"unavailable"`, or `None` if nobody asked.
    #[new]
    #[pyo3(signature = (view, *, point = None, link = None))]
    fn new(
        view: &registry::SubnetView,
        point: Option<&registry::PointRead>,
        link: Option<&str>,
    ) -> Result<Self, Failure> {
        let link = match link {
            None => Link::NotAsked,
            Some("not-linked") => Link::NotLinked,
            Some("unavailable") => Link::Unavailable,
            Some(coldkey) => Link::To(Coldkey::from_ss58(coldkey)?),
        };
        Ok(Self { view: view.clone(), point: point.map(|read| read.0), link })
    }
}

/// Runs a decision with the facts there are.
pub(crate) fn with<T>(facts: Option<&Facts>, now: u64, decide: impl FnOnce(&policy::Facts<'_>) -> T) -> T {
    let Some(facts) = facts else { return decide(&policy::Facts::NONE) };
    let known = policy::Facts::of(&facts.view.0, instant(now)).with_link(facts.link);
    match &facts.point {
        Some(point) => decide(&known.with_point(point)),
        None => decide(&known),
    }
}

pub(crate) fn role_names<'py>(py: Python<'py>, roles: &Roles) -> PyResult<Bound<'py, PyTuple>> {
    PyTuple::new(py, roles.as_slice().iter().map(Role::as_str))
}

pub(crate) fn parse_all(addresses: &[String]) -> Result<Vec<Hotkey>, Error> {
    addresses.iter().map(|address| Hotkey::from_ss58(address)).collect()
}

fn parts(policies: &Bound<'_, PyTuple>) -> PyResult<Vec<policy::Policy>> {
    policies.iter().map(|policy| Ok(policy.cast::<Policy>()?.get().0.clone())).collect()
}

fn rao(amount: &Bound<'_, PyAny>) -> Result<Rao, Error> {
    amount.extract().map(Rao).map_err(|_| {
        Error::new(ErrorCode::InvalidConfiguration).detail("min_stake: expected whole rao, from 0 to 2^64 - 1")
    })
}

fn stake_kind(word: Option<&str>) -> Result<StakeKind, Error> {
    word.map_or(Ok(StakeKind::default()), StakeKind::from_word)
}
