//! What a `ZoomRemoval` does to people, a step at a time.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::{LicenseType, schemas};

/// What is done to a person.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(tag = "action", deny_unknown_fields)]
pub enum Step {
    /// Cannot sign in any more; the licence is free again.
    Deactivate,
    /// Leaves the account and keeps a free Zoom account.
    Unlink,
    /// Is deleted for good.
    Delete,
    /// Gets a lower licence.
    SetLicense {
        /// The licence.
        license: LicenseType,
    },
    /// Gets another role.
    SetRole {
        /// The role by its name in Zoom.
        role: String,
    },
    /// Gets another e-mail address.
    SetEmail {
        /// The address.
        email: String,
    },
    /// Is taken out of the target.
    RemoveMembers,
    /// Administers the target no more.
    RemoveAdmins,
    /// The target, a group, is deleted.
    DeleteGroup,
    /// The target, a role that nobody holds, is deleted.
    DeleteRole,
    /// The target, a contact group, is deleted.
    DeleteContactGroup,
    /// Groups are taken out of the target, a contact group.
    RemoveGroups,
    /// Privileges are taken from the target, a role.
    TakePrivileges,
    /// Is created as their ZoomUser says.
    Create,
}

/// By hand: a tagged enum has no structural schema.
impl JsonSchema for Step {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Step".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut license = LicenseType::json_schema(generator);
        license.insert("description".to_owned(), "The licence; with SetLicense alone.".into());
        let mut role = schemas::role(generator);
        role.insert("description".to_owned(), "The role by its name in Zoom; with SetRole alone.".into());
        let mut email = schemas::email(generator);
        email.insert("description".to_owned(), "The e-mail address; with SetEmail alone.".into());
        json_schema!({
            "type": "object",
            "description": "What is done to a person.",
            "required": ["action"],
            "properties": {
                "action": {
                    "type": "string",
                    "description": "Deactivate: cannot sign in any more. Unlink: leaves the account and keeps a free Zoom \
                                    account. Delete: is deleted for good. SetLicense: gets the licence named beside. \
                                    SetRole: gets the role named beside. SetEmail: gets the address named beside. \
                                    RemoveMembers: the people are taken out of the \
                                    target. RemoveAdmins: the people administer the target no more. DeleteGroup, \
                                    DeleteRole, DeleteContactGroup: the target is deleted. RemoveGroups: groups are taken out of \
                                    the target. TakePrivileges: privileges are taken from the target. Create: is created as their \
                                    ZoomUser says.",
                    "enum": [
                        "Deactivate", "Unlink", "Delete", "SetLicense", "SetRole", "SetEmail", "RemoveMembers",
                        "RemoveAdmins", "DeleteGroup", "DeleteRole", "DeleteContactGroup", "RemoveGroups",
                        "TakePrivileges", "Create",
                    ],
                },
                "license": license,
                "role": role,
                "email": email,
            },
            "x-kubernetes-validations": [
                {
                    "rule": "(self.action == 'SetLicense') == has(self.license)",
                    "message": "write license with the action SetLicense, and with no other",
                },
                {
                    "rule": "(self.action == 'SetRole') == has(self.role)",
                    "message": "write role with the action SetRole, and with no other",
                },
                {
                    "rule": "(self.action == 'SetEmail') == has(self.email)",
                    "message": "write email with the action SetEmail, and with no other",
                },
            ],
        })
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case(Step::Deactivate, json!({"action": "Deactivate"}))]
    #[case(Step::SetLicense { license: LicenseType::Basic }, json!({"action": "SetLicense", "license": "Basic"}))]
    #[case(Step::SetRole { role: "Member".to_owned() }, json!({"action": "SetRole", "role": "Member"}))]
    fn a_step_is_written_as_its_schema_says(#[case] step: Step, #[case] written: serde_json::Value) {
        assert_eq!(serde_json::to_value(&step).unwrap(), written);
        assert_eq!(serde_json::from_value::<Step>(written).unwrap(), step);
    }

    #[rstest]
    #[case(json!({"action": "Demote"}))]
    #[case(json!({"action": "SetRole"}))]
    #[case(json!({"action": "SetRole", "role": "Member", "until": "tomorrow"}))]
    fn a_step_of_another_version_does_not_parse(#[case] written: serde_json::Value) {
        assert!(serde_json::from_value::<Step>(written).is_err());
    }
}
