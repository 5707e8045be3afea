//! What of the cluster can be seen: each kind is followed, and a watch may be refused.

use std::{collections::BTreeMap, pin::pin, time::Duration};

use futures::{Stream, StreamExt as _};
use kube::runtime::watcher;
use tokio::time::{sleep, timeout};
use tracing::warn;

use super::Index;

/// When a watch that was refused is begun anew.
const AGAIN: Duration = Duration::from_secs(5);

/// Nothing tells that a watch has begun, other than its first event, or that nothing went wrong for so long.
const PROOF: Duration = Duration::from_secs(1);

/// How far the watches have come.
#[derive(Debug)]
pub(super) struct Sight {
    /// How many were neither listed nor refused yet, but those of the connections, which begin when all others were.
    unlooked: usize,
    /// Which are refused, and in what words.
    refused: BTreeMap<String, String>,
}

impl Sight {
    pub(super) fn of(watches: usize) -> Self {
        Self { unlooked: watches, refused: BTreeMap::new() }
    }
}

/// Whether one watch was looked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Watch {
    /// It is listed for the first time.
    Waiting,
    Seen,
    Refused,
    /// It was refused before, and listed now: whether it can be watched as well is not known yet.
    Listed,
}

impl Index {
    /// Waits until each kind was listed once, or refused.
    pub(in crate::operator) async fn wait_until_looked(&self) {
        // The sender lives in `self`, so this cannot end early.
        let _ = self.sight.subscribe().wait_for(|sight| sight.unlooked == 0).await;
    }

    /// Waits until everything was listed once.
    pub(in crate::operator) async fn wait_until_listed(&self) {
        let _ = self.sight.subscribe().wait_for(|sight| sight.unlooked == 0 && sight.refused.is_empty()).await;
    }

    /// What cannot be seen at present, and why, in the API server's words about the first of it: nothing may be concluded from
    /// what is not there.
    pub(in crate::operator) fn unseen(&self) -> Option<String> {
        let sight = self.sight.borrow();
        let why = sight.refused.values().next()?;
        let what: Vec<_> = sight.refused.keys().map(String::as_str).collect();
        Some(format!("not shown: {}: {why}", what.join(", ")))
    }

    /// Gives `on` the events of a watch, for as long as the process lives. `watch` begins one, which resumes by itself when it
    /// is interrupted; one that is refused is begun anew until it is allowed.
    pub(in crate::operator) async fn follow_events<K, S>(
        &self,
        what: &str,
        watch: impl Fn() -> S,
        mut on: impl FnMut(watcher::Event<K>),
    ) where
        S: Stream<Item = watcher::Result<watcher::Event<K>>>,
    {
        let mut state = Watch::Waiting;
        loop {
            let mut events = pin!(watch());
            loop {
                let patience = if state == Watch::Listed { PROOF } else { Duration::MAX };
                match timeout(patience, events.next()).await {
                    Err(_) => state = self.sees(what, state),
                    Ok(Some(Ok(event))) => {
                        let listed = matches!(event, watcher::Event::InitDone);
                        let watched = matches!(event, watcher::Event::Apply(_) | watcher::Event::Delete(_));
                        on(event);
                        match state {
                            Watch::Waiting if listed => state = self.sees(what, state),
                            Watch::Listed if watched => state = self.sees(what, state),
                            Watch::Refused if listed => state = Watch::Listed,
                            Watch::Waiting | Watch::Refused | Watch::Seen | Watch::Listed => {}
                        }
                    }
                    Ok(Some(Err(error))) => {
                        warn!(what, error = &error as &dyn std::error::Error, "watch interrupted; it is resumed");
                        if let Some(why) = refusal(&error) {
                            state = self.is_refused(what, &why, state);
                            if matches!(error, watcher::Error::WatchStartFailed(_)) {
                                break;
                            }
                        }
                    }
                    Ok(None) => break,
                }
            }
            sleep(AGAIN).await;
        }
    }

    fn sees(&self, what: &str, before: Watch) -> Watch {
        self.sight.send_modify(|sight| {
            sight.refused.remove(what);
            if before == Watch::Waiting {
                sight.unlooked = sight.unlooked.saturating_sub(1);
            }
        });
        if before != Watch::Waiting {
            self.trigger_all();
        }
        Watch::Seen
    }

    fn is_refused(&self, what: &str, why: &str, before: Watch) -> Watch {
        let news = self.sight.send_if_modified(|sight| {
            if before == Watch::Waiting {
                sight.unlooked = sight.unlooked.saturating_sub(1);
            }
            sight.refused.insert(what.to_owned(), why.to_owned()).is_none()
        });
        if news {
            self.trigger_all();
        }
        Watch::Refused
    }
}

/// The API server's words, if it does not let us look: trying again changes nothing before somebody else does something.
fn refusal(error: &watcher::Error) -> Option<String> {
    let (watcher::Error::InitialListFailed(kube::Error::Api(status))
    | watcher::Error::WatchStartFailed(kube::Error::Api(status))) = error
    else {
        return None;
    };
    // 410: what was seen last is too long ago. 429: later.
    (matches!(status.code, 400..=499) && !matches!(status.code, 410 | 429)).then(|| status.message.clone())
}

#[cfg(test)]
mod tests {
    use std::{collections::VecDeque, sync::Mutex};

    use futures::{FutureExt as _, stream};
    use kube::core::Status;
    use zoom_core::ObjectKey;

    use super::*;

    fn forbidden() -> kube::Error {
        kube::Error::Api(Status::failure("zoomusers is forbidden", "Forbidden").with_code(403).boxed())
    }

    type Events = Vec<watcher::Result<watcher::Event<u8>>>;

    fn listed() -> Events {
        vec![Ok(watcher::Event::Init), Ok(watcher::Event::InitApply(1)), Ok(watcher::Event::InitDone)]
    }

    /// An index with one watch, which sees these events, and nothing more after the last of them.
    async fn seen(watches: Vec<Events>) -> (Index, usize) {
        let (index, triggers) = Index::new(&[None]);
        let mut triggers = triggers.into_iter().next().unwrap();
        index.sight.send_modify(|sight| *sight = Sight::of(1));
        index.change(|_| vec![ObjectKey::new("acme", "default")]);
        triggers.recv().await;
        let watches = Mutex::new(VecDeque::from(watches));
        let watch = || {
            let events = watches.lock().unwrap().pop_front().unwrap_or_default();
            stream::iter(events).chain(stream::pending())
        };
        // One look goes through all that is there.
        assert_eq!(index.follow_events("ZoomUsers", watch, drop).now_or_never(), None);
        let triggered = std::iter::from_fn(|| triggers.try_recv().ok()).count();
        (index, triggered)
    }

    #[tokio::test]
    async fn what_was_listed_is_seen() {
        let (index, triggered) = seen(vec![listed()]).await;
        assert_eq!((index.unseen(), triggered), (None, 0));
        index.wait_until_listed().now_or_never().unwrap();
    }

    #[tokio::test]
    async fn before_the_first_list_nothing_goes_on() {
        let (index, _) = seen(vec![vec![Ok(watcher::Event::Init), Ok(watcher::Event::InitApply(1))]]).await;
        assert_eq!(index.wait_until_looked().now_or_never(), None);
    }

    #[tokio::test]
    async fn a_list_that_is_refused_is_said_and_keeps_nobody_waiting() {
        let (index, triggered) =
            seen(vec![vec![Ok(watcher::Event::Init), Err(watcher::Error::InitialListFailed(forbidden()))]]).await;
        assert_eq!(index.unseen().as_deref(), Some("not shown: ZoomUsers: zoomusers is forbidden"));
        assert_eq!(triggered, 1);
        index.wait_until_looked().now_or_never().unwrap();
        assert_eq!(index.wait_until_listed().now_or_never(), None);
    }

    #[tokio::test]
    async fn a_watch_that_is_refused_later_is_said() {
        let mut events = listed();
        events.push(Err(watcher::Error::WatchStartFailed(forbidden())));
        let (index, triggered) = seen(vec![events]).await;
        assert!(index.unseen().is_some());
        assert_eq!(triggered, 1);
    }

    #[tokio::test]
    async fn a_refusal_is_a_matter_of_connections_too_that_no_object_names() {
        let (index, triggers) = Index::new(&[None]);
        let (name, namespace) = (Some("unused".to_owned()), Some("acme".to_owned()));
        index.note_connection(&kube::api::ObjectMeta { name, namespace, ..Default::default() }, None);
        let events = Mutex::new(Some(vec![Err(watcher::Error::InitialListFailed(forbidden()))]));
        let watch = || {
            let events: Events = events.lock().unwrap().take().unwrap_or_default();
            stream::iter(events).chain(stream::pending())
        };
        assert_eq!(index.follow_events("ZoomUsers", watch, drop).now_or_never(), None);
        let triggered = triggers.into_iter().next().unwrap().try_recv();
        assert_eq!(triggered, Ok(ObjectKey::new("acme", "unused")));
    }

    #[tokio::test]
    async fn an_interruption_is_no_refusal() {
        let gone = kube::Error::Api(Status::failure("too old", "Expired").with_code(410).boxed());
        let mut events = listed();
        events.push(Err(watcher::Error::WatchStartFailed(gone)));
        events.push(Err(watcher::Error::NoResourceVersion));
        let (index, triggered) = seen(vec![events]).await;
        assert_eq!((index.unseen(), triggered), (None, 0));
    }

    #[tokio::test]
    async fn after_a_refusal_a_list_counts_once_the_watch_has_begun() {
        let mut events = vec![Err(watcher::Error::InitialListFailed(forbidden()))];
        events.extend(listed());
        let (index, _) = seen(vec![events]).await;
        assert!(index.unseen().is_some(), "the watch may be refused yet");
        let (index, _) = Index::new(&[None]);
        let watches =
            Mutex::new(Some(vec![Err(watcher::Error::InitialListFailed(forbidden()))].into_iter().chain(listed())));
        let watch = || stream::iter(watches.lock().unwrap().take().into_iter().flatten()).chain(stream::pending());
        let follow = index.follow_events("ZoomUsers", watch, |_| ());
        let mut sight = index.sight.subscribe();
        let seen = async {
            let _ = sight.wait_for(|sight| !sight.refused.is_empty()).await;
            let _ = sight.wait_for(|sight| sight.refused.is_empty()).await;
        };
        tokio::select! {
            () = follow => unreachable!(),
            () = seen => {}
        }
        assert_eq!(index.unseen(), None);
    }
}
