//! What the client itself costs: processor time of its thread alone, while a simulator of 100,000 people without limits
//! answers from another thread.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a table for people")]

use std::{process::ExitCode, sync::mpsc, thread, time::Duration};

use tokio::runtime::{Builder, Runtime};
use url::Url;
use zoom_client::{Config, Credentials, Endpoints, Limits, UserPatch, UserStatus, ZoomClient};
use zoom_simulator::{AccountConfig, LimitsConfig, Simulator};

#[path = "../../../benches/table/mod.rs"]
mod table;

use table::Bar;

const PEOPLE: usize = 100_000;
const CALLS: u32 = 5_000;

/// Starts the simulator on a thread of its own, which ends with the process.
fn simulator() -> Url {
    let (started, url) = mpsc::channel();
    thread::spawn(move || {
        runtime().block_on(async {
            let config = AccountConfig { limits: LimitsConfig::Off, ..AccountConfig::default() }.with_users(PEOPLE, 1);
            let zoom = Simulator::start(config).await.unwrap();
            started.send(Url::parse(&zoom.url()).unwrap()).unwrap();
            std::future::pending::<()>().await;
        });
    });
    url.recv().unwrap()
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// How long this thread was on a processor so far.
fn processor() -> Duration {
    let spent = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(spent.split(' ').next().unwrap().parse().unwrap())
}

/// What one call took, which has no bar: what the machine can do decides.
fn row(what: &str, calls: u32, took: Duration) {
    table::row(what, took.as_secs_f64() * 1e6 / f64::from(calls), "us", Bar::None);
}

fn main() -> ExitCode {
    let credentials = Credentials { client_id: "simulator".to_owned(), client_secret: "simulator-secret".into() };
    let config = Config::new("acme", credentials, Endpoints::custom(&simulator()), Limits::off());
    let client = ZoomClient::new(config).unwrap();
    table::about("the client: processor time of a call");
    runtime().block_on(async {
        let before = processor();
        let listing = client.list_users(UserStatus::Active, 2000).await.unwrap();
        row("a page of 2,000 people", listing.pages, processor() - before);
        assert_eq!(listing.complete, Ok(()));
        let ids: Vec<_> = listing.rows.iter().filter_map(|row| row.id.as_deref()).collect();

        let before = processor();
        for id in ids.iter().cycle().step_by(7919).take(CALLS as usize) {
            client.get_user(id).await.unwrap();
        }
        row("reads of one person", CALLS, processor() - before);

        let patch = UserPatch { dept: Some("Research".to_owned()), ..UserPatch::default() };
        let before = processor();
        for id in ids.iter().cycle().step_by(7919).take(CALLS as usize) {
            client.update_user(id, &patch).await.unwrap();
        }
        row("updates of one person", CALLS, processor() - before);
    });
    table::end()
}
