use reqwest::Method;
use serde_json::{Value, json};
use zoom_simulator::{
    AccountConfig, CustomAttribute, Fault, FaultEffect, GroupConfig, PersonConfig, Plan, Profile, Quirks, Seats, Status,
};

use crate::support::{ADA, BOB, OWNER, Reply, Zoom, active, admin, inactive, pending, read, unlimited};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const LOGIN: &str = "urn:us:zoom:scim:schemas:extension:1.0:ZoomUser";

async fn scim(zoom: &Zoom, method: Method, path: &str, body: Value) -> Reply {
    let request = zoom.http.request(method, format!("{}/scim2{path}", zoom.url())).bearer_auth(&zoom.token);
    read(if body.is_null() { request } else { request.json(&body) }.send().await.unwrap()).await
}

async fn get(zoom: &Zoom, path: &str) -> Reply {
    scim(zoom, Method::GET, path, Value::Null).await
}

fn id(zoom: &Zoom, email: &str) -> String {
    zoom.person(email).unwrap().id
}

async fn switch(zoom: &Zoom, email: &str, on: Value) -> Reply {
    let body = json!({"Operations": [{"op": "Replace", "path": "active", "value": on}]});
    scim(zoom, Method::PATCH, &format!("/Users/{}", id(zoom, email)), body).await
}

/// Refused in SCIM's shape, which has no code.
#[track_caller]
fn refused(reply: &Reply, status: u16) {
    assert_eq!((reply.status, reply.body["status"].as_u64()), (status, Some(status.into())), "{}", reply.text);
    assert_eq!(reply.body["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]));
    assert!(!reply.body["detail"].as_str().unwrap().is_empty() && reply.body.get("code").is_none());
}

fn group(name: &str) -> GroupConfig {
    GroupConfig { name: name.into(), id: Some(name.to_lowercase()) }
}

#[tokio::test]
async fn a_scim_page_holds_one_row_unless_more_are_asked_for_and_a_hundred_at_most() {
    let people = (0..120).map(|number| active(&format!("p{number}@acme.example"))).collect();
    let zoom = Zoom::start(AccountConfig { people, ..unlimited() }).await;
    for (query, start, rows) in [("", 1, 1), ("?count=500", 1, 100), ("?startIndex=111&count=100", 111, 11)] {
        let page = get(&zoom, &format!("/Users{query}")).await.succeeded(200);
        assert_eq!(page["Resources"].as_array().unwrap().len(), rows);
        assert_eq!((&page["totalResults"], &page["startIndex"]), (&json!(121), &json!(start)));
        assert_eq!(page["itemsPerPage"], rows);
    }
    refused(&get(&zoom, "/Users?count=many").await, 400);
}

#[tokio::test]
async fn scim_users_are_filtered_by_user_name_or_external_id_alone() {
    let zoom = Zoom::with([active(ADA), active(BOB), pending("cy@acme.example")]).await;
    let by_name = get(&zoom, "/Users?filter=userName%20eq%20%22ADA@acme.example%22").await.succeeded(200);
    assert_eq!(by_name["Resources"][0]["userName"], ADA);
    let filter = format!("/Users?filter=externalId%20eq%20%22{}%22", id(&zoom, BOB));
    assert_eq!(get(&zoom, &filter).await.succeeded(200)["Resources"][0]["userName"], BOB);
    let nobody = get(&zoom, "/Users?filter=userName%20eq%20%22cy@acme.example%22").await.succeeded(200);
    assert_eq!((&nobody["totalResults"], &nobody["Resources"]), (&json!(0), &json!([])));
    for filter in ["title%20eq%20%22x%22", "userName%20co%20%22a%22", "userName"] {
        refused(&get(&zoom, &format!("/Users?filter={filter}")).await, 400);
    }
}

#[tokio::test]
async fn scim_and_rest_show_the_same_person() {
    let ada = PersonConfig {
        first_name: "Ada".into(),
        last_name: "Lovelace".into(),
        role: Some("Admin".into()),
        groups: vec!["Team".into()],
        ..crate::support::licensed(ADA)
    };
    let zoom = Zoom::start(AccountConfig { people: vec![ada], groups: vec![group("Team")], ..unlimited() }).await;
    let boss = zoom_simulator::PersonEdit { display_name: Some("Boss".into()), ..Default::default() };
    zoom.edit_person(ADA, boss).unwrap();
    let change = json!({"dept": "R", "job_title": "Analyst", "manager": "Boss"});
    zoom.patch(&format!("/users/{ADA}"), change).await.succeeded(204);
    let reply = get(&zoom, &format!("/Users/{}", id(&zoom, ADA))).await;
    assert_eq!(reply.header("content-type"), Some("application/scim+json;charset=UTF-8"));
    let user = reply.succeeded(200);
    assert_eq!(user["name"], json!({"givenName": "Ada", "familyName": "Lovelace"}));
    assert_eq!((&user["userType"], &user["active"]), (&json!("Licensed"), &json!(true)));
    assert_eq!((&user["title"], &user[ENTERPRISE]["department"]), (&json!("Analyst"), &json!("R")));
    assert_eq!(user["roles"], json!([{"value": "Admin", "display": "Admin", "primary": true}]));
    assert_eq!((&user[ENTERPRISE]["manager"], &user["meta"]["version"]), (&json!("Boss"), &json!("1.0.0")));
    assert_eq!(user["groups"], json!([{"value": "team", "display": "Team"}]));
    assert_eq!(user["emails"], json!([{"type": "work", "value": ADA, "primary": true}]));
    refused(&get(&zoom, "/Users/nobody").await, 404);
}

#[tokio::test]
async fn scim_creates_somebody_who_is_active_at_once() {
    let zoom = Zoom::start(AccountConfig { groups: vec![group("Team")], ..unlimited() }).await;
    let body = json!({
        "userName": ADA, "name": {"givenName": "Ada", "familyName": "Lovelace"}, "userType": "Licensed",
        "title": "Analyst", "groups": ["Team"], "roles": [{"value": "Admin"}],
        "phoneNumbers": [{"type": "mobile", "value": "+441234"}],
        (ENTERPRISE): {"department": "R"}, (LOGIN): {"loginType": {"sso": true}},
    });
    let created = scim(&zoom, Method::POST, "/Users", body.clone()).await.succeeded(201);
    assert_eq!((&created["active"], &created[LOGIN]["loginType"]["sso"]), (&json!(true), &json!(true)));
    let ada = zoom.person(ADA).unwrap();
    assert_eq!((ada.status, ada.role.as_str(), ada.groups), (Status::Active, "Admin", vec!["Team".to_owned()]));
    let read = zoom.get(&format!("/users/{ADA}")).await.succeeded(200);
    assert_eq!((&read["type"], &read["dept"], &read["job_title"]), (&json!(2), &json!("R"), &json!("Analyst")));
    refused(&scim(&zoom, Method::POST, "/Users", body).await, 409);
}

#[tokio::test]
async fn scim_refuses_to_create_whom_the_account_cannot_hold() {
    let seats = Seats { licensed: 1, basic: None };
    let zoom = Zoom::start(AccountConfig { seats, ..unlimited() }).await;
    let create = async |body: Value| scim(&zoom, Method::POST, "/Users", body).await;
    refused(&create(json!({"userName": "ada@elsewhere.example"})).await, 409);
    refused(&create(json!({"userName": ADA, "userType": "Licensed"})).await, 409);
    refused(&create(json!({"userName": "nonsense"})).await, 400);
    refused(&create(json!({})).await, 400);
    refused(&create(json!({"userName": ADA, "userType": "Royal"})).await, 400);
    refused(&create(json!({"userName": ADA, "roles": ["Chef"]})).await, 400);
    refused(&create(json!({"userName": ADA, "roles": "Admin"})).await, 400);
    refused(&create(json!({"userName": ADA, "groups": {"value": "Team"}})).await, 400);
    refused(&create(json!({"userName": ADA, (ENTERPRISE): {"manager": 7}})).await, 400);
    refused(&create(json!({"userName": ADA, "groups": ["Nobody"]})).await, 400);
    refused(&create(json!({"userName": ADA, (ENTERPRISE): {"manager": {"value": "ghost@acme.example"}}})).await, 400);
    assert!(zoom.person(ADA).is_none(), "what was refused is not there");
}

#[tokio::test]
async fn a_scim_put_changes_what_it_names_and_leaves_the_rest() {
    let ada = PersonConfig { first_name: "Ada".into(), last_name: "Byron".into(), ..active(ADA) };
    let zoom = Zoom::with([ada, active(BOB)]).await;
    let path = format!("/Users/{}", id(&zoom, ADA));
    let body = json!({"name": {"familyName": "Lovelace"}, "userName": "lovelace@acme.example"});
    let after = scim(&zoom, Method::PUT, &path, body).await.succeeded(200);
    assert_eq!(after["name"], json!({"givenName": "Ada", "familyName": "Lovelace"}));
    assert_eq!(zoom.person("lovelace@acme.example").unwrap().first_name, "Ada");
    refused(&scim(&zoom, Method::PUT, &path, json!({"userName": BOB})).await, 409);
    refused(&scim(&zoom, Method::PUT, &path, json!({"userName": "ada@other.example"})).await, 409);
    refused(&scim(&zoom, Method::PUT, "/Users/nobody", json!({})).await, 404);
}

#[tokio::test]
async fn a_scim_put_on_somebody_inactive_is_refused_unless_it_activates() {
    let zoom = Zoom::with([inactive(ADA)]).await;
    let path = format!("/Users/{}", id(&zoom, ADA));
    refused(&scim(&zoom, Method::PUT, &path, json!({"title": "x"})).await, 400);
    scim(&zoom, Method::PUT, &path, json!({"title": "x", "active": true})).await.succeeded(200);
    assert_eq!(zoom.person(ADA).unwrap().status, Status::Active);
}

#[tokio::test]
async fn a_scim_patch_switches_people_on_and_off_and_does_nothing_else() {
    let zoom = Zoom::with([active(ADA)]).await;
    assert_eq!(switch(&zoom, ADA, json!(false)).await.succeeded(200)["active"], false);
    assert_eq!(zoom.person(ADA).unwrap().status, Status::Inactive);
    assert_eq!(switch(&zoom, ADA, json!("True")).await.succeeded(200)["active"], true);
    let path = format!("/Users/{}", id(&zoom, ADA));
    let whole = json!({"Operations": [{"op": "replace", "value": {"active": false}}]});
    assert_eq!(scim(&zoom, Method::PATCH, &path, whole).await.succeeded(200)["active"], false);
    for body in [
        json!({"operations": [{"op": "replace", "path": "active", "value": true}]}),
        json!({"Operations": [{"op": "replace", "path": "title", "value": "x"}]}),
        json!({"Operations": [{"op": "add", "path": "active", "value": true}]}),
        json!({"Operations": []}),
    ] {
        refused(&scim(&zoom, Method::PATCH, &path, body).await, 400);
    }
}

#[tokio::test]
async fn scim_leaves_administrators_the_owner_and_rooms_alone() {
    let rooms = vec!["room@acme.example".to_owned()];
    let zoom = Zoom::start(AccountConfig { people: vec![admin(ADA), active(BOB)], rooms, ..unlimited() }).await;
    for email in [ADA, OWNER, "room@acme.example"] {
        refused(&switch(&zoom, email, json!(false)).await, 400);
        refused(&scim(&zoom, Method::DELETE, &format!("/Users/{}", id(&zoom, email)), Value::Null).await, 400);
    }
    let path = format!("/Users/{}", id(&zoom, BOB));
    assert_eq!(scim(&zoom, Method::DELETE, &path, Value::Null).await.status, 204);
    assert!(zoom.person(BOB).is_none());
    refused(&scim(&zoom, Method::DELETE, &path, Value::Null).await, 404);
}

#[tokio::test]
async fn scim_groups_are_the_groups_of_rest_and_show_no_members() {
    let zoom = Zoom::with([active(ADA)]).await;
    let body = json!({"displayName": "Team", "members": [{"value": id(&zoom, ADA)}]});
    let created = scim(&zoom, Method::POST, "/Groups", body.clone()).await.succeeded(201);
    refused(&scim(&zoom, Method::POST, "/Groups", body).await, 409);
    refused(&scim(&zoom, Method::POST, "/Groups", json!({})).await, 400);
    let path = format!("/Groups/{}", created["id"].as_str().unwrap());
    let read = get(&zoom, &path).await.succeeded(200);
    assert_eq!((&read["displayName"], read.get("members")), (&json!("Team"), None));
    assert_eq!(zoom.group("Team").unwrap().members, [ADA]);
    let found = get(&zoom, "/Groups?filter=displayName%20eq%20%22Team%22").await.succeeded(200);
    assert_eq!((&found["totalResults"], &found["Resources"][0]["id"]), (&json!(1), &created["id"]));
    assert_eq!(scim(&zoom, Method::DELETE, &path, Value::Null).await.status, 204);
    refused(&get(&zoom, &path).await, 404);
}

#[tokio::test]
async fn a_scim_group_is_changed_by_operations() {
    let people = vec![active(ADA), active(BOB), active("cy@acme.example")];
    let zoom = Zoom::start(AccountConfig { people, groups: vec![group("Team"), group("Other")], ..unlimited() }).await;
    let (ada, bob) = (id(&zoom, ADA), id(&zoom, BOB));
    let change =
        async |operations: Value| scim(&zoom, Method::PATCH, "/Groups/team", json!({"Operations": operations})).await;
    let members = || zoom.group("team").unwrap().members;
    let both = json!([{"op": "add", "path": "members", "value": [{"value": ada}, {"value": bob}]}]);
    assert_eq!(change(both).await.status, 204);
    assert_eq!(members(), [ADA, BOB]);
    change(json!([{"op": "remove", "path": format!("members[value eq \"{ada}\"]")}])).await.succeeded(204);
    assert_eq!(members(), [BOB]);
    let replaced = json!([{"op": "replace", "value": {"members": [{"value": ada}], "displayName": "Crew"}}]);
    change(replaced).await.succeeded(204);
    assert_eq!((members(), zoom.group("team").unwrap().name.as_str()), (vec![ADA.to_owned()], "Crew"));
    change(json!([{"op": "remove", "path": "members", "value": [{"value": ada}]}])).await.succeeded(204);
    assert!(members().is_empty());
    refused(&change(json!([{"op": "replace", "path": "displayName", "value": "Other"}])).await, 409);
    refused(&change(json!([{"op": "dance"}])).await, 400);
    refused(&change(json!([{"op": "add", "path": "members", "value": "x".repeat(100_000)}])).await, 400);
    refused(&scim(&zoom, Method::PATCH, "/Groups/nope", json!({"Operations": []})).await, 404);
}

#[tokio::test]
async fn scim_needs_single_sign_on_and_a_business_plan_with_a_vanity_url() {
    for config in [
        AccountConfig { sso: false, ..unlimited() },
        AccountConfig { plan: Plan::Pro, ..unlimited() },
        AccountConfig { vanity_url: None, ..unlimited() },
    ] {
        let zoom = Zoom::start(config).await;
        refused(&get(&zoom, "/Users").await, 400);
        refused(&scim(&zoom, Method::POST, "/Groups", json!({"displayName": "Team"})).await, 400);
    }
}

#[tokio::test]
async fn scim_needs_its_own_scope_and_lives_outside_v2() {
    let scopes = Some(vec!["user:read:list_users:admin".to_owned()]);
    let zoom = Zoom::start(AccountConfig { scopes, ..unlimited() }).await;
    let reply = get(&zoom, "/Users").await;
    refused(&reply, 400);
    assert!(reply.text.contains("scim2:admin"));
    let zoom = Zoom::with([]).await;
    zoom.get("/scim2/Users").await.refused(400, 2300);
    assert_eq!(zoom.journal().last().unwrap().status, Some(400));
}

#[tokio::test]
async fn a_refused_scim_call_changes_nothing() {
    let people = vec![inactive(ADA), active(BOB)];
    let zoom = Zoom::start(AccountConfig { people, groups: vec![group("Team")], ..unlimited() }).await;
    let before = || (zoom.people(), zoom.groups());
    let there = before();
    let (ada, bob) = (format!("/Users/{}", id(&zoom, ADA)), format!("/Users/{}", id(&zoom, BOB)));
    let taken = json!({"active": true, "userName": OWNER});
    refused(&scim(&zoom, Method::PUT, &ada, taken).await, 409);
    let owner = json!({"title": "Boss", "groups": ["Team"], "roles": ["Owner"]});
    refused(&scim(&zoom, Method::PUT, &bob, owner).await, 400);
    let member = json!({"op": "add", "path": "members", "value": [{"value": id(&zoom, BOB)}]});
    let renamed = json!({"op": "replace", "path": "displayName", "value": "Crew"});
    let operations = json!({"Operations": [member, renamed, {"op": "dance"}]});
    refused(&scim(&zoom, Method::PATCH, "/Groups/team", operations).await, 400);
    let on_and =
        json!({"Operations": [{"op": "replace", "path": "active", "value": false}, {"op": "add", "path": "x"}]});
    refused(&scim(&zoom, Method::PATCH, &bob, on_and).await, 400);
    let managed = json!({"userName": "cy@acme.example", (ENTERPRISE): {"manager": {"value": "no@acme.example"}}});
    refused(&scim(&zoom, Method::POST, "/Users", managed).await, 400);
    assert_eq!(before(), there);
}

#[tokio::test]
async fn scim_shows_the_groups_of_deactivated_people_as_rest_does() {
    for inactive_rows_have_groups in [false, true] {
        let quirks = Quirks { inactive_rows_have_groups, ..Quirks::default() };
        let ada = PersonConfig { groups: vec!["Team".into()], ..inactive(ADA) };
        let groups = vec![group("Team")];
        let zoom = Zoom::start(AccountConfig { people: vec![ada], groups, quirks, ..unlimited() }).await;
        let by_scim = get(&zoom, &format!("/Users/{}", id(&zoom, ADA))).await.succeeded(200);
        let by_rest = zoom.get(&format!("/users/{ADA}")).await.succeeded(200);
        let shown = usize::from(inactive_rows_have_groups);
        assert_eq!(by_scim["groups"].as_array().unwrap().len(), shown);
        assert_eq!(by_rest["group_ids"].as_array().unwrap().len(), shown);
    }
}

#[tokio::test]
async fn faults_of_scim_calls_are_in_scims_shape() {
    let zoom = Zoom::with([]).await;
    for (effect, status) in [
        (FaultEffect::TooManyRequests { rate_headers: true, daily: false, retry_after: None }, 429),
        (FaultEffect::AppRevoked, 401),
        (FaultEffect::ScopeMissing, 400),
    ] {
        zoom.inject(Fault::on("GET", "/scim2/Users", effect));
        let reply = get(&zoom, "/Users").await;
        refused(&reply, status);
        assert_eq!(reply.header("content-type"), Some("application/scim+json;charset=UTF-8"));
    }
    let fault = json!({"path": "/scim2/Users", "effect": {"codeUnderOk": {"code": 200, "message": "No."}}});
    let refused = zoom.http.post(format!("{}/simulator/faults", zoom.url())).json(&fault).send().await.unwrap();
    assert_eq!(refused.status(), 400, "SCIM knows no codes");
}

#[tokio::test]
async fn scim_sets_custom_attributes_by_name_and_the_employee_number() {
    const EXTENSION: &str = "urn:ietf:params:scim:schemas:extension:zoom:1.0:User";
    let badge = CustomAttribute { key: "k1".into(), name: "Badge".into(), value: "7".into() };
    let profile = Profile { custom_attributes: vec![badge], ..Profile::default() };
    let zoom = Zoom::with([PersonConfig { profile, ..active(ADA) }]).await;
    let ada = format!("/Users/{}", id(&zoom, ADA));
    let put = async |extension: Value| {
        let body = json!({(EXTENSION): extension, (ENTERPRISE): {"employeeNumber": "E1"}});
        scim(&zoom, Method::PUT, &ada, body).await
    };
    let changed =
        put(json!({"Badge": "8", "Desk": "3rd", "transferee": "x", "zoomWebinar": false})).await.succeeded(200);
    assert_eq!((&changed[EXTENSION]["Badge"], &changed[EXTENSION]["Desk"]), (&json!("8"), &json!("3rd")));
    assert_eq!(changed[ENTERPRISE]["employeeNumber"], "E1");
    let profile = zoom.person(ADA).unwrap().profile;
    let keys: Vec<_> = profile.custom_attributes.iter().map(|attribute| attribute.key.as_str()).collect();
    assert_eq!((keys, profile.employee_unique_id.as_str()), (vec!["k1", "Desk"], "E1"));
    refused(&put(json!({"a": "1", "b": "2", "c": "3", "d": "4"})).await, 400);
    refused(&put(json!({"zoomWebinar": true})).await, 400);
    refused(&put(json!({"zoomOneType": "16"})).await, 409);
    refused(&scim(&zoom, Method::PUT, &ada, json!({"userType": "On-Prem"})).await, 400);
    assert_eq!(zoom.person(ADA).unwrap().profile, profile);
}
