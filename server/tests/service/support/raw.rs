//! HTTP/1.1 without a client library: what is written here is what the server gets.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::people::Headers;

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Every value of a header, in order.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    /// Status and error code of a refusal.
    pub(crate) fn refusal(&self) -> (u16, String) {
        let problem = self.json();
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        assert_eq!(self.header("cache-control"), Some("no-store"), "{self:?}");
        assert_eq!(self.header("x-request-id"), problem["request_id"].as_str(), "{self:?}");
        assert_eq!(self.header("www-authenticate").is_some(), self.status == 401, "{self:?}");
        assert_eq!(self.header("retry-after").is_some(), self.status == 503, "{self:?}");
        (self.status, problem["code"].as_str().unwrap_or_default().to_owned())
    }
}

/// A request's head, ready for a body.
pub(crate) fn head(method: &str, target: &str, headers: &Headers) -> Vec<u8> {
    let mut head = format!("{method} {target} HTTP/1.1\r\nhost: service\r\nconnection: close\r\n").into_bytes();
    for (name, value) in headers {
        head.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    head
}

/// Sends one request with a body of known length.
pub(crate) async fn send(address: SocketAddr, method: &str, target: &str, headers: &Headers, body: &[u8]) -> Answer {
    let mut request = head(method, target, headers);
    if !body.is_empty() {
        request.extend_from_slice(format!("content-length: {}\r\n", body.len()).as_bytes());
    }
    request.extend_from_slice(b"\r\n");
    request.extend_from_slice(body);
    exchange(address, &request).await
}

/// Writes these bytes and reads until the server closes.
pub(crate) async fn exchange(address: SocketAddr, request: &[u8]) -> Answer {
    let mut stream = connect(address).await;
    // The server may have answered and closed before it read everything.
    let _ = stream.write_all(request).await;
    read(&mut stream).await
}

pub(crate) async fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).await.expect("a server");
    stream.set_nodelay(true).expect("an option of sockets");
    stream
}

/// Reads an answer until the server closes.
pub(crate) async fn read(stream: &mut TcpStream) -> Answer {
    let mut bytes = Vec::new();
    let reading = async {
        let mut buffer = [0; 4_096];
        while let Ok(read @ 1..) = stream.read(&mut buffer).await {
            bytes.extend_from_slice(&buffer[..read]);
        }
    };
    tokio::time::timeout(Duration::from_secs(15), reading).await.expect("an answer");
    parse(&String::from_utf8_lossy(&bytes))
}

fn parse(text: &str) -> Answer {
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|status| status.parse().ok());
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    Answer { status: status.unwrap_or_default(), headers, body: body.to_owned() }
}
