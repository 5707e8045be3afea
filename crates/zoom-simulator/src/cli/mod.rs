//! The commands.

mod accounts;
mod counts;
mod journal;
mod remote;
mod serve;

use std::io::{ErrorKind, Write};

use clap::{Parser, Subcommand};

/// What went wrong, for a person to read.
pub(crate) type Error = Box<dyn std::error::Error>;

/// Zoom accounts on localhost, for tests, demos and rehearsals.
#[derive(Debug, Parser)]
#[command(version, after_help = "Start here: zoom-simulator serve --help")]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Serve),
    Accounts(accounts::Accounts),
    Journal(journal::Journal),
}

impl Cli {
    pub(crate) async fn run(self) -> Result<(), Error> {
        match self.command {
            Command::Serve(serve) => serve.run().await,
            Command::Accounts(accounts) => accounts.run().await,
            Command::Journal(journal) => journal.run().await,
        }
    }
}

/// Writes to standard output; a reader that went away, such as `head`, is no error but the end.
///
/// Returns whether somebody still reads.
fn print(text: &str) -> Result<bool, Error> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Cli;

    #[test]
    fn the_commands_are_well_formed() {
        Cli::command().debug_assert();
    }
}
