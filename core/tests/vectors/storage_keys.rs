//! Where the chain keeps its values.

use bittensor_auth::chain::StorageKey;
use bittensor_auth::key::Coldkey;
use serde_json::Value;

use super::document::{Verdict, array, key, number, text, verdict};

pub(super) fn run(_: &Value, case: &Value) -> Vec<Verdict> {
    let small = |name| u16::try_from(number(case, name)).expect("16 bits");
    let netuid = || small("netuid");
    let hotkey = || key(case, "hotkey");
    let coldkey = || Coldkey::from_bytes(array(case, "coldkey"));
    let key = match text(case, "item") {
        "Uids" => StorageKey::uids(netuid(), &hotkey()),
        "Keys" => StorageKey::keys(netuid(), small("uid")),
        "Owner" => StorageKey::owner(&hotkey()),
        "OwnedHotkeys" => StorageKey::owned_hotkeys(&coldkey()),
        "IsNetworkMember" => StorageKey::is_network_member(&hotkey(), netuid()),
        "ValidatorPermit" => StorageKey::validator_permit(netuid()),
        "LastUpdate" => StorageKey::last_update(netuid()),
        "SubnetworkN" => StorageKey::subnetwork_n(netuid()),
        "NetworksAdded" => StorageKey::networks_added(netuid()),
        "NetworkRegisteredAt" => StorageKey::network_registered_at(netuid()),
        "Tempo" => StorageKey::tempo(netuid()),
        "SubnetOwnerHotkey" => StorageKey::subnet_owner_hotkey(netuid()),
        "SubnetOwner" => StorageKey::subnet_owner(netuid()),
        "LastHotkeySwapOnNetuid" => StorageKey::last_hotkey_swap(netuid(), &coldkey()),
        "ColdkeySwapAnnouncements" => StorageKey::coldkey_swap_announcement(&coldkey()),
        "ColdkeySwapDisputes" => StorageKey::coldkey_swap_dispute(&coldkey()),
        "MechanismCountCurrent" => StorageKey::mechanism_count(netuid()),
        item => panic!("nothing here knows the item {item}"),
    };
    vec![verdict(Ok([("key", hex::encode(key.as_bytes()).into())]))]
}
