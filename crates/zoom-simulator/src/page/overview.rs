//! The page of an account: seats, people, faults, the last calls.

use maud::{Markup, html};
use serde::Deserialize;

use super::{account_path, encoded, person_path};
use crate::account::{Account, Person, PersonView, Status, Taken};
use crate::controls::{AccountView, Controls};
use crate::fault::{Fault, FaultEffect};
use crate::journal::Exchange;

/// How many people a page shows, and how many calls.
const PEOPLE: usize = 50;
const CALLS: usize = 15;

/// Which people are shown.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Shown {
    /// A part of the address, name, department or role; empty: anybody.
    #[serde(default)]
    search: String,
    #[serde(default)]
    status: String,
    /// The id of a division; empty: any.
    #[serde(default)]
    division: String,
    /// From 0 on.
    #[serde(default)]
    page: usize,
}

/// A page of the people who fit, and how many fit in all.
struct Found {
    people: Vec<PersonView>,
    total: usize,
}

impl Shown {
    fn find(&self, account: &Account) -> Found {
        let search = self.search.trim().to_lowercase();
        let status: Option<Status> = self.status.parse().ok();
        let fits = |person: &&Person| {
            status.is_none_or(|status| person.status() == status)
                && (self.division.is_empty() || account.is_in_division(person, &self.division))
                && (search.is_empty() || mentions(account, person, &search))
        };
        let (mut people, mut total) = (Vec::new(), 0);
        let first = self.page.saturating_mul(PEOPLE);
        for person in account.people.all().filter(fits) {
            if total >= first && people.len() < PEOPLE {
                people.push(account.view(person));
            }
            total += 1;
        }
        Found { people, total }
    }

    fn link(&self, account: &str, page: usize) -> String {
        let [search, status, division] = [&self.search, &self.status, &self.division].map(|text| encoded(text));
        format!("{}?search={search}&status={status}&division={division}&page={page}", account_path(account))
    }
}

fn mentions(account: &Account, person: &Person, search: &str) -> bool {
    let role = account.roles.get(&person.role).map_or("", |role| role.name.as_str());
    let name = format!("{} {}", person.first_name, person.last_name);
    [&person.email, &name, &person.display_name, &person.profile.dept]
        .into_iter()
        .map(String::as_str)
        .chain([role])
        .any(|text| text.to_lowercase().contains(search))
}

pub(super) fn body(controls: &Controls, shown: &Shown) -> Markup {
    let view = controls.account();
    let found = controls.read(|account| shown.find(account));
    html! {
        (header(controls, &view))
        main {
            (seats(&view))
            section {
                h2 { "People" }
                (search(controls, &view, shown))
                (people(&view, &found))
                (pages(&view, shown, found.total))
            }
            section {
                h2 { "Last calls" }
                div #calls data-source={ (account_path(&view.account_id)) "/calls" } { (calls(controls)) }
            }
            (licences(controls))
            (divisions(controls, &view))
            (faults(controls, &view))
        }
        footer {
            a href="/simulator/openapi.json" { "Controls" }
            " · "
            a href={ "/simulator/accounts/" (encoded(&view.account_id)) "/journal/lines" } { "Journal" }
        }
    }
}

fn header(controls: &Controls, view: &AccountView) -> Markup {
    html! {
        header {
            h1 { (view.account_id) span.plan { (format!("{:?}", view.plan)) } }
            p {
                "Clock " time { (format!("{:.0}", controls.now())) }
                @if controls.is_frozen() { " (standing still)" }
            }
            @let accounts = controls.accounts();
            @if accounts.len() > 1 {
                nav {
                    @for other in accounts {
                        a href=(account_path(&other.account_id)) aria-current=[(other.account_id == view.account_id).then_some("page")] {
                            (other.account_id)
                        }
                    }
                }
            }
        }
    }
}

fn seats(view: &AccountView) -> Markup {
    let card = |name: &str, number: String, note: Option<String>| {
        html! { div.card { span.number { (number) } span { (name) } @if let Some(note) = note { span.note { (note) } } } }
    };
    let basic = view.seats.basic.map(|bought| format!("of {bought} seats"));
    html! {
        section.cards aria-label="Seats" {
            (card("Licensed", view.licensed.to_string(), Some(format!("of {} seats", view.seats.licensed))))
            (card("Basic", view.basic.to_string(), basic))
            (card("active", view.active.to_string(), None))
            (card("pending", view.pending.to_string(), None))
            (card("inactive", view.inactive.to_string(), None))
            (card("groups", view.groups.to_string(), None))
        }
    }
}

/// What was bought, and what of it is taken.
fn licences(controls: &Controls) -> Markup {
    let (taken, bought) = controls.read(|account| (account.people.seats(), account.config.seats));
    let row = |name: &str, bought: Option<u32>, taken: Taken| {
        let left = bought.map(|bought| bought.saturating_sub(taken.total()));
        let number = |number: Option<u32>| number.map_or_else(|| "any number".to_owned(), |number| number.to_string());
        html! {
            tr {
                td { (name) }
                td data-name="Bought" { (number(bought)) }
                td data-name="Active" { (taken.active) }
                td data-name="Pending" { (taken.pending) }
                td data-name="Left" { (number(left)) }
            }
        }
    };
    let rooms = Taken { active: taken.rooms, pending: 0 };
    html! {
        section {
            h2 { "Licences" }
            table.licences {
                thead { tr { th { "Licence" } th { "Bought" } th { "Active" } th { "Pending" } th { "Left" } } }
                tbody {
                    (row("Licensed", Some(bought.licensed), taken.licensed))
                    (row("Basic", bought.basic, taken.basic))
                    (row("Zoom Rooms", Some(taken.rooms), rooms))
                }
            }
        }
    }
}

/// Every division, with a link to its people.
fn divisions(controls: &Controls, view: &AccountView) -> Markup {
    let link = |id: &str| Shown { division: id.to_owned(), ..Shown::default() }.link(&view.account_id, 0);
    controls.read(|account| {
        html! {
            section {
                h2 { "Divisions" }
                table.divisions {
                    thead { tr { th { "Division" } th { "People" } } }
                    tbody {
                        @for division in account.divisions.all() {
                            tr {
                                td {
                                    a href=(link(&division.id)) { (division.name) }
                                    @if !division.description.is_empty() { span.note { (division.description) } }
                                }
                                td data-name="People" { (account.members_of(division).len()) }
                            }
                        }
                    }
                }
            }
        }
    })
}

fn search(controls: &Controls, view: &AccountView, shown: &Shown) -> Markup {
    let divisions: Vec<_> =
        controls.read(|account| account.divisions.all().map(|one| (one.id.clone(), one.name.clone())).collect());
    html! {
        form.search action=(account_path(&view.account_id)) {
            input type="search" name="search" value=(shown.search) placeholder="Name, address, department or role" aria-label="Search";
            select name="status" aria-label="State" {
                @for status in ["", "active", "pending", "inactive"] {
                    option value=(status) selected[status == shown.status] { (if status.is_empty() { "any state" } else { status }) }
                }
            }
            select name="division" aria-label="Division" {
                option value="" { "any division" }
                @for (id, name) in &divisions { option value=(id) selected[*id == shown.division] { (name) } }
            }
            button { "Search" }
        }
    }
}

fn people(view: &AccountView, found: &Found) -> Markup {
    html! {
        table.people {
            thead { tr { th { "Person" } th { "State" } th { "Licence" } th { "Role" } th { "Groups" } th { "Department" } } }
            tbody {
                @for person in &found.people {
                    tr {
                        td.who {
                            a href=(person_path(&view.account_id, &person.id)) { (name_of(person)) }
                            span.note { (person.email) }
                        }
                        td data-name="State" {
                            span.state.(person.status) { (person.status) }
                            @if person.status == Status::Pending { (accept(view, person)) }
                        }
                        td data-name="Licence" { @if person.room { "Zoom Room" } @else { (format!("{:?}", person.license)) } }
                        td data-name="Role" { (person.role) }
                        td data-name="Groups" { (person.groups.join(", ")) }
                        td data-name="Department" { (person.profile.dept) }
                    }
                }
                @if found.people.is_empty() { tr { td colspan="6" { "Nobody fits." } } }
            }
        }
    }
}

fn name_of(person: &PersonView) -> &str {
    if person.display_name.is_empty() { &person.email } else { &person.display_name }
}

pub(super) fn accept(view: &AccountView, person: &PersonView) -> Markup {
    html! {
        form method="post" action={ (person_path(&view.account_id, &person.id)) "/accept" } {
            button.small { "Accept invitation" }
        }
    }
}

fn pages(view: &AccountView, shown: &Shown, total: usize) -> Markup {
    let last = total.saturating_sub(1) / PEOPLE;
    let page = shown.page.min(last);
    html! {
        nav.pages aria-label="Pages" {
            @if page > 0 { a href=(shown.link(&view.account_id, page - 1)) rel="prev" { "Previous" } }
            span { (total) @if total == 1 { " person" } @else { " people" } ", page " (page + 1) " of " (last + 1) }
            @if page < last { a href=(shown.link(&view.account_id, page + 1)) rel="next" { "Next" } }
        }
    }
}

/// The last calls, newest first; also served by itself, for the page to stay up to date.
pub(super) fn calls(controls: &Controls) -> Markup {
    let calls = controls.latest_exchanges(CALLS);
    html! {
        table.calls {
            thead { tr { th { "Time" } th { "Call" } th { "Status" } th { "Label" } th { "Fault" } } }
            tbody {
                @for call in &calls { (row(call)) }
                @if calls.is_empty() { tr { td colspan="5" { "None yet." } } }
            }
        }
    }
}

fn row(call: &Exchange) -> Markup {
    let code = call.response_body.get("code").map(|code| format!(" ({code})"));
    let class = match call.status {
        Some(status) if status < 400 && code.is_none() => "good",
        Some(_) | None => "bad",
    };
    html! {
        tr {
            td data-name="Time" { (call.time.strftime("%H:%M:%S")) }
            td.path { b { (call.method) } " " (call.path) @if !call.query.is_empty() { "?" (call.query) } }
            td.(class) data-name="Status" {
                @match call.status { Some(status) => (status), None => "no answer" }
                @if let Some(code) = code { (code) }
            }
            td data-name="Label" { @if let Some(label) = call.label { (label) } }
            td data-name="Fault" { @if let Some(fault) = call.fault { (fault) } }
        }
    }
}

fn faults(controls: &Controls, view: &AccountView) -> Markup {
    let path = account_path(&view.account_id);
    let pending = controls.faults();
    let mut effects: Vec<&str> = FaultEffect::of_every_class().iter().map(Into::into).collect();
    effects.dedup();
    let mut templates: Vec<_> = crate::rest::templates().collect();
    templates.sort_unstable();
    templates.dedup();
    html! {
        section {
            h2 { "Faults" }
            form.fault method="post" action={ (path) "/faults" } {
                label { "What" select name="effect" { @for effect in effects { option { (effect) } } } }
                label { "Method" select name="method" {
                    option value="" { "any" }
                    @for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] { option { (method) } }
                } }
                label { "Path" select name="path" {
                    option value="" { "any" }
                    option { "/oauth/token" }
                    @for template in templates { option { (template) } }
                } }
                label { "Calls" input type="number" name="count" value="1" min="1" max="1000000"; }
                button { "Inject" }
            }
            @if !pending.is_empty() {
                ul { @for fault in &pending { li { (described(fault)) } } }
                form method="post" action={ (path) "/faults/clear" } { button.small { "Clear all" } }
            }
        }
    }
}

fn described(fault: &Fault) -> String {
    let effect: &str = (&fault.effect).into();
    let any = |text: &Option<String>| text.clone().unwrap_or_else(|| "any".to_owned());
    let how_many = match (fault.probability, fault.count) {
        (Some(share), _) => format!("{} of all calls", f64::from(share)),
        (None, Some(u32::MAX)) => "every call".to_owned(),
        (None, count) => format!("{} more", count.unwrap_or(1)),
    };
    format!("{effect}: method {}, path {}, {how_many}", any(&fault.method), any(&fault.path))
}
