//! Whether somebody who is back in the account may be put back into a group that they were in before.

use foldhash::HashMap;

use super::{
    DesiredGroup, Membership,
    identity::{Course, Whereabouts, course},
    plan::Groups,
    roster::Wanted,
};
use crate::{FormerGroup, GroupId, Input, Person};

/// What becomes of a membership that somebody had.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Return {
    /// Nobody else decides about it: they get it back.
    Join,
    /// It cannot be told yet who decides.
    Wait,
    /// They have it, or an object sees to it.
    Over,
    /// They do not get it back, for this reason.
    Refused(String),
}

/// Decides about former memberships; who an object wants is made out once, and only where somebody is back.
pub(crate) struct Returns<'a, 'g> {
    groups: &'g Groups<'a>,
    objects: Option<Objects<'a>>,
    wanted: HashMap<&'a GroupId, Wanted<'a>>,
}

/// The objects that decide about members.
struct Objects<'a> {
    by_group: HashMap<&'a GroupId, &'a DesiredGroup>,
    /// Whether there are others of which it is not known which group they mean.
    unclear: bool,
}

impl<'a> Objects<'a> {
    fn of(groups: &Groups<'a>) -> Self {
        let Input { desired, policy, .. } = groups.input;
        let unreadable = !desired.unreadable_things.groups.is_empty();
        let mut objects = Self { by_group: HashMap::default(), unclear: unreadable || !desired.complete };
        for wish in desired.groups.iter().filter(|wish| wish.members.is_some()) {
            match groups.register.find(wish) {
                Whereabouts::Unknown => objects.unclear = true,
                Whereabouts::There(group) if wish.object.deleting => {
                    objects.by_group.entry(&group.id).or_insert(wish);
                }
                Whereabouts::There(group) => {
                    if let Course::Manage(_) = course(wish, &groups.register, policy) {
                        objects.by_group.insert(&group.id, wish);
                    }
                }
                Whereabouts::NotThere => {}
            }
        }
        objects
    }
}

impl<'a, 'g> Returns<'a, 'g> {
    pub(crate) fn of(groups: &'g Groups<'a>) -> Self {
        Self { groups, objects: None, wanted: HashMap::default() }
    }

    pub(crate) fn decide(&mut self, group: &FormerGroup, person: &Person) -> Return {
        let Input { directory, policy, .. } = self.groups.input;
        if person.is_in(&group.id) == Some(true) {
            return Return::Over;
        }
        let found = directory.group(&group.id);
        if found.is_none() && directory.complete().groups {
            return Return::Refused("it is gone".to_owned());
        }
        let objects = self.objects.get_or_insert_with(|| Objects::of(self.groups));
        if objects.unclear || policy.protected.is_unknown(directory) {
            return Return::Wait;
        }
        if found.is_some_and(|group| policy.protected.names(group)) {
            // Nothing can be taken from whoever is in it: that is nothing to come by itself.
            return Return::Refused("the connection protects whoever is in it: put them in by hand".to_owned());
        }
        let Some((id, wish)) = objects.by_group.get_key_value(&group.id) else { return Return::Join };
        let Some(members) = wish.members.as_ref().filter(|_| !wish.object.deleting) else {
            // The group may be going with its object.
            return Return::Wait;
        };
        let wanted = self.wanted.entry(*id);
        let wanted = wanted.or_insert_with(|| self.groups.roster().members(members, &self.groups.speaker(wish)));
        if wanted.names(person) {
            return Return::Over;
        }
        if wanted.unclear {
            return Return::Wait;
        }
        let was_added = person.id.as_ref().is_some_and(|id| wish.added.contains(id));
        let decides = wish.membership == Membership::Exclusive || was_added;
        if decides && wanted.is_stranger(person) {
            return Return::Refused(format!("{} decides who is in it, and does not name them", wish.object.key));
        }
        Return::Join
    }
}
