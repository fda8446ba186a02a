//! Keys of callers: the same few hundred hotkeys call again and again.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use curve25519_dalek_4::ristretto::{CompressedRistretto, RistrettoBasepointTable, RistrettoPoint};
use curve25519_dalek_4::scalar::Scalar;
use schnorrkel::context::{SigningContext, SigningTranscript as _};
use schnorrkel::{PublicKey, signing_context};

use super::{CONTEXT, check, parse};
use crate::error::{Error, ErrorCode};

/// Keys of callers, parsed, and tables of those that call often.
///
/// Only a key that was let in gets here, so keys that the policy refuses, and replays, change nothing. A key gives its
/// place up only when it did not call during a whole period: whoever may call can take free places, but push nobody out
/// who still calls.
pub(in crate::key) struct Known {
    context: SigningContext,
    keys: RwLock<HashMap<[u8; 32], Arc<KnownKey>>>,
    /// Calls in this period.
    calls: AtomicU32,
}

impl Known {
    /// As many hotkeys as a subnet has. With all tables below 8 MB.
    const CAPACITY: usize = 256;
    /// Calls until keys that stayed away make room.
    const PERIOD: u32 = 64 * 256;

    pub(in crate::key) fn new() -> Self {
        Self { context: signing_context(CONTEXT), keys: RwLock::default(), calls: AtomicU32::new(0) }
    }

    /// As [`super::verify`], with the same verdict for every input.
    pub(in crate::key) fn verify(&self, key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> Result<(), Error> {
        let known = self.keys.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned();
        match known {
            Some(known) => known.verify(&self.context, message, signature),
            None => check(&parse(key)?, &self.context, message, signature),
        }
    }

    /// Counts a call that was let in.
    pub(in crate::key) fn called(&self, key: &[u8; 32]) {
        let calls = self.calls.fetch_add(1, Ordering::Relaxed);
        let is_full = {
            let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(known) = keys.get(key) {
                return known.called();
            }
            keys.len() >= Self::CAPACITY
        };
        if is_full && calls < Self::PERIOD {
            return;
        }
        let Ok(public) = parse(key) else { return };
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        // Looked at again: another thread may have been here since.
        if keys.len() >= Self::CAPACITY && self.calls.load(Ordering::Relaxed) >= Self::PERIOD {
            self.calls.store(0, Ordering::Relaxed);
            keys.retain(|_, known| known.called_lately.swap(false, Ordering::Relaxed));
        }
        if keys.len() < Self::CAPACITY {
            keys.entry(*key).or_insert_with(|| Arc::new(KnownKey::new(public)));
        }
    }

    #[cfg(test)]
    pub(in crate::key) fn knows(&self, key: &[u8; 32]) -> bool {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).contains_key(key)
    }
}

struct KnownKey {
    public: PublicKey,
    called_lately: AtomicBool,
    /// Calls up to [`KnownKey::OFTEN`], and one more when somebody began to make the table.
    calls: AtomicU32,
    table: OnceLock<Box<RistrettoBasepointTable>>,
}

impl KnownKey {
    /// A table costs what it saves in 128 verifications, so that is how many must have come before: what callers who
    /// then stay away can waste is a fifth of a verification for each of their calls.
    const OFTEN: u32 = 128;

    fn new(public: PublicKey) -> Self {
        Self { public, called_lately: AtomicBool::new(true), calls: AtomicU32::new(1), table: OnceLock::new() }
    }

    fn called(&self) {
        self.called_lately.store(true, Ordering::Relaxed);
        let count = |calls| (calls < Self::OFTEN).then(|| calls + 1);
        let _ = self.calls.fetch_update(Ordering::Relaxed, Ordering::Relaxed, count);
    }

    fn verify(&self, context: &SigningContext, message: &[u8], signature: &[u8; 64]) -> Result<(), Error> {
        if let Some(table) = self.table.get() {
            return check_with(table, &self.public, context, message, signature);
        }
        check(&self.public, context, message, signature)?;
        // One thread makes the table, and none waits for it.
        if self.calls.compare_exchange(Self::OFTEN, Self::OFTEN + 1, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            self.table.get_or_init(|| Box::new(RistrettoBasepointTable::create(self.public.as_point())));
        }
        Ok(())
    }
}

/// The same equation `s·B − k·A = R` as in [`check`], both products looked up.
fn check_with(
    table: &RistrettoBasepointTable,
    key: &PublicKey,
    context: &SigningContext,
    message: &[u8],
    signature: &[u8; 64],
) -> Result<(), Error> {
    let (commitment, s) = split(signature).ok_or(ErrorCode::BadSignature)?;
    let mut transcript = context.bytes(message);
    transcript.proto_name(b"Schnorr-sig");
    transcript.commit_point(b"sign:pk", key.as_compressed());
    transcript.commit_point(b"sign:R", &commitment);
    let challenge = transcript.challenge_scalar(b"sign:c");
    let computed = RistrettoPoint::mul_base(&s) - &challenge * table;
    // The encodings are compared, so a commitment that is no canonical point fits nothing.
    if computed.compress() == commitment { Ok(()) } else { Err(ErrorCode::BadSignature.into()) }
}

/// R and s, if the marker bit is set and s is below ℓ.
fn split(signature: &[u8; 64]) -> Option<(CompressedRistretto, Scalar)> {
    let mut signature = *signature;
    let marked = signature[63] & 0x80 != 0;
    signature[63] &= 0x7f;
    let (commitment, s) = signature.split_first_chunk()?;
    let s = Option::<Scalar>::from(Scalar::from_canonical_bytes(s.try_into().ok()?)).filter(|_| marked)?;
    Some((CompressedRistretto(*commitment), s))
}

#[cfg(test)]
mod tests;
