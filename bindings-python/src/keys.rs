//! Hotkeys and key pairs.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::PathBuf;

use bittensor_auth::error::{Error, ErrorCode};
use bittensor_auth::key::{self, Scheme, Signature, SigningKey, verify};
use bittensor_auth::nonce::OsEntropy;
use bittensor_auth::wallet::{WalletPath, load_hotkey as load};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::error::Failure;

/// A caller's identity: the 32-byte public key. SS58 text is only a spelling of it (spec/01 §1).
///
/// `Hotkey("5F…")` reads a canonical SS58 address (prefix 42, 48 characters) and raises `malformed_hotkey` for every
/// other spelling.
#[pyclass(frozen, module = "bittensor_auth")]
pub(crate) struct Hotkey(pub(crate) key::Hotkey);

#[pymethods]
impl Hotkey {
    #[new]
    fn new(address: &str) -> Result<Self, Failure> {
        Ok(Self(key::Hotkey::from_ss58(address)?))
    }

    /// The hotkey with this 32-byte public key.
    #[staticmethod]
    fn from_public_key(public_key: [u8; 32]) -> Self {
        Self(key::Hotkey::from_bytes(public_key))
    }

    /// The canonical SS58 address.
    #[getter]
    fn ss58_address(&self) -> String {
        self.0.to_ss58()
    }

    /// The 32-byte public key.
    #[getter]
    fn public_key<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.0.as_bytes())
    }

    /// Raises `bad_signature` (or `weak_key`) unless `signature` (64 bytes) is this hotkey's over exactly `message`.
    fn verify(&self, py: Python<'_>, message: &[u8], signature: &[u8], scheme: &str) -> Result<(), Failure> {
        let signature = Signature::from_slice(signature)?;
        let scheme = Scheme::from_word(scheme)?;
        Ok(py.detach(|| verify(scheme, &self.0, message, &signature))?)
    }

    /// Copies and pickles by its address.
    fn __reduce__<'py>(&self, py: Python<'py>) -> (Bound<'py, PyAny>, (String,)) {
        (py.get_type::<Self>().into_any(), (self.0.to_ss58(),))
    }

    fn __str__(&self) -> String {
        self.0.to_ss58()
    }

    fn __repr__(&self) -> String {
        format!("Hotkey('{}')", self.0)
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.0 == other.0
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.0.hash(&mut hasher);
        hasher.finish()
    }
}

/// A secret key held by this process. Zeroized when freed; cannot be pickled, copied or printed.
#[pyclass(frozen, module = "bittensor_auth")]
pub(crate) struct Keypair(pub(crate) SigningKey);

#[pymethods]
impl Keypair {
    /// The key pair of a 32-byte seed, expanded the Substrate way for sr25519.
    #[staticmethod]
    fn from_seed(seed: &[u8], scheme: &str) -> Result<Self, Failure> {
        let seed = seed
            .try_into()
            .map_err(|_| Error::new(ErrorCode::InvalidConfiguration).detail("seed: expected 32 bytes"))?;
        Ok(Self(SigningKey::from_seed(Scheme::from_word(scheme)?, seed)))
    }

    /// A new random key pair.
    #[staticmethod]
    fn generate(scheme: &str) -> Result<Self, Failure> {
        Ok(Self(SigningKey::generate(Scheme::from_word(scheme)?, &mut OsEntropy)))
    }

    /// The canonical SS58 address.
    #[getter]
    fn ss58_address(&self) -> String {
        self.0.hotkey().to_ss58()
    }

    /// The 32-byte public key.
    #[getter]
    fn public_key<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.0.hotkey().as_bytes())
    }

    /// `"sr25519"` or `"ed25519"`.
    #[getter]
    fn scheme(&self) -> &'static str {
        self.0.scheme().as_str()
    }

    /// 1 for sr25519, 0 for ed25519: what chain libraries look at.
    #[getter]
    fn crypto_type(&self) -> u8 {
        self.0.scheme().type_byte()
    }

    /// Signs exactly these bytes and returns 64: no hash, no wrapper.
    fn sign<'py>(&self, py: Python<'py>, message: &[u8]) -> Bound<'py, PyBytes> {
        let signature = py.detach(|| self.0.sign(message, &mut OsEntropy));
        PyBytes::new(py, signature.as_bytes())
    }

    fn __repr__(&self) -> String {
        format!("Keypair(ss58_address='{}', scheme='{}')", self.0.hotkey(), self.0.scheme())
    }

    #[expect(clippy::unused_self, reason = "pyo3 methods take self")]
    fn __reduce__(&self) -> PyResult<()> {
        Err(pyo3::exceptions::PyTypeError::new_err("a Keypair cannot be pickled or copied: load it from its wallet"))
    }
}

/// Reads a plaintext Bittensor hotkey file: `<root>/<wallet>/hotkeys/<hotkey>`.
#[pyfunction]
pub(crate) fn load_hotkey(py: Python<'_>, root: PathBuf, wallet: &str, hotkey: &str) -> Result<Keypair, Failure> {
    let path = WalletPath::new(&root, wallet, hotkey)?;
    Ok(Keypair(py.detach(|| load(&path))?.into_key()))
}
