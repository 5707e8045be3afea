use std::fmt::Display;
use std::future::Future;
use std::ops::RangeInclusive;
use std::time::Duration;

use tokio::time::{Instant, sleep};

/// Between two looks. It grows with the time that was waited, or many waiting tests would keep the API server busy.
const PAUSE: RangeInclusive<Duration> = Duration::from_millis(20)..=Duration::from_millis(200);

/// Whether faults of every class hit the calls to each simulator that is started (`ZOOM_SIMULATOR_FAULT_RATE`): about every
/// third call is hit at two percent.
pub fn faults_are_on() -> bool {
    std::env::var_os("ZOOM_SIMULATOR_FAULT_RATE").is_some()
}

/// A deadline, longer while [`faults_are_on`]: after a call that failed the operator pauses for seconds, and a thousand
/// members are dozens of calls.
pub fn patient(deadline: Duration) -> Duration {
    if faults_are_on() { deadline * 10 } else { deadline }
}

/// Looks until `look` succeeds and returns what it found. `what` names the condition, such as "ada is Ready".
///
/// An error of `look` means *not yet*, and says what was seen instead. Where a Kubernetes watch is as easy, prefer
/// `kube::runtime::wait::await_condition`.
///
/// # Errors
///
/// After the [`patient`] `deadline`, with `what` and the last error of `look`. A look that is under way then is abandoned.
pub async fn eventually<T, Look, Looking>(deadline: Duration, what: impl Display, mut look: Look) -> anyhow::Result<T>
where
    Look: FnMut() -> Looking,
    Looking: Future<Output = anyhow::Result<T>>,
{
    let (start, deadline) = (Instant::now(), patient(deadline));
    let end = start + deadline;
    let mut last = anyhow::anyhow!("the first look did not come back");
    loop {
        match tokio::time::timeout_at(end, look()).await {
            Ok(Ok(found)) => return Ok(found),
            Ok(Err(seen)) => last = seen,
            Err(_) => {}
        }
        // A look that never waits is not cut off by its time-out.
        if Instant::now() >= end {
            return Err(last.context(format!("not within {deadline:?}: {what}; last seen")));
        }
        sleep((start.elapsed() / 16).clamp(*PAUSE.start(), *PAUSE.end())).await;
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use anyhow::ensure;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn returns_what_the_first_successful_look_found() {
        let looks = Cell::new(0);
        let found = eventually(Duration::from_secs(5), "three looks", || async {
            looks.set(looks.get() + 1);
            ensure!(looks.get() == 3, "{} looks", looks.get());
            Ok("found")
        })
        .await;
        assert_eq!(found.unwrap(), "found");
    }

    #[tokio::test(start_paused = true)]
    async fn a_condition_that_never_comes_is_reported_with_what_was_seen_last() {
        let error = eventually(Duration::from_secs(5), "ada is Ready", || async {
            ensure!(false, "ada is Pending");
            Ok(())
        })
        .await
        .unwrap_err();
        assert_eq!(format!("{error:#}"), "not within 5s: ada is Ready; last seen: ada is Pending");
    }

    #[tokio::test(start_paused = true)]
    async fn a_look_that_hangs_does_not_outlast_the_deadline() {
        let look = std::future::pending::<anyhow::Result<()>>;
        let error = eventually(Duration::from_secs(5), "an answer", look).await.unwrap_err();
        assert!(format!("{error:#}").contains("did not come back"), "{error:#}");
    }
}
