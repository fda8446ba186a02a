//! Chains that are known by name. Identity is the genesis hash alone: names are shared.

/// One chain: how to recognise it, and where it can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    /// Its name in configurations.
    pub name: &'static str,
    /// The hash of its first block; `None` where every chain has its own.
    pub genesis: Option<[u8; 32]>,
    /// Public endpoints, in the order in which they are tried.
    pub endpoints: &'static [&'static str],
}

impl Network {
    /// The main chain.
    pub const FINNEY: Self = Self {
        name: "finney",
        genesis: Some([
            0x2f, 0x05, 0x55, 0xcc, 0x76, 0xfc, 0x28, 0x40, 0xa2, 0x5a, 0x6e, 0xa3, 0xb9, 0x63, 0x71, 0x46, 0x80, 0x6f,
            0x1f, 0x44, 0xb0, 0x90, 0xc1, 0x75, 0xff, 0xde, 0x2a, 0x7e, 0x5a, 0xb3, 0x6c, 0x03,
        ]),
        endpoints: &[
            "wss://entrypoint-finney.opentensor.ai:443",
            "wss://lite.chain.opentensor.ai:443",
            "wss://lite.sub.latent.to:443",
        ],
    };
    /// The public test chain.
    pub const TEST: Self = Self {
        name: "test",
        genesis: Some([
            0x8f, 0x9c, 0xf8, 0x56, 0xbf, 0x55, 0x8a, 0x14, 0x44, 0x0e, 0x75, 0x56, 0x9c, 0x9e, 0x58, 0x59, 0x47, 0x57,
            0x04, 0x8d, 0x7b, 0x3a, 0x84, 0xb5, 0xd2, 0x5f, 0x6b, 0xd9, 0x78, 0x26, 0x31, 0x05,
        ]),
        endpoints: &["wss://test.finney.opentensor.ai:443"],
    };
    /// A chain on this machine: its genesis is kept from the first reading on.
    pub const LOCAL: Self = Self { name: "local", genesis: None, endpoints: &["ws://127.0.0.1:9944"] };
    /// Every chain that has a name.
    pub const ALL: &'static [Self] = &[Self::FINNEY, Self::LOCAL, Self::TEST];

    /// The chain of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|network| network.name == name).copied()
    }
}
