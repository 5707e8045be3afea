//! Talks to a simulator that runs.

use clap::Args;
use reqwest::{Client, Method, Response};
use serde_json::Value;
use url::Url;
use zoom_simulator::with_causes;

use super::Error;

/// Which simulator.
#[derive(Debug, Args)]
pub(super) struct Remote {
    /// Where the simulator listens, as `serve` printed it
    #[arg(long, value_name = "URL", env = "ZOOM_SIMULATOR_URL", default_value = "http://127.0.0.1:8080")]
    url: Url,
}

impl Remote {
    /// Calls a control; a refusal is an error with the simulator's words.
    pub(super) async fn call(&self, method: Method, path: &[&str], body: Option<&Value>) -> Result<Response, Error> {
        let mut url = self.url.clone();
        url.path_segments_mut()
            .map_err(|()| format!("{} cannot be a simulator's URL", self.url))?
            .pop_if_empty()
            .extend(path);
        self.send(method, url, body).await
    }

    /// Calls a control with a query.
    pub(super) async fn query(&self, path: &[&str], query: &[(&str, String)]) -> Result<Response, Error> {
        let mut url = self.url.clone();
        url.path_segments_mut()
            .map_err(|()| format!("{} cannot be a simulator's URL", self.url))?
            .pop_if_empty()
            .extend(path);
        url.query_pairs_mut().extend_pairs(query);
        self.send(Method::GET, url, None).await
    }

    async fn send(&self, method: Method, url: Url, body: Option<&Value>) -> Result<Response, Error> {
        let client = Client::builder().no_proxy().build()?;
        let mut request = client.request(method, url.clone());
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.map_err(|error| {
            format!(
                "no simulator answers at {}: {}. Start one with `zoom-simulator serve --listen 127.0.0.1:8080`",
                self.url,
                with_causes(&error)
            )
        })?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let text = response.text().await?;
        let said =
            serde_json::from_str::<Value>(&text).ok().and_then(|body| Some(body.get("error")?.as_str()?.to_owned()));
        Err(format!("{url} answered {status}: {}", said.unwrap_or(text)).into())
    }
}
