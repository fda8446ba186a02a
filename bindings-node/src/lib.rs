//! Glue between the core and Node: converts types, maps errors. No policy, no default, no clock and no randomness lives
//! here; `js/` is what people import, and `js/src/engine/engine.ts` says what every function takes and gives.
//! `bindings-wasm` is the same for everything that is not Node.

#![allow(unreachable_pub, missing_docs, reason = "napi exports public items; engine.ts documents them")]
#![allow(clippy::missing_errors_doc, clippy::must_use_candidate, reason = "called from JavaScript only")]
#![allow(clippy::needless_pass_by_value, reason = "napi hands over owned values")]
#![allow(clippy::too_many_arguments, reason = "settings and fields of requests, each called from one place")]
#![cfg_attr(test, allow(dead_code, reason = "napi registers nothing in a test build"))]

mod convert;
mod failure;
mod keys;
mod request;
mod schedule;
mod session;
mod settings;
mod signing;
mod store;
mod text;
mod transport;
