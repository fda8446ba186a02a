//! Sessions in the memory of one process, with the same answers as the Redis scripts (`spec/04 §5`).

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::authority::{Login, PresentedRefresh, PresentedSession};
use super::lifetimes::Lifetimes;
use super::record::{FamilyId, Generation, ReadOutcome, RotateOutcome, SessionRecord};
use crate::key::Hotkey;
use crate::replay::{ClaimOutcome, ReplayGuard};
use crate::time::UnixNanos;

/// The session store of one process. Bounded; expired sessions make room for new ones, live ones never do.
#[derive(Debug)]
pub struct SessionTable {
    capacity: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    families: HashMap<FamilyId, SessionRecord>,
    generations: HashMap<Hotkey, (Generation, UnixNanos)>,
    /// Ends of sessions in order, for removal.
    ends: BTreeSet<(UnixNanos, FamilyId)>,
    /// Ends of generations in order: when the last session of each hotkey must have ended.
    generation_ends: BTreeSet<(UnixNanos, Hotkey)>,
}

impl SessionTable {
    /// The default capacity.
    pub const DEFAULT_CAPACITY: usize = 100_000;

    /// An empty table for at most `capacity` live sessions.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { capacity, state: Mutex::default() }
    }

    /// Claims a login's challenge in `guard` and creates its session, or does neither.
    pub fn create(&self, guard: &ReplayGuard, login: &Login, now: UnixNanos) -> ClaimOutcome {
        let mut state = self.lock();
        state.expire(now);
        if state.families.len() >= self.capacity {
            return ClaimOutcome::Full;
        }
        let outcome = guard.claim(login.claim(), now);
        if outcome == ClaimOutcome::Fresh {
            state.insert(login.hotkey(), login.family(), *login.record());
        }
        outcome
    }

    /// Reads a session and the hotkey's generation.
    #[must_use]
    pub fn read(&self, presented: &PresentedSession, now: UnixNanos) -> ReadOutcome {
        let state = self.lock();
        let record = state.families.get(&presented.family()).copied();
        ReadOutcome::Found {
            record: record.filter(|record| now < record.refresh_expires_at),
            generation: state.generations.get(&presented.hotkey()).map(|(generation, _)| *generation),
        }
    }

    /// Exchanges a refresh token for the next rotation, once.
    #[must_use]
    pub fn rotate(&self, presented: &PresentedRefresh, lifetimes: &Lifetimes, now: UnixNanos) -> RotateOutcome {
        let (hotkey, family, rotation) = (presented.hotkey(), presented.family(), presented.rotation());
        let mut state = self.lock();
        state.expire(now);
        let generation = state.generations.get(&hotkey).map(|(generation, _)| *generation);
        let Some(record) = state.families.get(&family).copied() else { return RotateOutcome::Ended };
        if generation != Some(record.generation) || rotation > record.rotation {
            state.remove(&family);
            return RotateOutcome::Ended;
        }
        if rotation == record.rotation {
            let now = UnixNanos::from_millis(now.as_millis());
            let next = SessionRecord {
                rotation: record.rotation.saturating_add(1),
                rotated_at: now,
                refresh_expires_at: now.plus(lifetimes.idle).min(record.absolute_at),
                ..record
            };
            state.remove(&family);
            state.put(family, next);
            return RotateOutcome::Rotated(next);
        }
        if rotation + 1 == record.rotation && now.since(record.rotated_at) <= lifetimes.grace {
            return RotateOutcome::Rotated(record);
        }
        state.remove(&family);
        RotateOutcome::Reused
    }

    /// Ends one session.
    pub fn end(&self, family: &FamilyId) {
        self.lock().remove(family);
    }

    /// Ends every session of a hotkey: one write.
    pub fn revoke(&self, hotkey: &Hotkey) {
        self.lock().forget(hotkey);
    }

    /// How many sessions are held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().families.len()
    }

    /// How many hotkeys have a generation.
    #[must_use]
    pub fn hotkeys(&self) -> usize {
        self.lock().generations.len()
    }

    /// Whether no session is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn insert(&mut self, hotkey: Hotkey, family: FamilyId, record: SessionRecord) {
        let (generation, ends) = self.forget(&hotkey).unwrap_or((record.generation, record.absolute_at));
        let ends = ends.max(record.absolute_at);
        self.generations.insert(hotkey, (generation, ends));
        self.generation_ends.insert((ends, hotkey));
        self.put(family, SessionRecord { generation, ..record });
    }

    fn forget(&mut self, hotkey: &Hotkey) -> Option<(Generation, UnixNanos)> {
        let forgotten = self.generations.remove(hotkey)?;
        self.generation_ends.remove(&(forgotten.1, *hotkey));
        Some(forgotten)
    }

    fn put(&mut self, id: FamilyId, record: SessionRecord) {
        self.ends.insert((record.refresh_expires_at, id));
        self.families.insert(id, record);
    }

    fn remove(&mut self, id: &FamilyId) {
        if let Some(record) = self.families.remove(id) {
            self.ends.remove(&(record.refresh_expires_at, *id));
        }
    }

    fn expire(&mut self, now: UnixNanos) {
        while let Some((_, id)) = self.ends.first().copied().filter(|(ends, _)| *ends <= now) {
            self.remove(&id);
        }
        while let Some((_, hotkey)) = self.generation_ends.first().copied().filter(|(ends, _)| *ends <= now) {
            self.forget(&hotkey);
        }
    }
}
