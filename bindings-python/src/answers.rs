//! Storage keys and decoders by themselves: what the vectors and the recordings are checked with.

use bittensor_auth::chain::{Layout, SelectiveMetagraph, StorageKey, SubnetQuery, SubnetState, decode_neurons_lite};
use bittensor_auth::error::{Error, ErrorCode};
use bittensor_auth::key::{Coldkey, Hotkey, is_weak};
use bittensor_auth::registry::Rao;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};

use crate::error::Failure;

/// The storage key of one value. `hotkey`, `coldkey`: public keys.
#[pyfunction]
#[pyo3(signature = (item, *, netuid = None, uid = None, hotkey = None, coldkey = None))]
pub(crate) fn storage_key<'py>(
    py: Python<'py>,
    item: &str,
    netuid: Option<u16>,
    uid: Option<u16>,
    hotkey: Option<[u8; 32]>,
    coldkey: Option<[u8; 32]>,
) -> Result<Bound<'py, PyBytes>, Failure> {
    let missing =
        || Error::new(ErrorCode::InvalidConfiguration).detail("expected an item that is read, with its arguments");
    let netuid = || netuid.ok_or_else(missing);
    let uid = || uid.ok_or_else(missing);
    let hotkey = || hotkey.map(Hotkey::from_bytes).ok_or_else(missing);
    let coldkey = || coldkey.map(Coldkey::from_bytes).ok_or_else(missing);
    let key = match item {
        "Uids" => StorageKey::uids(netuid()?, &hotkey()?),
        "Keys" => StorageKey::keys(netuid()?, uid()?),
        "Owner" => StorageKey::owner(&hotkey()?),
        "OwnedHotkeys" => StorageKey::owned_hotkeys(&coldkey()?),
        "IsNetworkMember" => StorageKey::is_network_member(&hotkey()?, netuid()?),
        "ValidatorPermit" => StorageKey::validator_permit(netuid()?),
        "LastUpdate" => StorageKey::last_update(netuid()?),
        "SubnetworkN" => StorageKey::subnetwork_n(netuid()?),
        "NetworksAdded" => StorageKey::networks_added(netuid()?),
        "NetworkRegisteredAt" => StorageKey::network_registered_at(netuid()?),
        "Tempo" => StorageKey::tempo(netuid()?),
        "SubnetOwnerHotkey" => StorageKey::subnet_owner_hotkey(netuid()?),
        "SubnetOwner" => StorageKey::subnet_owner(netuid()?),
        "LastHotkeySwapOnNetuid" => StorageKey::last_hotkey_swap(netuid()?, &coldkey()?),
        "ColdkeySwapAnnouncements" => StorageKey::coldkey_swap_announcement(&coldkey()?),
        "ColdkeySwapDisputes" => StorageKey::coldkey_swap_dispute(&coldkey()?),
        "MechanismCountCurrent" => StorageKey::mechanism_count(netuid()?),
        _ => return Err(missing().into()),
    };
    Ok(PyBytes::new(py, key.as_bytes()))
}

/// What a runtime call answered: the subnet and its rows by uid. `kind`: `metagraph`, `subnet-state`, `neurons-lite` or
/// `layout`, which takes metadata.
#[pyfunction]
pub(crate) fn decode_answer<'py>(py: Python<'py>, kind: &str, answer: &[u8]) -> PyResult<Bound<'py, PyDict>> {
    let answer = match kind {
        "metagraph" => metagraph(py, answer),
        "subnet-state" => state(py, answer),
        "neurons-lite" => lite(py, answer),
        "layout" => layout(py, answer),
        _ => Err(Failure::from(ErrorCode::InvalidConfiguration).into()),
    }?;
    Ok(answer)
}

/// One list for each fact, in the order of uids.
struct Lists<'a> {
    hotkeys: &'a [[u8; 32]],
    coldkeys: &'a [[u8; 32]],
    flags: [&'a [bool]; 2],
    blocks: [&'a [u64]; 2],
    stakes: [&'a [u64]; 3],
}

impl Lists<'_> {
    fn members<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let members = PyList::empty(py);
        for uid in 0..self.hotkeys.len() {
            let row = PyDict::new(py);
            row.set_item("hotkey", known(py, &self.hotkeys[uid]))?;
            row.set_item("coldkey", known(py, &self.coldkeys[uid]))?;
            for (name, list) in ["active", "permit"].iter().zip(self.flags) {
                row.set_item(name, list[uid])?;
            }
            for (name, list) in ["last_update", "registered_at"].iter().zip(self.blocks) {
                row.set_item(name, list[uid])?;
            }
            for (name, list) in ["alpha", "tao", "total"].iter().zip(self.stakes) {
                row.set_item(name, list[uid])?;
            }
            members.append(row)?;
        }
        Ok(members)
    }
}

fn known<'py>(py: Python<'py>, key: &[u8; 32]) -> Option<Bound<'py, PyBytes>> {
    (!is_weak(key)).then(|| PyBytes::new(py, key))
}

fn not_asked_for() -> PyErr {
    let error =
        Error::new(ErrorCode::ChainAnswerInvalid).detail("the metagraph lacks a field that a snapshot is made of");
    Failure::from(error).into()
}

fn metagraph<'py>(py: Python<'py>, answer: &[u8]) -> PyResult<Bound<'py, PyDict>> {
    let found = PyDict::new(py);
    let Some(graph) = py.detach(|| SelectiveMetagraph::decode(answer)).map_err(Failure::from)? else {
        found.set_item("subnet", py.None())?;
        found.set_item("members", PyList::empty(py))?;
        return Ok(found);
    };
    let subnet = PyDict::new(py);
    subnet.set_item("netuid", graph.netuid)?;
    subnet.set_item("registered_at", graph.network_registered_at)?;
    subnet.set_item("owner_hotkey", graph.owner_hotkey.map(|key| PyBytes::new(py, key.as_bytes())))?;
    subnet.set_item("owner_coldkey", graph.owner_coldkey.map(|key| PyBytes::new(py, key.as_bytes())))?;
    subnet.set_item("block", graph.block)?;
    subnet.set_item("tempo", graph.tempo)?;
    subnet.set_item("last_epoch", graph.last_step)?;
    let lists = || {
        Some(Lists {
            hotkeys: graph.hotkeys.as_deref()?,
            coldkeys: graph.coldkeys.as_deref()?,
            flags: [graph.active.as_deref()?, graph.validator_permit.as_deref()?],
            blocks: [graph.last_update.as_deref()?, graph.block_at_registration.as_deref()?],
            stakes: [graph.alpha_stake.as_deref()?, graph.tao_stake.as_deref()?, graph.total_stake.as_deref()?],
        })
    };
    found.set_item("subnet", subnet)?;
    found.set_item("members", lists().ok_or_else(not_asked_for)?.members(py)?)?;
    Ok(found)
}

fn state<'py>(py: Python<'py>, answer: &[u8]) -> PyResult<Bound<'py, PyDict>> {
    let found = PyDict::new(py);
    let Some(state) = py.detach(|| SubnetState::decode(answer)).map_err(Failure::from)? else {
        found.set_item("netuid", py.None())?;
        found.set_item("members", PyList::empty(py))?;
        return Ok(found);
    };
    let lists = Lists {
        hotkeys: &state.hotkeys,
        coldkeys: &state.coldkeys,
        flags: [&state.active, &state.validator_permit],
        blocks: [&state.last_update, &state.block_at_registration],
        stakes: [&state.alpha_stake, &state.tao_stake, &state.total_stake],
    };
    found.set_item("netuid", state.netuid)?;
    found.set_item("members", lists.members(py)?)?;
    Ok(found)
}

fn lite<'py>(py: Python<'py>, answer: &[u8]) -> PyResult<Bound<'py, PyDict>> {
    let members = PyList::empty(py);
    for neuron in py.detach(|| decode_neurons_lite(answer)).map_err(Failure::from)? {
        let row = PyDict::new(py);
        row.set_item("hotkey", neuron.hotkey.map(|key| PyBytes::new(py, key.as_bytes())))?;
        row.set_item("coldkey", neuron.coldkey.map(|key| PyBytes::new(py, key.as_bytes())))?;
        row.set_item("active", neuron.active)?;
        row.set_item("permit", neuron.validator_permit)?;
        row.set_item("last_update", neuron.last_update)?;
        row.set_item("own_alpha", neuron.own_alpha.map(|Rao(rao)| rao))?;
        members.append(row)?;
    }
    let found = PyDict::new(py);
    found.set_item("members", members)?;
    Ok(found)
}

fn layout<'py>(py: Python<'py>, metadata: &[u8]) -> PyResult<Bound<'py, PyDict>> {
    let layout = py.detach(|| Layout::check(metadata)).map_err(Failure::from)?;
    let found = PyDict::new(py);
    found.set_item("query", if layout.query() == SubnetQuery::State { "subnet-state" } else { "metagraph" })?;
    found.set_item("has_swaps", layout.has_swaps())?;
    Ok(found)
}
