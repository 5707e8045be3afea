//! What the custom resources want, parsed.

use std::{fmt, sync::Arc};

use jiff::Timestamp;

use crate::{
    Attributes, Creation, CustomAttributes, DesiredContactGroup, DesiredGroup, DesiredRole, Drift, Email, Labels,
    License, Lookup, NamedClaim, PersonRef, Phones, Pool, Reason, Removal, Restore, State, UserId,
    directory::{Directory, Person},
};

/// Names one custom resource. Cheap to clone: a plan names each object several times.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectKey {
    /// Its namespace.
    pub namespace: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
}

impl ObjectKey {
    /// A key from its parts.
    #[must_use]
    pub fn new(namespace: impl Into<Arc<str>>, name: impl Into<Arc<str>>) -> Self {
        Self { namespace: namespace.into(), name: name.into() }
    }

    /// The same key, its namespace shared with every other one in the pool.
    #[must_use]
    pub fn shared(self, pool: &mut Pool<str>) -> Self {
        Self { namespace: pool.share(self.namespace), ..self }
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// Everything that the objects of one connection want.
#[derive(Clone, Debug, Default)]
pub struct Desired {
    /// One entry an object. Shared with whoever keeps the objects: there may be a hundred thousand.
    pub people: Vec<Arc<DesiredPerson>>,
    /// Persons named by objects that could not be read. They keep their claim, and nothing is done to the person.
    pub unreadable: Vec<Claim>,
    /// One entry a ZoomGroup.
    pub groups: Vec<DesiredGroup>,
    /// One entry a ZoomRole.
    pub roles: Vec<DesiredRole>,
    /// One entry a ZoomContactGroup.
    pub contact_groups: Vec<DesiredContactGroup>,
    /// Groups, roles and contact groups named by objects that could not be read. They keep their claim, and nothing is
    /// done to the thing.
    pub unreadable_things: UnreadableThings,
    /// Whether all objects were seen. If not, nothing that follows from an object's absence is done.
    pub complete: bool,
}

/// What is claimed by objects that cannot be understood, by kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnreadableThings {
    /// By ZoomGroups.
    pub groups: Vec<NamedClaim>,
    /// By ZoomRoles.
    pub roles: Vec<NamedClaim>,
    /// By ZoomContactGroups.
    pub contact_groups: Vec<NamedClaim>,
}

/// A person claimed by an object that cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The object.
    pub object: ObjectKey,
    /// The id in its status, if one could be made out.
    pub id: Option<UserId>,
    /// The address in its spec, if one could be made out.
    pub email: Option<Email>,
    /// The addresses in its spec that are the same person's of before, as far as they could be made out.
    pub previous_emails: Vec<Email>,
}

/// How a person came to be managed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display)]
pub enum Origin {
    /// By this operator.
    Created,
    /// They were in Zoom before.
    Adopted,
}

/// One object's wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DesiredPerson {
    /// The object.
    pub object: ObjectKey,
    /// Tells two objects of one name apart.
    pub uid: Box<str>,
    /// When the object was made: of several that claim one person the older wins.
    pub created: Timestamp,
    /// Counts the edits of the object.
    pub generation: i64,
    /// Whether the object is being deleted.
    pub deleting: bool,
    /// The object's labels: groups select by them.
    pub labels: Labels,
    /// The person's address.
    pub email: Email,
    /// Addresses that the person had before: who is found under one of them is the same person.
    pub previous_emails: Box<[Email]>,
    /// What is asked for.
    pub wanted: Wanted,
    /// The licence of that, where not the object asks for it but a default of the connection.
    pub default_license: Option<License>,
    /// How to create them; absent: as the connection says.
    pub creation: Option<Creation>,
    /// What becomes of them when the object is deleted; absent: as the connection says.
    pub removal: Option<Removal>,
    /// What to do about drift; absent: as the connection says.
    pub drift: Option<Drift>,
    /// Fields that are left as they are once the person is there, by their path in the spec.
    pub ignored: Box<[Box<str>]>,
    /// Whether the object is left alone for now.
    pub suspended: bool,
    /// A legal hold, with its name: the person is neither unlinked nor deleted, whoever approves.
    pub hold: Option<Box<str>>,
    /// What earlier passes found out.
    pub remembered: Remembered,
}

/// The fields that an object declares. Absent fields are not managed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Whether the person may sign in; [`Wanted::is_active`] also looks at the time.
    pub active: bool,
    /// From when on they may not, although they are active.
    pub active_until: Option<Timestamp>,
    /// The licence; absent: Basic at creation, unmanaged afterwards.
    pub license: Option<License>,
    /// The role by name.
    pub role: Option<Box<str>>,
    /// Texts. An empty one asks for an empty one.
    pub attributes: Attributes,
    /// Telephone numbers, as a whole.
    pub phones: Option<Phones>,
    /// Custom attributes, each on its own.
    pub custom: CustomAttributes,
}

impl Default for Wanted {
    fn default() -> Self {
        Self {
            active: true,
            active_until: None,
            license: None,
            role: None,
            attributes: Attributes::default(),
            phones: None,
            custom: CustomAttributes::default(),
        }
    }
}

impl Wanted {
    /// Whether the person may sign in at a time.
    #[must_use]
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.active && self.active_until.is_none_or(|end| now < end)
    }

    /// Whether something is declared that no listing shows.
    #[must_use]
    pub fn needs_details(&self) -> bool {
        self.phones.is_some()
            || !self.custom.is_empty()
            || self.attributes.iter().any(|(attribute, _)| !attribute.is_listed())
    }
}

/// What an object's status carries over from pass to pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remembered {
    /// The person's id, once an active or inactive row showed it.
    pub id: Option<UserId>,
    /// The person's address in Zoom, as last seen.
    pub email: Option<Email>,
    /// How they came to be managed; absent before anything was found or done.
    pub origin: Option<Origin>,
    /// A create call was about to be made: who is found now is ours.
    pub creating: bool,
    /// When this operator created them.
    pub created_at: Option<Timestamp>,
    /// The last edit whose wish for access was carried out. Who is found without access after that was disabled in
    /// Zoom, and only a newer edit brings them back.
    pub access_generation: Option<i64>,
    /// The last edit that was reported on.
    pub observed_generation: Option<i64>,
    /// The last edit that Zoom was seen to hold whole: what differs after that is drift.
    pub synced_generation: Option<i64>,
    /// Since when the person has been pending.
    pub pending_since: Option<Timestamp>,
    /// Fields that did not stay as they were put right.
    pub contested: Box<[Contested]>,
    /// What a person who is out, or is coming back, had before; each is given until they have it.
    pub restore: Option<Restore>,
    /// The licence that a default gave when Zoom was last seen to hold the object whole.
    pub default_license: Option<License>,
    /// The person has a Zoom account elsewhere and was asked to move, as far as Zoom's answer to their creation told.
    pub elsewhere: bool,
    /// What Zoom accepted without effect; not tried again before the next edit.
    pub not_applied: Box<[Box<str>]>,
    /// A call to Zoom for this object was refused.
    pub refusal: Option<Box<Refusal>>,
}

/// A field that is changed in Zoom again and again after it was put right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contested {
    /// By its path in the spec.
    pub field: Box<str>,
    /// How often it was put right lately.
    pub corrections: u32,
    /// When to do so again.
    pub again_at: Timestamp,
}

/// Zoom said no, and nothing is gained by asking again at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The edit that was refused.
    pub generation: i64,
    /// The person's row at that time.
    pub row: Option<Person>,
    /// How often it was asked in vain.
    pub attempts: u32,
    /// When to ask again without anything having changed.
    pub retry_at: Timestamp,
    /// What it means.
    pub reason: Reason,
    /// What was tried, what Zoom answered, what to do.
    pub message: String,
}

impl Refusal {
    /// Whether it still holds: nothing was edited, the person's row is the same, and the time has not come.
    #[must_use]
    pub fn stands(&self, generation: i64, row: Option<&Person>, now: Timestamp) -> bool {
        let unchanged = match (self.row.as_ref(), row) {
            (None, None) => true,
            (Some(then), Some(today)) => then.listed_equal(today),
            (None, Some(_)) | (Some(_), None) => false,
        };
        self.generation == generation && now < self.retry_at && unchanged
    }
}

impl Person {
    /// Whether the listings would show the same row.
    fn listed_equal(&self, other: &Self) -> bool {
        (&self.email, self.state, self.license, &self.role, &self.attributes)
            == (&other.email, other.state, other.license, &other.role, &other.attributes)
    }
}

impl DesiredPerson {
    /// Whether there was an edit since the last report.
    #[must_use]
    pub fn is_edited(&self) -> bool {
        self.remembered.observed_generation != Some(self.generation)
    }

    /// Whether the wish for access is newer than what was carried out.
    #[must_use]
    pub fn access_is_newer(&self) -> bool {
        self.remembered.access_generation.is_none_or(|carried_out| carried_out < self.generation)
    }

    /// Whether a person whom the directory found for this object is already managed by it. Somebody else who has the
    /// address now is not.
    pub(crate) fn manages(&self, person: &Person) -> bool {
        let Remembered { id, origin, creating, .. } = &self.remembered;
        (origin.is_some() || *creating) && (id.is_none() || *id == person.id)
    }

    /// Whether somebody else has the address now: they have another id than the person whom the object meant, or none yet,
    /// without having been invited for this object.
    pub(crate) fn meant_another(&self, person: &Person) -> bool {
        let Remembered { id, pending_since, .. } = &self.remembered;
        let is_invited = person.state == State::Pending && pending_since.is_some();
        id.is_some() && *id != person.id && !is_invited
    }

    /// Looks the person up: by id; without one, by the address under which they were seen last, by the declared one, and
    /// by those that they had before. If one of the latter was taken out since the listings, it is unknown whether the
    /// person is there: they might be in the account twice otherwise.
    #[must_use]
    pub fn find<'d>(&self, directory: &'d Directory) -> Lookup<'d> {
        let Remembered { id, email, origin, creating, .. } = &self.remembered;
        if id.is_some() {
            return directory.find(id.as_ref(), &self.email);
        }
        let last_seen = email.iter().filter(|_| origin.is_some() || *creating);
        let former = |email| match directory.find(None, email) {
            found @ Lookup::Found(_) => Some(found),
            Lookup::Absent | Lookup::Unknown => None,
        };
        let mut emails = last_seen.chain([&self.email]).chain(&self.previous_emails);
        emails.find_map(former).unwrap_or_else(|| {
            let doubtful = self.previous_emails.iter().any(|email| directory.has_left(email));
            if doubtful { Lookup::Unknown } else { directory.find(None, &self.email) }
        })
    }

    /// Whether what differs now differs because of somebody else: Zoom held this very edit before.
    #[must_use]
    pub fn drifted(&self) -> bool {
        self.remembered.synced_generation == Some(self.generation)
    }

    /// Whether another licence than the person's may be wanted although nobody touched the person: by a default that was
    /// changed, or because they get back what they had.
    pub(crate) fn licence_is_new(&self) -> bool {
        self.wanted.license.is_none()
            || (self.default_license.is_some() && self.default_license != self.remembered.default_license)
    }

    /// How operations name this person before the directory knows better.
    #[must_use]
    pub fn reference(&self) -> PersonRef {
        PersonRef {
            id: self.remembered.id.clone(),
            email: self.remembered.email.clone().unwrap_or_else(|| self.email.clone()),
        }
    }
}
