//! The vectors: one module for each feature, one file for each module.
//!
//! What a case expects is written down by hand; only bytes that no hand can write (signatures, tokens, sealed texts)
//! are computed. `core/tests/vectors` holds the core to all of it.

mod chain_answers;
mod claims;
mod cookies;
mod document;
#[path = "../../core/tests/support/encode.rs"]
#[expect(unreachable_pub, clippy::cast_possible_truncation, reason = "shared with the core's tests")]
mod encode;
mod forgery;
mod keys;
mod login_texts;
mod messages;
#[path = "../../core/tests/support/metadata.rs"]
#[expect(unreachable_pub, reason = "shared with the core's tests")]
mod metadata;
mod policies;
mod refresh_schedule;
mod replay;
mod requests;
mod sessions;
mod signatures;
mod snapshots;
mod ss58;
mod storage_keys;
mod subnets;
mod tokens;

use std::io;
use std::path::Path;

/// Writes every file.
pub(crate) fn write(spec_dir: &Path) -> io::Result<()> {
    let documents = [
        chain_answers::document(),
        claims::document(),
        cookies::document(),
        login_texts::document(),
        messages::document(),
        policies::document(),
        refresh_schedule::document(),
        replay::document(),
        requests::document(),
        sessions::document(),
        signatures::document(),
        snapshots::document(),
        ss58::document(),
        storage_keys::document(),
        tokens::document(),
    ];
    for document in documents {
        let path = spec_dir.join("vectors").join(format!("{}.json", document.feature()));
        let (json, count) = document.into_json();
        crate::write_json(&path, &json, &format!("{count} cases"))?;
    }
    Ok(())
}
