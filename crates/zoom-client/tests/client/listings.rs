//! Listings are read to their end and checked against what Zoom counts.

use crate::support::{Seen, Server, refusal, reply, user};
use serde_json::{Value, json};
use zoom_client::{ErrorKind, Listing, UserRow, UserStatus};

fn page(rows: &[Value], total: u64, next: &str) -> crate::support::Reply {
    reply(200, json!({"page_size": 2, "total_records": total, "next_page_token": next, "users": rows}))
}

fn numbered(number: u32) -> Value {
    user(&format!("user{number}@example.com"), &format!("id{number}"))
}

fn rows(numbers: &[u32]) -> Vec<Value> {
    numbers.iter().copied().map(numbered).collect()
}

async fn active(server: &Server) -> Listing<UserRow> {
    server.client().list_users(UserStatus::Active, 2).await.unwrap()
}

fn ids(listing: &Listing<UserRow>) -> Vec<&str> {
    listing.rows.iter().filter_map(|row| row.id.as_deref()).collect()
}

fn token_of(seen: &Seen) -> &str {
    seen.call.split_once("next_page_token=").map_or("", |(_, token)| token)
}

#[tokio::test]
async fn pages_are_read_until_there_is_no_next_one_with_the_same_parameters() {
    let server = Server::start(|seen, _| match token_of(seen) {
        "" => page(&rows(&[1, 2]), 3, "a%2Bb"),
        _ => page(&rows(&[3]), 3, ""),
    })
    .await;
    let listing = active(&server).await;
    assert_eq!((ids(&listing), listing.pages, listing.complete.clone()), (vec!["id1", "id2", "id3"], 2, Ok(())));
    let first = "GET /v2/users?status=active&page_size=2&include_fields=custom_attributes";
    assert_eq!(server.lines(), [first.to_owned(), format!("{first}&next_page_token=a%252Bb")]);
}

#[tokio::test]
async fn a_smaller_page_than_asked_for_ends_nothing() {
    let server = Server::start(|_, before| match before {
        0..2 => page(&rows(&[u32::try_from(before).unwrap()]), 3, &format!("t{before}")),
        _ => page(&rows(&[9]), 3, ""),
    })
    .await;
    let listing = server.client().list_users(UserStatus::Active, 2000).await.unwrap();
    assert_eq!((listing.rows.len(), listing.complete), (3, Ok(())));
}

#[tokio::test]
async fn an_empty_listing_is_complete() {
    let server = Server::start(|_, _| page(&[], 0, "")).await;
    assert_eq!(active(&server).await.complete, Ok(()));
}

#[tokio::test]
async fn a_person_created_meanwhile_shifts_rows_and_leaves_the_listing_incomplete() {
    let server = Server::start(|_, before| match before {
        0 => page(&rows(&[1, 2]), 3, "t"),
        _ => page(&rows(&[2, 3]), 4, ""),
    })
    .await;
    let listing = active(&server).await;
    assert_eq!((ids(&listing), listing.duplicates), (vec!["id1", "id2", "id3"], 1));
    let incomplete = listing.complete.unwrap_err();
    assert_eq!((incomplete.found, incomplete.first_total, incomplete.last_total), (3, Some(3), Some(4)));
    assert_eq!(incomplete.to_string(), "found 3 rows where Zoom counted 4 (3 at the start)");
}

#[tokio::test]
async fn a_person_removed_meanwhile_hides_another_although_the_last_total_agrees() {
    // Of 1..=5, person 1 leaves after the first page: 3 moves onto it unseen, and 1, 2, 4, 5 are as many as Zoom counts then.
    let server = Server::start(|_, before| match before {
        0 => page(&rows(&[1, 2]), 5, "t"),
        _ => page(&rows(&[4, 5]), 4, ""),
    })
    .await;
    assert!(active(&server).await.complete.is_err());
}

#[tokio::test]
async fn repeated_rows_are_dropped_and_counted_and_do_no_harm_when_everybody_is_there() {
    let server = Server::start(|_, before| match before {
        0 => page(&rows(&[1, 2]), 3, "t"),
        _ => page(&rows(&[2, 3]), 3, ""),
    })
    .await;
    let listing = active(&server).await;
    assert_eq!((ids(&listing), listing.duplicates, listing.complete.clone()), (vec!["id1", "id2", "id3"], 1, Ok(())));
}

#[tokio::test]
async fn pending_rows_without_ids_are_told_apart_by_address_without_case() {
    let pending = |email: &str| json!({"email": email, "type": 1, "status": "pending"});
    let all = [pending("ada@example.com"), pending("ADA@example.com"), pending("bob@example.com")];
    let server = Server::start(move |_, _| page(&all, 2, "")).await;
    let listing = active(&server).await;
    assert_eq!((listing.rows.len(), listing.duplicates, listing.complete), (2, 1, Ok(())));
}

#[tokio::test]
async fn one_address_under_two_ids_is_not_complete() {
    let all = [user("ada@example.com", "old"), user("Ada@example.com", "new")];
    let server = Server::start(move |_, _| page(&all, 2, "")).await;
    assert_eq!(active(&server).await.complete.unwrap_err().conflicting, 1);
}

#[tokio::test]
async fn a_row_that_cannot_be_read_spoils_completeness_and_no_other_row() {
    let all = [numbered(1), json!({"id": "id2"}), json!("nonsense")];
    let server = Server::start(move |_, _| page(&all, 3, "")).await;
    let listing = active(&server).await;
    assert!(!listing.is_whole_but_for_unreadable(), "nobody knows whose the other row is");
    assert_eq!((listing.rows.len(), listing.complete.unwrap_err().unreadable), (1, 2));
}

#[tokio::test]
async fn rows_that_cannot_be_read_and_have_an_id_hide_nobody_else() {
    let all = [numbered(1), json!({"id": "id2"}), json!({"id": "id2"}), json!({"id": "id3", "email": " "})];
    let server = Server::start(move |_, _| page(&all, 3, "")).await;
    let listing = active(&server).await;
    assert!(listing.is_whole_but_for_unreadable(), "{listing:?}");
    assert!(listing.complete.is_err());
    assert_eq!((listing.unreadable, listing.duplicates), (vec!["id2".to_owned(), "id3".to_owned()], 1));
    let all = [numbered(1), json!({"id": "id2"})];
    let server = Server::start(move |_, _| page(&all, 3, "")).await;
    assert!(!active(&server).await.is_whole_but_for_unreadable(), "a row is missing");
}

#[tokio::test]
async fn a_listing_without_a_total_is_not_complete() {
    let server = Server::start(|_, _| reply(200, json!({"users": [numbered(1)]}))).await;
    assert_eq!(active(&server).await.complete.unwrap_err().last_total, None);
}

#[tokio::test]
async fn an_expired_page_token_starts_the_listing_again() {
    let server = Server::start(|_, before| match before {
        0 => page(&rows(&[1, 7]), 3, "old"),
        1 => refusal(400, 300, "The next page token is invalid or expired."),
        2 => page(&rows(&[1, 2]), 3, "new"),
        _ => page(&rows(&[3]), 3, ""),
    })
    .await;
    let listing = active(&server).await;
    assert_eq!((ids(&listing), listing.pages, listing.complete.clone()), (vec!["id1", "id2", "id3"], 2, Ok(())));
}

#[tokio::test]
async fn a_page_token_that_expires_twice_is_an_error() {
    let server = Server::start(|seen, _| match token_of(seen) {
        "" => page(&rows(&[1, 2]), 3, "old"),
        _ => refusal(400, 300, "The next page token is invalid or expired."),
    })
    .await;
    let error = server.client().list_users(UserStatus::Active, 2).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Invalid { .. }), "{error}");
    assert_eq!(server.calls().len(), 4);
}

#[tokio::test]
async fn a_listing_that_goes_round_in_circles_ends() {
    let server = Server::start(|_, _| page(&rows(&[1, 2]), 9, "again")).await;
    let listing = active(&server).await;
    assert_eq!((listing.rows.len(), listing.pages, listing.complete.is_err()), (2, 3, true));
}

#[tokio::test]
async fn a_refusal_under_http_200_is_an_error() {
    let server = Server::start(|_, _| refusal(200, 200, "Only available for paid account.")).await;
    let error = server.client().list_groups().await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (&ErrorKind::PlanUnsupported, Some(200)));
}

#[tokio::test]
async fn groups_and_roles_are_listed_and_checked() {
    let server = Server::start(|seen, _| {
        if seen.call.starts_with("GET /v2/groups?page_size=300") {
            reply(200, json!({"total_records": 1, "groups": [{"id": "g", "name": "Sales", "total_members": 4}]}))
        } else {
            reply(
                200,
                json!({"total_records": 3, "roles": [{"id": "0", "name": "Owner"}, {"id": 2, "name": "Member"}]}),
            )
        }
    })
    .await;
    let groups = server.client().list_groups().await.unwrap();
    assert_eq!(
        (groups.rows[0].name.as_str(), groups.rows[0].total_members, groups.complete),
        ("Sales", Some(4), Ok(()))
    );
    let roles = server.client().list_roles().await.unwrap();
    assert_eq!((roles.rows[1].id.as_str(), roles.complete.unwrap_err().found), ("2", 2));
}
