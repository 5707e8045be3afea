use std::{collections::BTreeSet, sync::Arc};

use zoom_client::{ErrorKind, PlanSeats, RetryClass, UserRow, UserStatus, ZoomClient};
use zoom_core::{Completeness, ContactGroup, Details, Directory, Group, Person, Pool, Role, RoleId, State, UserId};

use crate::{contacts, convert, error::Problem};

/// What the listing of roles needs (Zoom API reference, Roles: list).
const LIST_ROLES: &str = "role:read:list_roles:admin";

/// Zoom's largest page; it answers with the size it likes (Zoom API reference, Users: list).
const PAGE_SIZE: u32 = 2_000;

/// The order in which people are listed. Most move forwards, and whoever moves while listings run is then seen twice
/// rather than missed.
const ORDER: [UserStatus; 3] = [UserStatus::Pending, UserStatus::Active, UserStatus::Inactive];

/// What a listing covers besides people and roles: what nobody asks for is not listed, and needs no right of the app.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Groups.
    pub groups: bool,
    /// Contact groups.
    pub contact_groups: bool,
    /// How many seats were bought and are used: one heavy call.
    pub seats: bool,
}

impl Scope {
    /// Whether everything is covered that another scope asks for.
    #[must_use]
    pub fn covers(self, other: Self) -> bool {
        (self.groups || !other.groups) && (self.contact_groups || !other.contact_groups) && (self.seats || !other.seats)
    }
}

/// What a listing saw.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListingReport {
    /// People in the account.
    pub people: usize,
    /// Its roles.
    pub roles: usize,
    /// Pages that were fetched.
    pub pages: u32,
    /// Why a listing was not complete, in a sentence each. Empty: all were.
    pub incomplete: Vec<String>,
    /// Rows that Zoom repeated within one listing, as it does when people come and go meanwhile. They do no harm.
    pub repeated: u32,
    /// People who were seen under two statuses or twice under one address; the later row was taken.
    pub moved: usize,
    /// Rows that could not be understood and were left out. Nothing is known of these people; the others are complete.
    pub unreadable: usize,
    /// Scopes that the app lacks for a part of the listing.
    pub missing_scopes: Vec<String>,
}

/// A directory from fresh listings.
#[derive(Debug)]
pub(crate) struct Listed {
    pub(crate) directory: Directory,
    pub(crate) report: ListingReport,
    /// Of these people Zoom showed nothing: what was known of them before is all there is.
    pub(crate) unseen: Vec<State>,
    pub(crate) usage: Usage,
}

/// What was read of a person before, alone, and no listing shows. By id, because the ids of pending people say little and go
/// out of date when the person accepts.
fn details(known: &Directory, person: &Person) -> Option<Arc<Details>> {
    let before = known.by_id(person.id.as_ref()?)?;
    before.reference().id.and(before.details.clone())
}

/// Lists people and roles, one listing after the other. Without roles, or without the people of one status, the account
/// is still of use. Rows that say the same as `known` did are shared with it.
///
/// `identify` asks for proof that the account which answers is the one that is meant.
pub(crate) async fn list(
    client: &ZoomClient,
    known: &Directory,
    scope: Scope,
    identify: bool,
) -> Result<Listed, Problem> {
    let mut report = ListingReport::default();
    let (mut people, mut pool) = (Vec::new(), Pool::default());
    let (mut unreadable, mut unseen, mut whole) = (Vec::new(), Vec::new(), true);
    for status in ORDER {
        let keep = |row: UserRow| {
            let id = row.id.as_deref().and_then(UserId::new);
            match convert::listed_person(row, status, &mut pool) {
                Ok(person) => Ok(known.shared(Person { details: details(known, &person), ..person })),
                Err(why) => Err(Box::new((id, why))),
            }
        };
        let listing = match client.list_users_as(status, PAGE_SIZE, keep).await {
            Ok(listing) => listing,
            Err(error) if concerns_one_listing(&error) => {
                report.incomplete.push(format!("{status} people: {error}"));
                unseen.push(convert::state(status));
                whole = false;
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        report.pages += listing.pages;
        report.repeated += listing.duplicates;
        whole &= listing.is_whole_but_for_unreadable();
        report.unreadable += listing.unreadable.len();
        unreadable.extend(listing.unreadable.iter().filter_map(|id| UserId::new(id)));
        if let Err(why) = listing.complete {
            report.incomplete.push(format!("{status} people: {why}"));
        }
        people.reserve(listing.rows.len());
        for row in listing.rows {
            match row {
                Ok(person) => people.push(person),
                Err(unread) => {
                    let (id, why) = *unread;
                    report.unreadable += 1;
                    // One example is enough to find the others by, and a thousand would not fit anywhere.
                    if report.unreadable == 1 {
                        report.incomplete.push(format!("{status} people: {why}"));
                    }
                    unreadable.extend(id);
                }
            }
        }
    }
    // Right after the people: the two are counted against each other.
    let usage = if scope.seats { usage(client).await } else { Usage::Unasked };
    if identify {
        prove_identity(client, &people).await?;
    }
    let (roles, roles_whole) = list_roles(client, &mut report).await;
    let (groups, groups_whole) =
        if scope.groups { list_groups(client, &mut report).await } else { (Vec::new(), false) };
    let (contacts, contacts_whole) =
        if scope.contact_groups { list_contact_groups(client, &mut report).await } else { (Vec::new(), false) };
    let complete =
        Completeness { people: whole, roles: roles_whole, groups: groups_whole, contact_groups: contacts_whole };
    let mut directory = assemble(people, roles, complete, &mut report).with_groups(groups, contacts);
    unreadable.into_iter().for_each(|id| directory.put_unreadable(id));
    Ok(Listed { directory, report, unseen, usage })
}

/// What Zoom said of the paid seats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Usage {
    /// Nobody wants to know, or the app may not.
    Unasked,
    /// There was no answer this time.
    Unanswered,
    Told {
        bought: usize,
        used: usize,
    },
}

/// Scopes with which the usage of the plan may be read (Zoom API reference, Accounts: plan usage).
const PLAN_USAGE: [&str; 2] = ["billing:read:plan_usage:admin", "account:read:admin"];

/// Asks for the paid seats, unless the token says that the app may not know. Without an answer seats are learned from
/// refusals, so nothing is wrong then.
async fn usage(client: &ZoomClient) -> Usage {
    let granted = client.granted_scopes().await;
    // A token that names no scopes says nothing.
    let may_know =
        |scopes: &BTreeSet<String>| scopes.is_empty() || PLAN_USAGE.iter().any(|scope| scopes.contains(*scope));
    if !granted.as_ref().is_ok_and(may_know) {
        return Usage::Unasked;
    }
    match client.plan_usage().await {
        Ok(plan) => sum(&plan.base).unwrap_or(Usage::Unasked),
        Err(error) => {
            tracing::debug!(%error, "the seats of the account are not known");
            match error.retry_class() {
                RetryClass::Soon | RetryClass::At(_) => Usage::Unanswered,
                RetryClass::Slowly | RetryClass::Never | RetryClass::Account => Usage::Unasked,
            }
        }
    }
}

/// Seats of all base plans together; people who are invited take theirs already.
fn sum(plans: &[PlanSeats]) -> Option<Usage> {
    let count = |of: fn(&PlanSeats) -> u64| usize::try_from(plans.iter().map(of).sum::<u64>()).unwrap_or(usize::MAX);
    let told = plans.iter().all(|plan| plan.hosts.is_some() && plan.usage.is_some());
    (told && !plans.is_empty()).then(|| Usage::Told {
        bought: count(|plan| plan.hosts.unwrap_or_default()),
        used: count(|plan| plan.usage.unwrap_or_default().saturating_add(plan.pending.unwrap_or_default())),
    })
}

/// Whether Zoom refused just this listing: the account itself can be reached and used.
fn concerns_one_listing(error: &zoom_client::Error) -> bool {
    match error.retry_class() {
        RetryClass::Never | RetryClass::Slowly => true,
        RetryClass::Soon | RetryClass::At(_) | RetryClass::Account => false,
    }
}

/// Reads one person, because only that shows which account answers. With the credentials of another account its people
/// would be listed, and changed.
async fn prove_identity(client: &ZoomClient, people: &[Arc<Person>]) -> Result<(), Problem> {
    let is_owner = |person: &&Arc<Person>| person.role.as_ref().is_some_and(RoleId::is_owner);
    // Zoom shows nobody whose invitation ran out.
    let has_joined = |person: &&Arc<Person>| person.state != State::Pending;
    let somebody = people.iter().find(is_owner).or_else(|| people.iter().find(has_joined)).or_else(|| people.first());
    let Some(somebody) = somebody.map(|person| person.reference()) else { return Ok(()) };
    match client.get_user(somebody.key()).await?.account_id {
        Some(found) if found == client.account_id() => Ok(()),
        Some(found) => Err(Problem::OtherAccount { meant: client.account_id().to_owned(), found }),
        None => Err(Problem::UnknownAccount { meant: client.account_id().to_owned() }),
    }
}

/// The roles that were seen, and whether they are all.
async fn list_roles(client: &ZoomClient, report: &mut ListingReport) -> (Vec<Role>, bool) {
    match client.list_roles().await {
        Ok(listing) => {
            report.pages += listing.pages;
            let whole = listing.complete.is_ok();
            report.incomplete.extend(listing.complete.err().map(|why| format!("roles: {why}")));
            (listing.rows.into_iter().filter_map(convert::role).collect(), whole)
        }
        Err(error) => {
            report.incomplete.push(format!("roles: {error}"));
            if let ErrorKind::MissingScopes { scopes } = error.kind() {
                let named = if scopes.is_empty() { vec![LIST_ROLES.to_owned()] } else { scopes.clone() };
                report.missing_scopes.extend(named);
            }
            (Vec::new(), false)
        }
    }
}

/// The groups that were seen, and whether they are all.
async fn list_groups(client: &ZoomClient, report: &mut ListingReport) -> (Vec<Group>, bool) {
    match client.list_groups().await {
        Ok(listing) => {
            report.pages += listing.pages;
            let whole = listing.complete.is_ok();
            report.incomplete.extend(listing.complete.err().map(|why| format!("groups: {why}")));
            (listing.rows.into_iter().filter_map(convert::group).collect(), whole)
        }
        Err(error) => {
            report.incomplete.push(format!("groups: {error}"));
            (Vec::new(), false)
        }
    }
}

/// The contact groups that were seen, and whether they are all.
async fn list_contact_groups(client: &ZoomClient, report: &mut ListingReport) -> (Vec<ContactGroup>, bool) {
    match client.list_contact_groups().await {
        Ok(listing) => {
            report.pages += listing.pages;
            let whole = listing.complete.is_ok();
            report.incomplete.extend(listing.complete.err().map(|why| format!("contact groups: {why}")));
            (listing.rows.into_iter().filter_map(contacts::contact_group).collect(), whole)
        }
        Err(error) => {
            report.incomplete.push(format!("contact groups: {error}"));
            (Vec::new(), false)
        }
    }
}

fn assemble(
    people: Vec<Arc<Person>>,
    roles: Vec<Role>,
    complete: Completeness,
    report: &mut ListingReport,
) -> Directory {
    let rows = people.len();
    report.roles = roles.len();
    let mut directory = Directory::new(people, roles, complete);
    report.people = directory.people().len();
    report.moved = rows.saturating_sub(report.people);
    if report.moved > 0 {
        report.incomplete.push(format!("{} people were seen twice: they changed while they were listed", report.moved));
        directory.doubt();
    }
    directory
}
