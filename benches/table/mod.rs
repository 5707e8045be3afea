//! How every benchmark of the project tells what it found: rows of one table, each with its bar.

use std::{
    process::ExitCode,
    sync::atomic::{AtomicBool, Ordering},
};

/// Whether a bar was missed.
static MISSED: AtomicBool = AtomicBool::new(false);

/// What a number has to be.
#[derive(Clone, Copy, Debug)]
#[allow(dead_code, reason = "not every benchmark needs all of them")]
pub(crate) enum Bar {
    Under(f64),
    AtMost(f64),
    Over(f64),
    /// It is only told.
    None,
}

/// Begins the rows about something.
pub(crate) fn about(what: &str) {
    println!("\n{what}");
}

/// Tells a number, and whether it is as it has to be.
pub(crate) fn row(what: &str, found: f64, unit: &str, bar: Bar) {
    let (bar, holds) = match bar {
        Bar::Under(bar) => (format!("< {bar}"), found < bar),
        Bar::AtMost(bar) => (format!("<= {bar}"), found <= bar),
        Bar::Over(bar) => (format!("> {bar}"), found > bar),
        Bar::None => (String::new(), true),
    };
    if !holds {
        MISSED.store(true, Ordering::Relaxed);
    }
    let decimals = if found.fract() == 0.0 {
        0
    } else if found < 10.0 {
        3
    } else {
        1
    };
    println!("  {what:<58} {found:>9.decimals$} {unit:<4} {bar:>10}{}", if holds { "" } else { "  MISSED" });
}

/// How the benchmark ends: badly if a bar was missed.
pub(crate) fn end() -> ExitCode {
    ExitCode::from(u8::from(MISSED.load(Ordering::Relaxed)))
}
