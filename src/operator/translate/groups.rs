//! Groups, roles and contact groups in the core's words.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement, ObjectMeta};
use serde_json::Value;
use zoom_core::{
    ContactGroupId, ContactId, ContactMembers, DesiredContactGroup, DesiredGroup, DesiredRole, Email, GroupId, Leaving,
    LeavingGroup, MatchRule, Members, Memory, NamedClaim, Object, ObjectKey, People, PersonRef, Privacy, Requirement,
    RoleId, Selector, ThingRef, ThingRemoval, UserId,
};
use zoom_operator_api as api;

use super::{Unreadable, email, key};

/// A ZoomGroup as the core sees it.
pub(crate) fn group(group: &api::ZoomGroup) -> Result<DesiredGroup, Unreadable> {
    let spec = &group.spec;
    let object = object(&group.metadata);
    let status = group.status.clone().unwrap_or_default();
    let namespace = &object.key.namespace;
    Ok(DesiredGroup {
        name: name(&spec.name)?,
        members: spec.members.as_ref().map(|wanted| members(wanted, namespace)).transpose()?,
        membership: membership_in(spec.membership),
        admins: named(spec.admins.as_ref(), namespace, "spec.admins.emails")?,
        primary_for: named(spec.primary_for.as_ref(), namespace, "spec.primaryFor.emails")?.unwrap_or_default(),
        removal: spec.removal.map(disposal),
        memory: Memory {
            id: status.id.as_deref().and_then(GroupId::new),
            ..memory(status.origin, status.creating, status.seen_generation, status.observed_generation)
        },
        added: Arc::new(status.added.iter().filter_map(|id| UserId::new(id)).collect()),
        added_admins: Arc::new(status.added_admins.iter().filter_map(|admin| Email::parse(admin).ok()).collect()),
        refused: Arc::default(),
        object,
    })
}

/// A ZoomRole as the core sees it.
pub(crate) fn role(role: &api::ZoomRole) -> Result<DesiredRole, Unreadable> {
    let spec = &role.spec;
    let status = role.status.clone().unwrap_or_default();
    Ok(DesiredRole {
        object: object(&role.metadata),
        name: name(&spec.name)?,
        description: spec.description.as_deref().map(Into::into),
        privileges: spec.privileges.as_deref().map(texts),
        removal: spec.removal.map(disposal),
        memory: Memory {
            id: status.id.as_deref().and_then(RoleId::new),
            ..memory(status.origin, status.creating, status.seen_generation, status.observed_generation)
        },
    })
}

/// A ZoomContactGroup as the core sees it.
pub(crate) fn contact_group(group: &api::ZoomContactGroup) -> Result<DesiredContactGroup, Unreadable> {
    let spec = &group.spec;
    let object = object(&group.metadata);
    let status = group.status.clone().unwrap_or_default();
    let people = status.added.iter().filter_map(|id| UserId::new(id)).map(ContactId::User);
    let groups = status.added_groups.iter().filter_map(|id| GroupId::new(id)).map(ContactId::Group);
    Ok(DesiredContactGroup {
        name: name(&spec.name)?,
        description: spec.description.as_deref().map(Into::into),
        privacy: spec.privacy.map(privacy_in),
        members: spec.members.as_ref().map(|wanted| contacts(wanted, &object.key.namespace)).transpose()?,
        membership: membership_in(spec.membership),
        removal: spec.removal.map(disposal),
        memory: Memory {
            id: status.id.as_deref().and_then(ContactGroupId::new),
            ..memory(status.origin, status.creating, status.seen_generation, status.observed_generation)
        },
        added: Arc::new(people.chain(groups).collect()),
        refused: Arc::default(),
        object,
    })
}

/// What an object claims that could not be parsed, as far as that can be made out.
pub(crate) fn named_claim(object: ObjectKey, raw: &Value) -> NamedClaim {
    let text = |pointer| raw.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty()).map(Into::into);
    NamedClaim { object, id: text("/status/id"), name: text("/spec/name") }
}

/// Addresses that stand more than once in a list, in different case: they are one person.
pub(crate) fn repeated(emails: &[String]) -> Vec<String> {
    let mut counts = BTreeMap::<String, usize>::new();
    for email in emails {
        *counts.entry(email.to_lowercase()).or_default() += 1;
    }
    counts.into_iter().filter(|(_, count)| *count > 1).map(|(email, _)| email).collect()
}

fn object(meta: &ObjectMeta) -> Object {
    Object {
        key: key(meta),
        uid: meta.uid.clone().unwrap_or_default().into(),
        created: meta.creation_timestamp.as_ref().map_or(Timestamp::UNIX_EPOCH, |time| time.0),
        generation: meta.generation.unwrap_or_default(),
        deleting: meta.deletion_timestamp.is_some(),
    }
}

fn name(name: &str) -> Result<Box<str>, Unreadable> {
    if name.trim().is_empty() { Err(Unreadable::new("spec.name", &"write a name")) } else { Ok(name.trim().into()) }
}

fn memory<Id>(
    origin: Option<api::Origin>,
    creating: Option<bool>,
    seen_generation: Option<i64>,
    observed_generation: Option<i64>,
) -> Memory<Id> {
    Memory {
        origin: origin.map(super::origin_in),
        creating: creating.unwrap_or_default(),
        seen_generation,
        observed_generation: observed_generation.filter(|generation| *generation != api::NEVER_OBSERVED),
        ..Memory::default()
    }
}

fn members(members: &api::Members, namespace: &str) -> Result<Members, Unreadable> {
    let api::Members { users, emails, selector, match_ } = members;
    Ok(Members {
        named: people(users, emails, namespace, "spec.members.emails")?,
        selector: selector.as_ref().map(selector_in).transpose()?,
        matching: match_.as_ref().map(|rule| MatchRule {
            departments: texts(rule.departments.as_deref().unwrap_or_default()),
            email_domains: texts(rule.email_domains.as_deref().unwrap_or_default()),
        }),
    })
}

fn contacts(members: &api::ContactMembers, namespace: &str) -> Result<ContactMembers, Unreadable> {
    let api::ContactMembers { users, emails, groups } = members;
    Ok(ContactMembers {
        people: people(users, emails, namespace, "spec.members.emails")?,
        groups: groups.iter().map(|group| ObjectKey::new(namespace, group.as_str())).collect(),
    })
}

fn named(
    wanted: Option<&api::NamedPeople>,
    namespace: &str,
    field: &'static str,
) -> Result<Option<People>, Unreadable> {
    wanted.map(|wanted| people(&wanted.users, &wanted.emails, namespace, field)).transpose()
}

fn people(users: &[String], emails: &[String], namespace: &str, field: &'static str) -> Result<People, Unreadable> {
    Ok(People {
        users: users.iter().map(|user| referred(user, namespace)).collect(),
        emails: emails.iter().map(|address| email(field, address)).collect::<Result<_, _>>()?,
    })
}

/// A ZoomUser by name, or by namespace and name.
fn referred(user: &str, own: &str) -> ObjectKey {
    let (namespace, name) = user.split_once('/').unwrap_or((own, user));
    ObjectKey::new(namespace, name)
}

fn texts(texts: &[String]) -> BTreeSet<Box<str>> {
    texts.iter().map(|text| text.as_str().into()).collect()
}

pub(super) fn selector_in(selector: &LabelSelector) -> Result<Selector, Unreadable> {
    let labels = selector.match_labels.iter().flatten();
    let requirements = selector.match_expressions.iter().flatten();
    Ok(Selector {
        labels: labels.map(|(key, value)| (key.as_str().into(), value.as_str().into())).collect(),
        requirements: requirements.map(requirement).collect::<Result<_, _>>()?,
    })
}

fn requirement(requirement: &LabelSelectorRequirement) -> Result<Requirement, Unreadable> {
    let LabelSelectorRequirement { key, operator, values } = requirement;
    let (key, values) = (key.as_str().into(), || texts(values.as_deref().unwrap_or_default()));
    Ok(match operator.as_str() {
        "In" => Requirement::In(key, values()),
        "NotIn" => Requirement::NotIn(key, values()),
        "Exists" => Requirement::Exists(key),
        "DoesNotExist" => Requirement::DoesNotExist(key),
        unknown => {
            let problem = format!("unknown operator {unknown:?}");
            return Err(Unreadable::new("spec.members.selector.matchExpressions.operator", &problem));
        }
    })
}

fn disposal(removal: api::Disposal) -> ThingRemoval {
    match removal.policy {
        api::DisposalPolicy::Delete => ThingRemoval::Delete,
        api::DisposalPolicy::Retain => ThingRemoval::Retain,
    }
}

fn membership_in(membership: api::Membership) -> zoom_core::Membership {
    match membership {
        api::Membership::Additive => zoom_core::Membership::Additive,
        api::Membership::Exclusive => zoom_core::Membership::Exclusive,
    }
}

fn privacy_in(privacy: api::Privacy) -> Privacy {
    match privacy {
        api::Privacy::Public => Privacy::Public,
        api::Privacy::Searchable => Privacy::Searchable,
        api::Privacy::Private => Privacy::Private,
    }
}

/// Who and what leaves, with the count that was made last.
pub(super) fn leaving_in(
    target: &api::Target,
    people: &[api::ListedPerson],
    removal: &api::ZoomRemoval,
) -> Result<Leaving, Unreadable> {
    let api::Target { kind, id, name } = target;
    let counted = removal.status.as_ref().and_then(|status| status.people).max(removal.spec.count);
    let groups = removal.spec.groups.iter().flatten();
    Ok(Leaving {
        thing: ThingRef { kind: super::target_in(*kind), id: id.as_str().into(), name: name.as_str().into() },
        people: people
            .iter()
            .map(|person| super::person_in(person.id.as_deref(), &person.email))
            .collect::<Result<_, _>>()?,
        groups: groups.map(group_in).collect::<Result<_, _>>()?,
        count: counted.and_then(|count| usize::try_from(count).ok()).unwrap_or_default(),
    })
}

fn group_in(group: &api::ListedGroup) -> Result<LeavingGroup, Unreadable> {
    let api::ListedGroup { id, name } = group;
    let id = GroupId::new(id).ok_or_else(|| Unreadable::new("spec.groups.id", &"write the id of a group"))?;
    Ok(LeavingGroup { id, name: name.as_str().into() })
}

/// The groups that leave, if any do.
pub(super) fn groups_out(leaving: &Leaving) -> Option<Vec<api::ListedGroup>> {
    let listed = |group: &LeavingGroup| api::ListedGroup { id: group.id.to_string(), name: group.name.to_string() };
    (!leaving.groups.is_empty()).then(|| leaving.groups.iter().map(listed).collect())
}

/// Somebody who leaves, as records list people.
pub(super) fn leaver_out(person: &PersonRef) -> api::ListedPerson {
    let id = person.id.as_ref().map(ToString::to_string);
    api::ListedPerson { id, email: person.email.to_string(), source: None }
}
