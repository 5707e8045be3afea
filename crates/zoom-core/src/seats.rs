//! Seats: who gets a licence when fewer are free than are asked for.
//!
//! What frees a seat takes something from somebody, so it is a record and runs before people's own operations; the plan
//! is made anew after it. Only seats that are free already are given away here, and nobody loses theirs to somebody else.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::{
    Directory, License, ObjectKey, ObservedLicense, Operation, PersonPlan, Plan, Reason, Step, Verdict, input::Input,
    planned::Live,
};

/// How long nobody asks for a seat after Zoom said that there is none.
const PATIENCE: SignedDuration = SignedDuration::from_mins(5);

/// What is known of an account's seats: from the usage of its plan, where the app may read it, and from what Zoom refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seats {
    plan: Option<PlanSeats>,
    full: BTreeMap<License, Full>,
}

/// The seats of the licence `Licensed` that an account has bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlanSeats {
    bought: usize,
    /// Seats that are used beyond the people whom the listings show with the licence; fewer than none where something
    /// else pays for some of these people, such as a bundle.
    hidden: i64,
}

/// Zoom refused a seat.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Full {
    /// How many people had the licence then.
    taken: usize,
    /// When to ask again.
    until: Timestamp,
    /// What Zoom said.
    answer: Box<str>,
}

impl PlanSeats {
    /// Seats as Zoom counts them, when `shown` active and pending people had the licence.
    #[must_use]
    pub fn new(bought: usize, used: usize, shown: usize) -> Self {
        let number = |count| i64::try_from(count).unwrap_or(i64::MAX);
        Self { bought, hidden: number(used).saturating_sub(number(shown)) }
    }

    /// The same seats as another count of them, which was made when nobody was just being given or losing the licence.
    #[must_use]
    pub fn counted_like(self, other: Self) -> Self {
        Self { hidden: other.hidden, ..self }
    }

    fn used(self, taken: usize) -> usize {
        let used = i64::try_from(taken).unwrap_or(i64::MAX).saturating_add(self.hidden);
        usize::try_from(used).unwrap_or_default()
    }

    fn free(self, taken: usize) -> usize {
        self.bought.saturating_sub(self.used(taken))
    }
}

impl Full {
    /// How many seats are free as far as the refusal tells; nothing once somebody got one since.
    fn free(&self, taken: usize, now: Timestamp) -> Option<usize> {
        let freed = self.taken.checked_sub(taken)?;
        Some(if now < self.until { freed } else { freed.max(1) })
    }
}

impl Seats {
    /// What the plan says, if the app may know.
    #[must_use]
    pub fn plan(&self) -> Option<PlanSeats> {
        self.plan
    }

    /// What is known after a listing. What Zoom refused stays refused, unless seats were bought or given up since.
    #[must_use]
    pub fn listed(&self, plan: Option<PlanSeats>) -> Self {
        let bought = |plan: Option<PlanSeats>| plan.map(|plan| plan.bought);
        let full = if bought(plan) == bought(self.plan) { self.full.clone() } else { BTreeMap::new() };
        Self { plan, full }
    }

    pub(crate) fn refuse(&mut self, license: License, taken: usize, answer: &str, now: Timestamp) {
        let until = now.saturating_add(PATIENCE).unwrap_or(Timestamp::MAX);
        self.full.insert(license, Full { taken, until, answer: answer.into() });
    }

    fn plan_of(&self, license: License) -> Option<PlanSeats> {
        self.plan.filter(|_| license == License::Licensed)
    }
}

/// The seats of the licence `Licensed`, as a connection tells them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeatCount {
    /// Seats that were bought; absent where the app may not know.
    pub bought: Option<usize>,
    /// Seats that are used, by whomever.
    pub used: usize,
    /// Seats that are free; absent where it is not known.
    pub free: Option<usize>,
    /// People who are to get a seat and have none.
    pub wanted: usize,
}

/// Whether a person gets the seat that their operations need.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Seat {
    /// They did not need one when the plan was made.
    #[default]
    NotNeeded,
    /// There is one for them.
    Allotted,
    /// None is free; why.
    Lacking(String),
}

/// The seats that operations need.
#[derive(Clone, Copy, Debug, Default)]
struct Need {
    basic: bool,
    licensed: bool,
}

impl Need {
    fn of(operations: &[Operation]) -> Self {
        let mut need = Self::default();
        for operation in operations {
            let license = match operation {
                Operation::Create(new) => Some(new.license),
                // Who comes back is Basic first, and given their licence afterwards.
                Operation::Activate(_) => Some(License::Basic),
                Operation::Update(_, patch) => patch.license,
                Operation::Read(_)
                | Operation::SetRole { .. }
                | Operation::SetEmail(..)
                | Operation::Deactivate(_)
                | Operation::Unlink(..)
                | Operation::Delete(..) => None,
            };
            need.basic |= license == Some(License::Basic);
            need.licensed |= license == Some(License::Licensed);
        }
        need
    }

    fn is_for(self, license: License) -> bool {
        match license {
            License::Basic => self.basic,
            License::Licensed => self.licensed,
            License::Unassigned => false,
        }
    }

    fn is_any(self) -> bool {
        self.basic || self.licensed
    }
}

impl PersonPlan {
    /// Whether a paid seat is to be taken.
    pub(crate) fn takes_paid_seat(&self) -> bool {
        Need::of(&self.operations).licensed
    }

    /// A plan for this person that was made anew, with the seat that [`crate::plan()`] had for them: what needs a seat
    /// waits for the next plan if there is none, and everything else goes on.
    #[must_use]
    pub fn seated(self, seat: &Seat) -> Self {
        match seat {
            Seat::Allotted => self,
            Seat::Lacking(why) => self.without_seat(why.clone()),
            Seat::NotNeeded => self.without_seat("waits for its turn to take a seat".to_owned()),
        }
    }

    /// The same for somebody for whom no seat is free.
    fn without_seat(mut self, why: String) -> Self {
        if !self.is_runnable() || !Need::of(&self.operations).is_any() {
            return self;
        }
        let rest = without_licence(&self.operations);
        // What waits stays in the plan, for show.
        self.verdict = if rest.is_empty() {
            Verdict::new(Reason::WaitingForSeat, why.clone())
        } else {
            let told = rest.iter().map(Operation::to_string).collect::<Vec<_>>().join("; ");
            self.operations = rest;
            Verdict::new(Reason::Reconciling, told)
        };
        self.seat = Seat::Lacking(why);
        self
    }
}

/// What can be done without a seat. Nobody is let in without the licence that they are to have.
fn without_licence(operations: &[Operation]) -> Vec<Operation> {
    let comes_in = |operation: &Operation| matches!(operation, Operation::Create(_) | Operation::Activate(_));
    if operations.iter().any(comes_in) {
        return Vec::new();
    }
    let mut rest = operations.to_vec();
    rest.retain_mut(|operation| match operation {
        Operation::Update(_, patch) => {
            patch.license = None;
            !patch.is_empty()
        }
        Operation::Read(_)
        | Operation::Create(_)
        | Operation::SetRole { .. }
        | Operation::SetEmail(..)
        | Operation::Activate(_)
        | Operation::Deactivate(_)
        | Operation::Unlink(..)
        | Operation::Delete(..) => true,
    });
    rest
}

/// The seats of one licence while they are given away.
struct Book {
    license: License,
    /// Absent: nothing keeps anybody from asking.
    free: Option<usize>,
    why: String,
    again_at: Option<Timestamp>,
}

impl Book {
    fn of(license: License, wanted: usize, input: &Input<'_>) -> Self {
        let seats = input.directory.seats();
        let (plan, full) = (seats.plan_of(license), seats.full.get(&license));
        if wanted == 0 || (plan.is_none() && full.is_none()) {
            return Self { license, free: None, why: String::new(), again_at: None };
        }
        let taken = input.directory.taken(license);
        let by_plan = plan.map(|plan| plan.free(taken));
        let by_refusal = full.and_then(|full| Some((full, full.free(taken, input.now)?)));
        let known = match (plan, by_refusal) {
            (Some(plan), None) => format!("{} of {} are used", plan.used(taken), plan.bought),
            (Some(plan), Some((_, refused))) if plan.free(taken) <= refused => {
                format!("{} of {} are used", plan.used(taken), plan.bought)
            }
            (_, Some((full, _))) => format!("Zoom said {:?}", full.answer),
            (None, None) => String::new(),
        };
        let why = format!(
            "no {license} seat is free: {known}; wanted by {wanted} {}, the oldest object first: free a seat or buy one, \
             and it goes on by itself",
            if wanted == 1 { "person" } else { "people" },
        );
        let free = by_plan.into_iter().chain(by_refusal.map(|(_, free)| free)).min();
        Self { license, free, why, again_at: by_refusal.map(|(full, _)| full.until) }
    }

    fn has_one(&self) -> bool {
        self.free != Some(0)
    }
}

/// Gives the seats that are free to those who need one, the oldest object first. Counts them for the connection, and
/// gives the time when somebody who waits may ask again.
pub(crate) fn allot(plan: &mut Plan, live: &mut [Live<'_>], input: &Input<'_>) -> Option<Timestamp> {
    let needs = live.iter().enumerate().map(|(place, live)| (place, Need::of(&live.planned.operations)));
    let needs: Vec<_> = needs.filter(|(_, need)| need.is_any()).collect();
    let wanted = |license| needs.iter().filter(|(_, need)| need.is_for(license)).count();
    let mut books = [License::Basic, License::Licensed].map(|license| Book::of(license, wanted(license), input));
    for book in &mut books {
        book.free = book.free.map(|free| free.saturating_add(would_free(book.license, live)));
    }
    plan.seats = count(wanted(License::Licensed), input);

    let mut waiting: Vec<_> = needs
        .iter()
        .filter_map(|(place, need)| Some((live.get(*place)?, *place, *need)))
        .filter(|(live, ..)| live.planned.is_runnable() || is_shown_only(&live.planned))
        .map(|(live, place, need)| (age(live), place, need))
        .collect();
    waiting.sort_unstable_by_key(|(age, place, _)| (*age, *place));
    let turns: Vec<_> = waiting.into_iter().map(|(_, place, need)| (place, need)).collect();
    let mut again_at = None;
    for (place, need) in turns {
        let Some(Live { planned, .. }) = live.get_mut(place) else { continue };
        let lacking = books.iter().find(|book| need.is_for(book.license) && !book.has_one());
        if let Some(book) = lacking {
            if is_shown_only(planned) {
                planned.verdict.message.to_mut().push_str(&format!("; would wait for a seat: {}", book.why));
                continue;
            }
            again_at = book.again_at.into_iter().chain(again_at).min();
            *planned = planned.clone().without_seat(book.why.clone());
            continue;
        }
        for book in books.iter_mut().filter(|book| need.is_for(book.license)) {
            book.free = book.free.map(|free| free.saturating_sub(1));
        }
        planned.seat = Seat::Allotted;
    }
    again_at
}

/// Whether the mode Plan keeps it from being carried out.
fn is_shown_only(planned: &PersonPlan) -> bool {
    planned.verdict.reason == Reason::PlanOnly
}

/// How many seats people would free whose plan is only shown; otherwise they free them before anything is planned with them.
fn would_free(license: License, live: &[Live<'_>]) -> usize {
    let gives_up = |live: &&Live<'_>| {
        let has_one = live.seen.row().is_some_and(|row| row.license == ObservedLicense::Known(license));
        let frees = |step: &Step| match step {
            Step::Deactivate | Step::Unlink(_) | Step::Delete(_) => true,
            Step::SetLicense(lower) => *lower < license,
            Step::SetRole(_)
            | Step::SetEmail(_)
            | Step::RemoveMembers
            | Step::RemoveAdmins
            | Step::DeleteGroup
            | Step::DeleteRole
            | Step::DeleteContactGroup
            | Step::RemoveGroups
            | Step::TakePrivileges
            | Step::Create => false,
        };
        has_one && live.planned.taken().iter().any(frees)
    };
    live.iter().filter(|live| is_shown_only(&live.planned)).filter(gives_up).count()
}

fn age<'a>(live: &Live<'a>) -> (Timestamp, &'a ObjectKey) {
    (live.seen.object.created, &live.seen.object.object)
}

/// Nothing is said where nobody is to have a paid licence, and nothing is known.
fn count(wanted: usize, input: &Input<'_>) -> Option<SeatCount> {
    let seats = input.directory.seats();
    let full = seats.full.get(&License::Licensed);
    if wanted == 0 && seats.plan.is_none() && full.is_none() {
        return None;
    }
    let taken = input.directory.taken(License::Licensed);
    let by_refusal = full.filter(|full| input.now < full.until).and_then(|full| full.free(taken, input.now));
    let by_plan = seats.plan.map(|plan| plan.free(taken));
    Some(SeatCount {
        bought: seats.plan.map(|plan| plan.bought),
        used: seats.plan.map_or(taken, |plan| plan.used(taken)),
        free: by_plan.into_iter().chain(by_refusal).min(),
        wanted,
    })
}

impl Directory {
    /// What is known of the account's seats.
    #[must_use]
    pub fn seats(&self) -> &Seats {
        &self.seats
    }

    /// Notes what is known of the account's seats.
    pub fn set_seats(&mut self, seats: Seats) {
        self.seats = seats;
    }

    /// Notes that Zoom had no seat of a licence, and what it said.
    pub fn refuse_seat(&mut self, license: License, answer: &str, now: Timestamp) {
        let taken = self.taken(license);
        self.seats.refuse(license, taken, answer, now);
    }
}
