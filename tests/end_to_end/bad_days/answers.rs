//! Zoom down, slow, busy, or answering nonsense: it is waited for, and in the end everything is exactly as declared.

use std::net::SocketAddr;

use anyhow::{Context as _, ensure};
use jiff::Timestamp;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use serde_json::{Value, json};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use zoom_operator_testing::{Exchange, eventually};

use super::{active, assert_says, connected, fault, faults_are_spent, nudge};
use crate::world::{CONNECTION, DEADLINE, USER, World, account_of, email, is_ready, message, ready_reason};

/// The way to the simulator, which can be shut: who knocks then is refused, and who was let in is cut off.
struct Door {
    address: SocketAddr,
    to: String,
    open: Option<JoinSet<()>>,
}

impl Door {
    async fn to(url: &str) -> anyhow::Result<Self> {
        let to = url.strip_prefix("http://").context("the simulator speaks http")?.to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let mut door = Self { address: listener.local_addr()?, to, open: None };
        door.let_in(listener);
        Ok(door)
    }

    fn let_in(&mut self, listener: TcpListener) {
        let to = self.to.clone();
        let mut accepting = JoinSet::new();
        accepting.spawn(async move {
            let mut inside = JoinSet::new();
            while let Ok((mut caller, _)) = listener.accept().await {
                let to = to.clone();
                inside.spawn(async move {
                    if let Ok(mut zoom) = TcpStream::connect(to).await {
                        // Ends when either side hangs up, which is nothing to tell.
                        let _ = copy_bidirectional(&mut caller, &mut zoom).await;
                    }
                });
            }
        });
        self.open = Some(accepting);
    }

    async fn shut(&mut self) {
        if let Some(mut open) = self.open.take() {
            open.shutdown().await;
        }
    }

    async fn reopen(&mut self) -> anyhow::Result<()> {
        let listener = TcpListener::bind(self.address).await?;
        self.let_in(listener);
        Ok(())
    }

    fn endpoints(&self) -> Value {
        let address = self.address;
        json!({"token": format!("http://{address}/oauth/token"), "api": format!("http://{address}/v2")})
    }
}

#[tokio::test]
async fn while_zoom_is_down_that_is_said_and_nothing_that_was_declared_gets_lost() -> anyhow::Result<()> {
    let mut world = World::bare(account_of(&["ada", "bob", "carol"])).await?;
    let mut door = Door::to(world.zoom.url()).await?;
    world.lease = 60;
    world.start_operator().await?;
    world.connect(json!({"endpoints": door.endpoints()})).await?;
    world.users(&["ada", "bob", "carol"], &json!({"lastName": "Byron"})).await?;
    world.users_are(&["ada", "bob", "carol"], "Synced").await?;

    door.shut().await;
    let failed = "outcome=\"Transient\"";
    let before = world.metric("zoom_operator_zoom_calls_total", failed).await?;
    world.users(&["ada", "bob"], &json!({"lastName": "Lovelace"})).await?;
    world.users(&["dora"], &json!({})).await?;
    world.delete(USER, "carol").await?;
    for name in ["ada", "bob", "dora"] {
        let waits = |user: &Value| {
            !is_ready(user)
                && (message(user).contains("onnection refused") || message(user).contains("ZoomUnavailable"))
        };
        world.until(USER, name, "names the outage", waits).await?;
    }
    nudge(&world, "is Zoom there?").await?;
    let connection = world.reason(CONNECTION, "default", "ZoomUnavailable").await?;
    assert_says(&connection, &["onnection refused"]);
    let tried = world.metric("zoom_operator_zoom_calls_total", failed).await? - before;
    assert!((1.0..=60.0).contains(&tried), "{tried} calls into the void");

    door.reopen().await?;
    world.reason(CONNECTION, "default", "Connected").await?;
    world.users_are(&["ada", "bob"], "Synced").await?;
    world.user_is("dora", "Invited").await?;
    world.person_until(&email("carol"), "is deactivated", |carol| carol.status == "inactive").await?;
    for name in ["ada", "bob"] {
        assert_eq!(world.person(&email(name)).await?.last_name, "Lovelace");
    }
    Ok(())
}

#[tokio::test]
async fn an_operator_that_starts_while_zoom_is_down_begins_when_it_is_back() -> anyhow::Result<()> {
    let mut world = World::bare(account_of(&["ada"])).await?;
    let mut door = Door::to(world.zoom.url()).await?;
    door.shut().await;
    world.lease = 60;
    world.start_operator().await?;
    world.connect(json!({"endpoints": door.endpoints()})).await?;
    world.users(&["ada", "bob"], &json!({"lastName": "Lovelace"})).await?;
    assert_says(&world.reason(CONNECTION, "default", "ZoomUnavailable").await?, &["onnection refused"]);
    for name in ["ada", "bob"] {
        assert_says(&world.user_is(name, "WaitingForConnection").await?, &["ZoomUnavailable", "onnection refused"]);
    }
    door.reopen().await?;
    world.user_is("ada", "Synced").await?;
    world.user_is("bob", "Invited").await?;
    Ok(())
}

fn people(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("p{number}")).collect()
}

/// Everything that Zoom, or the way to it, may answer instead of an answer.
fn nonsense() -> Vec<Value> {
    vec![
        json!({"answer": {"status": 500}}),
        json!({"answer": {"status": 503, "headers": {"retry-after": "1"}, "body": "try later"}}),
        json!({"answer": {"status": 504, "body": {"code": 500, "message": "internal"}}}),
        json!({"answer": {"status": 200, "body": "{\"id\": "}}),
        json!({"htmlPage": {"status": 502}}),
        json!({"htmlPage": {"status": 200}}),
        json!("malformedJson"),
        json!("cutBody"),
        json!("reset"),
        json!({"timeOutBefore": {}}),
        json!({"timeOutAfter": {}}),
        json!({"tooManyRequests": {"retryAfter": {"seconds": 1}}}),
        json!({"tooManyRequests": {}}),
        json!({"delay": {"ms": 300}}),
    ]
}

/// The same with a call that goes well after every other one: three failures in a row count as an outage, which is waited
/// out for half a minute.
fn nonsense_now_and_then() -> Vec<Value> {
    let well = json!({"delay": {"ms": 1}});
    nonsense().chunks(2).flat_map(|two| two.iter().cloned().chain([well.clone()])).collect()
}

#[tokio::test]
async fn whatever_is_answered_to_changes_they_are_made_in_the_end() -> anyhow::Result<()> {
    let names = people(nonsense().len());
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let world = connected(account_of(&names), json!({})).await?;
    world.users(&names, &json!({"lastName": "Byron"})).await?;
    world.users_are(&names, "Synced").await?;
    // The change itself goes wrong, and then the look at what came of it.
    for (method, last_name) in [("PATCH", "Lovelace"), ("GET", "King")] {
        for effect in nonsense_now_and_then() {
            world.zoom.inject(fault(method, "/users/{userId}", 1, &effect)).await?;
        }
        world.users(&names, &json!({"lastName": last_name})).await?;
        settled(&world, &names, "Synced").await?;
        world.zoom.clear_faults().await?;
        for name in &names {
            assert_eq!(world.person(&email(name)).await?.last_name, last_name);
        }
    }
    Ok(())
}

#[tokio::test]
async fn whatever_is_answered_to_creations_everybody_is_created_once() -> anyhow::Result<()> {
    let names = people(nonsense_now_and_then().len());
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let world = connected(account_of(&[]), json!({})).await?;
    world.reason(CONNECTION, "default", "Connected").await?;
    for effect in nonsense_now_and_then() {
        world.zoom.inject(fault("POST", "/users", 1, &effect)).await?;
    }
    world.users(&names, &json!({"lastName": "Lovelace"})).await?;
    settled(&world, &names, "Invited").await?;
    faults_are_spent(&world).await?;
    created_once(&world, &names).await
}

#[tokio::test]
async fn whatever_is_answered_to_listings_and_token_calls_the_account_is_listed_in_the_end() -> anyhow::Result<()> {
    let world = connected(account_of(&["ada"]), json!({})).await?;
    world.reason(CONNECTION, "default", "Connected").await?;
    for effect in nonsense() {
        for (method, path) in [("GET", "/users"), ("GET", "/roles"), ("POST", "/oauth/token")] {
            world.zoom.inject(fault(method, path, 1, &effect)).await?;
        }
    }
    world.users(&["ada", "bob"], &json!({"lastName": "Lovelace"})).await?;
    let mut listings = 0;
    while world.zoom.control(reqwest::Method::GET, "faults", None).await? != json!([]) {
        listings += 1;
        assert!(listings <= 60, "faults are left after {listings} listings");
        world.zoom.edit_account(json!({"revokeTokens": true})).await?;
        world.resync().await?;
    }
    world.reason(CONNECTION, "default", "Connected").await?;
    settled(&world, &["ada"], "Synced").await?;
    settled(&world, &["bob"], "Invited").await?;
    created_once(&world, &["bob"]).await
}

#[tokio::test]
async fn a_slow_zoom_is_waited_for_and_one_that_is_too_slow_is_asked_again() -> anyhow::Result<()> {
    let mut world = World::bare(account_of(&["ada", "bob"])).await?;
    world.lease = 20;
    world.start_operator().await?;
    world.connect(json!({})).await?;
    world.reason(CONNECTION, "default", "Connected").await?;
    // A call may take about a quarter of the lease.
    let (slow, too_slow) = (json!({"delay": {"ms": 2000}}), json!({"delay": {"ms": 7000}}));
    world.zoom.inject(fault("POST", "/users", 1, &slow)).await?;
    world.zoom.inject(fault("POST", "/users", 1, &too_slow)).await?;
    world.zoom.inject(fault("PATCH", "/users/{userId}", 1, &slow)).await?;
    world.zoom.inject(fault("PATCH", "/users/{userId}", 1, &too_slow)).await?;
    world.users(&["ada", "bob"], &json!({"lastName": "Lovelace"})).await?;
    world.users(&["carol", "dora"], &json!({"lastName": "Lovelace"})).await?;
    faults_are_spent(&world).await?;
    settled(&world, &["ada", "bob"], "Synced").await?;
    settled(&world, &["carol", "dora"], "Invited").await?;
    created_once(&world, &["carol", "dora"]).await
}

#[tokio::test]
async fn a_refusal_for_too_many_calls_is_obeyed_to_its_time_in_either_form() -> anyhow::Result<()> {
    for (named, retry_after) in [(4, json!({"seconds": 4})), (4, json!({"isoTimeIn": 5}))] {
        let world = connected(account_of(&[]), json!({})).await?;
        world.reason(CONNECTION, "default", "Connected").await?;
        let busy = json!({"tooManyRequests": {"rateHeaders": true, "retryAfter": retry_after}});
        world.zoom.inject(fault("POST", "/users", 1, &busy)).await?;
        world.users(&["ada", "bob"], &json!({})).await?;
        world.users_are(&["ada", "bob"], "Invited").await?;
        let journal = world.zoom.control(reqwest::Method::GET, "journal", None).await?;
        let posts = journal.as_array().context("a list")?.iter().filter(|call| call["endpoint"] == "POST /users");
        let posts = posts
            .map(|call| Ok((call["time"].as_str().context("a time")?.parse::<Timestamp>()?, call["status"].clone())))
            .collect::<anyhow::Result<Vec<_>>>()?;
        let [(refused, status), (next, _), _] = &posts[..] else { anyhow::bail!("{posts:?}") };
        assert_eq!(*status, 429);
        let waited = next.duration_since(*refused).as_secs_f64();
        assert!(waited >= f64::from(named), "asked again after {waited} s: {posts:?}");
    }
    Ok(())
}

/// Lets something go wrong with about every fifth call until `until` ends; returns what that found, and how many calls
/// were hit.
async fn with_faults<T>(
    world: &World<'_>,
    dice: &mut StdRng,
    until: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<(T, usize)> {
    let nonsense = nonsense();
    let mut hit = 0;
    let going_wrong = async {
        loop {
            let (effect, pause) = (dice.random_range(0..nonsense.len()), dice.random_range(1..8));
            world.zoom.inject(json!({"effect": nonsense[effect]})).await?;
            faults_are_spent(world).await?;
            hit += 1;
            let seen = last_call(world, 0).await?;
            eventually(DEADLINE, "a few calls go well", || async {
                let now = last_call(world, seen).await?;
                ensure!(now >= seen + pause, "{now}, from {seen}");
                Ok(())
            })
            .await?;
        }
    };
    let found = tokio::select! {
        found = until => found,
        failed = going_wrong => failed,
    }?;
    world.zoom.clear_faults().await?;
    Ok((found, hit))
}

/// The number of the last call, which comes after number `known`.
async fn last_call(world: &World<'_>, known: u64) -> anyhow::Result<u64> {
    Ok(world.zoom.journal_since(known).await?.last().map_or(known, |call| call.seq))
}

#[tokio::test]
async fn with_every_fifth_call_failing_sixty_people_are_created_and_edited() -> anyhow::Result<()> {
    let seed = std::env::var("FAULT_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    eprintln!("FAULT_SEED={seed}");
    let mut dice = StdRng::seed_from_u64(seed);
    let names = people(60);
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let world = connected(account_of(&names[..10]), json!({"rateLimit": {"plan": "Business"}})).await?;
    world.reason(CONNECTION, "default", "Connected").await?;

    let work = async {
        world.users(&names, &active(json!({"lastName": "Byron"}))).await?;
        eventually(3 * DEADLINE, "half of the people are there", || async {
            let there = world.zoom.people().await?.len();
            ensure!(there > names.len() / 2, "{there} people");
            Ok(())
        })
        .await?;
        let edit =
            active(json!({"lastName": "Lovelace", "profile": {"department": "Research", "jobTitle": "Engineer"}}));
        world.users(&names, &edit).await?;
        eventually(3 * DEADLINE, "all people are there and most are edited", || async {
            let people = world.zoom.people().await?;
            let edited = people.iter().filter(|person| person.last_name == "Lovelace").count();
            ensure!(people.len() > names.len() && edited * 3 > names.len() * 2, "{edited} of {}", people.len());
            Ok(())
        })
        .await
    };
    let ((), hit) = with_faults(&world, &mut dice, work).await?;
    eprintln!("{hit} of {} calls were hit", last_call(&world, 0).await?);
    assert!(hit >= 20, "only {hit} calls were hit");

    settled(&world, &names, "Synced").await?;
    created_once(&world, &names).await?;
    let people = world.zoom.people().await?;
    assert_eq!(people.len(), names.len() + 1, "the owner, and nobody else");
    for name in &names {
        let person = world.person(&email(name)).await?;
        let profile = &person.rest["profile"];
        assert_eq!(
            (person.last_name.as_str(), person.status.as_str(), &profile["dept"], &profile["jobTitle"]),
            ("Lovelace", "active", &json!("Research"), &json!("Engineer")),
            "{person:?}"
        );
    }
    // And it is over: nothing more is asked of Zoom.
    world.zoom.clear_journal().await?;
    world.resync().await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    Ok(())
}

/// Waits until these ZoomUsers have the reason, longer than otherwise: who failed several times waits some time.
async fn settled(world: &World<'_>, names: &[&str], reason: &str) -> anyhow::Result<()> {
    eventually(3 * DEADLINE, format_args!("{} people are {reason}", names.len()), || async {
        let users = world.list(USER).await?;
        let of = |name: &&str| users.iter().find(|user| user["metadata"]["name"] == **name);
        let rest = names.iter().filter(|name| of(name).and_then(ready_reason) != Some(reason));
        let rest: Vec<_> = rest.map(|name| (name, of(name).map(message))).collect();
        ensure!(rest.is_empty(), "{rest:?}");
        Ok(())
    })
    .await
}

/// Each of these people is there once, and no creation took effect that was not needed.
async fn created_once(world: &World<'_>, names: &[&str]) -> anyhow::Result<()> {
    let people = world.zoom.people().await?;
    let journal = world.zoom.journal().await?;
    for name in names {
        let address = email(name);
        assert_eq!(people.iter().filter(|person| person.email == address).count(), 1, "{address}");
        let for_them = |call: &&Exchange| {
            call.endpoint == "POST /users" && call.request_body["user_info"]["email"] == address.as_str()
        };
        let successes = journal.iter().filter(for_them).filter(|call| call.status == Some(201)).count();
        assert!(successes <= 1, "{address} was created {successes} times");
    }
    Ok(())
}
