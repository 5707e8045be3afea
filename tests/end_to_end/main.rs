//! The operator end to end: a real control plane, the real binaries, a simulated Zoom account. One binary, so that one
//! control plane serves all tests; each test has a namespace, an account and an operator of its own.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod bad_days;
mod chart;
mod crash;
mod crds;
mod departures;
mod documentation;
mod drift;
mod drills;
mod examples;
mod faults;
mod groups;
mod histories;
mod life;
mod modes;
mod moving;
mod quiet;
mod removal;
mod rights;
mod seats;
mod second_thoughts;
mod secrets;
mod teardown;
mod tenancy;
mod uninstall;
mod waves;
mod world;
