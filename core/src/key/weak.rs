//! Keys that anybody can sign for.

/// The y coordinates of the points of small order in every spelling, little-endian, without the sign bit: 0, 1, p − 1,
/// the two of order 8, and what reduces to 0 and 1.
const SMALL_ORDER: [[u8; 32]; 7] = [
    [0; 32],
    edge(1, 0, 0),
    edge(0xec, 0xff, 0x7f),
    edge(0xed, 0xff, 0x7f),
    edge(0xee, 0xff, 0x7f),
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf,
        0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20,
        0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ],
];

const fn edge(first: u8, middle: u8, last: u8) -> [u8; 32] {
    let mut bytes = [middle; 32];
    bytes[0] = first;
    bytes[31] = last;
    bytes
}

/// Whether one constant signature fits this key and every message, under any scheme: the zero account and the points
/// of small order. Cheap enough for every row of a subnet.
#[must_use]
pub fn is_weak(key: &[u8; 32]) -> bool {
    let mut y = *key;
    y[31] &= 0x7f;
    SMALL_ORDER.contains(&y)
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::VerifyingKey;

    use super::*;

    #[test]
    fn every_weak_key_of_the_library_is_known_here() {
        for y in SMALL_ORDER {
            for sign in [0, 0x80] {
                let mut key = y;
                key[31] |= sign;
                assert!(is_weak(&key));
                // Some spellings of the neutral point have a sign that no x has.
                if let Ok(public) = VerifyingKey::from_bytes(&key) {
                    assert!(public.is_weak(), "{key:02x?}");
                }
            }
        }
        let mut found = 0;
        for last in 0..=u8::MAX {
            for first in 0..=u8::MAX {
                let key = edge(first, 0, last);
                if VerifyingKey::from_bytes(&key).is_ok_and(|public| public.is_weak()) {
                    assert!(is_weak(&key));
                    found += 1;
                }
            }
        }
        assert!(found > 0);
        assert!(!is_weak(&[7; 32]));
    }
}
