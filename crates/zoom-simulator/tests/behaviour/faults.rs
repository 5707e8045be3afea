use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::json;
use strum::VariantNames;
use zoom_simulator::{
    AccountConfig, DivisionConfig, Fault, FaultEffect, GroupConfig, PersonConfig, Plan, Probability, RetryAfter,
};

use crate::support::{ADA, Zoom, active, read, unlimited};

fn create_body() -> serde_json::Value {
    json!({"action": "create", "user_info": {"email": ADA, "type": 1}})
}

#[tokio::test]
async fn an_answer_of_ones_own_hits_so_many_matching_calls_and_nothing_happens() {
    let zoom = Zoom::with([]).await;
    let headers = BTreeMap::from([("retry-after".to_owned(), "3".to_owned())]);
    let effect = FaultEffect::Answer { status: 503, headers, body: json!({"code": 1}) };
    zoom.inject(Fault::on("POST", "/v2/users", effect).times(2));
    zoom.get("/users").await.succeeded(200);
    for _ in 0..2 {
        let reply = zoom.post("/users", create_body()).await;
        assert_eq!((reply.status, reply.header("retry-after")), (503, Some("3")));
    }
    assert!(zoom.person(ADA).is_none() && zoom.faults().is_empty());
    zoom.post("/users", create_body()).await.succeeded(201);
}

#[tokio::test]
async fn a_429_comes_with_or_without_headers_and_in_both_forms_of_retry_after() {
    let zoom = Zoom::with([]).await;
    zoom.set_clock("2030-01-01T00:00:00Z".parse().unwrap());
    zoom.freeze(true);
    for (after, expected) in [
        (None, None),
        (Some(RetryAfter::Seconds(17)), Some("17")),
        (Some(RetryAfter::IsoTimeIn(90)), Some("2030-01-01T00:01:30Z")),
    ] {
        zoom.inject(Fault::next_call(FaultEffect::TooManyRequests {
            rate_headers: true,
            daily: true,
            retry_after: after,
        }));
        let reply = zoom.get("/users").await;
        reply.refused(429, 429);
        assert_eq!((reply.header("retry-after"), reply.header("x-ratelimit-type")), (expected, Some("Daily-limit")));
        assert_eq!(reply.header("date"), Some("Tue, 01 Jan 2030 00:00:00 GMT"), "times are on the clock that it tells");
    }
    zoom.inject(Fault::next_call(FaultEffect::TooManyRequests {
        rate_headers: false,
        daily: false,
        retry_after: None,
    }));
    assert_eq!(zoom.get("/users").await.header("x-ratelimit-type"), None);
}

#[tokio::test]
async fn an_html_page_and_malformed_json_can_stand_in_for_an_answer() {
    let zoom = Zoom::with([active(ADA)]).await;
    zoom.inject(Fault::next_call(FaultEffect::HtmlPage { status: 502 }));
    let page = zoom.get("/users").await;
    assert!(page.status == 502 && page.text.starts_with("<!DOCTYPE html>"));
    zoom.inject(Fault::next_call(FaultEffect::MalformedJson));
    let broken = zoom.patch(&format!("/users/{ADA}"), json!({"dept": "R"})).await;
    assert!(serde_json::from_str::<serde_json::Value>(&broken.text).is_err());
    assert_eq!(zoom.person(ADA).unwrap().profile.dept, "R");
}

#[tokio::test]
async fn a_cut_body_fails_the_caller_though_the_change_happened() {
    let zoom = Zoom::with([]).await;
    zoom.inject(Fault::on("POST", "/users", FaultEffect::CutBody));
    zoom.try_call(Method::POST, "/users", Some(create_body())).await.unwrap_err();
    assert!(zoom.person(ADA).is_some());
}

#[tokio::test]
async fn a_call_that_gets_no_answer_happened_or_not_as_the_fault_says() {
    let zoom = Zoom::with([]).await;
    for effect in [FaultEffect::Reset, FaultEffect::TimeOutBefore { hold_ms: 1 }] {
        zoom.inject(Fault::on("POST", "/users", effect));
        zoom.try_call(Method::POST, "/users", Some(create_body())).await.unwrap_err();
        assert!(zoom.person(ADA).is_none());
    }
    zoom.inject(Fault::on("POST", "/users", FaultEffect::TimeOutAfter { hold_ms: 0 }));
    zoom.try_call(Method::POST, "/users", Some(create_body())).await.unwrap_err();
    assert!(zoom.person(ADA).is_some());
    let last = zoom.journal().pop().unwrap();
    assert_eq!((last.status, last.fault), (None, Some("timeOutAfter")));
    assert_eq!(zoom.counters()["POST /users"]["none"], 3);
}

#[tokio::test]
async fn success_without_effect_looks_like_success() {
    let zoom = Zoom::with([]).await;
    zoom.inject(Fault::on("POST", "/users", FaultEffect::WithoutEffect));
    zoom.post("/users", create_body()).await.succeeded(201);
    assert!(zoom.person(ADA).is_none());
}

#[tokio::test]
async fn a_stale_listing_shows_the_account_as_it_was() {
    let zoom = Zoom::with([]).await;
    zoom.inject(Fault::on("GET", "/users", FaultEffect::StaleListing));
    zoom.post("/users", create_body()).await.succeeded(201);
    zoom.accept_invitation(ADA).unwrap();
    assert_eq!(zoom.get("/users").await.succeeded(200)["total_records"], 1);
    assert_eq!(zoom.get("/users").await.succeeded(200)["total_records"], 2);
}

#[tokio::test]
async fn token_calls_can_fail_too() {
    let zoom = Zoom::with([]).await;
    zoom.inject(Fault::on("POST", "/oauth/token", FaultEffect::HtmlPage { status: 500 }));
    assert_eq!(zoom.fetch_token().await.status, 500);
    zoom.fetch_token().await.succeeded(200);
}

/// The rows of the pages of a listing, two to a page, by what `name` says of them.
async fn pages(zoom: &Zoom, path: &str, rows: &str, name: &str) -> Vec<Vec<String>> {
    let (mut pages, mut token) = (Vec::new(), String::new());
    loop {
        let page = zoom.get(&format!("{path}?page_size=2&next_page_token={token}")).await.succeeded(200);
        let listed = page[rows].as_array().unwrap().iter();
        pages.push(listed.map(|row| row[name].as_str().unwrap().to_owned()).collect());
        page["next_page_token"].as_str().unwrap_or_default().clone_into(&mut token);
        if token.is_empty() {
            return pages;
        }
    }
}

#[tokio::test]
async fn a_row_comes_twice_or_is_lost_across_the_pages_of_every_listing_while_size_and_total_stay() {
    let names = ["a", "b", "c", "d", "e"];
    let people = names.map(|name| PersonConfig {
        groups: (0..5).map(|number| format!("g{number}")).collect(),
        role: Some("Admin".into()),
        ..active(&format!("{name}@acme.example"))
    });
    let groups = (0..5).map(|number| GroupConfig { name: format!("g{number}"), id: Some(format!("g{number}")) });
    let divisions = (0..4).map(|number| DivisionConfig {
        name: format!("d{number}"),
        id: Some(format!("d{number}")),
        description: String::new(),
    });
    let (groups, divisions) = (groups.collect(), divisions.collect());
    let config = AccountConfig { people: people.to_vec(), groups, divisions, ..unlimited() };
    let zoom = Zoom::start(config).await;
    let ids: Vec<_> = zoom.people().into_iter().map(|person| person.id).collect();
    let admins: Vec<_> = ids[1..].iter().map(|id| json!({"id": id})).collect();
    zoom.post("/groups/g0/admins", json!({"admins": admins})).await.succeeded(201);
    let users: Vec<_> = ids[1..].iter().map(|id| json!({"user_id": id})).collect();
    zoom.post("/divisions/d0/users", json!({"users": users})).await.succeeded(201);
    let members: Vec<_> = ids[1..].iter().map(|id| json!({"type": 1, "id": id})).collect();
    let mut contacts = String::new();
    for name in names {
        let body = json!({"group_name": name, "group_privacy": 1, "group_members": members});
        let made = zoom.post("/contacts/groups", body).await.succeeded(201);
        made["group_id"].as_str().unwrap().clone_into(&mut contacts);
    }
    let contacts = format!("/contacts/groups/{contacts}/members");
    for (path, template, rows, name) in [
        ("/users", "/users", "users", "email"),
        ("/groups", "/groups", "groups", "id"),
        ("/groups/g0/members", "/groups/{groupId}/members", "members", "email"),
        ("/groups/g0/admins", "/groups/{groupId}/admins", "admins", "email"),
        ("/roles/1/members", "/roles/{roleId}/members", "members", "email"),
        ("/divisions", "/divisions", "divisions", "division_id"),
        ("/divisions/d0/users", "/divisions/{divisionId}/users", "users", "user_email"),
        ("/contacts/groups", "/contacts/groups", "groups", "group_id"),
        (contacts.as_str(), "/contacts/groups/{groupId}/members", "group_members", "id"),
    ] {
        let whole = pages(&zoom, path, rows, name).await;
        let flat = whole.concat();
        zoom.inject(Fault::on("GET", template, FaultEffect::RepeatedRow));
        let repeated = pages(&zoom, path, rows, name).await;
        assert_eq!((&repeated[0], &repeated[1][0], repeated[1].len()), (&whole[0], &whole[0][1], 2), "{path}");
        assert_eq!([&repeated[0][..], &repeated[1..].concat()[1..]].concat(), flat, "{path}: nothing is lost");
        assert!(zoom.faults().is_empty());
        zoom.inject(Fault::on("GET", template, FaultEffect::LostRow));
        let lost = pages(&zoom, path, rows, name).await;
        assert_eq!((lost[0].len(), lost.concat()), (2, flat[1..].to_vec()), "{path}");
        assert!(zoom.faults().is_empty());
    }
    let scim = async |effect: FaultEffect| {
        zoom.inject(Fault::on("GET", "/scim2/Users", effect));
        let url = format!("{}/scim2/Users?startIndex=3&count=2", zoom.url());
        let page = read(zoom.http.get(url).bearer_auth(&zoom.token).send().await.unwrap()).await.succeeded(200);
        let rows = page["Resources"].as_array().unwrap().iter();
        rows.map(|row| row["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(scim(FaultEffect::RepeatedRow).await, ids[1..3]);
    assert_eq!(scim(FaultEffect::LostRow).await, ids[3..5]);
}

#[tokio::test]
async fn a_fault_of_rows_waits_for_a_page_that_it_can_happen_to() {
    let zoom = Zoom::with([active(ADA), active("bob@acme.example")]).await;
    zoom.inject(Fault::next_call(FaultEffect::LostRow));
    zoom.get(&format!("/users/{ADA}")).await.succeeded(200);
    zoom.get("/users?status=pending").await.succeeded(200);
    assert_eq!((zoom.faults().len(), zoom.journal().last().unwrap().fault), (1, None));
    assert_eq!(zoom.get("/users").await.succeeded(200)["users"].as_array().unwrap().len(), 2);
    assert_eq!((zoom.faults().len(), zoom.journal().last().unwrap().fault), (0, Some("lostRow")));
    zoom.inject(Fault::next_call(FaultEffect::RepeatedRow));
    assert_eq!(zoom.get("/users").await.succeeded(200)["users"].as_array().unwrap().len(), 3);
    assert_eq!((zoom.faults().len(), zoom.journal().last().unwrap().fault), (1, None));
    let url = format!("{}/simulator/faults", zoom.url());
    for path in ["/users/summary", "/users/{userId}", "/roles"] {
        let fault = json!({"path": path, "effect": "lostRow"});
        assert_eq!(zoom.http.post(&url).json(&fault).send().await.unwrap().status(), 400, "{path} has no pages");
    }
}

#[tokio::test]
async fn the_headers_of_a_429_tell_the_limit_of_the_label_and_the_plan() {
    for (plan, path, daily, limit) in [
        (Plan::Free, "/users", false, "2"),
        (Plan::Free, "/users/nobody", true, "6000"),
        (Plan::Pro, "/accounts/me/plans/usage", false, "10"),
        (Plan::Business, "/users/nobody", false, "80"),
        (Plan::Business, "/users", true, "60000"),
    ] {
        let zoom = Zoom::start(AccountConfig { plan, ..unlimited() }).await;
        zoom.inject(Fault::next_call(FaultEffect::TooManyRequests { rate_headers: true, daily, retry_after: None }));
        let reply = zoom.get(path).await;
        reply.refused(429, 429);
        assert_eq!(reply.header("x-ratelimit-limit"), Some(limit), "{path} on {plan:?}");
    }
}

#[tokio::test]
async fn a_refusal_can_hide_under_http_200() {
    let zoom = Zoom::with([]).await;
    let effect = FaultEffect::CodeUnderOk { code: 200, message: "No permission.".into() };
    zoom.inject(Fault::on("POST", "/users", effect));
    let reply = zoom.post("/users", create_body()).await;
    assert_eq!((reply.status, &reply.body["code"]), (200, &200.into()));
    assert!(zoom.person(ADA).is_none());
}

#[tokio::test]
async fn the_app_can_be_taken_back_and_lose_a_scope_for_some_calls() {
    let zoom = Zoom::with([]).await;
    zoom.inject(Fault::next_call(FaultEffect::AppRevoked).times(2));
    zoom.get("/users").await.refused(401, 124);
    assert_eq!(zoom.fetch_token().await.status, 400);
    zoom.inject(Fault::next_call(FaultEffect::ScopeMissing));
    zoom.fetch_token().await.succeeded(200);
    let reply = zoom.get("/users").await;
    assert!(reply.status == 400 && reply.text.contains("user:read:list_users:admin"), "{}", reply.text);
    zoom.get("/users").await.succeeded(200);
}

#[tokio::test]
async fn a_swapped_account_shows_other_people_and_takes_no_writes() {
    let zoom = Zoom::with([active(ADA)]).await;
    zoom.inject(Fault::next_call(FaultEffect::SwappedAccount).times(3));
    zoom.get(&format!("/users/{ADA}")).await.refused(404, 1001);
    let owner = zoom.get("/users").await.succeeded(200)["users"][0]["email"].clone();
    let detail = zoom.get(&format!("/users/{}", owner.as_str().unwrap())).await.succeeded(200);
    assert_ne!(detail["account_id"], "acme");
    zoom.inject(Fault::on("POST", "/users", FaultEffect::SwappedAccount));
    zoom.post("/users", json!({"action": "create", "user_info": {"email": "new@acme.example", "type": 1}})).await;
    assert!(zoom.person("new@acme.example").is_none());
}

#[tokio::test]
async fn a_probability_hits_its_share_of_the_calls_the_same_ones_for_the_same_seed() {
    let pattern = async |seed| {
        let zoom = Zoom::with([]).await;
        let half = Probability::try_from(0.5).unwrap();
        zoom.inject(Fault::on("GET", "/users/summary", FaultEffect::HtmlPage { status: 502 }).at(half, seed));
        let mut hits = Vec::new();
        for _ in 0..60 {
            hits.push(zoom.get("/users/summary").await.status == 502);
        }
        assert_eq!(zoom.faults().len(), 1, "a probability does not run out");
        hits
    };
    let (first, again, other) = (pattern(1).await, pattern(1).await, pattern(2).await);
    assert_eq!(first, again);
    assert_ne!(first, other);
    let hits = first.iter().filter(|hit| **hit).count();
    assert!((15..=45).contains(&hits), "{hits} of 60");
}

#[tokio::test]
async fn a_probability_may_also_end_after_so_many_hits() {
    let zoom = Zoom::with([]).await;
    let always = Probability::try_from(1.0).unwrap();
    zoom.inject(Fault::next_call(FaultEffect::HtmlPage { status: 502 }).at(always, 0).times(2));
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(zoom.get("/users").await.status);
    }
    assert_eq!(statuses, [502, 502, 200]);
}

#[test]
fn every_class_of_faults_is_switched_on_together() {
    let names: std::collections::BTreeSet<&str> = FaultEffect::of_every_class().iter().map(Into::into).collect();
    assert_eq!(names, FaultEffect::VARIANTS.iter().copied().collect());
}

#[tokio::test]
async fn a_stale_read_by_probability_shows_the_account_before_its_latest_change() {
    let zoom = Zoom::with([active(ADA)]).await;
    zoom.inject(Fault::next_call(FaultEffect::StaleListing).at(Probability::try_from(1.0).unwrap(), 0));
    for (written, read) in [("A", ""), ("B", "A"), ("C", "B")] {
        zoom.patch(&format!("/users/{ADA}"), json!({"dept": written})).await.succeeded(204);
        assert_eq!(zoom.get(&format!("/users/{ADA}")).await.succeeded(200)["dept"], read);
    }
}

#[tokio::test]
async fn every_class_can_be_switched_on_while_the_simulator_runs() {
    let zoom = Zoom::with([]).await;
    let hits = json!({"probability": 0.25, "seed": 7});
    let url = format!("{}/simulator/faults/every-class", zoom.url());
    assert_eq!(zoom.http.post(url).json(&hits).send().await.unwrap().status(), 204);
    let quarter = Probability::try_from(0.25).unwrap();
    assert_eq!(zoom.faults(), Fault::of_every_class(quarter, 7));
}
