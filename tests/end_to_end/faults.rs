//! What the tests do while every class of faults hits the calls to Zoom (`ZOOM_SIMULATOR_FAULT_RATE`), and not otherwise:
//! an owner looks after objects that say they need one, and exact numbers of calls say nothing.

use std::{
    collections::BTreeSet,
    fmt::{Debug, Display},
    time::Duration,
};

use jiff::Timestamp;
use kube::{
    Api, Client,
    api::{DynamicObject, ListParams, Patch, PatchParams},
};
use serde_json::{Value, json};
use tokio::{task::AbortHandle, time::sleep};
use zoom_operator_api::REQUESTED_AT_ANNOTATION;
use zoom_operator_testing::faults_are_on;

use crate::world::{CONTACT_GROUP, ROLE, USER, World, ZOOM_GROUP, condition, resource};

/// So long an object is left alone that says what is wrong with it.
const PATIENCE: Duration = Duration::from_secs(8);

/// The people whose objects they are: when Zoom took something without effect, or refused it, they ask for another try.
pub(crate) struct Owners(AbortHandle);

impl Owners {
    /// Looks after these namespaces until it is dropped; nobody does while Zoom answers as it should.
    pub(crate) fn of(client: &Client, namespaces: Vec<String>) -> Option<Self> {
        let client = client.clone();
        let look_after = async move {
            loop {
                sleep(PATIENCE / 4).await;
                for (namespace, kind) in namespaces.iter().flat_map(|space| KINDS.map(|kind| (space, kind))) {
                    let api = Api::namespaced_with(client.clone(), namespace, &resource(kind));
                    // The control plane may be going, or the kind, and then there is nothing to look after.
                    ask_again(&api).await.ok();
                }
            }
        };
        faults_are_on().then(|| Self(tokio::spawn(look_after).abort_handle()))
    }
}

impl Drop for Owners {
    fn drop(&mut self) {
        self.0.abort();
    }
}

const KINDS: [&str; 4] = [USER, ZOOM_GROUP, ROLE, CONTACT_GROUP];

async fn ask_again(api: &Api<DynamicObject>) -> kube::Result<()> {
    for object in api.list(&ListParams::default()).await? {
        let name = object.metadata.name.clone().unwrap_or_default();
        if serde_json::to_value(object).is_ok_and(|object| is_left_stalled(&object)) {
            let asked = json!({"metadata": {"annotations": {REQUESTED_AT_ANNOTATION: Timestamp::now().to_string()}}});
            api.patch(&name, &PatchParams::default(), &Patch::Merge(asked)).await?;
        }
    }
    Ok(())
}

/// Whether an object has been stalled for a while, and no request is open.
fn is_left_stalled(object: &Value) -> bool {
    let asked = object["metadata"]["annotations"][REQUESTED_AT_ANNOTATION].as_str();
    let time = |text: Option<&str>| text.and_then(|text| text.parse::<Timestamp>().ok());
    let stalled = condition(object, "Stalled").filter(|stalled| stalled["status"] == "True");
    let since = time(stalled.and_then(|stalled| stalled["lastTransitionTime"].as_str())).max(time(asked));
    let is_long_ago = |since: Timestamp| {
        Duration::try_from(since.until(Timestamp::now()).unwrap_or_default()).is_ok_and(|age| age > PATIENCE)
    };
    stalled.is_some() && since.is_some_and(is_long_ago) && object["status"]["lastHandledRequestedAt"].as_str() == asked
}

impl World<'_> {
    /// Asserts that exactly these calls wrote to Zoom since the journal was cleared, in this order. While faults hit
    /// calls, some are made again: each of these was made then, and no other.
    pub(crate) async fn assert_wrote(&self, expected: &[&str]) -> anyhow::Result<()> {
        let found = self.zoom_writes().await?;
        if faults_are_on() {
            let found: BTreeSet<_> = found.iter().map(String::as_str).collect();
            assert_eq!(found, expected.iter().copied().collect());
        } else {
            assert_eq!(found, expected);
        }
        Ok(())
    }
}

/// Asserts what only a Zoom that answers as it should makes exact, such as a number of calls.
#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "reads like assert_eq!")]
pub(crate) fn assert_calls<T: PartialEq + Debug>(found: T, expected: T, why: impl Display) {
    assert!(faults_are_on() || found == expected, "{found:?} and not {expected:?}: {why}");
}
