//! Sessions: one signed challenge, then tokens that rotate (`spec/04`). Pure state machines: a store's answer comes in
//! as a value.

mod authority;
mod cookie;
mod keyring;
mod lifetimes;
mod record;
mod schedule;
mod table;
mod token;
mod transport;

pub use authority::{Challenge, Grant, Login, PresentedRefresh, PresentedSession, SEAL_TAG, Sessions};
pub use cookie::{MAX_COOKIES_LEN, SessionCookie};
pub use keyring::{KEY_ID_TAG, Keyring, ServerSecret};
pub use lifetimes::Lifetimes;
pub use record::{FamilyId, Generation, ReadOutcome, RotateOutcome, SessionRecord};
pub use schedule::{RefreshFailure, RefreshSchedule, SessionTimes, Step};
pub use table::SessionTable;
pub use token::{REFRESH_PREFIX, REFRESH_TAG, SESSION_PREFIX, SESSION_TAG};
pub use transport::{CarriedToken, Carrier, Delivery, TokenTransport};
