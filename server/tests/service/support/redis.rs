//! A real Redis of the test's own, which can be broken in every way a real one breaks.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use bittensor_auth_server::RedisStore;
use bittensor_auth_server::bittensor_auth::replay::Namespace;
use bittensor_auth_server::bittensor_auth::store::{ClaimBatch, warm_up_sessions};
use bittensor_auth_server::bittensor_auth::time::Window;
use redis::aio::MultiplexedConnection;
use rustix::process::{Pid, Signal, kill_process};

use super::{now, until};

/// One `redis-server` without persistence, which ends with the test.
pub(crate) struct Redis {
    pub(crate) port: u16,
    folder: PathBuf,
    options: Vec<String>,
    process: Option<Child>,
}

impl Redis {
    /// Starts one; `None`, with a message, where Redis is not installed.
    pub(crate) async fn start(options: &[&str]) -> Option<Self> {
        let mut redis = Self::prepare(options)?;
        redis.run().await;
        Some(redis)
    }

    /// The same without starting it yet.
    pub(crate) fn prepare(options: &[&str]) -> Option<Self> {
        let found = Command::new("redis-server").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        if found.is_err() {
            eprintln!("skipped: redis-server is not installed (scripts/need redis-server redis-server)");
            return None;
        }
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
        let folder = std::env::temp_dir().join(format!("bittensor-auth-test-{}-{port}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let options = options.iter().map(|&option| option.to_owned()).collect();
        Some(Self { port, folder, options, process: None })
    }

    /// Starts it, empty, and waits until it answers.
    pub(crate) async fn run(&mut self) {
        let mut command = Command::new("redis-server");
        for (name, value) in
            [("bind", "127.0.0.1"), ("port", &self.port.to_string()), ("save", ""), ("appendonly", "no")]
        {
            command.arg(format!("--{name}")).arg(value);
        }
        command.arg("--dir").arg(&self.folder).args(&self.options).stdout(Stdio::null()).stderr(Stdio::null());
        self.process = Some(command.spawn().expect("redis-server starts"));
        until(Duration::from_secs(10), async || self.connect().await.is_some()).await;
    }

    pub(crate) fn folder(&self) -> &std::path::Path {
        &self.folder
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }

    /// A store that waits longer than others, for tests on a busy machine that are not about time.
    pub(crate) fn patient_store(&self) -> RedisStore {
        RedisStore::new(self.url()).and_then(|store| store.with_timeout(Duration::from_secs(5))).expect("valid")
    }

    async fn connect(&self) -> Option<MultiplexedConnection> {
        let client = redis::Client::open(self.url()).expect("a URL");
        let mut connection = client.get_multiplexed_async_connection().await.ok()?;
        redis::cmd("PING").query_async::<String>(&mut connection).await.ok()?;
        Some(connection)
    }

    /// Runs a command of the test's own.
    pub(crate) async fn query<T: redis::FromRedisValue>(&self, words: &[&str]) -> T {
        let mut connection = self.connect().await.expect("redis answers");
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]);
        command.query_async(&mut connection).await.expect("an answer")
    }

    /// A field of `INFO`.
    pub(crate) async fn info(&self, name: &str) -> String {
        let info: String = self.query(&["INFO", "everything"]).await;
        let prefix = format!("{name}:");
        info.lines().find_map(|line| line.trim_end().strip_prefix(&prefix).map(ToOwned::to_owned)).unwrap_or_default()
    }

    /// How often a command ran.
    pub(crate) async fn calls(&self, command: &str) -> u64 {
        let statistics = self.info(&format!("cmdstat_{command}")).await;
        let calls = statistics.split(',').next().and_then(|calls| calls.strip_prefix("calls="));
        calls.and_then(|calls| calls.parse().ok()).unwrap_or_default()
    }

    /// Makes this server's memory trustworthy from the beginning of time on, so that a test need not wait for it.
    pub(crate) async fn trust(&self, namespace: &Namespace) {
        let claims = ClaimBatch::new(namespace, &Window::BTAUTH, now()).into_call();
        for call in [claims, warm_up_sessions(namespace, now())] {
            let count = call.keys.len().to_string();
            let words = ["EVAL", call.script.source(), &count].into_iter();
            let words = words.chain(call.keys.iter().chain(&call.args).map(String::as_str)).collect::<Vec<_>>();
            self.query::<Vec<i64>>(&words).await;
            let epoch: String = self.query(&["GET", &call.keys[0]]).await;
            let (_, life) = epoch.split_once('|').expect("an epoch");
            self.query::<()>(&["SET", &call.keys[0], &format!("0|{life}")]).await;
        }
    }

    /// SIGKILL: nothing is saved, nobody is told.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().expect("a process of ours");
            process.wait().expect("a process of ours");
        }
    }

    /// SIGSTOP: connections stay open and nothing answers.
    pub(crate) fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    pub(crate) fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        let id = self.process.as_ref().map(Child::id).and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        kill_process(id.expect("it runs"), signal).expect("a process of ours");
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
