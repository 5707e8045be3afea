//! Random histories, end to end: edits of people, addresses, licences, defaults and a group, suspended objects, legal holds, deletions,
//! renames, backups, restarts, faults, approvals, and humans in Zoom's portal.
//!
//! `HISTORIES` is how many (some by default), `HISTORY_SEED` the seed of the first one; the others follow it. Both are printed.

mod checks;
mod events;

use std::{
    collections::BTreeSet,
    env,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context as _, ensure};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use serde_json::{Value, json};
use tokio::sync::Mutex;
use zoom_operator_testing::{Operator, OperatorOptions, Simulator, SimulatorOptions};

use crate::world::{CONNECTION, REMOVAL, USER, World, ZOOM_GROUP, binaries, merged};

const BY_DEFAULT: u64 = 6;
const AT_ONCE: usize = 12;
const PEOPLE: usize = 6;
const EVENTS: usize = 24;
/// So many rows Zoom shows at once: every listing of people has several pages, on which rows can be lost or come twice.
const PAGE: usize = 3;
/// So many people of a class may be touched in a window without asking.
const ALLOWED: usize = 2;
/// The first ones are on legal hold: whoever says what, they are not deleted.
const ON_HOLD: usize = 2;
/// So often Zoom changes somebody's address in a day.
const ADDRESSES: usize = 3;
/// The group that everybody is in at first.
const TEAM: &str = "Team";
/// From a restart of the operator to the next one.
const RESTARTED: Duration = Duration::from_secs(7);
/// Somebody whom no object ever declares.
const STRANGER: &str = "stranger@acme.example";
/// Far above what anything takes.
const DEADLINE: Duration = Duration::from_secs(180);
/// The same for a whole history beside others.
const LONGEST: Duration = Duration::from_secs(900);

/// What all histories share.
struct Shared {
    world: World<'static>,
    operator: Mutex<Option<Operator>>,
}

impl Shared {
    /// Stops the operator, in order or as a crash does.
    async fn stop(&self, operator: &mut Option<Operator>, crash: bool) -> anyhow::Result<()> {
        let Some(mut running) = operator.take() else { return Ok(()) };
        if let Some(status) = running.ended()? {
            // Where the machine stalls it ends by itself, and Kubernetes starts another.
            ensure!(running.log().contains("leadership lost"), "the operator ended by itself: {status}");
        } else if !crash {
            running.terminate(Duration::from_secs(30)).await?;
            return Ok(());
        }
        drop(running);
        self.world.take_lease_away().await
    }
}

/// One history: an account of its own, its connection, and what happened so far.
struct History<'w> {
    shared: &'w Shared,
    world: &'w World<'static>,
    seed: u64,
    random: StdRng,
    zoom: Simulator,
    /// The name of the connection; part of the names of the objects.
    name: String,
    /// The object that declares each person, how often it was renamed, and whether it wants them active.
    declared: Vec<Option<(String, bool)>>,
    renamed: usize,
    /// Who was touched in Zoom, or removed by hand: what becomes of them is left open.
    touched: BTreeSet<usize>,
    /// How often the address of each was changed.
    addresses: Vec<usize>,
    /// Whose object is suspended, and whose says that they are to be deleted for good.
    suspended: BTreeSet<usize>,
    doomed: BTreeSet<usize>,
    /// The licence that each object names, if any, and the one that is a default.
    licenses: Vec<Option<&'static str>>,
    default: Option<&'static str>,
    /// Whether an object speaks for the group that everybody is in at first.
    grouped: bool,
    /// From whom something may be taken, as which class, because a human approved it or asked for it.
    agreed: BTreeSet<(String, String)>,
    told: Vec<String>,
}

impl<'w> History<'w> {
    async fn begin(shared: &'w Shared, seed: u64) -> anyhow::Result<Self> {
        let world = &shared.world;
        let name = format!("h{seed}");
        let member = |email: String, license| json!({"email": email, "type": license, "groups": [TEAM]});
        let licenses = ["Licensed", "Basic"].into_iter().cycle();
        let mut people: Vec<_> =
            (0..PEOPLE).zip(licenses).map(|(who, license)| member(address(who, 0), license)).collect();
        people.push(member(STRANGER.to_owned(), "Licensed"));
        let account = json!({
            "accountId": name, "limits": "off", "groups": [{"name": TEAM}], "people": people,
            "quirks": {"deactivationTakesGroups": seed.is_multiple_of(2), "pageSize": PAGE},
        });
        let options = SimulatorOptions { account: Some(account.to_string()), ..SimulatorOptions::default() };
        let zoom = Simulator::start(&binaries()?, options).await?;
        let mut history = Self {
            shared,
            world,
            seed,
            random: StdRng::seed_from_u64(seed),
            zoom,
            name,
            declared: vec![None; PEOPLE],
            renamed: 0,
            touched: BTreeSet::new(),
            addresses: vec![0; PEOPLE],
            suspended: BTreeSet::new(),
            doomed: BTreeSet::new(),
            licenses: vec![None; PEOPLE],
            default: None,
            grouped: false,
            agreed: BTreeSet::new(),
            told: Vec::new(),
        };
        history.connect(&json!({})).await?;
        for who in 0..PEOPLE {
            history.declare(who, true).await?;
        }
        for who in 0..PEOPLE {
            world.user_is(&history.object(who), "Synced").await?;
        }
        Ok(history)
    }

    async fn connect(&self, changes: &Value) -> anyhow::Result<()> {
        let url = self.zoom.url();
        let limit = json!({"percent": 0, "floor": ALLOWED});
        let spec = json!({
            "accountId": self.name,
            "endpoints": {"token": format!("{url}/oauth/token"), "api": format!("{url}/v2")},
            "allow": {"delete": true},
            "guard": {"quietPeriod": "1s", "limits": {
                "access": limit, "creation": limit, "entitlement": limit, "membership": limit, "identity": limit,
            }},
            "userDefaults": self.default.iter().map(|license| json!({"selector": {}, "license": {"type": license}})).collect::<Vec<_>>(),
        });
        let spec = self.world.connection(merged(spec, changes.clone()));
        self.world.apply(CONNECTION, &self.name, spec).await.map(drop)
    }

    fn object(&self, who: usize) -> String {
        self.declared[who].as_ref().map_or_else(|| format!("{}-p{who}", self.name), |(object, _)| object.clone())
    }

    /// Applies the object of a person, under its present name or its first one.
    async fn declare(&mut self, who: usize, active: bool) -> anyhow::Result<()> {
        let object = self.object(who);
        let last_name = format!("N{}", self.random.random_range(0..100));
        let spec = json!({
            "connectionRef": {"name": self.name}, "email": self.address(who), "active": active, "lastName": last_name,
            "creation": {"method": "AutoCreate"}, "suspend": self.suspended.contains(&who),
            "previousEmails": (0..self.addresses[who]).map(|place| address(who, place)).collect::<Vec<_>>(),
        });
        let license = self.licenses[who].map_or(json!({}), |license| json!({"license": {"type": license}}));
        let hold = if who < ON_HOLD { json!({"hold": "case 12"}) } else { json!({}) };
        let delete = json!({"removal": {"policy": "Delete", "transfer": "None"}});
        let removal = if self.doomed.contains(&who) { delete } else { json!({}) };
        let spec = [license, hold, removal].into_iter().fold(spec, merged);
        self.world.user(&object, spec).await?;
        self.declared[who] = Some((object, active));
        Ok(())
    }

    /// The address that the object of a person names at present.
    fn address(&self, who: usize) -> String {
        address(who, self.addresses[who])
    }

    fn group(&self) -> String {
        format!("{}-team", self.name)
    }

    async fn removals(&self) -> anyhow::Result<Vec<Value>> {
        let mut removals = self.world.list(REMOVAL).await?;
        removals.retain(|removal| removal["spec"]["connectionRef"]["name"] == self.name.as_str());
        Ok(removals)
    }

    /// Has the account listed anew. Does not wait for it.
    async fn look(&mut self, value: &str) -> anyhow::Result<()> {
        let asked = format!("{value}-{}", self.told.len());
        let annotation = json!({"metadata": {"annotations": {zoom_operator_api::REQUESTED_AT_ANNOTATION: asked}}});
        self.world.patch(CONNECTION, &self.name, annotation).await.map(drop)
    }

    /// Returns how many people were removed.
    async fn run(mut self) -> anyhow::Result<usize> {
        let ran = tokio::time::timeout(LONGEST, self.play()).await;
        let removed = ran.context("not within its deadline").flatten().with_context(|| self.context())?;
        self.clear_up().await?;
        Ok(removed)
    }

    async fn play(&mut self) -> anyhow::Result<usize> {
        for _ in 0..EVENTS {
            self.happen().await?;
        }
        self.rest().await?;
        self.who_is_declared_active_has_access().await?;
        self.nothing_is_taken_beyond_what_was_agreed().await
    }

    /// What is over is no work for those that follow: without their connection objects go, and nobody is removed.
    async fn clear_up(&self) -> anyhow::Result<()> {
        self.world.delete(CONNECTION, &self.name).await?;
        self.world.gone(CONNECTION, &self.name).await?;
        for object in self.declared.iter().flatten().map(|(object, _)| object) {
            self.world.delete(USER, object).await?;
        }
        if self.grouped {
            self.world.delete(ZOOM_GROUP, &self.group()).await?;
        }
        for removal in self.removals().await? {
            self.world
                .kubectl(&["delete", "zoomremoval", name(&removal), "--ignore-not-found", "--wait=false"])
                .await?;
        }
        Ok(())
    }

    fn context(&self) -> String {
        format!("run it again with HISTORY_SEED={} HISTORIES=1; it went: {}", self.seed, self.told.join(", "))
    }
}

fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap_or_default()
}

/// The addresses that a person has one after the other.
fn address(who: usize, place: usize) -> String {
    if place == 0 { format!("p{who}@acme.example") } else { format!("p{who}-{place}@acme.example") }
}

/// Who it is, by any of their addresses.
fn subject(email: &str) -> String {
    email.split(['-', '@']).next().unwrap_or_default().to_owned()
}

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok()?.parse().ok()
}

/// Stops the operator and starts another, now in order and now as after a crash, for as long as `histories` go on.
async fn restart(shared: &Shared, ended: &tokio::sync::Notify) -> anyhow::Result<()> {
    for crash in [false, true].into_iter().cycle() {
        if tokio::time::timeout(RESTARTED, ended.notified()).await.is_ok() {
            break;
        }
        let mut operator = shared.operator.lock().await;
        shared.stop(&mut operator, crash).await?;
        *operator = Some(start(&shared.world).await?);
    }
    Ok(())
}

async fn start(world: &World<'static>) -> anyhow::Result<Operator> {
    let options = OperatorOptions { arguments: world.operator_arguments(), ..OperatorOptions::default() };
    Operator::start(&binaries()?, world.cluster.kubeconfig(), options).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_happens_nobody_is_removed_beyond_what_was_agreed_and_who_is_declared_active_ends_active()
-> anyhow::Result<()> {
    let histories = number("HISTORIES").unwrap_or(BY_DEFAULT);
    let chance = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let first = number("HISTORY_SEED").unwrap_or_else(chance);
    println!("HISTORIES={histories} HISTORY_SEED={first}");
    let world = World::bare(json!({})).await?;
    world.write_secret(crate::world::CLIENT_SECRET).await?;
    let (operator, ended) = (Mutex::new(Some(start(&world).await?)), tokio::sync::Notify::new());
    let shared = &Shared { world, operator };
    let all = async {
        let histories = stream::iter(first..first + histories);
        let ran = histories.map(async |seed| {
            let began = Instant::now();
            let removed = History::begin(shared, seed).await?.run().await?;
            println!("HISTORY_SEED={seed}: {removed} removed, ended after {:.0?}", began.elapsed());
            anyhow::Ok(removed)
        });
        let ran = ran.buffer_unordered(AT_ONCE).try_collect::<Vec<usize>>().await;
        ended.notify_one();
        ran
    };
    let (ran, restarted) = tokio::join!(all, restart(shared, &ended));
    restarted?;
    let removed: Vec<usize> = ran?;
    println!("people who were removed, by history: {removed:?}");
    ensure!(histories < BY_DEFAULT || removed.iter().sum::<usize>() > 0, "nobody was removed in any history");
    Ok(())
}
