//! How a Redis or Valkey holds claims and sessions: key names, scripts, arguments and replies (`spec/03 §5`,
//! `spec/04 §5`). The same bytes in every language; who posts them is the host's business.

mod claims;
mod sessions;

pub use claims::{ClaimBatch, ClaimReply};
pub use sessions::{SessionKeys, login_call, login_outcome, rotate_call, rotate_outcome, warm_up_sessions};

use crate::error::{Error, ErrorCode};
use crate::replay::Namespace;

/// One of the scripts, as `SCRIPT LOAD` takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Script {
    /// `spec/redis/claim.lua` behind `guard.lua`.
    Claim,
    /// `spec/redis/login.lua` behind `guard.lua`.
    Login,
    /// `spec/redis/rotate.lua`.
    Rotate,
}

impl Script {
    /// Every script.
    pub const ALL: &'static [Self] = &[Self::Claim, Self::Login, Self::Rotate];

    /// The name of its file in `spec/redis`, without `.lua`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Claim => "claim",
            Self::Login => "login",
            Self::Rotate => "rotate",
        }
    }

    /// Its text.
    #[must_use]
    pub const fn source(self) -> &'static str {
        match self {
            Self::Claim => concat!(include_str!("../lua/guard.lua"), "\n", include_str!("../lua/claim.lua")),
            Self::Login => concat!(include_str!("../lua/guard.lua"), "\n", include_str!("../lua/login.lua")),
            Self::Rotate => include_str!("../lua/rotate.lua"),
        }
    }
}

/// A script with its keys and arguments, ready for `EVALSHA`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptCall {
    /// Which script.
    pub script: Script,
    /// `KEYS`, all in one cluster slot.
    pub keys: Vec<String>,
    /// `ARGV`.
    pub args: Vec<String>,
}

/// The part of a store that one cluster slot holds; everything that one script touches lies in one.
fn slot(namespace: &Namespace, shard: &str) -> String {
    format!("bta:{{{}.{shard}}}", namespace.as_str())
}

/// Why a Redis must not hold claims: it could forget them while they count.
///
/// `info` is the text of `INFO`. Looked at once, when a server starts.
///
/// # Errors
/// [`ErrorCode::UnsafeStore`]: a version below 6.2, a replica, or a `maxmemory-policy` other than `noeviction`.
pub fn check_redis_info(info: &str) -> Result<(), Error> {
    let unsafe_store = |detail: &'static str| Error::new(ErrorCode::UnsafeStore).detail(detail);
    let field = |name: &str| info.lines().find_map(|line| line.trim_end().strip_prefix(name)?.strip_prefix(':'));
    let version = field("valkey_version").or_else(|| field("redis_version")).unwrap_or_default();
    let mut numbers = version.split('.').map(|number| number.parse::<u32>().unwrap_or_default());
    if (numbers.next(), numbers.next()) < (Some(6), Some(2)) {
        return Err(unsafe_store("expected Redis 6.2 or newer, or Valkey, with INFO allowed"));
    }
    if field("role") != Some("master") {
        return Err(unsafe_store("expected the primary, not a replica: claims on a replica are refused or lost"));
    }
    if field("maxmemory_policy") != Some("noeviction") {
        return Err(unsafe_store(
            "expected `maxmemory-policy noeviction`: any other policy may drop a claim while its request is still fresh",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "# Server\r\nredis_version:7.0.15\r\nrole:master\r\nmaxmemory_policy:noeviction\r\n";

    #[test]
    fn only_a_primary_that_never_evicts_may_hold_claims() {
        assert_eq!(check_redis_info(GOOD), Ok(()));
        assert_eq!(
            check_redis_info(&GOOD.replace("redis_version:7.0.15", "redis_version:7.2.4\r\nvalkey_version:8.1.0")),
            Ok(())
        );
        for (good, bad) in
            [("7.0.15", "6.0.20"), ("master", "slave"), ("noeviction", "volatile-lru"), ("maxmemory_policy", "x")]
        {
            let code = check_redis_info(&GOOD.replace(good, bad)).map_err(|e| e.code());
            assert_eq!(code, Err(ErrorCode::UnsafeStore), "{bad}");
        }
    }

    #[test]
    fn scripts_declare_their_guard_before_they_use_it() {
        for script in Script::ALL {
            let source = script.source();
            let calls_guard = source.contains("= guard()");
            assert_eq!(source.contains("local function guard()"), calls_guard, "{}", script.name());
        }
    }
}
