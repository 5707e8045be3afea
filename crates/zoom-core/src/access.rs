//! Which objects a connection lets speak for people.

use std::collections::{BTreeMap, BTreeSet};

use crate::{DesiredPerson, License};

/// What the objects of a namespace may declare. Absent limits allow everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grant {
    /// Domains of e-mail addresses, in lower case.
    pub email_domains: Option<BTreeSet<Box<str>>>,
    /// Licences.
    pub licenses: Option<BTreeSet<License>>,
    /// Names of roles, in lower case.
    pub roles: Option<BTreeSet<Box<str>>>,
}

impl Grant {
    /// The first field of an object that goes beyond this.
    fn exceeded_by(&self, object: &DesiredPerson) -> Option<String> {
        if let Some(domains) = &self.email_domains {
            let domain = object.email.domain().to_ascii_lowercase();
            if !domains.contains(&*domain) {
                return Some(format!("spec.email is in {domain}, and it may be in {}", listed(domains)));
            }
        }
        let license = object.wanted.license;
        if let (Some(license), Some(licenses)) = (license, &self.licenses)
            && !licenses.contains(&license)
        {
            return Some(format!("spec.license is {license}, and it may be {}", listed(licenses)));
        }
        let role = object.wanted.role.as_ref().map(|role| role.trim().to_lowercase());
        if let (Some(role), Some(roles)) = (role, &self.roles)
            && !roles.contains(&*role)
        {
            return Some(format!("spec.role is {role}, and it may be {}", listed(roles)));
        }
        None
    }
}

fn listed<T: ToString>(allowed: &BTreeSet<T>) -> String {
    let allowed: Vec<_> = allowed.iter().map(T::to_string).collect();
    if allowed.is_empty() { "none".to_owned() } else { allowed.join(", ") }
}

/// Who may use a connection, and for what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Access {
    /// Every object.
    #[default]
    Everybody,
    /// The objects of these namespaces, each within one of its grants.
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

    /// Whether an object may say what it says. What is not permitted claims nobody, and nothing follows from it.
    #[must_use]
    pub fn permits(&self, object: &DesiredPerson) -> bool {
        match self {
            Self::Everybody => true,
            Self::Granted(_) => self.grants(object).iter().any(|grant| grant.exceeded_by(object).is_none()),
        }
    }

    /// Why an object is not permitted, if it is not.
    #[must_use]
    pub fn refusal(&self, object: &DesiredPerson) -> Option<String> {
        if self.permits(object) {
            return None;
        }
        let exceeded: Vec<_> = self.grants(object).iter().filter_map(|grant| grant.exceeded_by(object)).collect();
        let namespace = &object.object.namespace;
        Some(if exceeded.is_empty() {
            format!("spec.access of the connection does not cover the namespace {namespace}")
        } else {
            format!("spec.access of the connection does not cover this for {namespace}: {}", exceeded.join("; or "))
        })
    }

    fn grants(&self, object: &DesiredPerson) -> &[Grant] {
        match self {
            Self::Everybody => &[],
            Self::Granted(grants) => grants.get(&*object.object.namespace).map_or(&[], Vec::as_slice),
        }
    }
}
