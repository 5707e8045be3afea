//! The page in a browser.

use std::process::Command;

use zoom_simulator::{AccountConfig, Fault, FaultEffect, PersonConfig, Seats, Simulator, Status};

use crate::support::{ADA, BOB, OWNER, Reply, Zoom, active, licensed, pending, read, unlimited};

async fn page(zoom: &Zoom, path: &str) -> Reply {
    read(zoom.http.get(format!("{}{path}", zoom.url())).send().await.unwrap()).await
}

async fn send(zoom: &Zoom, path: &str, form: &[(&str, &str)]) -> Reply {
    read(zoom.http.post(format!("{}{path}", zoom.url())).form(form).send().await.unwrap()).await
}

fn person_path(zoom: &Zoom, key: &str) -> String {
    format!("/accounts/acme/people/{}", zoom.person(key).unwrap().id.replace('-', "%2D").replace('_', "%5F"))
}

/// The table rows that name this address.
fn row_of<'a>(page: &'a Reply, email: &str) -> &'a str {
    page.text.split("<tr>").find(|row| row.contains(email)).unwrap_or_else(|| panic!("{email} is not on the page"))
}

#[tokio::test]
async fn the_page_shows_people_with_state_licence_role_groups_and_seats() {
    let ada = PersonConfig {
        first_name: "Ada".into(),
        license: zoom_simulator::License::Licensed,
        groups: vec!["Research".into()],
        role: Some("Admin".into()),
        ..active(ADA)
    };
    let groups = vec![zoom_simulator::GroupConfig { name: "Research".into(), id: None }];
    let zoom = Zoom::start(AccountConfig { people: vec![ada, pending(BOB)], groups, ..unlimited() }).await;
    let page = page(&zoom, "/").await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let ada = row_of(&page, ADA);
    for part in [">Ada<", ">active<", "Licensed", "Admin", "Research"] {
        assert!(ada.contains(part), "{part} is not in {ada}");
    }
    assert!(row_of(&page, BOB).contains("Accept invitation") && !ada.contains("Accept invitation"));
    assert!(page.text.contains("of 100 seats"));
    assert!(row_of(&page, "/oauth/token").contains("POST"), "the last calls are shown");
}

#[tokio::test]
async fn nothing_that_people_or_callers_name_becomes_html() {
    let evil = "<script>alert(1)</script>\"'&";
    let ada = PersonConfig { first_name: evil.into(), display_name: Some(evil.into()), ..active(ADA) };
    let config = AccountConfig { account_id: evil.into(), people: vec![ada], ..AccountConfig::default() };
    let simulator = Simulator::start(config).await.unwrap();
    simulator.create_group(evil).unwrap();
    simulator.add_group_member(evil, ADA).unwrap();
    let http = crate::support::client();
    http.get(format!("{}/v2/users/{evil}?q={evil}", simulator.url())).send().await.unwrap();
    let url = http.get(simulator.url()).send().await.unwrap().url().clone();
    for (query, person) in [("", ""), (evil, ""), ("", ADA)] {
        let mut url = url.clone();
        if !person.is_empty() {
            url.path_segments_mut().unwrap().extend(["people", person]);
        }
        url.query_pairs_mut().append_pair("search", query);
        let text = http.get(url).send().await.unwrap().text().await.unwrap();
        assert!(text.contains("&lt;script&gt;alert(1)"), "it is shown");
        assert!(!text.contains("<script>alert"), "it became HTML: {text}");
        assert_eq!(text.matches("<script").count(), 1, "only the page's own script");
    }
}

#[tokio::test]
async fn people_are_searched_filtered_and_paged() {
    let zoom = Zoom::start(unlimited().with_users(173, 5)).await;
    let rows = |page: &Reply| page.text.matches("class=\"who\"").count();
    let first = page(&zoom, "/accounts/acme").await;
    assert!(rows(&first) == 50 && first.text.contains("174 people, page 1 of 4"));
    assert!(first.text.contains("rel=\"next\"") && !first.text.contains("rel=\"prev\""));
    let last = page(&zoom, "/accounts/acme?page=3").await;
    assert!(rows(&last) == 24 && last.text.contains("rel=\"prev\"") && !last.text.contains("rel=\"next\""));
    assert_eq!(rows(&page(&zoom, "/accounts/acme?page=99999999999").await), 0);
    let found = page(&zoom, "/accounts/acme?search=OWNER%40acme").await;
    assert!(rows(&found) == 1 && row_of(&found, OWNER).contains("Owner"));
    let inactive = zoom.people().iter().filter(|person| person.status == Status::Inactive).count();
    assert_eq!(rows(&page(&zoom, "/accounts/acme?status=inactive").await), inactive);
}

#[tokio::test]
async fn licences_and_divisions_are_shown_and_people_are_filtered_by_division_and_moved() {
    let divisions = serde_json::from_value(serde_json::json!([{"name": "Sales", "id": "sales"}])).unwrap();
    let seats = Seats { licensed: 7, ..Seats::default() };
    let people = vec![licensed(ADA), pending(BOB)];
    let zoom = Zoom::start(AccountConfig { people, divisions, seats, ..unlimited() }).await;
    let form = [
        ("email", ADA),
        ("first_name", "Ada"),
        ("last_name", ""),
        ("type", "Licensed"),
        ("status", "active"),
        ("role", "Member"),
        ("dept", ""),
        ("job_title", ""),
        ("division", "sales"),
    ];
    let moved = send(&zoom, &person_path(&zoom, ADA), &form).await;
    assert!(moved.status == 200 && moved.text.contains("value=\"sales\" selected"), "{}", moved.text);
    assert_eq!(zoom.person(ADA).unwrap().profile.division_ids, ["sales"]);
    let all = page(&zoom, "/").await;
    let row = |name: &str| all.text.split("<tr>").filter(|row| row.contains(name)).last().unwrap().to_owned();
    for part in ["Bought\">7<", "Active\">2<", "Pending\">0<", "Left\">5<"] {
        assert!(row(">Licensed<").contains(part), "{part} is not in {}", row(">Licensed<"));
    }
    assert!(row(">Sales<").contains("People\">1<") && row(">Main Division<").contains("People\">2<"));
    let sales = page(&zoom, "/accounts/acme?division=sales").await;
    assert!(sales.text.contains("1 person, page 1 of 1") && row_of(&sales, ADA).contains("class=\"who\""));
}

#[tokio::test]
async fn somebody_signs_in_by_a_button() {
    let zoom = Zoom::with([active(ADA), pending(BOB)]).await;
    zoom.freeze(true);
    zoom.advance(jiff::SignedDuration::from_mins(9));
    let path = person_path(&zoom, ADA);
    let signed_in = send(&zoom, &format!("{path}/sign-in"), &[]).await;
    assert!(signed_in.status == 200 && signed_in.text.contains(&format!("Last signed in <time>{:.0}<", zoom.now())));
    assert_eq!(send(&zoom, &format!("{path}/sign-out"), &[]).await.status, 200);
    assert_eq!(send(&zoom, &format!("{}/sign-in", person_path(&zoom, BOB)), &[]).await.status, 409);
}

#[tokio::test]
async fn buttons_accept_invitations_edit_and_delete() {
    let zoom = Zoom::with([pending(ADA), active(BOB)]).await;
    let accepted = send(&zoom, &format!("{}/accept", person_path(&zoom, ADA)), &[]).await;
    assert!(accepted.status == 200 && accepted.text.contains(ADA));
    assert_eq!(zoom.person(ADA).unwrap().status, Status::Active);

    let form = [
        ("email", BOB),
        ("first_name", "Bob"),
        ("last_name", ""),
        ("type", "Licensed"),
        ("status", "active"),
        ("role", "Admin"),
        ("dept", "Sales"),
        ("job_title", ""),
    ];
    let path = person_path(&zoom, BOB);
    let edited = send(&zoom, &path, &form).await;
    assert!(edited.status == 200 && edited.text.contains("value=\"Sales\""), "{}", edited.text);
    let bob = zoom.person(BOB).unwrap();
    assert_eq!((bob.first_name.as_str(), bob.role.as_str(), bob.profile.dept.as_str()), ("Bob", "Admin", "Sales"));
    assert_eq!(bob.license, zoom_simulator::License::Licensed);

    let deleted = send(&zoom, &format!("{path}/delete"), &[]).await;
    assert!(deleted.status == 200 && zoom.person(BOB).is_none());
}

#[tokio::test]
async fn the_owner_can_be_edited_but_not_demoted_and_a_refusal_says_why() {
    let zoom = Zoom::with([]).await;
    let path = person_path(&zoom, OWNER);
    let form = |role: &'static str| {
        [
            ("email", OWNER),
            ("first_name", "Olga"),
            ("last_name", "Owner"),
            ("type", "Licensed"),
            ("status", "active"),
            ("role", role),
            ("dept", ""),
            ("job_title", ""),
        ]
    };
    assert_eq!(send(&zoom, &path, &form("Owner")).await.status, 200);
    assert_eq!(zoom.person(OWNER).unwrap().first_name, "Olga");
    let refused = send(&zoom, &path, &form("Member")).await;
    assert!(refused.status == 409 && refused.text.contains("class=\"problem\""), "{}", refused.text);
    assert_eq!(send(&zoom, &path, &[("email", OWNER)]).await.status, 422);
    assert_eq!(send(&zoom, "/accounts/acme/people/nobody/delete", &[]).await.status, 409);
    assert_eq!(page(&zoom, "/accounts/nobody").await.status, 404);
    assert_eq!(page(&zoom, "/accounts/acme/people/nobody").await.status, 404);
}

#[tokio::test]
async fn a_fault_is_injected_shown_and_cleared() {
    let zoom = Zoom::with([]).await;
    let form = |effect, count| [("effect", effect), ("method", "GET"), ("path", "/users"), ("count", count)];
    let injected = send(&zoom, "/accounts/acme/faults", &form("htmlPage", "3")).await;
    assert!(injected.text.contains("htmlPage: method GET, path /users, 3 more"), "{}", injected.text);
    assert_eq!(zoom.faults(), [Fault::on("GET", "/users", FaultEffect::HtmlPage { status: 502 }).times(3)]);
    assert_eq!(send(&zoom, "/accounts/acme/faults", &form("explode", "1")).await.status, 400);
    send(&zoom, "/accounts/acme/faults/clear", &[]).await;
    assert!(zoom.faults().is_empty());
}

#[tokio::test]
async fn other_sites_can_neither_send_its_forms_nor_frame_it() {
    let zoom = Zoom::with([active(ADA)]).await;
    let url = format!("{}{}/delete", zoom.url(), person_path(&zoom, ADA));
    let request = zoom.http.post(url).header("sec-fetch-site", "cross-site");
    assert_eq!(request.send().await.unwrap().status(), 403);
    assert!(zoom.person(ADA).is_some());
    let policy = page(&zoom, "/accounts/acme").await;
    let policy = policy.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
}

#[tokio::test]
async fn the_last_calls_are_also_served_alone_for_the_page_to_stay_up_to_date() {
    let zoom = Zoom::with([]).await;
    zoom.get("/users/nobody?login_type=100").await.refused(404, 1001);
    let calls = page(&zoom, "/accounts/acme/calls").await;
    assert!(calls.text.starts_with("<table") && calls.text.contains("/v2/users/nobody?login_type=100"));
    assert!(calls.text.contains("(1001)") && !calls.text.contains(&zoom.token));
}

/// `make test-browser` runs it, and says which browser in `CHROMIUM`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium"]
async fn a_real_browser_runs_the_page_under_its_own_policy() {
    let zoom = Zoom::with([active(ADA)]).await;
    let mut command = Command::new(std::env::var("CHROMIUM").unwrap_or_else(|_| "chromium".to_owned()));
    command.args([
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--window-size=390,844",
        "--virtual-time-budget=3000",
    ]);
    command.args(["--dump-dom".to_owned(), format!("{}/accounts/acme", zoom.url())]);
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let dom = String::from_utf8(output.stdout).unwrap();
    assert!(dom.contains(ADA) && dom.contains("data-shown="), "the script did not run: {dom}");
}
