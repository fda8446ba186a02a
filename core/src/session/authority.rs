//! The server's side of sessions: challenges, logins, tokens.

use super::keyring::{Keyring, Mac, ServerSecret};
use super::lifetimes::Lifetimes;
use super::record::{FamilyId, Generation, ReadOutcome, RotateOutcome, SessionRecord};
use super::token::{TokenClaims, TokenKind, part};
use crate::encoding::{decode_base64url, encode_base64url};
use crate::error::{Error, ErrorCode};
use crate::key::{AcceptedSchemes, Address, Hotkey, Scheme, Signature};
use crate::message::{LoginForm, LoginMessage, Site, Wrapping};
use crate::nonce::Entropy;
use crate::replay::{ClaimOutcome, Namespace, ReplayClaim};
use crate::request::{Caller, Via};
use crate::time::UnixNanos;

/// What the MAC of every sealed challenge starts with.
pub const SEAL_TAG: &[u8] = b"btauth-challenge/1\0";
const SEAL_VERSION: u8 = 1;
const SEAL_MAC_LEN: usize = 16;
/// Version, key id, form, expiry in Unix seconds, nonce.
const SEAL_BODY_LEN: usize = 1 + 1 + 1 + 4 + 16;
const SEAL_LEN: usize = SEAL_BODY_LEN + SEAL_MAC_LEN;

/// A challenge to sign. Making one writes nothing anywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// The text that the wallet shows and signs.
    pub text: String,
    /// What the server needs to rebuild the text, under its MAC: 52 characters of base64url.
    pub sealed: String,
    /// When it ends.
    pub expires_at: UnixNanos,
}

/// What a client gets for a login or a refresh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// For `Authorization: Bearer`.
    pub session_token: String,
    /// When that ends.
    pub expires_at: UnixNanos,
    /// For the refresh route.
    pub refresh_token: String,
    /// When that ends.
    pub refresh_expires_at: UnixNanos,
    /// Whose session it is.
    pub hotkey: Hotkey,
}

/// Makes and checks everything about sessions of one service. Built once.
#[derive(Debug)]
pub struct Sessions {
    site: Site,
    namespace: Namespace,
    keys: Keyring,
    lifetimes: Lifetimes,
    schemes: AcceptedSchemes,
}

impl Sessions {
    /// Sessions of the service at `site`. The namespace separates services that share a store or a secret.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidConfiguration`] for lifetimes out of bounds.
    pub fn new(
        site: Site,
        namespace: Namespace,
        keys: Keyring,
        lifetimes: Lifetimes,
        schemes: AcceptedSchemes,
    ) -> Result<Self, Error> {
        lifetimes.check()?;
        Ok(Self { site, namespace, keys, lifetimes, schemes })
    }

    /// The lifetimes.
    #[must_use]
    pub const fn lifetimes(&self) -> &Lifetimes {
        &self.lifetimes
    }

    /// The site.
    #[must_use]
    pub const fn site(&self) -> &Site {
        &self.site
    }

    /// Makes a challenge for whoever claims to own `hotkey`.
    ///
    /// # Errors
    /// [`ErrorCode::MalformedBody`] when the compact form is asked for and the site is too long for it.
    pub fn challenge(
        &self,
        hotkey: Hotkey,
        form: LoginForm,
        now: UnixNanos,
        entropy: &mut dyn Entropy,
    ) -> Result<Challenge, Error> {
        if form == LoginForm::Compact {
            self.site.check_compact().map_err(|_| {
                Error::new(ErrorCode::MalformedBody)
                    .detail("form: the address of this site is too long for the compact form; expected full")
            })?;
        }
        let mut nonce = [0; 16];
        entropy.fill(&mut nonce);
        let expires_at = seconds(now.plus(self.lifetimes.challenge));
        let seal = Seal { form, expires_at, nonce };
        let text = self.message(&seal, &hotkey.into()).text();
        Ok(Challenge { text, sealed: seal.encode(self, &hotkey), expires_at: UnixNanos::from_secs(expires_at.into()) })
    }

    /// Checks a login. What the client sends besides the seal and the signature decides nothing: the text is rebuilt.
    ///
    /// # Errors
    /// `scheme_not_accepted`, `invalid_challenge`, `challenge_expired`, `weak_key` or `bad_signature`. None of them
    /// burns the challenge.
    pub fn login(
        &self,
        hotkey: Hotkey,
        scheme: Scheme,
        sealed: &str,
        signature: &Signature,
        now: UnixNanos,
        entropy: &mut dyn Entropy,
    ) -> Result<Login, Error> {
        self.schemes.check(scheme)?;
        let seal = Seal::decode(self, &hotkey, sealed)?;
        let ends = UnixNanos::from_secs(seal.expires_at.into());
        if now > ends {
            return Err(ErrorCode::ChallengeExpired.into());
        }
        let address = Address::from(hotkey);
        let message = self.message(&seal, &address);
        let wrapping = message.verify(scheme, signature)?;
        let issued = UnixNanos::from_secs(message.issued_at);
        let (mut family, mut generation) = ([0; 16], [0; 8]);
        entropy.fill(&mut family);
        entropy.fill(&mut generation);
        let began = UnixNanos::from_millis(now.as_millis());
        let absolute_at = began.plus(self.lifetimes.absolute);
        let record = SessionRecord {
            generation: Generation(generation),
            rotation: 0,
            rotated_at: began,
            refresh_expires_at: began.plus(self.lifetimes.idle).min(absolute_at),
            absolute_at,
            scheme,
        };
        let claim = ReplayClaim::for_challenge(&hotkey, &seal.nonce, issued, ends);
        Ok(Login { hotkey, family: FamilyId(family), claim, record, wrapping })
    }

    /// Tokens for a session as the store holds it now.
    #[must_use]
    pub fn grant(&self, hotkey: Hotkey, family: FamilyId, record: &SessionRecord) -> Grant {
        let rotation = record.rotation;
        let expires_at = seconds(record.rotated_at.plus(self.lifetimes.access).min(record.absolute_at));
        let refresh_expires = seconds(record.refresh_expires_at);
        let session = TokenClaims { kind: TokenKind::Session, hotkey, family, rotation, expires_at };
        let refresh = TokenClaims { kind: TokenKind::Refresh, expires_at: refresh_expires, ..session };
        Grant {
            session_token: session.encode(&self.keys, &self.namespace),
            expires_at: session.expires_at(),
            refresh_token: refresh.encode(&self.keys, &self.namespace),
            refresh_expires_at: refresh.expires_at(),
            hotkey,
        }
    }

    /// Reads a session token; the store decides the rest.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidToken`] or [`ErrorCode::SessionExpired`].
    pub fn present(&self, token: &str, now: UnixNanos) -> Result<PresentedSession, Error> {
        let claims = TokenClaims::decode(TokenKind::Session, token, &self.keys, &self.namespace)?;
        if now >= claims.expires_at() {
            return Err(ErrorCode::SessionExpired.into());
        }
        Ok(PresentedSession(claims))
    }

    /// Reads a refresh token; the store decides the rest.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidToken`] or [`ErrorCode::SessionEnded`].
    pub fn present_refresh(&self, token: &str, now: UnixNanos) -> Result<PresentedRefresh, Error> {
        let claims = TokenClaims::decode(TokenKind::Refresh, token, &self.keys, &self.namespace)?;
        if now >= claims.expires_at() {
            return Err(ErrorCode::SessionEnded.into());
        }
        Ok(PresentedRefresh(claims))
    }

    fn message<'a>(&'a self, seal: &Seal, hotkey: &'a Address) -> LoginMessage<'a> {
        let expires_at = u64::from(seal.expires_at);
        let issued_at = expires_at.saturating_sub(self.lifetimes.challenge.as_secs());
        LoginMessage { site: &self.site, form: seal.form, hotkey, nonce: seal.nonce, issued_at, expires_at }
    }
}

/// A login whose signature holds. The store claims the challenge and creates the session in one step.
#[derive(Debug)]
#[must_use = "a login is not a session until the store created it"]
pub struct Login {
    hotkey: Hotkey,
    family: FamilyId,
    claim: ReplayClaim,
    record: SessionRecord,
    wrapping: Wrapping,
}

impl Login {
    /// Who logs in; for policy, which stands before the store.
    #[must_use]
    pub const fn hotkey(&self) -> Hotkey {
        self.hotkey
    }

    /// The new session's name.
    #[must_use]
    pub const fn family(&self) -> FamilyId {
        self.family
    }

    /// The challenge's claim.
    pub const fn claim(&self) -> &ReplayClaim {
        &self.claim
    }

    /// The record to create; its generation is used only if the hotkey has none.
    #[must_use]
    pub const fn record(&self) -> &SessionRecord {
        &self.record
    }

    /// Which form of the text the wallet signed.
    #[must_use]
    pub const fn wrapping(&self) -> Wrapping {
        self.wrapping
    }

    /// The tokens, if the challenge was claimed for the first time.
    ///
    /// # Errors
    /// [`ErrorCode::ChallengeUsed`], or the store's reason why it cannot tell.
    pub fn created(self, sessions: &Sessions, outcome: ClaimOutcome) -> Result<Grant, Error> {
        outcome.into_result(ErrorCode::ChallengeUsed)?;
        Ok(sessions.grant(self.hotkey, self.family, &self.record))
    }
}

/// A genuine, unexpired session token; whether its session still lives is for the store to say.
#[derive(Debug, Clone, Copy)]
#[must_use = "a presented token is not yet a caller: read its session"]
pub struct PresentedSession(TokenClaims);

impl PresentedSession {
    /// Whose session it claims to be: which generation to read, whom to ask policy about.
    #[must_use]
    pub const fn hotkey(&self) -> Hotkey {
        self.0.hotkey
    }

    /// Which session to read.
    #[must_use]
    pub const fn family(&self) -> FamilyId {
        self.0.family
    }

    /// When the token ends.
    #[must_use]
    pub const fn expires_at(&self) -> UnixNanos {
        self.0.expires_at()
    }

    /// The caller, if the session lives.
    ///
    /// # Errors
    /// [`ErrorCode::SessionEnded`] or [`ErrorCode::StoreUnavailable`].
    pub fn resume(self, outcome: ReadOutcome, now: UnixNanos) -> Result<Caller, Error> {
        let ReadOutcome::Found { record, generation } = outcome else {
            return Err(ErrorCode::StoreUnavailable.into());
        };
        match (record, generation) {
            // A token of a later rotation than the store remembers means that the store went back in time.
            (Some(record), Some(generation))
                if record.generation == generation
                    && self.0.rotation <= record.rotation
                    && now < record.absolute_at =>
            {
                let family = self.0.family;
                Ok(Caller::new(self.0.hotkey, record.scheme, Via::Session { family }))
            }
            _ => Err(ErrorCode::SessionEnded.into()),
        }
    }
}

/// A genuine refresh token; the store decides in one step whether it is the current one.
#[derive(Debug, Clone, Copy)]
#[must_use = "a presented token refreshes nothing: rotate its session"]
pub struct PresentedRefresh(TokenClaims);

impl PresentedRefresh {
    /// Whose session it is.
    #[must_use]
    pub const fn hotkey(&self) -> Hotkey {
        self.0.hotkey
    }

    /// Which session to rotate.
    #[must_use]
    pub const fn family(&self) -> FamilyId {
        self.0.family
    }

    /// The rotation that this token belongs to.
    #[must_use]
    pub const fn rotation(&self) -> u32 {
        self.0.rotation
    }

    /// The successor's tokens.
    ///
    /// # Errors
    /// `session_ended`, `refresh_reused`, `clock_disagreement` or `store_unavailable`.
    pub fn rotated(self, sessions: &Sessions, outcome: RotateOutcome) -> Result<Grant, Error> {
        match outcome {
            RotateOutcome::Rotated(record) => Ok(sessions.grant(self.0.hotkey, self.0.family, &record)),
            RotateOutcome::Ended => Err(ErrorCode::SessionEnded.into()),
            RotateOutcome::Reused => Err(ErrorCode::RefreshReused.into()),
            RotateOutcome::ClockDisagreement => Err(ErrorCode::ClockDisagreement.into()),
            RotateOutcome::Unavailable => Err(ErrorCode::StoreUnavailable.into()),
        }
    }
}

/// What `sealed` holds: enough to rebuild the text, nothing that a client could change.
struct Seal {
    form: LoginForm,
    expires_at: u32,
    nonce: [u8; 16],
}

impl Seal {
    fn encode(&self, sessions: &Sessions, hotkey: &Hotkey) -> String {
        let secret = sessions.keys.current();
        let body = self.body(secret.id());
        let mac = Self::mac(sessions, secret, hotkey, &body);
        encode_base64url(&[&body[..], &mac.as_bytes()[..SEAL_MAC_LEN]].concat())
    }

    fn decode(sessions: &Sessions, hotkey: &Hotkey, sealed: &str) -> Result<Self, Error> {
        let invalid = || Error::new(ErrorCode::InvalidChallenge);
        let bytes: [u8; SEAL_LEN] = decode_base64url(sealed.as_bytes()).ok_or_else(invalid)?;
        let (body, mac) = bytes.split_at(SEAL_BODY_LEN);
        let genuine = body[0] == SEAL_VERSION
            && sessions.keys.any(body[1], |secret| Self::mac(sessions, secret, hotkey, body).matches(mac));
        let form = match body[2] {
            0 => LoginForm::Full,
            1 => LoginForm::Compact,
            _ => return Err(invalid()),
        };
        if !genuine {
            return Err(invalid());
        }
        Ok(Self { form, expires_at: u32::from_be_bytes(part(body, 3)), nonce: part(body, 7) })
    }

    fn body(&self, key_id: u8) -> [u8; SEAL_BODY_LEN] {
        let mut body = [0; SEAL_BODY_LEN];
        body[0] = SEAL_VERSION;
        body[1] = key_id;
        body[2] = match self.form {
            LoginForm::Full => 0,
            LoginForm::Compact => 1,
        };
        body[3..7].copy_from_slice(&self.expires_at.to_be_bytes());
        body[7..].copy_from_slice(&self.nonce);
        body
    }

    /// Covers the site and the account as well, so a seal is worth nothing at another service or for another hotkey.
    fn mac(sessions: &Sessions, secret: &ServerSecret, hotkey: &Hotkey, body: &[u8]) -> Mac {
        let parts =
            [body, hotkey.as_bytes(), sessions.site.origin().as_bytes(), sessions.namespace.as_str().as_bytes()];
        secret.mac(SEAL_TAG, &parts)
    }
}

/// Whole Unix seconds for the wire; they fit until the year 2106.
fn seconds(at: UnixNanos) -> u32 {
    u32::try_from(at.as_secs()).unwrap_or(u32::MAX)
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
