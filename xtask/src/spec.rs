//! The registries: every code, name, limit, tag and default, as the core has them.

use std::io;
use std::path::Path;
use std::time::Duration;

use bittensor_auth::chain::{Network, ReadSchedule, RpcAnswer, SelectiveMetagraph, SubnetReader};
use bittensor_auth::encoding::{SS58_LEN, SS58_PREFIX};
use bittensor_auth::error::ErrorCode;
use bittensor_auth::header::{HEADER_NAMES, MAX_HEADER_LEN, VERSION};
use bittensor_auth::key::{AcceptedSchemes, Hotkey, SR25519_CONTEXT, Scheme};
use bittensor_auth::message::{LoginForm, LoginMessage, RequestMessage, Wrapping};
use bittensor_auth::nonce::{Nonce, NonceSource};
use bittensor_auth::policy::Role;
use bittensor_auth::registry::{FreshnessLimits, PointReads, Rao, Snapshot, StakeKind};
use bittensor_auth::replay::{CHALLENGE_NAMESPACE, CLAIM_TAG, Namespace, ReplayClaim, ReplayGuard};
use bittensor_auth::request::{ClockOffset, Verifier};
use bittensor_auth::session::{
    FamilyId, KEY_ID_TAG, Lifetimes, MAX_COOKIES_LEN, REFRESH_PREFIX, REFRESH_TAG, RefreshSchedule, SEAL_TAG,
    SESSION_PREFIX, SESSION_TAG, ServerSecret, SessionCookie, SessionTable,
};
use bittensor_auth::store::{ClaimBatch, Script, SessionKeys};
use bittensor_auth::target::{Method, RequestTarget};
use bittensor_auth::time::{UnixNanos, Window};
use serde_json::{Map, Value, json};
use sha1::{Digest as _, Sha1};

/// Writes both tables.
pub(crate) fn write(spec_dir: &Path) -> io::Result<()> {
    let codes = ErrorCode::ALL.len();
    crate::write_json(&spec_dir.join("errors.json"), &errors(), &format!("{codes} codes"))?;
    crate::write_json(&spec_dir.join("constants.json"), &constants(), "names, limits, tags and defaults")
}

fn errors() -> Value {
    let rows: Vec<_> = ErrorCode::ALL
        .iter()
        .map(|code| {
            json!({
                "code": code.as_str(),
                "kind": code.kind().as_str(),
                "http_status": code.http_status(),
                "retry": code.retry().as_str(),
                "title": code.title(),
                "hint": code.hint(),
            })
        })
        .collect();
    json!({ "spec": "06-errors.md", "count": rows.len(), "errors": rows })
}

fn constants() -> Value {
    json!({
        "keys": keys(),
        "requests": requests(),
        "window": window(),
        "replay": replay(),
        "login": login(),
        "sessions": sessions(),
        "cookies": cookies(),
        "refresh": refresh(),
        "redis": redis(),
        "policy": policy(),
        "registry": registry(),
        "chain": chain(),
    })
}

fn keys() -> Value {
    let schemes = || Scheme::ALL.iter().copied();
    let type_bytes: Map<_, _> = schemes().map(|scheme| (scheme.to_string(), scheme.type_byte().into())).collect();
    let accepted: Vec<_> = schemes().filter(|&scheme| AcceptedSchemes::SR25519.contains(scheme)).collect();
    json!({
        "ss58_prefix": SS58_PREFIX,
        "ss58_len": SS58_LEN,
        "schemes": words(schemes()),
        "accepted_by_default": words(accepted),
        "signature_type_bytes": type_bytes,
        "sr25519_context": text(SR25519_CONTEXT),
    })
}

fn words(schemes: impl IntoIterator<Item = Scheme>) -> Vec<&'static str> {
    schemes.into_iter().map(Scheme::as_str).collect()
}

fn requests() -> Value {
    let [version, hotkey, receiver, nonce, crypto, signature] = HEADER_NAMES;
    json!({
        "first_line": RequestMessage::FIRST_LINE,
        "unbound_receiver": RequestMessage::UNBOUND,
        "headers": {
            "version": version,
            "hotkey": hotkey,
            "receiver": receiver,
            "nonce": nonce,
            "crypto": crypto,
            "signature": signature,
        },
        "version": VERSION,
        "max_header_len": MAX_HEADER_LEN,
        "max_method_len": Method::MAX_LEN,
        "max_target_len": RequestTarget::MAX_LEN,
        "max_nonce_digits": Nonce::MAX_DIGITS,
        "nonce_spread_ns": nanos(NonceSource::SPREAD),
        "default_body_limit": Verifier::DEFAULT_BODY_LIMIT,
        "clock_offset_limit_ms": millis(ClockOffset::LIMIT),
    })
}

fn window() -> Value {
    let window = Window::BTAUTH;
    json!({
        "default_max_age_ms": millis(window.max_age()),
        "default_allowed_skew_ms": millis(window.allowed_skew()),
        "node_skew_ms": millis(window.node_skew()),
        "max_age_limit_ms": millis(Window::MAX_AGE_LIMIT),
    })
}

fn replay() -> Value {
    json!({
        "claim_tag": text(CLAIM_TAG),
        "challenge_namespace": CHALLENGE_NAMESPACE,
        "max_namespace_len": Namespace::MAX_LEN,
        "default_capacity": ReplayGuard::DEFAULT_CAPACITY,
    })
}

fn login() -> Value {
    let wrapped = Wrapping::Bytes.apply(b"<text>");
    json!({
        "forms": [LoginForm::Compact.as_str(), LoginForm::Full.as_str()],
        "max_compact_len": LoginMessage::COMPACT_MAX_LEN,
        "wrapping": text(&wrapped),
        "clock_offset_limit_ms": millis(ClockOffset::LIMIT),
    })
}

fn sessions() -> Value {
    let Lifetimes { challenge, access, idle, absolute, grace } = Lifetimes::default();
    json!({
        "session_prefix": SESSION_PREFIX,
        "refresh_prefix": REFRESH_PREFIX,
        "seal_tag": text(SEAL_TAG),
        "session_tag": text(SESSION_TAG),
        "refresh_tag": text(REFRESH_TAG),
        "key_id_tag": text(KEY_ID_TAG),
        "min_secret_len": ServerSecret::MIN_LEN,
        "default_capacity": SessionTable::DEFAULT_CAPACITY,
        "challenge_bounds_ms": Lifetimes::CHALLENGE_BOUNDS.map(millis),
        "access_bounds_ms": Lifetimes::ACCESS_BOUNDS.map(millis),
        "session_limit_ms": millis(Lifetimes::SESSION_LIMIT),
        "grace_limit_ms": millis(Lifetimes::GRACE_LIMIT),
        "default_lifetimes_ms": {
            "challenge": millis(challenge),
            "access": millis(access),
            "idle": millis(idle),
            "absolute": millis(absolute),
            "grace": millis(grace),
        },
    })
}

fn cookies() -> Value {
    let cookie = |cookie: SessionCookie| json!({ "name": cookie.name(), "same_site": cookie.same_site() });
    json!({
        "session": cookie(SessionCookie::Session),
        "refresh": cookie(SessionCookie::Refresh),
        "max_cookies_len": MAX_COOKIES_LEN,
    })
}

fn refresh() -> Value {
    json!({
        "earliest_thousandths": RefreshSchedule::EARLIEST,
        "spread_thousandths": RefreshSchedule::SPREAD,
        "first_delay_ms": millis(RefreshSchedule::FIRST_DELAY),
        "longest_delay_ms": millis(RefreshSchedule::LONGEST_DELAY),
    })
}

fn policy() -> Value {
    json!({
        "rao_per_tao": Rao::PER_TAO,
        "stake_kinds": StakeKind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>(),
        "default_stake_kind": StakeKind::default().as_str(),
        "max_role_len": Role::MAX_LEN,
    })
}

fn registry() -> Value {
    let limits = FreshnessLimits::DEFAULT;
    json!({
        "default_soft_limit_ms": millis(limits.soft()),
        "default_hard_limit_ms": millis(limits.hard()),
        "hard_limit_bounds_ms": FreshnessLimits::HARD_BOUNDS.map(millis),
        "max_lag_ms": millis(FreshnessLimits::MAX_LAG),
        "clock_skew_ms": millis(FreshnessLimits::CLOCK_SKEW),
        "max_neurons": Snapshot::MAX_NEURONS,
        "max_snapshot_json_len": Snapshot::MAX_JSON_LEN,
        "doubtful_loss_divisor": SubnetReader::DOUBTFUL_LOSS,
        "point_reads_per_second": PointReads::PER_SECOND,
        "point_read_pause_ms": millis(PointReads::PAUSE),
        "point_read_hold_ms": millis(PointReads::HOLD),
    })
}

fn chain() -> Value {
    let networks: Map<_, _> = Network::ALL
        .iter()
        .map(|network| {
            let genesis = network.genesis.map(hex::encode);
            (network.name.to_owned(), json!({ "genesis": genesis, "endpoints": network.endpoints }))
        })
        .collect();
    json!({
        "networks": networks,
        "metagraph_query": SelectiveMetagraph::QUERY,
        "max_answer_len": RpcAnswer::MAX_LEN,
        "default_pause_ms": millis(RpcAnswer::DEFAULT_PAUSE),
        "longest_pause_ms": millis(RpcAnswer::LONGEST_PAUSE),
        "default_interval_ms": millis(ReadSchedule::INTERVAL),
        "interval_bounds_ms": ReadSchedule::INTERVAL_BOUNDS.map(millis),
        "interval_spread_thousandths": ReadSchedule::SPREAD,
        "first_delay_ms": millis(ReadSchedule::FIRST_DELAY),
        "longest_delay_ms": millis(ReadSchedule::LONGEST_DELAY),
    })
}

/// Key patterns come from real keys, in which the variable parts are then named.
fn redis() -> Value {
    let (hotkey, family) = (Hotkey::from_bytes([0xaa; 32]), FamilyId([0xbb; 16]));
    let namespace = Namespace::new("namespace").expect("nine letters are a namespace");
    let now = UnixNanos::from_secs(0);
    let claim = ReplayClaim::for_request(&namespace, &hotkey, now, &Window::BTAUTH);
    let mut batch = ClaimBatch::new(&namespace, &Window::BTAUTH, now);
    batch.push(&namespace, &claim);
    let claims = batch.into_call().keys;
    let session = SessionKeys::new(&namespace, &hotkey, &family);
    let pattern = |key: &str| {
        key.replace("{namespace.", "{<namespace>.")
            .replace(&hex::encode(claim.id), "<claim id, hex>")
            .replace(&hex::encode(hotkey.as_bytes()), "<public key, hex>")
            .replace(&family.to_string(), "<session id, hex>")
    };
    let scripts: Map<_, _> = Script::ALL
        .iter()
        .map(|script| (script.name().to_owned(), json!({ "sha1": hex::encode(Sha1::digest(script.source())) })))
        .collect();
    json!({
        "keys": {
            "request_epoch": pattern(&claims[0]),
            "request_claim": pattern(&claims[1]),
            "session_epoch": pattern(&SessionKeys::epoch(&namespace)),
            "session": pattern(&session.session),
            "generation": pattern(&session.generation),
        },
        "scripts": scripts,
    })
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).expect("durations here are days at most")
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).expect("durations here are days at most")
}

/// Bytes that are ASCII text; a zero byte is written as `\u0000`.
fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("tags are ASCII")
}
