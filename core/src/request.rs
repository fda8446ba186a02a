//! Signed requests: [`RequestSigner`] on the way out, [`Verifier`] on the way in (`spec/02`).

mod caller;
mod signer;
mod verifier;

pub use caller::{Admitted, Caller, Verified, Via};
pub use signer::{ClockOffset, RequestSigner, UnsignedRequest};
pub use verifier::{CheckedHead, Verifier};
