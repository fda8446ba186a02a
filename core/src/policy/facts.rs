//! What is known besides the hotkey itself, as of one moment.

use crate::error::{Error, ErrorCode};
use crate::key::{Coldkey, Hotkey};
use crate::registry::{Neuron, PointRead, Snapshot, SubnetView};
use crate::time::UnixNanos;

/// What a link store says of the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Link {
    /// Nobody asked it.
    #[default]
    NotAsked,
    /// The coldkey that owns the caller is linked to no account.
    NotLinked,
    /// This coldkey is linked to an account. The chain says whether it owns the caller.
    To(Coldkey),
    /// It did not answer.
    Unavailable,
}

/// What a policy decides by. It borrows one view of the subnet, so that one decision sees one block.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    subnet: Option<&'a SubnetView>,
    point: Option<&'a PointRead>,
    link: Link,
    now: UnixNanos,
}

impl Facts<'static> {
    /// Nothing besides the hotkey.
    pub const NONE: Self = Self { subnet: None, point: None, link: Link::NotAsked, now: UnixNanos::from_nanos(0) };
}

impl<'a> Facts<'a> {
    /// What is known of the subnet at `now`.
    #[must_use]
    pub const fn of(subnet: &'a SubnetView, now: UnixNanos) -> Self {
        Self { subnet: Some(subnet), point: None, link: Link::NotAsked, now }
    }

    /// And what a node said of the caller alone, which counts when it is newer than the snapshot.
    #[must_use]
    pub const fn with_point(self, point: &'a PointRead) -> Self {
        Self { point: Some(point), ..self }
    }

    /// And what a link store said.
    #[must_use]
    pub const fn with_link(self, link: Link) -> Self {
        Self { link, ..self }
    }

    /// The coldkey that owns `hotkey`: whom to ask a link store about.
    #[must_use]
    pub fn owner_of(&self, hotkey: &Hotkey) -> Option<Coldkey> {
        self.member(self.snapshot().ok()?, hotkey)?.neuron.coldkey
    }

    pub(super) const fn link(&self) -> Link {
        self.link
    }

    pub(super) fn snapshot(&self) -> Result<&'a Snapshot, Error> {
        let Some(view) = self.subnet else {
            return Err(Error::new(ErrorCode::RegistryUnavailable)
                .detail("the policy needs the subnet's facts, and this service reads none"));
        };
        view.usable(self.now)
    }

    /// The member, from the snapshot or else from the point read.
    pub(super) fn member(&self, snapshot: &'a Snapshot, hotkey: &Hotkey) -> Option<Member<'a>> {
        if let Some(neuron) = snapshot.neuron(hotkey) {
            return Some(Member { neuron, is_provisional: false });
        }
        let read = self.point.filter(|read| read.hotkey == *hotkey && read.block.number > snapshot.block().number)?;
        let age = self.now.since(read.block.time);
        let is_recent = self.subnet.is_some_and(|view| age <= view.limits().hard());
        let neuron = read.neuron.as_ref().filter(|neuron| is_recent && neuron.hotkey == *hotkey)?;
        Some(Member { neuron, is_provisional: true })
    }

    /// How long ago the snapshot was read.
    pub(super) fn age_secs(&self) -> u64 {
        self.subnet.and_then(|view| view.age(self.now)).unwrap_or_default().as_secs()
    }
}

/// A member, and whether only its registration is known.
pub(super) struct Member<'a> {
    pub(super) neuron: &'a Neuron,
    pub(super) is_provisional: bool,
}
