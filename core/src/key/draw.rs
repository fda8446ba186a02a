//! The one draw of randomness in an sr25519 signature.

use rand_core_06::{CryptoRng, Error, RngCore};

/// The 32 random bytes that are asked for once for each signature.
pub(super) struct Draw(pub(super) [u8; 32]);

impl RngCore for Draw {
    fn next_u32(&mut self) -> u32 {
        rand_core_06::impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        rand_core_06::impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, dest: &mut [u8]) {
        for (byte, drawn) in dest.iter_mut().zip(self.0.iter().cycle()) {
            *byte = *drawn;
        }
    }

    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(dest);
        Ok(())
    }
}

impl CryptoRng for Draw {}
