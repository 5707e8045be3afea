//! A real control plane, the simulator and the operator under test: what the end-to-end tests, `make demo` and `make dev`
//! share.
//!
//! Everything started here ends when its handle is dropped, and also when this process panics, is interrupted or is killed:
//! every child watches a pipe that only this process holds (see `hack/with-parent` and `hack/control-plane/start`).

mod binaries;
mod control_plane;
mod eventually;
mod operator;
mod process;
mod simulator;

use std::path::PathBuf;

pub use binaries::Binaries;
pub use control_plane::ControlPlane;
pub use eventually::{eventually, faults_are_on, patient};
pub use operator::{Operator, OperatorOptions};
pub use simulator::{Exchange, Group, Person, Simulator, SimulatorOptions};

/// The project's root folder.
pub fn project_root() -> PathBuf {
    let mut root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.pop();
    root.pop();
    root
}

/// Chooses the TLS provider for this process; a second call changes nothing.
fn install_crypto_provider() {
    // The error only says that one is installed already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}
