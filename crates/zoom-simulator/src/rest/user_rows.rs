//! How people look in answers.

use jiff::Timestamp;
use serde::Serialize;

use super::time;
use crate::account::{Account, CustomAttribute, LAST_CLIENT_VERSION, Person, PhoneNumber, Status};

/// A row of the user listing. Pending people have no id in it.
#[derive(Serialize)]
pub(super) struct UserRow<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    email: &'a str,
    first_name: &'a str,
    last_name: &'a str,
    display_name: String,
    r#type: u8,
    status: Status,
    role_id: &'a str,
    dept: &'a str,
    group_ids: &'a [String],
    im_group_ids: [String; 0],
    division_ids: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    pmi: Option<u64>,
    timezone: &'a str,
    verified: u8,
    created_at: String,
    user_created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_login_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_client_version: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    employee_unique_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_attributes: Option<&'a [CustomAttribute]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    host_key: Option<&'a str>,
}

/// What a listing shows only when asked.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Include {
    pub(super) custom_attributes: bool,
    pub(super) host_key: bool,
}

pub(super) fn row<'a>(account: &'a Account, person: &'a Person, include: Include) -> UserRow<'a> {
    let profile = &person.profile;
    let pending = person.status() == Status::Pending;
    let created_at = time(person.created_at);
    UserRow {
        id: (!pending).then_some(person.id.as_str()),
        email: &person.email,
        first_name: &person.first_name,
        last_name: &person.last_name,
        display_name: person.shown_name(),
        r#type: person.license().number(),
        status: person.status(),
        role_id: &person.role,
        dept: &profile.dept,
        group_ids: account.shown_groups(person),
        im_group_ids: [],
        division_ids: account.shown_divisions(person),
        pmi: person.pmi(),
        timezone: &profile.timezone,
        verified: u8::from(!pending),
        user_created_at: created_at.clone(),
        created_at,
        last_login_time: person.last_login.map(time),
        last_client_version: person.last_login.map(|_| LAST_CLIENT_VERSION),
        employee_unique_id: filled(&profile.employee_unique_id),
        custom_attributes: include.custom_attributes.then_some(profile.custom_attributes.as_slice()),
        host_key: include.host_key.then_some(profile.host_key.as_str()),
    }
}

/// A person by themselves: the row and what only a single read shows.
#[derive(Serialize)]
pub(super) struct UserDetail<'a> {
    #[serde(flatten)]
    row: UserRow<'a>,
    account_id: &'a str,
    account_number: u64,
    role_name: &'a str,
    job_title: &'a str,
    company: &'a str,
    location: &'a str,
    cost_center: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    manager: Option<&'a str>,
    language: &'a str,
    pronouns: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pronouns_option: Option<u8>,
    phone_numbers: &'a [PhoneNumber],
    /// Deprecated; the first number.
    phone_number: String,
    /// Deprecated; the first number's country.
    phone_country: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pic_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jid: Option<String>,
    zoom_one_type: u64,
    use_pmi: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    vanity_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    personal_meeting_url: Option<String>,
    login_types: [u8; 1],
    cms_user_id: &'a str,
    cluster: &'static str,
}

pub(super) fn detail<'a>(account: &'a Account, person: &'a Person, now: Timestamp) -> UserDetail<'a> {
    let profile = &person.profile;
    let mut row = row(account, person, Include { custom_attributes: true, host_key: false });
    row.id = Some(&person.id);
    let first = profile.phone_numbers.first();
    let pending = person.status() == Status::Pending;
    if pending {
        // Zoom's reference: until an invitation is accepted this is the time of the call.
        row.created_at = time(now);
    }
    UserDetail {
        row,
        account_id: &account.config.account_id,
        account_number: 100_000_001,
        role_name: account.roles.get(&person.role).map_or("", |role| role.name.as_str()),
        job_title: &profile.job_title,
        company: &profile.company,
        location: &profile.location,
        cost_center: &profile.cost_center,
        manager: filled(&profile.manager),
        language: &profile.language,
        pronouns: &profile.pronouns,
        pronouns_option: (profile.pronouns_option != 0).then_some(profile.pronouns_option),
        phone_numbers: &profile.phone_numbers,
        phone_number: first.map(|number| format!("{} {}", number.code, number.number)).unwrap_or_default(),
        phone_country: first.map_or("", |number| number.country.as_str()),
        pic_url: person.picture_url(),
        jid: (!pending).then(|| format!("{}@xmpp.zoom.example", person.id.to_lowercase())),
        zoom_one_type: 0,
        use_pmi: profile.use_pmi,
        vanity_url: filled(&profile.vanity_name).map(|name| format!("https://acme.zoom.example/my/{name}")),
        personal_meeting_url: person.pmi().map(|pmi| format!("https://acme.zoom.example/j/{pmi}")),
        login_types: [person.login.number()],
        cms_user_id: &profile.cms_user_id,
        cluster: "us02",
    }
}

fn filled(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}
