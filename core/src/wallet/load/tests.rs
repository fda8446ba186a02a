use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

use super::*;

const FILE: &str = r#"{"secretSeed":"0x6fa2796b0071cac425d8a7851038318c2c37dcebfe4bae73197ce93e75909bd2"}"#;
const ADDRESS: &str = "5EHgWw2Af1pnoc7f1A8bfmM97W3DAYW8xr82RfhLL9oAabAe";

/// A wallet directory that is removed at the end of its test.
struct Root(PathBuf);

impl Root {
    /// One for the test of this name, with an empty wallet.
    fn new(test: &str) -> Self {
        let root = std::env::temp_dir().join(format!("btauth-wallet-{}-{test}", std::process::id()));
        fs::create_dir_all(root.join("alpha/hotkeys")).expect("a temporary directory");
        Self(root)
    }

    fn path(&self, hotkey: &str) -> WalletPath {
        WalletPath::new(&self.0, "alpha", hotkey).expect("plain names")
    }

    fn write(&self, hotkey: &str, bytes: &[u8], mode: u32) -> WalletPath {
        let path = self.path(hotkey);
        fs::write(path.hotkey_file(), bytes).expect("written");
        fs::set_permissions(path.hotkey_file(), fs::Permissions::from_mode(mode)).expect("mode set");
        path
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}

fn refusal(path: &WalletPath) -> (ErrorCode, String) {
    let error = load_hotkey(path).expect_err("a refusal");
    (error.code(), error.message().into())
}

#[test]
fn files_that_not_everybody_can_read_are_loaded() {
    let root = Root::new("modes");
    for mode in [0o600, 0o400, 0o640, 0o660] {
        let path = root.write("default", FILE.as_bytes(), mode);
        assert_eq!(load_hotkey(&path).expect("loads").hotkey().to_ss58(), ADDRESS, "{mode:o}");
        fs::remove_file(path.hotkey_file()).expect("removed");
    }
    for mode in [0o644, 0o604, 0o666, 0o755] {
        let path = root.write("default", FILE.as_bytes(), mode);
        assert_eq!(refusal(&path).0, ErrorCode::KeyfilePermissions, "{mode:o}");
    }
}

#[test]
fn the_target_of_a_link_is_what_counts() {
    let root = Root::new("links");
    let target = root.write("target", FILE.as_bytes(), 0o600);
    let link = root.path("link");
    symlink(target.hotkey_file(), link.hotkey_file()).expect("linked");
    assert!(load_hotkey(&link).is_ok());
    root.write("target", FILE.as_bytes(), 0o644);
    assert_eq!(refusal(&link).0, ErrorCode::KeyfilePermissions);
    fs::remove_file(target.hotkey_file()).expect("removed");
    assert_eq!(refusal(&link).0, ErrorCode::KeyfileNotFound);
}

#[test]
fn what_is_missing_is_not_found_and_not_named() {
    let root = Root::new("missing");
    root.write("file", FILE.as_bytes(), 0o600);
    let elsewhere = WalletPath::new(&root.0, "beta", "default").expect("plain names");
    let below_a_file = WalletPath::new(&root.0.join("alpha/hotkeys"), "file", "default").expect("plain names");
    let long_name = root.path(&"a".repeat(300));
    for path in [root.path("default"), elsewhere, below_a_file, long_name] {
        let (code, message) = refusal(&path);
        assert_eq!(code, ErrorCode::KeyfileNotFound);
        assert!(!message.contains("btauth-wallet") && !message.contains("default"), "{message}");
    }
}

#[test]
fn only_regular_files_are_opened() {
    let root = Root::new("kinds");
    fs::create_dir(root.path("folder").hotkey_file()).expect("created");
    symlink("/dev/zero", root.path("device").hotkey_file()).expect("linked");
    let _socket = UnixListener::bind(root.path("socket").hotkey_file()).expect("bound");
    for hotkey in ["folder", "device", "socket"] {
        let (code, message) = refusal(&root.path(hotkey));
        assert_eq!((code, message.as_str()), (ErrorCode::KeyfileMalformed, "expected a regular file"), "{hotkey}");
    }
}

#[test]
fn size_and_content_are_checked_as_parse_does() {
    let root = Root::new("sizes");
    let mut bytes = FILE.as_bytes().to_vec();
    bytes.resize(Keyfile::MAX_LEN, b'\n');
    assert!(load_hotkey(&root.write("largest", &bytes, 0o600)).is_ok());
    bytes.resize(1 << 20, b'\n');
    let (code, message) = refusal(&root.write("larger", &bytes, 0o600));
    assert_eq!((code, message.as_str()), (ErrorCode::KeyfileMalformed, "expected at most 16 KiB"));
    assert_eq!(refusal(&root.write("empty", b"", 0o600)).0, ErrorCode::KeyfileMalformed);
    assert_eq!(refusal(&root.write("locked", b"$NACL", 0o600)).0, ErrorCode::KeyfileEncrypted);
}
