//! The settings of people, with what the account, their groups and the locks make of them.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::backgrounds::Backgrounds;
use super::person::State;
use super::settings::{Tree, check, check_locks, is_locked, known_locks, merge, names, remove, shipped, shipped_locks};
use super::{Account, FieldError, License, Person, Refusal, Seq};
use crate::quirks::LockedSettings;

impl Account {
    /// The settings that hold for somebody: Zoom's, the account's, their primary group's, and their own where nothing
    /// locks them.
    pub(crate) fn settings_of(&self, key: &str, now: Timestamp) -> Result<Tree, Refusal> {
        let person = self.who_has_settings(key, now)?;
        let mut tree = shipped();
        merge(&mut tree, &self.settings);
        if let Some(primary) = person.groups.first().and_then(|id| self.groups.get(id)) {
            merge(&mut tree, primary.settings.own());
        }
        if let Some(own) = &person.settings {
            let mut own = Tree::clone(own);
            remove(&mut own, |section, name| self.locks_for(person, section, name));
            merge(&mut tree, &own);
        }
        if let Some(backgrounds) = &person.backgrounds {
            backgrounds.show_in(&mut tree);
        }
        let capacity = match person.license() {
            License::Licensed => 300,
            License::Basic | License::Unassigned | License::None => 100,
        };
        if let Some(features) = tree.get_mut("feature").and_then(Value::as_object_mut) {
            features.insert("meeting_capacity".to_owned(), json!(capacity));
        }
        Ok(tree)
    }

    /// Changes somebody's settings; what is locked for them is kept or refused, as the account's quirks say.
    pub(crate) fn change_settings(&mut self, key: &str, mut change: Tree, now: Timestamp) -> Result<(), Refusal> {
        let person = self.whose_settings_can_change(key, now)?;
        check(&shipped(), &change)?;
        check_features(person, &change)?;
        if self.config.quirks.locked_settings == LockedSettings::Refused {
            let locked = names(&change).filter(|(section, name)| self.locks_for(person, section, name));
            let message = "The setting is locked.";
            let errors: Vec<_> = locked
                .map(|(section, name)| FieldError { field: format!("{section}.{name}"), message: message.to_owned() })
                .collect();
            if !errors.is_empty() {
                return Err(Refusal::Invalid(errors));
            }
        }
        change.remove("feature");
        remove(&mut change, |section, name| self.locks_for(person, section, name));
        let seq = person.seq;
        self.people.edit(seq, |person| merge(person.settings.get_or_insert_default(), &change));
        Ok(())
    }

    /// Adds a picture to somebody's backgrounds, and gives it as calls show it.
    pub(crate) fn add_user_background(&mut self, key: &str, file: &[u8], now: Timestamp) -> Result<Value, Refusal> {
        let seq = self.whose_settings_can_change(key, now)?.seq;
        let id = self.new_id();
        self.edit_backgrounds(seq, |backgrounds| backgrounds.add(&id, file))
    }

    /// Takes pictures from somebody's backgrounds.
    pub(crate) fn remove_user_backgrounds(&mut self, key: &str, ids: &[&str], now: Timestamp) -> Result<(), Refusal> {
        let seq = self.whose_settings_can_change(key, now)?.seq;
        self.edit_backgrounds(seq, |backgrounds| backgrounds.remove(ids))
    }

    fn edit_backgrounds<T>(
        &mut self,
        seq: Seq,
        edit: impl FnOnce(&mut Backgrounds) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let mut backgrounds = self.people.at(seq).and_then(|person| person.backgrounds.clone()).unwrap_or_default();
        let edited = edit(&mut backgrounds)?;
        self.people.edit(seq, |person| person.backgrounds = Some(backgrounds));
        Ok(edited)
    }

    /// Whether the account or any of a person's groups has locked a setting.
    fn locks_for(&self, person: &Person, section: &str, name: &str) -> bool {
        let groups = person.groups.iter().filter_map(|id| self.groups.get(id));
        is_locked(&self.locks, section, name)
            || groups.into_iter().any(|group| is_locked(group.settings.locks(), section, name))
    }

    pub(crate) fn account_settings(&self) -> Tree {
        let mut tree = shipped();
        merge(&mut tree, &self.settings);
        tree
    }

    pub(crate) fn change_account_settings(&mut self, mut change: Tree) -> Result<(), Refusal> {
        check(&shipped(), &change)?;
        change.remove("feature");
        merge(&mut self.settings, &change);
        Ok(())
    }

    pub(crate) fn account_locks(&self) -> Tree {
        let mut tree = shipped_locks();
        merge(&mut tree, &self.locks);
        tree
    }

    pub(crate) fn change_account_locks(&mut self, change: &Tree) -> Result<(), Refusal> {
        check_locks(change)?;
        merge(&mut self.locks, &known_locks(change));
        Ok(())
    }

    fn whose_settings_can_change(&self, key: &str, now: Timestamp) -> Result<&Person, Refusal> {
        let person = self.who_has_settings(key, now)?;
        if matches!(person.state, State::Inactive { .. }) {
            return Err(Refusal::NotPermitted(format!("The user {} is deactivated.", person.email)));
        }
        Ok(person)
    }

    /// Pending people have no settings yet (moodle-mod_zoom issue 131).
    fn who_has_settings(&self, key: &str, now: Timestamp) -> Result<&Person, Refusal> {
        let person = self.read(key, now)?;
        match person.state {
            State::Pending { .. } => {
                Err(Refusal::StateForbids(format!("The user {} has not accepted the invitation.", person.email)))
            }
            State::Active { .. } | State::Inactive { .. } => Ok(person),
        }
    }
}

/// Features that need a licence of their own, of which the account has none.
fn check_features(person: &Person, change: &Tree) -> Result<(), Refusal> {
    let Some(features) = change.get("feature").and_then(Value::as_object) else { return Ok(()) };
    for (name, wanted) in features {
        let asks = wanted == &Value::Bool(true) || (name == "concurrent_meeting" && wanted != "None");
        match (asks, person.license(), name.as_str()) {
            (false, _, _) => {}
            (true, License::Licensed, _) => {
                return Err(Refusal::NotPermitted(format!("You can add max 0 {name} users.")));
            }
            (true, _, "webinar") => return Err(Refusal::WebinarForbidden),
            (true, _, _) => {
                let message = "only Licensed or On-prem users can enable the feature";
                return Err(Refusal::TypeForbids(message.to_owned()));
            }
        }
    }
    Ok(())
}
