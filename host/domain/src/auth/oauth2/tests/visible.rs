//! Kept values that people can read.

use serde_json::{Value, json};

use super::method;
use crate::FieldName;
use crate::auth::{KeptParameter, KnownSecrets, TokenRefusal};

const ACCESS: &str = "ACCESSMARK-7f3a9b2c1d";
const SECRET: &str = "CSECMARK-abcdef98";

fn body() -> Value {
    json!({
        "access_token": ACCESS, "refresh_token": "REFRESHMARK-99887766", "id_token": "IDTOKENMARK-55aa",
        "expires_in": 3600, "token_type": "Bearer", "account": "acme-42", "number": 7, "instance_url": "https://eu.acme.example",
        "authed_user": {"id": "U1", "access_token": "xoxp-USERMARK-1122"}, "bots": [{"botToken": "BOTMARK-33445566"}],
        "api": {"token": {"value": "VALUEMARK-1234567"}, "tokens": ["x"]}, "device_secret": "DEVICEMARK-99",
        "header": format!("Bearer {ACCESS}"), "other_header": "bearer UNKNOWNMARK", "echo": SECRET,
        "basic": "Q0lETUFSSzpDU0VDTUFSSw==", "part": "MARK-7f3a9b2", "short": "7f3a9", "around": format!("<{SECRET}>"),
        "link": "https://acme.example/#access_token=other", "signed": "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.c2ln",
        "elsewhere": "ELSEWHERE-1234", "again": "see eyJhbGciOiJub25lIn0.e30.c2ln",
    })
}

/// What a visible value named `it` is checked to be, with the keys of `keep` and of `reply`.
fn checked(body: &Value, keep: Value, reply: Value, is_field: bool) -> Result<(), TokenRefusal> {
    let method = method(json!({"keep": keep, "reply": reply}));
    let is_field = |name: &FieldName| is_field && name.as_str() == "it";
    let known = KnownSecrets { texts: &[SECRET], is_in: &|text| text.contains("Q0lETUFSSzpDU0VDTUFSSw") };
    method.check_visible(body, &[], is_field, known)
}

fn is_refused(body: &Value, from: Value) -> bool {
    // Whichever of the two makes it visible.
    let by_field = checked(body, json!({"reply": {"it": from}}), json!({}), true);
    let by_keep = checked(body, json!({"reply": {"it": from}, "visible": ["it"]}), json!({}), false);
    let moved = json!({"access_token": "/elsewhere", "refresh_token": "/nowhere"});
    let moved = checked(body, json!({"reply": {"it": from}}), moved, true);
    assert_eq!(by_field, by_keep, "{from}");
    assert_eq!(by_field, moved, "{from}: whatever the definition's pointers say");
    // What nobody reads may be anything: it goes into a request.
    assert_eq!(checked(body, json!({"reply": {"it": from}}), json!({}), false), Ok(()), "{from}");
    let Err(refusal) = by_field else { return false };
    let TokenRefusal::Reply { cause } = refusal else { panic!("{refusal:?}") };
    assert!(cause.contains("which `it` keeps") && !cause.contains("MARK"), "{cause}");
    true
}

#[test]
fn no_visible_value_is_a_secret_has_one_or_is_a_part_of_one() {
    for place in [
        "/id_token",
        "/authed_user/access_token",
        "/bots/0/botToken",
        "/api/token/value",
        "/api/tokens/0",
        "/device_secret",
        "/header",
        "/other_header",
        "/echo",
        "/basic",
        "/part",
        "/around",
        "/link",
        "/signed",
        "/again",
    ] {
        assert!(is_refused(&body(), json!(place)), "{place}");
    }
    for place in ["/account", "/number", "/instance_url", "/authed_user/id", "/short", "/none"] {
        assert!(!is_refused(&body(), json!(place)), "{place}");
    }
}

/// The text that a pattern takes something of is checked as a whole: else several patterns would keep it in pieces.
#[test]
fn no_pattern_takes_a_secret_apart() {
    for pattern in ["Bearer (.*)", "Bearer (.)", "(B)earer .*", ".*(.{4})"] {
        assert!(is_refused(&body(), json!({"from": "/header", "pattern": pattern})), "{pattern}");
    }
    let site = json!({"from": "/instance_url", "pattern": "https://([a-z]+)[.]acme[.]example"});
    assert!(!is_refused(&body(), site));
    // A long text of which a part is one of a secret.
    let mut long = body();
    long["text"] = json!("account MARK-7f3a9b2 and so on");
    assert!(is_refused(&long, json!({"from": "/text", "pattern": "account ([^ ]+) .*"})));
    assert!(!is_refused(&long, json!({"from": "/text", "pattern": "(account) .*"})));
}

#[test]
fn a_reply_that_can_not_be_checked_keeps_nothing_visible() {
    let mut many = body();
    many["more"] = (0..100).map(|index| json!({"token": format!("TOKENMARK-{index}")})).collect();
    assert!(is_refused(&many, json!("/account")));
    let mut large = body();
    large["account"] = json!("a".repeat(17 * 1024));
    assert!(is_refused(&large, json!({"from": "/account", "pattern": "(a).*"})));
}

/// The end of a token is shown, and a token can be a number.
#[test]
fn no_end_is_a_token() {
    let keep = json!({});
    for key in ["expires_in", "refresh_expires_in"] {
        let numbers = json!({"access_token": "1234567890", "expires_in": 3600});
        let moved = checked(&numbers, keep.clone(), json!({key: "/access_token"}), false);
        let Err(TokenRefusal::Reply { cause }) = moved else { panic!("{key}") };
        assert!(!cause.contains("1234567890"), "{cause}");
        assert_eq!(checked(&numbers, keep.clone(), json!({}), false), Ok(()));
    }
}

#[test]
fn a_parameter_of_the_callback_is_checked_with_the_reply() {
    let method = method(json!({"keep": {"callback": {"it": "realm"}}}));
    let check = |value: &str, is_field: bool| {
        let from = &method.keep.callback["it"];
        let one = KeptParameter::of(&"it".parse().unwrap(), from, value).unwrap();
        assert!(!format!("{one:?}").contains(value));
        let known = KnownSecrets { texts: &[SECRET], is_in: &|_| false };
        method.check_visible(&body(), &[one], |_| is_field, known).is_ok()
    };
    assert!(check("9130350", true) && check(SECRET, false));
    assert!(!check(SECRET, true) && !check(ACCESS, true) && !check("IDTOKENMARK-55aa", true));
}
