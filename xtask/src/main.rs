//! Chores coded in Rust. `cargo run -p xtask` says which.

mod spec;
mod vectors;
#[cfg(feature = "wasm")]
mod wasm;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::Value;

const HELP: &str = "\
usage: cargo run -p xtask -- <chore>

  vectors   write spec/vectors/*.json
  spec      write spec/errors.json and spec/constants.json
  all       both
  wasm      build js/dist-wasm, the WebAssembly engines (needs `--features wasm`)

Every chore but the last writes the same bytes each time; what those write is committed and never edited by hand.
";

fn main() -> io::Result<ExitCode> {
    match std::env::args().nth(1).as_deref() {
        Some("vectors") => vectors::write(&spec_dir())?,
        Some("spec") => spec::write(&spec_dir())?,
        Some("all") => {
            spec::write(&spec_dir())?;
            vectors::write(&spec_dir())?;
        }
        #[cfg(feature = "wasm")]
        Some("wasm") => wasm::write(&Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))?,
        Some(_) => {
            io::stderr().write_all(HELP.as_bytes())?;
            return Ok(ExitCode::from(2));
        }
        None => io::stdout().write_all(HELP.as_bytes())?,
    }
    Ok(ExitCode::SUCCESS)
}

fn spec_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec")
}

/// Writes JSON the way `JSON.stringify(…, null, 2)` does, and says so on standard output.
fn write_json(path: &Path, document: &Value, what: &str) -> io::Result<()> {
    let mut text = serde_json::to_string_pretty(document)?;
    text.push('\n');
    std::fs::write(path, text)?;
    let name = path.file_name().unwrap_or_default().display();
    writeln!(io::stdout(), "{name}: {what}")
}
