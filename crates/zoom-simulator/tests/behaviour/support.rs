//! A simulator with a client that holds a token.

use std::ops::Deref;

use reqwest::header::HeaderMap;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use zoom_simulator::{AccountConfig, License, LimitsConfig, PersonConfig, Simulator, Status};

pub(crate) struct Zoom {
    pub(crate) simulator: Simulator,
    pub(crate) http: Client,
    pub(crate) token: String,
}

impl Deref for Zoom {
    type Target = Simulator;

    fn deref(&self) -> &Simulator {
        &self.simulator
    }
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
    pub(crate) text: String,
}

impl Reply {
    #[track_caller]
    pub(crate) fn succeeded(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        assert!(self.body.get("code").is_none(), "{}", self.text);
        self.body
    }

    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: u64) {
        // The message may hold quotes that are not escaped, so that the answer is not JSON.
        let digits = self.text.trim_start_matches("{\"code\":").split(|c: char| !c.is_ascii_digit()).next();
        let found = self.body["code"].as_u64().or_else(|| digits?.parse().ok());
        assert_eq!((self.status, found), (status, Some(code)), "{}", self.text);
        assert!(self.text.contains("\"message\":\"") && !self.text.contains("\"message\":\"\""), "{}", self.text);
    }

    /// Refused with 300, naming exactly these fields.
    #[track_caller]
    pub(crate) fn invalid(&self, fields: &[&str]) {
        self.refused(400, 300);
        let named: Vec<_> =
            self.body["errors"].as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap()).collect();
        assert_eq!(named, fields, "{}", self.text);
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

pub(crate) fn client() -> Client {
    Client::builder().no_proxy().build().unwrap()
}

impl Zoom {
    /// An account with people and no limits, in a paid plan with the domain acme.example managed.
    pub(crate) async fn with(people: impl IntoIterator<Item = PersonConfig>) -> Self {
        Self::start(AccountConfig { people: people.into_iter().collect(), ..unlimited() }).await
    }

    pub(crate) async fn start(config: AccountConfig) -> Self {
        let mut zoom =
            Self { simulator: Simulator::start(config).await.unwrap(), http: client(), token: String::new() };
        zoom.token = zoom.fetch_token().await.body["access_token"].as_str().unwrap().to_owned();
        zoom
    }

    pub(crate) async fn fetch_token(&self) -> Reply {
        self.fetch_token_as("simulator", "simulator-secret", "account_credentials", "acme").await
    }

    pub(crate) async fn fetch_token_as(&self, id: &str, secret: &str, grant: &str, account: &str) -> Reply {
        let request = self.http.post(format!("{}/oauth/token", self.url())).basic_auth(id, Some(secret));
        read(request.form(&[("grant_type", grant), ("account_id", account)]).send().await.unwrap()).await
    }

    pub(crate) async fn try_call(&self, method: Method, path: &str, body: Option<Value>) -> reqwest::Result<Reply> {
        let mut request = self.http.request(method, format!("{}/v2{path}", self.url())).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await?;
        Ok(Reply { status, headers, body: serde_json::from_str(&text).unwrap_or_default(), text })
    }

    /// Uploads a file as a form does.
    pub(crate) async fn upload(&self, path: &str, file: &[u8]) -> Reply {
        let head = b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n";
        let body = [head, file, b"\r\n--b--\r\n"].concat();
        let request = self.http.post(format!("{}/v2{path}", self.url())).bearer_auth(&self.token);
        let request = request.header("content-type", "multipart/form-data; boundary=b").body(body);
        read(request.send().await.unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.try_call(Method::GET, path, None).await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Reply {
        self.try_call(Method::POST, path, Some(body)).await.unwrap()
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Reply {
        self.try_call(Method::PUT, path, Some(body)).await.unwrap()
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Reply {
        self.try_call(Method::PATCH, path, Some(body)).await.unwrap()
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        self.try_call(Method::DELETE, path, None).await.unwrap()
    }

    pub(crate) async fn create(&self, action: &str, email: &str, license: u8) -> Reply {
        self.post("/users", json!({"action": action, "user_info": {"email": email, "type": license}})).await
    }

    pub(crate) async fn set_status(&self, key: &str, action: &str) -> Reply {
        self.put(&format!("/users/{key}/status"), json!({"action": action})).await
    }

    /// All rows of a listing, over all its pages.
    pub(crate) async fn all(&self, path: &str, rows: &str) -> Vec<Value> {
        let separator = if path.contains('?') { '&' } else { '?' };
        let (mut found, mut token) = (Vec::new(), String::new());
        loop {
            let body = self.get(&format!("{path}{separator}next_page_token={token}")).await.succeeded(200);
            found.extend(body[rows].as_array().unwrap().iter().cloned());
            body["next_page_token"].as_str().unwrap_or_default().clone_into(&mut token);
            if token.is_empty() {
                assert_eq!(Some(found.len() as u64), body["total_records"].as_u64());
                return found;
            }
        }
    }
}

pub(crate) async fn read(response: reqwest::Response) -> Reply {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await.unwrap();
    Reply { status, headers, body: serde_json::from_str(&text).unwrap_or_default(), text }
}

pub(crate) fn unlimited() -> AccountConfig {
    AccountConfig { limits: LimitsConfig::Off, ..AccountConfig::default() }
}

pub(crate) fn active(email: &str) -> PersonConfig {
    PersonConfig::new(email)
}

pub(crate) fn licensed(email: &str) -> PersonConfig {
    PersonConfig { license: License::Licensed, ..PersonConfig::new(email) }
}

pub(crate) fn pending(email: &str) -> PersonConfig {
    PersonConfig { status: Status::Pending, ..PersonConfig::new(email) }
}

pub(crate) fn inactive(email: &str) -> PersonConfig {
    PersonConfig { status: Status::Inactive, ..PersonConfig::new(email) }
}

pub(crate) fn admin(email: &str) -> PersonConfig {
    PersonConfig { role: Some("Admin".into()), ..PersonConfig::new(email) }
}

pub(crate) const ADA: &str = "ada@acme.example";
pub(crate) const BOB: &str = "bob@acme.example";
pub(crate) const OWNER: &str = "owner@acme.example";
