//! The store of a fleet: Redis or Valkey, with the scripts that every language runs (`spec/03 §5`, `spec/04 §5`).

mod address;
mod reply;
mod trip;
mod wire;

use std::fmt;
use std::future::Future;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ::redis::aio::ConnectionLike;
use ::redis::{AsyncConnectionConfig, RedisResult};
use bittensor_auth::error::{Error, ErrorCode};
use bittensor_auth::key::Hotkey;
use bittensor_auth::replay::{ClaimOutcome, Namespace, ReplayClaim};
use bittensor_auth::request::Verifier;
use bittensor_auth::session::{Lifetimes, Login, PresentedRefresh, PresentedSession, ReadOutcome, RotateOutcome};
use bittensor_auth::store::{
    ClaimBatch, SessionKeys, check_redis_info, login_call, login_outcome, rotate_call, rotate_outcome, warm_up_sessions,
};
use bittensor_auth::time::{UnixNanos, Window};
use tokio::sync::Mutex;

use self::address::Address;
use self::trip::{Command, Job};
use self::wire::Wire;
use super::{ReplayStore, SessionStore};
use crate::auth::system_time;

/// Remembers requests and sessions in Redis ≥ 6.2 or Valkey. Clones share one connection; claims and reads that arrive
/// while one round trip is under way share the next.
///
/// The service refuses to start (`unsafe_store`) on a server that may evict keys, is a replica or is too old. An operation
/// that takes longer than 200 ms (see [`RedisStore::with_timeout`]) is `store_unavailable` (503); a claim is never sent a
/// second time. After a restart, a failover or an eviction the answer is `store_warming` (503) for about 4 s, because
/// nobody knows what was accepted before.
///
/// One store serves one service: the namespace and window of its verifier.
#[derive(Clone)]
pub struct RedisStore {
    wire: Wire,
    scope: Arc<OnceLock<Scope>>,
}

/// Whose claims and sessions these are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Scope {
    namespace: Namespace,
    window: Window,
}

impl RedisStore {
    /// How long an operation may take unless [`RedisStore::with_timeout`] says otherwise.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_millis(200);

    /// The store behind a URL. Connects at the first operation, and again whenever the connection was lost.
    ///
    /// | URL | leads to |
    /// |---|---|
    /// | `redis://127.0.0.1:6379/0`, `unix:///run/redis.sock` | one server |
    /// | `redis+sentinel://10.0.0.1:26379,10.0.0.2:26379/auth/0` | the primary that the Sentinels name for `auth` |
    /// | `redis+cluster://10.0.0.1:6379,10.0.0.2:6379` | a Cluster |
    ///
    /// Credentials stand in front of the first host, as in `redis://user:password@…`; they are those of Redis, not of the
    /// Sentinels. `rediss` instead of `redis` means TLS: enable a TLS feature of the crate `redis` for it, as
    /// `tokio-rustls-comp`.
    ///
    /// # Errors
    /// `invalid_configuration` for what is no such URL.
    pub fn new(url: impl AsRef<str>) -> Result<Self, Error> {
        let address = Address::parse(url.as_ref()).map_err(|_| {
            Error::new(ErrorCode::InvalidConfiguration).detail("redis: expected a URL as in redis://127.0.0.1:6379/0")
        })?;
        // The wire has the only clock: an operation ends in time whatever it is waiting for.
        let config = AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
        Ok(match address {
            Address::Cluster(client) => Self::over(move || {
                let client = client.clone();
                async move { client.get_async_connection().await }
            }),
            Address::Sentinel(client) => {
                let client = Arc::new(Mutex::new(client));
                Self::over(move || {
                    let (client, config) = (Arc::clone(&client), config.clone());
                    async move { client.lock().await.get_async_connection_with_config(&config).await }
                })
            }
            Address::Server(client) => Self::over(move || {
                let (client, config) = (client.clone(), config.clone());
                async move { client.get_multiplexed_async_connection_with_config(&config).await }
            }),
        })
    }

    /// The store behind any connection of the crate `redis`, for settings that no URL holds. `connect` is called at the
    /// first operation, and again whenever the connection was lost, an answer was late, or the server is no longer the
    /// primary.
    ///
    /// The connection must lead to primaries and must not send a command twice by itself. A cluster connection without
    /// retries fails once when a slot has moved, and then knows where to.
    ///
    /// ```
    /// use bittensor_auth_server::RedisStore;
    /// use redis::cluster::ClusterClientBuilder;
    ///
    /// # fn store() -> redis::RedisResult<RedisStore> {
    /// let nodes = ["redis://10.0.0.1:6379", "redis://10.0.0.2:6379"];
    /// let client = ClusterClientBuilder::new(nodes).retries(0).build()?;
    /// let store = RedisStore::over(move || {
    ///     let client = client.clone();
    ///     async move { client.get_async_connection().await }
    /// });
    /// # Ok(store)
    /// # }
    /// # assert!(store().is_ok());
    /// ```
    #[must_use]
    pub fn over<C, F>(connect: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        C: ConnectionLike + Clone + Send + Sync + 'static,
        F: Future<Output = RedisResult<C>> + Send + 'static,
    {
        Self { wire: Wire::new(connect, Self::DEFAULT_TIMEOUT), scope: Arc::default() }
    }

    /// Sets how long an operation may take, connecting included: 50 to 200 ms is a good bound.
    ///
    /// # Errors
    /// `invalid_configuration` for no time at all.
    pub fn with_timeout(self, timeout: Duration) -> Result<Self, Error> {
        if timeout.is_zero() {
            return Err(Error::new(ErrorCode::InvalidConfiguration).detail("timeout: expected more than nothing"));
        }
        Ok(Self { wire: self.wire.with_timeout(timeout), ..self })
    }

    /// Binds the store to the service that uses it.
    fn bind(&self, verifier: &Verifier) -> Result<&Scope, Error> {
        let scope = Scope { namespace: *verifier.namespace(), window: *verifier.window() };
        let bound = self.scope.get_or_init(|| scope);
        if *bound != scope {
            return Err(Error::new(ErrorCode::InvalidConfiguration)
                .detail("RedisStore: expected one for each service; make a second one with the same URL"));
        }
        Ok(bound)
    }

    async fn delete(&self, key: String) -> Result<(), Error> {
        match self.wire.send(|reply| Job::Command(Command::Delete(key), reply)).await {
            Some(reply) if reply::integer(&reply).is_some() => Ok(()),
            _ => Err(ErrorCode::StoreUnavailable.into()),
        }
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore").field("scope", &self.scope.get()).finish_non_exhaustive()
    }
}

impl ReplayStore for RedisStore {
    async fn start(&self, verifier: &Verifier) -> Result<(), Error> {
        let scope = self.bind(verifier)?;
        let info = self.wire.send(Job::Info).await.ok_or(ErrorCode::StoreUnavailable)?;
        for text in reply::info_texts(&info) {
            check_redis_info(&text)?;
        }
        let now = system_time();
        let warm_up = [
            ClaimBatch::new(&scope.namespace, &scope.window, now).into_call(),
            warm_up_sessions(&scope.namespace, now),
        ];
        for call in warm_up {
            // Nothing hangs on the answer: the first claim warms the store up as well.
            self.wire.send(|reply| Job::Command(Command::Script(call), reply)).await;
        }
        Ok(())
    }

    async fn claim(&self, claim: &ReplayClaim, now: UnixNanos) -> ClaimOutcome {
        let Some(&scope) = self.scope.get() else { return ClaimOutcome::Unavailable };
        let claim = *claim;
        self.wire.send(|reply| Job::Claim { scope, claim, now, reply }).await.unwrap_or(ClaimOutcome::Unavailable)
    }
}

impl SessionStore for RedisStore {
    async fn create(&self, login: &Login, now: UnixNanos) -> ClaimOutcome {
        let Some(scope) = self.scope.get() else { return ClaimOutcome::Unavailable };
        let call = login_call(&scope.namespace, login, now);
        let reply = self.wire.send(|reply| Job::Command(Command::Script(call), reply)).await;
        login_outcome(reply.as_ref().map(reply::integers).unwrap_or_default())
    }

    async fn read(&self, presented: &PresentedSession, _: UnixNanos) -> ReadOutcome {
        let Some(scope) = self.scope.get() else { return ReadOutcome::Unavailable };
        let keys = SessionKeys::new(&scope.namespace, &presented.hotkey(), &presented.family());
        self.wire.send(|reply| Job::Read { keys, reply }).await.unwrap_or(ReadOutcome::Unavailable)
    }

    async fn rotate(&self, presented: &PresentedRefresh, lifetimes: &Lifetimes, now: UnixNanos) -> RotateOutcome {
        let Some(scope) = self.scope.get() else { return RotateOutcome::Unavailable };
        let call = rotate_call(&scope.namespace, presented, lifetimes, now);
        let reply = self.wire.send(|reply| Job::Command(Command::Script(call), reply)).await;
        match reply.as_ref().and_then(reply::code_and_text) {
            Some((code, record)) => rotate_outcome(code, &record),
            None => RotateOutcome::Unavailable,
        }
    }

    async fn end(&self, presented: &PresentedSession) -> Result<(), Error> {
        let scope = self.scope.get().ok_or(ErrorCode::StoreUnavailable)?;
        self.delete(SessionKeys::new(&scope.namespace, &presented.hotkey(), &presented.family()).session).await
    }

    async fn revoke(&self, hotkey: &Hotkey) -> Result<(), Error> {
        let scope = self.scope.get().ok_or(ErrorCode::StoreUnavailable)?;
        self.delete(SessionKeys::generation(&scope.namespace, hotkey)).await
    }
}
