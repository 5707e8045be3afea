//! The settings of a group, and which of them are locked (Zoom API reference, Groups: settings, lock
//! settings, registration settings).

use serde_json::{Value, json};

use super::backgrounds::Backgrounds;
use super::settings::{Tree, check, check_locks, known_locks, merge, shipped_locks, shipped_to_groups};
use super::{Account, Refusal};

/// What is set for a group.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct GroupSettings {
    /// What differs from the default.
    own: Tree,
    locks: Tree,
    registration: Tree,
    backgrounds: Backgrounds,
}

/// Which of a group's trees a call is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Settings,
    Locks,
    Registration,
}

impl GroupSettings {
    pub(crate) fn own(&self) -> &Tree {
        &self.own
    }

    pub(crate) fn locks(&self) -> &Tree {
        &self.locks
    }

    /// The whole tree: what is set over what Zoom starts with.
    pub(crate) fn tree(&self, part: Part) -> Tree {
        let (own, mut tree) = match part {
            Part::Settings => (&self.own, shipped_to_groups()),
            Part::Locks => (&self.locks, shipped_locks()),
            Part::Registration => (&self.registration, shipped_registration()),
        };
        merge(&mut tree, own);
        if part == Part::Settings {
            self.backgrounds.show_in(&mut tree);
        }
        tree
    }

    /// What is set otherwise than before, if anything.
    pub(crate) fn changed(&self, before: &Self, part: Part) -> Option<Tree> {
        if self == before {
            return None;
        }
        let (mut tree, before) = (self.tree(part), before.tree(part));
        for (section, settings) in &mut tree {
            let Some(settings) = settings.as_object_mut() else { continue };
            settings.retain(|name, value| before.get(section).and_then(|settings| settings.get(name)) != Some(value));
        }
        tree.retain(|_, settings| settings.as_object().is_some_and(|settings| !settings.is_empty()));
        (!tree.is_empty()).then_some(tree)
    }

    /// Merges a change in. A setting whose type is known must keep it; lists are replaced.
    pub(crate) fn change(&mut self, part: Part, change: &Tree) -> Result<(), Refusal> {
        match part {
            Part::Settings | Part::Registration => check(&self.tree(part), change)?,
            Part::Locks => check_locks(change)?,
        }
        let own = match part {
            Part::Settings => &mut self.own,
            Part::Locks => &mut self.locks,
            Part::Registration => &mut self.registration,
        };
        match part {
            Part::Settings | Part::Registration => merge(own, change),
            Part::Locks => merge(own, &known_locks(change)),
        }
        Ok(())
    }
}

impl Account {
    /// Adds a picture to a group's, and gives it as calls show it.
    pub(crate) fn add_group_background(&mut self, group: &str, file: &[u8]) -> Result<Value, Refusal> {
        self.group(group)?;
        let id = self.new_id();
        self.group_mut(group)?.settings.backgrounds.add(&id, file)
    }

    /// Takes pictures from a group's.
    pub(crate) fn remove_group_backgrounds(&mut self, group: &str, ids: &[&str]) -> Result<(), Refusal> {
        self.group_mut(group)?.settings.backgrounds.remove(ids)
    }
}

fn shipped_registration() -> Tree {
    let registration = json!({
        "options": {
            "host_email_notification": true, "close_registration": false,
            "allow_participants_to_join_from_multiple_devices": true, "show_social_share_buttons": true,
        },
        "questions": [],
        "approve_type": 0,
        "custom_questions": [],
    });
    if let Value::Object(tree) = registration { tree } else { Tree::new() }
}
