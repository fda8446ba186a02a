//! One member of a subnet.

use std::fmt;

use crate::error::{Error, ErrorCode};
use crate::key::{Coldkey, Hotkey};

/// An amount of stake: 10⁹ rao are one TAO or one alpha. Never a float.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Rao(pub u64);

impl Rao {
    /// Rao in one TAO.
    pub const PER_TAO: u64 = 1_000_000_000;

    /// This many whole TAO, or alpha; the largest amount when that does not fit.
    #[must_use]
    pub const fn from_tao(tao: u64) -> Self {
        Self(tao.saturating_mul(Self::PER_TAO))
    }
}

impl fmt::Display for Rao {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} rao", self.0)
    }
}

/// Which of a hotkey's stakes is meant (`spec/05 §3`). They differ by orders of magnitude.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum StakeKind {
    /// Alpha of the subnet, after delegation between parents and children.
    Alpha,
    /// Alpha on the hotkey itself, before delegation.
    OwnAlpha,
    /// TAO on the root network, after delegation.
    Tao,
    /// The stake weight that permits and consensus use: alpha and weighted TAO.
    #[default]
    Total,
}

impl StakeKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[Self::Alpha, Self::OwnAlpha, Self::Tao, Self::Total];

    /// The word in configurations, snapshots and messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Alpha => "alpha",
            Self::OwnAlpha => "own_alpha",
            Self::Tao => "tao",
            Self::Total => "total",
        }
    }

    /// Reads the exact lower-case word.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidConfiguration`].
    pub fn from_word(word: &str) -> Result<Self, Error> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == word).ok_or_else(|| {
            Error::new(ErrorCode::InvalidConfiguration)
                .detail("stake kind: expected one of alpha, own_alpha, tao, total")
        })
    }
}

impl fmt::Display for StakeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One registered hotkey. `None` means that the source of the facts does not say, never zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Neuron {
    /// Its place in the subnet; display data, for it can be given to somebody else at any block.
    pub uid: u16,
    /// The hotkey; never a weak key.
    pub hotkey: Hotkey,
    /// Who owns it; `None` for nobody.
    pub coldkey: Option<Coldkey>,
    /// Whether it held a validator permit at the last epoch.
    pub permit: bool,
    /// Whether it set weights within the activity cutoff; no condition for admission.
    pub active: bool,
    /// [`StakeKind::Total`].
    pub total: Option<Rao>,
    /// [`StakeKind::Alpha`].
    pub alpha: Option<Rao>,
    /// [`StakeKind::Tao`].
    pub tao: Option<Rao>,
    /// [`StakeKind::OwnAlpha`].
    pub own_alpha: Option<Rao>,
    /// The block at which it got its uid.
    pub registered_at: Option<u64>,
    /// The block at which it last set weights.
    pub last_update: Option<u64>,
}

impl Neuron {
    /// A member of which only its registration is known.
    #[must_use]
    pub const fn registered(uid: u16, hotkey: Hotkey, coldkey: Option<Coldkey>) -> Self {
        Self {
            uid,
            hotkey,
            coldkey,
            permit: false,
            active: false,
            total: None,
            alpha: None,
            tao: None,
            own_alpha: None,
            registered_at: None,
            last_update: None,
        }
    }

    /// The stake of one kind, if the source says.
    #[must_use]
    pub const fn stake(&self, kind: StakeKind) -> Option<Rao> {
        match kind {
            StakeKind::Alpha => self.alpha,
            StakeKind::OwnAlpha => self.own_alpha,
            StakeKind::Tao => self.tao,
            StakeKind::Total => self.total,
        }
    }
}
