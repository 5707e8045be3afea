//! The settings of a group, and which of them are locked (Zoom API reference, Groups: settings, lock
//! settings, registration settings).

use serde_json::{Value, json};

use super::settings::{Tree, check, check_locks, merge, shipped_locks, shipped_to_groups};
use super::{Account, Refusal};

/// What is set for a group.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct GroupSettings {
    /// What differs from the default.
    own: Tree,
    locks: Tree,
    registration: Tree,
    /// Pictures to choose a virtual background from.
    backgrounds: Vec<Value>,
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
            let files = json!({"virtual_background_settings": {"files": self.backgrounds}});
            merge(&mut tree, &Tree::from_iter([("in_meeting".to_owned(), files)]));
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
        merge(own, change);
        Ok(())
    }
}

/// What an image may be and how many a group may have (Zoom API reference, Groups: virtual background files).
const IMAGE_LIMIT: usize = 15 << 20;
const IMAGES: usize = 10;

impl Account {
    /// Adds a picture to choose a background from, and gives it as calls show it. Its bytes are not kept.
    pub(crate) fn add_background(&mut self, group: &str, file: &[u8]) -> Result<Value, Refusal> {
        self.group(group)?;
        let kind = match file {
            [0x89, b'P', b'N', b'G', ..] => "png",
            [0xff, 0xd8, 0xff, ..] => "jpg",
            _ => return Err(Refusal::Upload("Only jpg/jpeg or png image file can be uploaded.")),
        };
        if file.len() > IMAGE_LIMIT {
            return Err(Refusal::Upload("File size cannot exceed 15M."));
        }
        let id = self.new_id();
        let files = &mut self.group_mut(group)?.settings.backgrounds;
        if files.len() >= IMAGES {
            return Err(Refusal::Upload("A maximum of 10 files are allowed for a user."));
        }
        let name = format!("{id}.{kind}");
        let background =
            json!({"id": id, "name": name, "type": "image", "size": file.len().to_string(), "is_default": false});
        files.push(background.clone());
        Ok(background)
    }

    /// Takes backgrounds away; all of them must be there.
    pub(crate) fn remove_backgrounds(&mut self, group: &str, ids: &[&str]) -> Result<(), Refusal> {
        let files = &mut self.group_mut(group)?.settings.backgrounds;
        let has = |file: &Value, id: &str| file.get("id").and_then(Value::as_str) == Some(id);
        if ids.is_empty() || ids.iter().any(|id| files.iter().all(|file| !has(file, id))) {
            return Err(Refusal::BadRequest("Invalid parameter: file_ids.".to_owned()));
        }
        files.retain(|file| ids.iter().all(|id| !has(file, id)));
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
