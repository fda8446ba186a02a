//! Core errors become the exceptions of `bittensor_auth._errors`.

use bittensor_auth::error::{Error, ErrorCode, ErrorKind};
use bittensor_auth::time::UnixNanos;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyTuple;

/// A core error on its way to Python.
pub(crate) struct Failure {
    error: Error,
    now: Option<UnixNanos>,
}

impl Failure {
    /// With the time at which it was found, so that `Retry-After` can be told.
    pub(crate) const fn at(error: Error, now: UnixNanos) -> Self {
        Self { error, now: Some(now) }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { error, now: None }
    }
}

impl From<ErrorCode> for Failure {
    fn from(code: ErrorCode) -> Self {
        Error::new(code).into()
    }
}

impl From<Failure> for PyErr {
    fn from(failure: Failure) -> Self {
        Python::attach(|py| failure.to_exception(py).unwrap_or_else(|error| error))
    }
}

impl Failure {
    fn to_exception(&self, py: Python<'_>) -> PyResult<PyErr> {
        static MAKE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let make = MAKE.get_or_try_init(py, || {
            py.import("bittensor_auth._errors").and_then(|module| module.getattr("from_core")).map(Bound::unbind)
        })?;
        let Self { error, now } = self;
        let now = now.unwrap_or(UnixNanos::from_nanos(u64::MAX));
        let age = error.age().map(|age| (age.age_ms, age.max_age_ms, age.allowed_skew_ms));
        let retry_after = error.retry_after_secs(now);
        let exception = make.call1(py, (error.code().as_str(), error.message(), age, retry_after))?;
        if error.code().kind() == ErrorKind::Store {
            exception.setattr(py, "_reason", Reason(error.clone()))?;
        }
        Ok(PyErr::from_value(exception.into_bound(py)))
    }
}

/// Why something cannot be known now: what a schedule and a view of the subnet take.
#[pyclass(frozen, module = "bittensor_auth._core")]
pub(crate) struct Reason(pub(crate) Error);

#[pymethods]
impl Reason {
    /// A reason that was found outside of the core.
    #[staticmethod]
    fn of(code: &str, message: String) -> Result<Self, Failure> {
        let unknown = || Error::new(ErrorCode::InvalidConfiguration).detail("expected a code of the registry");
        let code = ErrorCode::ALL.iter().find(|known| known.as_str() == code).ok_or_else(unknown)?;
        Ok(Self(Error::new(*code).detail(message)))
    }
}

/// Every code: (code, kind, HTTP status, retry, retryable, title, hint).
#[pyfunction]
pub(crate) fn error_registry(py: Python<'_>) -> PyResult<Vec<Bound<'_, PyTuple>>> {
    let row = |code: &ErrorCode| {
        let (kind, retry) = (code.kind().as_str(), code.retry().as_str());
        let fields = (code.as_str(), kind, code.http_status(), retry, code.is_retryable(), code.title(), code.hint());
        fields.into_pyobject(py)
    };
    ErrorCode::ALL.iter().map(row).collect()
}
