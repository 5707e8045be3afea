use jiff::SignedDuration;
use zoom_simulator::{AccountConfig, CustomAttribute, GroupConfig, PersonConfig, Plan, Profile, Quirks};

use crate::support::{ADA, BOB, Zoom, active, admin, inactive, pending, unlimited};

#[tokio::test]
async fn each_status_has_its_own_listing_and_active_is_the_default() {
    let zoom = Zoom::with([active(ADA), inactive(BOB), pending("cy@acme.example")]).await;
    assert_eq!(zoom.get("/users").await.succeeded(200)["total_records"], 2);
    assert_eq!(zoom.get("/users?status=active").await.succeeded(200)["users"][1]["email"], ADA);
    assert_eq!(zoom.get("/users?status=inactive").await.succeeded(200)["users"][0]["email"], BOB);
    assert_eq!(zoom.get("/users?status=pending").await.succeeded(200)["users"][0]["status"], "pending");
    zoom.get("/users?status=gone").await.invalid(&["status"]);
}

#[tokio::test]
async fn pending_rows_have_no_id_but_a_read_by_address_has() {
    let zoom = Zoom::with([pending(ADA)]).await;
    let body = zoom.get("/users?status=pending").await.succeeded(200);
    assert!(body["users"][0].get("id").is_none());
    let read = zoom.get(&format!("/users/{ADA}")).await.succeeded(200);
    assert_eq!(read["id"].as_str().unwrap().len(), 22);
}

#[tokio::test]
async fn pages_add_up_and_the_last_has_no_token() {
    let zoom = Zoom::start(unlimited().with_users(25, 1)).await;
    assert_eq!(
        zoom.all("/users?page_size=7", "users").await.len(),
        zoom.people().iter().filter(|p| p.status == zoom_simulator::Status::Active).count()
    );
}

#[tokio::test]
async fn a_page_token_is_good_for_a_quarter_of_an_hour_and_for_its_parameters_only() {
    let zoom = Zoom::start(unlimited().with_users(25, 1)).await;
    let body = zoom.get("/users?page_size=5").await.succeeded(200);
    let token = body["next_page_token"].as_str().unwrap();
    zoom.get(&format!("/users?page_size=5&next_page_token={token}")).await.succeeded(200);
    zoom.get(&format!("/users?page_size=6&next_page_token={token}")).await.refused(400, 300);
    zoom.get(&format!("/users?page_size=5&status=inactive&next_page_token={token}")).await.refused(400, 300);
    zoom.get("/users?page_size=5&next_page_token=made-up").await.refused(400, 300);
    zoom.advance(SignedDuration::from_mins(15));
    zoom.get(&format!("/users?page_size=5&next_page_token={token}")).await.refused(400, 300);
}

#[tokio::test]
async fn a_larger_page_than_allowed_is_cut_and_the_answer_says_so() {
    let zoom = Zoom::start(
        AccountConfig { quirks: Quirks { page_size: 3, ..Quirks::default() }, ..unlimited() }.with_users(10, 1),
    )
    .await;
    let body = zoom.get("/users?page_size=2000").await.succeeded(200);
    assert_eq!((&body["page_size"], body["users"].as_array().unwrap().len()), (&3.into(), 3));
    let zoom = Zoom::with([]).await;
    assert_eq!(zoom.get("/users?page_size=9999").await.succeeded(200)["page_size"], 2000);
    assert_eq!(zoom.get("/users").await.succeeded(200)["page_size"], 30);
    zoom.get("/users?page_size=0").await.invalid(&["page_size"]);
    zoom.get("/users?page_size=many").await.invalid(&["page_size"]);
}

#[tokio::test]
async fn a_listing_can_be_narrowed_to_a_role() {
    let zoom = Zoom::with([active(ADA), admin(BOB)]).await;
    let rows = zoom.all("/users?role_id=1&page_size=1", "users").await;
    assert_eq!(rows.iter().map(|row| row["email"].as_str().unwrap()).collect::<Vec<_>>(), [BOB]);
}

#[tokio::test]
async fn rows_show_department_and_groups_and_only_a_read_shows_the_deep_fields() {
    let attribute = CustomAttribute { key: "k".into(), name: "n".into(), value: "v".into() };
    let profile = Profile {
        dept: "Research".into(),
        job_title: "Analyst".into(),
        company: "Acme".into(),
        location: "London".into(),
        cost_center: "42".into(),
        manager: BOB.into(),
        language: "en-GB".into(),
        pronouns: "she/her".into(),
        timezone: "Europe/London".into(),
        custom_attributes: vec![attribute],
        ..Profile::default()
    };
    let ada = PersonConfig { groups: vec!["Team".into()], profile, ..active(ADA) };
    let groups = vec![GroupConfig { name: "Team".into(), id: Some("g1".into()) }];
    let zoom = Zoom::start(AccountConfig { people: vec![ada, active(BOB)], groups, ..unlimited() }).await;
    let row = zoom.get("/users").await.succeeded(200)["users"][1].clone();
    assert_eq!(
        (&row["dept"], &row["group_ids"][0], &row["timezone"]),
        (&"Research".into(), &"g1".into(), &"Europe/London".into())
    );
    let deep = [
        "job_title",
        "company",
        "location",
        "cost_center",
        "manager",
        "language",
        "pronouns",
        "phone_numbers",
        "custom_attributes",
    ];
    assert!(deep.iter().all(|field| row.get(field).is_none()), "{row}");
    let read = zoom.get(&format!("/users/{}", row["id"].as_str().unwrap())).await.succeeded(200);
    assert!(deep.iter().all(|field| read.get(field).is_some()), "{read}");
    assert_eq!(
        (&read["manager"], &read["job_title"], &read["role_name"]),
        (&BOB.into(), &"Analyst".into(), &"Member".into())
    );
    let asked = zoom.get("/users?include_fields=custom_attributes").await.succeeded(200);
    assert_eq!(asked["users"][1]["custom_attributes"][0]["value"], "v");
}

#[tokio::test]
async fn people_are_found_by_id_and_by_address_in_any_case() {
    let zoom = Zoom::with([active(ADA), active("a+b/c@acme.example")]).await;
    let id = zoom.person(ADA).unwrap().id;
    assert_eq!(zoom.get(&format!("/users/{id}")).await.succeeded(200)["email"], ADA);
    assert_eq!(zoom.get("/users/ADA%40ACME.example").await.succeeded(200)["id"], id.as_str());
    zoom.get("/users/a%2Bb%2Fc%40acme.example").await.succeeded(200);
    zoom.get("/users/nobody@acme.example").await.refused(404, 1001);
}

#[tokio::test]
async fn the_summary_counts_by_licence_and_leaves_pending_people_out_of_the_total() {
    let zoom = Zoom::with([active(ADA), inactive(BOB), pending("cy@acme.example")]).await;
    let body = zoom.get("/users/summary").await.succeeded(200);
    let counts = ["licensed_users_count", "basic_users_count", "pending_users_count", "total_users_count"];
    assert_eq!(counts.map(|name| body[name].as_u64().unwrap()), [1, 1, 1, 3]);
}

#[tokio::test]
async fn groups_are_listed_in_pages_with_their_member_counts() {
    let group = |name: &str| GroupConfig { name: name.into(), id: None };
    let ada = PersonConfig { groups: vec!["B".into()], ..active(ADA) };
    let groups = vec![group("A"), group("B"), group("C")];
    let zoom = Zoom::start(AccountConfig { people: vec![ada], groups, ..unlimited() }).await;
    let mut rows = zoom.all("/groups?page_size=2", "groups").await;
    rows.sort_by_key(|row| row["name"].to_string());
    assert_eq!(rows.iter().map(|row| row["total_members"].as_u64().unwrap()).collect::<Vec<_>>(), [0, 1, 0]);
}

#[tokio::test]
async fn plan_usage_tells_seats_bought_taken_and_pending() {
    let zoom = Zoom::with([crate::support::licensed(ADA)]).await;
    zoom.create("create", BOB, 2).await.succeeded(201);
    let base = zoom.get("/accounts/me/plans/usage").await.succeeded(200)["plan_base"].clone();
    assert_eq!(["hosts", "usage", "pending"].map(|name| base[name].as_u64().unwrap()), [100, 2, 1]);
    zoom.get("/accounts/other/plans/usage").await.refused(404, 2001);
}

#[tokio::test]
async fn an_unpaid_account_is_refused_roles_and_groups_under_http_200() {
    let zoom = Zoom::start(AccountConfig { plan: Plan::Free, ..unlimited() }).await;
    zoom.get("/roles").await.refused(200, 200);
    zoom.get("/groups").await.refused(200, 200);
    zoom.get("/accounts/me/plans/usage").await.refused(400, 200);
    zoom.get("/users").await.succeeded(200);
}

#[tokio::test]
async fn an_unknown_endpoint_is_2300_and_an_unknown_page_is_html() {
    let zoom = Zoom::with([]).await;
    zoom.get("/nonsense").await.refused(400, 2300);
    zoom.put("/users", serde_json::json!({})).await.refused(400, 2300);
    let page = crate::support::read(zoom.http.get(format!("{}/nonsense", zoom.url())).send().await.unwrap()).await;
    assert_eq!((page.status, page.header("content-type")), (404, Some("text/html;charset=utf-8")));
}

#[tokio::test]
async fn pages_can_be_asked_for_by_number_and_then_have_no_token() {
    let zoom = Zoom::with(["a", "b", "c", "d"].map(|name| active(&format!("{name}@acme.example")))).await;
    let body = zoom.get("/users?page_size=2&page_number=3").await.succeeded(200);
    assert_eq!((&body["page_number"], &body["page_count"], &body["total_records"]), (&3.into(), &3.into(), &5.into()));
    assert_eq!(body["users"].as_array().unwrap().len(), 1);
    assert!(body.get("next_page_token").is_none());
    zoom.get("/users?page_number=0").await.invalid(&["page_number"]);
}

#[tokio::test]
async fn members_of_groups_and_roles_can_be_asked_for_by_page_number_as_well() {
    let names = ["a", "b", "c"].map(|name| format!("{name}@acme.example"));
    let group = GroupConfig { name: "G".into(), id: Some("g".into()) };
    let people = names.iter().map(|name| PersonConfig { groups: vec!["G".into()], ..admin(name) }).collect();
    let zoom = Zoom::start(AccountConfig { groups: vec![group], people, ..unlimited() }).await;
    for path in ["/groups/g/members", "/roles/1/members"] {
        let body = zoom.get(&format!("{path}?page_size=2&page_number=2")).await.succeeded(200);
        assert_eq!((&body["page_number"], &body["members"][0]["email"]), (&2.into(), &names[2].as_str().into()));
        assert!(body["members"].as_array().unwrap().len() == 1 && body.get("next_page_token").is_none());
    }
}

#[tokio::test]
async fn slashes_too_many_do_not_count_and_true_may_have_a_capital_letter() {
    let zoom = Zoom::with([active(ADA)]).await;
    assert_eq!(zoom.get("/users/?page_size=100").await.succeeded(200)["total_records"], 2);
    assert_eq!(zoom.get(&format!("/users//{ADA}?encrypted_email=False")).await.succeeded(200)["email"], ADA);
    zoom.get("/users/nobody?search_by_unique_id=True").await.refused(404, 1001);
    zoom.get(&format!("/users/{ADA}?encrypted_email=maybe")).await.invalid(&["encrypted_email"]);
}

#[tokio::test]
async fn nobody_has_the_licences_that_a_listing_can_be_narrowed_to() {
    let zoom = Zoom::with([active(ADA)]).await;
    let body = zoom.get("/users?license=zoom_workforce_management").await.succeeded(200);
    assert_eq!((&body["total_records"], &body["users"]), (&0.into(), &serde_json::json!([])));
    zoom.get("/users?license=gold").await.invalid(&["license"]);
    zoom.get("/users?include_fields=shoe_size").await.invalid(&["include_fields"]);
}

#[tokio::test]
async fn everybody_who_can_hold_meetings_has_a_personal_meeting_id_and_those_who_came_have_a_last_login() {
    let zoom = Zoom::with([active(ADA), pending(BOB)]).await;
    let ada = zoom.get(&format!("/users/{ADA}")).await.succeeded(200);
    assert_eq!(ada["pmi"].to_string().len(), 10);
    assert!(ada["last_login_time"].is_string() && ada["last_client_version"].is_string());
    assert_eq!((&ada["verified"], &ada["zoom_one_type"]), (&1.into(), &0.into()));
    let row = zoom.get("/users?status=pending").await.succeeded(200)["users"][0].clone();
    assert!(["id", "pmi", "last_login_time"].iter().all(|name| row.get(name).is_none()), "{row}");
    zoom.patch(&format!("/users/{ADA}"), serde_json::json!({"type": 4})).await.succeeded(204);
    assert!(zoom.get(&format!("/users/{ADA}")).await.succeeded(200).get("pmi").is_none());
    zoom.patch(&format!("/users/{ADA}"), serde_json::json!({"use_pmi": true})).await.refused(400, 1108);
}
