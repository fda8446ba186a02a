//! Reading the chain: keys, decoders, layouts, plans and what a reader believes, against recordings and scripted nodes.
#![expect(clippy::unwrap_used, clippy::cast_possible_truncation, reason = "tests and encoders of known values")]

#[path = "../support/encode.rs"]
#[expect(unreachable_pub, reason = "shared with xtask")]
mod encode;
mod keys;
mod layouts;
#[path = "../support/metadata.rs"]
#[expect(unreachable_pub, reason = "shared with xtask")]
mod metadata;
mod node;
mod plans;
mod properties;
mod readers;
mod recordings;
