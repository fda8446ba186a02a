//! Who signs, with which scheme, for whom, and what a signature's bytes may be.

use bittensor_auth::error::ErrorCode::{
    BadSignature, MalformedSignature, SchemeNotAccepted, UnboundRequest, WeakKey, WrongReceiver,
};
use bittensor_auth::key::{Hotkey, Scheme};

use super::super::document::Case;
use super::super::forgery::{self, Ed25519Forger, ss58};
use super::super::keys::Key;
use super::draft::{CRYPTO, Draft, RECEIVER};

pub(super) fn by_default() -> Vec<Case> {
    let (alice, ed25519) = (Key::alice(), Key::alice_ed25519());
    let zero = Draft { sender: Hotkey::from_bytes([0; 32]).to_ss58(), ..Draft::new(&alice) };
    vec![
        Draft::new(&alice)
            .sign("scheme-named")
            .add(CRYPTO, "sr25519")
            .accepted("sr25519 may be named", &["scheme", "tolerated"]),
        Draft::new(&ed25519).sign("scheme-ed25519-not-accepted").refused(
            SchemeNotAccepted,
            "ed25519 where only sr25519 is accepted",
            &["scheme", "ed25519"],
        ),
        zero.with_signature("zero-key", &forgery::zero_key_signature()).refused(
            WeakKey,
            "The zero key with the signature that fits everything",
            &["weak-key", "forged"],
        ),
        Draft { method: "DELETE".into(), ..zero }
            .with_signature("zero-key-delete", &forgery::zero_key_signature())
            .refused(WeakKey, "The same signature for another request", &["weak-key", "forged"]),
        Draft { sender: Hotkey::from_bytes([0xff; 32]).to_ss58(), ..Draft::new(&alice) }
            .sign("hotkey-no-point")
            .refused(BadSignature, "A canonical address of no point", &["forged"]),
    ]
}

pub(super) fn of_both_schemes() -> Vec<Case> {
    let signatures = [Key::alice(), Key::alice_ed25519()];
    let signatures = signatures.iter().flat_map(signature_bytes);
    signatures.chain(confused_schemes()).chain(small_order()).collect()
}

fn signature_bytes(key: &Key) -> Vec<Case> {
    let scheme = key.scheme();
    let draft = Draft::new(key);
    let good = key.sign("requests-signature-bytes", draft.payload().as_bytes());
    let mut cases = vec![
        ("zero", "64 zero bytes", [0; 64]),
        ("point-bit", "A bit of R", forgery::flipped(good, 7)),
        ("scalar-bit", "A bit of s", forgery::flipped(good, 300)),
        ("scalar-plus-order", "s + L", forgery::plus_order(scheme, &good)),
        ("scalar-order", "s = L", forgery::scalar_is_order(scheme, &good)),
        ("scalar-zero", "s = 0", forgery::scalar_is_zero(scheme, &good)),
        ("point-no-point", "R that is no point", forgery::with_point(scheme, &good, forgery::no_point(scheme))),
        ("halves-swapped", "s before R", forgery::halves_swapped(&good)),
        ("other-request", "The signature of another request", {
            let other = Draft { target: "/other".into(), ..Draft::new(key) };
            key.sign("requests-other-request", other.payload().as_bytes())
        }),
        ("other-signer", "Signed by another key", {
            Key::bob_of(scheme).sign("requests-other-signer", draft.payload().as_bytes())
        }),
    ];
    if scheme == Scheme::Ed25519 {
        let forger = Ed25519Forger::honest_key(key);
        let payload = draft.payload();
        cases.push(("point-identity", "R is the identity", forger.sign_with_identity(payload.as_bytes())));
        cases.push((
            "point-above-p",
            "R is the identity written as y = p + 1",
            forger.sign_with_identity_above_p(payload.as_bytes()),
        ));
    }
    if scheme == Scheme::Sr25519 {
        cases.push(("marker-cleared", "The marker bit cleared", forgery::without_marker(good)));
        cases.push(("point-negative", "R encoded as a negative field element", forgery::negated_point(&good)));
    }
    let typed = [&[scheme.type_byte()], &good[..]].concat();
    let typed = draft.with_signature(format!("{scheme}-signature-typed"), &typed).refused(
        MalformedSignature,
        "The scheme's own type byte in front",
        &["signature"],
    );
    cases
        .into_iter()
        .map(|(id, comment, bytes)| {
            let request = draft.with_signature(format!("{scheme}-signature-{id}"), &bytes);
            request.refused(BadSignature, comment, &["signature"])
        })
        .chain([typed])
        .collect()
}

fn confused_schemes() -> Vec<Case> {
    let (alice, ed25519) = (Key::alice(), Key::alice_ed25519());
    vec![
        Draft::new(&alice).sign("scheme-sr25519-as-ed25519").add(CRYPTO, "ed25519").refused(
            BadSignature,
            "An sr25519 request declared ed25519",
            &["scheme"],
        ),
        Draft { scheme: "ed25519", ..Draft::new(&alice) }.sign("scheme-sr25519-signs-as-ed25519").refused(
            BadSignature,
            "An sr25519 signature over a payload that says ed25519",
            &["scheme"],
        ),
        Draft::new(&ed25519).sign("scheme-ed25519-as-sr25519").set(CRYPTO, "sr25519").refused(
            BadSignature,
            "An ed25519 request declared sr25519",
            &["scheme", "ed25519"],
        ),
        Draft { scheme: "sr25519", ..Draft::new(&ed25519) }.sign("scheme-ed25519-signs-as-sr25519").refused(
            BadSignature,
            "An ed25519 signature over a payload that says sr25519",
            &["scheme", "ed25519"],
        ),
    ]
}

fn small_order() -> Vec<Case> {
    let ed25519 = Key::alice_ed25519();
    let forged = |id: String, comment: &str, key: [u8; 32]| {
        let draft = Draft { sender: Hotkey::from_bytes(key).to_ss58(), ..Draft::new(&ed25519) };
        (draft.with_signature(id, &forgery::small_order_signature()), comment.to_owned())
    };
    let weak: &[_] = &["weak-key", "forged", "ed25519"];
    let points = forgery::small_order_keys().into_iter().enumerate().map(|(index, key)| {
        let (request, comment) = forged(format!("ed25519-small-order-{index}"), "A point of small order", key);
        request.refused(WeakKey, &comment, weak)
    });
    let above = forgery::non_canonical_keys().into_iter().map(|(id, comment, key)| {
        let (request, comment) = forged(format!("ed25519-key-{id}"), comment, key);
        request.refused(BadSignature, &comment, &["forged", "ed25519"])
    });
    let negative_zero = forgery::negative_zero_keys().into_iter().map(|(id, comment, key)| {
        let (request, comment) = forged(format!("ed25519-key-{id}"), comment, key);
        request.refused(WeakKey, &comment, weak)
    });
    points.chain(above).chain(negative_zero).collect()
}

pub(super) fn of_ed25519_only() -> Vec<Case> {
    let (alice, ed25519) = (Key::alice(), Key::alice_ed25519());
    vec![
        Draft::new(&ed25519).sign("ed25519-only").accepted("The one scheme that is accepted", &["scheme", "ed25519"]),
        Draft::new(&alice).sign("ed25519-only-sr25519").refused(
            SchemeNotAccepted,
            "sr25519 where only ed25519 is accepted",
            &["scheme"],
        ),
        Draft::new(&alice).sign("ed25519-only-sr25519-named").add(CRYPTO, "sr25519").refused(
            SchemeNotAccepted,
            "The same, named in a header",
            &["scheme"],
        ),
    ]
}

pub(super) fn when_unbound_is_accepted() -> Vec<Case> {
    let (alice, ed25519, bob) = (Key::alice(), Key::alice_ed25519(), Key::bob());
    let unbound = |key| Draft { receiver: None, ..Draft::new(key) };
    let to = |receiver: String| Draft { receiver: Some(receiver), ..Draft::new(&alice) };
    let mut other_body = unbound(&alice).sign("unbound-body");
    other_body.body.push(b' ');
    let flags: &[_] = &["unbound", "receiver"];
    vec![
        unbound(&alice).sign("unbound").accepted("Signed for nobody", flags),
        unbound(&ed25519).sign("unbound-ed25519").accepted("Signed for nobody with ed25519", &["unbound", "ed25519"]),
        to(bob.address()).sign("unbound-bound").accepted("Signed for this service", flags),
        to(alice.address()).sign("unbound-other").refused(WrongReceiver, "Signed for somebody else", flags),
        to(ss58(&[0], bob.hotkey().as_bytes())).sign("unbound-alias").refused(
            WrongReceiver,
            "The own hotkey with another prefix",
            flags,
        ),
        to("-".into()).sign("unbound-dash").refused(WrongReceiver, "A dash in the header", flags),
        unbound(&alice).sign("unbound-empty").set(RECEIVER, "").refused(WrongReceiver, "An empty header", flags),
        to(bob.address()).sign("unbound-stripped").without(RECEIVER).refused(
            BadSignature,
            "Signed for this service, the header taken away",
            flags,
        ),
        unbound(&alice).sign("unbound-bound-later").set(RECEIVER, bob.address()).refused(
            BadSignature,
            "Signed for nobody, the header added",
            flags,
        ),
        other_body.refused(BadSignature, "Signed for nobody, the body changed", &["unbound", "tampered"]),
    ]
}

pub(super) fn of_two_receivers() -> Vec<Case> {
    let alice = Key::alice();
    let (first, second) = (Key::bob().address(), Key::bob_ed25519().address());
    let to = |receiver: &str| Draft { receiver: Some(receiver.into()), ..Draft::new(&alice) };
    vec![
        to(&first).sign("receivers-first").accepted("For the first of two hotkeys", &["receiver"]),
        to(&second).sign("receivers-second").accepted("For the second of two hotkeys", &["receiver"]),
        to(&alice.address()).sign("receivers-none").refused(WrongReceiver, "For neither", &["receiver"]),
        to(&first).sign("receivers-changed").set(RECEIVER, second).refused(
            BadSignature,
            "For the first, sent to the second",
            &["receiver", "tampered"],
        ),
        Draft { receiver: None, ..Draft::new(&alice) }.sign("receivers-unbound").refused(
            UnboundRequest,
            "For nobody",
            &["receiver", "unbound"],
        ),
    ]
}
