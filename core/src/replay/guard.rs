//! The in-memory replay set: sharded, bounded, exact, and it never forgets a live claim (`spec/03 §4`).

use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasher, Hasher};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::claim::{ClaimId, ClaimOutcome, ReplayClaim};
use crate::nonce::Entropy;
use crate::time::UnixNanos;

const SHARDS: usize = 64;

/// What this process can know of requests accepted before it started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum GuardStart {
    /// Something may have been accepted until this instant: whatever it could have accepted is refused for a while.
    At(UnixNanos),
    /// Nothing was ever accepted before, as in a demo or a test.
    NothingAcceptedBefore,
}

/// The replay set of one process. Shared by reference between threads.
///
/// One claim costs one hash, one lock and 16 bytes plus the set's own overhead. Claims that end in the same second
/// of signed time live in one bucket, which is dropped whole once every claim in it has ended.
pub struct ReplayGuard {
    shards: Box<[Mutex<Shard>]>,
    hasher: IdHasher,
    capacity: usize,
    live: AtomicUsize,
    /// The latest time seen, in ns. It only rises, so a clock that steps back cannot revive what was dropped.
    latest: AtomicU64,
    start: GuardStart,
    next_sweep: AtomicUsize,
}

/// Buckets by the second in which their claims were signed.
type Shard = BTreeMap<u64, Bucket>;

struct Bucket {
    ids: HashSet<ClaimId, IdHasher>,
    keep_until: UnixNanos,
}

impl ReplayGuard {
    /// The default capacity: a million live claims, below 40 MB.
    pub const DEFAULT_CAPACITY: usize = 1_000_000;

    /// An empty set for at most `capacity` live claims. `entropy` keys its hash.
    #[must_use]
    pub fn new(capacity: usize, start: GuardStart, entropy: &mut dyn Entropy) -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            hasher: IdHasher::new(entropy),
            capacity,
            live: AtomicUsize::new(0),
            latest: AtomicU64::new(0),
            start,
            next_sweep: AtomicUsize::new(0),
        }
    }

    /// Remembers a claim, or says why not. Never blocks longer than one insertion in the same shard.
    pub fn claim(&self, claim: &ReplayClaim, now: UnixNanos) -> ClaimOutcome {
        let latest = self.latest.fetch_max(now.as_nanos(), Ordering::Relaxed).max(now.as_nanos());
        let latest = UnixNanos::from_nanos(latest);
        if claim.keep_until <= latest {
            return ClaimOutcome::Expired;
        }
        if let GuardStart::At(started) = self.start
            && claim.signed_at <= started.plus(claim.margin)
        {
            return ClaimOutcome::Warming(started.plus(claim.margin));
        }
        // One other shard a claim, so that memory comes back everywhere although only some shards are busy.
        self.sweep(self.next_sweep.fetch_add(1, Ordering::Relaxed) % SHARDS, latest);
        if self.live.fetch_add(1, Ordering::Relaxed) >= self.capacity {
            self.live.fetch_sub(1, Ordering::Relaxed);
            return self.claim_when_full(claim);
        }
        let outcome = self.insert(claim);
        if outcome != ClaimOutcome::Fresh {
            self.live.fetch_sub(1, Ordering::Relaxed);
        }
        outcome
    }

    fn insert(&self, claim: &ReplayClaim) -> ClaimOutcome {
        let mut shard = self.shard_of(claim);
        // Looked at again under the lock: another thread may have dropped the bucket while this one was suspended.
        if claim.keep_until.as_nanos() <= self.latest.load(Ordering::Relaxed) {
            return ClaimOutcome::Expired;
        }
        let bucket = shard.entry(claim.signed_at.as_secs()).or_insert_with(|| self.bucket());
        if bucket.insert(claim) { ClaimOutcome::Fresh } else { ClaimOutcome::Replayed }
    }

    /// A full set still recognises what it holds.
    fn claim_when_full(&self, claim: &ReplayClaim) -> ClaimOutcome {
        let shard = self.shard_of(claim);
        let known = shard.get(&claim.signed_at.as_secs()).is_some_and(|bucket| bucket.ids.contains(&claim.id));
        if known { ClaimOutcome::Replayed } else { ClaimOutcome::Full }
    }

    /// Drops everything that ended before `now` and returns its memory.
    pub fn purge(&self, now: UnixNanos) {
        let latest = self.latest.fetch_max(now.as_nanos(), Ordering::Relaxed).max(now.as_nanos());
        (0..SHARDS).for_each(|index| self.sweep(index, UnixNanos::from_nanos(latest)));
    }

    /// How many claims are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.live.load(Ordering::Relaxed)
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn bucket(&self) -> Bucket {
        Bucket { ids: HashSet::with_hasher(self.hasher), keep_until: UnixNanos::from_nanos(0) }
    }

    fn shard_of(&self, claim: &ReplayClaim) -> MutexGuard<'_, Shard> {
        let hash = self.hasher.hash_id(&claim.id);
        // The set uses the low bits, so the shard takes the top ones.
        lock(&self.shards[usize::try_from(hash >> 58).expect("six bits")])
    }

    fn sweep(&self, index: usize, latest: UnixNanos) {
        let mut shard = lock(&self.shards[index]);
        let mut dropped = 0;
        while let Some(oldest) = shard.first_entry().filter(|entry| entry.get().keep_until < latest) {
            dropped += oldest.remove().ids.len();
        }
        self.live.fetch_sub(dropped, Ordering::Relaxed);
    }
}

impl Bucket {
    fn insert(&mut self, claim: &ReplayClaim) -> bool {
        self.keep_until = self.keep_until.max(claim.keep_until);
        self.ids.insert(claim.id)
    }
}

/// A panic while a shard is locked leaves the shard usable: every step on it is a single insertion or removal.
fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

impl std::fmt::Debug for ReplayGuard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReplayGuard")
            .field("live", &self.len())
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}

/// A keyed hash for ids, which are hashes already but whose preimages callers choose.
#[derive(Clone, Copy)]
struct IdHasher {
    keys: [u64; 2],
    hash: u64,
}

impl IdHasher {
    fn new(entropy: &mut dyn Entropy) -> Self {
        let mut key = || {
            let mut bytes = [0; 8];
            entropy.fill(&mut bytes);
            u64::from_le_bytes(bytes)
        };
        Self { keys: [key(), key()], hash: 0 }
    }

    /// A folded 64×64-bit product of the two masked halves.
    fn hash_id(&self, id: &ClaimId) -> u64 {
        let half = |from: usize| u64::from_le_bytes(std::array::from_fn(|index| id[from + index]));
        let product = u128::from(half(0) ^ self.keys[0]) * u128::from(half(8) ^ self.keys[1]);
        let bytes = product.to_le_bytes();
        let word = |from: usize| u64::from_le_bytes(std::array::from_fn(|index| bytes[from + index]));
        word(0) ^ word(8)
    }
}

impl BuildHasher for IdHasher {
    type Hasher = Self;

    fn build_hasher(&self) -> Self {
        *self
    }
}

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.hash
    }

    fn write(&mut self, bytes: &[u8]) {
        if let Ok(id) = bytes.try_into() {
            self.hash = self.hash_id(id);
        }
    }

    /// An array hashes its length first, which is the same for every id.
    fn write_usize(&mut self, _len: usize) {}
}

#[cfg(test)]
mod tests;
