//! The rules of people.

use serde_json::{Value, json};

use super::{long, objects, user, with};

#[tokio::test]
async fn a_bad_zoom_user_is_refused_with_what_to_write_instead() {
    let users = objects("ZoomUser").await;
    let with_phone = |change: Value| {
        let phone = json!({"label": "Mobile", "country": "GB", "code": "+44", "number": "2079460000"});
        json!({"profile": {"phoneNumbers": [with(phone, &change)]}})
    };
    let table: [(Value, &[&str]); _] = [
        (json!({"email": null}), &["spec.email", "Required"]),
        (json!({"email": ""}), &["spec.email", "such as ada@example.com"]),
        (json!({"email": "ada"}), &["spec.email", "such as ada@example.com"]),
        (json!({"email": "ada@example"}), &["spec.email", "such as ada@example.com"]),
        (json!({"email": "ada\u{a0}l@example.com"}), &["spec.email", "such as ada@example.com"]),
        (json!({"email": "Ada <ada@example.com>"}), &["spec.email", "such as ada@example.com"]),
        (json!({"email": "ada@example.com,bob@example.com"}), &["spec.email", "such as ada@example.com"]),
        (json!({"email": format!("{}@example.com", long(117))}), &["spec.email", "128"]),
        (json!({"connectionRef": {}}), &["spec.connectionRef.name", "Required"]),
        (json!({"connectionRef": {"name": ""}}), &["spec.connectionRef.name"]),
        (json!({"firstName": ""}), &["spec.firstName", "leave the field out"]),
        (json!({"firstName": "Ada "}), &["spec.firstName", "without spaces around it"]),
        (json!({"firstName": long(65)}), &["spec.firstName", "64"]),
        (json!({"firstName": "一二三四五六"}), &["spec.firstName", "at most 5 Chinese"]),
        (json!({"lastName": long(65)}), &["spec.lastName", "64"]),
        (json!({"lastName": "一 二 三 四 五 六"}), &["spec.lastName", "at most 5 Chinese"]),
        (json!({"displayName": long(129)}), &["spec.displayName", "128"]),
        (json!({"displayName": "一二三四五六七八九十一"}), &["spec.displayName", "at most 10 Chinese"]),
        (json!({"license": {"type": "Gold"}}), &["spec.license.type", "Basic", "Licensed", "Unassigned"]),
        (json!({"license": {}}), &["spec.license.type", "Required"]),
        (json!({"role": "Owner"}), &["spec.role", "such as Admin", "one owner"]),
        (json!({"role": " owner "}), &["spec.role", "such as Admin", "one owner"]),
        (json!({"role": ""}), &["spec.role", "such as Member"]),
        (json!({"role": long(65)}), &["spec.role", "64"]),
        (json!({"active": "no"}), &["spec.active", "boolean"]),
        (json!({"creation": {"method": "Magic"}}), &["spec.creation.method", "Invite", "Wait"]),
        (json!({"profile": {"jobTitle": long(129)}}), &["spec.profile.jobTitle", "128"]),
        (json!({"profile": {"company": long(256)}}), &["spec.profile.company", "255"]),
        (json!({"profile": {"location": long(257)}}), &["spec.profile.location", "256"]),
        (json!({"profile": {"manager": "Bob"}}), &["spec.profile.manager", "such as ada@example.com"]),
        (json!({"profile": {"language": "English"}}), &["spec.profile.language", "5"]),
        (json!({"profile": {"language": "en"}}), &["spec.profile.language", "such as en-US"]),
        (json!({"profile": {"pronounsOption": "Sometimes"}}), &["spec.profile.pronounsOption", "Ask", "Never"]),
        (json!({"profile": {"vanityName": ""}}), &["spec.profile.vanityName", "1"]),
        (json!({"profile": {"vanityName": long(41)}}), &["spec.profile.vanityName", "40"]),
        (json!({"profile": {"personalMeetingId": 123}}), &["spec.profile.personalMeetingId", "1000000000"]),
        (json!({"profile": {"usePersonalMeetingId": "yes"}}), &["spec.profile.usePersonalMeetingId", "boolean"]),
        (json!({"profile": {"divisionId": ""}}), &["spec.profile.divisionId", "1"]),
        (json!({"profile": {"timezone": "half past ten"}}), &["spec.profile.timezone", "such as Europe/London"]),
        (with_phone(json!({"label": "Pager"})), &["phoneNumbers[0].label", "Mobile", "Fax"]),
        (with_phone(json!({"country": "gb"})), &["phoneNumbers[0].country", "such as GB"]),
        (with_phone(json!({"code": "0044"})), &["phoneNumbers[0].code", "such as +44"]),
        (with_phone(json!({"number": "20 7946 000"})), &["phoneNumbers[0].number", "digits alone"]),
        (
            json!({"profile": {"customAttributes": (0..6)
                        .map(|index| json!({"key": index.to_string(), "name": "Badge", "value": ""}))
                        .collect::<Vec<_>>()}}),
            &["spec.profile.customAttributes", "5"],
        ),
    ];
    users.assert_refused(&user(), &table).await;
}

#[tokio::test]
async fn a_bad_removal_in_a_zoom_user_is_refused_with_what_to_write_instead() {
    let heir = json!({"email": "bob@example.com"});
    let greedy = |data: Value| json!({"policy": "Delete", "heir": {"email": "bob@example.com", "receives": data}});
    let table: [(Value, &[&str]); _] = [
        (json!({}), &["spec.removal.policy", "Required"]),
        (json!({"policy": "Destroy"}), &["spec.removal.policy", "Deactivate", "Delete"]),
        (json!({"policy": "Delete"}), &["spec.removal", "write heir", "transfer: None"]),
        (json!({"policy": "Delete", "heir": heir, "transfer": "None"}), &["either heir or transfer: None"]),
        (json!({"policy": "Delete", "heir": {"email": "ADA@example.com"}}), &["removal.heir names", "who else"]),
        (json!({"policy": "Delete", "transfer": "All"}), &["spec.removal.transfer", "None"]),
        (json!({"policy": "Deactivate", "transfer": "None"}), &["spec.removal", "leave them out"]),
        (json!({"policy": "Retain", "heir": heir}), &["spec.removal", "leave them out"]),
        (greedy(json!([])), &["spec.removal.heir.receives"]),
        (greedy(json!(["Notes", "Notes"])), &["spec.removal.heir.receives", "Duplicate"]),
    ];
    let table = table.map(|(removal, words)| (json!({"removal": removal}), words));
    objects("ZoomUser").await.assert_refused(&user(), &table).await;
}

#[tokio::test]
async fn a_good_zoom_user_is_accepted_as_it_is() {
    let users = objects("ZoomUser").await;
    let table: [Value; _] = [
        json!({}),
        json!({"email": "Ada.Lovelace+zoom@sub.example.co.uk"}),
        json!({"connectionRef": {"name": "acme"}, "active": false, "role": "Co-Owner"}),
        json!({"firstName": long(64), "lastName": "一二三四五", "displayName": "一二三四五六七八九十"}),
        json!({"displayName": ""}),
        json!({"license": {"type": "Unassigned"}, "creation": {"method": "Sso"}}),
        json!({"removal": {"policy": "Delete", "transfer": "None"}}),
        json!({"removal": {"policy": "Unlink"}}),
        json!({"removal": {"policy": "Unlink", "heir": {"email": "bob@example.com"}}}),
        json!({"removal": {"policy": "Delete", "heir": {
            "email": "bob@example.com",
            "receives": [
                "Meetings", "Webinars", "Recordings", "Whiteboards", "Clips", "Notes", "Visitors", "Docs",
            ],
        }}}),
        json!({"profile": {
            "jobTitle": "Analyst", "department": "", "company": "Example", "location": "London",
            "costCenter": "42", "manager": "", "language": "en-US", "timezone": "America/Port_of_Spain",
            "pronouns": "she/her", "pronounsOption": "Ask", "vanityName": "ada.lovelace",
            "personalMeetingId": 5_551_234_567_i64, "usePersonalMeetingId": false,
            "divisionId": "north", "cmsUserId": "",
            "phoneNumbers": [
                {"label": "Mobile", "country": "GB", "code": "+44", "number": "2079460000"},
                {"label": "Office", "country": "GB", "code": "+44", "number": "2079460000"},
            ],
            "customAttributes": [{"key": "badge", "name": "Badge", "value": "7"}],
        }}),
        json!({"profile": {"phoneNumbers": [], "customAttributes": []}}),
    ];
    users.assert_accepted(&user(), &table).await;
}

#[tokio::test]
async fn null_in_a_manifest_is_the_same_as_absent() {
    let users = objects("ZoomUser").await;
    let served = users.dry_run(&json!({"email": "ada@example.com", "firstName": null, "removal": null})).await.unwrap();
    assert_eq!(served.data["spec"], json!({"email": "ada@example.com", "active": true}));
}

#[tokio::test]
async fn a_zoom_user_stays_with_its_connection() {
    let users = objects("ZoomUser").await;
    users.create("implicit", &user()).await;
    users.create("explicit", &with(user(), &json!({"connectionRef": {"name": "acme"}}))).await;
    for (name, changes) in [
        ("implicit", json!({"connectionRef": {"name": "acme"}})),
        ("explicit", json!({"connectionRef": {"name": "other"}})),
        ("explicit", json!({"connectionRef": null})),
        ("explicit", json!({"connectionRef": {"namespace": "elsewhere"}})),
    ] {
        let message = users.change(name, &changes).await.unwrap_err();
        assert!(message.contains("connectionRef cannot be changed: delete this ZoomUser"), "{message}");
    }
    users.change("implicit", &json!({"connectionRef": {"name": "default"}})).await.unwrap();
    users.change("implicit", &json!({"connectionRef": null, "email": "ada@new.example.com"})).await.unwrap();
}
