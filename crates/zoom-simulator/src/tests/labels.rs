//! Each call costs what Zoom's reference says.

use std::collections::BTreeMap;

use crate::limits::Label;
use crate::rest::endpoints;

const LIGHT: [&str; 44] = [
    "DELETE /divisions/{}",
    "DELETE /groups/{}",
    "DELETE /groups/{}/admins/{}",
    "DELETE /groups/{}/members/{}",
    "DELETE /groups/{}/settings/virtual_backgrounds",
    "DELETE /roles/{}",
    "DELETE /roles/{}/members/{}",
    "DELETE /scim2/Users/{}",
    "DELETE /users/{}",
    "DELETE /users/{}/assistants",
    "DELETE /users/{}/assistants/{}",
    "DELETE /users/{}/schedulers",
    "DELETE /users/{}/schedulers/{}",
    "DELETE /users/{}/settings/virtual_backgrounds",
    "DELETE /users/{}/token",
    "GET /accounts/{}/managed_domains",
    "GET /accounts/{}/trusted_domains",
    "GET /contacts/groups/{}",
    "GET /divisions",
    "GET /divisions/{}",
    "GET /divisions/{}/users",
    "GET /groups/{}",
    "GET /roles/{}",
    "GET /scim2/Groups/{}",
    "GET /scim2/Users/{}",
    "GET /users/email",
    "GET /users/me/zak",
    "GET /users/vanity_name",
    "GET /users/{}",
    "GET /users/{}/permissions",
    "GET /users/{}/token",
    "PATCH /divisions/{}",
    "PATCH /groups/{}",
    "PATCH /roles/{}",
    "PATCH /scim2/Users/{}",
    "PATCH /users/{}",
    "POST /divisions",
    "POST /groups",
    "POST /roles",
    "POST /scim2/Users",
    "POST /users",
    "PUT /scim2/Users/{}",
    "PUT /users/{}/email",
    "PUT /users/{}/status",
];

const MEDIUM: [&str; 47] = [
    "DELETE /scim2/Groups/{}",
    "DELETE /users/{}/picture",
    "GET /accounts/{}/lock_settings",
    "GET /accounts/{}/settings",
    "GET /contacts/groups",
    "GET /contacts/groups/{}/members",
    "GET /groups",
    "GET /groups/{}/admins",
    "GET /groups/{}/channels",
    "GET /groups/{}/lock_settings",
    "GET /groups/{}/members",
    "GET /groups/{}/settings",
    "GET /groups/{}/settings/registration",
    "GET /roles",
    "GET /roles/{}/members",
    "GET /scim2/Groups",
    "GET /scim2/Users",
    "GET /users",
    "GET /users/summary",
    "GET /users/{}/assistants",
    "GET /users/{}/collaboration_devices",
    "GET /users/{}/collaboration_devices/{}",
    "GET /users/{}/meeting_summary_templates",
    "GET /users/{}/meeting_templates/{}",
    "GET /users/{}/presence_status",
    "GET /users/{}/schedulers",
    "GET /users/{}/settings",
    "PATCH /accounts/{}/lock_settings",
    "PATCH /accounts/{}/settings",
    "PATCH /groups/{}/lock_settings",
    "PATCH /groups/{}/members/{}",
    "PATCH /groups/{}/settings",
    "PATCH /groups/{}/settings/registration",
    "PATCH /scim2/Groups/{}",
    "PATCH /users/{}/settings",
    "POST /divisions/{}/users",
    "POST /groups/{}/admins",
    "POST /groups/{}/members",
    "POST /groups/{}/settings/virtual_backgrounds",
    "POST /roles/{}/members",
    "POST /scim2/Groups",
    "POST /users/features",
    "POST /users/{}/assistants",
    "POST /users/{}/picture",
    "POST /users/{}/settings/virtual_backgrounds",
    "PUT /users/{}/password",
    "PUT /users/{}/presence_status",
];

const HEAVY: [&str; 6] = [
    "DELETE /contacts/groups/{}",
    "DELETE /contacts/groups/{}/members",
    "GET /accounts/{}/plans/usage",
    "PATCH /contacts/groups/{}",
    "POST /contacts/groups",
    "POST /contacts/groups/{}/members",
];

/// A path with empty braces.
fn bare(template: &str) -> String {
    let part = |part: &str| if part.starts_with('{') { "{}".to_owned() } else { part.to_owned() };
    template.split('/').map(part).collect::<Vec<_>>().join("/")
}

#[test]
fn every_call_has_the_rate_label_of_zooms_reference() {
    let listed = |label: Label, calls: &[&'static str]| calls.iter().map(|call| ((*call).to_owned(), label)).collect();
    let published: [Vec<(String, Label)>; 3] =
        [listed(Label::Light, &LIGHT), listed(Label::Medium, &MEDIUM), listed(Label::Heavy, &HEAVY)];
    let published: BTreeMap<_, _> = published.into_iter().flatten().collect();
    let ours = endpoints().map(|endpoint| (format!("{} {}", endpoint.method, bare(endpoint.template)), endpoint.label));
    assert_eq!(ours.collect::<BTreeMap<_, _>>(), published);
}
