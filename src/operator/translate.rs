//! Custom resources into the core's words and back: parsed once, here.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference, Time};
use kube::Resource;
use serde_json::Value;
use strum::VariantArray;
use zoom_core::{
    Access, Attribute, Attributes, Claim, CreateMethod, CustomAttribute, DesiredPerson, Email, EmailPattern, Leaving,
    Ledger, NewRecord, ObjectKey, PersonRef, Phone, Policy, Record, Remembered, Spent, Subject, Successor, ThingRef,
    UserId, Wanted,
};
use zoom_operator_api as api;

mod access;
pub(super) mod groups;
pub(super) mod returning;

pub(super) use access::access;

/// What an object says that this version cannot understand.
#[derive(Debug, thiserror::Error)]
#[error("{field}: {problem}")]
pub(super) struct Unreadable {
    field: &'static str,
    problem: String,
}

impl Unreadable {
    fn new(field: &'static str, problem: &impl ToString) -> Self {
        Self { field, problem: problem.to_string() }
    }
}

/// Which object this is.
pub(super) fn key(meta: &ObjectMeta) -> ObjectKey {
    ObjectKey::new(meta.namespace.clone().unwrap_or_default(), meta.name.clone().unwrap_or_default())
}

/// A ZoomUser as the core sees it.
pub(super) fn desired(user: &api::ZoomUser) -> Result<DesiredPerson, Unreadable> {
    let (meta, spec) = (&user.metadata, &user.spec);
    let address = email("spec.email", &spec.email)?;
    let remembered = user.status.as_ref().map(|status| remembered(status, &address)).unwrap_or_default();
    Ok(DesiredPerson {
        object: key(meta),
        uid: meta.uid.clone().unwrap_or_default().into(),
        created: meta.creation_timestamp.as_ref().map_or(Timestamp::UNIX_EPOCH, |time| time.0),
        generation: meta.generation.unwrap_or_default(),
        deleting: meta.deletion_timestamp.is_some(),
        labels: meta.labels.clone().unwrap_or_default().into_iter().collect(),
        email: address,
        previous_emails: spec
            .previous_emails
            .iter()
            .map(|former| email("spec.previousEmails", former))
            .collect::<Result<_, _>>()?,
        wanted: wanted(spec)?,
        default_license: None,
        creation: spec.creation.map(|creation| method(creation.method)),
        removal: spec.removal.as_ref().map(removal).transpose()?,
        hold: spec.hold.as_deref().map(Into::into),
        drift: spec.drift.map(drift_in),
        ignored: spec.ignore_fields.iter().map(|field| field.as_str().into()).collect(),
        suspended: spec.suspend,
        remembered,
    })
}

/// Whom an object claims that could not be parsed, as far as that can be made out.
pub(super) fn claim(object: ObjectKey, raw: &Value) -> Claim {
    let text = |pointer| raw.pointer(pointer).and_then(Value::as_str);
    let formers = raw.pointer("/spec/previousEmails").and_then(Value::as_array).into_iter().flatten();
    Claim {
        object,
        id: text("/status/id").and_then(UserId::new),
        email: text("/spec/email").and_then(|email| Email::parse(email).ok()),
        previous_emails: formers.filter_map(|email| Email::parse(email.as_str()?).ok()).collect(),
    }
}

fn email(field: &'static str, text: &str) -> Result<Email, Unreadable> {
    Email::parse(text).map_err(|problem| Unreadable::new(field, &problem))
}

fn wanted(spec: &api::ZoomUserSpec) -> Result<Wanted, Unreadable> {
    let profile = spec.profile.clone().unwrap_or_default();
    let texts = [
        (Attribute::FirstName, &spec.first_name),
        (Attribute::LastName, &spec.last_name),
        (Attribute::DisplayName, &spec.display_name),
        (Attribute::Department, &profile.department),
        (Attribute::Timezone, &profile.timezone),
        (Attribute::JobTitle, &profile.job_title),
        (Attribute::Company, &profile.company),
        (Attribute::Location, &profile.location),
        (Attribute::CostCenter, &profile.cost_center),
        (Attribute::Manager, &profile.manager),
        (Attribute::Language, &profile.language),
        (Attribute::Pronouns, &profile.pronouns),
        (Attribute::VanityName, &profile.vanity_name),
        (Attribute::DivisionId, &profile.division_id),
        (Attribute::CmsUserId, &profile.cms_user_id),
    ];
    let others = [
        (Attribute::PronounsOption, profile.pronouns_option.map(|option| option.to_string())),
        (Attribute::PersonalMeetingId, profile.personal_meeting_id.map(|id| id.to_string())),
        (Attribute::UsePersonalMeetingId, profile.use_personal_meeting_id.map(|used| used.to_string())),
    ];
    let texts = texts.into_iter().map(|(attribute, text)| (attribute, text.clone()));
    let attributes: Attributes = texts.chain(others).filter_map(|(attribute, text)| Some((attribute, text?))).collect();
    Ok(Wanted {
        active: spec.active,
        active_until: spec.active_until.as_deref().map(end_of).transpose()?,
        license: spec.license.map(|license| license_in(license.type_)),
        role: spec.role.clone().map(Into::into),
        attributes,
        phones: profile.phone_numbers.map(|phones| phones.iter().map(phone).collect()),
        custom: profile.custom_attributes.into_iter().flatten().map(custom).collect(),
    })
}

/// The midnight after a day.
fn end_of(day: &str) -> Result<Timestamp, Unreadable> {
    let unreadable = |problem| Unreadable::new("spec.activeUntil", &problem);
    let day: Date = day.parse().map_err(unreadable)?;
    // The last day of all has none after it: it is how one writes "for ever".
    let Ok(next) = day.tomorrow() else { return Ok(Timestamp::MAX) };
    Ok(next.to_zoned(TimeZone::UTC).map_err(unreadable)?.timestamp())
}

fn phone(phone: &api::PhoneNumber) -> Phone {
    Phone {
        label: phone.label.to_string().into(),
        country: Some(phone.country.clone().into()),
        code: phone.code.clone().into(),
        number: phone.number.clone().into(),
    }
}

fn custom(attribute: api::CustomAttribute) -> (Box<str>, CustomAttribute) {
    let api::CustomAttribute { key, name, value } = attribute;
    (key.into(), CustomAttribute { name: name.into(), value: value.into() })
}

/// `address` is the declared one: mostly it is the one that was seen, too, and then they share their text.
fn remembered(status: &api::ZoomUserStatus, address: &Email) -> Remembered {
    let seen = |text| if text == address.as_str() { Some(address.clone()) } else { Email::parse(text).ok() };
    Remembered {
        id: status.id.as_deref().and_then(UserId::new),
        email: status.email.as_deref().and_then(seen),
        origin: status.origin.map(origin_in),
        creating: status.state == Some(api::State::Creating),
        created_at: status.created_at.as_ref().map(|time| time.0),
        access_generation: status.access_generation,
        observed_generation: status.observed_generation.filter(|generation| *generation != api::NEVER_OBSERVED),
        synced_generation: status.synced_generation,
        pending_since: status.pending_since.as_ref().map(|time| time.0),
        contested: Box::default(),
        restore: returning::remembered(status),
        default_license: status.default_license.map(license_in),
        elsewhere: status.elsewhere,
        not_applied: status.not_applied.iter().map(|field| field.as_str().into()).collect(),
        refusal: None,
    }
}

fn origin_in(origin: api::Origin) -> zoom_core::Origin {
    match origin {
        api::Origin::Created => zoom_core::Origin::Created,
        api::Origin::Adopted => zoom_core::Origin::Adopted,
    }
}

fn method(method: api::CreationMethod) -> zoom_core::Creation {
    match method {
        api::CreationMethod::Invite => zoom_core::Creation::By(CreateMethod::Invite),
        api::CreationMethod::AutoCreate => zoom_core::Creation::By(CreateMethod::AutoCreate),
        api::CreationMethod::Sso => zoom_core::Creation::By(CreateMethod::Sso),
        api::CreationMethod::NoLogin => zoom_core::Creation::By(CreateMethod::NoLogin),
        api::CreationMethod::Wait => zoom_core::Creation::Wait,
    }
}

fn removal(removal: &api::Removal) -> Result<zoom_core::Removal, Unreadable> {
    let heir = removal.heir.as_ref().map(heir_in).transpose()?.map(Box::new);
    let departure = zoom_core::Departure { heir, after: removal.after.map(api::Duration::as_std) };
    Ok(match removal.policy {
        api::RemovalPolicy::Retain => zoom_core::Removal::Retain,
        api::RemovalPolicy::Downgrade => zoom_core::Removal::Downgrade,
        api::RemovalPolicy::Deactivate => zoom_core::Removal::Deactivate,
        api::RemovalPolicy::Unlink => zoom_core::Removal::Unlink(departure),
        api::RemovalPolicy::Delete => zoom_core::Removal::Delete(departure),
    })
}

fn heir_in(heir: &api::Heir) -> Result<zoom_core::Heir, Unreadable> {
    let receives = heir.receives.as_deref().unwrap_or(api::Data::VARIANTS);
    let mut receives: Vec<_> = receives.iter().map(|data| data_in(*data)).collect();
    receives.sort_unstable();
    receives.dedup();
    let successor = match &heir.email {
        Some(address) => Successor::Person(email("heir.email", address)?),
        None if heir.manager => Successor::Manager,
        None => return Err(Unreadable::new("heir", &"write either email or manager: true")),
    };
    let fallback = heir.fallback.as_deref().map(|fallback| email("heir.fallback", fallback)).transpose()?;
    Ok(zoom_core::Heir { successor, fallback, receives })
}

fn heir_out(heir: &zoom_core::Heir) -> api::Heir {
    let receives = heir.receives.iter().map(|data| data_out(*data)).collect();
    let (email, manager) = match &heir.successor {
        Successor::Person(email) => (Some(email.to_string()), false),
        Successor::Manager => (None, true),
    };
    let fallback = heir.fallback.as_ref().map(ToString::to_string);
    api::Heir { email, manager, fallback, receives: Some(receives) }
}

/// Two enums with the same words, matched both ways, so that neither can grow without the other.
macro_rules! same_words {
    ($into_core:ident, $into_api:ident: $api:ty => $core:ty { $($word:ident),+ $(,)? }) => {
        pub(super) fn $into_core(value: $api) -> $core {
            match value { $(<$api>::$word => <$core>::$word),+ }
        }
        pub(super) fn $into_api(value: $core) -> $api {
            match value { $(<$core>::$word => <$api>::$word),+ }
        }
    };
}

same_words!(license_in, license_out: api::LicenseType => zoom_core::License { Basic, Licensed, Unassigned });
same_words!(class_in, class_out: api::Class => zoom_core::Class {
    Access, Entitlement, Identity, Membership, Creation,
});
same_words!(phase_in, phase_out: api::Phase => zoom_core::Phase {
    Settling, Held, Scheduled, Running, Done, Refused, Cancelled,
});
same_words!(target_in, target_out: api::TargetKind => zoom_core::ThingKind { Group, Role, ContactGroup });
same_words!(data_in, data_out: api::Data => zoom_core::Data {
    Meetings, Webinars, Recordings, Whiteboards, Clips, Notes, Visitors, Docs,
});

/// How many people may be read one by one at each resync, only to look for drift.
const SWEEP: usize = 60;

/// A connection's rules.
pub(super) fn policy(spec: &api::ZoomConnectionSpec) -> Policy {
    let api::Allow { create, update, deactivate, delete } = spec.allow;
    let limits = &spec.guard.limits;
    Policy {
        mode: match spec.mode {
            api::Mode::Enforce => zoom_core::Mode::Enforce,
            api::Mode::HoldRemovals => zoom_core::Mode::HoldRemovals,
            api::Mode::Plan => zoom_core::Mode::Plan,
            api::Mode::Suspend => zoom_core::Mode::Suspend,
        },
        allow: zoom_core::Allow { create, update, deactivate, delete },
        // Decided anew for each plan, because namespaces may be labelled otherwise by then.
        access: Access::Granted(BTreeMap::new()),
        user_defaults: spec.user_defaults.iter().filter_map(user_default).collect(),
        creation: spec.creation.as_ref().map(|creation| method(creation.method)),
        creation_domains: spec.creation.as_ref().and_then(|creation| creation.domains.as_deref()).map(domains),
        drift: drift_in(spec.drift),
        adoption: match spec.adoption {
            api::Adoption::ByEmail => zoom_core::Adoption::ByEmail,
            api::Adoption::Never => zoom_core::Adoption::Never,
        },
        removal: default_removal(spec.removal),
        protected: protected(spec.protected.as_ref()),
        guard: zoom_core::GuardPolicy {
            window: spec.guard.window.as_std(),
            quiet_period: spec.guard.quiet_period.as_std(),
            limits: zoom_core::Limits {
                access: limit(limits.access),
                entitlement: limit(limits.entitlement),
                identity: limit(limits.identity),
                membership: limit(limits.membership),
                creation: limit(limits.creation),
            },
        },
        sweep: SWEEP,
    }
}

fn default_removal(removal: api::DefaultRemoval) -> zoom_core::RemovalDefault {
    match removal.policy {
        api::DefaultRemovalPolicy::Retain => zoom_core::RemovalDefault::Retain,
        api::DefaultRemovalPolicy::Downgrade => zoom_core::RemovalDefault::Downgrade,
        api::DefaultRemovalPolicy::Deactivate => zoom_core::RemovalDefault::Deactivate,
        api::DefaultRemovalPolicy::Unlink => zoom_core::RemovalDefault::Unlink,
    }
}

/// One that this version cannot understand is for nobody; the schema lets none through.
fn user_default(default: &api::UserDefault) -> Option<zoom_core::UserDefault> {
    Some(zoom_core::UserDefault {
        selector: groups::selector_in(&default.selector).ok()?,
        license: default.license.map(|license| license_in(license.type_)),
        creation: default.creation.map(|creation| method(creation.method)),
        removal: default.removal.map(|removal| default_removal(removal).into()),
    })
}

fn drift_in(drift: api::Drift) -> zoom_core::Drift {
    match drift {
        api::Drift::Correct => zoom_core::Drift::Correct,
        api::Drift::Report => zoom_core::Drift::Report,
    }
}

fn domains(domains: &[String]) -> BTreeSet<Box<str>> {
    domains.iter().map(|domain| domain.to_ascii_lowercase().into()).collect()
}

fn protected(protected: Option<&api::Protected>) -> zoom_core::Protected {
    let Some(api::Protected { emails, groups, roles }) = protected else { return zoom_core::Protected::default() };
    zoom_core::Protected {
        emails: emails.iter().map(|pattern| EmailPattern::new(pattern)).collect(),
        groups: groups.iter().map(|group| group.as_str().into()).collect(),
        roles: roles.iter().map(|role| role.as_str().into()).collect(),
    }
}

/// The schema keeps both numbers in range; one that is not counts as zero, which holds everything.
fn limit(limit: api::Limit) -> zoom_core::Limit {
    zoom_core::Limit {
        percent: u8::try_from(limit.percent).unwrap_or_default(),
        floor: u32::try_from(limit.floor).unwrap_or_default(),
    }
}

/// A ZoomRemoval as the core sees it.
pub(super) fn record(removal: &api::ZoomRemoval) -> Result<Record, Unreadable> {
    let (meta, spec) = (&removal.metadata, &removal.spec);
    let status = removal.status.clone().unwrap_or_default();
    let heir = spec.heir.as_ref().map(heir_in).transpose()?;
    let subject = match (&spec.target, &spec.person, &spec.people) {
        (None, Some(person), None) => {
            Subject::Person(person_in(person.id.as_deref().or(status.id.as_deref()), &person.email)?)
        }
        (None, None, Some(people)) => Subject::People(people.iter().map(listed_in).collect::<Result<_, _>>()?),
        (Some(target), None, people) => {
            Subject::Members(groups::leaving_in(target, people.as_deref().unwrap_or_default(), removal)?)
        }
        (None, None, None) | (None, Some(_), Some(_)) | (Some(_), Some(_), _) => {
            return Err(Unreadable::new("spec", &"write either person or people"));
        }
    };
    let reason = status.reason.as_deref().and_then(|reason| reason.parse().ok());
    // Another version ended it for want of understanding: whoever does understand it begins again.
    let was_unreadable = reason == Some(zoom_core::RecordReason::Unreadable);
    let waits_unbegun = status.phase == Some(api::Phase::Scheduled) && status.started_at.is_none();
    let labels = meta.labels.as_ref();
    let wave = labels.and_then(|labels| labels.get(api::WAVE_LABEL)).or(meta.name.as_ref()).cloned();
    Ok(Record {
        name: meta.name.clone().unwrap_or_default().into(),
        created: meta.creation_timestamp.as_ref().map_or(Timestamp::UNIX_EPOCH, |time| time.0),
        wave: wave.unwrap_or_default().into(),
        class: class_in(spec.class),
        subject,
        source: spec.source.as_ref().map(|source| zoom_core::Source {
            object: ObjectKey::new(source.namespace.clone(), source.name.clone()),
            uid: source.uid.clone().into(),
            generation: source.generation,
            deleted: source.deleted,
        }),
        steps: spec.operations.iter().map(|step| step_in(step, heir.as_ref())).collect::<Result<_, _>>()?,
        not_before: spec.not_before.as_ref().map(|time| time.0),
        hold: spec.hold.as_deref().map(Into::into),
        restore: status.restore.as_ref().or(spec.restore.as_ref()).map(returning::restore_in),
        approved: spec.decision == Some(api::Decision::Approve),
        decided_by: spec.decided_by.clone().map(Into::into),
        // Deleting one rejects it, also while something keeps it from being gone.
        phase: match status.phase.filter(|_| !was_unreadable) {
            _ if meta.deletion_timestamp.is_some() => zoom_core::Phase::Cancelled,
            phase => phase.map_or(zoom_core::Phase::Settling, phase_in),
        },
        reason: reason.filter(|_| !was_unreadable),
        scheduled_at: status.scheduled_at.as_ref().map(|time| time.0),
        started_at: status.started_at.as_ref().map(|time| time.0),
        ended_at: status.ended_at.as_ref().map(|time| time.0),
        // Earlier versions did not say it of one that had only begun to wait.
        was_approved: status.approved.unwrap_or(waits_unbegun && spec.source.is_some()),
        // It takes the connection to tell.
        copied: false,
    })
}

fn person_in(id: Option<&str>, address: &str) -> Result<PersonRef, Unreadable> {
    Ok(PersonRef { id: id.and_then(UserId::new), email: email("spec.person.email", address)? })
}

fn listed_in(listed: &api::ListedPerson) -> Result<(ObjectKey, Email), Unreadable> {
    let (namespace, name) = listed.source.as_deref().and_then(|source| source.split_once('/')).unwrap_or_default();
    Ok((ObjectKey::new(namespace, name), email("spec.people.email", &listed.email)?))
}

fn step_in(step: &api::Step, heir: Option<&zoom_core::Heir>) -> Result<zoom_core::Step, Unreadable> {
    Ok(match step {
        api::Step::Deactivate => zoom_core::Step::Deactivate,
        api::Step::Unlink => zoom_core::Step::Unlink(heir.cloned()),
        api::Step::Delete => zoom_core::Step::Delete(heir.cloned()),
        api::Step::SetLicense { license } => zoom_core::Step::SetLicense(license_in(*license)),
        api::Step::SetRole { role } => zoom_core::Step::SetRole(role.as_str().into()),
        api::Step::SetEmail { email: to } => zoom_core::Step::SetEmail(email("spec.operations.email", to)?),
        api::Step::RemoveMembers => zoom_core::Step::RemoveMembers,
        api::Step::RemoveAdmins => zoom_core::Step::RemoveAdmins,
        api::Step::DeleteGroup => zoom_core::Step::DeleteGroup,
        api::Step::DeleteRole => zoom_core::Step::DeleteRole,
        api::Step::DeleteContactGroup => zoom_core::Step::DeleteContactGroup,
        api::Step::RemoveGroups => zoom_core::Step::RemoveGroups,
        api::Step::TakePrivileges => zoom_core::Step::TakePrivileges,
        api::Step::Create => zoom_core::Step::Create,
    })
}

fn step_out(step: &zoom_core::Step) -> (api::Step, Option<&zoom_core::Heir>) {
    match step {
        zoom_core::Step::Deactivate => (api::Step::Deactivate, None),
        zoom_core::Step::Unlink(heir) => (api::Step::Unlink, heir.as_ref()),
        zoom_core::Step::Delete(heir) => (api::Step::Delete, heir.as_ref()),
        zoom_core::Step::SetLicense(license) => (api::Step::SetLicense { license: license_out(*license) }, None),
        zoom_core::Step::SetRole(role) => (api::Step::SetRole { role: role.to_string() }, None),
        zoom_core::Step::SetEmail(email) => (api::Step::SetEmail { email: email.to_string() }, None),
        zoom_core::Step::RemoveMembers => (api::Step::RemoveMembers, None),
        zoom_core::Step::RemoveAdmins => (api::Step::RemoveAdmins, None),
        zoom_core::Step::DeleteGroup => (api::Step::DeleteGroup, None),
        zoom_core::Step::DeleteRole => (api::Step::DeleteRole, None),
        zoom_core::Step::DeleteContactGroup => (api::Step::DeleteContactGroup, None),
        zoom_core::Step::RemoveGroups => (api::Step::RemoveGroups, None),
        zoom_core::Step::TakePrivileges => (api::Step::TakePrivileges, None),
        zoom_core::Step::Create => (api::Step::Create, None),
    }
}

/// What was spent of a connection's limits, as its status keeps it.
pub(super) fn ledger_in(spent: &[api::Spent]) -> Ledger {
    let entry = |spent: &api::Spent| Spent {
        class: class_in(spent.class),
        from: spent.from.0,
        until: spent.until.0,
        people: u32::try_from(spent.people).unwrap_or_default(),
    };
    Ledger::new(spent.iter().map(entry).collect())
}

/// The same, to be kept.
pub(super) fn ledger_out(ledger: &Ledger) -> Vec<api::Spent> {
    let entry = |spent: &Spent| api::Spent {
        class: class_out(spent.class),
        from: time(spent.from),
        until: time(spent.until),
        people: spent.people.into(),
    };
    ledger.entries().iter().map(entry).collect()
}

/// A record to be written, owned by its connection: it goes when the connection goes.
pub(super) fn removal_object(record: &NewRecord, connection: &api::ZoomConnection) -> api::ZoomRemoval {
    let steps: Vec<_> = record.steps.iter().map(step_out).collect();
    let destroys = record.steps.iter().any(|step| matches!(step, zoom_core::Step::Delete(None)));
    let (person, people) = match &record.subject {
        Subject::Person(person) => {
            let id = person.id.as_ref().map(ToString::to_string);
            (Some(api::Person { id, email: person.email.to_string() }), None)
        }
        Subject::People(people) => (None, Some(people.iter().map(listed_out).collect())),
        Subject::Members(leaving) if leaving.people.is_empty() => (None, None),
        Subject::Members(leaving) => (None, Some(leaving.people.iter().map(groups::leaver_out).collect())),
    };
    let leaving = match &record.subject {
        Subject::Members(leaving) => Some(leaving),
        Subject::Person(_) | Subject::People(_) => None,
    };
    let target = leaving.map(|Leaving { thing: ThingRef { kind, id, name }, .. }| api::Target {
        kind: target_out(*kind),
        id: id.to_string(),
        name: name.to_string(),
    });
    let spec = api::ZoomRemovalSpec {
        connection_ref: Some(api::LocalConnectionReference {
            name: connection.metadata.name.clone().unwrap_or_default(),
        }),
        class: class_out(record.class),
        person,
        people,
        groups: leaving.and_then(groups::groups_out),
        target,
        count: leaving.map(|leaving| i64::try_from(leaving.count).unwrap_or(i64::MAX)),
        source: record.source.as_ref().map(|source| api::Source {
            kind: source_kind(&record.subject).to_owned(),
            namespace: source.object.namespace.to_string(),
            name: source.object.name.to_string(),
            uid: source.uid.to_string(),
            generation: source.generation,
            deleted: source.deleted,
        }),
        heir: steps.iter().find_map(|(_, heir)| *heir).map(heir_out),
        transfer: destroys.then_some(api::Transfer::None),
        operations: steps.into_iter().map(|(step, _)| step).collect(),
        not_before: record.not_before.map(time),
        hold: record.hold.as_deref().map(str::to_owned),
        restore: record.restore.as_ref().map(returning::restore_out),
        decision: None,
        decided_by: None,
        reason: None,
    };
    let mut removal = api::ZoomRemoval::new(&record.name, spec);
    removal.metadata.namespace.clone_from(&connection.metadata.namespace);
    removal.metadata.labels = Some(
        [(api::WAVE_LABEL, record.wave.clone()), (api::CLASS_LABEL, record.class.to_string())]
            .map(|(label, value)| (label.to_owned(), value))
            .into(),
    );
    removal.metadata.owner_references =
        connection.controller_owner_ref(&()).map(|owner| vec![OwnerReference { block_owner_deletion: None, ..owner }]);
    removal
}

fn listed_out((object, email): &(ObjectKey, Email)) -> api::ListedPerson {
    api::ListedPerson { id: None, email: email.to_string(), source: Some(object.to_string()) }
}

/// What a record takes people out of; nothing if it is about people themselves.
pub(super) fn thing_kind(subject: &Subject) -> Option<zoom_core::ThingKind> {
    match subject {
        Subject::Members(leaving) => Some(leaving.thing.kind),
        Subject::Person(_) | Subject::People(_) => None,
    }
}

/// The kind of the object that asks for a record.
pub(super) fn source_kind(subject: &Subject) -> &'static str {
    thing_kind(subject).map_or("ZoomUser", kind_of)
}

fn kind_of(thing: zoom_core::ThingKind) -> &'static str {
    match thing {
        zoom_core::ThingKind::Group => "ZoomGroup",
        zoom_core::ThingKind::Role => "ZoomRole",
        zoom_core::ThingKind::ContactGroup => "ZoomContactGroup",
    }
}

/// A time as Kubernetes writes it.
pub(super) fn time(at: Timestamp) -> Time {
    Time(whole_seconds(at))
}

/// Kubernetes keeps whole seconds: with fractions, what is said would differ from what is read back.
pub(super) fn whole_seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}
