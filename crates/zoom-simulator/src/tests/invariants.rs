//! What holds of an account at any time, as its own answers show it.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::Method;
use serde_json::Value;

use super::Rig;
use crate::account::{License, Person, Status, Taken};
use crate::quirks::Quirks;

fn text<'a>(row: &'a Value, name: &str) -> &'a str {
    row[name].as_str().unwrap_or_default()
}

fn number(row: &Value, name: &str) -> u64 {
    row[name].as_u64().unwrap_or_else(|| panic!("no number {name} in {row}"))
}

/// That nothing is there twice.
fn unique<T: Ord + std::fmt::Debug>(all: impl IntoIterator<Item = T>) -> BTreeSet<T> {
    let mut seen = BTreeSet::new();
    for one in all {
        let shown = format!("{one:?}");
        assert!(seen.insert(one), "twice: {shown}");
    }
    seen
}

impl Rig {
    /// What must hold of the account's rows themselves: cheap enough for every step.
    pub(crate) fn check_rows(&mut self) {
        let account = &mut self.account;
        account.people.take_changes();
        let all: Vec<&Person> = account.people.all().collect();
        unique(all.iter().map(|person| person.id.as_str()));
        unique(all.iter().map(|person| person.email.to_lowercase()));
        let names = all.iter().map(|person| person.profile.vanity_name.to_lowercase());
        unique(names.filter(|name| !name.is_empty()));
        assert_eq!(all.iter().filter(|person| person.is_owner()).count(), 1, "not one owner");
        for person in &all {
            assert!(person.profile.division_ids.len() <= 1, "{person:?} is in two divisions");
            for division in &person.profile.division_ids {
                let there = account.divisions.get(division).is_some() && !account.divisions.is_main(division);
                assert!(there, "{person:?} is in a division that is not there, or named as in the main one");
            }
            assert!(account.roles.contains_key(&person.role), "{person:?} has a role that is not there");
            for group in unique(&person.groups).into_iter().chain(unique(&person.administers)) {
                assert!(account.groups.get(group).is_some(), "{person:?} is in a group that is not there");
            }
        }
        let seated = |license, status| {
            let takes = |person: &&&Person| !person.room && person.license() == license && person.status() == status;
            u32::try_from(all.iter().filter(takes).count()).unwrap()
        };
        let taken =
            |license| Taken { active: seated(license, Status::Active), pending: seated(license, Status::Pending) };
        let (seats, bought) = (account.people.seats(), account.config.seats);
        assert_eq!((seats.licensed, seats.basic), (taken(License::Licensed), taken(License::Basic)));
        // Where fewer seats were bought than are taken, at least no more are.
        let (licensed, basic) = (bought.licensed.max(self.taken.0), bought.basic.map(|limit| limit.max(self.taken.1)));
        assert!(seats.licensed.total() <= licensed, "more seats than bought: {seats:?}");
        assert!(basic.is_none_or(|limit| seats.basic.total() <= limit), "too many Basic people: {seats:?}");
        self.taken = (seats.licensed.total(), seats.basic.total());
        let statuses = [Status::Active, Status::Inactive, Status::Pending];
        let by_status = statuses.map(|status| account.people.with_status(status).len());
        assert_eq!(by_status.iter().sum::<usize>(), all.len(), "listings do not add up");
        let by_role = account.roles.keys().map(|role| account.people.with_role(role).len());
        assert_eq!(by_role.sum::<usize>(), by_status[0] + by_status[1], "roles do not add up");
        let by_division = account.divisions.all().map(|division| account.members_of(division).len());
        assert_eq!(by_division.sum::<usize>(), all.len(), "divisions do not add up");
        let by_group = account.groups.all().map(|group| account.people.in_group(&group.id).len());
        assert_eq!(
            by_group.sum::<usize>(),
            all.iter().map(|person| person.groups.len()).sum::<usize>(),
            "groups do not add up"
        );
    }

    /// What must hold of the account's answers.
    pub(crate) fn check(&mut self) {
        let quirks = self.account.config.quirks;
        let rows = self.check_people(&quirks);
        self.check_counts(&rows);
        self.check_roles(&rows);
        self.check_groups(&rows, &quirks);
        self.check_contact_groups();
        self.check_divisions(&rows, &quirks);
        self.check_reads(&rows);
        self.check_settings(&rows);
        self.check_scim(&rows);
    }

    /// Everybody is in one listing, with an address and an id of their own. Gives the rows by address.
    fn check_people(&mut self, quirks: &Quirks) -> BTreeMap<String, Value> {
        let mut rows = Vec::new();
        for status in ["active", "inactive", "pending"] {
            for row in self.all(&format!("/users?status={status}"), "users") {
                assert_eq!(text(&row, "status"), status);
                assert_eq!(row.get("id").is_none(), status == "pending", "{row}");
                rows.push(row);
            }
        }
        unique(rows.iter().filter_map(|row| row.get("id")?.as_str()));
        let by_email: BTreeMap<_, _> =
            rows.iter().map(|row| (text(row, "email").to_lowercase(), row.clone())).collect();
        assert_eq!(by_email.len(), rows.len(), "an address is there twice");
        let people: Vec<_> = self.account.people.all().collect();
        assert_eq!(people.len(), rows.len(), "the listings do not show everybody once");
        unique(people.iter().map(|person| person.id.as_str()));
        let names = people.iter().map(|person| person.profile.vanity_name.to_lowercase());
        unique(names.filter(|name| !name.is_empty()));
        if quirks.email_case == crate::EmailCase::Lowered {
            assert!(people.iter().all(|person| person.email == person.email.to_lowercase()));
        }
        by_email
    }

    /// Summary, plan usage and seats say what the listings show.
    fn check_counts(&mut self, rows: &BTreeMap<String, Value>) {
        let rooms: BTreeSet<_> =
            self.account.people.all().filter(|person| person.room).map(|person| person.email.to_lowercase()).collect();
        let count = |license: Option<u64>, status: &str| {
            let counts = |(email, row): &(&String, &Value)| {
                text(row, "status") == status
                    && license.is_none_or(|license| number(row, "type") == license && !rooms.contains(*email))
            };
            rows.iter().filter(counts).count() as u64
        };
        let summary = self.get("/users/summary");
        assert_eq!(number(&summary, "licensed_users_count"), count(Some(2), "active"));
        assert_eq!(number(&summary, "basic_users_count"), count(Some(1), "active"));
        assert_eq!(number(&summary, "room_users_count"), rooms.len() as u64);
        assert_eq!(number(&summary, "pending_users_count"), count(None, "pending"));
        assert_eq!(number(&summary, "total_users_count"), count(None, "active") + count(None, "inactive"));

        let usage = self.get("/accounts/me/plans/usage");
        let base = usage["plan_base"].as_array().map_or(&usage["plan_base"], |plans| &plans[0]);
        assert_eq!(number(base, "usage"), count(Some(2), "active"));
        assert_eq!(number(base, "pending"), count(Some(2), "pending"));
        assert_eq!(number(base, "hosts"), u64::from(self.account.config.seats.licensed));
        let basic = count(Some(1), "active") + count(Some(1), "pending");
        assert_eq!(basic, u64::from(self.account.people.seats().basic.total()));
    }

    /// Everybody in the account has one role, and there is one owner.
    fn check_roles(&mut self, rows: &BTreeMap<String, Value>) {
        let mut holders = BTreeMap::new();
        let roles = self.get("/roles")["roles"].as_array().unwrap().clone();
        unique(roles.iter().map(|role| text(role, "name").to_lowercase()));
        for role in &roles {
            let read = self.get(&format!("/roles/{}", text(role, "id")));
            assert!(role.as_object().unwrap().iter().all(|(name, value)| read[name] == *value), "{role} but {read}");
            let members = self.all(&format!("/roles/{}/members", text(role, "id")), "members");
            assert_eq!(number(role, "total_members"), members.len() as u64, "{role}");
            for member in members {
                let before = holders.insert(text(&member, "email").to_lowercase(), text(role, "id").to_owned());
                assert_eq!(before, None, "somebody has two roles: {member}");
            }
        }
        let expected = rows.iter().filter(|(_, row)| text(row, "status") != "pending");
        assert_eq!(holders, expected.map(|(email, row)| (email.clone(), text(row, "role_id").to_owned())).collect());
        assert_eq!(holders.values().filter(|role| *role == "0").count(), 1, "not one owner");
    }

    /// A group's count, its members and the groups of rows agree.
    fn check_groups(&mut self, rows: &BTreeMap<String, Value>, quirks: &Quirks) {
        let groups = self.all("/groups", "groups");
        let name = |group: &Value| match quirks.case_sensitive_group_names {
            true => text(group, "name").to_owned(),
            false => text(group, "name").to_lowercase(),
        };
        unique(groups.iter().map(name));
        let mut members = BTreeSet::new();
        for group in &groups {
            let id = text(group, "id");
            let listed = self.all(&format!("/groups/{id}/members"), "members");
            assert_eq!(number(group, "total_members"), listed.len() as u64, "{group}");
            assert_eq!(number(&self.get(&format!("/groups/{id}")), "total_members"), listed.len() as u64);
            members.extend(listed.iter().map(|member| (text(member, "email").to_lowercase(), id.to_owned())));
            for admin in self.all(&format!("/groups/{id}/admins"), "admins") {
                assert!(rows.contains_key(&text(&admin, "email").to_lowercase()), "{admin}");
            }
        }
        let mut shown = BTreeSet::new();
        for (email, row) in rows {
            let ids = row["group_ids"].as_array().unwrap();
            shown.extend(unique(ids.iter().map(|id| (email.clone(), id.as_str().unwrap().to_owned()))));
        }
        if !quirks.inactive_rows_have_groups {
            assert!(shown.iter().all(|(email, _)| text(&rows[email], "status") != "inactive"));
            members.retain(|(email, _)| text(&rows[email], "status") != "inactive");
        }
        assert_eq!(shown, members);
    }

    /// A read shows what the listing shows, and assistants and schedulers are each other's mirror.
    fn check_reads(&mut self, rows: &BTreeMap<String, Value>) {
        let (mut assistants, mut schedulers) = (BTreeSet::new(), BTreeSet::new());
        for (email, row) in rows {
            let (status, read) = self.call(Method::GET, &format!("/users/{email}"), &Value::Null);
            if text(row, "status") == "pending" && status == 400 {
                assert_eq!(number(&read, "code"), 1120);
                continue;
            }
            assert_eq!(status, 200, "{read}");
            for (name, value) in row.as_object().unwrap() {
                let varies = name == "created_at" && text(row, "status") == "pending";
                assert!(varies || &read[name] == value, "{name} of {email}: {row} but {read}");
            }
            for assistant in self.get(&format!("/users/{email}/assistants"))["assistants"].as_array().unwrap() {
                assistants.insert((email.clone(), text(assistant, "email").to_lowercase()));
            }
            for scheduler in self.get(&format!("/users/{email}/schedulers"))["schedulers"].as_array().unwrap() {
                schedulers.insert((text(scheduler, "email").to_lowercase(), email.clone()));
            }
        }
        let readable = |pairs: BTreeSet<(String, String)>| -> BTreeSet<_> {
            let expired = |email: &String| text(&rows[email], "status") == "pending";
            pairs.into_iter().filter(|(one, other)| !expired(one) && !expired(other)).collect()
        };
        assert_eq!(readable(assistants), readable(schedulers));
    }

    /// Everybody but pending people has settings, as many participants in a meeting as their licence allows, and nothing of
    /// their own where the account or one of their groups has locked it.
    fn check_settings(&mut self, rows: &BTreeMap<String, Value>) {
        let account = (self.get("/accounts/me/settings"), self.get("/accounts/me/lock_settings"));
        let groups: Vec<String> = self.account.groups.all().map(|group| format!("/groups/{}", group.id)).collect();
        let of_group =
            |path: &String| (self.get(&format!("{path}/settings")), self.get(&format!("{path}/lock_settings")));
        let of_groups: Vec<(Value, Value)> = groups.iter().map(of_group).collect();
        for (email, row) in rows {
            let (status, settings) = self.call(Method::GET, &format!("/users/{email}/settings"), &Value::Null);
            if text(row, "status") == "pending" {
                assert!(status == 400 && matches!(number(&settings, "code"), 1000 | 1120), "{settings}");
                continue;
            }
            let capacity = if number(row, "type") == 2 { 300 } else { 100 };
            assert_eq!(settings["feature"]["meeting_capacity"], capacity, "{row}");
            let files = settings["in_meeting"]["virtual_background_settings"]["files"].as_array().unwrap();
            assert!(unique(files.iter().map(|file| text(file, "id"))).len() <= 10, "too many pictures");

            let own = self.account.people.find(email).unwrap().groups.iter();
            let own = own.filter_map(|id| groups.iter().position(|path| path.ends_with(&format!("/{id}"))));
            let layers: Vec<_> = own.map(|place| &of_groups[place]).chain([&account]).collect();
            for (section, name) in
                [("in_meeting", "chat"), ("in_meeting", "waiting_room"), ("schedule_meeting", "audio_type")]
            {
                let value = &settings[section][name];
                let locked = layers.iter().any(|(_, locks)| locks[section][name] == true);
                // Settings come from the primary group, which is the first, or from the account.
                let given = [&layers[0].0, &account.0].iter().any(|tree| tree[section][name] == *value);
                assert!(!locked || given, "{email} has a {section}.{name} of their own: {value}");
            }
        }
    }

    /// A contact group holds people and groups that are there, each of them once, and as many as it says.
    fn check_contact_groups(&mut self) {
        for group in self.all("/contacts/groups", "groups") {
            let path = format!("/contacts/groups/{}", text(&group, "group_id"));
            let members = self.all(&format!("{path}/members"), "group_members");
            assert_eq!(number(&self.get(&path), "total_members"), members.len() as u64);
            for id in unique(members.iter().map(|member| text(member, "id"))) {
                let person = self.account.people.find(id).is_some_and(|person| person.id == id);
                assert!(person || self.account.groups.get(id).is_some(), "a ghost in a contact group: {id}");
            }
        }
    }

    /// Everybody is in one division, and its count, its members and the divisions of rows agree.
    fn check_divisions(&mut self, rows: &BTreeMap<String, Value>, quirks: &Quirks) {
        let divisions = self.all("/divisions", "divisions");
        unique(divisions.iter().map(|division| text(division, "division_name").to_lowercase()));
        assert_eq!(divisions.iter().filter(|division| division["is_main_division"] == true).count(), 1);
        let mut members = BTreeMap::new();
        for division in divisions {
            let id = text(&division, "division_id");
            let shown = match division["is_main_division"] == true && !quirks.main_division_in_rows {
                true => Value::Array(Vec::new()),
                false => Value::Array(vec![id.into()]),
            };
            let listed = self.all(&format!("/divisions/{id}/users"), "users");
            assert_eq!(number(&division, "total_members"), listed.len() as u64, "{division}");
            for member in listed {
                let before = members.insert(text(&member, "user_email").to_lowercase(), shown.clone());
                assert_eq!(before, None, "somebody is in two divisions: {member}");
            }
        }
        assert_eq!(members, rows.iter().map(|(email, row)| (email.clone(), row["division_ids"].clone())).collect());
    }

    /// SCIM shows the same people, save those who are pending, and the same groups.
    fn check_scim(&mut self, rows: &BTreeMap<String, Value>) {
        let page = self.get("/scim2/Users?count=100");
        let roles = self.get("/roles")["roles"].take();
        let role = |id: &Value| {
            let found = roles.as_array().unwrap().iter().find(|role| role["id"] == *id);
            text(found.unwrap(), "name").to_owned()
        };
        let shown = page["Resources"].as_array().unwrap().iter().map(|person| {
            let groups = person["groups"].as_array().unwrap().iter().map(|group| text(group, "value").to_owned());
            let kind = (text(person, "userType").to_owned(), text(&person["roles"][0], "value").to_owned());
            (text(person, "userName").to_lowercase(), person["active"] == true, kind, groups.collect::<Vec<_>>())
        });
        let there = rows.iter().filter(|(_, row)| text(row, "status") != "pending").map(|(email, row)| {
            let groups = row["group_ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned());
            let kind = match number(row, "type") {
                1 => "Basic",
                2 => "Licensed",
                4 => "Collaboration",
                _ => "None",
            };
            let kind = (kind.to_owned(), role(&row["role_id"]));
            (email.clone(), text(row, "status") == "active", kind, groups.collect::<Vec<_>>())
        });
        assert_eq!(unique(shown), there.collect());
        assert_eq!(number(&page, "totalResults"), page["Resources"].as_array().unwrap().len() as u64);
        let groups = self.get("/scim2/Groups?count=100")["Resources"].take();
        let groups = groups.as_array().unwrap().iter().map(|group| (text(group, "id"), text(group, "displayName")));
        let there = self.account.groups.all().map(|group| (group.id.as_str(), group.name.as_str()));
        assert_eq!(unique(groups), there.collect());
    }
}
