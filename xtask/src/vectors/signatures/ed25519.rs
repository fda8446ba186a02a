//! What only ed25519 has: points of small order, two spellings of a point, the cofactor.

use bittensor_auth::error::ErrorCode::{BadSignature, WeakKey};
use bittensor_auth::key::Scheme;
use serde_json::json;

use super::super::document::{Case, Verdict};
use super::super::forgery::{self, Ed25519Forger};
use super::super::keys::Key;
use super::{Check, MESSAGE, under, weak};

pub(super) fn cases() -> Vec<Case> {
    [small_order(), non_canonical(), cofactor()].concat()
}

fn small_order() -> Vec<Case> {
    let orders = [1, 8, 4, 8, 2, 8, 4, 8];
    forgery::small_order_keys()
        .iter()
        .zip(orders)
        .enumerate()
        .flat_map(|(index, (key, order))| {
            let comment = format!("Point {index} of small order, its order is {order}");
            let id = format!("small-order-{index}");
            weak(Scheme::Ed25519, &id, &comment, key, &forgery::small_order_signature())
        })
        .collect()
}

fn non_canonical() -> Vec<Case> {
    let forged = forgery::small_order_signature();
    let case = |(id, comment, key): (&str, &str, [u8; 32]), verdict: Verdict| {
        let check = Check { public_key: hex::encode(key), ..under(&Key::alice_ed25519(), MESSAGE) };
        check.case(&format!("key-{id}"), comment, &forged, verdict).flags(&["key", "forged"])
    };
    let above = forgery::non_canonical_keys().into_iter().map(|key| case(key, Err(BadSignature)));
    let negative_zero = forgery::negative_zero_keys().into_iter().map(|key| case(key, Err(WeakKey)));
    above.chain(negative_zero).collect()
}

fn cofactor() -> Vec<Case> {
    let alice = Key::alice_ed25519();
    let honest = Ed25519Forger::honest_key(&alice);
    let mixed = Ed25519Forger::mixed_key(&alice);
    let messages: Vec<_> = (0..200).map(|number| format!("message {number}").into_bytes()).collect();
    let (held, holding) = mixed.sign_first(&messages, |remainder| remainder == 0);
    let (missed, missing) = mixed.sign_first(&messages, |remainder| remainder != 0);
    let one =
        |id: &str, comment: &str, forger: &Ed25519Forger, message: &[u8], signature: [u8; 64], verdict: Verdict| {
            let check = Check { public_key: hex::encode(forger.public_key()), ..under(&alice, message) };
            check.case(id, comment, &signature, verdict).flags(&["cofactor"])
        };
    vec![
        one(
            "point-identity",
            "R is the identity: the equation holds, and strict verifiers refuse R",
            &honest,
            MESSAGE,
            honest.sign_with_identity(MESSAGE),
            Err(BadSignature),
        ),
        one(
            "point-identity-above-p",
            "R is the identity written as y = p + 1: points are compared by their bytes",
            &honest,
            MESSAGE,
            honest.sign_with_identity_above_p(MESSAGE),
            Err(BadSignature),
        ),
        one(
            "point-order-8",
            "R is a point of order 8: the equation holds only with the cofactor",
            &honest,
            MESSAGE,
            honest.sign_with_torsion(MESSAGE),
            Err(BadSignature),
        ),
        one(
            "key-mixed-order-refused",
            "A key with a part of order 8: the equation holds only with the cofactor",
            &mixed,
            &missed,
            missing,
            Err(BadSignature),
        ),
        one(
            "key-mixed-order",
            "The same key where the part of order 8 cancels out: the equation holds without the cofactor",
            &mixed,
            &held,
            holding,
            Ok(json!({})),
        ),
    ]
}
