//! The vectors: one module for each feature, one file for each module.
//!
//! What a case expects is written down by hand; only bytes that no hand can write (signatures, tokens, sealed texts)
//! are computed. `core/tests/vectors` holds the core to all of it.

mod claims;
mod cookies;
mod document;
mod forgery;
mod keys;
mod login_texts;
mod messages;
mod refresh_schedule;
mod replay;
mod requests;
mod sessions;
mod signatures;
mod ss58;
mod tokens;

use std::io;
use std::path::Path;

/// Writes every file.
pub(crate) fn write(spec_dir: &Path) -> io::Result<()> {
    let documents = [
        claims::document(),
        cookies::document(),
        login_texts::document(),
        messages::document(),
        refresh_schedule::document(),
        replay::document(),
        requests::document(),
        sessions::document(),
        signatures::document(),
        ss58::document(),
        tokens::document(),
    ];
    for document in documents {
        let path = spec_dir.join("vectors").join(format!("{}.json", document.feature()));
        let (json, count) = document.into_json();
        crate::write_json(&path, &json, &format!("{count} cases"))?;
    }
    Ok(())
}
