//! From a ZoomConnection and its Secret to a client for Zoom.

use std::{sync::Arc, time::Duration};

use k8s_openapi::api::core::v1::Secret;
use kube::{Api, Client};
use secrecy::{ExposeSecret, SecretString};
use url::Url;
use zoom_client::{Config, Credentials, Endpoints, Gate, Limits, Timeouts, ZoomClient};
use zoom_operator_api as api;

use super::{
    metrics::Metrics,
    trouble::{Trouble, TroubleReason},
};

/// Hosts that may stand in for Zoom's own: only what the operator's own flags name, because whoever may write a
/// ZoomConnection could otherwise have its Secret sent anywhere.
#[derive(Clone, Debug, Default)]
pub(crate) struct AllowedHosts(pub(crate) Vec<String>);

impl AllowedHosts {
    fn allows(&self, url: &Url) -> bool {
        url.host_str().is_some_and(|host| self.0.iter().any(|allowed| allowed.eq_ignore_ascii_case(host)))
    }
}

/// What is needed besides the connection to reach Zoom.
pub(super) struct Dialer {
    /// Reads Secrets.
    pub(super) client: Client,
    /// Hosts besides Zoom's own.
    pub(super) hosts: AllowedHosts,
    /// Counts calls.
    pub(super) metrics: Metrics,
    /// How long a call to Zoom may take: what began while this process led must be over before another leads.
    pub(super) call_timeout: Duration,
    /// Whether this process may write: asked right before each call that may change something in Zoom.
    pub(super) gate: Gate,
}

/// What a connection's client was made of. Compared to see whether it must be made anew.
pub(super) struct Dialed {
    client_id: String,
    client_secret: SecretString,
    settings: (api::RateLimit, Option<api::Endpoints>, api::Cloud),
    /// The client.
    pub(super) client: ZoomClient,
}

impl Dialer {
    /// Reads the Secret and makes a client; `None` if the present one is still right. No call to Zoom is made.
    ///
    /// # Errors
    /// The Secret or the endpoints cannot be used; the trouble says which and why.
    pub(super) async fn dial(
        &self,
        connection: &api::ZoomConnection,
        present: Option<&Dialed>,
    ) -> Result<Option<Dialed>, Trouble> {
        let spec = &connection.spec;
        let endpoints = self.endpoints(spec)?;
        let (client_id, client_secret) = self.read_secret(connection).await?;
        let settings = (spec.rate_limit, spec.endpoints.clone(), spec.cloud());
        if let Some(present) = present
            && present.settings == settings
        {
            if present.client_id == client_id && present.client_secret.expose_secret() == client_secret.expose_secret()
            {
                return Ok(None);
            }
            let credentials = Credentials { client_id: client_id.clone(), client_secret: client_secret.clone() };
            let client = present.client.with_credentials(credentials);
            return Ok(Some(Dialed { client_id, client_secret, settings, client }));
        }
        let credentials = Credentials { client_id: client_id.clone(), client_secret: client_secret.clone() };
        let mut config = Config::new(spec.account_id.clone(), credentials, endpoints, Self::limits(spec.rate_limit));
        config.timeouts = Timeouts { connect: self.call_timeout, call: self.call_timeout, total: self.call_timeout };
        let metrics = self.metrics.clone();
        config.gate = Some(Arc::clone(&self.gate));
        config.observer = Some(Arc::new(move |call| metrics.zoom_call(call.endpoint, call.outcome)));
        let client = ZoomClient::new(config)
            .map_err(|error| Trouble::new(TroubleReason::EndpointsUnusable, error.to_string()))?;
        Ok(Some(Dialed { client_id, client_secret, settings, client }))
    }

    fn limits(limit: api::RateLimit) -> Limits {
        let plan = match limit.plan {
            api::ZoomPlan::Free => zoom_client::Plan::Free,
            api::ZoomPlan::Pro => zoom_client::Plan::Pro,
            api::ZoomPlan::Business => zoom_client::Plan::Business,
        };
        Limits { plan, share_percent: u8::try_from(limit.share_percent).unwrap_or(1) }
    }

    fn endpoints(&self, spec: &api::ZoomConnectionSpec) -> Result<Endpoints, Trouble> {
        let Some(own) = &spec.endpoints else {
            return Ok(match spec.cloud() {
                api::Cloud::Commercial => Endpoints::commercial(),
                api::Cloud::Government => Endpoints::government(),
            });
        };
        Ok(Endpoints {
            token: self.endpoint("spec.endpoints.token", &own.token)?,
            api: self.endpoint("spec.endpoints.api", &own.api)?,
        })
    }

    fn endpoint(&self, field: &str, text: &str) -> Result<Url, Trouble> {
        let unusable = |why: String| Trouble::new(TroubleReason::EndpointsUnusable, format!("{field}: {why}"));
        let url = Url::parse(text).map_err(|error| unusable(format!("{text:?} is not a URL: {error}")))?;
        if !self.hosts.allows(&url) {
            let host = url.host_str().unwrap_or_default();
            return Err(Trouble::new(
                TroubleReason::HostNotAllowed,
                format!(
                    "{field}: the host {host} is not one of Zoom's, and the operator does not allow it: whoever runs the \
                     operator can start it with --allow-host {host}"
                ),
            ));
        }
        Ok(url)
    }

    async fn read_secret(&self, connection: &api::ZoomConnection) -> Result<(String, SecretString), Trouble> {
        let reference = &connection.spec.credentials.secret_ref;
        let namespace = connection.metadata.namespace.as_deref().unwrap_or_default();
        let name = format!("{namespace}/{}", reference.name);
        let secret = match Api::<Secret>::namespaced(self.client.clone(), namespace).get_opt(&reference.name).await {
            Ok(Some(secret)) => secret,
            Ok(None) => {
                return Err(Trouble::new(
                    TroubleReason::SecretMissing,
                    format!(
                        "the Secret {name} does not exist: create it with the keys {} and {}",
                        reference.client_id_key, reference.client_secret_key
                    ),
                ));
            }
            Err(error) => {
                return Err(Trouble::new(TroubleReason::SecretUnreadable, format!("get Secret {name}: {error}")));
            }
        };
        let data = secret.data.unwrap_or_default();
        let value = |key: &str| {
            let missing = || {
                let found: Vec<_> = data.keys().map(String::as_str).collect();
                Trouble::new(
                    TroubleReason::SecretKeyMissing,
                    format!("the Secret {name} has no usable key {key}; it has: {}", found.join(", ")),
                )
            };
            let bytes = data.get(key).ok_or_else(missing)?;
            // A line end at the end is an editor's, never part of a credential.
            let text = std::str::from_utf8(&bytes.0).map_err(|_| missing())?.trim();
            if text.is_empty() { Err(missing()) } else { Ok(text.to_owned()) }
        };
        Ok((value(&reference.client_id_key)?, SecretString::from(value(&reference.client_secret_key)?)))
    }
}
