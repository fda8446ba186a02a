//! Runs a sequence on the core and writes down what happened. The code of each step is stated by whoever calls.

use std::time::Duration;

use bittensor_auth::error::{Error, ErrorCode};
use bittensor_auth::key::{AcceptedSchemes, Hotkey, Scheme, Signature};
use bittensor_auth::message::{LoginForm, Network, Site, Wrapping};
use bittensor_auth::nonce::Entropy;
use bittensor_auth::replay::{GuardStart, Namespace, ReplayGuard};
use bittensor_auth::session::{
    Challenge, Grant, Keyring, Lifetimes, ReadOutcome, RotateOutcome, ServerSecret, SessionRecord, SessionTable,
    Sessions,
};
use bittensor_auth::time::UnixNanos;
use serde_json::{Value, json};

use super::super::document::{Case, joined, nanos, step};
use super::super::keys::{Key, entropy, random};
use super::Service;

/// When every sequence begins.
pub(super) const START: UnixNanos = UnixNanos::from_millis(1_790_000_000_250);

/// `START` and some seconds more.
pub(super) fn after(secs: u64) -> UnixNanos {
    START.plus(Duration::from_secs(secs))
}

/// What the wallet signs for a login.
pub(super) enum Answer<'a> {
    /// The text.
    Text,
    /// The text in `<Bytes>…</Bytes>`.
    Wrapped,
    /// The text, with the scheme's type byte in front of the signature.
    Typed,
    /// Other bytes.
    Bytes(&'a [u8]),
    /// No signature but these bytes.
    Raw(&'a [u8]),
}

/// The tokens that a step gave out.
#[derive(Clone)]
pub(super) struct Tokens {
    pub(super) session: String,
    pub(super) refresh: String,
}

/// One sequence and the service that it runs on.
pub(super) struct Recorder {
    id: String,
    sessions: Sessions,
    guard: ReplayGuard,
    table: SessionTable,
    capacity: usize,
    steps: Vec<Value>,
}

impl Recorder {
    pub(super) fn new(service: &Service, id: &str) -> Self {
        Self::with_capacity(service, id, 100)
    }

    pub(super) fn with_capacity(service: &Service, id: &str, capacity: usize) -> Self {
        Self {
            id: id.into(),
            sessions: sessions(service).expect("groups have valid settings"),
            guard: ReplayGuard::new(1_000, GuardStart::NothingAcceptedBefore, &mut entropy("sessions-guard")),
            table: SessionTable::new(capacity),
            capacity,
            steps: Vec::new(),
        }
    }

    pub(super) fn case(self, comment: &str, flags: &[&'static str]) -> Case {
        let inputs = json!({ "store": { "capacity": self.capacity }, "steps": self.steps });
        Case::sequence(self.id, comment, inputs).flags(flags)
    }

    /// A client asks for a challenge.
    pub(super) fn challenge(&mut self, now: UnixNanos, hotkey: &Hotkey, form: LoginForm) -> Challenge {
        let drawn = self.draw::<16>();
        let made = self.sessions.challenge(*hotkey, form, now, &mut Given(&drawn)).expect("sites fit both forms");
        let Challenge { text, sealed, expires_at } = made.clone();
        let event = json!({
            "type": "challenge", "hotkey": hotkey.to_ss58(), "form": form.as_str(), "entropy": hex::encode(drawn),
        });
        let outputs = json!({ "text": text, "sealed": sealed, "expires_at": nanos(expires_at) });
        self.steps.push(step(now, event, Ok(outputs)));
        made
    }

    /// The holder of `key` answers a challenge.
    pub(super) fn answer(
        &mut self,
        now: UnixNanos,
        key: &Key,
        challenge: &Challenge,
        answer: &Answer<'_>,
        expected: Result<(), ErrorCode>,
    ) -> Option<Tokens> {
        let id = format!("sessions-{}-{}", self.id, self.steps.len());
        let text = challenge.text.as_bytes();
        let signature = match answer {
            Answer::Text => key.sign(&id, text).to_vec(),
            Answer::Wrapped => key.sign(&id, &Wrapping::Bytes.apply(text)).to_vec(),
            Answer::Typed => [&[key.scheme().type_byte()], &key.sign(&id, text)[..]].concat(),
            Answer::Bytes(bytes) => key.sign(&id, bytes).to_vec(),
            Answer::Raw(bytes) => bytes.to_vec(),
        };
        self.login(now, &key.hotkey(), key.scheme(), &challenge.sealed, &signature, expected)
    }

    /// A login with these very fields.
    pub(super) fn login(
        &mut self,
        now: UnixNanos,
        hotkey: &Hotkey,
        scheme: Scheme,
        sealed: &str,
        signature: &[u8],
        expected: Result<(), ErrorCode>,
    ) -> Option<Tokens> {
        let drawn = self.draw::<24>();
        let event = json!({
            "type": "login",
            "hotkey": hotkey.to_ss58(),
            "scheme": scheme.as_str(),
            "sealed": sealed,
            "signature": hex::encode(signature),
            "entropy": hex::encode(drawn),
        });
        let outcome = self.log_in(now, hotkey, scheme, sealed, signature, &drawn);
        self.record(now, event, outcome, expected)
    }

    fn log_in(
        &self,
        now: UnixNanos,
        hotkey: &Hotkey,
        scheme: Scheme,
        sealed: &str,
        signature: &[u8],
        drawn: &[u8],
    ) -> Result<(Value, Tokens), Error> {
        let signature = Signature::from_signer(scheme, signature)?;
        let login = self.sessions.login(*hotkey, scheme, sealed, &signature, now, &mut Given(drawn))?;
        let wrapping = if login.wrapping() == Wrapping::Plain { "plain" } else { "bytes" };
        let outcome = self.table.create(&self.guard, &login, now);
        let grant = login.created(&self.sessions, outcome)?;
        let presented = self.sessions.present(&grant.session_token, now)?;
        let ReadOutcome::Found { record: Some(record), .. } = self.table.read(&presented, now) else {
            panic!("a login creates a session");
        };
        let (outputs, tokens) = granted(&grant, &record);
        Ok((joined([json!({ "wrapping": wrapping }), outputs]), tokens))
    }

    /// A request with a session token.
    pub(super) fn call(&mut self, now: UnixNanos, token: &str, expected: Result<&Key, ErrorCode>) {
        let event = json!({ "type": "call", "session_token": token });
        let outcome = self.sessions.present(token, now).and_then(|presented| {
            let found = self.table.read(&presented, now);
            presented.resume(found, now)
        });
        let caller = outcome.map(|caller| caller.hotkey()).map_err(|error| error.code());
        assert_eq!(caller, expected.map(Key::hotkey), "{} step {}", self.id, self.steps.len());
        let verdict = expected.map(|key| json!({ "caller": key.public_hex() }));
        self.steps.push(step(now, event, verdict));
    }

    /// An exchange of a refresh token.
    pub(super) fn refresh(&mut self, now: UnixNanos, token: &str, expected: Result<(), ErrorCode>) -> Option<Tokens> {
        let event = json!({ "type": "refresh", "refresh_token": token });
        let outcome = self.sessions.present_refresh(token, now).and_then(|presented| {
            let rotated = self.table.rotate(&presented, self.sessions.lifetimes(), now);
            let grant = presented.rotated(&self.sessions, rotated)?;
            let RotateOutcome::Rotated(record) = rotated else {
                panic!("tokens are granted for a session that is there")
            };
            Ok(granted(&grant, &record))
        });
        self.record(now, event, outcome, expected)
    }

    /// The genuine tokens of a later rotation than the store knows, as after a store went back in time.
    pub(super) fn of_rotation(&self, now: UnixNanos, tokens: &Tokens, rotation: u32) -> Tokens {
        let presented = self.sessions.present(&tokens.session, now).expect("a token of this sequence");
        let ReadOutcome::Found { record: Some(record), .. } = self.table.read(&presented, now) else {
            panic!("the session is there");
        };
        let later = SessionRecord { rotation, ..record };
        granted(&self.sessions.grant(presented.hotkey(), presented.family(), &later), &later).1
    }

    /// A logout with a session token that is genuine.
    pub(super) fn logout(&mut self, now: UnixNanos, token: &str) {
        let presented = self.sessions.present(token, now).expect("the sequence logs out with a token of its own");
        self.table.end(&presented.family());
        self.steps.push(step(now, json!({ "type": "logout", "session_token": token }), Ok(json!({}))));
    }

    /// The end of all sessions of a hotkey.
    pub(super) fn revoke(&mut self, now: UnixNanos, hotkey: &Hotkey) {
        self.table.revoke(hotkey);
        self.steps.push(step(now, json!({ "type": "revoke", "hotkey": hotkey.to_ss58() }), Ok(json!({}))));
    }

    fn record(
        &mut self,
        now: UnixNanos,
        event: Value,
        outcome: Result<(Value, Tokens), Error>,
        expected: Result<(), ErrorCode>,
    ) -> Option<Tokens> {
        let (outputs, tokens) = match outcome {
            Ok((outputs, tokens)) => (Ok(outputs), Some(tokens)),
            Err(error) => (Err(error.code()), None),
        };
        let happened = outputs.as_ref().map(|_| ()).map_err(|code| *code);
        assert_eq!(happened, expected, "{} step {}", self.id, self.steps.len());
        self.steps.push(step(now, event, outputs));
        tokens
    }

    fn draw<const N: usize>(&self) -> [u8; N] {
        random(&format!("sessions-{}-{}-entropy", self.id, self.steps.len()))
    }
}

/// What a client and the store hold after a login or a refresh.
fn granted(grant: &Grant, record: &SessionRecord) -> (Value, Tokens) {
    let outputs = json!({
        "session_token": grant.session_token,
        "expires_at": nanos(grant.expires_at),
        "refresh_token": grant.refresh_token,
        "refresh_expires_at": nanos(grant.refresh_expires_at),
        "record": record.to_text(),
    });
    (outputs, Tokens { session: grant.session_token.clone(), refresh: grant.refresh_token.clone() })
}

/// The core's view of a service.
///
/// # Errors
/// What the core refuses about its settings.
pub(super) fn sessions(service: &Service) -> Result<Sessions, Error> {
    let mut site = Site::new(service.origin, Network::new(service.network.0, service.network.1)?)?;
    if let Some(statement) = service.statement {
        site = site.with_statement(statement)?;
    }
    let millis = Duration::from_millis;
    let super::Lifetimes { challenge, access, idle, absolute, grace } = service.lifetimes_ms;
    let lifetimes = Lifetimes {
        challenge: millis(challenge),
        access: millis(access),
        idle: millis(idle),
        absolute: millis(absolute),
        grace: millis(grace),
    };
    let schemes: Vec<_> = service.schemes.iter().map(|word| Scheme::from_word(word)).collect::<Result<_, _>>()?;
    let keys = Keyring::new(ServerSecret::new(&service.secret)?);
    Sessions::new(site, Namespace::new(&service.namespace)?, keys, lifetimes, AcceptedSchemes::new(schemes)?)
}

/// Randomness that a case states: exactly these bytes, in this order.
struct Given<'a>(&'a [u8]);

impl Entropy for Given<'_> {
    fn fill(&mut self, bytes: &mut [u8]) {
        let (drawn, left) = self.0.split_at_checked(bytes.len()).expect("a step states all the bytes that it draws");
        bytes.copy_from_slice(drawn);
        self.0 = left;
    }
}
