//! Random histories, end to end: edits of people, addresses, licences, defaults and a group, suspended objects, legal holds, deletions,
//! renames, backups, restarts, faults, approvals, and humans in Zoom's portal.
//!
//! `HISTORIES` is how many (some by default), `HISTORY_SEED` the seed of the first one; the others follow it. Both are printed.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context as _, ensure};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use serde_json::{Value, json};
use tokio::sync::Mutex;
use zoom_operator_testing::{Operator, OperatorOptions, Simulator, SimulatorOptions, eventually};

use crate::world::{CONNECTION, REMOVAL, USER, World, ZOOM_GROUP, binaries, merged, ready_reason};

const BY_DEFAULT: u64 = 6;
const AT_ONCE: usize = 12;
const PEOPLE: usize = 6;
const EVENTS: usize = 24;
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
            "quirks": {"deactivationTakesGroups": seed.is_multiple_of(2)},
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

    async fn happen(&mut self) -> anyhow::Result<()> {
        let who = self.random.random_range(0..PEOPLE);
        let what = self.random.random_range(0..150);
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
            94..100 => self.look("again").await,
            100..108 => {
                self.licenses[who] = self.license();
                self.declare(who, active).await
            }
            108..112 => {
                self.default = self.license();
                self.connect(&json!({})).await
            }
            112..115 => self.in_portal(who, json!({"type": "Licensed"})).await,
            115..123 => self.declare_group().await,
            123..125 => {
                if std::mem::take(&mut self.grouped) {
                    self.world.delete(ZOOM_GROUP, &self.group()).await?;
                    self.world.gone(ZOOM_GROUP, &self.group()).await?;
                }
                Ok(())
            }
            125..132 => {
                toggle(&mut self.suspended, who);
                self.declare(who, active).await
            }
            132..138 => {
                toggle(&mut self.doomed, who);
                self.declare(who, active).await
            }
            138..146 => {
                self.addresses[who] = ADDRESSES.min(self.addresses[who] + 1);
                self.declare(who, active).await
            }
            _ => self.restore_a_backup().await,
        }
    }

    /// While no operator runs, all ZoomUsers are made anew: with other uids, without a status, without a finalizer.
    async fn restore_a_backup(&mut self) -> anyhow::Result<()> {
        let mut operator = self.shared.operator.lock().await;
        self.shared.stop(&mut operator, false).await?;
        let declared = self.declared.clone();
        for (who, declared) in declared.into_iter().enumerate() {
            let Some((object, active)) = declared else { continue };
            self.world.patch(USER, &object, json!({"metadata": {"finalizers": null}})).await?;
            self.world.delete(USER, &object).await?;
            self.declare(who, active).await?;
        }
        *operator = Some(start(self.world).await?);
        Ok(())
    }

    /// The address that the object of a person names at present.
    fn address(&self, who: usize) -> String {
        address(who, self.addresses[who])
    }

    fn license(&mut self) -> Option<&'static str> {
        [None, Some("Basic"), Some("Licensed")][self.random.random_range(0..3)]
    }

    fn group(&self) -> String {
        format!("{}-team", self.name)
    }

    /// Applies the object of the group, with anybody in it. An exclusive one names somebody.
    async fn declare_group(&mut self) -> anyhow::Result<()> {
        let somebody = self.random.random_range(0..PEOPLE);
        let wanted = (0..PEOPLE).filter(|place| *place == somebody || self.random.random());
        let wanted: Vec<_> = wanted.collect();
        let wanted: Vec<_> = wanted.into_iter().map(|who| self.address(who)).collect();
        let membership = if self.random.random() { "Exclusive" } else { "Additive" };
        let spec = json!({
            "connectionRef": {"name": self.name}, "name": TEAM, "membership": membership, "members": {"emails": wanted},
        });
        self.grouped = true;
        self.world.apply(ZOOM_GROUP, &self.group(), spec).await.map(drop)
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
        let spec = &removal["spec"];
        let people = spec["people"].as_array().into_iter().flatten().chain([&spec["person"]]);
        let class = spec["class"].as_str().unwrap_or_default();
        let people = people.filter_map(|person| Some((class.to_owned(), subject(person["email"].as_str()?))));
        self.agreed.extend(people);
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
        self.agreed.insert(("Access".to_owned(), subject(&self.address(who))));
        self.renamed += 1;
        let spec = json!({
            "connectionRef": {"name": self.name}, "class": "Access", "person": {"email": self.address(who)},
            "operations": [{"action": "Deactivate"}],
        });
        self.world.apply(REMOVAL, &format!("{}-by-hand-{}", self.name, self.renamed), spec).await.map(drop)
    }

    /// What a human does past the API, to somebody who is there.
    async fn in_portal(&self, who: usize, edit: Value) -> anyhow::Result<()> {
        let people = self.zoom.people().await?;
        match people.iter().find(|person| subject(&person.email) == subject(&address(who, 0))) {
            Some(person) => match self.zoom.edit_person(&person.id, edit).await {
                // Whoever is deactivated by now gets no licence.
                Err(error) if format!("{error:#}").contains("somebody inactive has no licence") => Ok(()),
                edited => edited,
            },
            None => Ok(()),
        }
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
            if self.grouped {
                let group = self.world.get(ZOOM_GROUP, &self.group()).await?;
                let reason = ready_reason(&group).with_context(|| format!("{}", group["status"]))?;
                ensure!(!["Reconciling", "Settling", "WaitingForListing"].contains(&reason), "{}", group["status"]);
            }
            for removal in self.removals().await? {
                let phase = removal["status"]["phase"].as_str().unwrap_or_default();
                ensure!(!["Settling", "Running", ""].contains(&phase), "{}: {}", removal["spec"], removal["status"]);
            }
            Ok(())
        })
        .await
    }

    /// From nobody was anything taken but by approval, and from as many more as the limit of each class lets go. Returns how
    /// many were removed.
    async fn nothing_is_taken_beyond_what_was_agreed(&self) -> anyhow::Result<usize> {
        let journal = self.zoom.journal().await?;
        let mut ids = BTreeMap::new();
        for call in &journal {
            note_ids(&call.response_body, &mut ids);
        }
        let on_hold: BTreeSet<_> = (0..ON_HOLD).map(|who| subject(&address(who, 0))).collect();
        let mut taken: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for call in journal.iter().filter(|call| call.status.is_none_or(|status| status < 300)) {
            let (class, list) = match call.endpoint.as_str() {
                "PUT /users/{userId}/status" if call.request_body["action"] == "deactivate" => ("Access", "users"),
                "DELETE /users/{userId}" => ("Access", "users"),
                "PUT /users/{userId}/email" => ("Identity", "users"),
                // The lower of the two licences that are declared.
                "PATCH /users/{userId}" if call.request_body["type"] == 1 => ("Entitlement", "users"),
                "DELETE /groups/{groupId}/members/{memberId}" => ("Membership", "members"),
                _ => continue,
            };
            let key = call.path.split('/').skip_while(|part| *part != list).nth(1).context("names nobody")?;
            let key = key.replace("%40", "@");
            let person = ids.get(&key).cloned().unwrap_or_else(|| subject(&key));
            ensure!(call.method != "DELETE" || class != "Access" || !on_hold.contains(&person), "{person} was deleted");
            taken.entry(class).or_default().insert(person);
        }
        for (class, people) in &taken {
            let agreed = |person: &&String| self.agreed.contains(&((*class).to_owned(), (*person).clone()));
            let unasked: Vec<_> = people.iter().filter(|person| !agreed(person)).collect();
            ensure!(unasked.len() <= ALLOWED, "{class}: taken from {unasked:?}, and nobody had said so");
        }
        let stranger = self.zoom.person(STRANGER).await?.context("the stranger is gone")?;
        ensure!(
            (&*stranger.status, &*stranger.license) == ("active", "Licensed"),
            "nobody declares them: {stranger:?}"
        );
        Ok(taken.get("Access").map_or(0, BTreeSet::len))
    }

    /// Whoever is declared active and was never touched in Zoom has access, unless a human has to decide about that.
    async fn who_is_declared_active_has_access(&self) -> anyhow::Result<()> {
        for (who, declared) in self.declared.iter().enumerate() {
            let Some((object, true)) = declared else { continue };
            if self.touched.contains(&who) || self.suspended.contains(&who) {
                continue;
            }
            let user = self.world.get(USER, object).await?;
            let mut people = self.zoom.people().await?;
            people.retain(|person| subject(&person.email) == subject(&address(who, 0)));
            ensure!(people.len() < 2, "{object} is there twice: {people:?}");
            let status = people.pop().map_or_else(|| "gone".to_owned(), |person| person.status);
            let held = ready_reason(&user) == Some("Held");
            ensure!(held || status == "active", "{object}: {status}: {}", user["status"]);
        }
        Ok(())
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

fn toggle(set: &mut BTreeSet<usize>, who: usize) {
    if !set.remove(&who) {
        set.insert(who);
    }
}

/// Whose id is whose, by everything that was answered: also of those who are gone.
fn note_ids(answer: &Value, ids: &mut BTreeMap<String, String>) {
    match answer {
        Value::Object(fields) => {
            if let (Some(Value::String(id)), Some(Value::String(email))) = (fields.get("id"), fields.get("email")) {
                ids.insert(id.clone(), subject(email));
            }
            fields.values().for_each(|field| note_ids(field, ids));
        }
        Value::Array(items) => items.iter().for_each(|item| note_ids(item, ids)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
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
