//! The page of a person.

use maud::{Markup, html};

use super::{account_path, overview, person_path};
use crate::account::{License, PersonView, Status};
use crate::controls::Controls;

pub(super) fn body(controls: &Controls, person: &PersonView) -> Markup {
    let account = controls.account();
    let path = person_path(&account.account_id, &person.id);
    let divisions: Vec<_> =
        controls.read(|account| account.divisions.all().map(|one| (one.id.clone(), one.name.clone())).collect());
    // Whoever is in no other is in the main one, which comes first.
    let own = person.profile.division_ids.first().or(divisions.first().map(|(id, _)| id)).cloned();
    let roles: Vec<String> = controls.read(|account| account.roles.values().map(|role| role.name.clone()).collect());
    html! {
        header {
            p { a href=(account_path(&account.account_id)) { "← " (account.account_id) } }
            h1 { (person.email) }
            p {
                span.state.(person.status) { (person.status) }
                " · id " code { (person.id) }
                " · since " time { (format!("{:.0}", person.created_at)) }
            }
            @match person.status {
                Status::Pending => (overview::accept(&account, person)),
                Status::Active => (signing(&path, person)),
                Status::Inactive => {}
            }
        }
        main {
            section {
                h2 { "Edit as the administrator in Zoom's portal" }
                form.edit method="post" action=(path) {
                    (text("E-mail address", "email", &person.email))
                    (text("First name", "first_name", &person.first_name))
                    (text("Last name", "last_name", &person.last_name))
                    (text("Department", "dept", &person.profile.dept))
                    (text("Job title", "job_title", &person.profile.job_title))
                    label { "Licence" select name="type" {
                        @for license in [License::Basic, License::Licensed, License::Unassigned, License::None] {
                            @let name = format!("{license:?}");
                            option selected[license == person.license] { (name) }
                        }
                    } }
                    label { "State" select name="status" {
                        @for status in [Status::Active, Status::Inactive, Status::Pending] {
                            option selected[status == person.status] { (status) }
                        }
                    } }
                    label { "Role" select name="role" {
                        @for role in &roles { option selected[*role == person.role] { (role) } }
                    } }
                    label { "Division" select name="division" {
                        @for (id, name) in &divisions { option value=(id) selected[Some(id) == own.as_ref()] { (name) } }
                    } }
                    button { "Save" }
                }
            }
            section {
                h2 { "Groups" }
                @if person.groups.is_empty() { p { "None." } } @else { ul { @for group in &person.groups { li { (group) } } } }
            }
            section {
                h2 { "Delete for good" }
                form method="post" action={ (path) "/delete" } { button.danger { "Delete " (person.email) } }
            }
        }
    }
}

/// What somebody does themselves who has accepted.
fn signing(path: &str, person: &PersonView) -> Markup {
    html! {
        p {
            @match person.last_login {
                Some(at) => { "Last signed in " time { (format!("{at:.0}")) } }
                None => "Never signed in",
            }
        }
        form method="post" action={ (path) "/sign-in" } { button.small { "Sign in" } }
        form method="post" action={ (path) "/sign-out" } { button.small { "Sign out" } }
    }
}

fn text(label: &str, name: &str, value: &str) -> Markup {
    html! { label { (label) input name=(name) value=(value); } }
}
