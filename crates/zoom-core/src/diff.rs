//! Desired against observed, for one person.

use std::fmt;

use crate::{
    Attribute, Attributes, CustomAttributes, License, ObservedLicense, Phone, Phones, desired::Wanted,
    directory::Person, policy::is_lower,
};

/// What to change about a person. Empty: nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patch {
    /// Texts to set.
    pub attributes: Attributes,
    /// Telephone numbers to set, as a whole.
    pub phones: Option<Phones>,
    /// Custom attributes to set.
    pub custom: CustomAttributes,
    /// A licence to give.
    pub license: Option<License>,
}

impl Patch {
    /// Whether there is nothing to change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let Self { attributes, phones, custom, license } = self;
        attributes.is_empty() && phones.is_none() && custom.is_empty() && license.is_none()
    }

    /// The names of the fields that it changes, as the custom resource writes them.
    #[must_use]
    pub fn fields(&self) -> Vec<String> {
        let Self { attributes, phones, custom, license } = self;
        let license = license.iter().map(|_| LICENSE.to_owned());
        let texts = attributes.iter().map(|(attribute, _)| attribute.to_string());
        let phones = phones.iter().map(|_| PHONES.to_owned());
        let custom = custom.keys().map(|key| custom_field(key));
        license.chain(texts).chain(phones).chain(custom).collect()
    }

    /// The same patch without some fields.
    pub(crate) fn without(mut self, fields: &[Box<str>]) -> Self {
        let named = |field: &str| fields.iter().any(|name| **name == *field);
        self.attributes = self.attributes.iter().filter(|(attribute, _)| !named(&attribute.to_string())).collect();
        self.phones = self.phones.filter(|_| !named(PHONES));
        self.custom.retain(|key, _| !named(&custom_field(key)));
        self.license = self.license.filter(|_| !named(LICENSE));
        self
    }
}

const LICENSE: &str = "license";
const PHONES: &str = "phoneNumbers";

fn custom_field(key: &str) -> String {
    format!("customAttributes[{key}]")
}

impl fmt::Display for Patch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let license = self.license.map(|license| format!("license to {license}"));
        let fields = self.fields();
        let others = fields.into_iter().filter(|field| field != LICENSE);
        f.write_str(&license.into_iter().chain(others).collect::<Vec<_>>().join(", "))
    }
}

/// What differs, and in which direction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Difference {
    /// Changes that take nothing away.
    pub patch: Patch,
    /// A licence lower than the present one.
    pub lower_license: Option<License>,
}

/// Compares one person with what is wanted of them.
pub(crate) fn difference(wanted: &Wanted, person: &Person) -> Difference {
    let mut found = Difference::default();
    match (wanted.license, person.license) {
        (Some(wanted), ObservedLicense::Known(present)) if is_lower(wanted, present) => {
            found.lower_license = Some(wanted);
        }
        (Some(wanted), present) if present != ObservedLicense::Known(wanted) => found.patch.license = Some(wanted),
        (Some(_) | None, _) => {}
    }
    for (attribute, value) in wanted.attributes.iter() {
        if differs(attribute, value, person) {
            found.patch.attributes.set(attribute, value);
        }
    }
    if let Some(details) = &person.details {
        found.patch.phones = wanted.phones.clone().filter(|phones| !same_phones(phones, &details.phones));
        found.patch.custom = wanted
            .custom
            .iter()
            .filter(|(key, wanted)| details.custom.get(*key).is_none_or(|present| present.value != wanted.value))
            .map(|(key, wanted)| (key.clone(), wanted.clone()))
            .collect();
    }
    found
}

/// Whether an attribute is known to differ. What was not read yet is not known to.
fn differs(attribute: Attribute, value: &str, person: &Person) -> bool {
    let present = if attribute.is_listed() {
        person.attributes.get(attribute)
    } else {
        let Some(details) = &person.details else { return false };
        details.attributes.get(attribute)
    };
    !attribute.same(value, present.unwrap_or_default())
}

/// Compared as sets; a country that is not declared is not compared.
fn same_phones(wanted: &Phones, present: &Phones) -> bool {
    let matches = |wanted: &Phone, present: &Phone| {
        wanted.label == present.label
            && wanted.code == present.code
            && wanted.number == present.number
            && wanted.country.as_ref().is_none_or(|country| Some(country) == present.country.as_ref())
    };
    wanted.len() == present.len() && wanted.iter().all(|wanted| present.iter().any(|present| matches(wanted, present)))
}
