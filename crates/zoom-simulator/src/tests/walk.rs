//! A seeded random walk over calls, edits in the portal and moves of the clock, with what must hold all the way.
//!
//! `WALK_STEPS` says how many steps (absent: 500) and `WALK_SEEDS` how many walks (absent: 4).

use axum::http::Method;
use jiff::SignedDuration;
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use super::Rig;
use crate::account::{PersonEdit, Seq, Status};
use crate::config::{AccountConfig, ElsewhereConfig, GroupConfig, PersonConfig, RoleConfig, Seats};
use crate::limits::LimitsConfig;
use crate::quirks::*;

/// How many steps go by between two checks.
const CHECK_EVERY: usize = 7;

fn pick<T: Copy>(rng: &mut SmallRng, list: &[T]) -> T {
    *list.choose(rng).unwrap()
}

fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}

#[test]
fn counts_listings_seats_roles_and_groups_agree_all_along_a_random_walk() {
    let steps = setting("WALK_STEPS", 500);
    let seeds = 0..setting("WALK_SEEDS", 4) as u64;
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) as u64;
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let seeds = seeds.clone();
            scope.spawn(move || seeds.filter(|seed| seed % threads == thread).for_each(|seed| walk(seed, steps)));
        }
    });
}

fn walk(seed: u64, steps: usize) {
    let mut rng = SmallRng::seed_from_u64(seed);
    let mut rig = Rig::new(account(&mut rng), seed);
    let (mut succeeded, mut refused) = (0, 0);
    for step in 0..steps {
        let (what, status) = one_step(&mut rig, &mut rng);
        assert!(status < 500, "seed {seed}, step {step}: {what} answered {status}");
        if status < 400 {
            succeeded += 1;
        } else {
            refused += 1;
        }
        if step % CHECK_EVERY == 0 {
            let checked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| rig.check()));
            assert!(checked.is_ok(), "seed {seed}, step {step}, after {what}");
        }
    }
    rig.check();
    assert!(succeeded > steps / 5 && refused > steps / 20, "{succeeded} calls succeeded and {refused} were refused");
}

/// An account with few seats, and quirks as chance has them.
fn account(rng: &mut SmallRng) -> AccountConfig {
    let elsewhere = |name: &str, create| ElsewhereConfig { email: format!("{name}@other.example"), create };
    AccountConfig {
        seats: Seats { licensed: 6, basic: Some(9) },
        limits: LimitsConfig::Off,
        people: (0..4).map(|number| PersonConfig::new(format!("p{number}@acme.example"))).collect(),
        rooms: vec!["room@acme.example".into()],
        elsewhere: vec![elsewhere("p0", None), elsewhere("p1", Some(ElsewhereAnswer::Invited))],
        groups: vec![GroupConfig { name: "Everyone".into(), id: Some("g0".into()) }],
        roles: vec![RoleConfig {
            name: "Help desk".into(),
            id: Some("r0".into()),
            description: String::new(),
            privileges: vec![],
        }],
        quirks: quirks(rng),
        ..AccountConfig::default()
    }
}

fn quirks(rng: &mut SmallRng) -> Quirks {
    macro_rules! one_of {
        ($($value:expr),+) => { pick(rng, &[$($value),+]) };
    }
    Quirks {
        last_page_token: one_of!(LastPageToken::Missing, LastPageToken::Empty),
        email_case: one_of!(EmailCase::Kept, EmailCase::Lowered),
        elsewhere: one_of!(ElsewhereAnswer::Invited, ElsewhereAnswer::ActiveElsewhere, ElsewhereAnswer::AddressUsed),
        foreign_user: one_of!(ForeignUser::OtherAccount, ForeignUser::Missing),
        instant_activation: one_of!(true, false),
        id_changes_on_acceptance: one_of!(true, false),
        pending_patch: one_of!(PendingPatch::WithoutEffect, PendingPatch::Refused),
        pending_group_id_works: one_of!(true, false),
        expired_invitation: one_of!(ExpiredInvitation::Deletable, ExpiredInvitation::Refused),
        empty_text: one_of!(EmptyText::Clears, EmptyText::Ignored),
        null: one_of!(EmptyText::Clears, EmptyText::Ignored),
        phone_numbers: one_of!(PhoneNumbers::Replaced, PhoneNumbers::Merged),
        locked_settings: one_of!(LockedSettings::Kept, LockedSettings::Refused),
        inactive_deletion: one_of!(InactiveDeletion::Allowed, InactiveDeletion::RefusedForSome),
        inactive_deleted_after_days: one_of!(None, Some(30), Some(365)),
        inactive_rows_have_groups: one_of!(true, false),
        case_sensitive_group_names: one_of!(true, false),
        role_reply: one_of!(RoleReply::Bare, RoleReply::Full),
        held_role: one_of!(HeldRole::Demotes, HeldRole::Refused),
        plan_base: one_of!(PlanBase::Object, PlanBase::Array),
        ..Quirks::default()
    }
}

/// Somebody who may or may not be there, by id or address.
fn anybody(rig: &Rig, rng: &mut SmallRng) -> String {
    if rng.random_bool(0.3) {
        let people: Vec<_> = rig.account.people.all().collect();
        return people.choose(rng).unwrap().id.clone();
    }
    let domain = pick(rng, &["acme", "acme", "other"]);
    let name = match rng.random_range(0..40) {
        0 => "owner".to_owned(),
        1 => "room".to_owned(),
        _ => format!("p{}", rng.random_range(0..14)),
    };
    let email = format!("{name}@{domain}.example");
    if rng.random_bool(0.2) { email.to_uppercase() } else { email }
}

fn address(rng: &mut SmallRng) -> String {
    format!("{}{}@acme.example", pick(rng, &["p", "P"]), rng.random_range(0..14))
}

fn any_group(rig: &Rig, rng: &mut SmallRng) -> String {
    let groups: Vec<_> = rig.account.groups.all().map(|group| group.id.clone()).collect();
    if rng.random_bool(0.9) { groups.choose(rng).cloned().unwrap_or_default() } else { "nope".to_owned() }
}

fn any_role(rig: &Rig, rng: &mut SmallRng) -> String {
    let roles: Vec<_> = rig.account.roles.keys().cloned().collect();
    if rng.random_bool(0.9) { roles.choose(rng).cloned().unwrap() } else { "nope".to_owned() }
}

/// Takes a step, and tells what it was and how it went.
fn one_step(rig: &mut Rig, rng: &mut SmallRng) -> (String, u16) {
    match rng.random_range(0..100) {
        0..4 => clock(rig, rng),
        4..20 => portal(rig, rng),
        _ => {
            let (method, path, body) = any_call(rig, rng);
            let (status, _) = rig.call(method.clone(), &path, &body);
            (format!("{method} {path} {body}"), status)
        }
    }
}

fn clock(rig: &mut Rig, rng: &mut SmallRng) -> (String, u16) {
    let hours = pick(rng, &[1, 30, 24 * 8, 24 * 31]);
    rig.advance(SignedDuration::from_hours(hours));
    (format!("{hours} hours"), 200)
}

/// What an administrator or the people themselves do, past the API.
fn portal(rig: &mut Rig, rng: &mut SmallRng) -> (String, u16) {
    let (who, now) = (anybody(rig, rng), rig.now);
    let status = pick(rng, &[Status::Active, Status::Inactive, Status::Pending]);
    let (what, ok) = match rng.random_range(0..10) {
        0..6 => ("accepts", rig.account.accept_invitation(&who, now).is_ok()),
        6 => {
            let edit = PersonEdit { status: Some(status), ..PersonEdit::default() };
            ("has another status", rig.account.edit_in_portal(&who, edit, now).is_ok())
        }
        7 => {
            let role = rng.random_bool(0.5).then(|| any_role(rig, rng));
            let edit = PersonEdit { email: Some(address(rng)), role, ..PersonEdit::default() };
            ("has another address", rig.account.edit_in_portal(&who, edit, now).is_ok())
        }
        8 => {
            let edit = PersonEdit { delete: true, ..PersonEdit::default() };
            ("is deleted", rig.account.edit_in_portal(&who, edit, now).is_ok())
        }
        _ => {
            let entry = PersonConfig { status, role: Some(any_role(rig, rng)), ..PersonConfig::new(address(rng)) };
            ("or another is added", rig.account.place(entry, now).is_ok())
        }
    };
    (format!("in the portal {who} {what}"), if ok { 200 } else { 400 })
}

fn any_call(rig: &Rig, rng: &mut SmallRng) -> (Method, String, Value) {
    match rng.random_range(0..11) {
        0..3 => create(rng),
        3..6 => on_a_person(rig, rng),
        6 => around_a_person(rig, rng),
        7 => on_a_role(rig, rng),
        8 => on_a_group(rig, rng),
        9 => on_a_contact_group(rig, rng),
        _ => by_scim(rig, rng),
    }
}

fn by_scim(rig: &Rig, rng: &mut SmallRng) -> (Method, String, Value) {
    let user = format!("/scim2/Users/{}", anybody(rig, rng));
    let group = format!("/scim2/Groups/{}", any_group(rig, rng));
    let operations =
        |path: &str, op: &str, value: Value| json!({"Operations": [{"op": op, "path": path, "value": value}]});
    match rng.random_range(0..8) {
        0 => (Method::POST, "/scim2/Users".into(), json!({"userName": address(rng), "userType": "Basic"})),
        1 => (Method::PUT, user, json!({"title": "T", "userType": pick(rng, &["Basic", "Licensed"])})),
        2 | 3 => (Method::PATCH, user, operations("active", "replace", rng.random_bool(0.5).into())),
        4 => (Method::DELETE, user, Value::Null),
        5 => (Method::POST, "/scim2/Groups".into(), json!({"displayName": format!("g{}", rng.random_range(0..5))})),
        6 => {
            let members = json!([{"value": anybody(rig, rng)}]);
            (Method::PATCH, group, operations("members", pick(rng, &["add", "remove", "replace"]), members))
        }
        _ => (Method::DELETE, group, Value::Null),
    }
}

fn create(rng: &mut SmallRng) -> (Method, String, Value) {
    let domain = pick(rng, &["acme", "acme", "other"]);
    let email = format!("{}{}@{domain}.example", pick(rng, &["p", "P"]), rng.random_range(0..14));
    let action = pick(rng, &["create", "autoCreate", "ssoCreate", "custCreate"]);
    let kind = pick(rng, &[1, 1, 2, 4, 99]);
    let info = json!({"email": email, "type": kind, "first_name": "P", "password": "Sup3rSecret"});
    (Method::POST, "/users".into(), json!({"action": action, "user_info": info}))
}

fn on_a_person(rig: &Rig, rng: &mut SmallRng) -> (Method, String, Value) {
    let path = format!("/users/{}", anybody(rig, rng));
    match rng.random_range(0..12) {
        0..4 => {
            let changes = [
                json!({"type": pick(rng, &[1, 2, 4])}),
                json!({"dept": "R", "last_name": null, "job_title": ""}),
                json!({"vanity_name": format!("v{}", rng.random_range(0..4))}),
                json!({"group_id": any_group(rig, rng)}),
                json!({"phone_numbers": [{"label": "Office", "number": "12345"}], "pmi": 1_234_567_890}),
            ];
            (Method::PATCH, path, changes.choose(rng).unwrap().clone())
        }
        4..8 => {
            let action = pick(rng, &["activate", "activate", "deactivate", "clock_in"]);
            (Method::PUT, format!("{path}/status"), json!({"action": action}))
        }
        8 => (Method::DELETE, path, Value::Null),
        9 => (Method::DELETE, format!("{path}?action=delete"), Value::Null),
        10 => {
            let heir = anybody(rig, rng);
            let query = format!("action=delete&transfer_email={heir}&transfer_meeting=true");
            (Method::DELETE, format!("{path}?{query}"), Value::Null)
        }
        _ => (Method::PUT, format!("{path}/email"), json!({"email": address(rng)})),
    }
}

fn around_a_person(rig: &Rig, rng: &mut SmallRng) -> (Method, String, Value) {
    let path = format!("/users/{}", anybody(rig, rng));
    let other = anybody(rig, rng);
    match rng.random_range(0..9) {
        0 => (Method::PUT, format!("{path}/password"), json!({"password": "An0therSecret"})),
        1 => (Method::POST, format!("{path}/assistants"), json!({"assistants": [{"email": other}]})),
        2 => (Method::DELETE, format!("{path}/assistants/{other}"), Value::Null),
        3 => (Method::DELETE, format!("{path}/schedulers"), Value::Null),
        4 => (Method::PATCH, format!("{path}/settings"), json!({"in_meeting": {"chat": rng.random_bool(0.5)}})),
        5 => {
            let locks = json!({"in_meeting": {"chat": rng.random_bool(0.5)}});
            (Method::PATCH, "/accounts/me/lock_settings".into(), locks)
        }
        6 => (Method::PUT, format!("{path}/presence_status"), json!({"status": "Away"})),
        7 => (Method::DELETE, format!("{path}/token"), Value::Null),
        _ => {
            let value = pick(rng, &["1", "2", "4"]);
            let users = [json!({"email": other}), json!({"id": anybody(rig, rng)})];
            let body = json!({"feature_type": "user_type", "feature_value": value, "users": users});
            (Method::POST, "/users/features".into(), body)
        }
    }
}

fn on_a_role(rig: &Rig, rng: &mut SmallRng) -> (Method, String, Value) {
    let (role, who) = (any_role(rig, rng), anybody(rig, rng));
    match rng.random_range(0..8) {
        0..4 => (Method::POST, format!("/roles/{role}/members"), json!({"members": [{"email": who}, {"id": who}]})),
        4..6 => (Method::DELETE, format!("/roles/{role}/members/{who}"), Value::Null),
        6 => (Method::POST, "/roles".into(), json!({"name": format!("R{}", rng.random_range(0..4))})),
        _ => (Method::DELETE, format!("/roles/{role}"), Value::Null),
    }
}

fn on_a_group(rig: &Rig, rng: &mut SmallRng) -> (Method, String, Value) {
    let (group, other, who) = (any_group(rig, rng), any_group(rig, rng), anybody(rig, rng));
    let path = format!("/groups/{group}");
    let name = json!({"name": format!("{}{}", pick(rng, &["g", "G"]), rng.random_range(0..5))});
    match rng.random_range(0..13) {
        0 | 1 => (Method::POST, "/groups".into(), name),
        2 => (Method::PATCH, path, name),
        3 => (Method::DELETE, path, Value::Null),
        4..8 => {
            (Method::POST, format!("{path}/members"), json!({"members": [{"id": who}, {"email": anybody(rig, rng)}]}))
        }
        8 => (Method::DELETE, format!("{path}/members/{who}"), Value::Null),
        9 => {
            let body = json!({"action": pick(rng, &["move", "set_primary"]), "target_group_id": other});
            (Method::PATCH, format!("{path}/members/{who}"), body)
        }
        10 => (Method::POST, format!("{path}/admins"), json!({"admins": [{"email": who}]})),
        11 => (Method::DELETE, format!("{path}/admins/{who}"), Value::Null),
        _ => (Method::PATCH, format!("{path}/lock_settings"), json!({"in_meeting": {"chat": true}})),
    }
}

fn on_a_contact_group(rig: &Rig, rng: &mut SmallRng) -> (Method, String, Value) {
    let ids: Vec<_> = rig.account.contact_groups.after(Seq::default()).map(|group| group.id.clone()).collect();
    let path = format!("/contacts/groups/{}", ids.choose(rng).map_or("nope", String::as_str));
    let member = match rng.random_range(0..3) {
        0 => json!({"type": 2, "id": any_group(rig, rng)}),
        _ => json!({"type": 1, "id": anybody(rig, rng)}),
    };
    match rng.random_range(0..10) {
        0 | 1 if ids.len() < 4 => {
            let body = json!({"group_name": "C", "group_privacy": pick(rng, &[1, 2, 3]), "group_members": [member]});
            (Method::POST, "/contacts/groups".into(), body)
        }
        2 => (Method::PATCH, path, json!({"name": "D", "privacy": 3})),
        3 => (Method::DELETE, path, Value::Null),
        4..8 => (Method::POST, format!("{path}/members"), json!({"group_members": [member]})),
        _ => {
            let id = member["id"].as_str().unwrap();
            (Method::DELETE, format!("{path}/members?member_ids={id}"), Value::Null)
        }
    }
}
