//! Storage keys as published, and those that recorded traffic carries.

use bittensor_auth::chain::StorageKey;
use bittensor_auth::key::{Coldkey, Hotkey};

const ALICE: &str = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";

#[test]
fn keys_are_the_published_ones() {
    let alice = Hotkey::from_ss58(ALICE).unwrap();
    let owner = Coldkey::from_ss58(ALICE).unwrap();
    let recorded = Hotkey::from_ss58("5DkzsviNQr4ZePXMmEfNPDcE7cQ9cVyepmQbgUw6YT3odcwh").unwrap();
    let blake = "de1e86a9a8c739864cf3cc5ec2bea59fd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d";
    let twox = "518366b5b1bc7c99d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d";
    for (key, item, arguments) in [
        (StorageKey::uids(1, &alice), "aab1b4e78e1ea8305462ee53b3686dc8", format!("0100{blake}")),
        (
            StorageKey::uids(23, &recorded),
            "aab1b4e78e1ea8305462ee53b3686dc8",
            "17003e9947bb89c47cd7ad643c5d30c0e6954af7598952f87683204a2a0c2266f941a74899bd69b0ce56e42a82820f689446"
                .into(),
        ),
        (StorageKey::keys(1, 1_023), "9f99a2ce711f3a31b2fc05604c93f179", "0100ff03".into()),
        (StorageKey::owner(&alice), "eca6b7a1fdc9f689184ecb4f359c0518", blake.into()),
        (StorageKey::owned_hotkeys(&owner), "882f0d11afa27a40918e90f095800125", blake.into()),
        (StorageKey::is_network_member(&alice, 1), "ea6aa4e81a33d2c120ef55203e0eb560", format!("{blake}0100")),
        (StorageKey::validator_permit(1), "56af5b07ace59da2c9d7f0d48bc93143", "0100".into()),
        (StorageKey::last_update(1), "696e262a16e52255a69d8acd79354146", "0100".into()),
        (StorageKey::subnetwork_n(1), "a1048e9d244171852dfe8db314dc68ca", "0100".into()),
        (StorageKey::networks_added(1), "0e30450fc4d507a846032a7fa65d9a43", "0100".into()),
        (StorageKey::network_registered_at(1), "271d29b9b717ce3d8c571f1cbc180fa2", "0100".into()),
        (StorageKey::tempo(1), "7641384bb339f3758acddfd7053d3317", "0100".into()),
        (StorageKey::subnet_owner_hotkey(1), "68b7553499633fe05caf4d8a51aefe5c", "0100".into()),
        (StorageKey::subnet_owner(1), "36e3e82152c8758267395fe524fbbd16", "0100".into()),
        (StorageKey::last_hotkey_swap(1, &owner), "4415bf51b98c975c834afe9f5e33bd4f", format!("0100{blake}")),
        (StorageKey::coldkey_swap_announcement(&owner), "22728d437b9d3b8c63d994de955b15af", twox.into()),
        (StorageKey::coldkey_swap_dispute(&owner), "76186cfb3064f06480e4a48060032c0c", twox.into()),
        (StorageKey::mechanism_count(1), "604fb97037feb8522bf37d42d54fa6e9", "f1577fbf1d628fdd0100".into()),
    ] {
        assert_eq!(key.to_string(), format!("0x658faa385070e074c85bf6b568cf0555{item}{arguments}"));
    }
    let timestamp = "0xf0c365c3cf59d671eb72da0e7a4113c49f1f0515f462cdcf84e0f1d6045dfcbb";
    assert_eq!(StorageKey::timestamp().to_string(), timestamp);
}
