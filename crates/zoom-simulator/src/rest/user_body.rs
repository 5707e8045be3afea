//! Reads the bodies of create and update calls; limits as in Zoom's API reference (Users: create, update).

use std::str::FromStr;

use serde_json::{Map, Value};

use super::fields::Fields;
use crate::account::{
    CreateAction, CustomAttribute, LANGUAGE, License, NewUser, PasswordProblem, PhoneNumber, Refusal, TIMEZONE,
    UserPatch, digest, email_problem, is_digits, is_language, is_timezone,
};
use crate::config::PasswordRules;

pub(super) fn new_user(body: &Map<String, Value>, rules: PasswordRules) -> Result<NewUser, Refusal> {
    let mut top = Fields::new(body, "");
    let action = top.text("action", 32);
    let action = action.as_deref().map(CreateAction::from_str);
    let Some(Ok(action)) = action else {
        top.reject("action", "The value must be create, autoCreate, custCreate or ssoCreate.");
        return Err(top.finish().err().unwrap_or_else(|| Refusal::field("action", "Invalid field.")));
    };
    let Some(info) = top.object("user_info") else {
        top.finish()?;
        return Err(Refusal::field("user_info", "This field is required."));
    };
    let mut fields = Fields::new(info, "user_info.");
    let email = fields.text("email", 128).unwrap_or_default();
    if let Some(problem) = email_problem(&email) {
        fields.reject("email", problem);
    }
    let license = fields.integer("type").map(License::from_number);
    match license {
        Some(Some(License::None)) if action != CreateAction::SsoCreate => {
            fields.reject("type", "The value 99 is only for ssoCreate.");
        }
        Some(Some(_)) => {}
        Some(None) | None => fields.reject("type", "The value must be 1, 2, 4 or 99."),
    }
    let password = password(&mut fields, action, rules);
    let wants_bundle = bundle(&mut fields, "feature.zoom_one_type");
    let wants_phone = phone(&mut fields);
    let new = NewUser {
        action,
        email,
        license: license.flatten().unwrap_or(License::Basic),
        first_name: fields.name("first_name", 64, 5).unwrap_or_default(),
        last_name: fields.name("last_name", 64, 5).unwrap_or_default(),
        display_name: fields.name("display_name", 128, 10).unwrap_or_default(),
        division_ids: fields.list("division_ids", 1).unwrap_or_default(),
        password,
    };
    fields.finish()?;
    if wants_bundle {
        return Err(Refusal::NoWorkplaceSeat);
    }
    if wants_phone {
        return Err(Refusal::NoPhoneLicense);
    }
    Ok(new)
}

/// `autoCreate` makes a login and so needs a password.
fn password(fields: &mut Fields<'_>, action: CreateAction, rules: PasswordRules) -> Option<u64> {
    let password = fields.text("password", 512).unwrap_or_default();
    if action != CreateAction::AutoCreate {
        return None;
    }
    match PasswordProblem::of(&password, rules) {
        Some(problem) => {
            fields.reject("password", problem.to_string());
            None
        }
        None => Some(digest(&password)),
    }
}

/// Whether a Workplace bundle is asked for. The account has no such subscription. The reference lists powers of two for both
/// kinds of bundle, and adds to them as Zoom adds plans. A create has the number of one kind elsewhere than an update.
fn bundle(fields: &mut Fields<'_>, number: &str) -> bool {
    let one = fields.integer(number).unwrap_or(0);
    if one != 0 && !(16..=1 << 59).contains(&one) || one.count_ones() > 1 {
        fields.reject(number, "The value must be 0 or one of Zoom's bundles, such as 16.");
    }
    let united = fields.text("plan_united_type", 32).filter(|kind| kind != "none");
    let kind = united.as_deref().map(|kind| kind.parse().unwrap_or(0_u32));
    if kind.is_some_and(|kind| !kind.is_power_of_two() || kind > 131_072) {
        fields.reject("plan_united_type", "The value must be none or one of Zoom's plans, 1 to 131072.");
    }
    if let Some(listed) = fields.list::<Map<String, Value>>("license_info_list", 2) {
        let kind =
            |license: &Map<String, Value>| license.get("license_type").and_then(Value::as_str).map(str::to_owned);
        let known = |kind: Option<String>| matches!(kind.as_deref(), Some("MEETING" | "ZOOM_WORKPLACE_BUNDLE"));
        if listed.iter().map(kind).all(known) {
            fields.reject("license_info_list", "The account does not have several subscriptions.");
        } else {
            fields.reject("license_info_list.license_type", "The value must be MEETING or ZOOM_WORKPLACE_BUNDLE.");
        }
    }
    one != 0 || united.is_some()
}

/// Whether a phone licence is asked for. The account has none.
fn phone(fields: &mut Fields<'_>) -> bool {
    fields.object("feature").is_some() && fields.flag("feature.zoom_phone").unwrap_or(false)
}

pub(super) fn user_patch(body: &Map<String, Value>) -> Result<UserPatch, Refusal> {
    let mut fields = Fields::new(body, "");
    let license = fields.integer("type").map(License::from_number);
    if matches!(license, Some(None | Some(License::None))) {
        fields.reject("type", "The value must be 1, 2 or 4.");
    }
    if fields.has("zoom_one_type") && (fields.has("type") || fields.has("plan_united_type")) {
        fields.reject("zoom_one_type", "It cannot be set together with type or plan_united_type.");
    }
    let patch = UserPatch {
        license: license.flatten(),
        wants_bundle: bundle(&mut fields, "zoom_one_type"),
        wants_phone: phone(&mut fields),
        first_name: fields.name("first_name", 64, 5),
        last_name: fields.name("last_name", 64, 5),
        display_name: fields.name("display_name", 128, 10),
        dept: fields.text("dept", usize::MAX),
        job_title: fields.text("job_title", 128),
        company: fields.text("company", 255),
        location: fields.text("location", 256),
        cost_center: fields.text("cost_center", usize::MAX),
        manager: fields.text("manager", 256),
        language: fields.checked("language", LANGUAGE, is_language),
        timezone: fields.checked("timezone", TIMEZONE, is_timezone),
        pronouns: fields.text("pronouns", 60),
        pronouns_option: pronouns_option(&mut fields),
        phone_numbers: phone_numbers(&mut fields),
        custom_attributes: custom_attributes(&mut fields),
        pmi: pmi(&mut fields),
        use_pmi: fields.flag("use_pmi"),
        host_key: fields.checked("host_key", "six to ten digits", |key| is_digits(key, 6..=10)),
        vanity_name: fields.text("vanity_name", 40),
        division_ids: fields.list("division_ids", 1),
        group_id: fields.text("group_id", 128),
        cms_user_id: fields.text("cms_user_id", 128),
        about_me: fields.text("about_me", 150),
        linkedin_url: fields.text("linkedin_url", 1024),
        employee_unique_id: None,
    };
    if patch.about_me.as_ref().is_some_and(|text| text.contains('<') || text.contains("://")) {
        fields.reject("about_me", "HTML and links are not allowed.");
    }
    fields.finish()?;
    Ok(patch)
}

fn pronouns_option(fields: &mut Fields<'_>) -> Option<u8> {
    let option = u8::try_from(fields.integer("pronouns_option")?).ok().filter(|option| (1..=3).contains(option));
    if option.is_none() {
        fields.reject("pronouns_option", "The value must be 1, 2 or 3.");
    }
    option
}

fn pmi(fields: &mut Fields<'_>) -> Option<u64> {
    let pmi = u64::try_from(fields.integer("pmi")?).ok().filter(|pmi| (1_000_000_000..=9_999_999_999).contains(pmi));
    if pmi.is_none() {
        fields.reject("pmi", "The value must have ten digits.");
    }
    pmi
}

fn phone_numbers(fields: &mut Fields<'_>) -> Option<Vec<PhoneNumber>> {
    let numbers: Vec<PhoneNumber> = fields.list("phone_numbers", 3)?;
    for number in &numbers {
        for (part, _, allowed) in number.problems() {
            fields.reject(&format!("phone_numbers.{part}"), format!("The value must be {allowed}."));
        }
    }
    Some(numbers.into_iter().map(|number| PhoneNumber { verified: false, ..number }).collect())
}

fn custom_attributes(fields: &mut Fields<'_>) -> Option<Vec<CustomAttribute>> {
    let attributes: Vec<CustomAttribute> = fields.list("custom_attributes", 5)?;
    if attributes.iter().any(|attribute| attribute.key.is_empty()) {
        fields.reject("custom_attributes.key", "This field is required.");
    }
    Some(attributes)
}
