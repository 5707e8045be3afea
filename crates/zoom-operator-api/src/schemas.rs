//! Schemas of texts that several kinds hold, each with a message that says what to write.

use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::json;

use crate::membership::MOST_MEMBERS;

/// Zoom's longest e-mail address (Zoom API reference, Users: create).
const LONGEST_EMAIL: u32 = 128;

/// Without blanks and control characters of any script.
const EMAIL: &str = r"^[^\\p{Z}\\p{Cc}@,;<>]+@[^\\p{Z}\\p{Cc}@.,;<>]+(\\.[^\\p{Z}\\p{Cc}@.,;<>]+)+$";

/// One e-mail address.
pub(crate) fn email(_: &mut SchemaGenerator) -> Schema {
    text(LONGEST_EMAIL, &[(&format!("self.matches('{EMAIL}')"), "write one e-mail address, such as ada@example.com")])
}

/// Several e-mail addresses.
pub(crate) fn former_emails(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "array", "maxItems": 10, "x-kubernetes-list-type": "set", "items": email(generator)})
}

/// One e-mail address, or nothing.
pub(crate) fn email_or_empty(_: &mut SchemaGenerator) -> Schema {
    let rule = format!("self == '' || self.matches('{EMAIL}')");
    text(LONGEST_EMAIL, &[(&rule, "write one e-mail address, such as ada@example.com, or \"\" for nobody")])
}

/// A first or last name: not empty, at most 64 characters, at most 5 of them Chinese (Zoom API reference, Users: create).
pub(crate) fn name(_: &mut SchemaGenerator) -> Schema {
    text(
        64,
        &[
            (
                "self != '' && self == self.trim()",
                "write a name without spaces around it, or leave the field out to keep Zoom's own",
            ),
            (&few_chinese(5), "write at most 5 Chinese characters: Zoom takes no more in a first or last name"),
        ],
    )
}

/// A display name: at most 128 characters, at most 10 of them Chinese (Zoom API reference, Users: update).
pub(crate) fn display_name(_: &mut SchemaGenerator) -> Schema {
    text(128, &[(&few_chinese(10), "write at most 10 Chinese characters: Zoom takes no more in a display name")])
}

/// The name of a role that an object may give: anything but the owner's.
pub(crate) fn role(_: &mut SchemaGenerator) -> Schema {
    text(
        64,
        &[
            (
                "self != '' && self == self.trim()",
                "write the name of a role without spaces around it, such as Member, or leave the field out",
            ),
            (
                "self.trim().lowerAscii() != 'owner'",
                "write another role, such as Admin: an account has one owner, who hands it over in Zoom's own account \
                 settings",
            ),
        ],
    )
}

/// The address of an HTTP service.
pub(crate) fn http_url(_: &mut SchemaGenerator) -> Schema {
    text(
        2048,
        &[(
            "isURL(self) && url(self).getScheme() in ['https', 'http']",
            "write the address with its scheme, such as https://zoom.example.com/v2",
        )],
    )
}

/// A day.
pub(crate) fn date(_: &mut SchemaGenerator) -> Schema {
    text(
        10,
        &[(
            "self.matches('^[0-9]{4}-[0-9]{2}-[0-9]{2}$') && timestamp(self + 'T00:00:00Z').getFullYear() >= 2000",
            "write a day as year, month and day, such as 2027-03-31",
        )],
    )
}

/// A pattern for e-mail addresses.
pub(crate) fn email_pattern(_: &mut SchemaGenerator) -> Schema {
    text(
        LONGEST_EMAIL,
        &[(
            r"self.matches('^[^\\s,;<>]+$') && self != '*'",
            "write an address such as ceo@example.com, or one with stars for any text, such as svc-* or *@board.example.com",
        )],
    )
}

/// Fields of a ZoomUser's spec.
pub(crate) fn field_paths(_: &mut SchemaGenerator) -> Schema {
    let path = (
        "self.matches('^(license|role|firstName|lastName|displayName|profile[.][a-zA-Z]+|profile[.]customAttributes\\\\[.+\\\\])$')",
        "write fields by their path, such as license, role, displayName, profile.jobTitle or profile.customAttributes[badge]",
    );
    set(0, 32, &text(320, &[path]))
}

/// An IANA time zone.
pub(crate) fn timezone(_: &mut SchemaGenerator) -> Schema {
    text(
        64,
        &[(
            "self.matches('^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$')",
            "write the IANA name of a time zone, such as Europe/London or UTC",
        )],
    )
}

/// A language tag as Zoom writes them.
pub(crate) fn language(_: &mut SchemaGenerator) -> Schema {
    text(5, &[("self.matches('^[A-Za-z]{2}-[A-Z]{2}$')", "write language and country, such as en-US or de-DE")])
}

/// A country in two letters.
pub(crate) fn country(_: &mut SchemaGenerator) -> Schema {
    text(2, &[("self.matches('^[A-Z]{2}$')", "write the country in two capital letters, such as GB")])
}

/// A country's calling code.
pub(crate) fn calling_code(_: &mut SchemaGenerator) -> Schema {
    text(6, &[("self.matches('^[+][1-9][0-9]{0,4}$')", "write the calling code with its plus sign, such as +44")])
}

/// A phone number without the calling code.
pub(crate) fn phone_number(_: &mut SchemaGenerator) -> Schema {
    text(
        15,
        &[(
            "self.matches('^[0-9]{3,15}$')",
            "write the number in digits alone, without the calling code, such as 2079460000",
        )],
    )
}

/// The name of a group or contact group: under 128 characters (Zoom API reference, Groups: create).
pub(crate) fn group_name(_: &mut SchemaGenerator) -> Schema {
    text(127, &[("self != '' && self == self.trim()", "write a name without spaces around it, such as Sales")])
}

/// The name of a role that an account defines for itself.
pub(crate) fn custom_role_name(_: &mut SchemaGenerator) -> Schema {
    text(
        64,
        &[
            ("self != '' && self == self.trim()", "write a name without spaces around it, such as Help desk"),
            (
                "!(self.trim().lowerAscii() in ['owner', 'admin', 'member'])",
                "write another name: Owner, Admin and Member are Zoom's own roles, which nobody can change",
            ),
        ],
    )
}

/// What a role permits, in Zoom's words.
pub(crate) fn privileges(_: &mut SchemaGenerator) -> Schema {
    let privilege = (
        "self.matches('^[A-Za-z0-9_./-]+(:[A-Za-z0-9_./-]+)*$')",
        "write a privilege as Zoom names it, such as User:Read",
    );
    set(0, 512, &text(128, &[privilege]))
}

/// ZoomUsers by name, or by namespace and name.
pub(crate) fn user_names(_: &mut SchemaGenerator) -> Schema {
    let name = (
        "self.matches('^([-a-z0-9]+/)?[a-z0-9]([-a-z0-9.]*[a-z0-9])?$')",
        "write the name of a ZoomUser, such as ada, or sales/ada for one in the namespace sales",
    );
    set(0, MOST_MEMBERS, &text(253, &[name]))
}

/// People by address.
pub(crate) fn emails(generator: &mut SchemaGenerator) -> Schema {
    set(0, MOST_MEMBERS, &email(generator))
}

/// ZoomGroups by name.
pub(crate) fn group_names(_: &mut SchemaGenerator) -> Schema {
    set(0, 500, &object_name("ZoomGroup"))
}

/// Departments as the listing of users shows them.
pub(crate) fn departments(_: &mut SchemaGenerator) -> Schema {
    let department =
        ("self != '' && self == self.trim()", "write a department without spaces around it, such as Sales");
    set(1, 256, &text(256, &[department]))
}

/// The part of an address behind its @.
pub(crate) fn email_domains(_: &mut SchemaGenerator) -> Schema {
    let domain = (
        "self.matches('^[^\\\\s@.,;<>]+([.][^\\\\s@.,;<>]+)+$')",
        "write the part behind the @ of addresses, such as example.com",
    );
    set(1, 256, &text(LONGEST_EMAIL, &[domain]))
}

/// A label selector, as Kubernetes has them everywhere, with the rules that the API server itself applies to its own kinds.
pub(crate) fn selector(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "x-kubernetes-map-type": "atomic",
        "properties": {
            "matchLabels": {
                "type": "object",
                "description": "Labels that must all be there with these values. Absent or empty: labels do not matter.",
                "maxProperties": 64,
                "additionalProperties": {"type": "string", "maxLength": 63},
            },
            "matchExpressions": {
                "type": "array",
                "description": "Conditions that must all hold. Absent or empty: none.",
                "maxItems": 64,
                "x-kubernetes-list-type": "atomic",
                "items": {
                    "type": "object",
                    "required": ["key", "operator"],
                    "properties": {
                        "key": {"type": "string", "description": "The label's key.", "minLength": 1, "maxLength": 317},
                        "operator": {
                            "type": "string",
                            "description": "In: the label has one of the values. NotIn: it has none of them, or is not \
                                            there. Exists: it is there. DoesNotExist: it is not.",
                            "enum": ["In", "NotIn", "Exists", "DoesNotExist"],
                        },
                        "values": {
                            "type": "array",
                            "description": "The values; with In and NotIn alone.",
                            "maxItems": 256,
                            "x-kubernetes-list-type": "atomic",
                            "items": {"type": "string", "maxLength": 63},
                        },
                    },
                    "x-kubernetes-validations": [{
                        "rule": "(self.operator in ['In', 'NotIn']) == (has(self.values) && size(self.values) > 0)",
                        "message": "write values with the operators In and NotIn, and with no other",
                    }],
                },
            },
        },
    })
}

/// The name of another object of the same namespace.
fn object_name(kind: &str) -> Schema {
    let message = format!("write the name of a {kind} in the same namespace, such as support");
    text(253, &[("self.matches('^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$')", &message)])
}

fn set(least: u32, most: u32, items: &Schema) -> Schema {
    json_schema!({
        "type": "array",
        "minItems": least,
        "maxItems": most,
        "x-kubernetes-list-type": "set",
        "items": items,
    })
}

fn few_chinese(most: u32) -> String {
    format!("!self.matches('({}.*){{{}}}')", r"\\p{Han}", most + 1)
}

fn text(max_length: u32, rules: &[(&str, &str)]) -> Schema {
    let rules: Vec<_> = rules.iter().map(|(rule, message)| json!({"rule": rule, "message": message})).collect();
    json_schema!({"type": "string", "maxLength": max_length, "x-kubernetes-validations": rules})
}
