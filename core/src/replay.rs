//! What may pass once, and until when it is remembered (`spec/03`).

mod claim;
mod guard;

pub use claim::{CHALLENGE_NAMESPACE, CLAIM_TAG, ClaimId, ClaimOutcome, Namespace, ReplayClaim};
pub use guard::{GuardStart, ReplayGuard};
