//! Seats: what was bought against what active and pending people take.

use super::person::License;
use super::refusal::Refusal;
use crate::config::Seats;

/// Seats taken by people of one licence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) active: u32,
    pub(crate) pending: u32,
}

impl Taken {
    pub(crate) fn total(self) -> u32 {
        self.active.saturating_add(self.pending)
    }
}

/// Seats taken in an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SeatUse {
    pub(crate) licensed: Taken,
    pub(crate) basic: Taken,
    pub(crate) rooms: u32,
}

impl SeatUse {
    /// Whether one more person may have the licence. Active people alone filling the seats is 2034 (or 2033 for
    /// Basic); pending ones tipping it is 3412, whose text speaks of the pending list.
    pub(crate) fn one_more(self, license: License, bought: Seats) -> Result<(), Refusal> {
        let (taken, limit) = match license {
            License::Licensed => (self.licensed, Some(bought.licensed)),
            License::Basic => (self.basic, bought.basic),
            License::Unassigned | License::None => return Ok(()),
        };
        match limit {
            Some(limit) if taken.active >= limit => Err(match license {
                License::Basic => Refusal::NoBasicSeat { limit },
                License::Licensed | License::Unassigned | License::None => Refusal::NoLicensedSeat { limit },
            }),
            Some(limit) if taken.total() >= limit => Err(Refusal::SeatsHeldByPending { limit }),
            Some(_) | None => Ok(()),
        }
    }
}
