//! The client against small servers that answer what each test tells them.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests fail as tests do")]

mod calls;
mod creates;
mod faults;
mod groups;
mod listings;
mod simulator;
mod simulator_groups;
mod support;
