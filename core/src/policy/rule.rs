//! Single rules, and how their verdicts combine: three values, as in Kleene's logic (`spec/05 §5`).

use std::collections::HashSet;

use crate::error::{Error, ErrorCode};
use crate::key::{Coldkey, Hotkey};
use crate::registry::{Neuron, Rao, Snapshot, StakeKind, SwapScope, SwapStatus};

use super::facts::Member;
use super::{Facts, Link, Needs, Policy, Roles};

#[derive(Debug, Clone)]
pub(super) enum Rule {
    AllOf(Vec<Policy>),
    AnyHotkey,
    AnyOf(Vec<Policy>),
    Coldkeys(HashSet<Coldkey>),
    Hotkeys(HashSet<Hotkey>),
    Linked,
    Registered,
    Stake { min_stake: Rao, kind: StakeKind },
    SubnetOwner,
    Validator { min_stake: Rao, kind: StakeKind },
}

#[derive(Debug)]
pub(super) enum Verdict {
    Allow,
    Deny(Error),
    Unknown(Error),
}

/// A reason not to allow: `Err` of the small rules below.
impl From<Error> for Verdict {
    fn from(error: Error) -> Self {
        if error.code().http_status() == 503 { Self::Unknown(error) } else { Self::Deny(error) }
    }
}

impl From<Result<(), Error>> for Verdict {
    fn from(result: Result<(), Error>) -> Self {
        result.map_or_else(Self::from, |()| Self::Allow)
    }
}

impl Rule {
    pub(super) fn verdict(&self, hotkey: &Hotkey, facts: &Facts<'_>, roles: &mut Roles) -> Verdict {
        match self {
            Self::AllOf(policies) => all_of(policies, hotkey, facts, roles),
            Self::AnyOf(policies) => any_of(policies, hotkey, facts, roles),
            Self::AnyHotkey => Verdict::Allow,
            Self::Coldkeys(coldkeys) => owned_by(coldkeys, hotkey, facts).into(),
            Self::Hotkeys(hotkeys) if hotkeys.contains(hotkey) => Verdict::Allow,
            Self::Hotkeys(_) => Verdict::Deny(ErrorCode::HotkeyNotAllowed.into()),
            Self::Linked => linked(hotkey, facts).into(),
            Self::Registered => member(hotkey, facts).map(drop).into(),
            Self::Stake { min_stake, kind } => staked(*min_stake, *kind, hotkey, facts).into(),
            Self::SubnetOwner => subnet_owner(hotkey, facts).into(),
            Self::Validator { min_stake, kind } => validator(*min_stake, *kind, hotkey, facts).into(),
        }
    }

    pub(super) fn needs(&self) -> Needs {
        let subnet = Needs { subnet: true, ..Needs::default() };
        match self {
            Self::AllOf(policies) | Self::AnyOf(policies) => {
                policies.iter().map(Policy::needs).fold(Needs::default(), |all, one| Needs {
                    subnet: all.subnet || one.subnet,
                    link: all.link || one.link,
                    swaps: all.swaps.max(one.swaps),
                })
            }
            Self::AnyHotkey | Self::Hotkeys(_) => Needs::default(),
            Self::Coldkeys(_) | Self::Registered | Self::Stake { .. } | Self::Validator { .. } => subnet,
            Self::Linked => Needs { link: true, swaps: SwapScope::Everyone, ..subnet },
            Self::SubnetOwner => Needs { swaps: SwapScope::Owner, ..subnet },
        }
    }
}

/// Allow if one allows; else unknown if one is; else deny, for the reasons of all.
fn any_of(policies: &[Policy], hotkey: &Hotkey, facts: &Facts<'_>, roles: &mut Roles) -> Verdict {
    let (mut allowed, mut unknown, mut denied) = (false, None, None::<Error>);
    for policy in policies {
        let before = roles.len();
        match policy.verdict(hotkey, facts, roles) {
            Verdict::Allow => allowed = true,
            Verdict::Deny(error) => {
                roles.truncate(before);
                denied = Some(match denied {
                    None => error,
                    Some(first) => either(first, &error),
                });
            }
            Verdict::Unknown(error) => {
                roles.truncate(before);
                unknown = unknown.or(Some(error));
            }
        }
    }
    match (allowed, unknown, denied) {
        (true, ..) => Verdict::Allow,
        (_, Some(error), _) => Verdict::Unknown(error),
        (_, None, Some(error)) => Verdict::Deny(error),
        (_, None, None) => Verdict::Deny(ErrorCode::HotkeyNotAllowed.into()),
    }
}

/// Deny if one denies; else unknown if one is; else allow.
fn all_of(policies: &[Policy], hotkey: &Hotkey, facts: &Facts<'_>, roles: &mut Roles) -> Verdict {
    let mut unknown = None;
    for policy in policies {
        match policy.verdict(hotkey, facts, roles) {
            Verdict::Allow => {}
            Verdict::Deny(error) => return Verdict::Deny(error),
            Verdict::Unknown(error) => unknown = unknown.or(Some(error)),
        }
    }
    unknown.map_or(Verdict::Allow, Verdict::Unknown)
}

/// The code of the first reason, and the sentences of both.
fn either(first: Error, other: &Error) -> Error {
    if first.message().contains(other.message()) {
        return first;
    }
    let both = format!("{}; or else: {}", first.message(), other.message());
    first.detail(both)
}

fn found<'a>(hotkey: &Hotkey, facts: &Facts<'a>) -> Result<(&'a Snapshot, Member<'a>), Error> {
    let snapshot = facts.snapshot()?;
    let member = facts.member(snapshot, hotkey).ok_or_else(|| {
        Error::new(ErrorCode::HotkeyNotRegistered).detail(format!(
            "the hotkey was not registered on subnet {} at block {}, {} s ago",
            snapshot.facts().netuid,
            snapshot.block().number,
            facts.age_secs(),
        ))
    })?;
    Ok((snapshot, member))
}

fn member<'a>(hotkey: &Hotkey, facts: &Facts<'a>) -> Result<&'a Neuron, Error> {
    found(hotkey, facts).map(|(_, member)| member.neuron)
}

fn validator(min_stake: Rao, kind: StakeKind, hotkey: &Hotkey, facts: &Facts<'_>) -> Result<(), Error> {
    let (snapshot, member) = found(hotkey, facts)?;
    if !member.neuron.permit {
        return Err(permit_missing(snapshot, &member));
    }
    enough(member.neuron, min_stake, kind)
}

fn staked(min_stake: Rao, kind: StakeKind, hotkey: &Hotkey, facts: &Facts<'_>) -> Result<(), Error> {
    let (_, member) = found(hotkey, facts)?;
    if member.is_provisional && min_stake > Rao(0) {
        return Err(Error::new(ErrorCode::RegistryUnavailable)
            .detail("the hotkey registered a moment ago, and its stake was not read yet"));
    }
    enough(member.neuron, min_stake, kind)
}

fn permit_missing(snapshot: &Snapshot, member: &Member<'_>) -> Error {
    let facts = snapshot.facts();
    let since = facts.last_epoch.map(|epoch| facts.block.number.saturating_sub(epoch));
    let detail = match (member.is_provisional, since, facts.tempo) {
        (true, ..) => "permit missing: the hotkey registered a moment ago, and permits are given once an epoch".into(),
        (_, Some(blocks), Some(tempo)) => {
            format!("permit missing: the last epoch was {blocks} blocks ago; there is one about every {tempo} blocks")
        }
        (_, Some(blocks), None) => format!("permit missing: the last epoch was {blocks} blocks ago"),
        _ => "permit missing: permits are given once an epoch".into(),
    };
    Error::new(ErrorCode::PermitMissing).detail(detail)
}

fn enough(neuron: &Neuron, least: Rao, kind: StakeKind) -> Result<(), Error> {
    if least == Rao(0) {
        return Ok(());
    }
    match neuron.stake(kind) {
        None => Err(Error::new(ErrorCode::RegistryUnavailable)
            .detail(format!("the policy needs the {kind} stake, and the source of the facts does not say it"))),
        Some(stake) if stake < least => Err(Error::new(ErrorCode::StakeTooLow)
            .detail(format!("the {kind} stake is {stake}; expected at least {least}"))),
        Some(_) => Ok(()),
    }
}

fn owned_by(coldkeys: &HashSet<Coldkey>, hotkey: &Hotkey, facts: &Facts<'_>) -> Result<(), Error> {
    match member(hotkey, facts)?.coldkey {
        Some(coldkey) if coldkeys.contains(&coldkey) => Ok(()),
        _ => Err(ErrorCode::ColdkeyNotAllowed.into()),
    }
}

fn subnet_owner(hotkey: &Hotkey, facts: &Facts<'_>) -> Result<(), Error> {
    let snapshot = facts.snapshot()?;
    if snapshot.facts().owner_hotkey != Some(*hotkey) {
        return Err(ErrorCode::NotSubnetOwner.into());
    }
    not_swapping(snapshot.owner_swap())
}

fn linked(hotkey: &Hotkey, facts: &Facts<'_>) -> Result<(), Error> {
    let (snapshot, member) = found(hotkey, facts)?;
    let Some(owner) = member.neuron.coldkey else {
        return Err(Error::new(ErrorCode::ColdkeyNotLinked).detail("no coldkey owns this hotkey"));
    };
    match facts.link() {
        Link::To(linked) if linked == owner => not_swapping(snapshot.member_swap(&owner)),
        Link::To(_) | Link::NotLinked => Err(ErrorCode::ColdkeyNotLinked.into()),
        Link::NotAsked => Err(Error::new(ErrorCode::StoreUnavailable)
            .detail("the policy needs to know whether the coldkey is linked, and no link store was asked")),
        Link::Unavailable => {
            Err(Error::new(ErrorCode::StoreUnavailable).detail("the link store did not answer in time"))
        }
    }
}

fn not_swapping(status: SwapStatus) -> Result<(), Error> {
    match status {
        SwapStatus::None => Ok(()),
        SwapStatus::Pending { from_block } => Err(Error::new(ErrorCode::ColdkeySwapPending)
            .detail(format!("a swap of the coldkey is announced; it may run from block {from_block} on"))),
        SwapStatus::Disputed => {
            Err(Error::new(ErrorCode::ColdkeySwapPending).detail("a swap of the coldkey is announced and disputed"))
        }
        SwapStatus::Unknown => Err(Error::new(ErrorCode::RegistryUnavailable)
            .detail("the policy needs to know of coldkey swaps, and the source of the facts does not say")),
    }
}
