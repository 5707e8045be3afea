//! The account in a browser, as its administrator sees it. Server-rendered; nothing is loaded from elsewhere.

mod forms;
mod overview;
mod person;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use maud::{DOCTYPE, Markup, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::controls::Controls;
use crate::world::Shared;
use overview::Shown;

pub(crate) fn router() -> Router<Arc<Shared>> {
    let asset = |kind: &'static str, text: &'static str| get(async move || ([(header::CONTENT_TYPE, kind)], text));
    Router::new()
        .route("/", get(async |State(shared): State<Arc<Shared>>| home(&Controls::first(shared))))
        .route("/page.css", asset("text/css", include_str!("page.css")))
        .route("/page.js", asset("text/javascript", include_str!("page.js")))
        .route("/accounts/{account}", get(overview_page))
        .route("/accounts/{account}/calls", get(calls))
        .route("/accounts/{account}/faults", post(forms::inject))
        .route("/accounts/{account}/faults/clear", post(forms::clear_faults))
        .route("/accounts/{account}/people/{person}", get(person_page).post(forms::edit))
        .route("/accounts/{account}/people/{person}/accept", post(forms::accept))
        .route("/accounts/{account}/people/{person}/sign-in", post(forms::sign_in))
        .route("/accounts/{account}/people/{person}/sign-out", post(forms::sign_out))
        .route("/accounts/{account}/people/{person}/delete", post(forms::delete))
        .layer(from_fn(guarded))
}

type Site = State<Arc<Shared>>;

fn home(first: &Controls) -> Redirect {
    Redirect::to(&account_path(&first.account().account_id))
}

/// Other sites can neither send forms nor frame the page, and nothing is loaded from elsewhere.
async fn guarded(request: Request, next: Next) -> Response {
    let from = request.headers().get("sec-fetch-site").and_then(|from| from.to_str().ok());
    if request.method() != "GET" && matches!(from, Some("cross-site" | "same-site")) {
        return Failure(StatusCode::FORBIDDEN, "this form was sent by another site".to_owned()).into_response();
    }
    let mut response = next.run(request).await;
    let policy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; \
                  base-uri 'none'; frame-ancestors 'none'";
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    response
}

/// What cannot be shown or done, as a page.
struct Failure(StatusCode, String);

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let body = html! {
            main {
                h1 { "That did not work" }
                p.problem { (self.1) }
                p { a href="/" { "Back to the account" } }
            }
        };
        (self.0, Html(document("That did not work", &body).into_string())).into_response()
    }
}

fn chosen(shared: Arc<Shared>, account: &str) -> Result<Controls, Failure> {
    let missing = || Failure(StatusCode::NOT_FOUND, format!("There is no account {account:?}."));
    Controls::first(shared).of(account).ok_or_else(missing)
}

async fn overview_page(
    State(shared): Site,
    Path(account): Path<String>,
    Query(shown): Query<Shown>,
) -> Result<Html<String>, Failure> {
    let controls = chosen(shared, &account)?;
    Ok(Html(document(&account, &overview::body(&controls, &shown)).into_string()))
}

async fn calls(State(shared): Site, Path(account): Path<String>) -> Result<Html<String>, Failure> {
    Ok(Html(overview::calls(&chosen(shared, &account)?).into_string()))
}

async fn person_page(
    State(shared): Site,
    Path((account, key)): Path<(String, String)>,
) -> Result<Html<String>, Failure> {
    let controls = chosen(shared, &account)?;
    let missing = || Failure(StatusCode::NOT_FOUND, format!("Nobody in the account {account} is {key:?}."));
    let view = controls.person(&key).ok_or_else(missing)?;
    Ok(Html(document(&view.email, &person::body(&controls, &view)).into_string()))
}

fn document(title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · zoom-simulator" }
                link rel="stylesheet" href="/page.css";
                script src="/page.js" defer {}
            }
            body { (body) }
        }
    }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn account_path(account: &str) -> String {
    format!("/accounts/{}", encoded(account))
}

fn person_path(account: &str, id: &str) -> String {
    format!("{}/people/{}", account_path(account), encoded(id))
}
