//! One round trip: what travels in it, and what becomes of the answers.

use std::sync::OnceLock;

use ::redis::aio::ConnectionLike;
use ::redis::{Cmd, ErrorKind, RedisError, RedisResult, Value};
use bittensor_auth::replay::{ClaimOutcome, ReplayClaim};
use bittensor_auth::session::ReadOutcome;
use bittensor_auth::store::{ClaimBatch, ClaimReply, Script, ScriptCall, SessionKeys};
use bittensor_auth::time::UnixNanos;
use futures_util::future::{join_all, join3};
use metrics::counter;
use tokio::sync::oneshot;

use super::{Scope, reply};
use crate::telemetry::REPLAY_EPOCHS;

/// What somebody waits for. A job whose reply is dropped gets no answer.
pub(super) enum Job {
    Claim { scope: Scope, claim: ReplayClaim, now: UnixNanos, reply: oneshot::Sender<ClaimOutcome> },
    Command(Command, oneshot::Sender<Value>),
    Info(oneshot::Sender<Value>),
    Read { keys: SessionKeys, reply: oneshot::Sender<ReadOutcome> },
}

pub(super) enum Command {
    Delete(String),
    Script(ScriptCall),
}

struct Claim {
    claim: ReplayClaim,
    reply: oneshot::Sender<ClaimOutcome>,
}

/// Jobs that travel together: all claims in one script call, all reads in one `MGET`.
#[derive(Default)]
pub(super) struct Trip {
    /// Whose the claims are, and the latest of their times.
    scope: Option<(Scope, UnixNanos)>,
    claims: Vec<Claim>,
    reads: Vec<(SessionKeys, oneshot::Sender<ReadOutcome>)>,
    commands: Vec<(Command, oneshot::Sender<Value>)>,
    infos: Vec<oneshot::Sender<Value>>,
}

impl Trip {
    /// Takes a job, unless whoever sent it gave up waiting.
    pub(super) fn board(&mut self, job: Job) {
        match job {
            Job::Claim { scope, claim, now, reply } if !reply.is_closed() => {
                let latest = self.scope.map_or(now, |(_, latest)| latest.max(now));
                self.scope = Some((scope, latest));
                self.claims.push(Claim { claim, reply });
            }
            Job::Command(command, reply) if !reply.is_closed() => self.commands.push((command, reply)),
            Job::Info(reply) if !reply.is_closed() => self.infos.push(reply),
            Job::Read { keys, reply } if !reply.is_closed() => self.reads.push((keys, reply)),
            _ => {}
        }
    }

    pub(super) fn len(&self) -> usize {
        self.claims.len() + self.reads.len() + self.commands.len() + self.infos.len()
    }

    /// Sends everything and hands out the answers. `line`: up to when the store knew nothing when it answered last.
    ///
    /// # Errors
    /// When the connection is not to be used again.
    pub(super) async fn fly<C>(self, connection: &C, line: &mut Option<UnixNanos>) -> RedisResult<()>
    where
        C: ConnectionLike + Clone + Send + Sync,
    {
        let Self { scope, claims, reads, commands, infos } = self;
        let claims = async {
            match scope {
                Some((scope, now)) => claim(connection.clone(), scope, now, claims, line).await,
                None => Ok(()),
            }
        };
        let others = async {
            let infos = async { if infos.is_empty() { Ok(()) } else { info(connection.clone(), infos).await } };
            let commands = join_all(commands.into_iter().map(|(command, to)| run(connection.clone(), command, to)));
            let (info, commands) = futures_util::future::join(infos, commands).await;
            commands.into_iter().fold(info, RedisResult::and)
        };
        let reads = async { if reads.is_empty() { Ok(()) } else { read(connection.clone(), reads).await } };
        let (claimed, read, other) = join3(claims, reads, others).await;
        claimed.and(read).and(other)
    }
}

async fn claim<C: ConnectionLike>(
    mut connection: C,
    Scope { namespace, window }: Scope,
    now: UnixNanos,
    claims: Vec<Claim>,
    line: &mut Option<UnixNanos>,
) -> RedisResult<()> {
    let mut batch = ClaimBatch::new(&namespace, &window, now);
    for waiting in &claims {
        batch.push(&namespace, &waiting.claim);
    }
    let reply = run_script(&mut connection, &batch.into_call()).await?;
    let reply = ClaimReply::new(reply.as_ref().map(reply::integers).unwrap_or_default());
    if let Some(ready_at) = reply.ready_at()
        && line.replace(ready_at) != Some(ready_at)
    {
        counter!(REPLAY_EPOCHS, "store" => "redis").increment(1);
        tracing::info!(target: "bittensor_auth", ready_at_ms = ready_at.as_millis(), "redis remembers from a new time on");
    }
    for (index, waiting) in claims.into_iter().enumerate() {
        let _ = waiting.reply.send(reply.outcome(index));
    }
    Ok(())
}

async fn read<C: ConnectionLike>(
    mut connection: C,
    reads: Vec<(SessionKeys, oneshot::Sender<ReadOutcome>)>,
) -> RedisResult<()> {
    let mut command = ::redis::cmd("MGET");
    for (keys, _) in &reads {
        command.arg(&keys.session).arg(&keys.generation);
    }
    if let Some(reply) = answer(&mut connection, &command).await?.known("MGET") {
        let outcomes = reply::sessions(&reply, reads.len());
        for ((_, to), outcome) in reads.into_iter().zip(outcomes) {
            let _ = to.send(outcome);
        }
    }
    Ok(())
}

/// One `INFO` for everybody who asked. A user who may not call it gets an answer that no check passes.
async fn info<C: ConnectionLike>(mut connection: C, waiting: Vec<oneshot::Sender<Value>>) -> RedisResult<()> {
    let info = answer(&mut connection, &::redis::cmd("INFO")).await?.known("INFO").unwrap_or(Value::Nil);
    for to in waiting {
        let _ = to.send(info.clone());
    }
    Ok(())
}

async fn run<C: ConnectionLike>(mut connection: C, command: Command, to: oneshot::Sender<Value>) -> RedisResult<()> {
    let reply = match command {
        Command::Delete(key) => answer(&mut connection, ::redis::cmd("DEL").arg(key)).await?.known("DEL"),
        Command::Script(call) => run_script(&mut connection, &call).await?,
    };
    if let Some(reply) = reply {
        let _ = to.send(reply);
    }
    Ok(())
}

/// Runs a script by its hash, and by its text where the server does not know it: nothing ran then. `None`: refused.
async fn run_script<C: ConnectionLike>(connection: &mut C, call: &ScriptCall) -> RedisResult<Option<Value>> {
    let by_hash = script_command("EVALSHA", hash(call.script), call);
    match answer(connection, &by_hash).await? {
        Answer::NoScript => {
            let by_text = script_command("EVAL", call.script.source(), call);
            Ok(answer(connection, &by_text).await?.known(call.script.name()))
        }
        answer => Ok(answer.known(call.script.name())),
    }
}

fn script_command(verb: &str, script: &str, call: &ScriptCall) -> Cmd {
    let mut command = ::redis::cmd(verb);
    command.arg(script).arg(call.keys.len()).arg(&call.keys).arg(&call.args);
    command
}

/// The name under which Redis knows a script.
fn hash(script: Script) -> &'static str {
    static HASHES: [OnceLock<String>; 3] = [const { OnceLock::new() }; 3];
    let index = Script::ALL.iter().position(|known| *known == script).unwrap_or_default();
    HASHES[index].get_or_init(|| ::redis::Script::new(script.source()).get_hash().to_owned())
}

/// What a server said.
enum Answer {
    Known(Value),
    NoScript,
    /// It is there and said no; the connection goes on.
    Refused(RedisError),
}

impl Answer {
    fn known(self, what: &'static str) -> Option<Value> {
        match self {
            Self::Known(value) => Some(value),
            Self::NoScript => None,
            Self::Refused(error) => {
                let code = error.code().unwrap_or("ERR");
                tracing::error!(target: "bittensor_auth", what, code, "redis refused");
                None
            }
        }
    }
}

async fn answer<C: ConnectionLike>(connection: &mut C, command: &Cmd) -> RedisResult<Answer> {
    use ::redis::ServerErrorKind::{NoScript, ReadOnly};

    let error = match connection.req_packed_command(command).await.and_then(Value::extract_error) {
        Ok(value) => return Ok(Answer::Known(value)),
        Err(error) => error,
    };
    match error.kind() {
        ErrorKind::Server(NoScript) => Ok(Answer::NoScript),
        // A primary that was made a replica keeps its connections open; the new one is found by connecting again. Redis
        // before 7 hides the code when a script ran into it.
        ErrorKind::Server(ReadOnly) => Err(error),
        ErrorKind::Server(_) if error.detail().is_some_and(|detail| detail.contains("READONLY")) => Err(error),
        ErrorKind::Server(_) | ErrorKind::Extension => Ok(Answer::Refused(error)),
        _ => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_have_the_hashes_of_the_standard() {
        let constants: serde_json::Value =
            serde_json::from_str(include_str!("../../../../spec/constants.json")).expect("JSON");
        let page = include_str!("../../../../spec/03-replay.md");
        for &script in Script::ALL {
            assert_eq!(constants["redis"]["scripts"][script.name()]["sha1"], hash(script), "{}", script.name());
            let row = page.lines().find(|line| line.starts_with(&format!("| {} | `", script.name())));
            assert!(row.is_some_and(|row| row.contains(hash(script))), "{} in spec/03", script.name());
        }
    }
}
