//! Zoom's words into the domain's, and back.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use zoom_client::{
    CreateAction, NewUser, PhoneNumber, Transfer, TransferData, User, UserPatch, UserRow, UserStatus, UserType,
};
use zoom_core::{
    Attribute, Attributes, CreateMethod, CustomAttribute, CustomAttributes, Data, Details, Email, Group, GroupId,
    InvalidEmail, License, NewPerson, ObservedLicense, Patch, Person, Phone, Pool, Role, RoleId, State, UserId,
};

use crate::password;

/// Why a person's row is of no use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("Zoom shows somebody with an address that is none: {0}")]
    Email(#[from] InvalidEmail),
    #[error("Zoom shows {0} without a status, or with one that this version does not know")]
    Status(Email),
}

/// A person as a listing of one status shows them.
pub(crate) fn listed_person(row: UserRow, listed: UserStatus, pool: &mut Pool<str>) -> Result<Person, Unreadable> {
    let state = state(row.status.unwrap_or(listed));
    Ok(person(row, state, None, pool)?)
}

/// A person as a single read shows them.
pub(crate) fn read_person(user: User, read_at: Timestamp) -> Result<Person, Unreadable> {
    let User {
        mut row,
        job_title,
        company,
        location,
        manager,
        cost_center,
        language,
        pronouns,
        pronouns_option,
        vanity_url,
        pmi,
        use_pmi,
        cms_user_id,
        role_name: _,
        phone_numbers,
        login_types: _,
        account_id: _,
    } = user;
    let details = Details {
        read_at,
        attributes: texts([
            (Attribute::JobTitle, job_title),
            (Attribute::Company, company),
            (Attribute::Location, location),
            (Attribute::CostCenter, cost_center),
            (Attribute::Manager, manager),
            (Attribute::Language, language),
            (Attribute::Pronouns, pronouns),
            (Attribute::PronounsOption, pronouns_option.map(|option| option.to_string())),
            (Attribute::VanityName, vanity_url.as_deref().and_then(vanity_name)),
            (Attribute::PersonalMeetingId, pmi.map(|pmi| pmi.to_string())),
            (Attribute::UsePersonalMeetingId, use_pmi.map(|used| used.to_string())),
            (Attribute::CmsUserId, cms_user_id),
        ]),
        phones: phone_numbers.into_iter().map(phone).collect(),
        custom: row.custom_attributes.take().unwrap_or_default().into_iter().map(custom).collect(),
    };
    let Some(status) = row.status else { return Err(Unreadable::Status(Email::parse(&row.email)?)) };
    Ok(person(row, state(status), Some(Arc::new(details)), &mut Pool::default())?)
}

/// `pool` holds what many people's rows have in common, such as the ids of groups.
fn person(
    row: UserRow,
    state: State,
    details: Option<Arc<Details>>,
    pool: &mut Pool<str>,
) -> Result<Person, InvalidEmail> {
    let UserRow {
        id,
        email,
        first_name,
        last_name,
        display_name,
        user_type,
        status: _,
        role_id,
        dept,
        group_ids,
        timezone,
        division_ids,
        plan_united_type: _,
        employee_unique_id: _,
        user_created_at: _,
        last_login_time: _,
        custom_attributes: _,
    } = row;
    let id = match state {
        State::Active | State::Inactive => id.as_deref().and_then(UserId::new),
        // A read shows one that may change until the person accepts; listings show none.
        State::Pending => None,
    };
    let mut attributes = texts([
        (Attribute::FirstName, first_name),
        (Attribute::LastName, last_name),
        (Attribute::DisplayName, display_name),
        (Attribute::Department, dept),
        (Attribute::Timezone, timezone),
        (Attribute::DivisionId, division_ids.into_iter().next()),
    ]);
    attributes.share(pool);
    Ok(Person {
        id,
        email: Email::parse(&email)?,
        state,
        license: observed(user_type),
        role: role_id.as_deref().and_then(RoleId::new).map(|role| role.shared(pool)),
        groups: groups(&group_ids, state, pool),
        attributes,
        details,
        presumed: false,
    })
}

/// Of somebody who has not accepted yet or is deactivated Zoom shows little: no groups then means that it does not say.
fn groups(ids: &[String], state: State, pool: &mut Pool<str>) -> Option<Box<[GroupId]>> {
    let says = match state {
        State::Active => true,
        State::Inactive | State::Pending => !ids.is_empty(),
    };
    says.then(|| ids.iter().filter_map(|id| Some(GroupId::new(id)?.shared(pool))).collect())
}

pub(crate) fn state(status: UserStatus) -> State {
    match status {
        UserStatus::Active => State::Active,
        UserStatus::Inactive => State::Inactive,
        UserStatus::Pending => State::Pending,
    }
}

/// A blank text is the same as none, and an account has many.
fn texts(fields: impl IntoIterator<Item = (Attribute, Option<String>)>) -> Attributes {
    let filled =
        fields.into_iter().filter_map(|(attribute, text)| Some((attribute, text.filter(|text| !text.is_empty())?)));
    filled.collect()
}

fn observed(user_type: Option<UserType>) -> ObservedLicense {
    match user_type {
        Some(UserType::Basic) => ObservedLicense::Known(License::Basic),
        Some(UserType::Licensed) => ObservedLicense::Known(License::Licensed),
        Some(UserType::Unassigned) => ObservedLicense::Known(License::Unassigned),
        Some(other @ (UserType::OnPrem | UserType::None | UserType::Other(_))) => ObservedLicense::Other(other.into()),
        None => ObservedLicense::Unsaid,
    }
}

fn phone(number: PhoneNumber) -> Phone {
    let PhoneNumber { code, country, label, number } = number;
    let text = |text: Option<String>| text.unwrap_or_default().into_boxed_str();
    Phone {
        label: text(label),
        country: country.filter(|country| !country.is_empty()).map(String::into_boxed_str),
        code: text(code),
        number: number.into_boxed_str(),
    }
}

fn custom(attribute: zoom_client::CustomAttribute) -> (Box<str>, CustomAttribute) {
    let zoom_client::CustomAttribute { key, name, value } = attribute;
    let text = |text: Option<String>| text.unwrap_or_default().into_boxed_str();
    (key.into_boxed_str(), CustomAttribute { name: text(name), value: text(value) })
}

/// A role; nothing for one without an id.
pub(crate) fn role(role: zoom_client::Role) -> Option<Role> {
    Some(Role {
        id: RoleId::new(&role.id)?,
        name: role.name.into_boxed_str(),
        description: role.description.unwrap_or_default().into_boxed_str(),
        total: role.total_members,
        privileges: None,
    })
}

/// A group; nothing for one without an id.
pub(crate) fn group(group: zoom_client::Group) -> Option<Group> {
    let zoom_client::Group { id, name, total_members } = group;
    Some(Group { id: GroupId::new(&id)?, name: name.into_boxed_str(), total: total_members, admins: None })
}

/// What to ask for when a person is created.
pub(crate) fn new_user(new: &NewPerson) -> NewUser {
    let NewPerson { email, method, attributes, license } = new;
    let text = |attribute| attributes.get(attribute).map(str::to_owned);
    NewUser {
        action: match method {
            CreateMethod::Invite => CreateAction::Create,
            CreateMethod::AutoCreate => CreateAction::AutoCreate { password: password::random() },
            CreateMethod::Sso => CreateAction::SsoCreate,
            CreateMethod::NoLogin => CreateAction::CustCreate,
        },
        email: email.to_string(),
        user_type: user_type(*license),
        first_name: text(Attribute::FirstName),
        last_name: text(Attribute::LastName),
        display_name: text(Attribute::DisplayName),
    }
}

/// A person who was created and cannot be read yet. `presumed`: the next listing may find that nothing came of it.
pub(crate) fn invited(new: &NewPerson, presumed: bool) -> Person {
    Person {
        id: None,
        email: new.email.clone(),
        state: State::Pending,
        license: ObservedLicense::Known(new.license),
        role: None,
        groups: None,
        attributes: new.attributes.clone(),
        details: None,
        presumed,
    }
}

fn user_type(license: License) -> UserType {
    match license {
        License::Unassigned => UserType::Unassigned,
        License::Basic => UserType::Basic,
        License::Licensed => UserType::Licensed,
    }
}

/// What to change. Zoom does not say whether its list of custom attributes replaces the former one or is merged into it:
/// those that the person has already go along, so that none is lost.
pub(crate) fn user_patch(patch: &Patch, present: &CustomAttributes) -> UserPatch {
    let Patch { attributes, phones, custom, license } = patch;
    let mut wire = UserPatch {
        user_type: license.map(user_type),
        phone_numbers: phones.as_ref().map(|phones| phones.iter().map(phone_number).collect()),
        ..UserPatch::default()
    };
    for (attribute, value) in attributes.iter() {
        put(&mut wire, attribute, value);
    }
    if !custom.is_empty() {
        let all: BTreeMap<_, _> = present.iter().chain(custom).collect();
        wire.custom_attributes =
            Some(all.into_iter().map(|(key, attribute)| custom_attribute(key, attribute)).collect());
    }
    wire
}

/// The schema and the core know these values: one that does not parse is not sent.
fn put(patch: &mut UserPatch, attribute: Attribute, value: &str) {
    let text = match attribute {
        Attribute::FirstName => &mut patch.first_name,
        Attribute::LastName => &mut patch.last_name,
        Attribute::DisplayName => &mut patch.display_name,
        Attribute::Department => &mut patch.dept,
        Attribute::Timezone => &mut patch.timezone,
        Attribute::JobTitle => &mut patch.job_title,
        Attribute::Company => &mut patch.company,
        Attribute::Location => &mut patch.location,
        Attribute::CostCenter => &mut patch.cost_center,
        Attribute::Manager => &mut patch.manager,
        Attribute::Language => &mut patch.language,
        Attribute::Pronouns => &mut patch.pronouns,
        Attribute::VanityName => &mut patch.vanity_name,
        Attribute::CmsUserId => &mut patch.cms_user_id,
        Attribute::DivisionId => return patch.division_ids = Some([value.to_owned()]),
        Attribute::PronounsOption => return patch.pronouns_option = value.parse().ok(),
        Attribute::PersonalMeetingId => return patch.pmi = value.parse().ok(),
        Attribute::UsePersonalMeetingId => return patch.use_pmi = value.parse().ok(),
    };
    *text = Some(value.to_owned());
}

/// The name in a personal link such as `https://zoom.us/my/ada`.
fn vanity_name(url: &str) -> Option<String> {
    url.split_once("/my/").map(|(_, name)| name.trim_end_matches('/').to_owned())
}

fn phone_number(phone: &Phone) -> PhoneNumber {
    let Phone { label, country, code, number } = phone;
    PhoneNumber {
        code: Some(code.to_string()),
        country: country.as_deref().map(str::to_owned),
        label: Some(label.to_string()),
        number: number.to_string(),
    }
}

fn custom_attribute(key: &str, attribute: &CustomAttribute) -> zoom_client::CustomAttribute {
    let CustomAttribute { name, value } = attribute;
    zoom_client::CustomAttribute {
        key: key.to_owned(),
        name: Some(name.to_string()).filter(|name| !name.is_empty()),
        value: Some(value.to_string()),
    }
}

/// Who receives what.
pub(crate) fn transfer(to: &Email, receives: &[Data]) -> Transfer {
    let data = receives.iter().map(|data| match data {
        Data::Meetings => TransferData::Meetings,
        Data::Webinars => TransferData::Webinars,
        Data::Recordings => TransferData::Recordings,
        Data::Whiteboards => TransferData::Whiteboards,
        Data::Clips => TransferData::Clips,
        Data::Notes => TransferData::Notes,
        Data::Visitors => TransferData::Visitors,
        Data::Docs => TransferData::Docs,
    });
    Transfer { to: to.to_string(), data: data.collect() }
}
