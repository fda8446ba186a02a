//! One hotkey read by itself: somebody who registered a moment ago does not have to wait for the next snapshot.

use std::collections::HashMap;
use std::time::Duration;

use crate::key::Hotkey;
use crate::time::UnixNanos;

use super::{BlockRef, Neuron, SubnetView};

/// What a node said of one hotkey at a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PointRead {
    /// Who was asked about.
    pub hotkey: Hotkey,
    /// The member, of which only registration and owner are known; `None` for no member.
    pub neuron: Option<Neuron>,
    /// At which block; its time is when the reader asked.
    pub block: BlockRef,
}

/// What to do about a verified caller who is not in the snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WantedRead {
    /// This is known already.
    Known(Box<PointRead>),
    /// Nothing: the snapshot has to do.
    None,
    /// Read the hotkey now, then call [`PointReads::put`], or [`PointReads::failed`].
    Read,
}

/// Decides when a hotkey is read by itself: after its signature held, once at a time, a few each second, and not again
/// for a while.
#[derive(Debug, Clone)]
pub struct PointReads {
    known: HashMap<Hotkey, Entry>,
    second: UnixNanos,
    spent: u32,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    read: Option<PointRead>,
    until: UnixNanos,
}

impl PointReads {
    /// Reads in one second, over all hotkeys.
    pub const PER_SECOND: u32 = 5;
    /// For how long the answer "no member", or a failure, is not asked for again.
    pub const PAUSE: Duration = Duration::from_secs(30);
    /// For how long the answer "member" holds, unless a snapshot of a later block comes first.
    pub const HOLD: Duration = Duration::from_secs(600);
    /// For how long a read may be under way.
    pub const UNDER_WAY: Duration = Duration::from_secs(10);
    /// Hotkeys that are remembered; whoever comes after that is not read.
    pub const CAPACITY: usize = 1_024;

    /// Nothing was read yet.
    #[must_use]
    pub fn new() -> Self {
        Self { known: HashMap::new(), second: UnixNanos::from_nanos(0), spent: 0 }
    }

    /// What to do about `hotkey`, whose signature holds.
    pub fn want(&mut self, hotkey: &Hotkey, view: &SubnetView, now: UnixNanos) -> WantedRead {
        let Ok(snapshot) = view.usable(now) else { return WantedRead::None };
        if snapshot.neuron(hotkey).is_some() {
            return WantedRead::None;
        }
        match self.known.get(hotkey) {
            Some(Entry { read: Some(read), until }) if now < *until && read.block.number > snapshot.block().number => {
                return WantedRead::Known(Box::new(*read));
            }
            Some(Entry { read: None, until }) if now < *until => return WantedRead::None,
            _ => {}
        }
        if !self.has_budget(now) || !self.has_room(hotkey, now) {
            return WantedRead::None;
        }
        self.spent += 1;
        self.known.insert(*hotkey, Entry { read: None, until: now.plus(Self::UNDER_WAY) });
        WantedRead::Read
    }

    /// Remembers an answer.
    pub fn put(&mut self, read: PointRead, now: UnixNanos) {
        let hold = if read.neuron.is_some() { Self::HOLD } else { Self::PAUSE };
        self.known.insert(read.hotkey, Entry { read: Some(read), until: now.plus(hold) });
    }

    /// Remembers that there was no answer.
    pub fn failed(&mut self, hotkey: &Hotkey, now: UnixNanos) {
        self.known.insert(*hotkey, Entry { read: None, until: now.plus(Self::PAUSE) });
    }

    fn has_budget(&mut self, now: UnixNanos) -> bool {
        if now.since(self.second) >= Duration::from_secs(1) || self.second > now {
            self.second = now;
            self.spent = 0;
        }
        self.spent < Self::PER_SECOND
    }

    fn has_room(&mut self, hotkey: &Hotkey, now: UnixNanos) -> bool {
        if self.known.len() >= Self::CAPACITY && !self.known.contains_key(hotkey) {
            self.known.retain(|_, entry| now < entry.until);
        }
        self.known.len() < Self::CAPACITY || self.known.contains_key(hotkey)
    }
}

impl Default for PointReads {
    fn default() -> Self {
        Self::new()
    }
}
