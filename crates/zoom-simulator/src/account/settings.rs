//! Settings of people, groups and the account: trees of sections and settings, where each layer holds only what it
//! sets over the one below (Zoom API reference, Users and Groups: settings).
//!
//! The simulator starts with some settings of each section, and takes any other that a call brings: Zoom has several
//! hundred of them, and adds more.

use std::sync::LazyLock;

use serde_json::{Map, Value};

use super::{FieldError, Refusal};

/// A tree of settings as JSON.
pub(crate) type Tree = Map<String, Value>;

/// The sections that a call sees only when its `option` asks for one.
const OPTIONS: [&str; 3] = ["meeting_authentication", "recording_authentication", "meeting_security"];

/// The sections whose settings a group or the account can lock.
const LOCKABLE: [&str; 7] = [
    "schedule_meeting",
    "in_meeting",
    "email_notification",
    "recording",
    "telephony",
    "audio_conferencing",
    "meeting_security",
];

/// Settings that can be locked besides those that a tree of settings shows (Zoom API reference, Groups and Accounts: lock
/// settings, of 2021 and as Zoom's Rivet library has them).
const MORE_LOCKS: [(&str, &[&str]); 3] = [
    (
        "schedule_meeting",
        &[
            "always_display_zoom_webinar_as_topic",
            "continuous_meeting_chat",
            "enforce_login",
            "enforce_login_domains",
            "enforce_login_with_domains",
            "meeting_authentication",
            "not_store_meeting_topic",
        ],
    ),
    (
        "in_meeting",
        &[
            "alert_guest_join",
            "allow_users_to_delete_messages_in_meeting_chat",
            "anonymous_question_answer",
            "attention_mode_focus_mode",
            "auto_answer",
            "auto_generated_captions",
            "disable_screen_sharing_for_host_meetings",
            "disable_screen_sharing_for_in_meeting_guests",
            "dscp_marking",
            "full_transcript",
            "language_interpretation",
            "manual_captions",
            "meeting_question_answer",
            "meeting_survey",
            "original_audio",
            "request_permission_to_unmute_participants",
            "save_caption",
            "save_captions",
            "sending_default_email_invites",
            "show_a_join_from_your_browser_link",
            "show_browser_join_link",
            "sign_language_interpretation",
            "slide_control",
            "stereo_audio",
            "use_html_format_email",
            "webinar_chat",
            "webinar_group_hd",
            "webinar_live_streaming",
            "webinar_polling",
            "webinar_question_answer",
            "webinar_reactions",
            "webinar_survey",
        ],
    ),
    (
        "recording",
        &["account_user_access_recording", "archive", "prevent_host_access_recording", "recording_authentication"],
    ),
];

/// The sections that only people have.
const PERSONAL: [&str; 4] = ["feature", "tsp", "profile", "whiteboard"];

/// Settings that take one of a few texts.
const CHOICES: [(&str, &[&str]); 8] = [
    ("audio_type", &["both", "telephony", "voip", "thirdParty"]),
    ("require_password_for_pmi_meetings", &["jbh_only", "all", "none"]),
    ("entry_exit_chime", &["host", "all", "none"]),
    ("who_can_share_screen", &["host", "all"]),
    ("who_can_share_screen_when_someone_is_sharing", &["host", "all"]),
    ("auto_recording", &["local", "cloud", "none"]),
    ("encryption_type", &["enhanced_encryption", "e2ee"]),
    ("concurrent_meeting", &["Basic", "Plus", "None"]),
];

static SHIPPED: LazyLock<Tree> = LazyLock::new(|| {
    serde_json::from_str(include_str!("settings.json")).unwrap_or_else(|error| {
        tracing::error!(%error, "the built-in settings cannot be read");
        Tree::new()
    })
});

/// What Zoom starts a person with.
pub(crate) fn shipped() -> Tree {
    SHIPPED.clone()
}

/// What Zoom starts a group with.
pub(crate) fn shipped_to_groups() -> Tree {
    let sections = SHIPPED.iter().filter(|(section, _)| !PERSONAL.contains(&section.as_str()));
    sections.map(|(section, settings)| (section.clone(), settings.clone())).collect()
}

/// One lock for each setting, all off.
pub(crate) fn shipped_locks() -> Tree {
    let sections = SHIPPED.iter().filter(|(section, _)| LOCKABLE.contains(&section.as_str()));
    let unlocked = |section: &str, settings: &Value| {
        let names = settings.as_object().into_iter().flat_map(Tree::keys).map(String::as_str);
        names.chain(more_locks(section).iter().copied()).map(|name| (name.to_owned(), Value::Bool(false))).collect()
    };
    sections.map(|(section, settings)| (section.clone(), unlocked(section, settings))).collect()
}

fn more_locks(section: &str) -> &'static [&'static str] {
    MORE_LOCKS.iter().find(|(of, _)| *of == section).map_or(&[], |(_, names)| names)
}

/// Whether a setting is one that can be locked.
pub(crate) fn lockable(section: &str, name: &str) -> bool {
    let shown = || SHIPPED.get(section).is_some_and(|settings| settings.get(name).is_some());
    LOCKABLE.contains(&section) && (shown() || more_locks(section).contains(&name))
}

/// A change of locks without those of settings that cannot be locked: like other fields that a call does not know, they are
/// ignored.
pub(super) fn known_locks(change: &Tree) -> Tree {
    let mut change = change.clone();
    remove(&mut change, |section, name| !lockable(section, name));
    change.retain(|_, locks| locks.as_object().is_some_and(|locks| !locks.is_empty()));
    change
}

/// A tree of locks with these settings locked, each as `section.name`.
pub(super) fn locked(settings: &[String]) -> Tree {
    let mut tree = Tree::new();
    for (section, name) in settings.iter().filter_map(|setting| setting.split_once('.')) {
        let lock = Tree::from_iter([(name.to_owned(), Value::Bool(true))]);
        merge(&mut tree, &Tree::from_iter([(section.to_owned(), Value::Object(lock))]));
    }
    tree
}

/// Puts `change` over `tree`, object by object.
pub(crate) fn merge(tree: &mut Tree, change: &Tree) {
    for (name, value) in change {
        match (tree.get_mut(name), value) {
            (Some(Value::Object(present)), Value::Object(change)) => merge(present, change),
            _ => {
                tree.insert(name.clone(), value.clone());
            }
        }
    }
}

/// Checks a change of settings: what has a type in `tree` must keep it.
pub(crate) fn check(tree: &Tree, change: &Tree) -> Result<(), Refusal> {
    let mut errors = Vec::new();
    compare(tree, change, "", &mut errors);
    finish(errors)
}

/// Checks a change of locks: each is on or off.
pub(crate) fn check_locks(change: &Tree) -> Result<(), Refusal> {
    let mut errors = Vec::new();
    for (section, locks) in change {
        let Value::Object(locks) = locks else {
            errors.push(FieldError { field: section.clone(), message: "The value must be an object.".to_owned() });
            continue;
        };
        for (name, _) in locks.iter().filter(|(_, value)| !value.is_boolean()) {
            let message = "A lock must be true or false.".to_owned();
            errors.push(FieldError { field: format!("{section}.{name}"), message });
        }
    }
    finish(errors)
}

fn finish(errors: Vec<FieldError>) -> Result<(), Refusal> {
    if errors.is_empty() { Ok(()) } else { Err(Refusal::Invalid(errors)) }
}

/// Names what in `change` has another type than in `tree`, or is none of the texts that the setting takes.
fn compare(tree: &Tree, change: &Tree, path: &str, errors: &mut Vec<FieldError>) {
    for (name, value) in change {
        let field = format!("{path}{name}");
        let choices = CHOICES.iter().find(|(choice, _)| choice == name).map(|(_, choices)| *choices);
        let message = match (tree.get(name), value) {
            (Some(Value::Object(present)), Value::Object(change)) => {
                compare(present, change, &format!("{field}."), errors);
                continue;
            }
            (Some(Value::String(_)), Value::String(text)) => match choices {
                Some(choices) if !choices.contains(&text.as_str()) => format!("one of {}", choices.join(", ")),
                Some(_) | None if text.chars().count() > 2048 => "a string of at most 2048 characters".to_owned(),
                Some(_) | None => continue,
            },
            (None, _)
            | (Some(Value::Null), _)
            | (Some(Value::Bool(_)), Value::Bool(_))
            | (Some(Value::Number(_)), Value::Number(_))
            | (Some(Value::Array(_)), Value::Array(_)) => continue,
            (Some(Value::Bool(_)), _) => "true or false".to_owned(),
            (Some(Value::Number(_)), _) => "a number".to_owned(),
            (Some(Value::String(_)), _) => "a string".to_owned(),
            (Some(Value::Array(_)), _) => "an array".to_owned(),
            (Some(Value::Object(_)), _) => "an object".to_owned(),
        };
        errors.push(FieldError { field, message: format!("The value must be {message}.") });
    }
}

/// Whether a tree of locks has a setting locked.
pub(crate) fn is_locked(locks: &Tree, section: &str, name: &str) -> bool {
    locks.get(section).and_then(|section| section.get(name)) == Some(&Value::Bool(true))
}

/// Every setting that a tree names, by section and name.
pub(crate) fn names(tree: &Tree) -> impl Iterator<Item = (&str, &str)> {
    let settings = tree.iter().filter_map(|(section, settings)| Some((section, settings.as_object()?)));
    settings.flat_map(|(section, settings)| settings.keys().map(move |name| (section.as_str(), name.as_str())))
}

/// Takes settings out of a tree.
pub(crate) fn remove(tree: &mut Tree, unwanted: impl Fn(&str, &str) -> bool) {
    for (section, settings) in tree.iter_mut() {
        if let Some(settings) = settings.as_object_mut() {
            settings.retain(|name, _| !unwanted(section, name));
        }
    }
}

/// What a call on settings is about: the section that `option` names, or all others; and of a read, the settings that
/// `custom_query_fields` names.
#[derive(Clone, Debug, Default)]
pub(crate) struct SettingsQuery {
    option: Option<&'static str>,
    fields: Vec<String>,
}

impl SettingsQuery {
    pub(crate) fn read(option: Option<&str>, fields: Option<&str>) -> Result<Self, Refusal> {
        let named = option.filter(|option| !option.is_empty());
        let option = named.map(|option| OPTIONS.into_iter().find(|known| *known == option));
        if option == Some(None) {
            return Err(Refusal::field("option", format!("The value must be one of {}.", OPTIONS.join(", "))));
        }
        let fields = fields.unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty());
        Ok(Self { option: option.flatten(), fields: fields.map(str::to_owned).collect() })
    }

    /// What a read shows of a tree. The authentication settings stand at the top of their answer.
    pub(crate) fn pick(&self, mut tree: Tree) -> Tree {
        self.retain_sections(&mut tree);
        if !self.fields.is_empty() {
            remove(&mut tree, |_, name| !self.fields.iter().any(|field| field == name));
            tree.retain(|_, settings| settings.as_object().is_none_or(|settings| !settings.is_empty()));
        }
        match self.option.filter(|option| option.ends_with("_authentication")).and_then(|option| tree.remove(option)) {
            Some(Value::Object(settings)) => settings,
            _ => tree,
        }
    }

    /// What a change may reach of a tree.
    pub(crate) fn reach(&self, mut change: Tree) -> Tree {
        if let Some(option) = self.option.filter(|option| change.get(*option).is_some_and(Value::is_boolean)) {
            return Tree::from_iter([(option.to_owned(), Value::Object(change))]);
        }
        self.retain_sections(&mut change);
        change
    }

    fn retain_sections(&self, tree: &mut Tree) {
        tree.retain(|section, _| match self.option {
            Some(option) => section == option,
            None => !OPTIONS.contains(&section.as_str()),
        });
    }
}
