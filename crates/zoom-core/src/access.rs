//! Which objects a connection lets speak for people, groups and roles.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    Claim, DesiredContactGroup, DesiredGroup, DesiredPerson, DesiredRole, Email, License, ObjectKey, People,
    protected::fits,
};

/// What the objects of a namespace may declare. Absent limits allow everything, and so does the default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Domains of e-mail addresses, in lower case.
    pub email_domains: Option<BTreeSet<Box<str>>>,
    /// Licences.
    pub licenses: Option<BTreeSet<License>>,
    /// Names of roles, in lower case.
    pub roles: Option<BTreeSet<Box<str>>>,
    /// Names of groups and contact groups, in lower case; `*` stands for any text.
    pub groups: Option<BTreeSet<Box<str>>>,
    /// Whether groups may be given administrators.
    pub group_admins: bool,
}

impl Default for Grant {
    fn default() -> Self {
        Self { email_domains: None, licenses: None, roles: None, groups: None, group_admins: true }
    }
}

impl Grant {
    fn covers_domain(&self, domain: &str) -> bool {
        self.email_domains.as_ref().is_none_or(|domains| domains.contains(&*domain.to_ascii_lowercase()))
    }

    /// Says that the address in a field is in a domain that is not covered.
    fn beyond_domain(&self, field: &str, email: &Email) -> Option<String> {
        let (domain, domains) = (email.domain().to_ascii_lowercase(), self.email_domains.as_ref()?);
        (!domains.contains(&*domain)).then(|| format!("{field} is in {domain}, and it may be in {}", listed(domains)))
    }

    fn beyond_domains(&self, field: &str, people: &People) -> Option<String> {
        people.emails.iter().find_map(|email| self.beyond_domain(field, email))
    }

    fn beyond_role(&self, field: &str, role: &str) -> Option<String> {
        let (role, roles) = (role.trim().to_lowercase(), self.roles.as_ref()?);
        (!roles.contains(&*role)).then(|| format!("{field} is {role}, and it may be {}", listed(roles)))
    }

    fn beyond_group(&self, name: &str) -> Option<String> {
        let (name, groups) = (name.trim().to_lowercase(), self.groups.as_ref()?);
        let covered = groups.iter().any(|pattern| fits(pattern, &name));
        (!covered).then(|| format!("spec.name is {name}, and groups may be named {}", listed(groups)))
    }
}

fn listed<T: ToString>(allowed: &BTreeSet<T>) -> String {
    let allowed: Vec<_> = allowed.iter().map(T::to_string).collect();
    if allowed.is_empty() { "none".to_owned() } else { allowed.join(", ") }
}

/// An object that asks something of a connection.
pub trait Asks {
    /// Which object it is.
    fn asker(&self) -> &ObjectKey;
    /// The first of its fields that goes beyond a grant.
    fn beyond(&self, grant: &Grant) -> Option<String>;
}

impl Asks for DesiredPerson {
    fn asker(&self) -> &ObjectKey {
        &self.object
    }

    fn beyond(&self, grant: &Grant) -> Option<String> {
        let license = || {
            let (license, licenses) = (self.wanted.license?, grant.licenses.as_ref()?);
            let beyond = !licenses.contains(&license);
            beyond.then(|| format!("spec.license is {license}, and it may be {}", listed(licenses)))
        };
        let role = || grant.beyond_role("spec.role", self.wanted.role.as_deref()?);
        // They are found by it, too.
        let former = || {
            let mut emails = self.previous_emails.iter();
            emails.find_map(|email| grant.beyond_domain("an address in spec.previousEmails", email))
        };
        grant.beyond_domain("spec.email", &self.email).or_else(former).or_else(license).or_else(role)
    }
}

impl Asks for DesiredGroup {
    fn asker(&self) -> &ObjectKey {
        &self.object.key
    }

    fn beyond(&self, grant: &Grant) -> Option<String> {
        let emails = |field, people: Option<&People>| grant.beyond_domains(field, people?);
        let members = self.members.as_ref();
        let matching = || {
            let domains = &members?.matching.as_ref()?.email_domains;
            let beyond = domains.iter().find(|domain| !grant.covers_domain(domain.trim()))?;
            let allowed = listed(grant.email_domains.as_ref()?);
            Some(format!("spec.members.match.emailDomains has {beyond}, and it may have {allowed}"))
        };
        let admins = || {
            let beyond = self.admins.is_some() && !grant.group_admins;
            beyond.then(|| "spec.admins is written, and it may not be, because groupAdmins is false".to_owned())
        };
        (grant.beyond_group(&self.name))
            .or_else(admins)
            .or_else(|| emails("an address in spec.members.emails", members.map(|members| &members.named)))
            .or_else(|| emails("an address in spec.admins.emails", self.admins.as_ref()))
            .or_else(|| emails("an address in spec.primaryFor.emails", Some(&self.primary_for)))
            .or_else(matching)
    }
}

impl Asks for DesiredContactGroup {
    fn asker(&self) -> &ObjectKey {
        &self.object.key
    }

    fn beyond(&self, grant: &Grant) -> Option<String> {
        let emails = || {
            let people = &self.members.as_ref()?.people;
            grant.beyond_domains("an address in spec.members.emails", people)
        };
        grant.beyond_group(&self.name).or_else(emails)
    }
}

impl Asks for DesiredRole {
    fn asker(&self) -> &ObjectKey {
        &self.object.key
    }

    fn beyond(&self, grant: &Grant) -> Option<String> {
        grant.beyond_role("spec.name", &self.name)
    }
}

/// Who may use a connection, and for what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Access {
    /// Every object.
    #[default]
    Everybody,
    /// The objects of these namespaces, each within one of its grants. A namespace without a grant is named, too: of others
    /// nothing is known.
    Granted(BTreeMap<Box<str>, Vec<Grant>>),
}

impl Access {
    /// Whether objects of a namespace may use the connection at all.
    #[must_use]
    pub fn covers(&self, namespace: &str) -> bool {
        match self {
            Self::Everybody => true,
            Self::Granted(grants) => grants.get(namespace).is_some_and(|grants| !grants.is_empty()),
        }
    }

    /// Whether it is known what the objects of a namespace may do: that may go by labels that cannot be seen.
    pub(crate) fn knows(&self, namespace: &str) -> bool {
        match self {
            Self::Everybody => true,
            Self::Granted(grants) => grants.contains_key(namespace),
        }
    }

    /// Whether an object may say what it says. What is not permitted claims nobody, and nothing follows from it.
    #[must_use]
    pub fn permits(&self, object: &impl Asks) -> bool {
        match self {
            Self::Everybody => true,
            Self::Granted(_) => self.grants_of(object).iter().any(|grant| object.beyond(grant).is_none()),
        }
    }

    /// Whether a permitted object may give its person a licence that it does not name.
    pub(crate) fn permits_license(&self, object: &DesiredPerson, license: License) -> bool {
        let gives = |grant: &Grant| grant.licenses.as_ref().is_none_or(|licenses| licenses.contains(&license));
        match self {
            Self::Everybody => true,
            Self::Granted(_) => {
                self.grants_of(object).iter().any(|grant| object.beyond(grant).is_none() && gives(grant))
            }
        }
    }

    /// Why an object is not permitted, if it is not.
    #[must_use]
    pub fn refusal(&self, object: &impl Asks) -> Option<String> {
        if self.permits(object) {
            return None;
        }
        let beyond: Vec<_> = self.grants_of(object).iter().filter_map(|grant| object.beyond(grant)).collect();
        let namespace = &object.asker().namespace;
        Some(if beyond.is_empty() {
            format!("spec.access of the connection does not cover the namespace {namespace}")
        } else {
            format!("spec.access of the connection does not cover this for {namespace}: {}", beyond.join("; or "))
        })
    }

    /// Whom a permitted object may speak of.
    pub(crate) fn circle(&self, object: &impl Asks) -> Circle<'_> {
        self.circle_of(self.grants_of(object).iter().filter(|grant| object.beyond(grant).is_none()))
    }

    /// Whom an object may mean that could not be understood: nobody, if its namespace may not speak of whom it names.
    pub(crate) fn circle_of_unreadable(&self, claim: &Claim) -> Option<Circle<'_>> {
        let namespace = &claim.object.namespace;
        let circle = self.covers(namespace).then(|| self.circle_of(self.grants(namespace).iter()))?;
        claim.email.iter().chain(&claim.previous_emails).all(|email| circle.holds(email)).then_some(circle)
    }

    fn circle_of<'a>(&self, grants: impl Iterator<Item = &'a Grant>) -> Circle<'a> {
        let limits = grants.map(|grant| grant.email_domains.as_ref()).collect::<Option<Vec<_>>>();
        Circle(limits.filter(|_| *self != Self::Everybody))
    }

    fn grants_of(&self, object: &impl Asks) -> &[Grant] {
        self.grants(&object.asker().namespace)
    }

    fn grants(&self, namespace: &str) -> &[Grant] {
        match self {
            Self::Everybody => &[],
            Self::Granted(grants) => grants.get(namespace).map_or(&[], Vec::as_slice),
        }
    }
}

/// The people of whom an object may speak: those of some domains, or everybody.
#[derive(Clone, Debug)]
pub(crate) struct Circle<'a>(Option<Vec<&'a BTreeSet<Box<str>>>>);

impl Circle<'_> {
    pub(crate) fn holds(&self, email: &Email) -> bool {
        let Some(limits) = &self.0 else { return true };
        let domain = email.domain().to_ascii_lowercase();
        limits.iter().any(|domains| domains.contains(&*domain))
    }
}
