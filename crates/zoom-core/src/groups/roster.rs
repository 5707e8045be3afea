//! Who is meant by what groups say: objects, addresses, labels and what Zoom's listing shows, resolved to people.

use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{Hash, Hasher},
};

use foldhash::{HashMap, HashSet};

use super::{MatchRule, Members, People};
use crate::{
    Access, Class, Desired, Directory, Email, Lookup, ObjectKey, Person, PersonRef, Record, Selector, State, UserId,
    access::Circle,
    input::{Input, Seen},
};

/// The people of an account and of its objects, indexed by what groups ask for.
pub(crate) struct Roster<'a> {
    directory: &'a Directory,
    /// By name.
    objects: &'a [Seen<'a>],
    by_label: HashMap<(&'a str, &'a str, &'a str), Vec<&'a Seen<'a>>>,
    by_department: HashMap<&'a str, Vec<&'a Person>>,
    by_domain: HashMap<String, Vec<&'a Person>>,
    stay: Staying<'a>,
}

/// People who are in no group's hands: nobody may take them out of one.
#[derive(Default)]
struct Staying<'a> {
    /// Objects that say nothing may mean anybody of whom they may speak.
    anybody: Vec<Circle<'a>>,
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

/// A row of the directory, told from others by its place: of a hundred thousand addresses none has to be compared.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a>(pub &'a Person);

impl PartialEq for Row<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}
impl Eq for Row<'_> {}
impl Hash for Row<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::ptr::hash(self.0, state);
    }
}

/// Who is wanted, as far as they could be made out.
#[derive(Default)]
pub(crate) struct Wanted<'a> {
    /// One who is named twice counts once.
    people: HashSet<Row<'a>>,
    /// Those of them whose object wants them to have no access.
    resting: HashSet<Row<'a>>,
    /// Who cannot be, by the name under which the object knows them.
    pub waiting: BTreeMap<String, WaitsFor>,
    /// Who is named although the object may not speak of them, by that name.
    pub beyond: BTreeSet<String>,
    /// Those of them who are in the account: they neither join nor leave.
    pub kept: HashSet<Row<'a>>,
    /// Whether an object of another namespace is named that is not there: who it spoke for is not known, as when that
    /// namespace is going.
    pub unclear: bool,
    /// Whether a selector or a match is written that finds nobody.
    pub finds_nobody: bool,
}

impl<'a> Wanted<'a> {
    /// In no order.
    pub(crate) fn people(&self) -> impl ExactSizeIterator<Item = &'a Person> {
        self.people.iter().map(|Row(person)| *person)
    }

    /// In an order that does not depend on anything else.
    pub(crate) fn by_address(&self) -> Vec<&'a Person> {
        in_order(self.people().collect())
    }

    /// Whether somebody is wanted.
    pub(crate) fn names(&self, person: &Person) -> bool {
        self.people.contains(&Row(person))
    }

    /// Whether the object of somebody who is wanted wants them to have no access.
    pub(crate) fn rests(&self, person: &Person) -> bool {
        self.resting.contains(&Row(person))
    }

    /// How many are wanted.
    pub(crate) fn count(&self) -> usize {
        self.people.len().saturating_add(self.waiting.len()).saturating_add(self.beyond.len())
    }

    /// Whether somebody who is there is not meant to be.
    pub(crate) fn is_stranger(&self, person: &Person) -> bool {
        !self.unclear && !self.names(person) && !self.kept.contains(&Row(person))
    }
}

/// The object that speaks: where it stands, and of whom it may speak.
pub(crate) struct Speaker<'a> {
    pub namespace: &'a str,
    pub circle: Circle<'a>,
}

impl<'a> Roster<'a> {
    /// Indexes only what `members` ask for. The objects are in the order of their names.
    pub(crate) fn of(input: &Input<'a>, objects: &'a [Seen<'a>], members: &[&'a Members]) -> Self {
        let Input { desired, directory, .. } = *input;
        let mut roster = Self {
            directory,
            objects,
            by_label: HashMap::default(),
            by_department: HashMap::default(),
            by_domain: HashMap::default(),
            stay: Staying::of(desired, input.records(), &input.policy.access),
        };
        roster.index_objects(members);
        roster.index_people(members);
        roster
    }

    fn index_objects(&mut self, members: &[&'a Members]) {
        let selectors = members.iter().filter_map(|members| members.selector.as_ref());
        let keys: HashSet<&str> =
            selectors.filter_map(|selector| selector.labels.first_key_value()).map(|(key, _)| &**key).collect();
        if keys.is_empty() {
            return;
        }
        for seen in self.objects {
            for key in &keys {
                if let Some(value) = seen.object.labels.get(key) {
                    self.by_label.entry((&seen.object.object.namespace, key, value)).or_default().push(seen);
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
            for seen in self.selected(selector, speaker.namespace) {
                wanted.finds_nobody = false;
                add_object(&mut wanted, seen, &speaker.circle);
            }
        }
        if let Some(rule) = &members.matching {
            let (within, beyond): (Vec<_>, Vec<_>) =
                self.matching(rule).partition(|person| speaker.circle.holds(&person.email));
            wanted.finds_nobody |= within.is_empty() && beyond.is_empty();
            wanted.people.extend(within.into_iter().map(Row));
            wanted.kept.extend(beyond.into_iter().map(Row));
        }
        wanted
    }

    /// Resolves people who are named one by one.
    pub(crate) fn named(&self, people: &'a People, speaker: &Speaker<'_>) -> Wanted<'a> {
        let mut wanted = Wanted::default();
        for object in &people.users {
            match self.named_so(object).filter(|seen| !seen.object.deleting) {
                Some(seen) => add_object(&mut wanted, seen, &speaker.circle),
                None => {
                    wanted.unclear |= *object.namespace != *speaker.namespace;
                    wanted.waiting.insert(object.to_string(), WaitsFor::Object);
                }
            }
        }
        for email in &people.emails {
            match self.directory.find(None, email) {
                Lookup::Found(person) => {
                    wanted.people.insert(Row(person));
                }
                Lookup::Absent | Lookup::Unknown => {
                    wanted.waiting.insert(email.to_string(), WaitsFor::Joining);
                }
            }
        }
        wanted
    }

    fn named_so(&self, object: &ObjectKey) -> Option<&'a Seen<'a>> {
        let place = self.objects.binary_search_by_key(&object, |seen| &seen.object.object).ok()?;
        self.objects.get(place)
    }

    fn in_namespace(&self, namespace: &str) -> &'a [Seen<'a>] {
        let start = self.objects.partition_point(|seen| *seen.object.object.namespace < *namespace);
        let end = self.objects.partition_point(|seen| *seen.object.object.namespace <= *namespace);
        self.objects.get(start..end).unwrap_or_default()
    }

    fn selected<'s>(
        &'s self,
        selector: &'s Selector,
        namespace: &'s str,
    ) -> impl Iterator<Item = &'a Seen<'a>> + use<'a, 's> {
        let (labelled, all) = match selector.labels.first_key_value() {
            Some((key, value)) => (self.by_label.get(&(namespace, &**key, &**value)), Default::default()),
            None => (None, self.in_namespace(namespace)),
        };
        let candidates = labelled.into_iter().flatten().copied().chain(all);
        candidates.filter(|seen| !seen.object.deleting && selector.matches(&seen.object.labels))
    }

    fn matching<'s>(&'s self, rule: &'s MatchRule) -> impl Iterator<Item = &'a Person> + 's {
        let domains: HashSet<String> = rule.email_domains.iter().map(|domain| domain.trim().to_lowercase()).collect();
        let in_departments = rule.departments.iter().filter_map(|department| self.by_department.get(department.trim()));
        let in_domains = domains.iter().filter(|_| rule.departments.is_empty());
        let in_domains: Vec<_> = in_domains.filter_map(|domain| self.by_domain.get(domain)).collect();
        let in_domain = move |person: &&Person| domains.is_empty() || domains.contains(&domain(&person.email));
        in_departments.flatten().copied().filter(in_domain).chain(in_domains.into_iter().flatten().copied())
    }

    /// Whether somebody may not be taken out of a group: they are leaving the account, or their object cannot be read.
    pub(crate) fn stays(&self, person: &Person) -> bool {
        let Staying { anybody, ids, emails } = &self.stay;
        anybody.iter().any(|circle| circle.holds(&person.email))
            || emails.contains(&person.email)
            || person.id.as_ref().is_some_and(|id| ids.contains(id))
    }
}

/// By address.
pub(super) fn in_order(mut people: Vec<&Person>) -> Vec<&Person> {
    people.sort_unstable_by_key(|person| &person.email);
    people
}

/// Whoever is to have no access rests, as a deactivated person does.
fn add_object<'a>(wanted: &mut Wanted<'a>, seen: &Seen<'a>, circle: &Circle<'_>) {
    let object = seen.object;
    if !circle.holds(&object.email) || !seen.permitted {
        wanted.beyond.insert(object.object.to_string());
        wanted.kept.extend(seen.row().map(Row));
        return;
    }
    match seen.lookup {
        Lookup::Found(person) => {
            wanted.people.insert(Row(person));
            if !object.wanted.active {
                wanted.resting.insert(Row(person));
            }
        }
        Lookup::Absent | Lookup::Unknown if object.wanted.active => {
            wanted.waiting.insert(object.email.to_string(), WaitsFor::Joining);
        }
        Lookup::Absent | Lookup::Unknown => {}
    }
}

impl<'a> Staying<'a> {
    fn of(desired: &'a Desired, records: impl Iterator<Item = &'a Record>, access: &'a Access) -> Self {
        let mut staying = Self::default();
        for claim in &desired.unreadable {
            let Some(circle) = access.circle_of_unreadable(claim) else { continue };
            if claim.id.is_none() && claim.email.is_none() {
                staying.anybody.push(circle);
            }
            staying.ids.extend(&claim.id);
            staying.emails.extend(&claim.email);
        }
        let leaving = desired.people.iter().filter(|person| person.deleting);
        staying.ids.extend(leaving.clone().filter_map(|person| person.remembered.id.as_ref()));
        staying.emails.extend(leaving.map(|person| &person.email));
        let open = records.filter(|record| record.phase.is_open() && record.class == Class::Access);
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
