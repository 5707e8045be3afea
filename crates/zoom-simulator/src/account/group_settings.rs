//! The settings of a group, and which of them are locked (Zoom API reference, Groups: settings, lock
//! settings, registration settings).

use serde_json::{Value, json};

use super::Refusal;
use super::settings::{Tree, check, check_locks, merge, shipped_locks, shipped_to_groups};

/// What is set for a group.
#[derive(Clone, Debug, Default)]
pub(crate) struct GroupSettings {
    /// What differs from the default.
    own: Tree,
    locks: Tree,
    registration: Tree,
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
        tree
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
        merge(own, change);
        Ok(())
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
