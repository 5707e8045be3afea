//! Lists of people in bodies: members and administrators.

use serde::Deserialize;

use super::Request;
use super::fields::Fields;
use crate::account::Refusal;

#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    email: Option<String>,
}

/// The ids or addresses in the list `field`, one to `max` of them; where both are named, the id counts.
pub(super) fn named_people(request: &Request<'_>, field: &str, max: usize) -> Result<Vec<String>, Refusal> {
    let body = request.object()?;
    let mut fields = Fields::new(&body, "");
    let people: Vec<Named> = fields.list(field, max).unwrap_or_default();
    if people.is_empty() {
        fields.reject(field, "At least one is required.");
    }
    fields.finish()?;
    let filled = |key: Option<String>| key.filter(|key| !key.is_empty());
    let keys: Option<Vec<_>> = people.into_iter().map(|person| filled(person.id).or(filled(person.email))).collect();
    keys.ok_or_else(|| Refusal::field(field, "An id or an email is required."))
}
