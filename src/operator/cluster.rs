//! Every read and write of the Kubernetes API that a pass makes, counted, and put into the index as answered.

use std::fmt::Debug;

use futures::future;
use k8s_openapi::{
    ClusterResourceScope, api::core::v1::Namespace,
    apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition,
};
use kube::{
    Api, Client, CustomResourceExt, Resource,
    api::{ApiResource, DynamicObject, Patch, PatchParams, PostParams},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tracing::error;
use zoom_core::ObjectKey;
use zoom_operator_api as api;

use super::{
    bulk::Turns,
    index::{Index, Named, Referrer, Removal, Thing, User},
    metrics::Metrics,
};

const FIELD_MANAGER: &str = "zoom-operator";

/// A call to Kubernetes failed.
#[derive(Debug, thiserror::Error)]
#[error("{verb} {kind} {object}")]
pub(super) struct ClusterError {
    verb: &'static str,
    kind: &'static str,
    object: ObjectKey,
    #[source]
    source: Box<kube::Error>,
}

impl ClusterError {
    /// Whether the API server refused just this object: trying again changes nothing, and others are not concerned.
    pub(super) fn is_refusal(&self) -> bool {
        matches!(&*self.source, kube::Error::Api(status) if matches!(status.code, 400 | 403 | 413 | 422))
    }

    /// What was tried and what the API server answered, for people.
    pub(super) fn told(&self) -> String {
        if let kube::Error::Api(status) = &*self.source {
            return format!("{self}: the API server answered {}: {}", status.code, status.message);
        }
        format!("{self}: {}", self.source)
    }

    /// Whether the object is gone, or another one has its name.
    fn is_gone(&self) -> bool {
        matches!(&*self.source, kube::Error::Api(status) if status.code == 404 || status.code == 409)
    }
}

/// What the API server refuses of one object must not stop the others. `None` where it was refused.
pub(super) fn tolerate<T>(written: Result<T, ClusterError>) -> Result<Option<T>, ClusterError> {
    match written {
        Err(refused) if refused.is_refusal() => {
            error!(error = &refused as &dyn std::error::Error, "the API server refused this");
            Ok(None)
        }
        written => written.map(Some),
    }
}

/// The cluster as passes use it.
#[derive(Clone)]
pub(super) struct Cluster {
    client: Client,
    index: Index,
    metrics: Metrics,
    /// For writes that nobody waits for: take one before each of many.
    pub(super) turns: Turns,
}

impl Cluster {
    /// A cluster whose answers go into `index`. Call it inside a Tokio runtime.
    pub(super) fn new(client: Client, index: Index, metrics: Metrics) -> Self {
        Self { client, index, metrics, turns: Turns::new() }
    }

    /// The objects of a kind, untyped: what this version cannot parse must be seen too.
    pub(super) fn objects<K: Resource<DynamicType = ()>>(
        client: Client,
        namespace: Option<&str>,
    ) -> Api<DynamicObject> {
        let resource = ApiResource::erase::<K>(&());
        match namespace {
            Some(namespace) => Api::namespaced_with(client, namespace, &resource),
            None => Api::all_with(client, &resource),
        }
    }

    fn api<K: Resource<DynamicType = ()>>(&self, namespace: &str) -> Api<DynamicObject> {
        Self::objects::<K>(self.client.clone(), Some(namespace))
    }

    /// Puts our finalizer on an object. Returns whether it is there: an object that is gone or going takes none, and
    /// nothing may be done in its name any more.
    pub(super) async fn add_finalizer<E: Referrer>(&self, object: &ObjectKey, uid: &str) -> Result<bool, ClusterError> {
        self.change_finalizers::<E>(object, uid, true, |finalizers| finalizers.push(api::FINALIZER.into())).await
    }

    /// Takes our finalizer off an object; one that is gone needs nothing.
    pub(super) async fn remove_finalizer<E: Referrer>(
        &self,
        object: &ObjectKey,
        uid: &str,
    ) -> Result<(), ClusterError> {
        let ours = |finalizer: &Value| finalizer.as_str() == Some(api::FINALIZER);
        self.change_finalizers::<E>(object, uid, false, |finalizers| finalizers.retain(|finalizer| !ours(finalizer)))
            .await
            .map(drop)
    }

    /// Reads the finalizers and writes them with the resource version: other finalizers must not be lost, and an object
    /// made anew under the same name must not be touched.
    async fn change_finalizers<E: Referrer>(
        &self,
        object: &ObjectKey,
        uid: &str,
        live_only: bool,
        change: impl Fn(&mut Vec<Value>),
    ) -> Result<bool, ClusterError> {
        let objects = self.api::<E::Kind>(&object.namespace);
        let failed =
            |verb, source| ClusterError { verb, kind: E::KIND, object: object.clone(), source: Box::new(source) };
        loop {
            let found = objects.get_opt(&object.name).await.map_err(|source| failed("get", source))?;
            let Some(found) = found.filter(|found| found.metadata.uid.as_deref() == Some(uid)) else {
                return Ok(false);
            };
            if live_only && found.metadata.deletion_timestamp.is_some() {
                return Ok(false);
            }
            let before: Vec<Value> = found.metadata.finalizers.iter().flatten().map(|text| json!(text)).collect();
            let mut after = before.clone();
            if live_only && found.metadata.finalizers.iter().flatten().any(|finalizer| finalizer == api::FINALIZER) {
                return Ok(true);
            }
            change(&mut after);
            if before == after {
                return Ok(true);
            }
            let patch = json!({"metadata": {"finalizers": after, "resourceVersion": found.metadata.resource_version}});
            self.metrics.kubernetes_write(E::KIND, "patch");
            match objects.patch(&object.name, &PatchParams::default(), &Patch::Merge(&patch)).await {
                Ok(answer) => {
                    self.index.answered::<E>(&answer);
                    return Ok(true);
                }
                Err(kube::Error::Api(status)) if status.code == 404 => return Ok(false),
                Err(kube::Error::Api(status)) if status.code == 409 => {}
                Err(source) => return Err(failed("patch finalizers of", source)),
            }
        }
    }

    /// Writes a ZoomUser's status.
    pub(super) async fn write_user_status(
        &self,
        object: &ObjectKey,
        uid: &str,
        status: &api::ZoomUserStatus,
    ) -> Result<(), ClusterError> {
        self.write_status::<User>(object, uid, status).await
    }

    /// Writes a ZoomRemoval's status.
    pub(super) async fn write_removal_status(
        &self,
        object: &ObjectKey,
        uid: &str,
        status: &api::ZoomRemovalStatus,
    ) -> Result<(), ClusterError> {
        self.write_status::<Removal>(object, uid, status).await
    }

    /// Writes the status of a group, role or contact group.
    pub(super) async fn write_named_status<K: Named>(
        &self,
        object: &ObjectKey,
        uid: &str,
        status: &K::Status,
    ) -> Result<(), ClusterError> {
        self.write_status::<Thing<K>>(object, uid, status).await
    }

    async fn write_status<E: Referrer>(
        &self,
        object: &ObjectKey,
        uid: &str,
        status: &impl Serialize,
    ) -> Result<(), ClusterError> {
        match self.patch_status::<E::Kind>(E::KIND, object, uid, status).await {
            Ok(answer) => {
                self.index.answered::<E>(&answer);
                Ok(())
            }
            Err(error) if error.is_gone() => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Writes a ZoomConnection's status.
    pub(super) async fn write_connection_status(
        &self,
        object: &ObjectKey,
        uid: &str,
        status: &api::ZoomConnectionStatus,
    ) -> Result<(), ClusterError> {
        match self.patch_status::<api::ZoomConnection>("ZoomConnection", object, uid, status).await {
            Err(error) if !error.is_gone() => Err(error),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// Replaces the whole status: a field that is absent is taken away, which a merge alone would not do. The uid makes
    /// the server refuse if another object has the name by now.
    async fn patch_status<K: Resource<DynamicType = ()>>(
        &self,
        kind: &'static str,
        object: &ObjectKey,
        uid: &str,
        status: &impl Serialize,
    ) -> Result<DynamicObject, ClusterError> {
        let resource = ApiResource::erase::<K>(&());
        let whole = json!({
            "apiVersion": resource.api_version,
            "kind": resource.kind,
            "metadata": {"uid": uid},
            "status": status,
        });
        self.metrics.kubernetes_write(kind, "patch status");
        self.api::<K>(&object.namespace)
            .patch_status(&object.name, &PatchParams::apply(FIELD_MANAGER).force(), &Patch::Apply(&whole))
            .await
            .map_err(|source| ClusterError {
                verb: "write the status of",
                kind,
                object: object.clone(),
                source: Box::new(source),
            })
    }

    /// Writes a removal record; one of that name that is there already is the same record.
    pub(super) async fn create_removal(&self, removal: &api::ZoomRemoval) -> Result<(), ClusterError> {
        let object = super::translate::key(&removal.metadata);
        let failed = |source| ClusterError {
            verb: "create",
            kind: "ZoomRemoval",
            object: object.clone(),
            source: Box::new(source),
        };
        let removals = self.api::<api::ZoomRemoval>(&object.namespace);
        let wanted: DynamicObject = serde_json::to_value(removal)
            .and_then(serde_json::from_value)
            .map_err(|source| failed(kube::Error::SerdeError(source)))?;
        self.metrics.kubernetes_write("ZoomRemoval", "create");
        let answer = match removals.create(&PostParams::default(), &wanted).await {
            Err(kube::Error::Api(status)) if status.code == 409 => removals.get(&object.name).await,
            answer => answer,
        };
        self.index.apply::<Removal>(&answer.map_err(failed)?);
        Ok(())
    }

    /// Deletes a removal record that is history.
    pub(super) async fn delete_removal(&self, object: &ObjectKey) -> Result<(), ClusterError> {
        self.metrics.kubernetes_write("ZoomRemoval", "delete");
        let deleted = self.api::<api::ZoomRemoval>(&object.namespace).delete(&object.name, &Default::default()).await;
        match deleted {
            Err(kube::Error::Api(status)) if status.code == 404 => {}
            Err(source) => {
                return Err(ClusterError {
                    verb: "delete",
                    kind: "ZoomRemoval",
                    object: object.clone(),
                    source: Box::new(source),
                });
            }
            Ok(_) => {}
        }
        self.index.remove::<Removal>(object);
        Ok(())
    }

    /// Whether a namespace, or a kind itself, is going or gone: then its objects' deletion means nothing.
    pub(super) async fn is_torn_down<K: CustomResourceExt>(&self, namespace: &str) -> Result<bool, ClusterError> {
        let namespace = self.is_going::<Namespace>("Namespace", namespace);
        let kind = self.is_going::<CustomResourceDefinition>("CustomResourceDefinition", K::crd_name());
        let (namespace, kind) = future::try_join(namespace, kind).await?;
        Ok(namespace || kind)
    }

    async fn is_going<K>(&self, kind: &'static str, name: &str) -> Result<bool, ClusterError>
    where
        K: Resource<DynamicType = (), Scope = ClusterResourceScope> + Clone + Debug + DeserializeOwned,
    {
        let found = Api::<K>::all(self.client.clone()).get_metadata_opt(name).await;
        let object = || ObjectKey::new("", name);
        let found =
            found.map_err(|source| ClusterError { verb: "get", kind, object: object(), source: Box::new(source) })?;
        Ok(found.is_none_or(|found| found.metadata.deletion_timestamp.is_some()))
    }

    /// A ZoomUser as it is right now, whatever the index knows, and the connection that it names.
    pub(super) async fn live_user(&self, object: &ObjectKey) -> Result<Option<(ObjectKey, User)>, ClusterError> {
        Ok(self.look::<api::ZoomUser>("ZoomUser", object).await?.map(|found| User::read(&found)))
    }

    /// A group, role or contact group's object as it is right now, and the connection that it names.
    pub(super) async fn live_thing<K: Named>(
        &self,
        object: &ObjectKey,
    ) -> Result<Option<(ObjectKey, Thing<K>)>, ClusterError> {
        Ok(self.look::<K>(K::KIND, object).await?.map(|found| Thing::read(&found)))
    }

    /// Whether a connection exists right now, whatever the controller's store knows.
    pub(super) async fn has_connection(&self, connection: &ObjectKey) -> Result<bool, ClusterError> {
        Ok(self.look::<api::ZoomConnection>("ZoomConnection", connection).await?.is_some())
    }

    /// The generation of a removal record right now, whatever the index knows; `None` if it is gone or going: deleting it is
    /// how a human rejects it.
    pub(super) async fn live_removal(&self, object: &ObjectKey, uid: &str) -> Result<Option<i64>, ClusterError> {
        let found = self.look::<api::ZoomRemoval>("ZoomRemoval", object).await?.map(|removal| removal.metadata);
        let stands = found.filter(|meta| meta.uid.as_deref() == Some(uid) && meta.deletion_timestamp.is_none());
        Ok(stands.map(|meta| meta.generation.unwrap_or_default()))
    }

    async fn look<K: Resource<DynamicType = ()>>(
        &self,
        kind: &'static str,
        object: &ObjectKey,
    ) -> Result<Option<DynamicObject>, ClusterError> {
        match self.api::<K>(&object.namespace).get_opt(&object.name).await {
            // Also what is said of an object whose kind is gone.
            Err(kube::Error::Api(status)) if status.code == 404 => Ok(None),
            found => found.map_err(|source| ClusterError {
                verb: "get",
                kind,
                object: object.clone(),
                source: Box::new(source),
            }),
        }
    }
}
