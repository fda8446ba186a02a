//! A real axum on 127.0.0.1, a real Redis on a port of its own, and raw sockets in front.

mod bodies;
mod client;
mod cookies;
mod extractors;
mod failures;
mod hostile;
mod replays;
mod session_routes;
mod sessions;
mod support;
mod targets;
mod telemetry;
mod topologies;
