//! Snapshots of a subnet: one view that is swapped as a whole, what changed, and single hotkeys.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bittensor_auth::key::{Coldkey, Hotkey};
use bittensor_auth::registry::{self, FreshnessLimits, Rao, UidChange, WantedRead};
use pyo3::prelude::*;

use crate::convert::{instant, seconds};
use crate::error::{Failure, Reason};

/// A subnet and its members at one finalized block. Never changed.
#[pyclass(frozen, module = "bittensor_auth", eq)]
#[derive(PartialEq)]
pub(crate) struct Snapshot(pub(crate) Arc<registry::Snapshot>);

#[pymethods]
impl Snapshot {
    /// Reads the published form (spec/05 §8); raises `snapshot_invalid` for anything else.
    #[staticmethod]
    fn from_json(py: Python<'_>, document: &[u8]) -> Result<Self, Failure> {
        Ok(Self(Arc::new(py.detach(|| registry::Snapshot::from_json(document))?)))
    }

    /// The published form.
    fn to_json(&self, py: Python<'_>) -> String {
        py.detach(|| self.0.to_json())
    }

    /// Which subnet.
    #[getter]
    fn netuid(&self) -> u16 {
        self.0.facts().netuid
    }

    /// The number of its block.
    #[getter]
    fn block(&self) -> u64 {
        self.0.block().number
    }

    /// The hash of its block.
    #[getter]
    fn block_hash(&self) -> [u8; 32] {
        self.0.block().hash
    }

    /// When it was asked for, in Unix nanoseconds.
    #[getter]
    fn fetched_at(&self) -> u64 {
        self.0.facts().fetched_at.as_nanos()
    }

    /// The runtime's version at its block.
    #[getter]
    fn spec_version(&self) -> u32 {
        self.0.facts().spec_version
    }

    /// The members, sorted by public key.
    #[getter]
    fn neurons(&self) -> Vec<Neuron> {
        self.0.neurons().iter().copied().map(Neuron).collect()
    }

    /// The member with this SS58 address.
    fn neuron(&self, hotkey: &str) -> Result<Option<Neuron>, Failure> {
        Ok(self.0.neuron(&Hotkey::from_ss58(hotkey)?).copied().map(Neuron))
    }

    fn __len__(&self) -> usize {
        self.0.neurons().len()
    }

    fn __repr__(&self) -> String {
        format!("Snapshot(netuid={}, block={}, {} neurons)", self.netuid(), self.block(), self.__len__())
    }
}

/// One member of a subnet.
#[pyclass(frozen, module = "bittensor_auth", eq)]
#[derive(PartialEq)]
pub(crate) struct Neuron(registry::Neuron);

#[pymethods]
impl Neuron {
    /// Its place; it changes hands.
    #[getter]
    fn uid(&self) -> u16 {
        self.0.uid
    }

    /// Its SS58 address.
    #[getter]
    fn hotkey(&self) -> String {
        self.0.hotkey.to_ss58()
    }

    /// The SS58 address of its owner; `None` for nobody.
    #[getter]
    fn coldkey(&self) -> Option<String> {
        self.0.coldkey.as_ref().map(Coldkey::to_ss58)
    }

    /// Whether it has a validator permit, as of the last epoch.
    #[getter]
    fn permit(&self) -> bool {
        self.0.permit
    }

    /// Whether it set weights within the activity cutoff.
    #[getter]
    fn active(&self) -> bool {
        self.0.active
    }

    /// Total stake in rao; `None` if the source does not say.
    #[getter]
    fn total(&self) -> Option<u64> {
        self.0.total.map(|Rao(rao)| rao)
    }

    /// Alpha after delegation, in rao.
    #[getter]
    fn alpha(&self) -> Option<u64> {
        self.0.alpha.map(|Rao(rao)| rao)
    }

    /// TAO on the root network after delegation, in rao.
    #[getter]
    fn tao(&self) -> Option<u64> {
        self.0.tao.map(|Rao(rao)| rao)
    }

    /// Alpha on the hotkey itself, in rao.
    #[getter]
    fn own_alpha(&self) -> Option<u64> {
        self.0.own_alpha.map(|Rao(rao)| rao)
    }

    /// The block at which it got its uid.
    #[getter]
    fn registered_at(&self) -> Option<u64> {
        self.0.registered_at
    }

    /// The block at which it last set weights.
    #[getter]
    fn last_update(&self) -> Option<u64> {
        self.0.last_update
    }
}

/// What is known of a hotkey's membership at one moment.
#[pyclass(frozen, module = "bittensor_auth")]
pub(crate) struct Lookup {
    /// `"registered"`, `"not_registered"` or `"unknown"`.
    #[pyo3(get)]
    answer: &'static str,
    /// The member.
    #[pyo3(get)]
    neuron: Option<Py<Neuron>>,
}

/// One moment's knowledge of a subnet; a registry puts a new one in its place.
#[pyclass(frozen, module = "bittensor_auth")]
#[derive(Clone)]
pub(crate) struct SubnetView(pub(crate) Arc<registry::SubnetView>);

#[pymethods]
impl SubnetView {
    /// Nothing is known yet. Limits in seconds; without `soft` the core's, or `hard` if that is less.
    #[staticmethod]
    #[pyo3(signature = (*, soft = None, hard = None))]
    fn empty(soft: Option<f64>, hard: Option<f64>) -> Result<Self, Failure> {
        let default = FreshnessLimits::DEFAULT;
        let hard = hard.map_or(Ok(default.hard()), |value| seconds("max_age", value))?;
        let soft = soft.map_or(Ok(default.soft().min(hard)), |value| seconds("soft limit", value))?;
        Ok(Self(Arc::new(registry::SubnetView::empty(FreshnessLimits::new(soft, hard)?))))
    }

    /// The view after a snapshot was read.
    fn with_snapshot(&self, snapshot: &Snapshot) -> Self {
        Self(Arc::new(self.0.with_snapshot(Arc::clone(&snapshot.0))))
    }

    /// The view after reading failed.
    fn with_trouble(&self, trouble: &Reason) -> Self {
        Self(Arc::new(self.0.with_trouble(trouble.0.clone())))
    }

    /// The last snapshot, however old.
    #[getter]
    fn snapshot(&self) -> Option<Snapshot> {
        self.0.snapshot().map(|snapshot| Snapshot(Arc::clone(snapshot)))
    }

    /// The code and the sentence of the last failed reading; `None` when the last one was good.
    #[getter]
    fn trouble(&self) -> Option<(&'static str, String)> {
        self.0.trouble().map(|error| (error.code().as_str(), error.message().to_owned()))
    }

    /// `fresh`, `degraded`, `expired`, `never`, `unsupported` or `replaced` at `now`, in Unix nanoseconds.
    fn freshness(&self, now: u64) -> &'static str {
        self.0.freshness(instant(now)).as_str()
    }

    /// Seconds since the facts held; `None` when nothing was read.
    fn age(&self, now: u64) -> Option<f64> {
        self.0.age(instant(now)).as_ref().map(Duration::as_secs_f64)
    }

    /// Raises `registry_unavailable` with the reason unless the facts can be used.
    fn check(&self, now: u64) -> Result<(), Failure> {
        Ok(self.0.usable(instant(now)).map(drop)?)
    }

    /// What is known of an SS58 address.
    fn lookup(&self, py: Python<'_>, hotkey: &str, now: u64) -> PyResult<Lookup> {
        let hotkey = Hotkey::from_ss58(hotkey).map_err(Failure::from)?;
        Ok(match self.0.lookup(&hotkey, instant(now)) {
            registry::Lookup::Registered(neuron) => {
                Lookup { answer: "registered", neuron: Some(Py::new(py, Neuron(*neuron))?) }
            }
            registry::Lookup::NotRegistered => Lookup { answer: "not_registered", neuron: None },
            registry::Lookup::Unknown(_) => Lookup { answer: "unknown", neuron: None },
        })
    }
}

/// What changed from one snapshot to the next, by SS58 address.
#[pyclass(frozen, module = "bittensor_auth")]
pub(crate) struct SnapshotDiff(pub(crate) registry::SnapshotDiff);

type Changes = Vec<(u16, String, String)>;

#[pymethods]
impl SnapshotDiff {
    /// What changed between two snapshots.
    #[staticmethod]
    fn between(old: &Snapshot, new: &Snapshot) -> Self {
        Self(registry::SnapshotDiff::between(&old.0, &new.0))
    }

    /// Whether the netuid belongs to another subnet now.
    #[getter]
    fn other_subnet(&self) -> bool {
        self.0.other_subnet
    }

    /// Who came.
    #[getter]
    fn joined(&self) -> Vec<String> {
        addresses(&self.0.joined)
    }

    /// Who is no member any more; those that were swapped or replaced too.
    #[getter]
    fn left(&self) -> Vec<String> {
        addresses(&self.0.left)
    }

    /// Uid, old and new hotkey where the same owner took another key.
    #[getter]
    fn swapped(&self) -> Changes {
        changes(&self.0.swapped)
    }

    /// Uid, old and new hotkey where somebody else got the uid.
    #[getter]
    fn replaced(&self) -> Changes {
        changes(&self.0.replaced)
    }

    /// Who got a permit.
    #[getter]
    fn permit_gained(&self) -> Vec<String> {
        addresses(&self.0.permit_gained)
    }

    /// Who lost it.
    #[getter]
    fn permit_lost(&self) -> Vec<String> {
        addresses(&self.0.permit_lost)
    }

    /// Hotkey, old and new owner.
    #[getter]
    fn owner_changed(&self) -> Vec<(String, Option<String>, Option<String>)> {
        let owner = |coldkey: Option<Coldkey>| coldkey.as_ref().map(Coldkey::to_ss58);
        self.0
            .owner_changed
            .iter()
            .map(|change| (change.hotkey.to_ss58(), owner(change.old), owner(change.new)))
            .collect()
    }
}

fn addresses(hotkeys: &[Hotkey]) -> Vec<String> {
    hotkeys.iter().map(Hotkey::to_ss58).collect()
}

fn changes(changes: &[UidChange]) -> Changes {
    changes.iter().map(|change| (change.uid, change.old.to_ss58(), change.new.to_ss58())).collect()
}

/// What a node said of one hotkey.
#[pyclass(frozen, module = "bittensor_auth._core")]
pub(crate) struct PointRead(pub(crate) registry::PointRead);

/// Decides when a hotkey is read by itself.
#[pyclass(frozen, module = "bittensor_auth._core")]
pub(crate) struct PointReads(Mutex<registry::PointReads>);

#[pymethods]
impl PointReads {
    #[new]
    fn new() -> Self {
        Self(Mutex::new(registry::PointReads::new()))
    }

    /// `("known", read)`, `("none", None)` or `("read", None)`.
    fn want(&self, hotkey: &crate::keys::Hotkey, view: &SubnetView, now: u64) -> (&'static str, Option<PointRead>) {
        match self.lock().want(&hotkey.0, &view.0, instant(now)) {
            WantedRead::Known(read) => ("known", Some(PointRead(*read))),
            WantedRead::None => ("none", None),
            WantedRead::Read => ("read", None),
        }
    }

    /// Remembers an answer.
    fn put(&self, read: &PointRead, now: u64) {
        self.lock().put(read.0, instant(now));
    }

    /// Remembers that there was no answer.
    fn failed(&self, hotkey: &crate::keys::Hotkey, now: u64) {
        self.lock().failed(&hotkey.0, instant(now));
    }
}

impl PointReads {
    fn lock(&self) -> std::sync::MutexGuard<'_, registry::PointReads> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
