//! Who receives the data of somebody who goes for good.

use crate::{
    Attribute, Email, Lookup, Record, State, Step, Successor,
    directory::{Directory, Person},
};

impl Record {
    /// Whether the directory shows somebody active who is named to receive the person's data.
    #[must_use]
    pub fn heir_is_there(&self, directory: &Directory) -> bool {
        self.heirs(directory).next().is_some()
    }

    /// Those who are named and active, whoever would receive the data first.
    fn heirs<'a>(&'a self, directory: &'a Directory) -> impl Iterator<Item = &'a Person> {
        let leaver = self.person().and_then(|person| match directory.find_exactly(person) {
            Lookup::Found(row) => row.details.as_deref(),
            Lookup::Absent | Lookup::Unknown => None,
        });
        let heirs = self.steps.iter().filter_map(|step| match step {
            Step::Unlink(heir) | Step::Delete(heir) => heir.as_ref(),
            Step::Deactivate
            | Step::SetLicense(_)
            | Step::SetRole(_)
            | Step::SetEmail(_)
            | Step::RemoveMembers
            | Step::RemoveAdmins
            | Step::DeleteGroup
            | Step::DeleteRole
            | Step::DeleteContactGroup
            | Step::RemoveGroups
            | Step::TakePrivileges
            | Step::Create => None,
        });
        let named = heirs.flat_map(move |heir| {
            let successor = match &heir.successor {
                Successor::Person(email) => Some(email.clone()),
                Successor::Manager => leaver
                    .and_then(|details| details.attributes.get(Attribute::Manager))
                    .and_then(|manager| Email::parse(manager).ok()),
            };
            successor.into_iter().chain(heir.fallback.clone())
        });
        named.filter_map(|email| match directory.find(None, &email) {
            Lookup::Found(row) => (row.state == State::Active).then_some(row),
            Lookup::Absent | Lookup::Unknown => None,
        })
    }
}

/// Why a record's person may not be unlinked or deleted yet, if one of `records` is about to take their heir away without
/// handing anything on: what they received would be lost. Ask right before the operation.
#[must_use]
pub fn lost_with_heir<'a>(
    record: &'a Record,
    mut records: impl Iterator<Item = &'a Record>,
    directory: &'a Directory,
) -> Option<String> {
    let heir = record.heirs(directory).next()?.reference();
    let takes_along = |step: &Step| matches!(step, Step::Unlink(None) | Step::Delete(None));
    let other = records.find(|other| {
        let is_heir = other.person().is_some_and(|person| person.is_same(&heir));
        is_heir && other.phase.is_open() && other.steps.iter().any(takes_along)
    })?;
    Some(format!(
        "{} is to receive their data, and is to go without handing anything on (ZoomRemoval {}): delete that one, or declare the \
         person again with an heir who stays",
        heir.email, other.name
    ))
}
