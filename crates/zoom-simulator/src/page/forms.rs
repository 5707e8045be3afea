//! What the page's forms do.

use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::Redirect;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Failure, Site, account_path, chosen, person_path};
use crate::account::{License, PersonEdit, Status};
use crate::controls::PortalRefusal;
use crate::fault::{Fault, FaultEffect};

impl From<PortalRefusal> for Failure {
    fn from(refusal: PortalRefusal) -> Self {
        Self(StatusCode::CONFLICT, refusal.message)
    }
}

type Done = Result<Redirect, Failure>;

/// A fault as the form gives it; an empty text means any.
#[derive(Deserialize)]
pub(super) struct FaultForm {
    effect: String,
    #[serde(default)]
    method: String,
    #[serde(default)]
    path: String,
    count: u32,
}

pub(super) async fn inject(State(shared): Site, Path(account): Path<String>, Form(form): Form<FaultForm>) -> Done {
    let controls = chosen(shared, &account)?;
    let bad = |text| Failure(StatusCode::BAD_REQUEST, text);
    let effects = FaultEffect::of_every_class();
    let effect = effects.into_iter().find(|effect| <&str>::from(effect) == form.effect);
    let effect = effect.ok_or_else(|| bad(format!("There is no fault {:?}.", form.effect)))?;
    let filled = |text: String| Some(text).filter(|text| !text.is_empty());
    let fault = Fault { method: filled(form.method), path: filled(form.path), ..Fault::next_call(effect) };
    let fault = fault.times(form.count);
    fault.check().map_err(bad)?;
    controls.inject(fault);
    Ok(Redirect::to(&account_path(&account)))
}

pub(super) async fn clear_faults(State(shared): Site, Path(account): Path<String>) -> Done {
    chosen(shared, &account)?.clear_faults();
    Ok(Redirect::to(&account_path(&account)))
}

/// A person as the form gives them.
#[derive(Deserialize)]
pub(super) struct PersonForm {
    email: String,
    first_name: String,
    last_name: String,
    #[serde(rename = "type")]
    license: License,
    status: Status,
    role: String,
    dept: String,
    job_title: String,
    /// The id of a division; absent: it stays.
    division: Option<String>,
}

/// Only what differs from what is there is edited: the owner's role, say, cannot even be set to what it is.
pub(super) async fn edit(
    State(shared): Site,
    Path((account, key)): Path<(String, String)>,
    Form(form): Form<PersonForm>,
) -> Done {
    let controls = chosen(shared, &account)?;
    let missing = || Failure(StatusCode::NOT_FOUND, format!("Nobody in the account {account} is {key:?}."));
    let present = controls.person(&key).ok_or_else(missing)?;
    let PersonForm { email, first_name, last_name, license, status, role, dept, job_title, division } = form;
    let mut profile = Map::<String, Value>::new();
    for (name, new, old) in [("dept", dept, &present.profile.dept), ("jobTitle", job_title, &present.profile.job_title)]
    {
        if new != *old {
            profile.insert(name.to_owned(), json!(new));
        }
    }
    if let Some(division) = division {
        profile.insert("divisionIds".to_owned(), json!([division]));
    }
    let edit = PersonEdit {
        email: changed(email, &present.email),
        first_name: changed(first_name, &present.first_name),
        last_name: changed(last_name, &present.last_name),
        license: changed(license, &present.license),
        status: changed(status, &present.status),
        role: changed(role, &present.role),
        profile,
        ..PersonEdit::default()
    };
    controls.edit_person(&key, edit)?;
    Ok(Redirect::to(&person_path(&account, &key)))
}

fn changed<T: PartialEq>(new: T, old: &T) -> Option<T> {
    (new != *old).then_some(new)
}

pub(super) async fn accept(State(shared): Site, Path((account, key)): Path<(String, String)>) -> Done {
    let accepted = chosen(shared, &account)?.accept_invitation(&key)?;
    Ok(Redirect::to(&person_path(&account, &accepted.id)))
}

pub(super) async fn sign_in(State(shared): Site, Path((account, key)): Path<(String, String)>) -> Done {
    chosen(shared, &account)?.sign_in(&key)?;
    Ok(Redirect::to(&person_path(&account, &key)))
}

pub(super) async fn sign_out(State(shared): Site, Path((account, key)): Path<(String, String)>) -> Done {
    chosen(shared, &account)?.sign_out(&key)?;
    Ok(Redirect::to(&person_path(&account, &key)))
}

pub(super) async fn delete(State(shared): Site, Path((account, key)): Path<(String, String)>) -> Done {
    chosen(shared, &account)?.edit_person(&key, PersonEdit { delete: true, ..PersonEdit::default() })?;
    Ok(Redirect::to(&account_path(&account)))
}
