//! Where a wallet directory keeps a hotkey.

use std::path::{Component, Path, PathBuf};

use crate::error::{Error, ErrorCode};

/// The place of one hotkey under a wallet directory: `<root>/<wallet>/hotkeys/<hotkey>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalletPath {
    hotkey_file: PathBuf,
}

impl WalletPath {
    /// The hotkey with this name in the wallet with this name. `root` is taken as it is (usually
    /// `~/.bittensor/wallets`, expanded by the host); neither name can lead out of it.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidConfiguration`] for a name that is empty, `.` or `..`, or contains `/`, `\` or NUL.
    pub fn new(root: &Path, wallet: &str, hotkey: &str) -> Result<Self, Error> {
        check_name("wallet name", wallet)?;
        check_name("hotkey name", hotkey)?;
        Ok(Self { hotkey_file: root.join(wallet).join("hotkeys").join(hotkey) })
    }

    /// The file with the secret key.
    #[must_use]
    pub fn hotkey_file(&self) -> &Path {
        &self.hotkey_file
    }
}

/// Windows needs the second condition: there, joining `C:x` would leave the root.
fn check_name(which: &'static str, name: &str) -> Result<(), Error> {
    let is_one_component = || {
        let mut components = Path::new(name).components();
        matches!((components.next(), components.next()), (Some(Component::Normal(_)), None))
    };
    if !name.contains(['/', '\\', '\0']) && is_one_component() {
        return Ok(());
    }
    Err(Error::new(ErrorCode::InvalidConfiguration)
        .detail(format!("{which}: expected one file name, not empty, `.` or `..`, without `/`, `\\` and NUL")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hotkey_lies_under_its_wallet() {
        let path = WalletPath::new(Path::new("wallets"), "my wallet", "..hk.2").expect("plain names");
        assert_eq!(path.hotkey_file(), Path::new("wallets/my wallet/hotkeys/..hk.2"));
    }

    #[test]
    fn no_name_leads_out_of_the_root() {
        let names = ["", ".", "..", "/", "/etc", "a/b", "a/", "./a", "../a", "..\\a", "a\\b", "a\0b", "\0"];
        for name in names {
            for (wallet, hotkey, which) in [(name, "default", "wallet name"), ("default", name, "hotkey name")] {
                let error = WalletPath::new(Path::new("wallets"), wallet, hotkey).expect_err("refused");
                assert_eq!(error.code(), ErrorCode::InvalidConfiguration, "{name:?}");
                assert!(error.message().starts_with(which), "{name:?}");
            }
        }
    }
}
