#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

#[cfg(feature = "chain")]
pub mod chain;
pub mod encoding;
pub mod error;
pub mod header;
pub mod key;
pub mod message;
pub mod nonce;
pub mod policy;
pub mod registry;
pub mod replay;
pub mod request;
pub mod session;
pub mod store;
pub mod target;
pub mod time;
#[cfg(feature = "wallet")]
pub mod wallet;
