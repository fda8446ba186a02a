//! What a URL leads to: one server, the primary that Sentinels name, or a Cluster.

use ::redis::cluster::{ClusterClient, ClusterClientBuilder};
use ::redis::sentinel::{SentinelClient, SentinelNodeConnectionInfo, SentinelServerType};
use ::redis::{Client, ErrorKind, IntoConnectionInfo as _, RedisError, RedisResult, TlsMode};

const SENTINEL_PORT: &str = "26379";

pub(super) enum Address {
    Cluster(ClusterClient),
    Sentinel(SentinelClient),
    Server(Client),
}

impl Address {
    /// Reads a URL of `redis`, `rediss` or `unix`, or a list of hosts behind `+sentinel` or `+cluster`.
    pub(super) fn parse(url: &str) -> RedisResult<Self> {
        let (scheme, rest) = url.split_once("://").ok_or_else(invalid)?;
        match scheme.split_once('+') {
            Some((scheme @ ("redis" | "rediss"), "sentinel")) => sentinel(scheme, rest),
            Some((scheme @ ("redis" | "rediss"), "cluster")) => cluster(scheme, rest),
            _ => Client::open(url).map(Self::Server),
        }
    }
}

/// `[user:password@]host[:port][,host[:port]…]/service[/database]`
fn sentinel(scheme: &str, rest: &str) -> RedisResult<Address> {
    let (authority, path) = rest.split_once('/').ok_or_else(invalid)?;
    let (service, database) = path.split_once('/').unwrap_or((path, "0"));
    if service.is_empty() {
        return Err(invalid());
    }
    let (credentials, hosts) = split_authority(authority);
    let sentinels = hosts.map(|host| format!("{scheme}://{}", with_port(host, SENTINEL_PORT))).collect();
    // What a URL of the primary itself would say; its host is not known yet.
    let primary = format!("{scheme}://{credentials}primary/{database}").into_connection_info()?;
    let mut info = SentinelNodeConnectionInfo::default().set_redis_connection_info(primary.redis_settings().clone());
    if scheme == "rediss" {
        info = info.set_tls_mode(TlsMode::Secure);
    }
    let client = build_sentinel(sentinels, service.to_owned(), info)?;
    Ok(Address::Sentinel(client))
}

fn build_sentinel(
    sentinels: Vec<String>,
    service: String,
    info: SentinelNodeConnectionInfo,
) -> RedisResult<SentinelClient> {
    SentinelClient::build(sentinels, service, Some(info), SentinelServerType::Master)
}

/// `[user:password@]host[:port][,host[:port]…]`
fn cluster(scheme: &str, rest: &str) -> RedisResult<Address> {
    let (credentials, hosts) = split_authority(rest.trim_end_matches('/'));
    let nodes: Vec<_> = hosts.map(|host| format!("{scheme}://{credentials}{host}")).collect();
    // A claim must not be sent twice. A slot that moved fails once, and the client knows then where it is.
    ClusterClientBuilder::new(nodes).retries(0).build().map(Address::Cluster)
}

/// Credentials with their `@`, and the hosts.
fn split_authority(authority: &str) -> (&str, impl Iterator<Item = &str>) {
    let at = authority.rfind('@').map_or(0, |at| at + 1);
    (&authority[..at], authority[at..].split(','))
}

fn with_port(host: &str, port: &str) -> String {
    let has_port = host.rsplit_once(':').is_some_and(|(_, digits)| !digits.ends_with(']'));
    if has_port { host.to_owned() } else { format!("{host}:{port}") }
}

fn invalid() -> RedisError {
    (ErrorKind::InvalidClientConfig, "expected a URL").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(url: &str) -> &'static str {
        match Address::parse(url) {
            Ok(Address::Cluster(_)) => "cluster",
            Ok(Address::Sentinel(_)) => "sentinel",
            Ok(Address::Server(_)) => "server",
            Err(_) => "refused",
        }
    }

    #[test]
    fn a_url_leads_to_a_server_to_sentinels_or_to_a_cluster() {
        for (url, expected) in [
            ("redis://127.0.0.1:6379/0", "server"),
            ("redis://user:pa%40ss@h/2?protocol=resp3", "server"),
            ("unix:///run/redis.sock", "server"),
            ("redis+sentinel://h/auth", "sentinel"),
            ("redis+sentinel://:pass@10.0.0.1:26379,10.0.0.2,[::1]:26379/auth/2", "sentinel"),
            ("redis+cluster://10.0.0.1:6379,10.0.0.2", "cluster"),
            ("redis+cluster://user:pass@h1,h2/", "cluster"),
        ] {
            assert_eq!(kind(url), expected, "{url}");
        }
        for url in [
            "",
            "127.0.0.1:6379",
            "http://127.0.0.1",
            "redis://",
            "redis+sentinel://h",
            "redis+sentinel://h/",
            "redis+sentinel:///auth",
            "redis+sentinel://h,/auth",
            "redis+sentinel://h/auth/x",
            "redis+cluster://",
            "redis+cluster://h1,,h2",
            "redis+cluster://h/x",
            "redis+other://h",
        ] {
            assert_eq!(kind(url), "refused", "{url}");
        }
    }

    #[test]
    fn sentinels_have_a_port_of_their_own() {
        for (host, expected) in [
            ("h", "h:26379"),
            ("h:1", "h:1"),
            ("[::1]", "[::1]:26379"),
            ("[::1]:1", "[::1]:1"),
            ("10.0.0.1", "10.0.0.1:26379"),
        ] {
            assert_eq!(with_port(host, SENTINEL_PORT), expected);
        }
    }
}
