//! Reading a subnet: which calls to make, what their answers mean, and when to ask whom.

use std::sync::{Arc, Mutex, PoisonError};

use bittensor_auth::chain::{self, EndpointKind, Network, ReadStep, SubnetTarget};
use bittensor_auth::error::{Error, ErrorCode};
use bittensor_auth::registry::SwapScope;
use pyo3::prelude::*;

use crate::convert::{instant, seconds};
use crate::error::{Failure, Reason};
use crate::registry::{PointRead, Snapshot, SnapshotDiff};

/// The public endpoints of a chain that has a name; raises `invalid_configuration` for one that is not known.
#[pyfunction]
pub(crate) fn network_endpoints(name: &str) -> Result<Vec<&'static str>, Failure> {
    Ok(network(name)?.endpoints.to_vec())
}

fn network(name: &str) -> Result<Network, Error> {
    Network::named(name).ok_or_else(|| invalid("network: expected finney, local or test"))
}

fn invalid(detail: &'static str) -> Error {
    Error::new(ErrorCode::InvalidConfiguration).detail(detail)
}

/// Makes the plans for one subnet and judges what they found.
#[pyclass(frozen, module = "bittensor_auth._core")]
pub(crate) struct SubnetReader(Mutex<chain::SubnetReader>);

#[pymethods]
impl SubnetReader {
    /// `genesis`: 32 bytes, for a chain that has no name of its own here.
    #[new]
    #[pyo3(signature = (network, netuid, *, genesis = None, registered_at = None, swaps = None))]
    fn new(
        network: &str,
        netuid: u16,
        genesis: Option<[u8; 32]>,
        registered_at: Option<u64>,
        swaps: Option<&str>,
    ) -> Result<Self, Failure> {
        let mut target = SubnetTarget::new(self::network(network)?, netuid);
        if let Some(genesis) = genesis {
            target = target.with_genesis(genesis);
        }
        if let Some(block) = registered_at {
            target = target.registered_at(block);
        }
        target = match swaps {
            None => target,
            Some("nobody") => target.with_swaps(SwapScope::Nobody),
            Some("owner") => target.with_swaps(SwapScope::Owner),
            Some("everyone") => target.with_swaps(SwapScope::Everyone),
            Some(_) => return Err(invalid("swaps: expected nobody, owner or everyone").into()),
        };
        Ok(Self(Mutex::new(chain::SubnetReader::new(target))))
    }

    /// The calls for the next snapshot.
    fn snapshot_plan(&self, now: u64) -> SnapshotPlan {
        SnapshotPlan(Mutex::new(Some(self.lock().snapshot_plan(instant(now)))))
    }

    /// The calls for one hotkey; `None` before the first snapshot.
    fn point_plan(&self, hotkey: &crate::keys::Hotkey, now: u64) -> Option<PointPlan> {
        self.lock().point_plan(hotkey.0, instant(now)).map(|plan| PointPlan(Mutex::new(plan)))
    }

    /// Takes what a finished plan found: the snapshot, and what changed since the one before.
    fn accept(&self, py: Python<'_>, plan: &SnapshotPlan) -> Result<(Snapshot, Option<SnapshotDiff>), Failure> {
        let plan = plan.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let plan = plan.ok_or(ErrorCode::ChainUnreachable)?;
        Ok(parts(py.detach(|| self.lock().accept(plan))?))
    }

    /// Takes a snapshot from anywhere else.
    fn adopt(&self, snapshot: &Snapshot) -> Result<(Snapshot, Option<SnapshotDiff>), Failure> {
        Ok(parts(self.lock().adopt(snapshot.0.as_ref().clone())?))
    }

    /// An operator says that the subnet that got the netuid at this block is the right one.
    fn confirm_subnet(&self, registered_at: u64) {
        self.lock().confirm_subnet(registered_at);
    }
}

impl SubnetReader {
    fn lock(&self) -> std::sync::MutexGuard<'_, chain::SubnetReader> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn parts(read: chain::SnapshotRead) -> (Snapshot, Option<SnapshotDiff>) {
    (Snapshot(Arc::clone(&read.snapshot)), read.diff.map(SnapshotDiff))
}

/// One JSON-RPC call.
#[pyclass(frozen, module = "bittensor_auth._core")]
pub(crate) struct RpcCall(chain::RpcCall);

#[pymethods]
impl RpcCall {
    /// The method.
    #[getter]
    fn method(&self) -> &'static str {
        self.0.method
    }

    /// The whole JSON-RPC 2.0 request.
    fn body(&self, id: u64) -> String {
        self.0.body(id)
    }
}

/// What came back for one call.
#[pyclass(frozen, module = "bittensor_auth._core")]
pub(crate) struct RpcAnswer(chain::RpcAnswer);

#[pymethods]
impl RpcAnswer {
    /// An HTTP answer: status, seconds of `Retry-After` if there are any, body.
    #[staticmethod]
    fn from_http(py: Python<'_>, status: u16, retry_after: Option<u64>, body: &[u8]) -> Self {
        Self(py.detach(|| chain::RpcAnswer::from_http(status, retry_after, body)))
    }

    /// A WebSocket message.
    #[staticmethod]
    fn from_message(py: Python<'_>, body: &[u8]) -> Self {
        Self(py.detach(|| chain::RpcAnswer::from_message(body)))
    }

    /// A WebSocket that was closed, with the code of its close frame if there was one.
    #[staticmethod]
    fn closed(code: Option<u16>) -> Self {
        Self(chain::RpcAnswer::closed(code))
    }

    /// No answer.
    #[staticmethod]
    fn unreachable() -> Self {
        Self(chain::RpcAnswer::unreachable())
    }

    /// The `id` of a JSON-RPC response.
    #[staticmethod]
    fn id_of(body: &[u8]) -> Option<u64> {
        chain::RpcAnswer::id_of(body)
    }
}

/// The calls for one snapshot, one after the other.
#[pyclass(frozen, module = "bittensor_auth._core")]
pub(crate) struct SnapshotPlan(Mutex<Option<chain::SnapshotPlan>>);

#[pymethods]
impl SnapshotPlan {
    /// The call to make now; `None` when there is nothing more to ask.
    fn call(&self) -> Option<RpcCall> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).as_ref()?.call().map(RpcCall)
    }

    /// Takes the answer to the call.
    fn answer(&self, py: Python<'_>, answer: &RpcAnswer, now: u64) -> Result<(), Failure> {
        let now = instant(now);
        py.detach(|| {
            let mut plan = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let plan = plan.as_mut().ok_or(ErrorCode::ChainUnreachable)?;
            plan.answer(&answer.0, now).map_err(|error| Failure::at(error, now))
        })
    }
}

/// The calls for one hotkey.
#[pyclass(frozen, module = "bittensor_auth._core")]
pub(crate) struct PointPlan(Mutex<chain::PointPlan>);

#[pymethods]
impl PointPlan {
    /// The call to make now; `None` when there is nothing more to ask.
    fn call(&self) -> Option<RpcCall> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).call().map(RpcCall)
    }

    /// Takes the answer to the call.
    fn answer(&self, answer: &RpcAnswer, now: u64) -> Result<(), Failure> {
        let now = instant(now);
        let mut plan = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        plan.answer(&answer.0, now).map_err(|error| Failure::at(error, now))
    }

    /// What was found; `None` before the last answer.
    fn read(&self) -> Option<PointRead> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).read().map(PointRead)
    }
}

/// When to read, and from which endpoint.
#[pyclass(frozen, module = "bittensor_auth._core")]
pub(crate) struct ReadSchedule(Mutex<chain::ReadSchedule>);

#[pymethods]
impl ReadSchedule {
    /// `endpoints`: `"own"` or `"public"` for each. `interval`: seconds; the core's if there is none.
    #[new]
    #[pyo3(signature = (endpoints, *, interval = None))]
    fn new(endpoints: Vec<String>, interval: Option<f64>) -> Result<Self, Failure> {
        let kind = |word: &String| if word == "own" { EndpointKind::Own } else { EndpointKind::Public };
        let interval = interval.map_or(Ok(chain::ReadSchedule::INTERVAL), |value| seconds("interval", value))?;
        Ok(Self(Mutex::new(chain::ReadSchedule::new(endpoints.iter().map(kind), interval)?)))
    }

    /// `("read", index of the endpoint)` or `("wait", until)`.
    fn next(&self, now: u64) -> (&'static str, u64) {
        match self.lock().next(instant(now)) {
            ReadStep::Read(index) => ("read", index as u64),
            ReadStep::Wait(until) => ("wait", until.as_nanos()),
            _ => ("wait", u64::MAX),
        }
    }

    /// A reading was believed.
    #[pyo3(signature = (now, *, jitter = None))]
    fn succeeded(&self, now: u64, jitter: Option<u64>) {
        self.lock().succeeded(instant(now), jitter.unwrap_or_else(crate::signing::random));
    }

    /// A reading failed, or was not believed.
    #[pyo3(signature = (reason, now, *, jitter = None))]
    fn failed(&self, reason: &Reason, now: u64, jitter: Option<u64>) {
        self.lock().failed(&reason.0, instant(now), jitter.unwrap_or_else(crate::signing::random));
    }
}

impl ReadSchedule {
    fn lock(&self) -> std::sync::MutexGuard<'_, chain::ReadSchedule> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
