//! The only place where bytes to sign are made. Every kind starts differently, so none can stand for another.

mod login;
mod request;

pub(crate) use login::is_origin;
pub use login::{LoginForm, LoginMessage, Network, Site, Wrapping, check_login_text, verify_login};
pub use request::{BodyHash, BodyHasher, RequestMessage};
