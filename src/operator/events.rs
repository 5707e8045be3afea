//! Kubernetes events: what was done to a person, and what needs somebody's attention. Sent beside the pass, because an
//! event that cannot be sent must not hold anything up.

use k8s_openapi::api::core::v1::ObjectReference;
use kube::{
    Client, Resource,
    runtime::events::{Event, EventType, Recorder, Reporter},
};
use tokio::sync::mpsc;
use tracing::{debug, warn};
use zoom_core::ObjectKey;

/// How many events may wait; a wave that fills this loses events, not operations.
const WAITING: usize = 4096;

/// The API server's limits, in bytes.
const LONGEST_NOTE: usize = 1000;
const LONGEST_ACTION: usize = 128;

/// Events as passes publish them. Clones share the queue.
#[derive(Clone, Debug)]
pub(super) struct Events(mpsc::Sender<(Event, ObjectReference)>);

impl Events {
    /// A queue, and the task that empties it.
    pub(super) fn new(client: Client, instance: Option<String>) -> (Self, impl Future<Output = ()>) {
        let (sender, mut receiver) = mpsc::channel::<(Event, ObjectReference)>(WAITING);
        let recorder = Recorder::new(client, Reporter { controller: "zoom-operator".to_owned(), instance });
        let task = async move {
            while let Some((event, about)) = receiver.recv().await {
                if let Err(error) = recorder.publish(&event, &about).await {
                    debug!(error = &error as &dyn std::error::Error, "an event was not published");
                }
            }
        };
        (Self(sender), task)
    }

    /// Something was done.
    pub(super) fn done<K: Resource<DynamicType = ()>>(&self, about: &About, reason: &str, note: &str) {
        self.send::<K>(EventType::Normal, about, reason, note);
    }

    /// Somebody should look.
    pub(super) fn warning<K: Resource<DynamicType = ()>>(&self, about: &About, reason: &str, note: &str) {
        self.send::<K>(EventType::Warning, about, reason, note);
    }

    fn send<K: Resource<DynamicType = ()>>(&self, type_: EventType, about: &About, reason: &str, note: &str) {
        let event = Event {
            type_,
            reason: reason.to_owned(),
            note: Some(cut(note, LONGEST_NOTE)),
            // The recorder takes events for one that repeats, and keeps its first note, if this and the reason are the
            // same: so it tells what the note tells.
            action: cut(note, LONGEST_ACTION),
            secondary: None,
        };
        let about = ObjectReference {
            api_version: Some(K::api_version(&()).into_owned()),
            kind: Some(K::kind(&()).into_owned()),
            namespace: Some(about.key.namespace.to_string()),
            name: Some(about.key.name.to_string()),
            uid: Some(about.uid.clone()),
            ..ObjectReference::default()
        };
        if self.0.try_send((event, about)).is_err() {
            warn!("more than {WAITING} events wait: one is lost");
        }
    }
}

/// The object that an event is about.
#[derive(Clone, Debug)]
pub(super) struct About {
    /// Its name.
    pub(super) key: ObjectKey,
    /// Its uid.
    pub(super) uid: String,
}

fn cut(text: &str, bytes: usize) -> String {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or_default().to_owned()
}
