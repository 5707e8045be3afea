//! `make demo` and `make dev`: the operator at work, on a real control plane and a simulated Zoom account.
#![expect(clippy::print_stdout, reason = "what it shows is what it is for")]

mod stage;
mod story;

use std::process::ExitCode;

use clap::Parser;
use stage::Stage;

/// Shows the operator at work: a control plane, a simulated Zoom account and the operator, all on this machine. Ends with
/// exit code 0 only if everything happened that it tells.
#[derive(Debug, Parser)]
struct Arguments {
    /// Apply the examples and stay up until Ctrl-C, for trying things out.
    #[arg(long)]
    stay: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Arguments { stay } = Arguments::parse();
    println!("Starting etcd, kube-apiserver, kube-controller-manager, zoom-simulator and zoom-operator…");
    let mut stage = match Stage::set().await {
        Ok(stage) => stage,
        Err(error) => {
            eprintln!("\nFAILED before the first step: {error:#}");
            return ExitCode::FAILURE;
        }
    };
    let told = tokio::select! {
        told = tell(&mut stage, stay) => told,
        // The stage is cleared up on the way out.
        _ = tokio::signal::ctrl_c(), if !stay => Err(anyhow::anyhow!("interrupted")),
    };
    match told {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!(
                "\nFAILED in step {}: {error:#}\n\nThe end of the operator's log:\n{}",
                stage.step(),
                stage.log_tail()
            );
            ExitCode::FAILURE
        }
    }
}

async fn tell(stage: &mut Stage, stay: bool) -> anyhow::Result<()> {
    if !stay {
        return story::tell(stage).await;
    }
    story::people_appear(stage).await?;
    story::groups_appear(stage).await?;
    stage.show_how_to_reach_it();
    tokio::signal::ctrl_c().await?;
    println!("\nStopping.");
    Ok(())
}
