//! Changing a feature of many people at once (Zoom API reference, Users: bulk update features for users).

use std::collections::BTreeMap;

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
    /// What the revenue accelerator was called before.
    ZoomIqForSales,
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
    pub(crate) failed: BTreeMap<FeatureFailure, Vec<String>>,
}

/// Why somebody did not get it, in Zoom's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::IntoStaticStr)]
pub(crate) enum FeatureFailure {
    /// Also somebody who is not active: no reason fits them better.
    #[strum(serialize = "Users not found")]
    Missing,
    #[strum(serialize = "Unpaid user")]
    Unpaid,
    #[strum(serialize = "Not enough seats")]
    NoSeat,
    #[strum(serialize = "Not allowed to add basic users")]
    NoBasicSeat,
    #[strum(serialize = "Can't update for Zoom Room users")]
    Room,
    #[strum(serialize = "No need to update")]
    Same,
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
                Err(reason) => outcome.failed.entry(reason).or_default().push(key.clone()),
            }
        }
        Ok(outcome)
    }

    fn change_feature(&mut self, change: FeatureChange, key: &str) -> Result<String, FeatureFailure> {
        let person = self.people.find(key).ok_or(FeatureFailure::Missing)?;
        let State::Active { license } = person.state else { return Err(FeatureFailure::Missing) };
        let (seq, id) = (person.seq, person.id.clone());
        match change {
            FeatureChange::On if license != License::Licensed => Err(FeatureFailure::Unpaid),
            FeatureChange::On => Err(FeatureFailure::NoSeat),
            FeatureChange::Off => Err(FeatureFailure::Same),
            FeatureChange::License(wanted) if wanted == license => Err(FeatureFailure::Same),
            FeatureChange::License(_) if person.room => Err(FeatureFailure::Room),
            FeatureChange::License(wanted) => {
                self.people.seats().one_more(wanted, self.config.seats).map_err(|_| match wanted {
                    License::Basic => FeatureFailure::NoBasicSeat,
                    License::Licensed | License::Unassigned | License::None => FeatureFailure::NoSeat,
                })?;
                self.people.edit(seq, |person: &mut Person| person.state = State::Active { license: wanted });
                Ok(id)
            }
        }
    }
}
