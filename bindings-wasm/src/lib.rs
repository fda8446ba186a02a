//! Glue between the core and JavaScript, compiled to WebAssembly: converts types, maps errors. No policy, no default,
//! no clock and no randomness lives here; `js/` is what people import, and `js/src/engine/engine.ts` says what every
//! function takes and gives. `bindings-node` is the same for the Node addon.

#![allow(unreachable_pub, missing_docs, reason = "wasm-bindgen exports public items; engine.ts documents them")]
#![allow(clippy::missing_errors_doc, clippy::must_use_candidate, reason = "called from JavaScript only")]
#![allow(clippy::needless_pass_by_value, reason = "wasm-bindgen hands over owned values")]

mod failure;
mod schedule;
mod signing;
mod text;

#[cfg(feature = "full")]
mod keys;
#[cfg(feature = "server")]
mod request;
#[cfg(feature = "server")]
mod session;
#[cfg(feature = "server")]
mod settings;
#[cfg(feature = "server")]
mod store;
#[cfg(feature = "server")]
mod transport;
