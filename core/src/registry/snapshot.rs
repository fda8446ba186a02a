//! Everything that was read of one subnet at one block.

use crate::error::{Error, ErrorCode};
use crate::key::{Coldkey, Hotkey, is_weak};
use crate::time::UnixNanos;

use super::Neuron;

/// One finalized block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockRef {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: [u8; 32],
    /// The time that the chain gave it.
    pub time: UnixNanos,
}

/// Of which coldkeys pending swaps are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[non_exhaustive]
pub enum SwapScope {
    /// Of none: the source of the facts does not say.
    #[default]
    Nobody,
    /// Of the subnet's owner.
    Owner,
    /// Of the subnet's owner and of every member's.
    Everyone,
}

impl SwapScope {
    /// The word in snapshots.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nobody => "nobody",
            Self::Owner => "owner",
            Self::Everyone => "everyone",
        }
    }
}

/// Whether a coldkey is about to be swapped for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SwapStatus {
    /// Announced and disputed: only the chain's root can let it go on.
    Disputed,
    /// No swap.
    None,
    /// Announced; it may run from this block on.
    Pending {
        /// The block.
        from_block: u64,
    },
    /// Not read.
    Unknown,
}

/// The coldkeys that are being swapped, of those that were asked about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ColdkeySwaps {
    scope: SwapScope,
    /// Sorted by coldkey.
    pending: Vec<(Coldkey, SwapStatus)>,
}

impl ColdkeySwaps {
    /// What was found out about the coldkeys of `scope`; those not in `pending` are not being swapped.
    #[must_use]
    pub fn new(scope: SwapScope, pending: impl IntoIterator<Item = (Coldkey, SwapStatus)>) -> Self {
        let mut pending: Vec<_> = pending.into_iter().collect();
        pending.sort_unstable_by_key(|(coldkey, _)| *coldkey);
        pending.dedup_by_key(|(coldkey, _)| *coldkey);
        Self { scope, pending }
    }

    /// Of which coldkeys something is known.
    #[must_use]
    pub const fn scope(&self) -> SwapScope {
        self.scope
    }

    /// The swaps, sorted by coldkey.
    #[must_use]
    pub fn pending(&self) -> &[(Coldkey, SwapStatus)] {
        &self.pending
    }

    fn of(&self, coldkey: &Coldkey, needed: SwapScope) -> SwapStatus {
        match self.pending.binary_search_by_key(coldkey, |(known, _)| *known) {
            Ok(index) => self.pending[index].1,
            Err(_) if self.scope >= needed => SwapStatus::None,
            Err(_) => SwapStatus::Unknown,
        }
    }
}

/// What a snapshot says of the subnet itself. `None` means that the source does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubnetFacts {
    /// Which chain.
    pub genesis: Option<[u8; 32]>,
    /// Which subnet.
    pub netuid: u16,
    /// When that netuid was given to this subnet: the netuid alone is reused.
    pub registered_at: Option<u64>,
    /// At which block.
    pub block: BlockRef,
    /// The runtime's version at that block.
    pub spec_version: u32,
    /// Blocks between two epochs.
    pub tempo: Option<u16>,
    /// The block of the last epoch: permits are as old as that.
    pub last_epoch: Option<u64>,
    /// The hotkey that owns the subnet.
    pub owner_hotkey: Option<Hotkey>,
    /// The coldkey that owns the subnet.
    pub owner_coldkey: Option<Coldkey>,
    /// Swaps of coldkeys.
    pub coldkey_swaps: ColdkeySwaps,
    /// When the reader asked, by its own clock.
    pub fetched_at: UnixNanos,
}

/// The subnet and its members at one block. Never changed: a newer one takes its place as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    facts: SubnetFacts,
    /// Sorted by hotkey.
    neurons: Box<[Neuron]>,
}

impl Snapshot {
    /// The most members that are accepted: one for each uid.
    pub const MAX_NEURONS: usize = 65_536;

    /// Puts facts and members together. Rows with a weak hotkey, the zero account among them, are dropped.
    ///
    /// # Errors
    /// [`ErrorCode::SnapshotInvalid`] when a hotkey or a uid appears twice, or for more than 65,536 members.
    pub fn new(mut facts: SubnetFacts, neurons: impl IntoIterator<Item = Neuron>) -> Result<Self, Error> {
        let invalid = |detail| Err(Error::new(ErrorCode::SnapshotInvalid).detail(detail));
        let known = |coldkey: &Coldkey| !is_weak(coldkey.as_bytes());
        let mut rows: Vec<Neuron> = Vec::new();
        for mut row in neurons {
            if rows.len() == Self::MAX_NEURONS {
                return invalid("neurons: expected at most 65,536");
            }
            if !is_weak(row.hotkey.as_bytes()) {
                row.coldkey = row.coldkey.filter(known);
                rows.push(row);
            }
        }
        facts.owner_hotkey = facts.owner_hotkey.filter(|hotkey| !is_weak(hotkey.as_bytes()));
        facts.owner_coldkey = facts.owner_coldkey.filter(known);
        rows.sort_unstable_by_key(|neuron| neuron.uid);
        if rows.windows(2).any(|pair| pair[0].uid == pair[1].uid) {
            return invalid("neurons: expected every uid once");
        }
        rows.sort_unstable_by_key(|neuron| neuron.hotkey);
        if rows.windows(2).any(|pair| pair[0].hotkey == pair[1].hotkey) {
            return invalid("neurons: expected every hotkey once");
        }
        Ok(Self { facts, neurons: rows.into() })
    }

    /// What it says of the subnet.
    #[must_use]
    pub const fn facts(&self) -> &SubnetFacts {
        &self.facts
    }

    /// The block.
    #[must_use]
    pub const fn block(&self) -> &BlockRef {
        &self.facts.block
    }

    /// The members, sorted by hotkey.
    #[must_use]
    pub const fn neurons(&self) -> &[Neuron] {
        &self.neurons
    }

    /// The member with this hotkey.
    #[must_use]
    pub fn neuron(&self, hotkey: &Hotkey) -> Option<&Neuron> {
        let index = self.neurons.binary_search_by_key(hotkey, |neuron| neuron.hotkey).ok()?;
        Some(&self.neurons[index])
    }

    /// Whether a member's coldkey is being swapped.
    #[must_use]
    pub fn member_swap(&self, coldkey: &Coldkey) -> SwapStatus {
        self.facts.coldkey_swaps.of(coldkey, SwapScope::Everyone)
    }

    /// Whether the coldkey that owns the subnet is being swapped; `None` status when nobody owns it.
    #[must_use]
    pub fn owner_swap(&self) -> SwapStatus {
        self.facts
            .owner_coldkey
            .map_or(SwapStatus::None, |coldkey| self.facts.coldkey_swaps.of(&coldkey, SwapScope::Owner))
    }

    /// Whether both are about the same subnet of the same chain, as far as they say.
    #[must_use]
    pub fn is_same_subnet(&self, other: &Self) -> bool {
        fn agree<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> bool {
            one.is_none() || other.is_none() || one == other
        }
        let (one, other) = (&self.facts, &other.facts);
        one.netuid == other.netuid
            && agree(one.genesis.as_ref(), other.genesis.as_ref())
            && agree(one.registered_at.as_ref(), other.registered_at.as_ref())
    }

    /// Bytes that it takes in memory.
    #[must_use]
    pub fn size(&self) -> usize {
        size_of::<Self>()
            + size_of_val::<[Neuron]>(&self.neurons)
            + size_of_val::<[(Coldkey, SwapStatus)]>(&self.facts.coldkey_swaps.pending)
    }
}
