//! What a million live claims cost the in-memory replay guard. Prints one JSON object, which `bench/run` reads.
//!
//! Takes the number of rounds; the round with the median time is printed. Bytes are heap bytes for each claim.
#![expect(clippy::print_stdout, reason = "the result")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bittensor_auth::key::Hotkey;
use bittensor_auth::nonce::SeededEntropy;
use bittensor_auth::replay::{ClaimOutcome, GuardStart, Namespace, ReplayClaim, ReplayGuard};
use bittensor_auth::time::{UnixNanos, Window};

const CLAIMS: u64 = 1_000_000;
const HOTKEYS: u64 = 256;
/// Between two claims: a pace at which nearly every table has just doubled, the worst one for memory. All are signed
/// within the 10 s of the window, so all of them are alive at its end.
const STEP: Duration = Duration::from_nanos(8_400);
const START: UnixNanos = UnixNanos::from_secs(1_752_076_800);
/// Further from the start than any claim lives.
const LATER: Duration = Duration::from_secs(60);

#[global_allocator]
static HEAP: Counting = Counting { live: AtomicU64::new(0) };

fn main() {
    // Cargo adds `--bench`.
    let rounds = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(5);
    let claims: Vec<_> = (0..CLAIMS).map(claim).collect();
    let mut rounds: Vec<_> = (0..rounds).map(|_| Round::run(&claims)).collect();
    rounds.sort_by(|one, other| one.claim_us.total_cmp(&other.claim_us));
    let Round { claim_us, live, left } = &rounds[rounds.len() / 2];
    println!(r#"{{"guard-claim": {claim_us:.3}, "guard-memory": {live:.2}, "guard-left-after-expiry": {left:.3}}}"#);
}

fn claim(index: u64) -> ReplayClaim {
    let namespace = Namespace::new("bench").expect("a name");
    let mut key = [7; 32];
    key[..8].copy_from_slice(&(index % HOTKEYS).to_le_bytes());
    let signed_at = START.plus(STEP * u32::try_from(index).expect("a million"));
    ReplayClaim::for_request(&namespace, &Hotkey::from_bytes(key), signed_at, &Window::BTAUTH)
}

struct Round {
    /// CPU time of one claim of the second half.
    claim_us: f64,
    /// Once all are there.
    live: f64,
    /// Once all have ended.
    left: f64,
}

impl Round {
    fn run(claims: &[ReplayClaim]) -> Self {
        let guard = ReplayGuard::new(claims.len(), GuardStart::NothingAcceptedBefore, &mut SeededEntropy::new(8));
        let empty = HEAP.live();
        let half = claims.len() / 2;
        claims[..half].iter().for_each(|claim| fill(&guard, claim));
        let started = cpu_nanos();
        claims[half..].iter().for_each(|claim| fill(&guard, claim));
        let claim_us = each(cpu_nanos() - started, half) / 1000.0;
        let live = each(HEAP.live() - empty, claims.len());
        guard.purge(START.plus(LATER));
        assert!(guard.is_empty());
        Self { claim_us, live, left: each(HEAP.live().saturating_sub(empty), claims.len()) }
    }
}

fn fill(guard: &ReplayGuard, claim: &ReplayClaim) {
    assert_eq!(guard.claim(claim, claim.signed_at), ClaimOutcome::Fresh);
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn each(total: u64, count: usize) -> f64 {
    total as f64 / count as f64
}

/// CPU time of this process, which other processes do not disturb. Where there is no `/proc`: wall time.
fn cpu_nanos() -> u64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let stat = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    let spent = stat.split(' ').next().and_then(|nanos| nanos.parse().ok());
    spent.unwrap_or_else(|| u64::try_from(START.elapsed().as_nanos()).expect("less than centuries"))
}

/// The system's allocator, which knows how many bytes are in use.
struct Counting {
    live: AtomicU64,
}

impl Counting {
    fn live(&self) -> u64 {
        self.live.load(Ordering::Relaxed)
    }
}

// SAFETY: every call goes to `System` as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.live.fetch_add(layout.size() as u64, Ordering::Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        self.live.fetch_sub(layout.size() as u64, Ordering::Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(block, layout) }
    }
}
