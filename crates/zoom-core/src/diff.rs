//! Desired against observed, for one person.

use std::fmt;

use crate::{
    Attribute, Attributes, CustomAttribute, CustomAttributes, License, Phone, Phones, desired::Wanted,
    directory::Person,
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

    /// The fields that it changes, by their path in the custom resource's spec.
    #[must_use]
    pub fn fields(&self) -> Vec<String> {
        let Self { attributes, phones, custom, license } = self;
        let license = license.iter().map(|_| LICENSE.to_owned());
        let texts = attributes.iter().map(|(attribute, _)| attribute.path());
        let phones = phones.iter().map(|_| PHONES.to_owned());
        let custom = custom.keys().map(|key| custom_field(key));
        license.chain(texts).chain(phones).chain(custom).collect()
    }

    /// The part of it that a person's row does not show. What was not read yet is not known to differ.
    #[must_use]
    pub fn unmet(&self, person: &Person) -> Self {
        let Self { attributes, phones, custom, license } = self;
        unmet(attributes, phones.as_ref(), custom, *license, person)
    }

    /// The same patch without some fields.
    pub(crate) fn without(mut self, fields: &[Box<str>]) -> Self {
        if fields.is_empty() {
            return self;
        }
        let named = |field: &str| fields.iter().any(|name| **name == *field);
        self.attributes = self.attributes.iter().filter(|(attribute, _)| !named(&attribute.path())).collect();
        self.phones = self.phones.filter(|_| !named(PHONES));
        self.custom.retain(|key, _| !named(&custom_field(key)));
        self.license = self.license.filter(|_| !named(LICENSE));
        self
    }
}

pub(crate) const LICENSE: &str = "license";
const PHONES: &str = "profile.phoneNumbers";

fn custom_field(key: &str) -> String {
    format!("profile.customAttributes[{key}]")
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

impl Difference {
    /// The fields that differ, by their path in the spec.
    pub(crate) fn fields(&self) -> impl Iterator<Item = String> + use<> {
        let lower = self.lower_license.map(|_| LICENSE.to_owned());
        lower.into_iter().chain(self.patch.fields())
    }

    /// Whether nothing differs.
    pub(crate) fn is_empty(&self) -> bool {
        self.patch.is_empty() && self.lower_license.is_none()
    }

    /// The same difference without some fields.
    pub(crate) fn without(self, fields: &[Box<str>]) -> Self {
        let ignores_license = fields.iter().any(|field| **field == *LICENSE);
        Self { patch: self.patch.without(fields), lower_license: self.lower_license.filter(|_| !ignores_license) }
    }
}

/// Compares one person with what is wanted of them.
pub(crate) fn difference(wanted: &Wanted, person: &Person) -> Difference {
    let Wanted { license, attributes, phones, custom, .. } = wanted;
    let mut patch = unmet(attributes, phones.as_ref(), custom, *license, person);
    let lower_license = patch.license.take_if(|wanted| person.license.is_above(*wanted));
    Difference { patch, lower_license }
}

/// What of it a person's row does not show. Of a hundred thousand people nearly nobody lacks anything: nothing is copied
/// for them.
fn unmet(
    attributes: &Attributes,
    phones: Option<&Phones>,
    custom: &CustomAttributes,
    license: Option<License>,
    person: &Person,
) -> Patch {
    let details = person.details.as_deref();
    let unmet_custom = |key: &str, wanted: &CustomAttribute| {
        let shown = details.map(|details| details.custom.get(key));
        shown.is_some_and(|shown| shown.is_none_or(|shown| shown.value != wanted.value))
    };
    Patch {
        attributes: attributes.iter().filter(|(attribute, value)| differs(*attribute, value, person)).collect(),
        phones: phones.filter(|phones| details.is_some_and(|details| !same_phones(phones, &details.phones))).cloned(),
        custom: custom
            .iter()
            .filter(|(key, wanted)| unmet_custom(key, wanted))
            .map(|(key, wanted)| (key.clone(), wanted.clone()))
            .collect(),
        license: license.filter(|license| person.license.differs_from(*license)),
    }
}

/// Whether an attribute is known to differ.
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
