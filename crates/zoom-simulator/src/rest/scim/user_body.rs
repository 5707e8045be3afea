//! Reads the body of a SCIM user.

use serde_json::{Map, Value};

use super::super::fields::Fields;
use super::users::{ENTERPRISE, LOGIN, ZOOM, user_type};
use crate::account::{Account, License, PhoneNumber, Refusal, UserPatch, email_problem};

/// What a body names; absent attributes stay as they are.
pub(super) struct UserBody {
    pub(super) user_name: Option<String>,
    /// Whether the person logs in by work e-mail instead of single sign-on.
    pub(super) work_email: bool,
    pub(super) active: Option<bool>,
    pub(super) role: Option<String>,
    pub(super) groups: Vec<String>,
    /// Custom attributes by name, with their values.
    pub(super) attributes: Vec<(String, String)>,
    pub(super) patch: UserPatch,
}

impl UserBody {
    pub(super) fn read(body: &Map<String, Value>) -> Result<Self, Refusal> {
        let empty = Map::new();
        let mut fields = Fields::new(body, "");
        let user_name = fields.text("userName", 128);
        if let Some(problem) = user_name.as_deref().and_then(email_problem) {
            fields.reject("userName", problem);
        }
        let license = license(&mut fields);
        let active = body.get("active").and_then(truth);
        let mut patch = UserPatch {
            license,
            display_name: fields.name("displayName", 128, 10),
            job_title: fields.text("title", 128),
            location: fields.text("locale", 256),
            phone_numbers: phone_numbers(&mut fields),
            ..UserPatch::default()
        };
        let name = fields.object("name").unwrap_or(&empty);
        let enterprise = fields.object(ENTERPRISE).unwrap_or(&empty);
        let zoom = fields.object(ZOOM).unwrap_or(&empty);
        let login = fields.object(LOGIN).and_then(|login| login.get("loginType")).cloned().unwrap_or_default();
        let (role, groups) = (named(&mut fields, "roles").into_iter().next(), named(&mut fields, "groups"));
        fields.finish()?;

        let mut fields = Fields::new(name, "name.");
        patch.first_name = fields.name("givenName", 64, 5);
        patch.last_name = fields.name("familyName", 64, 5);
        fields.finish()?;
        let mut fields = Fields::new(enterprise, "enterprise.");
        patch.dept = fields.text("department", usize::MAX);
        patch.company = fields.text("organization", 255);
        patch.cost_center = fields.text("costCenter", usize::MAX);
        patch.manager = manager(&mut fields, enterprise);
        patch.employee_unique_id = fields.text("employeeNumber", 128);
        fields.finish()?;
        let mut fields = Fields::new(zoom, "zoom.");
        patch.pronouns = fields.text("pronouns", 60);
        patch.vanity_name = fields.text("personalLinkName", 40).filter(|name| !name.is_empty());
        fields.finish()?;
        let switched = |kind: &str| login.get(kind).and_then(truth) == Some(true);
        let work_email = switched("workEmail") && !switched("sso");
        check_licences(zoom)?;
        let attributes = attributes(zoom);
        Ok(Self { user_name, work_email, active, role, groups, attributes, patch })
    }

    /// Roles and groups are named by name, and must be there before anything changes.
    pub(super) fn check_names(&self, account: &Account) -> Result<(), Refusal> {
        if let Some(role) = self.role.as_ref().filter(|role| account.role_by_name_or_id(role).is_none()) {
            return Err(Refusal::field("roles", format!("There is no role {role}.")));
        }
        match self.groups.iter().find(|group| account.group_by_name_or_id(group).is_none()) {
            Some(group) => Err(Refusal::field("groups", format!("There is no group {group}."))),
            None => Ok(()),
        }
    }
}

/// The attributes of the Zoom extension that are licences of whole bundles.
fn is_bundle(name: &str) -> bool {
    name == "zoomUnited" || name.starts_with("zoomOne") || name.ends_with("Subscription")
}

/// Bundles and features need licences, of which the account has none.
fn check_licences(zoom: &Map<String, Value>) -> Result<(), Refusal> {
    for (name, value) in zoom {
        let off = value.as_str().is_some_and(|text| matches!(text, "" | "0" | "none" | "None"));
        match (is_bundle(name), value) {
            (_, Value::Null | Value::Bool(false)) => {}
            (true, Value::Number(kind)) if kind.as_i64() == Some(0) => {}
            (true, _) if off => {}
            (true, _) => return Err(Refusal::NoWorkplaceSeat),
            (false, Value::Bool(true)) => {
                return Err(Refusal::NotPermitted(format!("You can add max 0 {name} users.")));
            }
            (false, _) => {}
        }
    }
    Ok(())
}

/// The texts of the Zoom extension that are no fields of Zoom's own.
fn attributes(zoom: &Map<String, Value>) -> Vec<(String, String)> {
    let own = |name: &str| matches!(name, "pronouns" | "personalLinkName" | "transferee") || is_bundle(name);
    let texts = zoom.iter().filter(|(name, _)| !own(name));
    texts.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}

/// True or false, also as text: some identity providers send it so.
pub(super) fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(truth) => Some(*truth),
        Value::String(text) => text.to_lowercase().parse().ok(),
        Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn license(fields: &mut Fields<'_>) -> Option<License> {
    let text = fields.text("userType", 32)?;
    let known = [License::Basic, License::Licensed, License::Unassigned, License::None];
    let license = known.into_iter().find(|license| user_type(*license).eq_ignore_ascii_case(&text));
    if license.is_none() {
        fields.reject("userType", "The value must be Basic, Licensed, Collaboration or None.");
    }
    license
}

fn phone_numbers(fields: &mut Fields<'_>) -> Option<Vec<PhoneNumber>> {
    let numbers: Vec<Map<String, Value>> = fields.list("phoneNumbers", 3)?;
    let text = |number: &Map<String, Value>, name: &str| {
        number.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let number = |number: &Map<String, Value>| PhoneNumber {
        label: match text(number, "type").as_str() {
            "mobile" => "Mobile",
            "home" => "Home",
            "fax" => "Fax",
            _ => "Office",
        }
        .to_owned(),
        number: text(number, "value"),
        ..PhoneNumber::default()
    };
    Some(numbers.iter().map(number).filter(|number| !number.number.is_empty()).collect())
}

/// A text by Zoom's reference, an object by SCIM's own schema.
fn manager(fields: &mut Fields<'_>, enterprise: &Map<String, Value>) -> Option<String> {
    let manager = enterprise.get("manager").filter(|manager| !manager.is_null())?;
    let named =
        manager.as_str().or_else(|| manager.get("value")?.as_str()).or_else(|| manager.get("displayName")?.as_str());
    if named.is_none() {
        fields.reject("manager", "The value must be a string, or an object with a value.");
    }
    named.map(str::to_owned)
}

/// The names in a list of texts, or of objects with a `value` or `display`.
fn named(fields: &mut Fields<'_>, field: &str) -> Vec<String> {
    let items: Vec<Value> = fields.list(field, usize::MAX).unwrap_or_default();
    let name = |item: &Value| {
        let part = |name: &str| item.get(name)?.as_str();
        item.as_str().or_else(|| part("value")).or_else(|| part("display")).map(str::to_owned)
    };
    items.iter().filter_map(name).filter(|name| !name.is_empty()).collect()
}
