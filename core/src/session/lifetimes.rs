//! How long challenges, tokens and sessions live, and the bounds of each setting.

use std::time::Duration;

use crate::error::{Error, ErrorCode};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// Lifetimes of everything in a session (`spec/04 §6`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    /// From a challenge to the login with it: 30 to 300 s, 120 by default.
    pub challenge: Duration,
    /// A session token: 1 s to 1 h, 15 min by default.
    pub access: Duration,
    /// From one refresh to the next: up to 30 days, 2 h by default.
    pub idle: Duration,
    /// A whole session, however often it is refreshed: up to 30 days, 24 h by default.
    pub absolute: Duration,
    /// How long a refresh token that was just exchanged still gives the same successor: up to 60 s, 30 by default.
    pub grace: Duration,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self {
            challenge: Duration::from_secs(2 * MINUTE),
            access: Duration::from_secs(15 * MINUTE),
            idle: Duration::from_secs(2 * HOUR),
            absolute: Duration::from_secs(24 * HOUR),
            grace: Duration::from_secs(30),
        }
    }
}

impl Lifetimes {
    /// The shortest and the longest life of a challenge.
    pub const CHALLENGE_BOUNDS: [Duration; 2] = [Duration::from_secs(30), Duration::from_secs(300)];
    /// The shortest and the longest life of a session token.
    pub const ACCESS_BOUNDS: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(HOUR)];
    /// The longest idle and absolute life of a session.
    pub const SESSION_LIMIT: Duration = Duration::from_secs(30 * 24 * HOUR);
    /// The longest grace.
    pub const GRACE_LIMIT: Duration = Duration::from_secs(60);

    /// Checks every bound.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidConfiguration`] names the setting and its bounds.
    pub fn check(&self) -> Result<(), Error> {
        let [shortest_challenge, longest_challenge] = Self::CHALLENGE_BOUNDS;
        let [shortest_access, longest_access] = Self::ACCESS_BOUNDS;
        let month = Self::SESSION_LIMIT;
        let bounds = [
            (self.challenge, shortest_challenge, longest_challenge, "challenge lifetime: expected 30 to 300 s"),
            (self.access, shortest_access, longest_access, "access lifetime: expected 1 s to 1 h"),
            (self.idle, self.access, month, "idle lifetime: expected at least the access lifetime and at most 30 days"),
            (
                self.absolute,
                self.idle,
                month,
                "absolute lifetime: expected at least the idle lifetime and at most 30 days",
            ),
            (self.grace, Duration::ZERO, Self::GRACE_LIMIT, "grace: expected at most 60 s"),
        ];
        for (value, least, most, detail) in bounds {
            if value < least || value > most {
                return Err(Error::new(ErrorCode::InvalidConfiguration).detail(detail));
            }
        }
        Ok(())
    }
}
