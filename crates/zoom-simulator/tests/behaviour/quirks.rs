//! Where sources disagree, the account file chooses: both ways of each choice.

use jiff::SignedDuration;
use serde_json::{Value, json};
use zoom_simulator::*;

use crate::support::{ADA, BOB, Zoom, active, admin, inactive, pending, unlimited};

async fn with(quirks: Quirks, people: impl IntoIterator<Item = PersonConfig>) -> Zoom {
    Zoom::start(AccountConfig { quirks, people: people.into_iter().collect(), ..unlimited() }).await
}

async fn later(zoom: &mut Zoom, days: i64) {
    zoom.advance(SignedDuration::from_hours(24 * days));
    zoom.token = zoom.fetch_token().await.body["access_token"].as_str().unwrap().to_owned();
}

#[tokio::test]
async fn a_bad_client_is_refused_with_400_or_401() {
    for (token_refusal, status) in [(TokenRefusal::BadRequest, 400), (TokenRefusal::Unauthorized, 401)] {
        let zoom = with(Quirks { token_refusal, ..Quirks::default() }, []).await;
        let reply = zoom.fetch_token_as("simulator", "wrong", "account_credentials", "acme").await;
        assert_eq!((reply.status, &reply.body["error"]), (status, &"invalid_client".into()));
        assert!(reply.body["reason"].is_string() && reply.body.get("code").is_none());
    }
}

#[tokio::test]
async fn a_bad_token_is_124_with_401_or_400() {
    for (invalid_token, status) in [(InvalidToken::Unauthorized, 401), (InvalidToken::BadRequest, 400)] {
        let zoom = with(Quirks { invalid_token, ..Quirks::default() }, []).await;
        zoom.advance(SignedDuration::from_hours(2));
        zoom.get("/users").await.refused(status, 124);
        zoom.edit_account(AccountEdit { revoke_tokens: true, ..AccountEdit::default() });
        zoom.get("/users").await.refused(status, 124);
    }
}

#[tokio::test]
async fn a_missing_scope_is_named_in_json_or_in_json_that_its_quotes_break() {
    for (missing_scope, is_json) in [(MissingScope::Json, true), (MissingScope::BrokenJson, false)] {
        let quirks = Quirks { missing_scope, ..Quirks::default() };
        let scopes = Some(vec!["role:read:list_roles:admin".to_owned()]);
        let zoom = Zoom::start(AccountConfig { quirks, scopes, ..unlimited() }).await;
        let reply = zoom.get("/users").await;
        reply.refused(400, 4711);
        assert_eq!(!reply.body.is_null(), is_json, "{}", reply.text);
        assert!(reply.text.contains("user:read:list_users:admin"));
    }
}

#[tokio::test]
async fn a_running_create_holds_that_person_or_everybody() {
    for (running_create_locks, held) in [(CreateLock::Person, false), (CreateLock::Account, true)] {
        let zoom = with(Quirks { running_create_locks, ..Quirks::default() }, [active(BOB)]).await;
        let (group, bob) = (zoom.create_group("Research").unwrap().id, zoom.person(BOB).unwrap().id);
        zoom.inject(Fault::on("POST", "/users", FaultEffect::Delay { ms: 60_000 }));
        let create = zoom.create("create", ADA, 1);
        let meanwhile = async {
            let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
            while zoom.get(&format!("/users/{ADA}")).await.status != 429 {
                assert!(std::time::Instant::now() < deadline, "the create never ran");
            }
            let members = format!("/groups/{group}/members");
            let mut statuses = vec![
                zoom.get(&format!("/users/{BOB}")).await.status,
                zoom.get("/users").await.status,
                zoom.get("/users/summary").await.status,
                zoom.get(&members).await.status,
                zoom.patch(&format!("/groups/{group}"), json!({"name": "Science"})).await.status,
                zoom.get("/roles/2/members").await.status,
                zoom.post("/roles/1/members", json!({"members": [{"email": BOB}]})).await.status,
            ];
            let scim = zoom.http.get(format!("{}/scim2/Users/{bob}", zoom.url())).bearer_auth(&zoom.token);
            statuses.push(scim.send().await.unwrap().status().as_u16());
            let (some, all) = (statuses.contains(&429), statuses.iter().all(|status| *status == 429));
            assert_eq!(some, all, "{statuses:?}");
            // Whoever names the person who is being created waits in any case, and contacts and the account never do.
            zoom.post(&members, json!({"members": [{"email": ADA}]})).await.refused(429, 429);
            zoom.delete(&format!("/roles/1/members/{ADA}")).await.refused(429, 429);
            zoom.get("/contacts/groups").await.succeeded(200);
            zoom.get("/accounts/me/plans/usage").await.succeeded(200);
            all
        };
        tokio::select! {
            _ = create => panic!("the create ended before its time"),
            others = meanwhile => assert_eq!(others, held),
        }
    }
}

#[tokio::test]
async fn the_last_page_has_no_token_or_an_empty_one() {
    for (last_page_token, token) in [(LastPageToken::Missing, None), (LastPageToken::Empty, Some(json!("")))] {
        let zoom = with(Quirks { last_page_token, ..Quirks::default() }, []).await;
        for path in ["/users", "/groups", "/roles/2/members"] {
            assert_eq!(zoom.get(path).await.succeeded(200).get("next_page_token"), token.as_ref(), "{path}");
        }
    }
}

#[tokio::test]
async fn addresses_keep_their_letters_or_are_lowered_and_are_the_same_without_case() {
    for (email_case, shown) in [(EmailCase::Kept, "Ada@Acme.example"), (EmailCase::Lowered, ADA)] {
        let zoom = with(Quirks { email_case, ..Quirks::default() }, [active("Bob@Acme.example")]).await;
        assert_eq!(zoom.create("create", "Ada@Acme.example", 1).await.succeeded(201)["email"], shown);
        assert_eq!(zoom.get(&format!("/users/{ADA}")).await.succeeded(200)["email"], shown);
        zoom.create("create", ADA, 1).await.refused(409, 1005);
        zoom.put("/users/BOB@acme.example/email", json!({"email": "Rob@acme.example"})).await.succeeded(204);
        zoom.get("/users/rob@acme.example").await.succeeded(200);
    }
}

#[tokio::test]
async fn somebody_with_an_account_elsewhere_is_invited_without_id_or_refused() {
    for (elsewhere, active_elsewhere, refusal) in [
        (ElsewhereAnswer::Invited, ActiveElsewhere::Conflict, None),
        (ElsewhereAnswer::AddressUsed, ActiveElsewhere::Conflict, Some((409, 1005))),
        (ElsewhereAnswer::ActiveElsewhere, ActiveElsewhere::Conflict, Some((409, 1009))),
        (ElsewhereAnswer::ActiveElsewhere, ActiveElsewhere::BadRequest, Some((400, 1009))),
    ] {
        let zoom =
            with(Quirks { elsewhere, active_elsewhere, ..Quirks::default() }, [active("ada@other.example")]).await;
        zoom.delete("/users/ada@other.example").await.succeeded(204);
        let reply = zoom.create("create", "ada@other.example", 1).await;
        match refusal {
            Some((status, code)) => reply.refused(status, code),
            None => assert_eq!(reply.succeeded(201)["id"], ""),
        }
    }
}

#[tokio::test]
async fn somebody_of_another_account_is_1010_or_1001() {
    for (foreign_user, status, code) in [(ForeignUser::OtherAccount, 400, 1010), (ForeignUser::Missing, 404, 1001)] {
        let zoom = with(Quirks { foreign_user, ..Quirks::default() }, [active("ada@other.example")]).await;
        zoom.delete("/users/ada@other.example").await.succeeded(204);
        zoom.get("/users/ada@other.example").await.refused(status, code);
        zoom.get("/users/nobody@other.example").await.refused(404, 1001);
    }
}

#[tokio::test]
async fn a_patch_on_a_pending_person_does_nothing_or_is_refused() {
    let zoom = with(Quirks { pending_patch: PendingPatch::Refused, ..Quirks::default() }, [pending(ADA)]).await;
    zoom.patch(&format!("/users/{ADA}"), json!({"dept": "R"})).await.refused(400, 1000);
    let zoom = Zoom::with([pending(ADA)]).await;
    zoom.patch(&format!("/users/{ADA}"), json!({"dept": "R"})).await.succeeded(204);
    assert_eq!(zoom.person(ADA).unwrap().profile.dept, "");
}

#[tokio::test]
async fn an_expired_invitation_can_be_deleted_or_not() {
    let zoom =
        &mut with(Quirks { expired_invitation: ExpiredInvitation::Refused, ..Quirks::default() }, [pending(ADA)]).await;
    later(zoom, 31).await;
    zoom.delete(&format!("/users/{ADA}")).await.refused(400, 1120);
    let zoom = &mut Zoom::with([pending(ADA)]).await;
    later(zoom, 31).await;
    zoom.delete(&format!("/users/{ADA}")).await.succeeded(204);
}

#[tokio::test]
async fn empty_texts_and_nulls_clear_a_field_or_leave_it() {
    for (empty_text, null) in [(EmptyText::Clears, EmptyText::Ignored), (EmptyText::Ignored, EmptyText::Clears)] {
        let profile = Profile { dept: "R".into(), job_title: "J".into(), ..Profile::default() };
        let ada =
            PersonConfig { profile, display_name: Some("Countess".into()), first_name: "Ada".into(), ..active(ADA) };
        let zoom = with(Quirks { empty_text, null, ..Quirks::default() }, [ada]).await;
        let change = json!({"dept": "", "job_title": null, "display_name": ""});
        zoom.patch(&format!("/users/{ADA}"), change).await.succeeded(204);
        let ada = zoom.get(&format!("/users/{ADA}")).await.succeeded(200);
        let left = |choice, value: &str| if choice == EmptyText::Clears { String::new() } else { value.to_owned() };
        assert_eq!(ada["dept"], left(empty_text, "R"));
        assert_eq!(ada["job_title"], left(null, "J"));
        assert_eq!(ada["display_name"], "Ada");
    }
}

#[tokio::test]
async fn phone_numbers_replace_those_that_are_there_or_are_added() {
    for (phone_numbers, expected) in
        [(PhoneNumbers::Replaced, vec!["Home"]), (PhoneNumbers::Merged, vec!["Office", "Home"])]
    {
        let zoom = with(Quirks { phone_numbers, ..Quirks::default() }, [active(ADA)]).await;
        for label in ["Office", "Home"] {
            let numbers = json!([{"label": label, "number": "12345"}]);
            zoom.patch(&format!("/users/{ADA}"), json!({"phone_numbers": numbers})).await.succeeded(204);
        }
        let numbers = zoom.person(ADA).unwrap().profile.phone_numbers;
        assert_eq!(numbers.into_iter().map(|number| number.label).collect::<Vec<_>>(), expected);
    }
}

#[tokio::test]
async fn a_locked_setting_is_kept_without_a_word_or_refused() {
    for (locked_settings, refused) in [(LockedSettings::Kept, false), (LockedSettings::Refused, true)] {
        let zoom = with(Quirks { locked_settings, ..Quirks::default() }, [active(ADA)]).await;
        zoom.patch("/accounts/me/lock_settings", json!({"in_meeting": {"chat": true}})).await.succeeded(200);
        let path = format!("/users/{ADA}/settings");
        let change = json!({"in_meeting": {"chat": false, "polling": false}});
        let reply = zoom.patch(&path, change).await;
        match refused {
            true => reply.invalid(&["in_meeting.chat"]),
            false => assert_eq!(reply.succeeded(204), Value::Null),
        }
        let settings = zoom.get(&path).await.succeeded(200);
        assert_eq!(settings["in_meeting"]["chat"], true);
        assert_eq!(settings["in_meeting"]["polling"], refused);
    }
}

#[tokio::test]
async fn some_deactivated_people_cannot_be_deleted() {
    let emails: Vec<_> = (0..20).map(|number| format!("p{number}@acme.example")).collect();
    for (inactive_deletion, refused) in [(InactiveDeletion::Allowed, 0), (InactiveDeletion::RefusedForSome, 2)] {
        let quirks = Quirks { inactive_deletion, ..Quirks::default() };
        let zoom = with(quirks, emails.iter().map(|email| inactive(email))).await;
        let mut statuses = Vec::new();
        for email in &emails {
            statuses.push(zoom.delete(&format!("/users/{email}?action=delete")).await.status);
        }
        assert_eq!(statuses.iter().filter(|status| **status == 400).count(), refused, "{statuses:?}");
        assert_eq!(statuses.iter().filter(|status| **status == 204).count(), emails.len() - refused, "{statuses:?}");
    }
}

#[tokio::test]
async fn people_deactivated_long_ago_are_deleted_by_the_account_itself() {
    let days = |inactive_deleted_after_days| Quirks { inactive_deleted_after_days, ..Quirks::default() };
    let zoom = &mut with(days(Some(60)), [active(ADA), inactive(BOB)]).await;
    later(zoom, 59).await;
    zoom.set_status(ADA, "deactivate").await.succeeded(200);
    zoom.get(&format!("/users/{BOB}")).await.succeeded(200);
    later(zoom, 1).await;
    zoom.get(&format!("/users/{BOB}")).await.refused(404, 1001);
    assert!(zoom.person(BOB).is_none() && zoom.person(ADA).is_some());
    let zoom = &mut with(days(None), [inactive(BOB)]).await;
    later(zoom, 10_000).await;
    zoom.get(&format!("/users/{BOB}")).await.succeeded(200);
}

#[tokio::test]
async fn rows_of_inactive_people_show_their_groups_or_none() {
    for (inactive_rows_have_groups, expected) in [(true, json!(["g"])), (false, json!([]))] {
        let groups = vec![GroupConfig { name: "G".into(), id: Some("g".into()) }];
        let quirks = Quirks { inactive_rows_have_groups, ..Quirks::default() };
        let people = vec![PersonConfig { groups: vec!["G".into()], ..active(ADA) }];
        let zoom = Zoom::start(AccountConfig { quirks, groups, people, ..unlimited() }).await;
        zoom.set_status(ADA, "deactivate").await.succeeded(200);
        assert_eq!(zoom.get("/users?status=inactive").await.succeeded(200)["users"][0]["group_ids"], expected);
        assert_eq!(zoom.get(&format!("/users/{ADA}")).await.succeeded(200)["group_ids"], expected);
        zoom.set_status(ADA, "activate").await.succeeded(200);
        assert_eq!(zoom.get(&format!("/users/{ADA}")).await.succeeded(200)["group_ids"], json!(["g"]));
    }
}

#[tokio::test]
async fn deactivating_somebody_takes_their_groups_or_leaves_them() {
    for (deactivation_takes_groups, expected) in [(true, json!([])), (false, json!(["g"]))] {
        let groups = vec![GroupConfig { name: "G".into(), id: Some("g".into()) }];
        let quirks = Quirks { deactivation_takes_groups, ..Quirks::default() };
        let people = vec![PersonConfig { groups: vec!["G".into()], ..active(ADA) }];
        let zoom = Zoom::start(AccountConfig { quirks, groups, people, ..unlimited() }).await;
        zoom.set_status(ADA, "deactivate").await.succeeded(200);
        zoom.set_status(ADA, "activate").await.succeeded(200);
        assert_eq!(zoom.get(&format!("/users/{ADA}")).await.succeeded(200)["group_ids"], expected);
    }
}

#[tokio::test]
async fn an_admin_can_be_demoted_by_the_app_or_by_the_owner_alone() {
    for (demoting_needs_owner, refused) in [(false, false), (true, true)] {
        let zoom = with(Quirks { demoting_needs_owner, ..Quirks::default() }, [admin(ADA)]).await;
        let reply = zoom.delete(&format!("/roles/1/members/{ADA}")).await;
        match refused {
            true => reply.refused(400, 200),
            false => assert_eq!(reply.succeeded(204), Value::Null),
        }
        assert_eq!(zoom.person(ADA).unwrap().role == "Admin", refused);
    }
}

#[tokio::test]
async fn plan_base_is_an_object_or_an_array_of_one() {
    for (plan_base, path) in [(PlanBase::Object, "/plan_base/hosts"), (PlanBase::Array, "/plan_base/0/hosts")] {
        let zoom = with(Quirks { plan_base, ..Quirks::default() }, []).await;
        assert_eq!(zoom.get("/accounts/me/plans/usage").await.succeeded(200).pointer(path), Some(&json!(100)));
    }
}

#[tokio::test]
async fn the_account_file_names_quirks_and_their_values() {
    let text = "quirks: {emailCase: lowered, lockedSettings: refused, inactiveDeletedAfterDays: 90, planBase: array}";
    let quirks = AccountConfig::from_yaml(text).unwrap().quirks;
    let expected = Quirks {
        email_case: EmailCase::Lowered,
        locked_settings: LockedSettings::Refused,
        inactive_deleted_after_days: Some(90),
        plan_base: PlanBase::Array,
        ..Quirks::default()
    };
    assert_eq!(quirks, expected);
    let error = AccountConfig::from_yaml("quirks: {emailCase: shouted}").unwrap_err().to_string();
    assert!(error.contains("shouted") && error.contains("lowered"), "{error}");
}
