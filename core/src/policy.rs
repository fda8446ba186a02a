//! Who may call, once it is known who calls (`spec/05` will add the subnet's facts).

use std::collections::HashSet;

use crate::error::{Error, ErrorCode};
use crate::key::Hotkey;
use crate::request::{Admitted, Verified};

/// Which hotkeys are welcome. Evaluated after the signature and before the replay claim, and on every session request.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    allowed: Option<HashSet<Hotkey>>,
    denied: HashSet<Hotkey>,
}

impl Policy {
    /// Welcomes every hotkey that proved itself.
    #[must_use]
    pub fn any_hotkey() -> Self {
        Self::default()
    }

    /// Welcomes these hotkeys only.
    #[must_use]
    pub fn hotkeys(hotkeys: impl IntoIterator<Item = Hotkey>) -> Self {
        Self { allowed: Some(hotkeys.into_iter().collect()), ..Self::default() }
    }

    /// Refuses these hotkeys, whatever else holds.
    #[must_use]
    pub fn deny(mut self, hotkeys: impl IntoIterator<Item = Hotkey>) -> Self {
        self.denied.extend(hotkeys);
        self
    }

    /// Decides on a verified request.
    ///
    /// # Errors
    /// [`ErrorCode::HotkeyDenied`] or [`ErrorCode::HotkeyNotAllowed`], both 403.
    pub fn admit(&self, verified: Verified) -> Result<Admitted, Error> {
        self.check(&verified.hotkey_for_policy())?;
        Ok(verified.admit())
    }

    /// Decides on the hotkey of a session.
    ///
    /// # Errors
    /// As [`Policy::admit`].
    pub fn check(&self, hotkey: &Hotkey) -> Result<(), Error> {
        if self.denied.contains(hotkey) {
            return Err(ErrorCode::HotkeyDenied.into());
        }
        match &self.allowed {
            Some(allowed) if !allowed.contains(hotkey) => Err(ErrorCode::HotkeyNotAllowed.into()),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deny_wins_over_allow() {
        let [a, b, c] = [1, 2, 3].map(|byte| Hotkey::from_bytes([byte; 32]));
        let policy = Policy::hotkeys([a, b]).deny([b]);
        assert_eq!(policy.check(&a), Ok(()));
        assert_eq!(policy.check(&b).map_err(|e| e.code()), Err(ErrorCode::HotkeyDenied));
        assert_eq!(policy.check(&c).map_err(|e| e.code()), Err(ErrorCode::HotkeyNotAllowed));
        assert_eq!(Policy::any_hotkey().check(&c), Ok(()));
    }
}
