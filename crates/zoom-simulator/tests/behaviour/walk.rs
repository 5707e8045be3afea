//! A seeded random walk over calls, with what must hold after each.

use std::collections::HashSet;

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use serde_json::json;
use zoom_simulator::{AccountConfig, License, PersonEdit, Seats, Status};

use crate::support::{Zoom, unlimited};

const LICENSED: u32 = 6;
const BASIC: u32 = 8;

#[rstest::rstest]
#[case(1)]
#[case(2)]
#[case(3)]
#[tokio::test]
async fn counts_seats_and_listings_agree_after_every_call(#[case] seed: u64) {
    let seats = Seats { licensed: LICENSED, basic: Some(BASIC) };
    let zoom = Zoom::start(AccountConfig { seats, rooms: vec!["room@acme.example".into()], ..unlimited() }).await;
    let mut rng = SmallRng::seed_from_u64(seed);
    for step in 0..250 {
        let reply = random_call(&zoom, &mut rng).await;
        assert!(reply < 500, "step {step}");
        check(&zoom).await;
    }
    let seen: HashSet<_> = zoom.people().iter().map(|person| person.status).collect();
    assert!(seen.len() > 1, "the walk went nowhere");
}

fn anybody(rng: &mut SmallRng) -> String {
    let domain = if rng.random_bool(0.6) { "acme" } else { "other" };
    let name = format!("p{}@{domain}.example", rng.random_range(0..14));
    if rng.random_bool(0.2) { name.to_uppercase() } else { name }
}

async fn random_call(zoom: &Zoom, rng: &mut SmallRng) -> u16 {
    let who = anybody(rng);
    let path = format!("/users/{who}");
    let license = [1, 2, 4][rng.random_range(0..3)];
    match rng.random_range(0..13) {
        0..=3 => {
            let action = ["create", "autoCreate", "ssoCreate"][rng.random_range(0..3)];
            let info = json!({"email": who, "type": license, "password": "Sup3rSecret"});
            zoom.post("/users", json!({"action": action, "user_info": info})).await.status
        }
        4 => zoom.patch(&path, json!({"type": license, "dept": "R"})).await.status,
        5 => zoom.set_status(&who, ["activate", "deactivate"][rng.random_range(0..2)]).await.status,
        6 => zoom.delete(&path).await.status,
        7 => zoom.delete(&format!("{path}?action=delete")).await.status,
        8 => zoom.put(&format!("{path}/email"), json!({"email": anybody(rng)})).await.status,
        9 => zoom.post("/roles/1/members", json!({"members": [{"email": who}]})).await.status,
        10 => zoom.delete(&format!("/roles/1/members/{who}")).await.status,
        11 => zoom.accept_invitation(&who).map_or(400, |_| 200),
        _ => {
            let status = [Status::Active, Status::Inactive, Status::Pending][rng.random_range(0..3)];
            let edit = PersonEdit { status: Some(status), email: Some(anybody(rng)), ..PersonEdit::default() };
            zoom.edit_person(&who, edit).map_or(400, |_| 200)
        }
    }
}

async fn check(zoom: &Zoom) {
    let people = zoom.people();
    let unique = |key: fn(&zoom_simulator::PersonView) -> String| people.iter().map(key).collect::<HashSet<_>>().len();
    assert_eq!(unique(|person| person.id.clone()), people.len());
    assert_eq!(unique(|person| person.email.to_lowercase()), people.len());
    assert_eq!(people.iter().filter(|person| person.role_id == "0").count(), 1);

    let mut listed = Vec::new();
    for status in ["active", "inactive", "pending"] {
        for row in zoom.all(&format!("/users?status={status}&page_size=4"), "users").await {
            assert_eq!(row["status"], status);
            listed.push(row["email"].as_str().unwrap().to_owned());
        }
    }
    let mut expected: Vec<_> = people.iter().map(|person| person.email.clone()).collect();
    listed.sort();
    expected.sort();
    assert_eq!(listed, expected);

    let seats = |license, status| {
        let holds =
            |person: &&zoom_simulator::PersonView| !person.room && person.license == license && person.status == status;
        people.iter().filter(holds).count() as u64
    };
    let base = zoom.get("/accounts/me/plans/usage").await.succeeded(200)["plan_base"].clone();
    assert_eq!(base["usage"], seats(License::Licensed, Status::Active));
    assert_eq!(base["pending"], seats(License::Licensed, Status::Pending));
    assert!(seats(License::Licensed, Status::Active) + seats(License::Licensed, Status::Pending) <= LICENSED.into());
    assert!(seats(License::Basic, Status::Active) + seats(License::Basic, Status::Pending) <= BASIC.into());

    let in_account = people.iter().filter(|person| person.status != Status::Pending).count() as u64;
    let roles = zoom.get("/roles").await.succeeded(200);
    let members: u64 =
        roles["roles"].as_array().unwrap().iter().map(|role| role["total_members"].as_u64().unwrap()).sum();
    assert_eq!(members, in_account);
    let summary = zoom.get("/users/summary").await.succeeded(200);
    assert_eq!(summary["total_users_count"], in_account);
    assert_eq!(summary["pending_users_count"], people.len() as u64 - in_account);
}
