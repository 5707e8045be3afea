//! What Zoom does with an operation.

use jiff::Timestamp;
use zoom_core::*;

use super::*;

impl World {
    /// Whether Zoom has no seat for an operation; it is remembered then.
    pub(super) fn refuses_seat(&mut self, operation: &Operation) -> bool {
        let license = match operation {
            Operation::Create(new) => Some(new.license),
            Operation::Update(_, patch) => patch.license,
            Operation::Read(_)
            | Operation::SetRole { .. }
            | Operation::SetEmail(..)
            | Operation::Activate(_)
            | Operation::Deactivate(_)
            | Operation::Unlink(..)
            | Operation::Delete(..) => None,
        };
        let mut directory = self.directory();
        let full = self.bought.is_some_and(|bought| directory.taken(License::Licensed) >= bought);
        let refuses = license == Some(License::Licensed) && full;
        if refuses {
            directory.refuse_seat(License::Licensed, "no paid seat", self.now);
            self.seats = directory.seats().clone();
            self.refused_seats += 1;
        }
        refuses
    }

    /// What Zoom does with an operation.
    pub(crate) fn apply(&mut self, operation: &Operation) {
        let who = match operation {
            Operation::Create(new) => new.email.clone(),
            Operation::Read(person)
            | Operation::Update(person, _)
            | Operation::SetRole { person, .. }
            | Operation::SetEmail(person, _)
            | Operation::Activate(person)
            | Operation::Deactivate(person)
            | Operation::Unlink(person, _)
            | Operation::Delete(person, _) => person.email.clone(),
        };
        self.touched.insert(who.clone());
        let admins = self.admins();
        self.carry_out(operation, &who);
        if admins > 0 && self.admins() == 0 {
            self.left_without_admin.push(format!("{operation} {who}"));
        }
    }

    /// How many active people have the role Admin.
    pub(crate) fn admins(&self) -> usize {
        let is_admin = |row: &&Person| row.state == State::Active && row.role == Some(role_id(RoleId::ADMIN));
        self.zoom.values().filter(is_admin).count()
    }

    fn carry_out(&mut self, operation: &Operation, who: &Email) {
        let now = self.now;
        match operation {
            Operation::Create(new) => {
                assert!(!self.zoom.contains_key(&new.email), "{} is created twice", new.email);
                let fresh_id = self.fresh_id();
                let state = if new.method == CreateMethod::Invite { State::Pending } else { State::Active };
                self.join(Person {
                    id: (state == State::Active).then_some(fresh_id),
                    email: new.email.clone(),
                    state,
                    license: ObservedLicense::Known(new.license),
                    role: (state == State::Active).then(|| role_id(RoleId::MEMBER)),
                    groups: (state == State::Active).then(Box::default),
                    attributes: new.attributes.clone(),
                    details: None,
                    presumed: false,
                });
            }
            Operation::Read(_) => {
                self.details(who, now);
            }
            // A pending person is not changed, and it is not said.
            Operation::Update(_, patch) if self.zoom.get(who).is_some_and(|row| row.state == State::Active) => {
                let mut details = self.details(who, now);
                let row = self.zoom.get_mut(who).unwrap();
                row.license = patch.license.map_or(row.license, ObservedLicense::Known);
                for (attribute, value) in patch.attributes.iter() {
                    let texts = if attribute.is_listed() { &mut row.attributes } else { &mut details.attributes };
                    texts.set(attribute, value);
                }
                details.phones = patch.phones.clone().unwrap_or(details.phones);
                details.custom.extend(patch.custom.clone());
                row.details = Some(details.into());
            }
            Operation::Update(..) => {}
            Operation::SetRole { from, to, .. } => {
                let row = self.zoom.get_mut(who).unwrap();
                assert_eq!(row.role.as_ref(), Some(from));
                row.role = Some(to.clone());
            }
            Operation::SetEmail(_, to) => {
                assert!(!self.zoom.contains_key(to), "{to} belongs to somebody else");
                let row = self.zoom.remove(who).unwrap();
                assert_eq!(row.state, State::Active);
                self.join(Person { email: to.clone(), ..row });
            }
            // Zoom is taken to have forgotten the groups.
            Operation::Activate(_) => {
                let row = self.zoom.get_mut(who).unwrap();
                (row.state, row.groups) = (State::Active, Some(Box::default()));
            }
            Operation::Deactivate(_) if self.zoom.get(who).is_some_and(|row| row.state == State::Pending) => {
                self.zoom.remove(who);
            }
            Operation::Deactivate(_) => {
                let row = self.zoom.get_mut(who).unwrap();
                (row.state, row.groups) = (State::Inactive, None);
                row.license = ObservedLicense::Known(License::Basic);
            }
            Operation::Unlink(..) | Operation::Delete(..) => {
                self.zoom.remove(who);
            }
        }
    }

    fn details(&mut self, who: &Email, now: Timestamp) -> Details {
        let row = self.zoom.get_mut(who).unwrap();
        let known = row.details.get_or_insert_with(|| {
            let texts = Attributes::default();
            Details { read_at: now, attributes: texts, phones: Phones::default(), custom: CustomAttributes::default() }
                .into()
        });
        (**known).clone()
    }
}
