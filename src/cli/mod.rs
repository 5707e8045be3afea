//! The command line: raw arguments into checked settings.

mod crds;
mod release;
mod run;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// A Kubernetes operator for Zoom accounts: Git says who is in Zoom.
#[derive(Debug, Parser)]
#[command(name = "zoom-operator", version, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the operator: converge Zoom accounts to the cluster's custom resources.
    Run(run::RunArguments),
    /// Take the finalizers off all objects, before an uninstall. Nobody in Zoom is touched. An operator that runs loses its
    /// lease and is waited for.
    Release(release::ReleaseArguments),
    /// Print the custom resource definitions as YAML.
    Crds(crds::CrdsArguments),
}

/// Parses the command line, does what it says, and tells how it went: 0 for done, 1 for failed, 2 for wrong usage.
pub(crate) fn run() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Run(arguments) => run::run(arguments),
        Command::Release(arguments) => release::release(arguments),
        Command::Crds(arguments) => crds::crds(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("zoom-operator: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Arguments;

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }
}
