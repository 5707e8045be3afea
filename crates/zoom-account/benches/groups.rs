//! Two hundred groups of 250 people from nothing, against the simulator without limits: how many calls they take, and how
//! many it takes at least.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a table for people")]

use std::{process::ExitCode, sync::Arc};

use jiff::Timestamp;
use tokio::sync::oneshot;
use url::Url;
use zoom_account::{Account, Scope};
use zoom_client::{Config, Credentials, Endpoints, Limits, ZoomClient};
use zoom_core::{
    Desired, DesiredGroup, Email, GroupOperation, Input, Ledger, Members, Membership, Memory, Object, ObjectKey,
    People, Plan, Policy,
};
use zoom_simulator::{AccountConfig, LimitsConfig, PersonConfig, Simulator};

#[path = "../../../benches/table/mod.rs"]
mod table;

use table::Bar;

const PEOPLE: usize = 400;
const GROUPS: usize = 200;
const IN_A_GROUP: usize = 250;

/// The pages of an account of this size: people of three states, roles, groups.
const LISTING: usize = 5;

/// The read of somebody that shows whose account it is.
const PROOF: usize = 1;

/// A simulated account, and what is wanted of it.
struct Bench {
    zoom: Simulator,
    account: Account,
    desired: Desired,
}

impl Bench {
    async fn start() -> Self {
        let people: Vec<PersonConfig> = (0..PEOPLE).map(|place| PersonConfig::new(email(place))).collect();
        let config = AccountConfig { people, limits: LimitsConfig::Off, ..AccountConfig::default() };
        let zoom = Simulator::start(config).await.unwrap();
        let credentials = Credentials { client_id: "simulator".to_owned(), client_secret: "simulator-secret".into() };
        let endpoints = Endpoints::custom(&Url::parse(&zoom.url()).unwrap());
        let client = ZoomClient::new(Config::new("acme", credentials, endpoints, Limits::off())).unwrap();
        let desired = Desired { groups: (0..GROUPS).map(wish).collect(), complete: true, ..Desired::default() };
        Self { zoom, account: Account::new(client), desired }
    }

    async fn list(&mut self) {
        let (sender, ended) = oneshot::channel();
        let scope = Scope { groups: true, ..Scope::default() };
        assert!(self.account.begin_listing(scope, move || sender.send(()).unwrap()));
        ended.await.unwrap();
        assert_eq!(self.account.take_listing().unwrap().unwrap().incomplete, [""; 0]);
    }

    fn plan(&self) -> Plan {
        zoom_core::plan(&Input {
            connection: "acme",
            policy: &Policy::default(),
            desired: &self.desired,
            directory: self.account.directory(),
            records: &[],
            ledger: &Ledger::default(),
            suspicion: None,
            now: Timestamp::UNIX_EPOCH,
        })
    }

    /// Lists the account and carries out what is left to do for the groups; gives the number of calls.
    async fn pass(&mut self) -> usize {
        let before = self.calls();
        self.list().await;
        for operation in self.plan().groups.into_iter().flat_map(|planned| planned.operations) {
            assert!(self.account.apply_group(&operation).await.unwrap().refused.is_empty());
        }
        usize::try_from(self.calls() - before).unwrap()
    }

    /// All calls so far; tokens are no calls of the API.
    fn calls(&self) -> u64 {
        let counters = self.zoom.counters();
        let calls = counters.iter().filter(|(endpoint, _)| !endpoint.contains("/oauth/"));
        calls.flat_map(|(_, by_status)| by_status.values()).sum()
    }
}

fn email(place: usize) -> String {
    format!("person{place}@acme.example")
}

fn wish(number: usize) -> DesiredGroup {
    let places = (0..PEOPLE).cycle().skip(number * 7).take(IN_A_GROUP);
    let emails = places.map(|place| Email::parse(&email(place)).unwrap()).collect();
    DesiredGroup {
        object: Object {
            key: ObjectKey::new("team", format!("group-{number}")),
            uid: format!("uid-{number}").into(),
            created: Timestamp::UNIX_EPOCH,
            generation: 1,
            deleting: false,
        },
        name: format!("Group {number}").into(),
        members: Some(Members { named: People { emails, ..People::default() }, ..Members::default() }),
        membership: Membership::Exclusive,
        admins: None,
        primary_for: People::default(),
        removal: None,
        memory: Memory::default(),
        added: Arc::default(),
        added_admins: Arc::default(),
        refused: Arc::default(),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let additions = GROUPS * (1 + IN_A_GROUP.div_ceil(GroupOperation::MEMBERS));
    let mut bench = Bench::start().await;
    table::about("an account: 200 groups of 250 people");
    for (name, least) in [("from nothing, calls", LISTING + PROOF + additions), ("an idle pass, calls", LISTING)] {
        let calls = u32::try_from(bench.pass().await).unwrap();
        table::row(name, f64::from(calls), "", Bar::AtMost(f64::from(u32::try_from(least).unwrap())));
    }
    let members = |planned: &zoom_core::GroupPlan| planned.members.as_ref().map_or(0, |members| members.present);
    assert!(bench.plan().groups.iter().all(|planned| members(planned) == IN_A_GROUP));
    table::end()
}
