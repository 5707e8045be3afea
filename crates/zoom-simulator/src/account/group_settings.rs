//! The settings of a group, and which of them are locked (Zoom API reference, Groups: settings, lock
//! settings, registration settings).
//!
//! A settings tree has sections, sections have settings. It starts with some settings of each section, and takes any other
//! that a call brings: Zoom has several hundred of them, and adds more.

use serde_json::{Map, Value, json};

use super::{FieldError, Refusal};

/// A tree of settings as JSON.
pub(crate) type Tree = Map<String, Value>;

/// The sections that a call sees only when its `option` asks for one.
pub(crate) const OPTIONS: [&str; 3] = ["meeting_authentication", "recording_authentication", "meeting_security"];

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
    /// The whole tree: what is set over what Zoom starts with.
    pub(crate) fn tree(&self, part: Part) -> Tree {
        let (own, mut tree) = match part {
            Part::Settings => (&self.own, first_settings()),
            Part::Locks => (&self.locks, first_locks()),
            Part::Registration => (&self.registration, first_registration()),
        };
        merge(&mut tree, own);
        tree
    }

    /// Merges a change in. A setting whose type is known must keep it; lists are replaced.
    pub(crate) fn change(&mut self, part: Part, change: &Tree) -> Result<(), Refusal> {
        let mut errors = Vec::new();
        compare(&self.tree(part), change, "", &mut errors);
        if part == Part::Locks {
            locks_only(change, "", &mut errors);
        }
        if !errors.is_empty() {
            return Err(Refusal::Invalid(errors));
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

/// Puts `change` over `tree`, object by object.
fn merge(tree: &mut Tree, change: &Tree) {
    for (name, value) in change {
        match (tree.get_mut(name), value) {
            (Some(Value::Object(present)), Value::Object(change)) => merge(present, change),
            _ => {
                tree.insert(name.clone(), value.clone());
            }
        }
    }
}

/// Names what in `change` has another type than in `tree`.
fn compare(tree: &Tree, change: &Tree, path: &str, errors: &mut Vec<FieldError>) {
    for (name, value) in change {
        let field = format!("{path}{name}");
        let kind = match (tree.get(name), value) {
            (Some(Value::Object(present)), Value::Object(change)) => {
                compare(present, change, &format!("{field}."), errors);
                continue;
            }
            (None, _)
            | (Some(Value::Null), _)
            | (Some(Value::Bool(_)), Value::Bool(_))
            | (Some(Value::Number(_)), Value::Number(_))
            | (Some(Value::String(_)), Value::String(_))
            | (Some(Value::Array(_)), Value::Array(_)) => continue,
            (Some(Value::Bool(_)), _) => "true or false",
            (Some(Value::Number(_)), _) => "a number",
            (Some(Value::String(_)), _) => "a string",
            (Some(Value::Array(_)), _) => "an array",
            (Some(Value::Object(_)), _) => "an object",
        };
        errors.push(FieldError { field, message: format!("The value must be {kind}.") });
    }
}

/// A lock is on or off.
fn locks_only(change: &Tree, path: &str, errors: &mut Vec<FieldError>) {
    for (name, value) in change {
        let field = format!("{path}{name}");
        if let (true, Value::Object(section)) = (path.is_empty(), value) {
            locks_only(section, &format!("{field}."), errors);
        } else if (path.is_empty() || !value.is_boolean()) && errors.iter().all(|error| error.field != field) {
            errors.push(FieldError { field, message: "A lock must be true or false.".to_owned() });
        }
    }
}

fn tree(value: Value) -> Tree {
    if let Value::Object(tree) = value { tree } else { Tree::new() }
}

fn first_settings() -> Tree {
    tree(json!({
        "schedule_meeting": {
            "host_video": false, "participant_video": false, "audio_type": "both", "join_before_host": false,
            "mute_upon_entry": false, "upcoming_meeting_reminder": false,
            "require_password_for_scheduling_new_meetings": true, "require_password_for_instant_meetings": true,
            "pstn_password_protected": true, "embed_password_in_join_link": true,
        },
        "in_meeting": {
            "chat": true, "private_chat": true, "file_transfer": true, "screen_sharing": true, "annotation": true,
            "whiteboard": true, "waiting_room": true, "breakout_room": true, "co_host": true, "polling": true,
            "remote_control": true, "virtual_background": true, "e2e_encryption": false,
            "data_center_regions": [],
        },
        "email_notification": {
            "jbh_reminder": true, "cancel_meeting_reminder": true, "alternative_host_reminder": true,
            "schedule_for_reminder": true, "cloud_recording_available_reminder": true,
        },
        "recording": {
            "local_recording": true, "cloud_recording": false, "auto_recording": "none",
            "cloud_recording_download": true, "host_delete_cloud_recording": true,
            "auto_delete_cmr": false, "auto_delete_cmr_days": 30,
        },
        "telephony": {"third_party_audio": false, "audio_conference_info": ""},
        "audio_conferencing": {"toll_free_and_fee_based_toll_call": {"enable": false}},
        "meeting_security": {
            "waiting_room": true, "meeting_password": true, "pmi_password": true, "phone_password": true,
            "encryption_type": "enhanced_encryption", "end_to_end_encrypted_meetings": false, "auto_security": true,
        },
        "meeting_authentication": {"meeting_authentication": false, "authentication_options": []},
        "recording_authentication": {"recording_authentication": false, "authentication_options": []},
    }))
}

/// One lock for each setting, all off.
fn first_locks() -> Tree {
    let mut locks = first_settings();
    locks.retain(|section, _| !matches!(section.as_str(), "meeting_authentication" | "recording_authentication"));
    for settings in locks.values_mut().filter_map(Value::as_object_mut) {
        for value in settings.values_mut() {
            *value = Value::Bool(false);
        }
    }
    locks
}

fn first_registration() -> Tree {
    tree(json!({
        "options": {
            "host_email_notification": true, "close_registration": false,
            "allow_participants_to_join_from_multiple_devices": true, "show_social_share_buttons": true,
        },
        "questions": [],
        "approve_type": 0,
        "custom_questions": [],
    }))
}
