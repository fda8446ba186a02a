//! Holds the core to every file in `spec/vectors` and `spec/vectors/external`, and the registry to `spec/errors.json`.

#[cfg(feature = "chain")]
mod chain_answers;
mod claims;
mod cookies;
mod document;
mod login_texts;
mod messages;
#[cfg(feature = "chain")]
mod policies;
mod refresh_schedule;
mod replay;
mod requests;
mod sessions;
mod signatures;
#[cfg(feature = "chain")]
mod snapshots;
mod ss58;
#[cfg(feature = "chain")]
mod storage_keys;
mod tokens;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use bittensor_auth::error::ErrorCode;
use document::{Verdict, differences, text};
use serde_json::{Value, json};

/// One file for each feature, made by us, and those that others made.
const OWN_FILES: usize = RUNNERS.len() + ELSEWHERE.len();
const EXTERNAL_FILES: usize = 5;

/// Comes to the verdicts on one case of a group: one, or one for each step.
type Runner = fn(group: &Value, case: &Value) -> Vec<Verdict>;

const RUNNERS: &[(&str, Runner)] = &[
    #[cfg(feature = "chain")]
    ("chain-answers", chain_answers::run),
    ("claims", claims::run),
    ("cookies", cookies::run),
    ("login-texts", login_texts::run),
    ("messages", messages::run),
    #[cfg(feature = "chain")]
    ("policies", policies::run),
    ("refresh-schedule", refresh_schedule::run),
    ("replay", replay::run),
    ("requests", requests::run),
    ("sessions", sessions::run),
    ("signatures", signatures::run),
    #[cfg(feature = "chain")]
    ("snapshots", snapshots::run),
    ("ss58", ss58::run),
    #[cfg(feature = "chain")]
    ("storage-keys", storage_keys::run),
    ("tokens", tokens::run),
];

/// Features of the standard that this build of the core leaves out.
#[cfg(feature = "chain")]
const ELSEWHERE: &[&str] = &[];
#[cfg(not(feature = "chain"))]
const ELSEWHERE: &[&str] = &["chain-answers", "policies", "snapshots", "storage-keys"];

#[test]
fn the_core_comes_to_every_verdict() {
    let files = [json_files("vectors"), json_files("vectors/external")].concat();
    let differing: Vec<_> = files.iter().flat_map(|file| differing_cases(file)).collect();
    assert!(differing.is_empty(), "{} differences:\n{}", differing.len(), differing.join("\n"));
}

#[test]
fn no_file_is_missing() {
    assert_eq!(json_files("vectors").len(), OWN_FILES);
    assert_eq!(json_files("vectors/external").len(), EXTERNAL_FILES);
    let made: BTreeSet<_> = json_files("vectors").iter().map(|file| text(&read(file), "feature").to_owned()).collect();
    let run: BTreeSet<_> =
        RUNNERS.iter().map(|(feature, _)| *feature).chain(ELSEWHERE.iter().copied()).map(str::to_owned).collect();
    assert_eq!(made, run);
}

#[test]
fn the_error_table_is_the_registry() {
    let table = read(&spec_dir().join("errors.json"));
    let registry: Vec<_> = ErrorCode::ALL
        .iter()
        .map(|code| {
            json!({
                "code": code.as_str(),
                "kind": code.kind().as_str(),
                "http_status": code.http_status(),
                "retry": code.retry().as_str(),
                "title": code.title(),
                "hint": code.hint(),
            })
        })
        .collect();
    assert_eq!(table["count"], json!(registry.len()));
    assert_eq!(table["errors"], json!(registry), "run `cargo run -p xtask -- spec`");
}

fn differing_cases(path: &Path) -> Vec<String> {
    let file = read(path);
    let feature = text(&file, "feature");
    if ELSEWHERE.contains(&feature) {
        return Vec::new();
    }
    let Some((_, runner)) = RUNNERS.iter().find(|(known, _)| *known == feature) else {
        return vec![format!("{}: nothing here runs the feature {feature}", path.display())];
    };
    let mut count = 0;
    let mut differing = Vec::new();
    for group in file["groups"].as_array().expect("groups") {
        for case in group["cases"].as_array().expect("cases") {
            count += 1;
            let id = text(case, "id");
            differing.extend(differences(case, runner(group, case)).map(|what| format!("{id}: {what}")));
        }
    }
    if file["count"] != json!(count) {
        differing.push(format!("{}: {count} cases, but it counts {}", path.display(), file["count"]));
    }
    eprintln!("{}: {count} cases", path.file_name().unwrap_or_default().display());
    differing
}

fn json_files(folder: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(spec_dir().join(folder)).expect("a folder of vectors");
    let paths = entries.map(|entry| entry.expect("a readable folder").path());
    let mut files: Vec<_> = paths.filter(|path| path.extension().is_some_and(|kind| kind == "json")).collect();
    files.sort();
    files
}

fn read(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).expect("a readable file");
    serde_json::from_str(&text).expect("JSON")
}

fn spec_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec")
}
