//! Which objects a connection lets speak for people.

use std::collections::BTreeMap;

use kube::core::{Selector, SelectorExt as _};
use zoom_core::{Access, Grant};
use zoom_operator_api as api;

use super::{super::index::Namespaces, license_in};

/// The rules of a connection, with the namespaces as they are labelled now.
pub(in crate::operator) fn access(connection: &api::ZoomConnection, namespaces: &Namespaces) -> Access {
    let own = connection.metadata.namespace.clone().unwrap_or_default();
    let none = namespaces.keys().map(|name| (name.clone(), Vec::new()));
    let Some(rules) = &connection.spec.access else {
        return Access::Granted(none.chain([(own.into(), vec![Grant::default()])]).collect());
    };
    let selectors: Vec<_> = rules.iter().map(|rule| (rule, selector(rule))).collect();
    let mut granted: BTreeMap<Box<str>, Vec<Grant>> = none.collect();
    for (rule, selector) in &selectors {
        match selector {
            // Known by its name, also where no namespace can be seen.
            Selected::Own => granted.entry(own.as_str().into()).or_default().push(grant(rule)),
            Selected::Labelled(selector) => {
                for (name, _) in namespaces.iter().filter(|(_, labels)| selector.matches(labels)) {
                    granted.entry(name.clone()).or_default().push(grant(rule));
                }
            }
            Selected::Nothing => {}
        }
    }
    Access::Granted(granted)
}

/// The namespaces that a rule is about.
enum Selected {
    Own,
    Labelled(Selector),
    /// The selector means nothing, such as an operator that there is not.
    Nothing,
}

fn selector(rule: &api::AccessRule) -> Selected {
    rule.namespaces.as_ref().map_or(Selected::Own, |namespaces| {
        Selector::try_from(namespaces.selector.clone()).map_or(Selected::Nothing, Selected::Labelled)
    })
}

fn grant(rule: &api::AccessRule) -> Grant {
    let folded = |texts: &Vec<String>| texts.iter().map(|text| text.trim().to_lowercase().into()).collect();
    Grant {
        email_domains: rule.email_domains.as_ref().map(folded),
        licenses: rule.licenses.as_ref().map(|licenses| licenses.iter().map(|license| license_in(*license)).collect()),
        roles: Some(rule.roles.as_ref().map_or_else(|| ["member".into()].into(), folded)),
        groups: Some(folded(&rule.groups)),
        group_admins: rule.group_admins,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// How many grants each namespace has, of those that are known.
    fn grants(rules: &Value, namespaces: &[(&str, &str)]) -> Vec<(String, usize)> {
        let connection = json!({
            "apiVersion": "zoom-operator.dev/v1alpha1",
            "kind": "ZoomConnection",
            "metadata": {"namespace": "identity", "name": "acme"},
            "spec": {"accountId": "acme", "credentials": {"secretRef": {"name": "zoom"}}, "access": rules},
        });
        let namespaces: Namespaces = namespaces
            .iter()
            .map(|(name, team)| ((*name).into(), [("team".to_owned(), (*team).to_owned())].into()))
            .collect();
        match access(&serde_json::from_value(connection).unwrap(), &namespaces) {
            Access::Granted(granted) => granted.iter().map(|(name, grants)| (name.to_string(), grants.len())).collect(),
            Access::Everybody => panic!("not everybody"),
        }
    }

    fn labelled() -> Value {
        json!({"namespaces": {"selector": {"matchLabels": {"team": "sales"}}}})
    }

    #[test]
    fn namespaces_are_covered_by_their_labels_and_the_own_one_by_its_name() {
        let seen = [("identity", "it"), ("sales", "sales"), ("other", "other")];
        let of = |expected: [usize; 3]| {
            ["identity", "other", "sales"].map(str::to_owned).into_iter().zip(expected).collect()
        };
        let cases: [(Value, Vec<_>); 4] = [
            (Value::Null, of([1, 0, 0])),
            (json!([]), of([0, 0, 0])),
            (json!([labelled()]), of([0, 0, 1])),
            (json!([labelled(), {}, labelled()]), of([1, 0, 2])),
        ];
        for (rules, expected) in cases {
            assert_eq!(grants(&rules, &seen), expected, "{rules}");
        }
    }

    #[test]
    fn of_namespaces_that_cannot_be_seen_nothing_is_known_besides_the_own_one() {
        let own = vec![("identity".to_owned(), 1)];
        assert_eq!(grants(&Value::Null, &[]), own);
        assert_eq!(grants(&json!([labelled(), {}]), &[]), own);
        assert_eq!(grants(&json!([labelled()]), &[]), []);
    }
}
