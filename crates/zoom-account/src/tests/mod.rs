//! Against a simulated Zoom account.

mod addresses;
mod groups;
mod listing;
mod operations;
mod people;
mod quirks;
mod removals;
mod seats;

use jiff::Timestamp;
use tokio::sync::oneshot;
use url::Url;
use zoom_client::{Config, Credentials, Endpoints, Limits, ZoomClient};
use zoom_core::{
    Attribute, Attributes, CreateMethod, Email, License, Lookup, NewPerson, Operation, Patch, Person, PersonRef, UserId,
};
use zoom_simulator::{AccountConfig, Fault, FaultEffect, LimitsConfig, PersonConfig, Simulator};

use crate::{Account, Applied, Error, ListingReport, Scope};

const ADA: &str = "ada@acme.example";
const BOB: &str = "bob@acme.example";
/// In a domain that the account does not manage.
const EVE: &str = "eve@elsewhere.example";

/// A simulated account, and the account under test.
struct Rig {
    zoom: Simulator,
    account: Account,
}

impl Rig {
    async fn start(config: AccountConfig) -> Self {
        let zoom = Simulator::start(AccountConfig { limits: LimitsConfig::Off, ..config }).await.unwrap();
        let account = Account::new(client(&zoom, "simulator-secret"));
        Self { zoom, account }
    }

    /// An account with these people, listed once.
    async fn listed(people: impl IntoIterator<Item = PersonConfig>) -> Self {
        let mut rig =
            Self::start(AccountConfig { people: people.into_iter().collect(), ..AccountConfig::default() }).await;
        let report = rig.list().await.unwrap();
        assert_eq!(report.incomplete, [""; 0]);
        rig
    }

    async fn list(&mut self) -> Result<ListingReport, Error> {
        let ended = self.begin().expect("no listing runs");
        ended.await.expect("the listing says that it has ended");
        self.account.take_listing().expect("a listing that has ended has a result")
    }

    /// Begins a listing; what comes back is done when it has ended.
    fn begin(&mut self) -> Option<oneshot::Receiver<()>> {
        let (sender, ended) = oneshot::channel();
        self.account
            .begin_listing(Scope { groups: true, ..Scope::default() }, move || sender.send(()).unwrap())
            .then_some(ended)
    }

    fn find(&self, email: &str) -> Lookup<'_> {
        self.account.directory().find(None, &Email::parse(email).unwrap())
    }

    #[track_caller]
    fn row(&self, email: &str) -> &Person {
        match self.find(email) {
            Lookup::Found(person) => person,
            Lookup::Absent | Lookup::Unknown => panic!("{email} should be in the directory"),
        }
    }

    #[track_caller]
    fn reference(&self, email: &str) -> PersonRef {
        self.row(email).reference()
    }

    fn calls(&self, endpoint: &str) -> u64 {
        self.zoom.counters().get(endpoint).map_or(0, |by_status| by_status.values().sum())
    }

    async fn apply(&mut self, operation: Operation) -> Result<Applied, Error> {
        self.account.apply(&operation).await
    }

    async fn update(&mut self, email: &str, patch: Patch) -> Result<Applied, Error> {
        let person = self.reference(email);
        self.apply(Operation::Update(person, patch)).await
    }
}

fn client(zoom: &Simulator, secret: &str) -> ZoomClient {
    let credentials = Credentials { client_id: "simulator".to_owned(), client_secret: secret.into() };
    let endpoints = Endpoints::custom(&Url::parse(&zoom.url()).unwrap());
    ZoomClient::new(Config::new("acme", credentials, endpoints, Limits::off())).unwrap()
}

fn by_email(email: &str) -> PersonRef {
    PersonRef { id: None, email: Email::parse(email).unwrap() }
}

fn new(email: &str, method: CreateMethod) -> NewPerson {
    NewPerson {
        email: Email::parse(email).unwrap(),
        method,
        attributes: texts([(Attribute::FirstName, "Ada")]),
        license: License::Basic,
    }
}

fn texts<const N: usize>(texts: [(Attribute, &str); N]) -> Attributes {
    texts.into_iter().collect()
}

fn patch<const N: usize>(attributes: [(Attribute, &str); N]) -> Patch {
    Patch { attributes: texts(attributes), ..Patch::default() }
}

fn on(method: &str, path: &str, effect: FaultEffect) -> Fault {
    Fault::on(method, path, effect)
}

/// An answer instead of Zoom's.
fn answer(status: u16, body: serde_json::Value) -> FaultEffect {
    FaultEffect::Answer { status, headers: std::collections::BTreeMap::new(), body }
}

fn long_ago() -> Timestamp {
    Timestamp::UNIX_EPOCH
}
