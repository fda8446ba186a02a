//! Reading a subnet's facts from the chain: storage keys, SCALE decoders, the layout check, and the plan of JSON-RPC
//! calls for one snapshot. No transport: a host posts each [`RpcCall`] and brings back an [`RpcAnswer`] (`spec/05 §6`).
//!
//! ```
//! use bittensor_auth::chain::{Network, RpcAnswer, SubnetReader, SubnetTarget};
//! use bittensor_auth::error::Error;
//! use bittensor_auth::time::UnixNanos;
//!
//! # fn post(_body: &str) -> (u16, Vec<u8>) { (502, Vec::new()) }
//! fn read(reader: &mut SubnetReader, now: UnixNanos) -> Result<(), Error> {
//!     let mut plan = reader.snapshot_plan(now);
//!     let mut id = 0;
//!     while let Some(call) = plan.call() {
//!         id += 1;
//!         let (status, body) = post(&call.body(id)); // the host's I/O
//!         plan.answer(&RpcAnswer::from_http(status, None, &body), now)?;
//!     }
//!     let read = reader.accept(plan)?;
//!     println!("block {}: {} members", read.snapshot.block().number, read.snapshot.neurons().len());
//!     Ok(())
//! }
//!
//! let mut reader = SubnetReader::new(SubnetTarget::new(Network::FINNEY, 1));
//! assert!(read(&mut reader, UnixNanos::from_secs(1_790_000_000)).is_err()); // nobody answers here
//! ```

mod header;
mod keys;
mod layout;
mod members;
mod metagraph;
mod network;
mod neurons;
mod plan;
mod point;
mod reader;
mod rpc;
mod scale;
mod schedule;
mod state;
mod values;

pub use header::Header;
pub use keys::StorageKey;
pub use layout::{Layout, SubnetQuery};
pub use metagraph::SelectiveMetagraph;
pub use network::Network;
pub use neurons::{NeuronLite, decode_neuron_lite, decode_neurons_lite};
pub use plan::SnapshotPlan;
pub use point::PointPlan;
pub use reader::{SnapshotRead, SubnetReader, SubnetTarget};
pub use rpc::{RpcAnswer, RpcCall};
pub use schedule::{EndpointKind, ReadSchedule, ReadStep};
pub use state::SubnetState;
pub use values::Values;
