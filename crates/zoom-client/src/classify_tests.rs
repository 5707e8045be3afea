use reqwest::header::HeaderValue;
use rstest::rstest;

use super::*;

fn answer(status: u16, body: &str) -> Answer {
    Answer { status, headers: HeaderMap::new(), body: body.into() }
}

fn coded(status: u16, code: i64, message: &str) -> Answer {
    answer(status, &serde_json::json!({"code": code, "message": message}).to_string())
}

fn error(answer: Answer) -> Error {
    answer.into_error("PATCH /users/abc", Subject::User)
}

fn seats(of: Seats, max: Option<u64>) -> ErrorKind {
    ErrorKind::NoSeats { of, max }
}

#[rstest]
#[case(404, 1001, "User does not exist: abc.", ErrorKind::UserNotFound)]
#[case(400, 1001, "User does not exist.", ErrorKind::UserNotFound)]
#[case(400, 1010, "User does not belong to this account.", ErrorKind::UserNotFound)]
#[case(400, 1034, "The role does not exist.", ErrorKind::RoleNotFound)]
#[case(200, 200, "Role not found.", ErrorKind::RoleNotFound)]
#[case(400, 1224, "The role name is already in use.", ErrorKind::RoleNameTaken)]
#[case(404, 4130, "A group with this abc does not exist.", ErrorKind::GroupNotFound)]
#[case(404, 4131, "Group member not found.", ErrorKind::NotAMember)]
#[case(409, 4132, "Group name is already in use.", ErrorKind::GroupNameTaken)]
#[case(400, 4138, "Not an admin of the group.", ErrorKind::NotAGroupAdmin)]
#[case(400, 300, "A group with this groupId: abc does not exist.", ErrorKind::GroupNotFound)]
#[case(400, 300, "A member with this memberId: abc does not exist.", ErrorKind::NotAMember)]
#[case(400, 300, "A group must have at least one member.", ErrorKind::Invalid { fields: vec![] })]
#[case(409, 1005, "User already in the account.", ErrorKind::AddressTaken)]
#[case(400, 1009, "Has an active account.", ErrorKind::AccountElsewhere)]
#[case(409, 1009, "Has an active account.", ErrorKind::AccountElsewhere)]
#[case(400, 1120, "Invite expired.", ErrorKind::InvitationExpired)]
#[case(400, 1117, "Admin cannot be removed.", ErrorKind::AdminProtected)]
#[case(400, 1107, "Managed domain.", ErrorKind::ManagedDomain)]
#[case(400, 1116, "Not in the allowed list.", ErrorKind::DomainNotAllowed)]
#[case(400, 11321, "Blocked.", ErrorKind::DomainNotAllowed)]
#[case(400, 2033, "No seats.", seats(Seats::Basic, None))]
#[case(400, 2034, "No seats.", seats(Seats::Licensed, None))]
#[case(400, 2038, "No seats.", seats(Seats::Workplace, None))]
#[case(400, 2039, "No seats.", seats(Seats::Basic, None))]
#[case(400, 3412, "You have reached the maximum number of 5 users.", seats(Seats::Unstated, Some(5)))]
#[case(404, 1102, "No phone licence.", seats(Seats::Phone, None))]
#[case(400, 200, "You can only add max 10 paid users.", seats(Seats::Unstated, Some(10)))]
#[case(400, 200, "Only available for paid account: abc.", ErrorKind::PlanUnsupported)]
#[case(200, 200, "You do not have permission.", ErrorKind::Refused)]
#[case(400, 1000, "Call queue manager.", ErrorKind::Refused)]
#[case(400, 1108, "Not for this user type.", ErrorKind::Refused)]
#[case(400, 2002, "Single sign-on is off.", ErrorKind::Refused)]
#[case(401, 124, "Access token is expired.", ErrorKind::BadCredentials)]
#[case(400, 124, "Invalid access token.", ErrorKind::BadCredentials)]
#[case(401, 4702, "", ErrorKind::BadCredentials)]
#[case(400, 4717, "", ErrorKind::AppDisabled)]
#[case(400, 4738, "", ErrorKind::AppDisabled)]
#[case(400, 4741, "", ErrorKind::AppDisabled)]
#[case(400, 2001, "Account does not exist.", ErrorKind::AccessDenied)]
#[case(400, 2300, "This API endpoint is not recognized.", ErrorKind::Unexpected)]
#[case(500, 9999, "Something broke.", ErrorKind::Transient)]
#[case(500, 1001, "User does not exist.", ErrorKind::UserNotFound)]
#[case(403, 9999, "Access denied.", ErrorKind::AccessDenied)]
fn the_code_decides_under_whatever_status(
    #[case] status: u16,
    #[case] code: i64,
    #[case] message: &str,
    #[case] kind: ErrorKind,
) {
    let error = error(coded(status, code, message));
    assert_eq!(error.kind(), &kind);
    assert_eq!((error.status(), error.code(), error.message()), (Some(status), Some(code), message));
}

#[rstest]
#[case(400, "", ErrorKind::Unexpected)]
#[case(404, "", ErrorKind::Unexpected)]
#[case(404, r#"{"message":"not found"}"#, ErrorKind::Unexpected)]
#[case(401, "", ErrorKind::BadCredentials)]
#[case(403, "", ErrorKind::AccessDenied)]
#[case(408, "", ErrorKind::Transient)]
#[case(502, "", ErrorKind::Transient)]
#[case(302, "", ErrorKind::Unexpected)]
#[case(404, "<!doctype html><p>gone", ErrorKind::Transient)]
fn without_a_code_the_status_decides_and_nobody_is_ever_gone(
    #[case] status: u16,
    #[case] body: &str,
    #[case] kind: ErrorKind,
) {
    assert_eq!(error(answer(status, body)).kind(), &kind);
}

#[test]
fn a_blocked_domain_on_create_is_not_a_managed_domain_on_removal() {
    let created = coded(400, 1107, "Domain blocked.").into_error("POST /users", Subject::Address);
    assert_eq!(created.kind(), &ErrorKind::DomainNotAllowed);
}

#[rstest]
#[case::well_formed(r#"{"code":4711,"message":"Invalid access token, does not contain scopes:[user:write:user:admin, user:read:user:admin]."}"#)]
#[case::unescaped_quotes(r#"{"code":4711,"message":"Invalid access token, does not contain scopes:["user:write:user:admin","user:read:user:admin"]."}"#)]
#[case::classic(r#"{"code" : 104, "message":"Invalid access token, does not contain scopes: ["user:write:user:admin", "user:read:user:admin"]" }"#)]
fn missing_scopes_are_named_even_when_the_answer_is_no_json(#[case] body: &str) {
    let error = error(answer(400, body));
    let scopes = vec!["user:write:user:admin".to_owned(), "user:read:user:admin".to_owned()];
    assert_eq!(error.kind(), &ErrorKind::MissingScopes { scopes });
    assert!(error.message().starts_with("Invalid access token"), "{}", error.message());
}

#[test]
fn invalid_fields_are_named_with_their_reasons() {
    let body = r#"{"code":300,"message":"Validation Failed.","errors":[{"field":"type","message":"Invalid field."}]}"#;
    let error = error(answer(400, body));
    assert_eq!(error.kind(), &ErrorKind::Invalid { fields: vec!["type".into()] });
    assert_eq!(error.message(), "Validation Failed.; type: Invalid field.");
}

#[test]
fn other_products_name_the_message_otherwise() {
    assert_eq!(error(answer(400, r#"{"code":"1001","error_message":"gone"}"#)).message(), "gone");
}

#[test]
fn a_page_of_html_is_told_by_its_title() {
    let mut page = answer(503, "<html><head><title>Zoom is down</title></head><body>lots of text</body></html>");
    page.headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    assert_eq!(error(page).message(), "a page of HTML in place of JSON: Zoom is down");
    assert_eq!(error(answer(503, "<h1>Oh</h1> no")).message(), "a page of HTML in place of JSON: Oh no");
}

#[test]
fn long_messages_are_cut_between_characters() {
    let error = error(coded(400, 300, &"é".repeat(10_000)));
    assert_eq!(error.message().chars().count(), LONGEST_MESSAGE + 1);
}

#[rstest]
#[case(r#"{"code":200,"message":"No permission."}"#, true)]
#[case(r#"{"code":0,"message":"ok"}"#, false)]
#[case(r#"{"id":"1","email":"ada@example.com"}"#, false)]
#[case("", false)]
fn a_refusal_inside_a_success_is_seen(#[case] body: &str, #[case] refuses: bool) {
    assert_eq!(answer(200, body).refuses_inside_success(), refuses);
}

#[test]
fn the_tracking_id_is_kept() {
    let mut refused = coded(400, 300, "no");
    refused.headers.insert("x-zm-trackingid", HeaderValue::from_static("WEB_123"));
    assert_eq!(error(refused).tracking_id(), Some("WEB_123"));
}

#[rstest]
#[case::cut(r#"{"id": "abc"#, ErrorKind::Transient)]
#[case::garbled(r#"{"id": nothing that JSON knows"#, ErrorKind::Transient)]
#[case::text("Service busy", ErrorKind::Transient)]
#[case::other_shape("true", ErrorKind::Unexpected)]
fn an_answer_that_is_no_json_may_be_whole_next_time(#[case] body: &str, #[case] kind: ErrorKind) {
    let error = parse::<crate::Created>(&answer(200, body), "GET /users/abc").unwrap_err();
    assert_eq!(error.kind(), &kind);
}

#[test]
fn parsing_never_quotes_the_answer() {
    for body in [r#"{"id": "s3cret"}"#, r#""s3cret"#, r#""s3cret""#, "s3cret"] {
        let error = parse::<crate::Created>(&answer(201, body), "POST /users").unwrap_err();
        assert!(!error.to_string().contains("s3cret"), "{error}");
    }
}
