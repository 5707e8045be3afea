//! A record that the guard decides about.

use jiff::Timestamp;

use crate::{
    Class, Leaving, NewRecord, PersonRef, Phase, Record, RecordReason, Step, Subject, input::Input, intent::Intent,
};

/// A record with what the guard makes of it.
pub(crate) struct Candidate<'a> {
    pub paper: Paper<'a>,
    /// Asked for by an edit that is new: it may run without the quiet period.
    pub prompt: bool,
    /// Whether it may run cannot be known at present; it stays as it is.
    pub frozen: bool,
    /// Whether nobody would be left of those whom its object wants.
    pub would_empty: bool,
    /// How many people it concerns.
    pub count: usize,
    pub outcome: Outcome,
}

/// Why a record waits although nobody has to decide about it.
pub(crate) const NOT_PERMITTED: &str = "the connection's access does not cover the object that asked: this goes on once it does; delete \
     this ZoomRemoval if it is not wanted any more";

/// Why a record stays as it is.
pub(crate) const UNSEEN: &str = "waits until all objects and people were seen";

pub(crate) enum Paper<'a> {
    Written(&'a Record),
    New(Box<NewRecord>),
    /// To be written when those before it stand, into this wave: it counts already.
    Later(&'a Intent<'a>, String),
}

#[derive(Clone)]
pub(crate) struct Outcome {
    pub phase: Phase,
    pub reason: RecordReason,
    pub message: String,
}

impl Outcome {
    pub(crate) fn new(phase: Phase, reason: RecordReason, message: impl Into<String>) -> Self {
        Self { phase, reason, message: message.into() }
    }

    pub(crate) fn undecided() -> Self {
        Self::new(Phase::Settling, RecordReason::QuietPeriod, "")
    }
}

impl<'a> Candidate<'a> {
    pub(crate) fn record(&self) -> Option<&'a Record> {
        match self.paper {
            Paper::Written(record) => Some(record),
            Paper::New(_) | Paper::Later(..) => None,
        }
    }

    /// Its name; none as long as nothing is to be written.
    pub(crate) fn name(&self) -> Option<&str> {
        match &self.paper {
            Paper::Written(record) => Some(&record.name),
            Paper::New(record) => Some(&record.name),
            Paper::Later(..) => None,
        }
    }

    /// What becomes of it, for the object that asks.
    pub(crate) fn told(&self) -> String {
        match self.name() {
            Some(name) => format!("ZoomRemoval {name}: {}", self.outcome.message),
            None => "is about to be written down".to_owned(),
        }
    }

    pub(crate) fn class(&self) -> Class {
        match &self.paper {
            Paper::Written(record) => record.class,
            Paper::New(record) => record.class,
            Paper::Later(intent, _) => intent.taking.class,
        }
    }

    pub(crate) fn wave(&self) -> &str {
        match &self.paper {
            Paper::Written(record) => &record.wave,
            Paper::New(record) => &record.wave,
            Paper::Later(_, wave) => wave,
        }
    }

    pub(crate) fn steps(&self) -> &[Step] {
        match &self.paper {
            Paper::Written(record) => &record.steps,
            Paper::New(record) => &record.steps,
            Paper::Later(intent, _) => &intent.taking.steps,
        }
    }

    /// Who leaves what, where it is about a group, role or contact group.
    pub(crate) fn leaving(&self) -> Option<&Leaving> {
        let subject = match &self.paper {
            Paper::Written(record) => &record.subject,
            Paper::New(record) => &record.subject,
            Paper::Later(..) => return None,
        };
        match subject {
            Subject::Members(leaving) => Some(leaving),
            Subject::Person(_) | Subject::People(_) => None,
        }
    }

    pub(crate) fn not_before(&self) -> Option<Timestamp> {
        match &self.paper {
            Paper::Written(record) => record.not_before,
            Paper::New(record) => record.not_before,
            Paper::Later(intent, _) => intent.taking.not_before,
        }
    }

    /// Whether it tells what its person had; of what is written later nothing is said yet.
    pub(crate) fn tells_what_they_had(&self) -> bool {
        match &self.paper {
            Paper::Written(record) => record.restore.is_some(),
            Paper::New(record) => record.restore.is_some(),
            Paper::Later(..) => true,
        }
    }

    /// The people whom it names; there may be more.
    pub(crate) fn people(&self) -> &[PersonRef] {
        match &self.paper {
            Paper::Written(record) => record.subject.people(),
            Paper::New(record) => record.subject.people(),
            Paper::Later(intent, _) => std::slice::from_ref(&intent.subject),
        }
    }

    /// A record that is about to be written is created now.
    pub(crate) fn created(&self, now: Timestamp) -> Timestamp {
        self.record().map_or(now, |record| record.created)
    }

    /// Whether a human wrote it.
    pub(crate) fn is_by_hand(&self) -> bool {
        self.record().is_some_and(Record::is_by_hand)
    }

    /// Whether its wave was found too large, and nobody has decided yet.
    pub(crate) fn is_over_limit(&self) -> bool {
        self.outcome.phase.is_open()
            && self.record().is_some_and(|record| {
                record.phase == Phase::Held && record.reason == Some(RecordReason::OverLimit) && !record.approved
            })
    }

    /// Whether it says that it is held for this reason, or was not told anything yet.
    pub(crate) fn is_told_at_most(&self, reason: RecordReason) -> bool {
        self.record().is_none_or(|record| record.phase == Phase::Settling || record.reason == Some(reason))
    }

    /// Whether it may have deactivated somebody and does not go on: their sessions must be ended before it says so.
    pub(crate) fn is_cut_short(&self, input: &Input<'_>) -> bool {
        let goes_on = match self.outcome.phase {
            Phase::Running | Phase::Cancelled => true,
            Phase::Settling | Phase::Held | Phase::Scheduled | Phase::Done | Phase::Refused => self.frozen,
        };
        let in_doubt = |record: &Record| record.may_have_deactivated(input.directory);
        !goes_on && self.record().is_some_and(in_doubt)
    }

    /// Whether it was not counted yet: it settles, or something holds it back that has nothing to do with how many they are. A
    /// mistake that is written down meanwhile is one wave as any other.
    pub(crate) fn is_uncounted(&self) -> bool {
        self.record().is_none_or(|record| match record.phase {
            Phase::Settling => true,
            Phase::Held => record.reason != Some(RecordReason::OverLimit) && record.started_at.is_none(),
            Phase::Scheduled | Phase::Running | Phase::Done | Phase::Refused | Phase::Cancelled => false,
        })
    }
}

/// All of them.
pub(crate) struct Candidates<'a> {
    pub list: Vec<Candidate<'a>>,
    /// How many people are in groups that objects manage.
    pub members: usize,
}
