//! Which object speaks for a group, role or contact group, and what is to become of the thing as such.

use std::{collections::BTreeMap, hash::Hash};

use foldhash::{HashMap, HashMapExt as _};
use jiff::Timestamp;

use super::{
    ContactGroup, DesiredContactGroup, DesiredGroup, DesiredRole, Group, Memory, NamedClaim, Object, ThingRemoval,
};
use crate::{
    Access, Adoption, Asks, ContactGroupId, GroupId, Mode, ObjectKey, Origin, Policy, Reason, Role, RoleId, Verdict,
};

/// Something in an account that has an id and a name of its own.
pub(crate) trait Thing {
    type Id: AsRef<str> + Eq;
    fn id(&self) -> &Self::Id;
    fn name(&self) -> &str;
}

/// An object that wants one.
pub(crate) trait Wish: Asks {
    type Thing: Thing;
    /// What the thing is called in sentences.
    const WORD: &'static str;
    fn object(&self) -> &Object;
    fn name(&self) -> &str;
    fn memory(&self) -> &Memory<<Self::Thing as Thing>::Id>;
    fn removal(&self) -> Option<ThingRemoval>;
}

macro_rules! thing {
    ($thing:ty, $id:ty) => {
        impl Thing for $thing {
            type Id = $id;
            fn id(&self) -> &$id {
                &self.id
            }
            fn name(&self) -> &str {
                &self.name
            }
        }
    };
}

macro_rules! wish {
    ($wish:ty, $thing:ty, $id:ty, $word:literal) => {
        impl Wish for $wish {
            type Thing = $thing;
            const WORD: &'static str = $word;
            fn object(&self) -> &Object {
                &self.object
            }
            fn name(&self) -> &str {
                &self.name
            }
            fn memory(&self) -> &Memory<$id> {
                &self.memory
            }
            fn removal(&self) -> Option<ThingRemoval> {
                self.removal
            }
        }
    };
}

thing!(Group, GroupId);
thing!(Role, RoleId);
thing!(ContactGroup, ContactGroupId);
wish!(DesiredGroup, Group, GroupId, "group");
wish!(DesiredRole, Role, RoleId, "role");
wish!(DesiredContactGroup, ContactGroup, ContactGroupId, "contact group");

/// Names are compared trimmed and without case: whether Zoom holds two apart that differ only so is not documented.
pub(crate) fn folded(name: &str) -> String {
    name.trim().to_lowercase()
}

/// What is known of the thing that an object means.
pub(crate) enum Whereabouts<'a, T> {
    There(&'a T),
    NotThere,
    /// The listing was not complete: nothing follows.
    Unknown,
}

impl<T> Clone for Whereabouts<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Whereabouts<'_, T> {}

/// The things of one kind, and the objects that speak for them.
pub(crate) struct Register<'a, W: Wish> {
    by_id: HashMap<&'a str, &'a W::Thing>,
    by_name: HashMap<String, &'a W::Thing>,
    complete: bool,
    /// The best claim on each id and each name.
    holders: HashMap<Place<'a>, &'a W>,
    unreadable: BTreeMap<String, &'a ObjectKey>,
}

/// What names a thing.
#[derive(PartialEq, Eq, Hash)]
enum Place<'a> {
    Id(&'a str),
    Name(String),
}

impl<'a, W: Wish> Register<'a, W> {
    pub(crate) fn of(
        wishes: &'a [W],
        things: &'a [W::Thing],
        complete: bool,
        unreadable: &'a [NamedClaim],
        access: &Access,
    ) -> Self {
        let mut register = Self {
            by_id: things.iter().map(|thing| (thing.id().as_ref(), thing)).collect(),
            by_name: HashMap::with_capacity(things.len()),
            complete,
            holders: HashMap::with_capacity(wishes.len()),
            unreadable: BTreeMap::new(),
        };
        for thing in things {
            // Of two whose names differ in case alone, the one with the lower id: the order of the input is no reason.
            let known = register.by_name.entry(folded(thing.name())).or_insert(thing);
            if thing.id().as_ref() < known.id().as_ref() {
                *known = thing;
            }
        }
        // What is not permitted claims nothing.
        for wish in wishes.iter().filter(|wish| !wish.object().deleting && access.permits(*wish)) {
            for place in register.places(wish) {
                let holder = register.holders.get(&place).copied();
                if holder.is_none_or(|holder| register.precedence(wish) < register.precedence(holder)) {
                    register.holders.insert(place, wish);
                }
            }
        }
        for NamedClaim { object, id, name } in unreadable.iter().filter(|claim| access.covers(&claim.object.namespace))
        {
            let names = id.iter().map(ToString::to_string).chain(name.iter().map(|name| folded(name)));
            for name in names {
                let known = register.unreadable.entry(name).or_insert(object);
                *known = object.min(known);
            }
        }
        register
    }

    /// The thing that an object means: the one that it holds, else the one of its name.
    pub(crate) fn find(&self, wish: &W) -> Whereabouts<'a, W::Thing> {
        let by_id = wish.memory().id.as_ref().and_then(|id| self.by_id.get(id.as_ref()));
        match by_id.or_else(|| self.by_name.get(&folded(wish.name()))) {
            Some(thing) => Whereabouts::There(thing),
            None if self.complete => Whereabouts::NotThere,
            None => Whereabouts::Unknown,
        }
    }

    /// The thing with an id.
    pub(crate) fn by_id(&self, id: &str) -> Option<&'a W::Thing> {
        self.by_id.get(id).copied()
    }

    /// The thing of a name, whoever it belongs to.
    pub(crate) fn named(&self, name: &str) -> Option<&'a W::Thing> {
        self.by_name.get(&folded(name)).copied()
    }

    /// The other live object that goes before this one, if there is one.
    pub(crate) fn winner(&self, wish: &W) -> Option<&'a ObjectKey> {
        self.unreadable_claimant(wish).or_else(|| {
            let holders = self.places(wish).into_iter().filter_map(|place| self.holders.get(&place));
            holders.map(|holder| &holder.object().key).find(|holder| **holder != wish.object().key)
        })
    }

    /// The live object that claims a thing, readable or not.
    pub(crate) fn claimant(&self, id: &str, name: &str) -> Option<&'a ObjectKey> {
        let unreadable = || self.unreadable.get(id).or_else(|| self.unreadable.get(&folded(name))).copied();
        let places = [Place::Id(id), Place::Name(folded(name))];
        let held = || places.iter().find_map(|place| self.holders.get(place)).map(|wish| &wish.object().key);
        unreadable().or_else(held)
    }

    fn unreadable_claimant(&self, wish: &W) -> Option<&'a ObjectKey> {
        if self.unreadable.is_empty() {
            return None;
        }
        let id = match self.find(wish) {
            Whereabouts::There(thing) => self.unreadable.get(thing.id().as_ref()),
            Whereabouts::NotThere | Whereabouts::Unknown => None,
        };
        id.or_else(|| self.unreadable.get(&folded(wish.name()))).copied()
    }

    fn places(&self, wish: &W) -> Vec<Place<'a>> {
        let found = match self.find(wish) {
            Whereabouts::There(thing) => Some(Place::Id(thing.id().as_ref())),
            Whereabouts::NotThere | Whereabouts::Unknown => None,
        };
        found.into_iter().chain([Place::Name(folded(wish.name()))]).collect()
    }

    /// Lower goes first: who holds the id, then the older, then by name.
    fn precedence(&self, wish: &'a W) -> (bool, Timestamp, &'a ObjectKey) {
        let holds_id = match (self.find(wish), &wish.memory().id) {
            (Whereabouts::There(thing), Some(id)) => thing.id() == id,
            (Whereabouts::NotThere | Whereabouts::Unknown, Some(_)) => true,
            (_, None) => false,
        };
        (!holds_id, wish.object().created, &wish.object().key)
    }
}

/// What is to become of the thing as such.
pub(crate) enum Course<'a, T> {
    /// It is there, and this object's to manage.
    Manage(&'a T),
    /// It is to be made.
    Create,
    /// Nothing can be done now.
    Rest(Verdict),
}

/// Decides about one live object's thing.
pub(crate) fn course<'a, W: Wish>(wish: &W, register: &Register<'a, W>, policy: &Policy) -> Course<'a, W::Thing> {
    let rest = |reason, message: String| Course::Rest(Verdict::new(reason, message));
    if let Some(message) = policy.access.refusal(wish) {
        return rest(Reason::NotPermitted, message);
    }
    if policy.mode == Mode::Suspend {
        return rest(Reason::Suspended, "the connection is suspended: Zoom is neither read nor written".to_owned());
    }
    if let Some(winner) = register.winner(wish) {
        let message = format!(
            "the {} {:?} is claimed by {winner}, which goes first; delete one of the two objects, or give this one \
             another spec.name",
            W::WORD,
            wish.name()
        );
        return rest(Reason::ClaimedByAnother, message);
    }
    match register.find(wish) {
        Whereabouts::Unknown => {
            rest(Reason::WaitingForListing, format!("the account's {}s were not listed completely yet", W::WORD))
        }
        Whereabouts::There(thing) if policy.adoption == Adoption::Never && !manages(wish, thing) => {
            let message = format!(
                "the {} {:?} is in the account already, and the connection's adoption is Never: set it to ByEmail, or \
                 delete this object",
                W::WORD,
                thing.name()
            );
            rest(Reason::AdoptionRefused, message)
        }
        Whereabouts::There(thing) => Course::Manage(thing),
        Whereabouts::NotThere if wish.memory().seen_generation.is_some_and(|seen| seen >= wish.object().generation) => {
            let message = format!(
                "the {} was deleted in Zoom and is not made again on its own: edit this object to bring it back, or \
                 delete it",
                W::WORD
            );
            rest(Reason::RemovedInZoom, message)
        }
        Whereabouts::NotThere => Course::Create,
    }
}

/// Whether a thing that was found for this object is already managed by it. Another one that has the name now is not.
pub(crate) fn manages<W: Wish>(wish: &W, thing: &W::Thing) -> bool {
    let Memory { id, origin, creating, .. } = wish.memory();
    (origin.is_some() || *creating) && id.as_ref().is_none_or(|id| id == thing.id())
}

/// What becomes of the thing when this object is deleted. What the operator made goes, what was there before stays.
pub(crate) fn deletes<W: Wish>(wish: &W) -> bool {
    match (wish.removal(), wish.memory().origin, wish.memory().creating) {
        (Some(ThingRemoval::Delete), origin, creating) => origin.is_some() || creating,
        (Some(ThingRemoval::Retain), _, _) | (None, Some(Origin::Adopted), _) | (None, None, false) => false,
        (None, Some(Origin::Created), _) | (None, None, true) => true,
    }
}
