//! What becomes of a session.

use std::time::Duration;

use bittensor_auth::error::ErrorCode::{InvalidToken, RefreshReused, SessionEnded, SessionExpired};
use bittensor_auth::message::LoginForm::Full;
use bittensor_auth::time::UnixNanos;

use super::super::document::Case;
use super::super::keys::Key;
use super::Service;
use super::recorder::{Answer, Recorder, START, Tokens, after};

const TICK: Duration = Duration::from_nanos(1);

pub(super) fn of(service: &Service) -> Vec<Case> {
    [calls(service), refreshes(service), reuses(service), logouts(service), revocations(service)].concat()
}

/// A sequence that begins with Alice's login at its start.
fn logged_in(service: &Service, id: &str) -> (Recorder, Key, Tokens) {
    let (mut run, alice) = (Recorder::new(service, id), Key::alice());
    let tokens = log_in(&mut run, &alice, START);
    (run, alice, tokens)
}

fn log_in(run: &mut Recorder, key: &Key, now: UnixNanos) -> Tokens {
    let challenge = run.challenge(now, &key.hotkey(), Full);
    run.answer(now, key, &challenge, &Answer::Text, Ok(())).expect("an honest login")
}

fn calls(service: &Service) -> Vec<Case> {
    let (mut run, alice, tokens) = logged_in(service, "call-end");
    // The login came a quarter second after the full second, at which tokens end.
    let end = after(900).minus(Duration::from_millis(250));
    run.call(START, &tokens.session, Ok(&alice));
    run.call(end.minus(TICK), &tokens.session, Ok(&alice));
    run.call(end, &tokens.session, Err(SessionExpired));
    let ends = run.case("A session token ends on its second", &["edge"]);
    let (mut run, alice, tokens) = logged_in(service, "call-other-tokens");
    run.call(START, &tokens.refresh, Err(InvalidToken));
    run.refresh(START, &tokens.session, Err(InvalidToken));
    run.call(START, "", Err(InvalidToken));
    run.call(START, "btas_", Err(InvalidToken));
    run.call(START, &tokens.session.replace("btas_", "btas-"), Err(InvalidToken));
    run.call(START, &tokens.session, Ok(&alice));
    vec![ends, run.case("What is no session token changes nothing", &["edge"])]
}

fn refreshes(service: &Service) -> Vec<Case> {
    let (mut run, alice, first) = logged_in(service, "refresh");
    let second = run.refresh(after(700), &first.refresh, Ok(())).expect("the current token");
    run.call(after(701), &first.session, Ok(&alice));
    run.call(after(701), &second.session, Ok(&alice));
    run.call(after(1_000), &first.session, Err(SessionExpired));
    run.call(after(1_000), &second.session, Ok(&alice));
    let third = run.refresh(after(1_500), &second.refresh, Ok(())).expect("the current token");
    run.call(after(1_500), &third.session, Ok(&alice));
    let chain = run.case("A refresh gives a successor; the old session token lives out its time", &["refresh"]);

    let (mut run, _, first) = logged_in(service, "refresh-idle");
    run.refresh(after(7_200).minus(Duration::from_millis(250)), &first.refresh, Err(SessionEnded));
    run.refresh(after(100_000), &first.refresh, Err(SessionEnded));
    let idle = run.case("A session that was not refreshed in time is over", &["refresh", "edge"]);

    let (mut run, _, first) = logged_in(service, "refresh-last");
    run.refresh(after(7_200).minus(Duration::from_millis(250)).minus(TICK), &first.refresh, Ok(()));
    let last = run.case("The last nanosecond of a refresh token", &["refresh", "edge"]);

    let (mut run, alice, mut tokens) = logged_in(service, "refresh-absolute");
    for hour in 1..=12 {
        tokens = run.refresh(after(hour * 7_000), &tokens.refresh, Ok(())).expect("the current token");
    }
    tokens = run.refresh(after(86_399), &tokens.refresh, Ok(())).expect("the current token");
    run.call(after(86_399), &tokens.session, Ok(&alice));
    run.call(after(86_400), &tokens.session, Err(SessionExpired));
    run.refresh(after(86_400), &tokens.refresh, Err(SessionEnded));
    let absolute = run.case("No refresh outlives the absolute end", &["refresh", "edge"]);

    let (mut run, alice, first) = logged_in(service, "refresh-rolled-back");
    let later = run.of_rotation(START, &first, 1);
    run.call(after(5), &later.session, Err(SessionEnded));
    run.call(after(5), &first.session, Ok(&alice));
    run.refresh(after(6), &later.refresh, Err(SessionEnded));
    run.call(after(7), &first.session, Err(SessionEnded));
    let rolled_back =
        run.case("A token of a later rotation than the store knows: the store went back in time", &["refresh"]);
    vec![chain, idle, last, absolute, rolled_back]
}

fn reuses(service: &Service) -> Vec<Case> {
    let (mut run, alice, first) = logged_in(service, "reuse-in-grace");
    let second = run.refresh(after(700), &first.refresh, Ok(())).expect("the current token");
    for (at, name) in [(after(700), "at once"), (after(715), "later"), (after(730), "on the last nanosecond")] {
        let again = run.refresh(at, &first.refresh, Ok(())).expect(name);
        assert_eq!(again.session, second.session, "racing tabs get one successor");
    }
    run.call(after(730), &second.session, Ok(&alice));
    let grace = run.case("Within the grace every tab gets the same successor", &["refresh", "reuse", "edge"]);

    let (mut run, _, first) = logged_in(service, "reuse-after-grace");
    let second = run.refresh(after(700), &first.refresh, Ok(())).expect("the current token");
    run.refresh(after(730).plus(TICK), &first.refresh, Err(RefreshReused));
    run.call(after(731), &second.session, Err(SessionEnded));
    run.call(after(731), &first.session, Err(SessionEnded));
    run.refresh(after(731), &second.refresh, Err(SessionEnded));
    run.refresh(after(731), &first.refresh, Err(SessionEnded));
    let late = run.case("After the grace a reuse ends the whole session", &["refresh", "reuse", "edge"]);

    let (mut run, alice, first) = logged_in(service, "reuse-grandparent");
    let second = run.refresh(after(700), &first.refresh, Ok(())).expect("the current token");
    let third = run.refresh(after(701), &second.refresh, Ok(())).expect("the current token");
    run.call(after(701), &third.session, Ok(&alice));
    run.refresh(after(702), &first.refresh, Err(RefreshReused));
    run.call(after(702), &third.session, Err(SessionEnded));
    let old = run.case("The grace is for the last token, not for those before it", &["refresh", "reuse"]);

    let (mut run, alice, first) = logged_in(service, "reuse-other-session");
    let other = log_in(&mut run, &alice, after(1));
    run.refresh(after(700), &first.refresh, Ok(()));
    run.refresh(after(800), &first.refresh, Err(RefreshReused));
    run.call(after(801), &other.session, Ok(&alice));
    let other = run.case("Other sessions of the hotkey live on", &["refresh", "reuse"]);
    vec![grace, late, old, other]
}

fn logouts(service: &Service) -> Vec<Case> {
    let (mut run, alice, first) = logged_in(service, "logout");
    let second = log_in(&mut run, &alice, after(1));
    run.logout(after(10), &first.session);
    run.call(after(10), &first.session, Err(SessionEnded));
    run.refresh(after(10), &first.refresh, Err(SessionEnded));
    run.call(after(10), &second.session, Ok(&alice));
    run.logout(after(11), &first.session);
    let one = run.case("A logout ends one session; a second logout changes nothing", &["logout"]);

    let (mut run, _, first) = logged_in(service, "logout-old-token");
    let second = run.refresh(after(700), &first.refresh, Ok(())).expect("the current token");
    run.logout(after(701), &first.session);
    run.call(after(701), &second.session, Err(SessionEnded));
    run.refresh(after(701), &second.refresh, Err(SessionEnded));
    vec![one, run.case("Any token of the session logs it out", &["logout", "refresh"])]
}

fn revocations(service: &Service) -> Vec<Case> {
    let (mut run, alice, first) = logged_in(service, "revoke");
    let bob = Key::bob();
    let second = log_in(&mut run, &alice, after(1));
    let bobs = log_in(&mut run, &bob, after(2));
    run.revoke(after(10), &alice.hotkey());
    run.call(after(10), &first.session, Err(SessionEnded));
    run.call(after(10), &second.session, Err(SessionEnded));
    run.refresh(after(10), &second.refresh, Err(SessionEnded));
    run.call(after(10), &bobs.session, Ok(&bob));
    let all = run.case("A revocation ends every session of one hotkey", &["revoke"]);

    let (mut run, alice, first) = logged_in(service, "revoke-then-login");
    run.revoke(after(10), &alice.hotkey());
    let second = log_in(&mut run, &alice, after(11));
    run.call(after(12), &second.session, Ok(&alice));
    run.call(after(12), &first.session, Err(SessionEnded));
    run.refresh(after(12), &first.refresh, Err(SessionEnded));
    run.call(after(12), &second.session, Ok(&alice));
    let again = run.case("A new login brings no old session back", &["revoke"]);

    let (mut run, alice, first) = logged_in(service, "revoke-challenge");
    let challenge = run.challenge(after(1), &alice.hotkey(), Full);
    run.revoke(after(2), &alice.hotkey());
    run.answer(after(3), &alice, &challenge, &Answer::Text, Ok(()));
    run.call(after(3), &first.session, Err(SessionEnded));
    let open = run.case("A challenge that was open stays open", &["revoke", "challenge"]);

    let (mut run, _, first) = logged_in(service, "revoke-nobody");
    run.revoke(after(1), &Key::bob().hotkey());
    run.call(after(1), &first.session, Ok(&Key::alice()));
    vec![all, again, open, run.case("Revoking a hotkey without sessions changes nothing", &["revoke"])]
}

pub(super) fn of_short_sessions(service: &Service) -> Vec<Case> {
    let millis = |millis: u64| START.plus(Duration::from_millis(millis));
    let (mut run, alice, first) = logged_in(service, "short-chain");
    run.call(millis(749), &first.session, Ok(&alice));
    run.call(millis(750), &first.session, Err(SessionExpired));
    let second = run.refresh(millis(2_000), &first.refresh, Ok(())).expect("the current token");
    run.call(millis(2_100), &second.session, Ok(&alice));
    run.refresh(millis(2_000), &second.refresh, Ok(()));
    let chain = run.case("Whole seconds in tokens, milliseconds in the store", &["refresh", "edge"]);

    let (mut run, _, first) = logged_in(service, "short-no-grace");
    run.refresh(millis(1_000), &first.refresh, Ok(()));
    run.refresh(millis(1_000).plus(TICK), &first.refresh, Err(RefreshReused));
    let no_grace = run.case("Without grace the next nanosecond is too late", &["refresh", "reuse", "edge"]);

    let (mut run, alice, first) = logged_in(service, "short-absolute");
    let second = run.refresh(millis(2_000), &first.refresh, Ok(())).expect("the current token");
    let third = run.refresh(millis(3_500), &second.refresh, Ok(())).expect("the current token");
    run.call(millis(3_750).minus(TICK), &third.session, Ok(&alice));
    run.call(millis(3_750), &third.session, Err(SessionExpired));
    run.refresh(millis(3_750), &third.refresh, Err(SessionEnded));
    let absolute = run.case("Near the absolute end tokens end on the full second before it", &["refresh", "edge"]);
    vec![chain, no_grace, absolute]
}
