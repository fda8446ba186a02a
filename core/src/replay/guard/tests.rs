use std::time::Duration;

use super::*;
use crate::key::Hotkey;
use crate::nonce::SeededEntropy;
use crate::replay::Namespace;
use crate::time::Window;

const START: UnixNanos = UnixNanos::from_secs(1_752_076_800);

fn guard(capacity: usize, start: GuardStart) -> ReplayGuard {
    ReplayGuard::new(capacity, start, &mut SeededEntropy::new(5))
}

fn claim(sender: u64, signed_at: UnixNanos) -> ReplayClaim {
    let mut key = [1; 32];
    key[..8].copy_from_slice(&sender.to_be_bytes());
    let namespace = Namespace::new("test").expect("a namespace");
    ReplayClaim::for_request(&namespace, &Hotkey::from_bytes(key), signed_at, &Window::BTAUTH)
}

#[test]
fn a_claim_passes_once_until_its_end_and_never_after() {
    let guard = guard(10, GuardStart::NothingAcceptedBefore);
    let claim = claim(1, START);
    assert_eq!(guard.claim(&claim, START), ClaimOutcome::Fresh);
    for tenth in 0..=240 {
        let now = START.plus(Duration::from_millis(tenth * 100));
        assert_ne!(guard.claim(&claim, now), ClaimOutcome::Fresh, "{tenth}");
    }
}

#[test]
fn a_full_guard_refuses_newcomers_keeps_the_living_and_recovers() {
    let guard = guard(100, GuardStart::NothingAcceptedBefore);
    for sender in 0..100 {
        assert_eq!(guard.claim(&claim(sender, START), START), ClaimOutcome::Fresh);
    }
    assert_eq!(guard.claim(&claim(100, START), START), ClaimOutcome::Full);
    assert_eq!(guard.claim(&claim(7, START), START), ClaimOutcome::Replayed);
    let later = START.plus(Duration::from_secs(30));
    guard.purge(later);
    assert!(guard.is_empty());
    assert_eq!(guard.claim(&claim(100, later), later), ClaimOutcome::Fresh);
}

#[test]
fn a_restart_refuses_what_the_process_before_could_have_accepted() {
    let guard = guard(10, GuardStart::At(START));
    let line = START.plus(Duration::from_secs(4));
    assert_eq!(guard.claim(&claim(1, line), START), ClaimOutcome::Warming(line));
    let after = line.plus(Duration::from_nanos(1));
    assert_eq!(guard.claim(&claim(1, after), after), ClaimOutcome::Fresh);
}

#[test]
fn a_clock_that_steps_back_revives_nothing() {
    let guard = guard(10, GuardStart::NothingAcceptedBefore);
    let old = claim(1, START);
    assert_eq!(guard.claim(&old, START), ClaimOutcome::Fresh);
    guard.purge(START.plus(Duration::from_secs(60)));
    assert!(guard.is_empty());
    assert_eq!(guard.claim(&old, START), ClaimOutcome::Expired);
}

#[test]
fn routes_with_other_budgets_share_one_memory() {
    let guard = guard(10, GuardStart::NothingAcceptedBefore);
    let short = claim(1, START);
    let long = ReplayClaim { keep_until: short.keep_until.plus(Duration::from_secs(60)), ..short };
    assert_eq!(guard.claim(&short, START), ClaimOutcome::Fresh);
    assert_eq!(guard.claim(&long, START.plus(Duration::from_secs(5))), ClaimOutcome::Replayed);
}

#[test]
fn fifty_threads_get_one_acceptance_for_each_claim() {
    let guard = guard(100_000, GuardStart::NothingAcceptedBefore);
    let accepted = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..50 {
            scope.spawn(|| {
                for sender in 0..1_000 {
                    if guard.claim(&claim(sender, START), START) == ClaimOutcome::Fresh {
                        accepted.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    assert_eq!(accepted.into_inner(), 1_000);
    assert_eq!(guard.len(), 1_000);
}
