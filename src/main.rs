//! zoom-operator: Git says who is in Zoom.

mod cli;
mod operator;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
