//! Builds the WebAssembly engines into `js/dist-wasm/{lite,full,server}`: `engine.wasm`, and around it `engine.js` with
//! its types. `scripts/wasm-toolchain` finds or installs the compiler, `js/node_modules` has the optimiser.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use wasm_bindgen_cli_support::Bindgen;

const TARGET: &str = "wasm32-unknown-unknown";
/// A build, and the features that make it.
const BUILDS: [(&str, &[&str]); 3] =
    [("lite", &[]), ("full", &["--features", "full"]), ("server", &["--features", "server"])];
/// What every runtime of the last years knows, and what the compiler emits by itself.
const WASM_FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Writes all builds.
pub(super) fn write(root: &Path) -> io::Result<()> {
    let root = root.canonicalize()?;
    let toolchain = Toolchain::find(&root)?;
    for (name, features) in BUILDS {
        let began = Instant::now();
        let compiled = toolchain.compile(&root, features)?;
        let folder = root.join("js/dist-wasm").join(name);
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        bind(&compiled, &folder)?;
        let optimised = optimise(&root, &folder)?;
        let size = std::fs::metadata(folder.join("engine.wasm"))?.len();
        let how = if optimised { "" } else { ", not optimised: js/node_modules has no wasm-opt" };
        writeln!(io::stdout(), "{name}: {size} bytes in {} s{how}", began.elapsed().as_secs())?;
    }
    Ok(())
}

/// How to compile for WebAssembly on this machine.
struct Toolchain {
    cargo: String,
    environment: Vec<(String, String)>,
    std: Std,
}

/// Where the standard library comes from.
#[derive(PartialEq, Eq)]
enum Std {
    /// Compiled with the engine: small, without any text for panics.
    Built,
    /// As rustup brings it.
    Prebuilt,
}

impl Toolchain {
    /// Reads the `NAME=value` lines that the script prints.
    fn find(root: &Path) -> io::Result<Self> {
        let output =
            Command::new(root.join("scripts/wasm-toolchain")).stderr(std::process::Stdio::inherit()).output()?;
        if !output.status.success() {
            return Err(io::Error::other("scripts/wasm-toolchain failed"));
        }
        let mut toolchain = Self { cargo: "cargo".into(), environment: Vec::new(), std: Std::Prebuilt };
        for (name, value) in String::from_utf8_lossy(&output.stdout).lines().filter_map(|line| line.split_once('=')) {
            match name {
                "CARGO" => toolchain.cargo = value.into(),
                "STD" if value == "built" => toolchain.std = Std::Built,
                "STD" => {}
                _ => toolchain.environment.push((name.into(), value.into())),
            }
        }
        Ok(toolchain)
    }

    /// The module as the compiler leaves it.
    fn compile(&self, root: &Path, features: &[&str]) -> io::Result<PathBuf> {
        let shared = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
        let target_dir = shared.join("wasm");
        let mut command = Command::new(&self.cargo);
        // This chore itself runs under cargo, which must not decide for the other one.
        for inherited in ["CARGO", "RUSTC", "RUSTC_WRAPPER", "RUSTFLAGS", "RUSTUP_TOOLCHAIN"] {
            command.env_remove(inherited);
        }
        command
            .current_dir(root)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .env("CARGO_ENCODED_RUSTFLAGS", self.rustflags(root).join("\u{1f}"))
            .args(["build", "--quiet", "--locked", "--package", "bittensor-auth-wasm", "--profile", "wasm"])
            .args(["--target", TARGET, "--target-dir"])
            .arg(&target_dir)
            .args(features);
        if self.std == Std::Built {
            command.env("RUSTC_BOOTSTRAP", "1");
            command.args(["-Zbuild-std=std,panic_abort", "-Zbuild-std-features=optimize_for_size"]);
        }
        run(&mut command)?;
        Ok(target_dir.join(TARGET).join("wasm/bittensor_auth_wasm.wasm"))
    }

    fn rustflags(&self, root: &Path) -> Vec<String> {
        let mut flags = vec![
            // The 64-bit backend takes twice as long in WebAssembly.
            "--cfg=curve25519_dalek_bits=\"32\"".to_owned(),
            "--cfg=sha2_backend_soft=\"compact\"".to_owned(),
            // Runtimes call a function for each `memory.copy`: for a point of the curve that is slower than moving it.
            "-Ctarget-feature=-bulk-memory".to_owned(),
            format!("--remap-path-prefix={}=.", root.display()),
        ];
        if let Some(home) = std::env::var_os("HOME") {
            flags.push(format!("--remap-path-prefix={}=~", Path::new(&home).display()));
        }
        if self.std == Std::Built {
            flags.extend(["-Zunstable-options", "-Cpanic=immediate-abort"].map(str::to_owned));
        }
        flags
    }
}

/// Writes the JavaScript, its types and `engine_bg.wasm`.
fn bind(compiled: &Path, folder: &Path) -> io::Result<()> {
    let mut bindgen = Bindgen::new();
    bindgen.web(true).map_err(io::Error::other)?;
    bindgen
        .input_path(compiled)
        .out_name("engine")
        .typescript(true)
        // `js/src/engine` says where the module is: each runtime finds it in its own way.
        .omit_default_module_path(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(folder)
        .map_err(io::Error::other)?;
    std::fs::remove_file(folder.join("engine_bg.wasm.d.ts"))
}

/// Makes `engine.wasm` of `engine_bg.wasm`, and says whether the optimiser was there.
fn optimise(root: &Path, folder: &Path) -> io::Result<bool> {
    let (bound, engine) = (folder.join("engine_bg.wasm"), folder.join("engine.wasm"));
    let optimiser = root.join("js/node_modules/.bin/wasm-opt");
    if !optimiser.exists() {
        std::fs::rename(bound, engine)?;
        return Ok(false);
    }
    run(Command::new(optimiser).arg("-O4").args(WASM_FEATURES).arg(&bound).arg("-o").arg(engine))?;
    std::fs::remove_file(bound)?;
    Ok(true)
}

fn run(command: &mut Command) -> io::Result<()> {
    let status = command.status()?;
    if status.success() {
        return Ok(());
    }
    Err(io::Error::other(format!("{} failed", Path::new(command.get_program()).display())))
}
