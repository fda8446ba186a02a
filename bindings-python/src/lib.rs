//! Glue between the core and Python: converts types, maps errors, releases the GIL around signatures. No policy, no
//! default and no constant lives here; `python/bittensor_auth` is what people import.

#![allow(clippy::needless_pass_by_value, reason = "pyo3 hands over owned values")]

mod answers;
mod chain;
mod convert;
mod error;
mod keys;
mod policy;
mod registry;
mod request;
mod session;
mod signing;
mod store;
mod transport;

/// The compiled core of `bittensor_auth`. Private: its names change without notice.
#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::answers::{decode_answer, storage_key};
    #[pymodule_export]
    use crate::chain::{PointPlan, ReadSchedule, RpcAnswer, RpcCall, SnapshotPlan, SubnetReader, network_endpoints};
    #[pymodule_export]
    use crate::error::{Reason, error_registry};
    #[pymodule_export]
    use crate::keys::{Hotkey, Keypair, load_hotkey};
    #[pymodule_export]
    use crate::policy::{Decision, Facts, Policy};
    #[pymodule_export]
    use crate::registry::{Lookup, Neuron, PointRead, PointReads, Snapshot, SnapshotDiff, SubnetView};
    #[pymodule_export]
    use crate::request::{Caller, Head, Pending, Verifier, is_signed};
    #[pymodule_export]
    use crate::session::{Login, Presented, PresentedRefresh, Read, Rotated, Sessions};
    #[pymodule_export]
    use crate::signing::{
        ClockOffset, RefreshSchedule, RequestSigner, Unsigned, check_login_text, signing_target, verify_login,
    };
    #[pymodule_export]
    use crate::store::{
        Claim, MemoryStore, Outcome, check_redis_info, claim_call, claim_outcomes, claim_ready_at, script_sources,
        warm_up_calls,
    };
    #[pymodule_export]
    use crate::transport::TokenTransport;

    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        use bittensor_auth::session::{REFRESH_PREFIX, SESSION_PREFIX, SessionCookie};
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        module.add("HEADER_NAMES", bittensor_auth::header::HEADER_NAMES.to_vec())?;
        module.add("SESSION_PREFIX", SESSION_PREFIX)?;
        module.add("REFRESH_PREFIX", REFRESH_PREFIX)?;
        module.add("SESSION_COOKIE", SessionCookie::Session.name())?;
        module.add("REFRESH_COOKIE", SessionCookie::Refresh.name())?;
        module.add("RAO", bittensor_auth::registry::Rao::PER_TAO)?;
        module.add("MAX_ANSWER_LEN", bittensor_auth::chain::RpcAnswer::MAX_LEN)?;
        Ok(())
    }
}
