//! Changing a feature of many people at once (Zoom API reference, Users: bulk update features for users).

use jiff::{SignedDuration, Timestamp};

use super::person::State;
use super::{Account, License, Person, Refusal};
use crate::limits::LimitsConfig;

/// What a bulk call changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString)]
#[strum(serialize_all = "snake_case")]
pub(crate) enum Feature {
    UserType,
    ConcurrentMeeting,
    LargeMeeting,
    Webinar,
    ZoomEvents,
    ZoomWhiteboard,
    PlanUnitedType,
    ZoomOneType,
    ZoomRevenueAccelerator,
    ZoomClipsPlus,
}

/// A change as asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FeatureChange {
    License(License),
    /// Something of which the account bought no licence.
    On,
    Off,
}

/// Who got it and who did not, with the reason.
#[derive(Debug, Default)]
pub(crate) struct FeatureOutcome {
    pub(crate) changed: Vec<String>,
    pub(crate) failed: Vec<(String, String)>,
}

impl Account {
    /// Changes people one by one; one call in ten seconds.
    pub(crate) fn change_features(
        &mut self,
        change: FeatureChange,
        keys: &[String],
        now: Timestamp,
    ) -> Result<FeatureOutcome, Refusal> {
        let again = self.features_changed_at.is_some_and(|at| now.duration_since(at) < SignedDuration::from_secs(10));
        if again && self.config.limits != LimitsConfig::Off {
            return Err(Refusal::PerSecondLimit);
        }
        self.features_changed_at = Some(now);
        let mut outcome = FeatureOutcome::default();
        for key in keys {
            match self.change_feature(change, key) {
                Ok(id) => outcome.changed.push(id),
                Err(reason) => outcome.failed.push((key.clone(), reason)),
            }
        }
        Ok(outcome)
    }

    fn change_feature(&mut self, change: FeatureChange, key: &str) -> Result<String, String> {
        let person = self.people.find(key).ok_or_else(|| "User does not exist.".to_owned())?;
        let State::Active { license } = person.state else { return Err("The user is not active.".to_owned()) };
        let (seq, id) = (person.seq, person.id.clone());
        match change {
            FeatureChange::On if license != License::Licensed => Err("The user is not a paid user.".to_owned()),
            FeatureChange::On => Err("There are not enough seats.".to_owned()),
            FeatureChange::Off => Err("No need to update.".to_owned()),
            FeatureChange::License(wanted) if wanted == license => Err("No need to update.".to_owned()),
            FeatureChange::License(_) if person.room => Err("The user is a Zoom Rooms user.".to_owned()),
            FeatureChange::License(wanted) => {
                self.people.seats().one_more(wanted, self.config.seats).map_err(|_| "There are not enough seats.")?;
                self.people.edit(seq, |person: &mut Person| person.state = State::Active { license: wanted });
                Ok(id)
            }
        }
    }
}
