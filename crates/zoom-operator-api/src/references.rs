//! How objects name each other.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The `ZoomConnection` that is meant where none is named.
pub const DEFAULT_CONNECTION: &str = "default";

/// A ZoomConnection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionReference {
    /// The name of the ZoomConnection.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// The namespace of the ZoomConnection, whose `spec.access` must cover the object's namespace. Absent: the object's own
    /// namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1, max = 63))]
    pub namespace: Option<String>,
}

/// A ZoomConnection in the namespace of the object that names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LocalConnectionReference {
    /// The name of the ZoomConnection.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
}

/// A Secret in the connection's namespace, and the keys in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretReference {
    /// The name of the Secret.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// The key that holds the client id of the server-to-server OAuth app. Absent: `clientId`.
    #[serde(default = "client_id_key")]
    #[schemars(length(min = 1, max = 253))]
    pub client_id_key: String,
    /// The key that holds the client secret of the server-to-server OAuth app. Absent: `clientSecret`.
    #[serde(default = "client_secret_key")]
    #[schemars(length(min = 1, max = 253))]
    pub client_secret_key: String,
}

fn client_id_key() -> String {
    "clientId".to_owned()
}

fn client_secret_key() -> String {
    "clientSecret".to_owned()
}
