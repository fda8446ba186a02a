#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod auth;
#[cfg(feature = "reqwest")]
pub mod client;
#[cfg(feature = "axum")]
mod extract;
mod layer;
mod rejection;
#[cfg(feature = "axum")]
mod routes;
pub mod store;
pub mod telemetry;

pub use bittensor_auth;

pub use auth::{HotkeyAuth, HotkeyAuthBuilder, SessionSettings};
#[cfg(feature = "axum")]
pub use extract::{Caller, SessionCaller, SignedCaller};
pub use layer::{HotkeyAuthLayer, HotkeyAuthService};
pub use rejection::{PROBLEM_TYPE, Rejection};
#[cfg(feature = "redis")]
pub use store::RedisStore;
pub use store::{MemoryStore, ReplayStore, SessionStore};

// What the manual's first page uses of the core.
pub use bittensor_auth::error::{Error, ErrorCode};
pub use bittensor_auth::key::Hotkey;
pub use bittensor_auth::policy::Policy;
pub use bittensor_auth::request::Verifier;

/// Runs the examples of the guide.
#[cfg(all(doctest, feature = "axum", feature = "redis", feature = "reqwest"))]
#[doc = include_str!("../../docs/guide/rust.md")]
struct Guide;
