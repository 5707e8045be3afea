//! The operator end to end, on a real API server and a simulator without limits: what people cost in calls and writes, and
//! what size does to it. Times are noise on a shared machine, counts are not.
//!
//! `cargo bench --bench end_to_end -- wave` runs one of the parts. `BENCH_PEOPLE` says how many people there are.

#![allow(clippy::indexing_slicing, clippy::print_stdout, reason = "a table for people")]

mod creations;
mod large;
mod orphans;
mod stage;
#[path = "../table/mod.rs"]
mod table;
mod wave;

use std::process::ExitCode;

use anyhow::Context as _;

use stage::Stage;

fn main() -> anyhow::Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --benches` is not for this program; `cargo bench` passes `--bench`.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return Ok(ExitCode::SUCCESS);
    }
    let named: Vec<&str> = arguments.iter().map(String::as_str).filter(|argument| !argument.starts_with('-')).collect();
    let runs = |part| named.is_empty() || named.contains(&part);
    tokio::runtime::Runtime::new()?.block_on(async {
        let stage = Stage::start().await?;
        if runs("creations") {
            creations::bench(&stage, people(1_000)?).await?;
        }
        if runs("wave") {
            wave::bench(&stage, people(1_000)?).await?;
        }
        if runs("orphans") {
            orphans::bench(&stage, people(1_000)?).await?;
        }
        if runs("large") {
            large::bench(&stage, people(2_000)?).await?;
        }
        Ok(table::end())
    })
}

fn people(usually: usize) -> anyhow::Result<usize> {
    match std::env::var("BENCH_PEOPLE") {
        Ok(people) => people.parse().context("BENCH_PEOPLE is no number"),
        Err(_) => Ok(usually),
    }
}
