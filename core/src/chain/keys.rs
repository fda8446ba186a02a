//! Storage keys: `twox128(pallet) ‖ twox128(item) ‖ hashed arguments` (`spec/05 §6`).

use std::fmt;

use blake2::digest::consts::U16;
use blake2::{Blake2b, Digest as _};
use twox_hash::XxHash64;

use crate::encoding::encode_hex;
use crate::key::{Coldkey, Hotkey};

const SUBTENSOR: &str = "SubtensorModule";

/// Where the chain keeps one value.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StorageKey(Vec<u8>);

impl StorageKey {
    /// `SubtensorModule.Uids`: the uid of a hotkey on a subnet, `u16`. The one proof of membership.
    #[must_use]
    pub fn uids(netuid: u16, hotkey: &Hotkey) -> Self {
        Self::of(SUBTENSOR, "Uids").netuid(netuid).blake2(hotkey.as_bytes())
    }

    /// `SubtensorModule.Keys`: the hotkey of a uid, 32 bytes.
    #[must_use]
    pub fn keys(netuid: u16, uid: u16) -> Self {
        Self::of(SUBTENSOR, "Keys").netuid(netuid).netuid(uid)
    }

    /// `SubtensorModule.Owner`: the coldkey of a hotkey, 32 bytes. It stays after deregistration.
    #[must_use]
    pub fn owner(hotkey: &Hotkey) -> Self {
        Self::of(SUBTENSOR, "Owner").blake2(hotkey.as_bytes())
    }

    /// `SubtensorModule.OwnedHotkeys`: the hotkeys of a coldkey, a list of 32 bytes each.
    #[must_use]
    pub fn owned_hotkeys(coldkey: &Coldkey) -> Self {
        Self::of(SUBTENSOR, "OwnedHotkeys").blake2(coldkey.as_bytes())
    }

    /// `SubtensorModule.IsNetworkMember`: `bool`, also stored when false. Proves nothing by being there.
    #[must_use]
    pub fn is_network_member(hotkey: &Hotkey, netuid: u16) -> Self {
        Self::of(SUBTENSOR, "IsNetworkMember").blake2(hotkey.as_bytes()).netuid(netuid)
    }

    /// `SubtensorModule.ValidatorPermit`: a list of `bool` by uid.
    #[must_use]
    pub fn validator_permit(netuid: u16) -> Self {
        Self::of(SUBTENSOR, "ValidatorPermit").netuid(netuid)
    }

    /// `SubtensorModule.LastUpdate`: a list of `u64` by uid.
    #[must_use]
    pub fn last_update(netuid: u16) -> Self {
        Self::of(SUBTENSOR, "LastUpdate").netuid(netuid)
    }

    /// `SubtensorModule.SubnetworkN`: how many members, `u16`.
    #[must_use]
    pub fn subnetwork_n(netuid: u16) -> Self {
        Self::of(SUBTENSOR, "SubnetworkN").netuid(netuid)
    }

    /// `SubtensorModule.NetworksAdded`: whether the subnet is there, `bool`.
    #[must_use]
    pub fn networks_added(netuid: u16) -> Self {
        Self::of(SUBTENSOR, "NetworksAdded").netuid(netuid)
    }

    /// `SubtensorModule.NetworkRegisteredAt`: since which block the netuid belongs to this subnet, `u64`.
    #[must_use]
    pub fn network_registered_at(netuid: u16) -> Self {
        Self::of(SUBTENSOR, "NetworkRegisteredAt").netuid(netuid)
    }

    /// `SubtensorModule.Tempo`: blocks between two epochs, `u16`.
    #[must_use]
    pub fn tempo(netuid: u16) -> Self {
        Self::of(SUBTENSOR, "Tempo").netuid(netuid)
    }

    /// `SubtensorModule.SubnetOwnerHotkey`: 32 bytes.
    #[must_use]
    pub fn subnet_owner_hotkey(netuid: u16) -> Self {
        Self::of(SUBTENSOR, "SubnetOwnerHotkey").netuid(netuid)
    }

    /// `SubtensorModule.SubnetOwner`: the owner's coldkey, 32 bytes.
    #[must_use]
    pub fn subnet_owner(netuid: u16) -> Self {
        Self::of(SUBTENSOR, "SubnetOwner").netuid(netuid)
    }

    /// `SubtensorModule.LastHotkeySwapOnNetuid`: when a coldkey last swapped a hotkey there, `u64`.
    #[must_use]
    pub fn last_hotkey_swap(netuid: u16, coldkey: &Coldkey) -> Self {
        Self::of(SUBTENSOR, "LastHotkeySwapOnNetuid").netuid(netuid).blake2(coldkey.as_bytes())
    }

    /// `SubtensorModule.ColdkeySwapAnnouncements`: from which block a swap may run, and a hash of the new key.
    #[must_use]
    pub fn coldkey_swap_announcement(coldkey: &Coldkey) -> Self {
        Self::of(SUBTENSOR, "ColdkeySwapAnnouncements").twox64(coldkey.as_bytes())
    }

    /// `SubtensorModule.ColdkeySwapDisputes`: since which block a swap is disputed, `u32`.
    #[must_use]
    pub fn coldkey_swap_dispute(coldkey: &Coldkey) -> Self {
        Self::of(SUBTENSOR, "ColdkeySwapDisputes").twox64(coldkey.as_bytes())
    }

    /// `SubtensorModule.MechanismCountCurrent`: `u8`.
    #[must_use]
    pub fn mechanism_count(netuid: u16) -> Self {
        Self::of(SUBTENSOR, "MechanismCountCurrent").twox64(&netuid.to_le_bytes())
    }

    /// `Timestamp.Now`: the time of the block in milliseconds, `u64`.
    #[must_use]
    pub fn timestamp() -> Self {
        Self::of("Timestamp", "Now")
    }

    /// The key of a plain value, and the beginning of the keys of a map.
    #[must_use]
    pub fn of(pallet: &str, item: &str) -> Self {
        Self([twox128(pallet.as_bytes()), twox128(item.as_bytes())].concat())
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    fn netuid(mut self, value: u16) -> Self {
        self.0.extend(value.to_le_bytes());
        self
    }

    fn blake2(mut self, account: &[u8]) -> Self {
        self.0.extend(Blake2b::<U16>::digest(account));
        self.0.extend(account);
        self
    }

    fn twox64(mut self, argument: &[u8]) -> Self {
        self.0.extend(XxHash64::oneshot(0, argument).to_le_bytes());
        self.0.extend(argument);
        self
    }
}

/// As it stands in JSON-RPC: `0x` and lowercase hex.
impl fmt::Display for StorageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{}", encode_hex(&self.0))
    }
}

impl fmt::Debug for StorageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StorageKey({self})")
    }
}

fn twox128(text: &[u8]) -> [u8; 16] {
    let [low, high] = [0, 1].map(|seed| XxHash64::oneshot(seed, text).to_le_bytes());
    let mut hash = [0; 16];
    hash[..8].copy_from_slice(&low);
    hash[8..].copy_from_slice(&high);
    hash
}
