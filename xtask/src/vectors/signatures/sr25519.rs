//! What only sr25519 has: the marker bit, ristretto's one encoding, the key of zero bytes.

use bittensor_auth::error::ErrorCode::{BadSignature, WeakKey};
use bittensor_auth::key::Scheme;

use super::super::document::Case;
use super::super::forgery;
use super::super::keys::Key;
use super::{Check, MESSAGE, under, weak};

/// Public, with the tests of schnorrkel and sp-core: signed before schnorrkel 0.1.1.
const OLD_KEY: &str = "b4bfa1f7a5166695eb75299fd1c4c03ea212871c342f2c5dfea0902b2c246918";
const OLD_MESSAGE: &[u8] =
    b"Verifying that I am the owner of 5G9hQLdsKQswNPgB499DeA5PkFBbgkLPJWkkS6FAM6xGQ8xD. Hash: 221455a3\n";
const OLD_SIGNATURE: &str = "5a9755f069939f45d96aaf125cf5ce7ba1db998686f87f2fb3cbdea922078741\
                             a73891ba265f70c31436e18a9acd14d189d73c12317ab6c313285cd938453202";

pub(super) fn cases() -> Vec<Case> {
    let zero = weak(Scheme::Sr25519, "zero-key", "The key of 32 zero bytes", &[0; 32], &forgery::zero_key_signature());
    [zero, forged(), encodings(), pre_audit()].concat()
}

fn forged() -> Vec<Case> {
    let alice = Key::alice();
    let zero = Check { public_key: hex::encode([0; 32]), ..under(&alice, MESSAGE) };
    vec![
        under(&alice, MESSAGE)
            .case(
                "zero-key-signature",
                "The signature that fits the zero key, under an honest key",
                &forgery::zero_key_signature(),
                Err(BadSignature),
            )
            .flags(&["forged"]),
        zero.case(
            "zero-key-honest-signature",
            "An honest signature under the zero key",
            &alice.sign("signatures-zero-key", MESSAGE),
            Err(WeakKey),
        )
        .flags(&["weak-key"]),
    ]
}

fn encodings() -> Vec<Case> {
    let alice = Key::alice();
    let good = alice.sign("signatures-encodings", MESSAGE);
    let prime = forgery::non_canonical_keys()[0].2;
    let points = [
        ("point-negative", "R encoded as a negative field element", forgery::negated_point(&good)),
        ("point-prime", "R encoded as p, which is 0", forgery::with_point(Scheme::Sr25519, &good, prime)),
        ("point-ones", "R encoded above p", forgery::with_point(Scheme::Sr25519, &good, [0xff; 32])),
    ];
    let keys = [
        (
            "key-negative",
            "The key encoded as a negative field element",
            forgery::negated_key(alice.hotkey().as_bytes()),
        ),
        ("key-prime", "The key encoded as p, which is 0", prime),
        ("key-one", "The key encoded as 1, which is negative", {
            let mut one = [0; 32];
            one[0] = 1;
            one
        }),
    ];
    let with_point = points.map(|(id, comment, signature)| {
        under(&alice, MESSAGE).case(id, comment, &signature, Err(BadSignature)).flags(&["malleable"])
    });
    let with_key = keys.map(|(id, comment, key)| {
        let check = Check { public_key: hex::encode(key), ..under(&alice, MESSAGE) };
        check.case(id, comment, &good, Err(BadSignature)).flags(&["key"])
    });
    [with_point, with_key].concat()
}

fn pre_audit() -> Vec<Case> {
    let alice = Key::alice();
    let cleared = forgery::without_marker(alice.sign("signatures-marker", MESSAGE));
    let mut old = [0; 64];
    hex::decode_to_slice(OLD_SIGNATURE, &mut old).expect("a signature has 128 hex digits");
    let known = Check { public_key: OLD_KEY.into(), ..under(&alice, OLD_MESSAGE) };
    vec![
        under(&alice, MESSAGE)
            .case("marker-cleared", "The marker bit cleared", &cleared, Err(BadSignature))
            .flags(&["pre-audit"]),
        known.case("pre-audit", "A published signature of the old form", &old, Err(BadSignature)).flags(&["pre-audit"]),
        known
            .case(
                "pre-audit-marked",
                "The same with the marker bit set",
                &forgery::flipped(old, 511),
                Err(BadSignature),
            )
            .flags(&["pre-audit"]),
    ]
}
