//! From a challenge to a session, or not.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bittensor_auth::error::ErrorCode::{
    BadSignature, ChallengeExpired, ChallengeUsed, InvalidChallenge, MalformedSignature, SchemeNotAccepted, StoreFull,
    WeakKey,
};
use bittensor_auth::key::{Hotkey, Scheme};
use bittensor_auth::message::LoginForm::{Compact, Full};
use bittensor_auth::session::{Challenge, Sessions};

use super::super::document::Case;
use super::super::forgery;
use super::super::keys::{Key, entropy};
use super::Service;
use super::recorder::{Answer, Recorder, START, after, sessions};

pub(super) fn of(service: &Service) -> Vec<Case> {
    [honest(service), ends(service), signatures(service), seals(service), stores(service)].concat()
}

fn honest(service: &Service) -> Vec<Case> {
    let alice = Key::alice();
    let mut cases: Vec<_> = [
        ("full-plain", Full, Answer::Text, &["challenge"][..]),
        ("full-wrapped", Full, Answer::Wrapped, &["challenge", "wrapped"]),
        ("full-typed", Full, Answer::Typed, &["challenge", "signature"]),
        ("compact-plain", Compact, Answer::Text, &["challenge"]),
        ("compact-wrapped", Compact, Answer::Wrapped, &["challenge", "wrapped"]),
    ]
    .map(|(id, form, answer, flags)| {
        let mut run = Recorder::new(service, &format!("login-{id}"));
        let challenge = run.challenge(START, &alice.hotkey(), form);
        let tokens = run.answer(after(20), &alice, &challenge, &answer, Ok(())).expect("an honest login");
        run.call(after(20), &tokens.session, Ok(&alice));
        run.answer(after(21), &alice, &challenge, &answer, Err(ChallengeUsed));
        run.call(after(22), &tokens.session, Ok(&alice));
        run.case("A challenge logs in once", flags)
    })
    .into();
    let mut run = Recorder::new(service, "login-two-people");
    let bob = Key::bob();
    let first = run.challenge(START, &alice.hotkey(), Full);
    let second = run.challenge(START, &bob.hotkey(), Full);
    let bobs = run.answer(after(5), &bob, &second, &Answer::Text, Ok(())).expect("an honest login");
    let alices = run.answer(after(6), &alice, &first, &Answer::Text, Ok(())).expect("an honest login");
    run.call(after(7), &bobs.session, Ok(&bob));
    run.call(after(7), &alices.session, Ok(&alice));
    cases.push(run.case("Two people at once", &["challenge"]));
    cases
}

fn ends(service: &Service) -> Vec<Case> {
    let alice = Key::alice();
    // Issued a quarter second after the full second, so the text and the seal begin on the second before.
    let end = after(120).minus(Duration::from_millis(250));
    let mut in_time = Recorder::new(service, "challenge-last");
    let challenge = in_time.challenge(START, &alice.hotkey(), Full);
    in_time.answer(end, &alice, &challenge, &Answer::Text, Ok(()));
    let mut late = Recorder::new(service, "challenge-late");
    let challenge = late.challenge(START, &alice.hotkey(), Full);
    let tick = Duration::from_nanos(1);
    late.answer(end.plus(tick), &alice, &challenge, &Answer::Text, Err(ChallengeExpired));
    late.answer(after(3_600), &alice, &challenge, &Answer::Text, Err(ChallengeExpired));
    vec![
        in_time.case("The last nanosecond of a challenge", &["challenge", "edge"]),
        late.case("A challenge ends", &["challenge", "edge"]),
    ]
}

fn signatures(service: &Service) -> Vec<Case> {
    let (alice, bob) = (Key::alice(), Key::bob());
    let one = |id: &str, comment: &str, answer: &dyn Fn(&mut Recorder, &Challenge)| {
        let mut run = Recorder::new(service, &format!("signature-{id}"));
        let challenge = run.challenge(START, &alice.hotkey(), Full);
        answer(&mut run, &challenge);
        let tokens = run.answer(after(9), &alice, &challenge, &Answer::Text, Ok(())).expect("nothing was burnt");
        run.call(after(9), &tokens.session, Ok(&alice));
        run.case(comment, &["signature"])
    };
    let refused = |id: &str, comment: &str, bytes: &dyn Fn(&Challenge) -> Vec<u8>| {
        one(id, comment, &|run, challenge| {
            run.answer(after(5), &alice, challenge, &Answer::Bytes(&bytes(challenge)), Err(BadSignature));
        })
    };
    let raw = |id: &str, comment: &str, code, bytes: &dyn Fn(&Challenge) -> Vec<u8>| {
        one(id, comment, &|run, challenge| {
            run.answer(after(5), &alice, challenge, &Answer::Raw(&bytes(challenge)), Err(code));
        })
    };
    let sign = |challenge: &Challenge| alice.sign("sessions-signatures", challenge.text.as_bytes());
    let mut zero_key = Recorder::new(service, "signature-zero-key");
    let nobody = Hotkey::from_bytes([0; 32]);
    let challenge = zero_key.challenge(START, &nobody, Full);
    let forged = forgery::zero_key_signature();
    zero_key.login(after(5), &nobody, Scheme::Sr25519, &challenge.sealed, &forged, Err(WeakKey));
    vec![
        refused("other-text", "Other text; nothing is burnt", &|_| b"another text".into()),
        refused("sealed", "The seal instead of the text", &|challenge| challenge.sealed.clone().into()),
        refused("line-feed", "A line feed behind the text", &|challenge| format!("{}\n", challenge.text).into()),
        refused("crlf", "CRLF between the lines", &|challenge| challenge.text.replace('\n', "\r\n").into()),
        refused("wrapped-twice", "Wrapped twice", &|challenge| {
            format!("<Bytes><Bytes>{}</Bytes></Bytes>", challenge.text).into()
        }),
        refused("hex", "The hex of the text", &|challenge| format!("0x{}", hex::encode(&challenge.text)).into()),
        refused("request", "The eight lines of a request", &|_| {
            format!("btauth/1\nsr25519\nPOST\n/auth/session\n{}\n1\n{}\n-", "0".repeat(64), alice.address()).into()
        }),
        one("other-signer", "Another key; nothing is burnt", &|run, challenge| {
            let signature = bob.sign("sessions-other-signer", challenge.text.as_bytes());
            run.answer(after(5), &alice, challenge, &Answer::Raw(&signature), Err(BadSignature));
        }),
        raw("marker", "The marker bit cleared", BadSignature, &|c| forgery::without_marker(sign(c)).into()),
        raw("order", "s + L", BadSignature, &|c| forgery::plus_order(Scheme::Sr25519, &sign(c)).into()),
        raw("zero", "64 zero bytes", BadSignature, &|_| vec![0; 64]),
        raw("63-bytes", "63 bytes", MalformedSignature, &|c| sign(c)[..63].into()),
        raw("66-bytes", "66 bytes", MalformedSignature, &|c| [&[1, 1], &sign(c)[..]].concat()),
        raw("typed-0", "The type byte of ed25519", MalformedSignature, &|c| [&[0], &sign(c)[..]].concat()),
        raw("typed-2", "The type byte of ecdsa", MalformedSignature, &|c| [&[2], &sign(c)[..]].concat()),
        zero_key.case("The zero key with the signature that fits everything", &["signature"]),
    ]
}

/// The challenge that another service makes at the same time for Alice.
fn foreign(service: &Service) -> Challenge {
    let sessions: Sessions = sessions(service).expect("valid settings");
    sessions.challenge(Key::alice().hotkey(), Full, START, &mut entropy("sessions-foreign")).expect("a short site")
}

fn seals(service: &Service) -> Vec<Case> {
    let alice = Key::alice();
    let with_seal = |id: &str, comment: &str, change: &dyn Fn(&Challenge) -> String| {
        let mut run = Recorder::new(service, &format!("seal-{id}"));
        let challenge = run.challenge(START, &alice.hotkey(), Full);
        let changed = Challenge { sealed: change(&challenge), ..challenge };
        run.answer(after(5), &alice, &changed, &Answer::Text, Err(InvalidChallenge));
        run.case(comment, &["challenge"])
    };
    let bit = |id: &str, field: &str, at: usize| {
        with_seal(&format!("bit-{id}"), &format!("A bit of the {field} changed"), &|challenge| {
            let mut bytes = URL_SAFE_NO_PAD.decode(&challenge.sealed).expect("a seal is base64url");
            bytes[at] ^= 1;
            URL_SAFE_NO_PAD.encode(bytes)
        })
    };
    let other = |id: &str, comment: &str, other: &Service| {
        let (mut run, challenge) = (Recorder::new(service, &format!("seal-{id}")), foreign(other));
        run.answer(after(5), &alice, &challenge, &Answer::Text, Err(InvalidChallenge));
        run.case(comment, &["challenge"])
    };
    let mut stolen = Recorder::new(service, "seal-other-hotkey");
    let challenge = stolen.challenge(START, &alice.hotkey(), Full);
    stolen.answer(after(5), &Key::bob(), &challenge, &Answer::Text, Err(InvalidChallenge));
    vec![
        bit("version", "version", 0),
        bit("key-id", "key id", 1),
        bit("form", "form", 2),
        bit("expiry", "expiry", 6),
        bit("nonce", "nonce", 7),
        bit("nonce-end", "nonce's last byte", 22),
        bit("mac", "MAC", 23),
        bit("mac-end", "MAC's last byte", 38),
        with_seal("form-2", "A form that does not exist", &|challenge| {
            let mut bytes = URL_SAFE_NO_PAD.decode(&challenge.sealed).expect("a seal is base64url");
            bytes[2] = 2;
            URL_SAFE_NO_PAD.encode(bytes)
        }),
        with_seal("empty", "No seal", &|_| String::new()),
        with_seal("cut", "The last character missing", &|c| c.sealed[..c.sealed.len() - 1].into()),
        with_seal("longer", "A character more", &|c| format!("{}A", c.sealed)),
        with_seal("padded", "base64 with padding", &|c| format!("{}=", c.sealed)),
        with_seal("space", "A space behind", &|c| format!("{} ", c.sealed)),
        with_seal("text", "The text instead of the seal", &|c| c.text.clone()),
        stolen.case("Another hotkey answers", &["challenge"]),
        other("other-secret", "The seal of another secret", &Service { secret: vec![7; 32], ..service.clone() }),
        other(
            "other-namespace",
            "The seal of another namespace",
            &Service { namespace: "other".into(), ..service.clone() },
        ),
        other(
            "other-origin",
            "The seal of another site",
            &Service { origin: "https://evil.example", ..service.clone() },
        ),
        other(
            "other-scheme",
            "The seal of the same site over HTTP",
            &Service { origin: "http://dash.example.org", ..service.clone() },
        ),
    ]
}

fn stores(service: &Service) -> Vec<Case> {
    let alice = Key::alice();
    let mut run = Recorder::with_capacity(service, "store-full", 1);
    let [first, second] = [0, 1].map(|secs| run.challenge(after(secs), &alice.hotkey(), Full));
    let tokens = run.answer(after(5), &alice, &first, &Answer::Text, Ok(())).expect("an honest login");
    run.answer(after(6), &alice, &second, &Answer::Text, Err(StoreFull));
    run.call(after(6), &tokens.session, Ok(&alice));
    run.logout(after(7), &tokens.session);
    run.answer(after(8), &alice, &second, &Answer::Text, Ok(()));
    let full = run.case("A full store burns no challenge; an ended session makes room", &["store", "logout"]);
    let mut run = Recorder::with_capacity(service, "store-expired", 1);
    let first = run.challenge(START, &alice.hotkey(), Full);
    run.answer(after(5), &alice, &first, &Answer::Text, Ok(()));
    let second = run.challenge(after(7_205), &alice.hotkey(), Full);
    run.answer(after(7_205), &alice, &second, &Answer::Text, Ok(()));
    vec![full, run.case("An expired session makes room", &["store"])]
}

pub(super) fn of_both_schemes(service: &Service) -> Vec<Case> {
    let (sr25519, ed25519) = (Key::alice(), Key::alice_ed25519());
    let mut cases: Vec<_> = [
        ("plain", Answer::Text, &["scheme"][..]),
        ("wrapped", Answer::Wrapped, &["scheme", "wrapped"]),
        ("typed", Answer::Typed, &["scheme", "signature"]),
    ]
    .map(|(id, answer, flags)| {
        let mut run = Recorder::new(service, &format!("ed25519-{id}"));
        let challenge = run.challenge(START, &ed25519.hotkey(), Full);
        let tokens = run.answer(after(5), &ed25519, &challenge, &answer, Ok(())).expect("an honest login");
        run.call(after(5), &tokens.session, Ok(&ed25519));
        run.case("An ed25519 key logs in", flags)
    })
    .into();
    for (id, key, declared) in
        [("sr25519-as-ed25519", &sr25519, Scheme::Ed25519), ("ed25519-as-sr25519", &ed25519, Scheme::Sr25519)]
    {
        let mut run = Recorder::new(service, &format!("scheme-{id}"));
        let challenge = run.challenge(START, &key.hotkey(), Full);
        let signature = key.sign(&format!("sessions-{id}"), challenge.text.as_bytes());
        run.login(after(5), &key.hotkey(), declared, &challenge.sealed, &signature, Err(BadSignature));
        cases.push(run.case("One scheme declared, the other one signed", &["scheme"]));
    }
    let mut run = Recorder::new(service, "ed25519-small-order");
    let weak = Hotkey::from_bytes(forgery::small_order_keys()[1]);
    let challenge = run.challenge(START, &weak, Full);
    let forged = forgery::small_order_signature();
    run.login(after(5), &weak, Scheme::Ed25519, &challenge.sealed, &forged, Err(WeakKey));
    cases.push(run.case("A point of small order", &["scheme", "signature"]));
    cases
}

pub(super) fn of_a_stated_site(service: &Service) -> Vec<Case> {
    let ed25519 = Key::alice_ed25519();
    let mut refused = Recorder::new(service, "scheme-not-accepted");
    let challenge = refused.challenge(START, &ed25519.hotkey(), Full);
    refused.answer(after(5), &ed25519, &challenge, &Answer::Text, Err(SchemeNotAccepted));
    let alice = Key::alice();
    let mut cases: Vec<_> = [("statement-full", Full), ("statement-compact", Compact)]
        .map(|(id, form)| {
            let mut run = Recorder::new(service, id);
            let challenge = run.challenge(START, &alice.hotkey(), form);
            run.answer(after(5), &alice, &challenge, &Answer::Wrapped, Ok(()));
            run.case("A site with a statement on another network", &["challenge", "wrapped"])
        })
        .into();
    cases.push(refused.case("ed25519 where only sr25519 is accepted", &["scheme"]));
    cases
}
