//! Sequences against one service and its store, and settings that it refuses.

use std::time::Duration;

use bittensor_auth::error::Error;
use bittensor_auth::key::{AcceptedSchemes, Signature};
use bittensor_auth::message::{LoginForm, Wrapping};
use bittensor_auth::nonce::SeededEntropy;
use bittensor_auth::replay::{GuardStart, Namespace, ReplayGuard};
use bittensor_auth::session::{
    Grant, Keyring, Lifetimes, ReadOutcome, RotateOutcome, ServerSecret, SessionRecord, SessionTable, Sessions,
};
use bittensor_auth::time::UnixNanos;
use serde_json::Value;

use super::document::{
    Given, Verdict, address, bytes, instant, key_text, nanos, number, scheme, schemes, text, verdict,
};
use super::login_texts::site;

pub(super) fn run(group: &Value, case: &Value) -> Vec<Verdict> {
    match text(group, "operation") {
        "sequence" => {
            let world = World::new(&group["service"], &case["store"]);
            case["steps"].as_array().expect("steps").iter().map(|step| world.happen(step)).collect()
        }
        "configure" => vec![verdict(service(&case["service"]).map(|_| []))],
        operation => panic!("nothing here knows the operation {operation}"),
    }
}

/// A service as its operator sets it up.
fn service(settings: &Value) -> Result<Sessions, Error> {
    let millis = |name: &str| Duration::from_millis(number(&settings["lifetimes_ms"], name));
    let lifetimes = Lifetimes {
        challenge: millis("challenge"),
        access: millis("access"),
        idle: millis("idle"),
        absolute: millis("absolute"),
        grace: millis("grace"),
    };
    let accepted = AcceptedSchemes::new(schemes(settings, "schemes"))?;
    let namespace = Namespace::new(text(settings, "namespace"))?;
    Sessions::new(site(&settings["site"])?, namespace, keyring(settings)?, lifetimes, accepted)
}

/// The secrets of a service.
pub(super) fn keyring(settings: &Value) -> Result<Keyring, Error> {
    let ring = Keyring::new(ServerSecret::new(&bytes(settings, "secret"))?);
    match settings["previous_secret"] {
        Value::Null => Ok(ring),
        _ => Ok(ring.with_previous(ServerSecret::new(&bytes(settings, "previous_secret"))?)),
    }
}

/// One service and its empty store.
struct World {
    sessions: Sessions,
    table: SessionTable,
    guard: ReplayGuard,
}

impl World {
    fn new(settings: &Value, store: &Value) -> Self {
        let capacity = usize::try_from(number(store, "capacity")).expect("a small store");
        Self {
            sessions: service(settings).expect("a group has valid settings"),
            table: SessionTable::new(capacity),
            guard: ReplayGuard::new(1_000, GuardStart::NothingAcceptedBefore, &mut SeededEntropy::new(0)),
        }
    }

    fn happen(&self, step: &Value) -> Verdict {
        let (event, now) = (&step["event"], instant(step, "now"));
        match text(event, "type") {
            "challenge" => self.challenge(event, now),
            "login" => self.login(event, now),
            "call" => self.call(event, now),
            "refresh" => self.refresh(event, now),
            "logout" => {
                let presented = self.sessions.present(text(event, "session_token"), now);
                verdict(presented.map(|presented| self.table.end(&presented.family())).map(|()| []))
            }
            "revoke" => {
                self.table.revoke(&address(event, "hotkey").hotkey());
                verdict(Ok([]))
            }
            kind => panic!("nothing here knows the event {kind}"),
        }
    }

    fn challenge(&self, event: &Value, now: UnixNanos) -> Verdict {
        let form = LoginForm::from_word(text(event, "form")).expect("a form");
        let hotkey = address(event, "hotkey").hotkey();
        let made = self.sessions.challenge(hotkey, form, now, &mut Given(bytes(event, "entropy")));
        verdict(made.map(|challenge| {
            [
                ("text", challenge.text.into()),
                ("sealed", challenge.sealed.into()),
                ("expires_at", nanos(challenge.expires_at)),
            ]
        }))
    }

    fn login(&self, event: &Value, now: UnixNanos) -> Verdict {
        let (hotkey, scheme) = (address(event, "hotkey").hotkey(), scheme(event, "scheme"));
        let logged_in = || {
            let signature = Signature::from_signer(scheme, &bytes(event, "signature"))?;
            let mut entropy = Given(bytes(event, "entropy"));
            let login = self.sessions.login(hotkey, scheme, text(event, "sealed"), &signature, now, &mut entropy)?;
            let wrapping = if login.wrapping() == Wrapping::Plain { "plain" } else { "bytes" };
            let outcome = self.table.create(&self.guard, &login, now);
            let grant = login.created(&self.sessions, outcome)?;
            let presented = self.sessions.present(&grant.session_token, now)?;
            let ReadOutcome::Found { record: Some(record), .. } = self.table.read(&presented, now) else {
                panic!("a login creates a session");
            };
            Ok((grant, record, wrapping))
        };
        verdict(logged_in().map(|(grant, record, wrapping)| {
            granted(grant, &record).into_iter().chain([("wrapping", wrapping.into())])
        }))
    }

    fn call(&self, event: &Value, now: UnixNanos) -> Verdict {
        let caller = self.sessions.present(text(event, "session_token"), now).and_then(|presented| {
            let found = self.table.read(&presented, now);
            presented.resume(found, now)
        });
        verdict(caller.map(|caller| [("caller", key_text(&caller.hotkey()))]))
    }

    fn refresh(&self, event: &Value, now: UnixNanos) -> Verdict {
        let refreshed = self.sessions.present_refresh(text(event, "refresh_token"), now).and_then(|presented| {
            let outcome = self.table.rotate(&presented, self.sessions.lifetimes(), now);
            let grant = presented.rotated(&self.sessions, outcome)?;
            let RotateOutcome::Rotated(record) = outcome else { panic!("tokens are granted for a session") };
            Ok((grant, record))
        });
        verdict(refreshed.map(|(grant, record)| granted(grant, &record)))
    }
}

fn granted(grant: Grant, record: &SessionRecord) -> [(&'static str, Value); 5] {
    [
        ("session_token", grant.session_token.into()),
        ("expires_at", nanos(grant.expires_at)),
        ("refresh_token", grant.refresh_token.into()),
        ("refresh_expires_at", nanos(grant.refresh_expires_at)),
        ("record", record.to_text().into()),
    ]
}
