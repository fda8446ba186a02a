//! One connection on which everything that arrives together travels together.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ::redis::aio::ConnectionLike;
use ::redis::{ErrorKind, RedisResult};
use metrics::{counter, histogram};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Timeout, timeout};

use super::trip::{Job, Trip};
use crate::telemetry::{STORE_ERRORS, STORE_SECONDS};

/// Most jobs of one round trip. A script holds the server up for about 10 µs for each claim.
const MAX_JOBS: usize = 256;
/// How long it may take to connect: to find out that some Sentinels are gone takes a second for each.
const DIAL_LIMIT: Duration = Duration::from_secs(4);

type Inbox = mpsc::UnboundedReceiver<Job>;
type Spawn = dyn Fn(Inbox, Duration) + Send + Sync;

/// Sends what is waiting in one round trip at a time; whoever comes meanwhile shares the next one.
///
/// Nobody waits longer than the time-out. A connection whose answer is late is given up, and the next round trip opens a
/// new one: it may be half dead, or lead to a server that is no longer the primary. To connect may take longer than one
/// operation, so each round trip goes on with that where the one before it gave up.
#[derive(Clone)]
pub(super) struct Wire {
    spawn: Arc<Spawn>,
    /// The task that has the connection; it ends with its runtime.
    task: Arc<Mutex<Option<mpsc::UnboundedSender<Job>>>>,
    timeout: Duration,
}

impl Wire {
    pub(super) fn new<C, F>(connect: impl Fn() -> F + Send + Sync + 'static, timeout: Duration) -> Self
    where
        C: ConnectionLike + Clone + Send + Sync + 'static,
        F: Future<Output = RedisResult<C>> + Send + 'static,
    {
        let connect = Arc::new(connect);
        let spawn = move |inbox: Inbox, timeout: Duration| {
            let connect = Arc::clone(&connect);
            tokio::spawn(run(inbox, timeout, move || connect()));
        };
        Self { spawn: Arc::new(spawn), task: Arc::default(), timeout }
    }

    pub(super) fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, task: Arc::default(), ..self }
    }

    /// Sends a job. `None`: there was no answer in time, or none that can be read.
    pub(super) async fn send<T>(&self, job: impl FnOnce(oneshot::Sender<T>) -> Job) -> Option<T> {
        let began = Instant::now();
        let (reply, answer) = oneshot::channel();
        self.enqueue(job(reply));
        let (answer, outcome) = match timeout(self.timeout, answer).await {
            Ok(Ok(answer)) => (Some(answer), "answered"),
            Ok(Err(_)) => (None, "failed"),
            Err(_) => (None, "timeout"),
        };
        histogram!(STORE_SECONDS, "store" => "redis", "outcome" => outcome).record(began.elapsed());
        if answer.is_none() {
            counter!(STORE_ERRORS, "store" => "redis").increment(1);
        }
        answer
    }

    fn enqueue(&self, job: Job) {
        let mut task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        let job = match &*task {
            Some(running) => match running.send(job) {
                Ok(()) => return,
                Err(returned) => returned.0,
            },
            None => job,
        };
        let (sender, inbox) = mpsc::unbounded_channel();
        (self.spawn)(inbox, self.timeout);
        // If the new task is gone as well, so is the job, and whoever waits for it is told that there is no answer.
        let _ = sender.send(job);
        *task = Some(sender);
    }
}

/// Ends when nobody can send any more.
async fn run<C, F>(mut inbox: Inbox, limit: Duration, connect: impl Fn() -> F)
where
    C: ConnectionLike + Clone + Send + Sync,
    F: Future<Output = RedisResult<C>>,
{
    let mut connection = None;
    let mut dialing = None;
    let mut line = None;
    while let Some(job) = inbox.recv().await {
        let mut trip = Trip::default();
        trip.board(job);
        while trip.len() < MAX_JOBS {
            let Ok(job) = inbox.try_recv() else { break };
            trip.board(job);
        }
        if trip.len() == 0 {
            continue;
        }
        let flight = async {
            let open = match connection.take() {
                Some(open) => open,
                None => dial(&mut dialing, &connect).await?,
            };
            trip.fly(&open, &mut line).await.map(|()| open)
        };
        match timeout(limit, flight).await {
            Ok(Ok(open)) => connection = Some(open),
            Ok(Err(error)) => {
                tracing::warn!(target: "bittensor_auth", reason = error.category(), "redis did not answer");
            }
            Err(_) => tracing::warn!(target: "bittensor_auth", reason = "time-out", "redis did not answer"),
        }
    }
}

async fn dial<C, F>(dialing: &mut Option<Pin<Box<Timeout<F>>>>, connect: &impl Fn() -> F) -> RedisResult<C>
where
    F: Future<Output = RedisResult<C>>,
{
    let attempt = dialing.get_or_insert_with(|| Box::pin(timeout(DIAL_LIMIT, connect())));
    let dialled = attempt.as_mut().await;
    *dialing = None;
    dialled.unwrap_or_else(|_| Err((ErrorKind::Io, "to connect took too long").into()))
}
