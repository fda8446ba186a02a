//! What changed between two snapshots, and whose sessions end by it.

use crate::key::{Coldkey, Hotkey};

use super::{Neuron, Snapshot};

/// A uid that another hotkey has now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UidChange {
    /// The uid.
    pub uid: u16,
    /// Who had it.
    pub old: Hotkey,
    /// Who has it.
    pub new: Hotkey,
}

/// A hotkey that another coldkey owns now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnerChange {
    /// The hotkey.
    pub hotkey: Hotkey,
    /// Who owned it.
    pub old: Option<Coldkey>,
    /// Who owns it.
    pub new: Option<Coldkey>,
}

/// From an older snapshot to a newer one, by hotkey: a member whose uid alone changed did not change. Lists are sorted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SnapshotDiff {
    /// The netuid was given to another subnet: everybody of the old one left.
    pub other_subnet: bool,
    /// Members of the newer one alone.
    pub joined: Vec<Hotkey>,
    /// Members of the older one alone, those of `swapped` and `replaced` among them. Their sessions end.
    pub left: Vec<Hotkey>,
    /// Hotkeys that their owner swapped, as far as snapshots show it: same uid, same coldkey, same registration. A
    /// hint for people; the new key has to log in itself.
    pub swapped: Vec<UidChange>,
    /// Hotkeys whose uid a new registration took.
    pub replaced: Vec<UidChange>,
    /// Members that have a permit now and had none.
    pub permit_gained: Vec<Hotkey>,
    /// Members that had a permit and have none now.
    pub permit_lost: Vec<Hotkey>,
    /// Members with another coldkey. Links of the old one end.
    pub owner_changed: Vec<OwnerChange>,
}

impl SnapshotDiff {
    /// What changed from `old` to `new`.
    #[must_use]
    pub fn between(old: &Snapshot, new: &Snapshot) -> Self {
        if !old.is_same_subnet(new) {
            let hotkeys = |snapshot: &Snapshot| snapshot.neurons().iter().map(|neuron| neuron.hotkey).collect();
            return Self { other_subnet: true, left: hotkeys(old), joined: hotkeys(new), ..Self::default() };
        }
        let mut by_uid: Vec<&Neuron> = new.neurons().iter().collect();
        by_uid.sort_unstable_by_key(|neuron| neuron.uid);
        let mut diff = Self::default();
        for was in old.neurons() {
            match new.neuron(&was.hotkey) {
                Some(is) => diff.stayed(was, is),
                None => diff.gone(was, &by_uid, old),
            }
        }
        diff.joined = new.neurons().iter().map(|is| is.hotkey).filter(|hotkey| old.neuron(hotkey).is_none()).collect();
        diff
    }

    /// Whether nothing changed that anybody acts on.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn stayed(&mut self, was: &Neuron, is: &Neuron) {
        let hotkey = is.hotkey;
        match (was.permit, is.permit) {
            (false, true) => self.permit_gained.push(hotkey),
            (true, false) => self.permit_lost.push(hotkey),
            _ => {}
        }
        if was.coldkey != is.coldkey {
            self.owner_changed.push(OwnerChange { hotkey, old: was.coldkey, new: is.coldkey });
        }
    }

    fn gone(&mut self, was: &Neuron, by_uid: &[&Neuron], old: &Snapshot) {
        self.left.push(was.hotkey);
        let Ok(index) = by_uid.binary_search_by_key(&was.uid, |is| is.uid) else { return };
        let is = by_uid[index];
        // A uid of a member that was moved there says nothing about who had it before.
        if old.neuron(&is.hotkey).is_some() {
            return;
        }
        let change = UidChange { uid: was.uid, old: was.hotkey, new: is.hotkey };
        let same_owner = was.coldkey.is_some() && was.coldkey == is.coldkey;
        match (was.registered_at, is.registered_at) {
            (Some(then), Some(now)) if then == now && same_owner => self.swapped.push(change),
            (Some(then), Some(now)) if then != now => self.replaced.push(change),
            _ => {}
        }
    }
}
