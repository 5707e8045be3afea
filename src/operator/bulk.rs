//! Many objects to write: several at once, and no faster than the API server is to be asked.

use std::{
    future::ready,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures::{FutureExt as _, StreamExt as _, TryStreamExt as _, future::BoxFuture, stream};
use tokio::{
    sync::Mutex,
    time::{Interval, MissedTickBehavior, interval},
};

/// How many writes are under way at once.
const AT_ONCE: usize = 8;

/// From one write to the next: a hundred a second.
const PACE: Duration = Duration::from_millis(10);

/// The turns of writes that nobody waits for, one after the other. Clones share them.
#[derive(Clone, Debug)]
pub(super) struct Turns(Arc<Mutex<Interval>>);

impl Turns {
    /// Turns from now on. Call it inside a Tokio runtime.
    pub(super) fn new() -> Self {
        let mut turns = interval(PACE);
        // Time that nobody used is not made up for.
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self(Arc::new(Mutex::new(turns)))
    }

    /// Waits for the next one. Whoever came first goes first.
    pub(super) async fn next(&self) {
        self.0.lock().await.tick().await;
    }
}

/// So many failures are not about single objects.
const FAILURES: usize = 100;

/// Calls `write` for each item, several at once, for as long as `goes_on` says. Returns whether all were written.
///
/// # Errors
/// The first one, after the others were written: what the API server answers for one object stops no other. Many end it.
pub(super) fn each<'a, T, E, W>(
    items: impl IntoIterator<Item = T, IntoIter: Send + 'a>,
    goes_on: impl Fn() -> bool + Send + Sync + 'a,
    write: impl Fn(T) -> W + Send + Sync + 'a,
) -> BoxFuture<'a, Result<bool, E>>
where
    T: Send + 'a,
    E: Send + 'a,
    W: Future<Output = Result<(), E>> + Send + 'a,
{
    let items = items.into_iter();
    // Boxed, because the compiler cannot prove otherwise that a future with such closures in it may be sent.
    async move {
        let mut all = true;
        let items = stream::iter(items).take_while(|_| {
            all = goes_on();
            ready(all)
        });
        let failed = items.map(write).buffer_unordered(AT_ONCE).filter_map(|written| ready(written.err()));
        let first = failed.take(FAILURES).fold(None, |first, error| ready(first.or(Some(error)))).await;
        first.map_or(Ok(all), Err)
    }
    .boxed()
}

/// Calls `ask` for each item, several at once, and returns what it found, in any order.
///
/// # Errors
/// The first error ends it.
pub(super) fn found<'a, T, R, E, A>(
    items: impl IntoIterator<Item = T, IntoIter: Send + 'a>,
    ask: impl Fn(T) -> A + Send + 'a,
) -> BoxFuture<'a, Result<Vec<R>, E>>
where
    T: Send + 'a,
    R: Send + 'a,
    E: Send + 'a,
    A: Future<Output = Result<Option<R>, E>> + Send + 'a,
{
    let answers = stream::iter(items).map(ask).buffer_unordered(AT_ONCE);
    answers.try_filter_map(|found| ready(Ok(found))).try_collect().boxed()
}

/// Whether to go on: as `goes_on` says, and for the first item whenever it may be written at all. However many edits come,
/// something gets done.
pub(super) fn at_least_one(may: impl Fn() -> bool, goes_on: impl Fn() -> bool) -> impl Fn() -> bool {
    let begun = AtomicBool::new(false);
    move || may() && (!begun.swap(true, Ordering::Relaxed) || goes_on())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use tokio::time::{Instant, sleep};

    use super::*;

    #[tokio::test]
    async fn objects_are_written_several_at_once_and_a_hundred_a_second() {
        let (turns, now, most) = (Turns::new(), AtomicUsize::new(0), AtomicUsize::new(0));
        let begun = Instant::now();
        let write = |_| async {
            most.fetch_max(now.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
            turns.next().await;
            // An API server that takes its time.
            sleep(Duration::from_millis(50)).await;
            now.fetch_sub(1, Ordering::Relaxed);
            Ok::<_, ()>(())
        };
        assert_eq!(each(0..101, || true, write).await, Ok(true));
        assert_eq!(most.into_inner(), AT_ONCE);
        assert!(begun.elapsed() >= Duration::from_secs(1), "{:?}", begun.elapsed());
    }

    #[tokio::test]
    async fn it_stops_when_something_else_is_wanted_and_ends_what_it_began() {
        let (stop, begun, ended) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
        let write = |place| {
            if place == 20 {
                stop.store(true, Ordering::Relaxed);
            }
            begun.fetch_add(1, Ordering::Relaxed);
            async {
                sleep(Duration::from_millis(50)).await;
                ended.fetch_add(1, Ordering::Relaxed);
                Ok::<_, ()>(())
            }
        };
        assert_eq!(each(0..10_000, || !stop.load(Ordering::Relaxed), write).await, Ok(false));
        assert_eq!((begun.into_inner(), ended.into_inner()), (21, 21));
    }

    #[tokio::test]
    async fn questions_are_asked_several_at_once_and_their_yes_is_kept() {
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let ask = |place: usize| {
            let (now, most) = (&now, &most);
            async move {
                most.fetch_max(now.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
                sleep(Duration::from_millis(5)).await;
                now.fetch_sub(1, Ordering::Relaxed);
                if place == 100 { Err(place) } else { Ok(place.is_multiple_of(10).then_some(place)) }
            }
        };
        let mut kept = found(0..100, ask).await.unwrap();
        kept.sort_unstable();
        assert_eq!(kept, [0, 10, 20, 30, 40, 50, 60, 70, 80, 90]);
        assert_eq!(found(0..200, ask).await, Err(100));
        assert_eq!(most.into_inner(), AT_ONCE);
    }

    #[tokio::test]
    async fn one_is_written_whatever_else_is_wanted_as_long_as_it_may_be() {
        for (may, expected) in [(true, 1), (false, 0)] {
            let written = AtomicUsize::new(0);
            let write = |_| {
                written.fetch_add(1, Ordering::Relaxed);
                ready(Ok::<_, ()>(()))
            };
            assert_eq!(each(0..100, at_least_one(|| may, || false), write).await, Ok(false));
            assert_eq!(written.into_inner(), expected);
        }
    }

    #[tokio::test]
    async fn an_error_ends_none_of_the_others() {
        let tried = AtomicUsize::new(0);
        let write = |place| {
            tried.fetch_add(1, Ordering::Relaxed);
            ready(if place == 3 { Err(place) } else { Ok(()) })
        };
        assert_eq!(each(0..100, || true, write).await, Err(3));
        assert_eq!(tried.into_inner(), 100);
    }

    #[tokio::test]
    async fn many_errors_end_it() {
        let tried = AtomicUsize::new(0);
        let write = |place| {
            tried.fetch_add(1, Ordering::Relaxed);
            ready(Err::<(), usize>(place))
        };
        assert_eq!(each(0..10_000, || true, write).await, Err(0));
        assert!((FAILURES..FAILURES + AT_ONCE).contains(&tried.into_inner()));
    }
}
