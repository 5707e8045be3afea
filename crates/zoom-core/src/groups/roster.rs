//! Who is meant by what groups say: objects, addresses, labels and what Zoom's listing shows, resolved to people.

use std::collections::{BTreeMap, BTreeSet};

use foldhash::{HashMap, HashSet};

use super::{MatchRule, Members, People};
use crate::{
    Access, Class, Desired, DesiredPerson, Directory, Email, Lookup, ObjectKey, Person, PersonRef, Record, Selector,
    State, UserId, access::Circle,
};

/// The people of an account and of its objects, indexed by what groups ask for.
pub(crate) struct Roster<'a> {
    directory: &'a Directory,
    access: &'a Access,
    objects: HashMap<&'a ObjectKey, &'a DesiredPerson>,
    by_namespace: HashMap<&'a str, Vec<&'a DesiredPerson>>,
    by_label: HashMap<(&'a str, &'a str, &'a str), Vec<&'a DesiredPerson>>,
    by_department: HashMap<&'a str, Vec<&'a Person>>,
    by_domain: HashMap<String, Vec<&'a Person>>,
    stay: Staying<'a>,
}

/// People who are in no group's hands: nobody may take them out of one.
#[derive(Default)]
struct Staying<'a> {
    everybody: bool,
    ids: HashSet<&'a UserId>,
    emails: HashSet<&'a Email>,
}

/// Why somebody who is wanted is not in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::Display)]
pub enum WaitsFor {
    /// There is no such ZoomUser.
    #[strum(to_string = "no such ZoomUser yet")]
    Object,
    /// They are not in the account.
    #[strum(to_string = "not in the account yet")]
    Joining,
    /// They have not accepted the invitation.
    #[strum(to_string = "invited, not accepted yet")]
    Acceptance,
    /// They are deactivated, or about to be.
    #[strum(to_string = "has no access; rests")]
    Access,
    /// There is no such ZoomGroup, or its group is not there.
    #[strum(to_string = "no such group yet")]
    Group,
}

/// Who is wanted, as far as they could be made out.
#[derive(Default)]
pub(crate) struct Wanted<'a> {
    /// By address, so that one who is named twice counts once.
    pub people: HashMap<&'a Email, &'a Person>,
    /// Those of them whose object wants them to have no access.
    pub resting: HashSet<&'a Email>,
    /// Who cannot be, by the name under which the object knows them.
    pub waiting: BTreeMap<String, WaitsFor>,
    /// Who is named although the object may not speak of them, by that name.
    pub beyond: BTreeSet<String>,
    /// Those of them who are in the account: they neither join nor leave.
    pub kept: HashSet<&'a Email>,
    /// Whether an object of another namespace is named that is not there: who it spoke for is not known, as when that
    /// namespace is going.
    pub unclear: bool,
    /// Whether a selector or a match is written that finds nobody.
    pub finds_nobody: bool,
}

impl<'a> Wanted<'a> {
    /// In an order that does not depend on anything else.
    pub(crate) fn by_address(&self) -> Vec<&'a Person> {
        in_order(self.people.values().copied().collect())
    }

    /// How many are wanted.
    pub(crate) fn count(&self) -> usize {
        self.people.len().saturating_add(self.waiting.len()).saturating_add(self.beyond.len())
    }

    /// Whether somebody who is there is not meant to be.
    pub(crate) fn is_stranger(&self, email: &Email) -> bool {
        !self.unclear && !self.people.contains_key(email) && !self.kept.contains(email)
    }
}

/// The object that speaks: where it stands, and of whom it may speak.
pub(crate) struct Speaker<'a> {
    pub namespace: &'a str,
    pub circle: Circle<'a>,
}

impl<'a> Roster<'a> {
    /// Indexes only what `members` ask for.
    pub(crate) fn of(
        desired: &'a Desired,
        directory: &'a Directory,
        records: &'a [Record],
        members: &[&'a Members],
        access: &'a Access,
    ) -> Self {
        let mut roster = Self {
            directory,
            access,
            objects: objects_by_name(desired),
            by_namespace: HashMap::default(),
            by_label: HashMap::default(),
            by_department: HashMap::default(),
            by_domain: HashMap::default(),
            stay: Staying::of(desired, records),
        };
        roster.index_objects(desired, members);
        roster.index_people(members);
        roster
    }

    fn index_objects(&mut self, desired: &'a Desired, members: &[&'a Members]) {
        let selectors = || members.iter().filter_map(|members| members.selector.as_ref());
        let keys: HashSet<&str> =
            selectors().filter_map(|selector| selector.labels.first_key_value()).map(|(key, _)| &**key).collect();
        let any_without = selectors().any(|selector| selector.labels.is_empty());
        if keys.is_empty() && !any_without {
            return;
        }
        for person in desired.people.iter().filter(|person| !person.deleting) {
            if any_without {
                self.by_namespace.entry(&person.object.namespace).or_default().push(person);
            }
            for key in &keys {
                if let Some(value) = person.labels.get(key) {
                    self.by_label.entry((&person.object.namespace, key, value)).or_default().push(person);
                }
            }
        }
    }

    fn index_people(&mut self, members: &[&'a Members]) {
        let rules = || members.iter().filter_map(|members| members.matching.as_ref());
        let departments = rules().any(|rule| !rule.departments.is_empty());
        let domains = rules().any(|rule| rule.departments.is_empty() && !rule.email_domains.is_empty());
        if !departments && !domains {
            return;
        }
        let has_access = |person: &&Person| match person.state {
            State::Active => true,
            State::Inactive | State::Pending => false,
        };
        for person in self.directory.people().filter(has_access) {
            if let Some(department) = person.attributes.get(crate::Attribute::Department).filter(|_| departments) {
                self.by_department.entry(department.trim()).or_default().push(person);
            }
            if domains {
                self.by_domain.entry(domain(&person.email)).or_default().push(person);
            }
        }
    }

    /// Resolves everything that a group says of its members. What Zoom's listing shows counts as far as the group may speak
    /// of it.
    pub(crate) fn members(&self, members: &'a Members, speaker: &Speaker<'_>) -> Wanted<'a> {
        let mut wanted = self.named(&members.named, speaker);
        if let Some(selector) = &members.selector {
            wanted.finds_nobody = true;
            for object in self.selected(selector, speaker.namespace) {
                wanted.finds_nobody = false;
                self.add_object(&mut wanted, object, &speaker.circle);
            }
        }
        if let Some(rule) = &members.matching {
            let (within, beyond): (Vec<_>, Vec<_>) =
                self.matching(rule).partition(|person| speaker.circle.holds(&person.email));
            wanted.finds_nobody |= within.is_empty() && beyond.is_empty();
            wanted.people.extend(within.into_iter().map(|person| (&person.email, person)));
            wanted.kept.extend(beyond.into_iter().map(|person| &person.email));
        }
        wanted
    }

    /// Resolves people who are named one by one.
    pub(crate) fn named(&self, people: &'a People, speaker: &Speaker<'_>) -> Wanted<'a> {
        let mut wanted = Wanted::default();
        for object in &people.users {
            match self.objects.get(object).filter(|person| !person.deleting) {
                Some(person) => self.add_object(&mut wanted, person, &speaker.circle),
                None => {
                    wanted.unclear |= *object.namespace != *speaker.namespace;
                    wanted.waiting.insert(object.to_string(), WaitsFor::Object);
                }
            }
        }
        for email in &people.emails {
            match self.directory.find(None, email) {
                Lookup::Found(person) => {
                    wanted.people.insert(&person.email, person);
                }
                Lookup::Absent | Lookup::Unknown => {
                    wanted.waiting.insert(email.to_string(), WaitsFor::Joining);
                }
            }
        }
        wanted
    }

    fn selected<'s>(
        &'s self,
        selector: &'s Selector,
        namespace: &'s str,
    ) -> impl Iterator<Item = &'a DesiredPerson> + 's {
        let first = selector.labels.first_key_value();
        let candidates = match first {
            Some((key, value)) => self.by_label.get(&(namespace, &**key, &**value)),
            None => self.by_namespace.get(namespace),
        };
        candidates.into_iter().flatten().copied().filter(|person| selector.matches(&person.labels))
    }

    fn matching<'s>(&'s self, rule: &'s MatchRule) -> impl Iterator<Item = &'a Person> + 's {
        let domains: HashSet<String> = rule.email_domains.iter().map(|domain| domain.trim().to_lowercase()).collect();
        let in_departments = rule.departments.iter().filter_map(|department| self.by_department.get(department.trim()));
        let in_domains = domains.iter().filter(|_| rule.departments.is_empty());
        let in_domains: Vec<_> = in_domains.filter_map(|domain| self.by_domain.get(domain)).collect();
        let in_domain = move |person: &&Person| domains.is_empty() || domains.contains(&domain(&person.email));
        in_departments.flatten().copied().filter(in_domain).chain(in_domains.into_iter().flatten().copied())
    }

    /// Whoever is to have no access rests, as a deactivated person does.
    fn add_object(&self, wanted: &mut Wanted<'a>, object: &'a DesiredPerson, circle: &Circle<'_>) {
        if !circle.holds(&object.email) || !self.access.permits(object) {
            wanted.beyond.insert(object.object.to_string());
            if let Lookup::Found(person) = self.directory.find(object.remembered.id.as_ref(), &object.email) {
                wanted.kept.insert(&person.email);
            }
            return;
        }
        match self.directory.find(object.remembered.id.as_ref(), &object.email) {
            Lookup::Found(person) => {
                wanted.people.insert(&person.email, person);
                if !object.wanted.active {
                    wanted.resting.insert(&person.email);
                }
            }
            Lookup::Absent | Lookup::Unknown if object.wanted.active => {
                wanted.waiting.insert(object.email.to_string(), WaitsFor::Joining);
            }
            Lookup::Absent | Lookup::Unknown => {}
        }
    }

    /// Whether somebody may not be taken out of a group: they are leaving the account, or their object cannot be read.
    pub(crate) fn stays(&self, person: &Person) -> bool {
        let Staying { everybody, ids, emails } = &self.stay;
        *everybody || emails.contains(&person.email) || person.id.as_ref().is_some_and(|id| ids.contains(id))
    }
}

/// By address.
pub(super) fn in_order(mut people: Vec<&Person>) -> Vec<&Person> {
    people.sort_unstable_by_key(|person| &person.email);
    people
}

/// The objects that are named one by one: of a hundred thousand hardly any may be.
fn objects_by_name(desired: &Desired) -> HashMap<&ObjectKey, &DesiredPerson> {
    let of_groups = desired.groups.iter().flat_map(|wish| {
        let members = wish.members.as_ref().map(|members| &members.named);
        members.into_iter().chain(&wish.admins).chain([&wish.primary_for])
    });
    let of_contacts = desired.contact_groups.iter().filter_map(|wish| Some(&wish.members.as_ref()?.people));
    let named: HashSet<&ObjectKey> = of_groups.chain(of_contacts).flat_map(|people| &people.users).collect();
    if named.is_empty() {
        return HashMap::default();
    }
    let objects = desired.people.iter().map(|person| (&person.object, person));
    objects.filter(|(object, _)| named.contains(object)).collect()
}

impl<'a> Staying<'a> {
    fn of(desired: &'a Desired, records: &'a [Record]) -> Self {
        let mut staying = Self::default();
        for claim in &desired.unreadable {
            // An object that says nothing may mean anybody.
            staying.everybody |= claim.id.is_none() && claim.email.is_none();
            staying.ids.extend(&claim.id);
            staying.emails.extend(&claim.email);
        }
        let leaving = desired.people.iter().filter(|person| person.deleting);
        staying.ids.extend(leaving.clone().filter_map(|person| person.remembered.id.as_ref()));
        staying.emails.extend(leaving.map(|person| &person.email));
        let open = records.iter().filter(|record| record.phase.is_open() && record.class == Class::Access);
        for PersonRef { id, email } in open.filter_map(Record::person) {
            staying.ids.extend(id);
            staying.emails.insert(email);
        }
        staying
    }
}

fn domain(email: &Email) -> String {
    email.as_str().rsplit('@').next().unwrap_or_default().to_lowercase()
}
