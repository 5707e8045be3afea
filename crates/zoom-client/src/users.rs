use std::collections::BTreeSet;

use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::ZoomClient;
use crate::error::{Error, ErrorKind};
use crate::lenient::{filled, lenient, required};
use crate::limiter::{OwnCap, RateLabel};
use crate::listing::{Listing, list_as};
use crate::transport::{Call, Endpoint};
use crate::user::{CustomAttribute, PhoneNumber, PronounsOption, User, UserRow, UserStatus, UserType};

static LIST: Endpoint = Endpoint::new(Method::GET, "GET /users", RateLabel::Medium);
static GET: Endpoint = Endpoint::new(Method::GET, "GET /users/{userId}", RateLabel::Light);
static CREATE: Endpoint = Endpoint::naming_address(Method::POST, "POST /users", RateLabel::Light, OwnCap::Create);
static CREATE_OTHERWISE: Endpoint =
    Endpoint::naming_address(Method::POST, "POST /users", RateLabel::Light, OwnCap::OtherCreate);
static UPDATE: Endpoint = Endpoint::new(Method::PATCH, "PATCH /users/{userId}", RateLabel::Light);
static SET_STATUS: Endpoint = Endpoint::new(Method::PUT, "PUT /users/{userId}/status", RateLabel::Light);
static CHANGE_EMAIL: Endpoint =
    Endpoint::naming_address(Method::PUT, "PUT /users/{userId}/email", RateLabel::Light, OwnCap::PerUser);
static REMOVE: Endpoint = Endpoint::new(Method::DELETE, "DELETE /users/{userId}", RateLabel::Light);
static SIGN_OUT: Endpoint = Endpoint::new(Method::DELETE, "DELETE /users/{userId}/token", RateLabel::Light);
static SUMMARY: Endpoint = Endpoint::new(Method::GET, "GET /users/summary", RateLabel::Medium);

/// Words that Zoom's paths use where an id may stand. `me` would be the account's owner.
const NO_IDS: [&str; 5] = ["me", "email", "summary", "features", "vanity_name"];

/// A user to create. Everything else that Zoom keeps of a user follows by [`ZoomClient::update_user`].
#[derive(Clone, Debug)]
pub struct NewUser {
    /// How the user comes into the account.
    pub action: CreateAction,
    /// The address, at most 128 characters.
    pub email: String,
    /// The meeting licence.
    pub user_type: UserType,
    /// Given name, at most 64 characters.
    pub first_name: Option<String>,
    /// Family name, at most 64 characters.
    pub last_name: Option<String>,
    /// The name that others see, at most 128 characters.
    pub display_name: Option<String>,
}

/// How a user comes into the account (Zoom API reference, Users: create).
#[derive(Clone, Debug)]
pub enum CreateAction {
    /// By an invitation mail; pending until it is accepted. Has a daily cap of its own.
    Create,
    /// With a password, in a managed domain of an enterprise account.
    AutoCreate {
        /// 8 to 32 characters; the account's password rules apply.
        password: SecretString,
    },
    /// Without a login; for partners only.
    CustCreate,
    /// By single sign-on with pre-provisioning.
    SsoCreate,
}

impl NewUser {
    fn wire(&self) -> Value {
        let Self { action, email, user_type, first_name, last_name, display_name } = self;
        let (action, password) = match action {
            CreateAction::Create => ("create", None),
            CreateAction::AutoCreate { password } => ("autoCreate", Some(password.expose_secret())),
            CreateAction::CustCreate => ("custCreate", None),
            CreateAction::SsoCreate => ("ssoCreate", None),
        };
        let mut user = json!({
            "email": email, "type": user_type, "first_name": first_name, "last_name": last_name,
            "display_name": display_name, "password": password,
        });
        if let Value::Object(fields) = &mut user {
            fields.retain(|_, value| !value.is_null());
        }
        json!({"action": action, "user_info": user})
    }
}

/// A created user. Whether they are active or pending, only a read tells.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Created {
    /// The id. Zoom may leave it blank, as when the address has an account elsewhere and was invited to join.
    #[serde(default, deserialize_with = "filled")]
    pub id: Option<String>,
    /// The address, as Zoom gives it back.
    #[serde(deserialize_with = "required")]
    pub email: String,
}

/// A change of a user: absent fields stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct UserPatch {
    /// Given name, at most 64 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Family name, at most 64 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// The name that others see, at most 128 characters; empty means made of the names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// The meeting licence.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub user_type: Option<UserType>,
    /// Department.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dept: Option<String>,
    /// Cost centre.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_center: Option<String>,
    /// Job title, at most 128 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_title: Option<String>,
    /// Company, at most 255 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// Location, at most 256 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The manager's address or display name, in the same account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manager: Option<String>,
    /// Language, such as `en-US`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// IANA time zone, such as `Europe/Berlin`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// Pronouns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pronouns: Option<String>,
    /// Whether others see the pronouns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pronouns_option: Option<PronounsOption>,
    /// The last part of the personal link, which nobody else in the account may have (4100).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vanity_name: Option<String>,
    /// The personal meeting id, ten digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pmi: Option<u64>,
    /// Whether instant meetings have the personal meeting id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub use_pmi: Option<bool>,
    /// The id of the division, one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub division_ids: Option<[String; 1]>,
    /// The id in a content management system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cms_user_id: Option<String>,
    /// Phone numbers, at most three.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_numbers: Option<Vec<PhoneNumber>>,
    /// The account's own attributes, at most five.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_attributes: Option<Vec<CustomAttribute>>,
}

impl UserPatch {
    /// Whether nothing would change.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What [`ZoomClient::set_status`] does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StatusAction {
    /// Gives the sign-in back, but no licence.
    Activate,
    /// Takes the sign-in and all licences away.
    Deactivate,
}

/// How a user leaves the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Removal {
    /// Unlinks the user, who keeps a free account of their own. The way for pending users.
    Disassociate {
        /// Who gets the user's data.
        transfer: Option<Transfer>,
    },
    /// Deletes the user and everything that is not transferred, for good.
    Delete {
        /// Who gets the user's data.
        transfer: Option<Transfer>,
    },
}

/// The hand-over of a leaving user's data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// The heir's address: another user with the licences that the data needs.
    pub to: String,
    /// What is handed over; the rest goes with the user.
    pub data: BTreeSet<TransferData>,
}

/// Data of a leaving user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::IntoStaticStr)]
pub enum TransferData {
    /// Scheduled meetings.
    #[strum(serialize = "transfer_meeting")]
    Meetings,
    /// Scheduled webinars.
    #[strum(serialize = "transfer_webinar")]
    Webinars,
    /// Cloud recordings.
    #[strum(serialize = "transfer_recording")]
    Recordings,
    /// Whiteboards.
    #[strum(serialize = "transfer_whiteboard")]
    Whiteboards,
    /// Clips.
    #[strum(serialize = "transfer_clipfiles")]
    Clips,
    /// Notes.
    #[strum(serialize = "transfer_notes")]
    Notes,
    /// Visitors.
    #[strum(serialize = "transfer_visitors")]
    Visitors,
    /// Docs.
    #[strum(serialize = "transfer_docs")]
    Docs,
}

/// How many users an account has, by licence.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct UserSummary {
    /// Licensed users.
    #[serde(rename = "licensed_users_count", deserialize_with = "lenient")]
    pub licensed: Option<u64>,
    /// Basic users.
    #[serde(rename = "basic_users_count", deserialize_with = "lenient")]
    pub basic: Option<u64>,
    /// On-premise users.
    #[serde(rename = "on_prem_users_count", deserialize_with = "lenient")]
    pub on_prem: Option<u64>,
    /// Zoom Rooms.
    #[serde(rename = "room_users_count", deserialize_with = "lenient")]
    pub room: Option<u64>,
    /// Pending users, who are outside the total.
    #[serde(rename = "pending_users_count", deserialize_with = "lenient")]
    pub pending: Option<u64>,
    /// Users who can only join.
    #[serde(rename = "join_only_users_count", deserialize_with = "lenient")]
    pub join_only: Option<u64>,
    /// All users but the pending ones.
    #[serde(rename = "total_users_count", deserialize_with = "lenient")]
    pub total: Option<u64>,
}

fn user_call(endpoint: &'static Endpoint, id_or_email: &str, rest: &[&str]) -> Result<Call, Error> {
    let segments = [&["users", id_or_email], rest].concat();
    let call = Call::new(endpoint, &segments)?;
    if NO_IDS.contains(&id_or_email) {
        let message = format!("{id_or_email:?} is no user: give an id or an e-mail address");
        return Err(Error::unsent(ErrorKind::Invalid { fields: Vec::new() }, call.tried(), &message));
    }
    Ok(call)
}

impl ZoomClient {
    /// All users of one status. A whole account takes three listings.
    ///
    /// `page_size` is at most 2,000 by Zoom's present documents and 300 by older ones; Zoom answers with the size it likes.
    ///
    /// # Errors
    /// See [`ErrorKind`]. Rows that shift while pages are read are no error, see [`Listing::complete`].
    pub async fn list_users(&self, status: UserStatus, page_size: u32) -> Result<Listing<UserRow>, Error> {
        self.list_users_as(status, page_size, |row| row).await
    }

    /// The same; `keep` makes of each row what is kept of it, page by page. A row holds a kilobyte, and an account many rows.
    ///
    /// # Errors
    /// As [`ZoomClient::list_users`].
    pub async fn list_users_as<R>(
        &self,
        status: UserStatus,
        page_size: u32,
        keep: impl FnMut(UserRow) -> R,
    ) -> Result<Listing<R>, Error> {
        let query = [
            ("status", status.to_string()),
            ("page_size", page_size.to_string()),
            ("include_fields", "custom_attributes".to_owned()),
        ];
        list_as(&self.transport, &LIST, &["users"], &query, keep).await
    }

    /// One user, with the profile. Pending users are found by address.
    ///
    /// # Errors
    /// [`ErrorKind::UserNotFound`], [`ErrorKind::InvitationExpired`] and others.
    pub async fn get_user(&self, id_or_email: &str) -> Result<User, Error> {
        self.transport.fetch(&user_call(&GET, id_or_email, &[])?).await
    }

    /// Creates a user, at most once: a create without a clear answer is not repeated, but read back.
    ///
    /// Make one create at a time: Zoom refuses other calls on users while one runs.
    ///
    /// # Errors
    /// [`ErrorKind::InDoubt`] when there was no clear answer and a read found nobody (or failed); trying again is safe then.
    /// [`ErrorKind::AddressTaken`], [`ErrorKind::NoSeats`] and others.
    pub async fn create_user(&self, user: &NewUser) -> Result<Created, Error> {
        let endpoint = match user.action {
            CreateAction::Create => &CREATE,
            CreateAction::AutoCreate { .. } | CreateAction::CustCreate | CreateAction::SsoCreate => &CREATE_OTHERWISE,
        };
        let call = Call::new(endpoint, &["users"])?.body(&user.wire())?;
        match self.transport.fetch(&call).await {
            Err(error) if error.leaves_doubt() => self.read_back(user, error).await,
            result => result,
        }
    }

    async fn read_back(&self, user: &NewUser, doubt: Error) -> Result<Created, Error> {
        tracing::debug!(%doubt, "a create ended in doubt; reading back");
        match self.get_user(&user.email).await {
            Ok(User { row: UserRow { id, email, .. }, .. }) => Ok(Created { id, email }),
            Err(error) => {
                let seen_absent = *error.kind() == ErrorKind::UserNotFound;
                Err(doubt.with_kind(ErrorKind::InDoubt { seen_absent }))
            }
        }
    }

    /// Changes what the patch names. Zoom accepts a change of a pending user without effect, and refuses one of an inactive user.
    ///
    /// # Errors
    /// See [`ErrorKind`].
    pub async fn update_user(&self, id_or_email: &str, patch: &UserPatch) -> Result<(), Error> {
        self.transport.run(&user_call(&UPDATE, id_or_email, &[])?.body(patch)?).await
    }

    /// Puts a pending user into a group: the groups' own calls pass over them. Whether it takes effect is not certain, and only a
    /// read tells.
    ///
    /// # Errors
    /// [`ErrorKind::GroupNotFound`], [`ErrorKind::UserNotFound`] and others.
    pub async fn place_pending_in_group(&self, email: &str, group_id: &str) -> Result<(), Error> {
        self.transport.run(&user_call(&UPDATE, email, &[])?.body(&json!({"group_id": group_id}))?).await
    }

    /// Activates or deactivates a user.
    ///
    /// # Errors
    /// [`ErrorKind::Refused`] for admins and Zoom Rooms, [`ErrorKind::NoSeats`] on activation, and others.
    pub async fn set_status(&self, id_or_email: &str, action: StatusAction) -> Result<(), Error> {
        let call = user_call(&SET_STATUS, id_or_email, &["status"])?.body(&json!({"action": action}))?;
        self.transport.run(&call).await
    }

    /// Gives a user another address, inside the account's managed domains; at most three times a day and user.
    ///
    /// # Errors
    /// [`ErrorKind::DomainNotAllowed`], [`ErrorKind::Refused`] for other admins, and others.
    pub async fn change_email(&self, id_or_email: &str, new_email: &str) -> Result<(), Error> {
        let call = user_call(&CHANGE_EMAIL, id_or_email, &["email"])?.body(&json!({"email": new_email}))?;
        self.transport.run(&call).await
    }

    /// Removes a user from the account.
    ///
    /// # Errors
    /// [`ErrorKind::AdminProtected`], [`ErrorKind::ManagedDomain`] and others. [`ErrorKind::UserNotFound`] may mean the heir.
    pub async fn remove_user(&self, id_or_email: &str, removal: &Removal) -> Result<(), Error> {
        let (action, transfer) = match removal {
            Removal::Disassociate { transfer } => ("disassociate", transfer),
            Removal::Delete { transfer } => ("delete", transfer),
        };
        let mut call = user_call(&REMOVE, id_or_email, &[])?.query("action", action);
        if let Some(Transfer { to, data }) = transfer {
            call = call.query("transfer_email", to);
            for data in data {
                call = call.query(data.into(), "true");
            }
        }
        self.transport.run(&call).await
    }

    /// Ends a user's sessions.
    ///
    /// # Errors
    /// See [`ErrorKind`].
    pub async fn sign_out(&self, id_or_email: &str) -> Result<(), Error> {
        self.transport.run(&user_call(&SIGN_OUT, id_or_email, &["token"])?).await
    }

    /// How many users the account has, by licence.
    ///
    /// # Errors
    /// See [`ErrorKind`].
    pub async fn user_summary(&self) -> Result<UserSummary, Error> {
        self.transport.fetch(&Call::new(&SUMMARY, &["users", "summary"])?).await
    }
}
