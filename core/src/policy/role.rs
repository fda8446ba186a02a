//! Names that an operator gives to those whom a policy welcomes.

use std::fmt;
use std::sync::Arc;

use crate::error::{Error, ErrorCode};

/// A role: 1 to 32 characters of `a-z`, `0-9`, `-` and `_`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Role(Arc<str>);

impl Role {
    /// The most characters.
    pub const MAX_LEN: usize = 32;

    /// A role of this name.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidConfiguration`] for any other name.
    pub fn new(name: &str) -> Result<Self, Error> {
        let is_named = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_';
        if name.is_empty() || name.len() > Self::MAX_LEN || !name.bytes().all(is_named) {
            return Err(Error::new(ErrorCode::InvalidConfiguration)
                .detail("role: expected 1 to 32 characters of a-z, 0-9, - and _"));
        }
        Ok(Self(name.into()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The roles of one caller at one moment, in the order in which the policy names them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Roles(Vec<Role>);

impl Roles {
    /// No role.
    #[must_use]
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Whether a role of this name is among them.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|role| role.as_str() == name)
    }

    /// The first one, for hosts that show one.
    #[must_use]
    pub fn first(&self) -> Option<&Role> {
        self.0.first()
    }

    /// All of them.
    #[must_use]
    pub fn as_slice(&self) -> &[Role] {
        &self.0
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn truncate(&mut self, len: usize) {
        self.0.truncate(len);
    }

    pub(super) fn add(&mut self, role: &Role) {
        if !self.0.contains(role) {
            self.0.push(role.clone());
        }
    }
}
