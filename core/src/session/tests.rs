use std::time::Duration;

use super::*;
use crate::key::SigningKey;
use crate::message::Network;
use crate::nonce::SeededEntropy;
use crate::replay::{GuardStart, ReplayGuard};
use crate::session::SessionTable;

const START: UnixNanos = UnixNanos::from_secs(1_790_000_000);

struct World {
    sessions: Sessions,
    table: SessionTable,
    guard: ReplayGuard,
    entropy: SeededEntropy,
    key: SigningKey,
}

fn world() -> World {
    let mut entropy = SeededEntropy::new(6);
    let site = Site::new("https://dash.example.org", Network::finney()).expect("an origin");
    let namespace = Namespace::new("test").expect("a namespace");
    let keys = Keyring::new(ServerSecret::new(&[9; 32]).expect("32 bytes"));
    let sessions = Sessions::new(site, namespace, keys, Lifetimes::default(), AcceptedSchemes::SR25519).expect("valid");
    World {
        sessions,
        table: SessionTable::new(10),
        guard: ReplayGuard::new(100, GuardStart::NothingAcceptedBefore, &mut entropy),
        key: SigningKey::generate(Scheme::Sr25519, &mut entropy),
        entropy,
    }
}

impl World {
    fn challenge(&mut self, now: UnixNanos) -> Challenge {
        self.sessions.challenge(self.key.hotkey(), LoginForm::Full, now, &mut self.entropy).expect("a challenge")
    }

    fn log_in_with(&mut self, challenge: &Challenge, message: &[u8], now: UnixNanos) -> Result<Grant, Error> {
        let signature = self.key.sign(message, &mut self.entropy);
        let hotkey = self.key.hotkey();
        let login =
            self.sessions.login(hotkey, Scheme::Sr25519, &challenge.sealed, &signature, now, &mut self.entropy)?;
        let outcome = self.table.create(&self.guard, &login, now);
        login.created(&self.sessions, outcome)
    }

    fn log_in(&mut self, now: UnixNanos) -> Grant {
        let challenge = self.challenge(now);
        self.log_in_with(&challenge, challenge.text.as_bytes(), now).expect("an honest login")
    }

    fn call(&self, token: &str, now: UnixNanos) -> Result<Caller, Error> {
        let presented = self.sessions.present(token, now)?;
        presented.resume(self.table.read(&presented, now), now)
    }

    fn refresh(&self, token: &str, now: UnixNanos) -> Result<Grant, Error> {
        let presented = self.sessions.present_refresh(token, now)?;
        let outcome = self.table.rotate(&presented, self.sessions.lifetimes(), now);
        presented.rotated(&self.sessions, outcome)
    }
}

fn code<T>(result: Result<T, Error>) -> Option<ErrorCode> {
    result.err().map(|error| error.code())
}

fn after(secs: u64) -> UnixNanos {
    START.plus(Duration::from_secs(secs))
}

#[test]
fn a_challenge_logs_in_once_plain_or_wrapped() {
    let mut world = world();
    for wrapping in [Wrapping::Plain, Wrapping::Bytes] {
        let challenge = world.challenge(START);
        let message = wrapping.apply(challenge.text.as_bytes());
        let grant = world.log_in_with(&challenge, &message, START).expect("an honest login");
        assert_eq!(world.call(&grant.session_token, START).expect("a caller").hotkey(), world.key.hotkey());
        let again = world.log_in_with(&challenge, &message, START);
        assert_eq!(code(again), Some(ErrorCode::ChallengeUsed));
    }
    assert_eq!(world.table.len(), 2);
}

#[test]
fn a_wrong_signature_burns_nothing() {
    let mut world = world();
    let challenge = world.challenge(START);
    let wrong = world.log_in_with(&challenge, b"something else", START);
    assert_eq!(code(wrong), Some(ErrorCode::BadSignature));
    let text = challenge.text.clone();
    assert!(world.log_in_with(&challenge, text.as_bytes(), START).is_ok());
}

#[test]
fn a_seal_is_for_one_hotkey_one_service_and_two_minutes() {
    let mut world = world();
    let challenge = world.challenge(START);
    let text = challenge.text.clone();
    let late = world.log_in_with(&challenge, text.as_bytes(), after(121));
    assert_eq!(code(late), Some(ErrorCode::ChallengeExpired));
    let signature = world.key.sign(text.as_bytes(), &mut world.entropy);
    let other = Hotkey::from_bytes([7; 32]);
    let stolen = world.sessions.login(other, Scheme::Sr25519, &challenge.sealed, &signature, START, &mut world.entropy);
    assert_eq!(code(stolen), Some(ErrorCode::InvalidChallenge));
    for index in 0..challenge.sealed.len() {
        let mut sealed = challenge.sealed.clone().into_bytes();
        sealed[index] = if sealed[index] == b'A' { b'B' } else { b'A' };
        let sealed = String::from_utf8(sealed).expect("ASCII");
        let forged =
            world.sessions.login(world.key.hotkey(), Scheme::Sr25519, &sealed, &signature, START, &mut world.entropy);
        assert_eq!(code(forged), Some(ErrorCode::InvalidChallenge), "{index}");
    }
}

#[test]
fn racing_tabs_get_one_successor_and_late_reuse_ends_the_family() {
    let mut world = world();
    let first = world.log_in(START);
    let successors: Vec<_> = (0..100)
        .map(|step| world.refresh(&first.refresh_token, after(700).plus(Duration::from_millis(step))).expect("a grant"))
        .collect();
    assert!(successors.iter().all(|grant| *grant == successors[0]));
    let second = &successors[0];
    assert!(world.call(&second.session_token, after(701)).is_ok());
    assert_eq!(code(world.refresh(&first.refresh_token, after(731))), Some(ErrorCode::RefreshReused));
    for token in [&first.session_token, &second.session_token] {
        assert_eq!(code(world.call(token, after(732))), Some(ErrorCode::SessionEnded));
    }
    assert_eq!(code(world.refresh(&second.refresh_token, after(732))), Some(ErrorCode::SessionEnded));
}

#[test]
fn tokens_end_idle_sessions_end_and_refreshing_cannot_outlive_the_absolute_end() {
    let mut world = world();
    let mut grant = world.log_in(START);
    assert_eq!(code(world.call(&grant.session_token, after(900))), Some(ErrorCode::SessionExpired));
    assert_eq!(code(world.refresh(&grant.refresh_token, after(7_200))), Some(ErrorCode::SessionEnded));
    let mut now = 0;
    while now < 86_400 - 7_000 {
        now += 7_000;
        grant = world.refresh(&grant.refresh_token, after(now)).expect("within idle and absolute lifetime");
        assert!(grant.refresh_expires_at <= after(86_400) && grant.expires_at <= after(86_400));
    }
    assert_eq!(code(world.refresh(&grant.refresh_token, after(86_400))), Some(ErrorCode::SessionEnded));
}

#[test]
fn revoking_a_hotkey_ends_all_its_sessions_and_no_other() {
    let mut world = world();
    let grants: Vec<_> = (0..5).map(|_| world.log_in(START)).collect();
    world.table.revoke(&world.key.hotkey());
    for grant in &grants {
        assert_eq!(code(world.call(&grant.session_token, START)), Some(ErrorCode::SessionEnded));
        assert_eq!(code(world.refresh(&grant.refresh_token, START)), Some(ErrorCode::SessionEnded));
    }
    let fresh = world.log_in(START);
    assert!(world.call(&fresh.session_token, START).is_ok());
    assert_eq!(code(world.call(&grants[0].session_token, START)), Some(ErrorCode::SessionEnded));
}

#[test]
fn a_token_is_worth_nothing_changed_at_another_service_or_as_the_other_kind() {
    let mut world = world();
    let grant = world.log_in(START);
    assert_eq!(code(world.refresh(&grant.session_token, START)), Some(ErrorCode::InvalidToken));
    assert_eq!(code(world.call(&grant.refresh_token, START)), Some(ErrorCode::InvalidToken));
    for index in 0..grant.session_token.len() {
        let mut token = grant.session_token.clone().into_bytes();
        token[index] = if token[index] == b'A' { b'B' } else { b'A' };
        let token = String::from_utf8(token).expect("ASCII");
        assert_eq!(code(world.call(&token, START)), Some(ErrorCode::InvalidToken), "{index}");
    }
    world.sessions.namespace = Namespace::new("other").expect("a namespace");
    assert_eq!(code(world.call(&grant.session_token, START)), Some(ErrorCode::InvalidToken));
}

#[test]
fn two_secrets_work_side_by_side_while_they_change_over() {
    let mut world = world();
    let grant = world.log_in(START);
    let secret = |byte| ServerSecret::new(&[byte; 32]).expect("32 bytes");
    world.sessions.keys = Keyring::new(secret(10)).with_previous(secret(9));
    assert!(world.call(&grant.session_token, START).is_ok());
    let next = world.refresh(&grant.refresh_token, START).expect("a grant");
    world.sessions.keys = Keyring::new(secret(10));
    assert!(world.call(&next.session_token, START).is_ok());
    assert_eq!(code(world.call(&grant.session_token, START)), Some(ErrorCode::InvalidToken));
}

#[test]
fn a_full_table_burns_no_challenge_and_expired_sessions_make_room() {
    let mut world = world();
    for _ in 0..10 {
        let _ = world.log_in(START);
    }
    let challenge = world.challenge(START);
    let text = challenge.text.clone();
    assert_eq!(code(world.log_in_with(&challenge, text.as_bytes(), START)), Some(ErrorCode::StoreFull));
    assert!(world.guard.len() == 10);
    let _ = world.log_in(after(7_201));
    assert_eq!(world.table.len(), 1);
}

#[test]
fn a_hotkey_that_went_away_leaves_nothing_behind() {
    let mut world = world();
    for seed in 0..5 {
        world.key = SigningKey::generate(Scheme::Sr25519, &mut SeededEntropy::new(seed));
        let _ = world.log_in(START);
    }
    assert_eq!(world.table.hotkeys(), 5);
    let _ = world.log_in(after(86_401));
    assert_eq!(world.table.hotkeys(), 1);
    world.table.revoke(&world.key.hotkey());
    assert_eq!(world.table.hotkeys(), 0);
}
