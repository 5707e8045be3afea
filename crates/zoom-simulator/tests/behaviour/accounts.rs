use serde_json::json;
use zoom_simulator::{AccountConfig, License, LimitsConfig, Plan, Rate, Sharper, Simulator, Status};

use crate::support::{ADA, Zoom, active, unlimited};

#[tokio::test]
async fn an_account_file_sets_up_people_roles_groups_rooms_and_the_rest() {
    let text = "
accountId: abc
clientId: id
clientSecret: secret
plan: Pro
seats: {licensed: 3, basic: 5}
managedDomains: [corp.example]
sso: false
ssoPreProvisioning: false
scopes: ['user:read:admin']
limits: {light: {perSecond: 1}, createsPerDay: 2}
owner: boss@corp.example
people:
  - {email: Ada@corp.example, firstName: Ada, type: Licensed, role: Help desk, groups: [Team], profile: {dept: R, jobTitle: Analyst}}
  - {email: bob@corp.example, status: pending}
  - {email: boss@corp.example, firstName: Boss}
roles: [{name: Help desk, description: Tier 1}]
groups: [{name: Team}]
elsewhere: [{email: eve@mail.example}, {email: dan@mail.example, create: invited}]
rooms: [room@corp.example]
quirks: {statusReply: noContent, idChangesOnAcceptance: true, pageSize: 300}
";
    let config = AccountConfig::from_yaml(text).unwrap();
    assert_eq!((config.plan, config.quirks.page_size), (Plan::Pro, 300));
    let light = Some(Rate { per_second: 1, per_day: None });
    assert_eq!(config.limits, LimitsConfig::Sharper(Sharper { light, creates_per_day: Some(2), ..Sharper::default() }));
    let simulator = Simulator::start(config).await.unwrap();
    let ada = simulator.person("ada@corp.example").unwrap();
    assert_eq!((ada.license, ada.role.as_str(), ada.groups), (License::Licensed, "Help desk", vec!["Team".to_owned()]));
    assert_eq!((ada.profile.dept.as_str(), ada.profile.job_title.as_str()), ("R", "Analyst"));
    assert_eq!(simulator.person("bob@corp.example").unwrap().status, Status::Pending);
    assert_eq!(simulator.person("boss@corp.example").unwrap().role, "Owner");
    assert!(simulator.person("room@corp.example").unwrap().room);
    assert_eq!(simulator.people().len(), 4);
}

#[test]
fn unknown_fields_and_values_are_refused_by_name() {
    for (text, name) in [
        ("colour: blue", "colour"),
        ("people: [{email: a@b.example, nickname: x}]", "nickname"),
        ("people: [{email: a@b.example, profile: {shoeSize: 4}}]", "shoeSize"),
        ("limits: {lite: {perSecond: 1}}", "lite"),
        ("limits: sometimes", "sometimes"),
        ("plan: Gold", "Gold"),
        ("quirks: {mood: bad}", "mood"),
    ] {
        let error = AccountConfig::from_yaml(text).unwrap_err().to_string();
        assert!(error.contains(name), "{error}");
    }
}

#[test]
fn limits_can_be_switched_by_a_word() {
    for (word, limits) in [("on", LimitsConfig::On), ("off", LimitsConfig::Off)] {
        assert_eq!(AccountConfig::from_yaml(&format!("limits: {word}")).unwrap().limits, limits);
    }
}

#[tokio::test]
async fn an_account_that_cannot_be_is_refused_with_the_person_named() {
    for text in [
        "people: [{email: ada@acme.example}, {email: ADA@acme.example}]",
        "people: [{email: 'ada@acme.example', role: Chef}]",
        "people: [{email: 'ada@acme.example', role: Owner}]",
        "people: [{email: 'ada@acme.example', groups: [Nobody]}]",
        "{seats: {licensed: 1}, people: [{email: ada@acme.example, type: Licensed}]}",
        "people: [{email: 'ada@acme'}]",
    ] {
        let error = Simulator::start(AccountConfig::from_yaml(text).unwrap()).await.unwrap_err().to_string();
        assert!(error.to_lowercase().contains("ada@acme"), "{error}");
    }
}

#[test]
fn a_mistake_in_an_account_file_is_told_with_field_finding_and_what_is_allowed() {
    for (text, told) in [
        ("accountId: ''", ["accountId", "\"\"", "not empty"]),
        ("owner: boss", ["owner", "boss", "email address"]),
        ("rooms: [hall]", ["rooms", "hall", "email address"]),
        ("elsewhere: [{email: eve}]", ["elsewhere", "eve", "email address"]),
        ("lockedSettings: [chat]", ["lockedSettings", "chat", "in_meeting.chat"]),
        ("scopes: [users]", ["scopes", "users", "user:read:admin"]),
        ("quirks: {pageSize: 0}", ["quirks.pageSize", "0", "1 or more"]),
        ("groups: [{name: Team}, {name: team}]", ["groups", "team", "differ"]),
        ("groups: [{name: ' '}]", ["groups", "\" \"", "1 to 127"]),
        ("roles: [{name: Admin}]", ["roles", "Admin", "once"]),
        ("seats: {licensed: many}", ["seats.licensed", "many", "from 0 to 4294967295"]),
        ("managedDomains: acme.example", ["managedDomains", "acme.example", "a list"]),
        ("plan: Gold", ["plan", "Gold", "Free, Pro, Business"]),
        ("clientSecret: ''", ["clientSecret", "\"\"", "not empty"]),
        ("vanityUrl: ''", ["vanityUrl", "\"\"", "such as acme"]),
        ("vanityUrl: 'https://acme'", ["vanityUrl", "https://acme", "letters, digits"]),
        ("managedDomains: ['']", ["managedDomains", "\"\"", "acme.example"]),
        ("blockedDomains: ['ada@acme.example']", ["blockedDomains", "ada@acme.example", "domain names"]),
        ("allowedDomains: [acme]", ["allowedDomains", "acme", "acme.example"]),
        ("users: -1", ["users", "-1", "whole numbers from 0"]),
        ("users: 1000001", ["users", "1000001", "0 to 1000000"]),
        ("limits: {light: 0}", ["limits", "light", "0"]),
        ("limits: {light: {perSecond: 0}}", ["limits.light.perSecond", "0", "1 or more"]),
        ("limits: {medium: {perSecond: 1, perDay: 0}}", ["limits.medium.perDay", "0", "1 or more"]),
        ("limits: {heavy: {perSecond: -1}}", ["perSecond", "-1", "0 to 4294967295"]),
        ("limits: {createsPerDay: 0}", ["limits.createsPerDay", "0", "1 or more"]),
        ("limits: {groupsPerDay: 0}", ["limits.groupsPerDay", "0", "1 or more"]),
        ("readDelay: {listings: -1}", ["readDelay.listings", "-1", "0 to 86400"]),
        ("quirks: {inactiveDeletedAfterDays: 0}", ["quirks.inactiveDeletedAfterDays", "0", "1 or more"]),
        ("groups: [{name: Team, id: ''}]", ["groups.id", "\"\"", "not empty"]),
        ("groups: [{name: A, id: x}, {name: B, id: x}]", ["groups.id", "x", "there once"]),
        ("roles: [{name: Desk, id: '1'}]", ["roles.id", "1", "built-in"]),
        ("roles: [{name: ''}]", ["roles", "\"\"", "not empty"]),
        ("webhooks: [{url: 'http://127.0.0.1:9/', secret: ''}]", ["webhooks", "secret", "not empty"]),
        ("webhooks: [{url: 'ftp://127.0.0.1/', secret: s}]", ["webhooks", "ftp://127.0.0.1/", "http and https"]),
        ("webhooks: [{url: 'http://127.0.0.1:9/', secret: s, events: []}]", ["webhooks", "events", "user.updated"]),
        ("people: [{email: owner@acme.example, status: pending}]", ["status", "Pending", "always active"]),
        ("people: [{email: a@b.example, profile: {pmi: 12}}]", ["profile.pmi", "12", "ten digits"]),
        ("people: [{email: a@b.example, profile: {pronounsOption: 9}}]", ["profile.pronounsOption", "9", "0 to 3"]),
        ("people: [{email: a@b.example, profile: {hostKey: 12}}]", ["profile.hostKey", "12", "six to ten digits"]),
        ("people: [{email: a@b.example, profile: {language: English}}]", ["profile.language", "English", "en-US"]),
        ("people: [{email: a@b.example, profile: {timezone: there}}]", ["profile.timezone", "there", "Europe/Paris"]),
        (
            "people: [{email: a@b.example, profile: {manager: z@b.example}}]",
            ["profile.manager", "z@b.example", "people"],
        ),
        (
            "people: [{email: a@b.example, profile: {phoneNumbers: [{label: Boat, number: 1}]}}]",
            ["profile.phoneNumbers.label", "Boat", "Mobile, Office, Home or Fax"],
        ),
        (
            "people: [{email: a@b.example, profile: {phoneNumbers: [{number: one}]}}]",
            ["profile.phoneNumbers.number", "one", "a phone number"],
        ),
        ("people: [{email: a@b.example, firstName: 六个中文字符}]", ["firstName", "6 Chinese", "at most 5"]),
        ("people: [{email: a@b.example}]\nelsewhere: [{email: A@b.example}]", ["elsewhere", "A@b.example", "nobody"]),
        ("elsewhere: [{email: a@b.example}, {email: a@b.example}]", ["elsewhere", "a@b.example", "once"]),
    ] {
        let error = AccountConfig::from_yaml(text).and_then(AccountConfig::check).unwrap_err().to_string();
        assert!(told.iter().all(|part| error.contains(part)), "{text}: {error}");
    }
}

#[test]
fn texts_and_lists_beyond_zooms_limits_are_refused_in_an_account_file() {
    let phones = json!([{"number": "1"}, {"number": "2"}, {"number": "3"}, {"number": "4"}]);
    for (field, person) in [
        ("firstName", json!({"firstName": "x".repeat(65)})),
        ("lastName", json!({"lastName": "x".repeat(65)})),
        ("displayName", json!({"displayName": "x".repeat(129)})),
        ("profile.jobTitle", json!({"profile": {"jobTitle": "x".repeat(129)}})),
        ("profile.company", json!({"profile": {"company": "x".repeat(256)}})),
        ("profile.location", json!({"profile": {"location": "x".repeat(257)}})),
        ("profile.vanityName", json!({"profile": {"vanityName": "x".repeat(41)}})),
        ("profile.aboutMe", json!({"profile": {"aboutMe": "x".repeat(151)}})),
        ("profile.phoneNumbers", json!({"profile": {"phoneNumbers": phones}})),
        ("profile.divisionIds", json!({"profile": {"divisionIds": ["a", "b"]}})),
    ] {
        let mut person = person;
        person["email"] = ADA.into();
        let text = json!({"people": [person]}).to_string();
        let error = AccountConfig::from_yaml(&text).and_then(AccountConfig::check).unwrap_err().to_string();
        assert!([field, ADA, "found", "allowed are at most"].iter().all(|part| error.contains(part)), "{error}");
    }
}

#[tokio::test]
async fn settings_that_the_account_file_locks_are_locked_for_everybody() {
    let locked_settings = vec!["in_meeting.chat".into(), "in_meeting.polling".into()];
    let zoom = Zoom::start(AccountConfig { locked_settings, people: vec![active(ADA)], ..unlimited() }).await;
    let locks = zoom.get("/accounts/me/lock_settings").await.succeeded(200);
    assert_eq!((&locks["in_meeting"]["chat"], &locks["in_meeting"]["co_host"]), (&json!(true), &json!(false)));
    let path = format!("/users/{ADA}/settings");
    zoom.patch(&path, json!({"in_meeting": {"polling": false, "co_host": false}})).await.succeeded(204);
    let settings = zoom.get(&path).await.succeeded(200);
    assert_eq!((&settings["in_meeting"]["polling"], &settings["in_meeting"]["co_host"]), (&json!(true), &json!(false)));
}

#[tokio::test]
async fn made_up_people_are_the_same_for_the_same_seed_and_have_seats() {
    let people = async |seed| {
        let config = AccountConfig::default().with_users(500, seed);
        let simulator = Simulator::start(config).await.unwrap();
        simulator.people().into_iter().map(|person| (person.email, person.license, person.status)).collect::<Vec<_>>()
    };
    let (first, again, other) = (people(1).await, people(1).await, people(2).await);
    assert_eq!(first.len(), 501);
    assert_eq!(first, again);
    assert_ne!(first, other);
    for status in [Status::Active, Status::Inactive, Status::Pending] {
        assert!(first.iter().any(|person| person.2 == status));
    }
}

#[tokio::test]
async fn ids_are_opaque_of_22_characters_and_some_start_with_a_dash() {
    let simulator = Simulator::start(AccountConfig::default().with_users(2000, 1)).await.unwrap();
    let people = simulator.people();
    assert!(people.iter().all(|person| person.id.len() == 22));
    assert!(people.iter().any(|person| person.id.starts_with('-')));
}

#[tokio::test]
async fn made_up_people_have_departments_with_heads_groups_and_a_few_administrators() {
    let simulator = Simulator::start(AccountConfig::default().with_users(1000, 1)).await.unwrap();
    let people = simulator.people();
    let at_work: Vec<_> = people.iter().filter(|person| !person.profile.dept.is_empty()).collect();
    let departments: std::collections::BTreeMap<_, usize> =
        at_work.iter().fold(std::collections::BTreeMap::new(), |mut sizes, person| {
            *sizes.entry(person.profile.dept.as_str()).or_default() += 1;
            sizes
        });
    assert!(departments.len() == 7 && departments["Engineering"] > 3 * departments["IT"], "{departments:?}");
    for department in departments.keys() {
        let heads = at_work.iter().filter(|person| person.profile.job_title == format!("Head of {department}"));
        let heads: Vec<_> = heads.collect();
        assert_eq!(heads.len(), 1, "{department}");
        let team = at_work.iter().filter(|person| person.profile.manager == heads[0].email).count();
        assert!(team > 10, "{department}: {team}");
    }
    let admins: Vec<_> = people.iter().filter(|person| person.role == "Admin").collect();
    assert!(admins.len() == 5 && admins.iter().all(|admin| admin.profile.dept == "IT"));
    assert!(simulator.groups().iter().all(|group| !group.members.is_empty()));
    assert!(people.iter().all(|person| person.status != Status::Pending || person.groups.is_empty()));
    assert!(people.iter().any(|person| person.email == "ada.chen@acme.example"));
}

#[test]
fn a_manager_may_stand_further_down_in_the_account_file() {
    let people = "people:\n- {email: a@b.example, profile: {manager: c@b.example}}\n- {email: c@b.example}";
    AccountConfig::from_yaml(people).and_then(AccountConfig::check).unwrap();
}
