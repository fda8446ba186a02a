//! Signatures, good and bad, of both schemes.

mod ed25519;
mod sr25519;

use bittensor_auth::error::ErrorCode::{BadSignature, MalformedSignature, WeakKey};
use bittensor_auth::key::Scheme;
use bittensor_auth::message::Wrapping;
use bittensor_auth::nonce::Entropy as _;
use serde_json::json;

use super::document::{Case, Document, Group, Verdict};
use super::forgery;
use super::keys::{Key, entropy};

const NOTES: &[(&str, &str)] = &[
    ("cofactor", "Whether it holds depends on the factor 8 in the verification equation."),
    ("forged", "Made without the secret key."),
    ("key", "The public key is not the signer's, or not a key."),
    ("length", "The signature has another length."),
    ("malleable", "A second spelling of a signature that holds."),
    ("message", "The message is not the one that was signed."),
    ("pre-audit", "The form of schnorrkel before 0.1.1, without the marker bit."),
    ("tampered", "The signature was changed after signing."),
    ("typed", "The signature has a type byte in front, as signers of extrinsics make it."),
    ("weak-key", "One constant signature fits every message under this key."),
    ("wrapped", "The message was wrapped in <Bytes>…</Bytes> before it was signed."),
];

const MESSAGE: &[u8] = b"btauth/1: any bytes can be signed";

pub(super) fn document() -> Document {
    let cases =
        [Scheme::ALL.iter().flat_map(|&scheme| both_schemes(scheme)).collect(), ed25519::cases(), sr25519::cases()]
            .concat();
    Document::new("signatures", "01-keys.md", NOTES, vec![Group::new(json!({}), cases)])
}

/// What a signature is checked against.
struct Check<'a> {
    scheme: Scheme,
    public_key: String,
    message: &'a [u8],
    form: &'static str,
}

impl Check<'_> {
    fn case(&self, id: &str, comment: &str, signature: &[u8], verdict: Verdict) -> Case {
        let inputs = json!({
            "scheme": self.scheme.as_str(),
            "public_key": self.public_key,
            "message": hex::encode(self.message),
            "form": self.form,
            "signature": hex::encode(signature),
        });
        Case::new(format!("{}-{id}", self.scheme), comment, inputs, verdict)
    }
}

/// A check of `message` under the public key of `key`, as a request.
fn under<'a>(key: &Key, message: &'a [u8]) -> Check<'a> {
    Check { scheme: key.scheme(), public_key: key.public_hex(), message, form: "request" }
}

fn both_schemes(scheme: Scheme) -> Vec<Case> {
    let alice = Key::alice_of(scheme);
    [
        accepted(&alice),
        other_messages(&alice),
        other_keys(&alice),
        other_bytes(&alice),
        other_lengths(&alice),
        wrapped(&alice),
    ]
    .concat()
}

fn accepted(alice: &Key) -> Vec<Case> {
    let mut cases: Vec<_> = [0, 1, 31, 32, 33, 64, 227, 255, 256, 257, 1_000]
        .map(|len| {
            let mut message = vec![0; len];
            entropy(&format!("signatures-length-{len}")).fill(&mut message);
            let id = format!("length-{len}");
            let signature = alice.sign(&format!("signatures-{}-{id}", alice.scheme()), &message);
            under(alice, &message).case(&id, &format!("A message of {len} bytes"), &signature, Ok(json!({})))
        })
        .into();
    for (id, comment, message) in [
        ("text", "ASCII text", MESSAGE),
        ("utf-8", "Text in several scripts", "Grüße an die 世界 🤖\n".as_bytes()),
        ("zero-bytes", "Zero bytes", &[0; 64][..]),
        ("looks-wrapped", "A message that is <Bytes>…</Bytes> itself", b"<Bytes>text</Bytes>"),
        ("looks-like-hex", "Text that looks like hex is signed as text", b"0x616263"),
    ] {
        let signature = alice.sign(&format!("signatures-{}-{id}", alice.scheme()), message);
        cases.push(under(alice, message).case(id, comment, &signature, Ok(json!({}))));
    }
    cases
}

fn other_messages(alice: &Key) -> Vec<Case> {
    let signature = alice.sign("signatures-other-message", MESSAGE);
    let (mut first, mut last) = (MESSAGE.to_vec(), MESSAGE.to_vec());
    first[0] ^= 1;
    last[MESSAGE.len() - 1] ^= 0x80;
    let hash = <sha2::Sha256 as sha2::Digest>::digest(MESSAGE);
    [
        ("message-first-bit", "A bit of the first byte", first),
        ("message-last-bit", "A bit of the last byte", last),
        ("message-cut", "The last byte missing", MESSAGE[..MESSAGE.len() - 1].to_vec()),
        ("message-longer", "A zero byte more", [MESSAGE, &[0]].concat()),
        ("message-line-feed", "A line feed more", [MESSAGE, b"\n"].concat()),
        ("message-gone", "The empty message", Vec::new()),
        ("message-hashed", "The SHA-256 of the message", hash.to_vec()),
        ("message-hex", "The hex of the message", hex::encode(MESSAGE).into_bytes()),
    ]
    .into_iter()
    .map(|(id, comment, message)| {
        under(alice, &message).case(id, comment, &signature, Err(BadSignature)).flags(&["message"])
    })
    .collect()
}

fn other_keys(alice: &Key) -> Vec<Case> {
    let scheme = alice.scheme();
    let signature = alice.sign("signatures-other-key", MESSAGE);
    let (mut flipped, other) =
        (*alice.hotkey().as_bytes(), if scheme == Scheme::Sr25519 { Scheme::Ed25519 } else { Scheme::Sr25519 });
    flipped[16] ^= 4;
    [
        ("key-other", "Another key of the same scheme", Key::bob_of(scheme).public_hex()),
        ("key-same-seed", "The key that the other scheme makes of the same words", Key::alice_of(other).public_hex()),
        ("key-bit", "A bit of the key", hex::encode(flipped)),
        ("key-no-point", "32 bytes that are no point", hex::encode(forgery::no_point(scheme))),
    ]
    .into_iter()
    .map(|(id, comment, public_key)| {
        let check = Check { public_key, ..under(alice, MESSAGE) };
        check.case(id, comment, &signature, Err(BadSignature)).flags(&["key"])
    })
    .chain([Check { scheme: other, ..under(alice, MESSAGE) }
        .case("scheme-other", "A signature and a key of the other scheme", &signature, Err(BadSignature))
        .flags(&["key"])])
    .collect()
}

fn other_bytes(alice: &Key) -> Vec<Case> {
    let scheme = alice.scheme();
    let good = alice.sign("signatures-other-bytes", MESSAGE);
    let tampered = [
        ("zero", "64 zero bytes", [0; 64]),
        ("ones", "64 bytes of all ones", [0xff; 64]),
        ("point-first-bit", "The first bit of R", forgery::flipped(good, 0)),
        ("point-last-bit", "The last bit of R", forgery::flipped(good, 255)),
        ("scalar-first-bit", "The first bit of s", forgery::flipped(good, 256)),
        ("scalar-bit-252", "Bit 252 of s", forgery::flipped(good, 256 + 252)),
        ("scalar-bit-253", "Bit 253 of s: above the order", forgery::flipped(good, 256 + 253)),
        ("scalar-bit-254", "Bit 254 of s: above the order", forgery::flipped(good, 256 + 254)),
        ("scalar-zero", "s = 0", forgery::scalar_is_zero(scheme, &good)),
        ("point-zero", "R of zero bytes", forgery::with_point(scheme, &good, [0; 32])),
        ("point-no-point", "R that is no point", forgery::with_point(scheme, &good, forgery::no_point(scheme))),
        ("halves-swapped", "s before R", forgery::halves_swapped(&good)),
    ]
    .map(|(id, comment, bytes)| (id, comment, bytes, "tampered"));
    let malleable = [
        ("scalar-plus-order", "s + L", forgery::plus_order(scheme, &good), "malleable"),
        ("scalar-order", "s = L", forgery::scalar_is_order(scheme, &good), "malleable"),
    ];
    tampered
        .into_iter()
        .chain(malleable)
        .map(|(id, comment, bytes, flag)| {
            under(alice, MESSAGE).case(id, comment, &bytes, Err(BadSignature)).flags(&[flag])
        })
        .collect()
}

fn other_lengths(alice: &Key) -> Vec<Case> {
    let scheme = alice.scheme();
    let good = alice.sign("signatures-lengths", MESSAGE);
    let own = scheme.type_byte();
    let typed = |first: &[u8]| [first, &good].concat();
    let lengths = [
        ("empty", "No bytes", Vec::new()),
        ("1-byte", "One byte", vec![own]),
        ("32-bytes", "R alone", good[..32].to_vec()),
        ("63-bytes", "63 bytes", good[..63].to_vec()),
        ("65-bytes", "A zero byte behind", [&good[..], &[0]].concat()),
        ("66-bytes", "Two type bytes in front", typed(&[own, own])),
        ("128-bytes", "The signature twice", typed(&good)),
        ("129-bytes", "The hex of the signature, and a line feed", [hex::encode(good).as_bytes(), b"\n"].concat()),
    ];
    let mut cases: Vec<_> = ["request", "login"]
        .iter()
        .flat_map(|form| lengths.iter().map(move |length| (form, length)))
        .map(|(form, (id, comment, bytes))| {
            let check = Check { form, ..under(alice, MESSAGE) };
            check.case(&format!("{form}-{id}"), comment, bytes, Err(MalformedSignature)).flags(&["length"])
        })
        .collect();
    for first in 0..4 {
        let login = if first == own { Ok(json!({})) } else { Err(MalformedSignature) };
        for (form, verdict) in [("request", Err(MalformedSignature)), ("login", login)] {
            let check = Check { form, ..under(alice, MESSAGE) };
            let comment = format!("The type byte {first:02x} in front");
            cases.push(
                check.case(&format!("{form}-typed-{first}"), &comment, &typed(&[first]), verdict).flags(&["typed"]),
            );
        }
    }
    cases
}

fn wrapped(alice: &Key) -> Vec<Case> {
    let once = Wrapping::Bytes.apply(MESSAGE);
    let twice = Wrapping::Bytes.apply(&once);
    let spellings: [(&str, &str, Vec<u8>, Verdict); 6] = [
        ("plain", "The message itself", MESSAGE.to_vec(), Ok(json!({}))),
        ("wrapped", "Wrapped once", once, Ok(json!({}))),
        ("wrapped-twice", "Wrapped twice", twice, Err(BadSignature)),
        ("half-open", "Only <Bytes> in front", [b"<Bytes>", MESSAGE].concat(), Err(BadSignature)),
        ("half-closed", "Only </Bytes> behind", [MESSAGE, b"</Bytes>"].concat(), Err(BadSignature)),
        (
            "wrapped-lower-case",
            "Wrapped in <bytes>…</bytes>",
            [b"<bytes>", MESSAGE, b"</bytes>"].concat(),
            Err(BadSignature),
        ),
    ];
    spellings
        .into_iter()
        .flat_map(|(id, comment, signed, login)| {
            let signature = alice.sign(&format!("signatures-{}-{id}", alice.scheme()), &signed);
            let request = if id == "plain" { Ok(json!({})) } else { Err(BadSignature) };
            [("request", request), ("login", login)].map(|(form, verdict)| {
                let check = Check { form, ..under(alice, MESSAGE) };
                check.case(&format!("{form}-{id}"), comment, &signature, verdict).flags(&["wrapped"])
            })
        })
        .collect()
}

/// Verdicts on constant signatures under a key that they all fit.
fn weak(scheme: Scheme, id: &str, comment: &str, key: &[u8; 32], signature: &[u8; 64]) -> Vec<Case> {
    [("short", b"anything".as_slice()), ("long", MESSAGE)]
        .map(|(name, message)| {
            let check = Check { scheme, public_key: hex::encode(key), message, form: "request" };
            check.case(&format!("{id}-{name}"), comment, signature, Err(WeakKey)).flags(&["weak-key", "forged"])
        })
        .into()
}
