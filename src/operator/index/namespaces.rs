//! The labels of namespaces, which say who may use a connection.

use std::{collections::BTreeSet, sync::Arc};

use k8s_openapi::api::core::v1::Namespace;
use kube::{
    Api, ResourceExt,
    api::{ObjectMeta, PartialObjectMeta},
    runtime::{WatchStreamExt, watcher},
};
use zoom_core::ObjectKey;

use super::{Index, Namespaces, Scope, Tables, in_scope};

impl Index {
    /// Follows the labels of one namespace, or of all, for as long as the process lives.
    pub(in crate::operator) async fn follow_namespaces(
        self,
        namespaces: Api<PartialObjectMeta<Namespace>>,
        scope: Scope,
    ) {
        let only = scope.as_ref().map(|namespace| format!("metadata.name={namespace}"));
        let config = watcher::Config { field_selector: only, ..watcher::Config::default() };
        let watch = || watcher(namespaces.clone(), config.clone()).default_backoff();
        let labels_of = |meta: ObjectMeta| (Box::from(meta.name.unwrap_or_default()), meta.labels.unwrap_or_default());
        let mut listed = Namespaces::new();
        let on = |event: watcher::Event<PartialObjectMeta<Namespace>>| match event {
            watcher::Event::Init => listed.clear(),
            watcher::Event::InitApply(found) => listed.extend([labels_of(found.metadata)]),
            watcher::Event::InitDone => {
                let listed = std::mem::take(&mut listed);
                self.change_namespaces(|known| {
                    known.retain(|name, _| scope.as_deref().is_some_and(|own| own != &**name));
                    known.extend(listed);
                });
            }
            watcher::Event::Apply(found) => {
                self.change_namespaces(|known| known.extend([labels_of(found.metadata)]));
            }
            watcher::Event::Delete(gone) => {
                self.change_namespaces(|known| drop(known.remove(gone.name_any().as_str())));
            }
        };
        self.follow_events(&in_scope("namespaces", scope.as_deref()), watch, on).await;
    }

    /// Changes what is known of the namespaces; who is concerned by another labelling is planned anew.
    fn change_namespaces(&self, change: impl FnOnce(&mut Namespaces)) {
        let concerned: BTreeSet<ObjectKey> = {
            let mut inner = self.lock();
            let before = inner.namespaces.clone();
            change(Arc::make_mut(&mut inner.namespaces));
            let after = &inner.namespaces;
            let differs = |object: &ObjectKey| before.get(&*object.namespace) != after.get(&*object.namespace);
            let Tables { users, groups, roles, contact_groups, .. } = &inner.tables;
            let objects = [&users.connections, &groups.connections, &roles.connections, &contact_groups.connections];
            let objects = objects.into_iter().flatten().filter(|(object, _)| differs(object));
            let concerned: BTreeSet<ObjectKey> = objects.map(|(_, connection)| connection.clone()).collect();
            concerned.iter().for_each(|connection| inner.count(std::slice::from_ref(connection)));
            concerned
        };
        concerned.iter().for_each(|connection| self.trigger(connection));
    }
}
