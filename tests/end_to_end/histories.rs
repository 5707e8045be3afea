//! Random histories, end to end: edits, deletions, renames, restarts, faults, approvals, and humans in Zoom's portal.
//!
//! `HISTORIES` is how many (some by default), `HISTORY_SEED` the seed of the first one; the others follow it. Both are printed.

use std::{
    collections::BTreeSet,
    env,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context as _, ensure};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use serde_json::{Value, json};
use tokio::sync::Mutex;
use zoom_operator_testing::{Operator, OperatorOptions, Simulator, SimulatorOptions, eventually};

use crate::world::{CONNECTION, REMOVAL, USER, World, binaries, merged, ready_reason};

const BY_DEFAULT: u64 = 6;
const AT_ONCE: usize = 12;
const PEOPLE: usize = 6;
const EVENTS: usize = 24;
/// So many people of a class may be touched in a window without asking.
const ALLOWED: usize = 2;
/// Far above what anything takes.
const DEADLINE: Duration = Duration::from_secs(180);

/// One history: an account of its own, its connection, and what happened so far.
struct History<'w> {
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
    /// Whose removal a human approved or asked for.
    agreed: BTreeSet<String>,
    told: Vec<String>,
}

impl<'w> History<'w> {
    async fn begin(world: &'w World<'static>, seed: u64) -> anyhow::Result<Self> {
        let name = format!("h{seed}");
        let people: Vec<_> = (0..PEOPLE).map(|who| json!({"email": address(who)})).collect();
        let account = json!({"accountId": name, "limits": "off", "people": people});
        let options = SimulatorOptions { account: Some(account.to_string()), ..SimulatorOptions::default() };
        let zoom = Simulator::start(&binaries()?, options).await?;
        let mut history = Self {
            world,
            seed,
            random: StdRng::seed_from_u64(seed),
            zoom,
            name,
            declared: vec![None; PEOPLE],
            renamed: 0,
            touched: BTreeSet::new(),
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
            "guard": {"quietPeriod": "1s", "limits": {"access": limit, "creation": limit}},
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
            "connectionRef": {"name": self.name}, "email": address(who), "active": active, "lastName": last_name,
            "creation": {"method": "AutoCreate"},
        });
        self.world.user(&object, spec).await?;
        self.declared[who] = Some((object, active));
        Ok(())
    }

    async fn happen(&mut self) -> anyhow::Result<()> {
        let who = self.random.random_range(0..PEOPLE);
        let what = self.random.random_range(0..100);
        self.told.push(format!("{what} p{who}"));
        let active = self.declared[who].as_ref().is_none_or(|(_, active)| *active);
        match what {
            0..20 => self.declare(who, active).await,
            20..30 => self.declare(who, !active).await,
            30..45 => self.delete(who).await,
            45..50 => {
                // A manifest renamed in one commit.
                self.delete(who).await?;
                self.renamed += 1;
                let object = format!("{}-p{who}-{}", self.name, self.renamed);
                self.declared[who] = Some((object, active));
                self.declare(who, active).await
            }
            50..58 => self.decide().await,
            58..62 => self.reject().await,
            62..66 => self.remove_by_hand(who).await,
            66..72 => {
                self.touched.insert(who);
                let status = if self.random.random() { "inactive" } else { "active" };
                self.in_portal(who, json!({"status": status})).await
            }
            72..75 => {
                self.touched.insert(who);
                self.in_portal(who, json!({"delete": true})).await
            }
            75..78 => self.in_portal(who, json!({"lastName": "Drift"})).await,
            78..90 => self.fault().await,
            90..94 => {
                let modes = ["Enforce", "HoldRemovals", "Plan", "Suspend"];
                let mode = modes[self.random.random_range(0..modes.len())];
                self.connect(&json!({"mode": mode})).await
            }
            _ => self.look("again").await,
        }
    }

    async fn delete(&mut self, who: usize) -> anyhow::Result<()> {
        if let Some((object, _)) = self.declared[who].take() {
            self.world.delete(USER, &object).await?;
            self.world.gone(USER, &object).await?;
        }
        Ok(())
    }

    async fn removals(&self) -> anyhow::Result<Vec<Value>> {
        let mut removals = self.world.list(REMOVAL).await?;
        removals.retain(|removal| removal["spec"]["connectionRef"]["name"] == self.name.as_str());
        Ok(removals)
    }

    /// Approves one that is held, if any is.
    async fn decide(&mut self) -> anyhow::Result<()> {
        let removals = self.removals().await?;
        let held: Vec<_> = removals.iter().filter(|removal| removal["status"]["phase"] == "Held").collect();
        if held.is_empty() {
            return Ok(());
        }
        let removal = held[self.random.random_range(0..held.len())];
        self.agreed.extend(removal["spec"]["person"]["email"].as_str().map(str::to_owned));
        self.edit_removal(removal, json!({"decision": "Approve", "decidedBy": "grace"})).await
    }

    /// Deletes one that is open, if any is.
    async fn reject(&mut self) -> anyhow::Result<()> {
        let removals = self.removals().await?;
        let open = ["Held", "Settling", "Scheduled"].map(Value::from);
        let open: Vec<_> = removals.iter().filter(|removal| open.contains(&removal["status"]["phase"])).collect();
        if open.is_empty() {
            return Ok(());
        }
        let removal = open[self.random.random_range(0..open.len())];
        self.world.kubectl(&["delete", "zoomremoval", name(removal), "--ignore-not-found", "--wait=false"]).await?;
        Ok(())
    }

    /// One that ended meanwhile needs no decision any more.
    async fn edit_removal(&self, removal: &Value, changes: Value) -> anyhow::Result<()> {
        match self.world.edit(REMOVAL, name(removal), changes).await {
            Err(error) if format!("{error:#}").contains("not found") => Ok(()),
            edited => edited.map(drop),
        }
    }

    async fn remove_by_hand(&mut self, who: usize) -> anyhow::Result<()> {
        self.touched.insert(who);
        self.agreed.insert(address(who));
        self.renamed += 1;
        let spec = json!({
            "connectionRef": {"name": self.name}, "class": "Access", "person": {"email": address(who)},
            "operations": [{"action": "Deactivate"}],
        });
        self.world.apply(REMOVAL, &format!("{}-by-hand-{}", self.name, self.renamed), spec).await.map(drop)
    }

    /// What a human does past the API, to somebody who is there.
    async fn in_portal(&self, who: usize, edit: Value) -> anyhow::Result<()> {
        if self.zoom.person(&address(who)).await?.is_none() {
            return Ok(());
        }
        self.zoom.edit_person(&address(who), edit).await
    }

    async fn fault(&mut self) -> anyhow::Result<()> {
        let effects = [
            json!("reset"),
            json!({"answer": {"status": 500}}),
            json!({"timeOutAfter": {}}),
            json!({"timeOutBefore": {}}),
            json!("malformedJson"),
            json!("repeatedRow"),
            json!("lostRow"),
            json!({"tooManyRequests": {"rateHeaders": true}}),
        ];
        let effect = &effects[self.random.random_range(0..effects.len())];
        let count = self.random.random_range(1..4);
        self.zoom.inject(json!({"count": count, "effect": effect})).await
    }

    /// Has the account listed anew. Does not wait for it.
    async fn look(&mut self, value: &str) -> anyhow::Result<()> {
        let asked = format!("{value}-{}", self.told.len());
        let annotation = json!({"metadata": {"annotations": {zoom_operator_api::REQUESTED_AT_ANNOTATION: asked}}});
        self.world.patch(CONNECTION, &self.name, annotation).await.map(drop)
    }

    /// Everything is switched on and well again, and goes on until nothing more happens.
    async fn rest(&mut self) -> anyhow::Result<()> {
        self.zoom.clear_faults().await?;
        self.connect(&json!({"mode": "Enforce"})).await?;
        self.look("rest").await?;
        let asked = format!("rest-{}", self.told.len());
        eventually(DEADLINE, format_args!("{} is at rest", self.name), || async {
            let connection = self.world.get(CONNECTION, &self.name).await?;
            ensure!(connection["status"]["lastHandledRequestedAt"] == asked.as_str(), "{}", connection["status"]);
            ensure!(ready_reason(&connection) == Some("Connected"), "{}", connection["status"]);
            for object in self.declared.iter().flatten().map(|(object, _)| object) {
                let user = self.world.get(USER, object).await?;
                let waits = ["Reconciling", "Settling", "WaitingForListing", "WaitingForConnection", "ZoomUnavailable"];
                let reason = ready_reason(&user).with_context(|| format!("{object}: {}", user["status"]))?;
                ensure!(!waits.contains(&reason), "{object}: {}", user["status"]["conditions"]);
            }
            for removal in self.removals().await? {
                let phase = removal["status"]["phase"].as_str().unwrap_or_default();
                ensure!(!["Settling", "Running", ""].contains(&phase), "{}: {}", removal["spec"], removal["status"]);
            }
            Ok(())
        })
        .await
    }

    /// Nobody was removed but those whom somebody approved, and as many more as the limit lets go. Returns how many were.
    async fn nobody_is_removed_beyond_what_was_agreed(&self) -> anyhow::Result<usize> {
        let carried_out = |call: &zoom_operator_testing::Exchange| {
            let removes = match call.endpoint.as_str() {
                "PUT /users/{userId}/status" => call.request_body["action"] == "deactivate",
                endpoint => endpoint == "DELETE /users/{userId}",
            };
            removes && call.status.is_none_or(|status| status < 300)
        };
        let people = self.zoom.people().await?;
        let email =
            |key: &str| people.iter().find(|person| person.id == key).map_or(key.to_owned(), |one| one.email.clone());
        let calls = self.zoom.journal().await?;
        let removed: BTreeSet<_> = calls
            .iter()
            .filter(|call| carried_out(call))
            .filter_map(|call| call.path.split('/').skip_while(|part| *part != "users").nth(1))
            .map(|key| email(&key.replace("%40", "@")))
            .collect();
        let unasked: Vec<_> = removed.difference(&self.agreed).collect();
        ensure!(unasked.len() <= ALLOWED, "{unasked:?} were removed, and nobody had said so");
        Ok(removed.len())
    }

    /// Whoever is declared active and was never touched in Zoom has access, unless a human has to decide about that.
    async fn who_is_declared_active_has_access(&self) -> anyhow::Result<()> {
        for (who, declared) in self.declared.iter().enumerate() {
            let Some((object, true)) = declared else { continue };
            if self.touched.contains(&who) {
                continue;
            }
            let user = self.world.get(USER, object).await?;
            let person = self.zoom.person(&address(who)).await?;
            let status = person.map_or_else(|| "gone".to_owned(), |person| person.status);
            let held = ready_reason(&user) == Some("Held");
            ensure!(held || status == "active", "{object}: {status}: {}", user["status"]);
        }
        Ok(())
    }

    /// Returns how many people were removed.
    async fn run(mut self) -> anyhow::Result<usize> {
        for _ in 0..EVENTS {
            self.happen().await.with_context(|| self.context())?;
        }
        self.rest().await.with_context(|| self.context())?;
        let removed = self.nobody_is_removed_beyond_what_was_agreed().await.with_context(|| self.context())?;
        self.who_is_declared_active_has_access().await.with_context(|| self.context())?;
        Ok(removed)
    }

    fn context(&self) -> String {
        format!("run it again with HISTORY_SEED={} HISTORIES=1; it went: {}", self.seed, self.told.join(", "))
    }
}

fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap_or_default()
}

fn address(who: usize) -> String {
    format!("p{who}@acme.example")
}

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok()?.parse().ok()
}

/// Stops the operator and starts another, now in order and now as after a crash, for as long as `histories` go on.
async fn restart(
    world: &World<'static>,
    operator: &Mutex<Option<Operator>>,
    ended: &tokio::sync::Notify,
) -> anyhow::Result<()> {
    let mut crash = false;
    loop {
        // From one restart to the next a good deal happens.
        if tokio::time::timeout(Duration::from_secs(7), ended.notified()).await.is_ok() {
            return Ok(());
        }
        let mut operator = operator.lock().await;
        if let Some(mut running) = operator.take() {
            if crash {
                running.kill9();
            } else {
                running.terminate(Duration::from_secs(30)).await?;
            }
        }
        crash = !crash;
        *operator = Some(start(world).await?);
    }
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
    let mut world = World::bare(json!({})).await?;
    world.lease = 6;
    world.write_secret(crate::world::CLIENT_SECRET).await?;
    let (operator, ended) = (Mutex::new(Some(start(&world).await?)), tokio::sync::Notify::new());
    let world = &world;
    let all = async {
        let histories = stream::iter(first..first + histories);
        let ran = histories.map(async |seed| History::begin(world, seed).await?.run().await);
        let ran = ran.buffer_unordered(AT_ONCE).try_collect::<Vec<usize>>().await;
        ended.notify_one();
        ran
    };
    let (ran, restarted) = tokio::join!(all, restart(world, &operator, &ended));
    restarted?;
    let removed: Vec<usize> = ran?;
    println!("people who were removed, by history: {removed:?}");
    ensure!(histories < BY_DEFAULT || removed.iter().sum::<usize>() > 0, "nobody was removed in any history");
    Ok(())
}
