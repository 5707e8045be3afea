//! How many of those who are wanted are there.

/// How many of those who are wanted somewhere are there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attendance {
    /// How many the object wants.
    pub wanted: usize,
    /// How many of them are there.
    pub present: usize,
    /// How many of them will be there by themselves.
    pub waiting: usize,
    /// How many of them Zoom does not take.
    pub refused: usize,
    /// Some of those who are not there: at most [`Attendance::NAMED`] who wait, and as many who are refused.
    pub missing: Vec<Missing>,
}

impl Attendance {
    /// How many are named at most.
    pub const NAMED: usize = 10;
}

/// Somebody who is wanted and not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// Their object as `namespace/name`, or their address.
    pub who: Box<str>,
    /// Whether Zoom does not take them. Otherwise they will be there by themselves.
    pub refused: bool,
    /// Why they are not there.
    pub why: Box<str>,
}
