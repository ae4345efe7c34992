//! Replies of token endpoints.

use serde_json::{Value, json};

use super::method;
use crate::auth::{LIFETIME_LONGEST_MS, TokenRefusal, TokenReply};

/// 2026-01-01T00:00:00Z.
const NOW: i64 = 1_767_225_600_000;
const HOUR: Option<i64> = Some(3_600_000);

fn reply(differences: &Value, status: u16, body: &Value) -> Result<TokenReply, TokenRefusal> {
    method(differences.clone()).read_reply(status, Some(body), NOW)
}

/// Who has it, how the definition differs, the reply, and what is read: the access token, the refresh token, the lifetime.
type Good = (&'static str, Value, Value, (&'static str, Option<&'static str>, Option<i64>));

fn good() -> Vec<Good> {
    let standard = || json!({});
    vec![
        (
            "RFC 6749",
            standard(),
            json!({"access_token": "a", "token_type": "example", "expires_in": 3600, "refresh_token": "r"}),
            ("a", Some("r"), HOUR),
        ),
        (
            "Google: no refresh token the second time",
            standard(),
            json!({"access_token": "a", "expires_in": 3600, "token_type": "Bearer"}),
            ("a", None, HOUR),
        ),
        (
            "GitHub OAuth app: no end",
            standard(),
            json!({"access_token": "a", "scope": "repo", "token_type": "bearer"}),
            ("a", None, None),
        ),
        (
            "GitHub without Accept: a form",
            json!({"reply": {"format": "form"}}),
            json!({"access_token": "a", "scope": "", "token_type": "bearer"}),
            ("a", None, None),
        ),
        (
            "Slack: ok and an empty error",
            standard(),
            json!({"ok": true, "access_token": "a", "token_type": "bot", "error": ""}),
            ("a", None, None),
        ),
        (
            "Slack: the user's token",
            json!({"reply": {"access_token": "/authed_user/access_token"}}),
            json!({"ok": true, "authed_user": {"access_token": "a"}}),
            ("a", None, None),
        ),
        (
            "Notion: token_type and no end",
            standard(),
            json!({"access_token": "a", "token_type": "bearer", "workspace_id": "w"}),
            ("a", None, None),
        ),
        (
            "HubSpot",
            standard(),
            json!({"token_type": "bearer", "refresh_token": "r", "access_token": "a", "expires_in": 1800}),
            ("a", Some("r"), Some(1_800_000)),
        ),
        (
            "Salesforce: no expires_in, a default",
            json!({"reply": {"lifetime_s": 7200}}),
            json!({"access_token": "a", "issued_at": "1767225600000"}),
            ("a", None, Some(7_200_000)),
        ),
        (
            "Microsoft v1: the lifetime as text",
            standard(),
            json!({"access_token": "a", "expires_in": "3600", "expires_on": "1767229200"}),
            ("a", None, HOUR),
        ),
        (
            "Microsoft v1: the end as text",
            json!({"reply": {"expires_in": "/expires_on", "expiry": "unix"}}),
            json!({"access_token": "a", "expires_on": "1767229200"}),
            ("a", None, HOUR),
        ),
        (
            "Stripe: no end",
            standard(),
            json!({"access_token": "a", "refresh_token": "r", "stripe_user_id": "acct_1"}),
            ("a", Some("r"), None),
        ),
        (
            "Airtable: the refresh token ends too",
            standard(),
            json!({"access_token": "a", "refresh_token": "r", "expires_in": 3600, "refresh_expires_in": 5_184_000}),
            ("a", Some("r"), HOUR),
        ),
        (
            "Zendesk",
            standard(),
            json!({"access_token": "a", "token_type": "bearer", "scope": "read"}),
            ("a", None, None),
        ),
        (
            "TikTok: under `data`",
            json!({"reply": {"access_token": "/data/access_token", "refresh_token": "/data/refresh_token", "expires_in": "/data/expires_in"}}),
            json!({"data": {"access_token": "a", "refresh_token": "r", "expires_in": 3600}, "message": "success"}),
            ("a", Some("r"), HOUR),
        ),
        (
            "WeChat: errcode 0 is none",
            json!({"reply": {"error": "/errcode"}}),
            json!({"errcode": 0, "access_token": "a", "expires_in": 7200}),
            ("a", None, Some(7_200_000)),
        ),
        (
            "Typeform: a null error",
            standard(),
            json!({"access_token": "a", "error": null, "expires_in": 3600}),
            ("a", None, HOUR),
        ),
        ("Facebook: 0 has no end", standard(), json!({"access_token": "a", "expires_in": 0}), ("a", None, None)),
        (
            "Basecamp: negative after a clock change",
            standard(),
            json!({"access_token": "a", "expires_in": -5}),
            ("a", None, None),
        ),
        (
            "Instagram: sixty days",
            standard(),
            json!({"access_token": "a", "expires_in": 5_184_000}),
            ("a", None, Some(5_184_000_000)),
        ),
        (
            "LinkedIn: refresh_token_expires_in",
            standard(),
            json!({"access_token": "a", "expires_in": 5_184_000, "refresh_token": "r", "refresh_token_expires_in": 31_536_000}),
            ("a", Some("r"), Some(5_184_000_000)),
        ),
        (
            "Pipedrive: lifetime with a fraction",
            standard(),
            json!({"access_token": "a", "expires_in": 3599.5}),
            ("a", None, Some(3_599_500)),
        ),
        (
            "Zoho: milliseconds",
            json!({"reply": {"expiry": "milliseconds"}}),
            json!({"access_token": "a", "expires_in": 3_600_000}),
            ("a", None, HOUR),
        ),
        (
            "Wrike: milliseconds since 1970",
            json!({"reply": {"expires_in": "/expires_at", "expiry": "unix_milliseconds"}}),
            json!({"access_token": "a", "expires_at": NOW + 3_600_000}),
            ("a", None, HOUR),
        ),
        (
            "Square: the end as a date",
            json!({"reply": {"expires_in": "/expires_at", "expiry": "date"}}),
            json!({"access_token": "a", "expires_at": "2026-01-01T01:00:00Z"}),
            ("a", None, HOUR),
        ),
        (
            "Square: a date with an offset",
            json!({"reply": {"expires_in": "/expires_at", "expiry": "date"}}),
            json!({"access_token": "a", "expires_at": "2026-01-01T02:00:00+01:00"}),
            ("a", None, HOUR),
        ),
        (
            "Strava: the end in seconds since 1970",
            json!({"reply": {"expires_in": "/expires_at", "expiry": "unix"}}),
            json!({"access_token": "a", "expires_at": 1_767_229_200}),
            ("a", None, HOUR),
        ),
        (
            "Mailchimp: huge",
            standard(),
            json!({"access_token": "a", "expires_in": 1e300}),
            ("a", None, Some(LIFETIME_LONGEST_MS)),
        ),
        (
            "Discourse: the word `never`",
            standard(),
            json!({"access_token": "a", "expires_in": "never"}),
            ("a", None, None),
        ),
        ("Todoist: null", standard(), json!({"access_token": "a", "expires_in": null}), ("a", None, None)),
        (
            "Shopify: an empty refresh token",
            standard(),
            json!({"access_token": "a", "refresh_token": ""}),
            ("a", None, None),
        ),
        (
            "Withings: an integer error of success",
            json!({"reply": {"error": "/status", "access_token": "/body/access_token"}}),
            json!({"status": 0, "body": {"access_token": "a"}}),
            ("a", None, None),
        ),
    ]
}

#[test]
fn tokens_are_read_where_providers_put_them() {
    for (provider, differences, body, expected) in good() {
        let read = reply(&differences, 200, &body).unwrap_or_else(|refusal| panic!("{provider}: {refusal:?}"));
        let refresh = read.refresh_token.as_ref().map(|token| token.as_str());
        assert_eq!((read.access_token.as_str(), refresh, read.lifetime_ms), expected, "{provider}");
    }
    assert!(good().len() >= 30);
}

#[test]
fn values_are_kept_as_often_as_a_reply_has_them() {
    let keep = json!({"keep": {"reply": {
        "site": {"from": "/instance_url", "pattern": "https://([a-z0-9-]+)[.]my[.]salesforce[.]com"}, "team": "/team/id",
    }}});
    let kept = |body: Value| {
        let read = reply(&keep, 200, &body)?;
        Ok::<_, TokenRefusal>(
            read.kept.iter().map(|(name, value)| format!("{name}={}", value.as_str())).collect::<Vec<_>>(),
        )
    };
    let both = json!({"access_token": "a", "instance_url": "https://acme.my.salesforce.com", "team": {"id": 7}});
    assert_eq!(kept(both).unwrap(), ["site=acme", "team=7"]);
    assert_eq!(kept(json!({"access_token": "a"})).unwrap(), [""; 0]);
    let elsewhere = json!({"access_token": "a", "instance_url": "https://evil.example"});
    assert!(matches!(kept(elsewhere), Err(TokenRefusal::Reply { .. })));
}

#[test]
fn a_refresh_token_may_end_by_itself() {
    let ends = |differences: Value, body: Value| reply(&differences, 200, &body).unwrap().refresh_lifetime_ms;
    let airtable = json!({"reply": {"refresh_expires_in": "/refresh_expires_in"}});
    assert_eq!(ends(airtable, json!({"access_token": "a", "refresh_expires_in": 10})), Some(10_000));
    assert_eq!(ends(json!({}), json!({"access_token": "a", "refresh_token_expires_in": "20"})), Some(20_000));
    let by_definition = json!({"reply": {"refresh_lifetime_s": 30}});
    assert_eq!(ends(by_definition, json!({"access_token": "a"})), Some(30_000));
    assert_eq!(ends(json!({}), json!({"access_token": "a"})), None);
}

#[derive(Debug, PartialEq)]
enum Kind {
    Dead,
    Client,
    Retry,
    Reply,
}

/// Who has it, how the definition differs, status, reply, what it means and the word that is shown.
type Bad = (&'static str, Value, u16, Value, Kind, &'static str);

fn bad() -> Vec<Bad> {
    let standard = || json!({});
    vec![
        (
            "RFC 6749: the grant is over",
            standard(),
            400,
            json!({"error": "invalid_grant"}),
            Kind::Dead,
            "invalid_grant",
        ),
        ("RFC 6749: the client", standard(), 401, json!({"error": "invalid_client"}), Kind::Client, "invalid_client"),
        ("RFC 6749: the scope", standard(), 400, json!({"error": "invalid_scope"}), Kind::Client, "invalid_scope"),
        (
            "RFC 6749: later",
            standard(),
            400,
            json!({"error": "temporarily_unavailable"}),
            Kind::Retry,
            "temporarily_unavailable",
        ),
        (
            "GitHub: an error inside a 200",
            json!({"reply": {"dead": ["bad_refresh_token", "bad_verification_code"]}}),
            200,
            json!({"error": "bad_refresh_token", "error_description": "a"}),
            Kind::Dead,
            "bad_refresh_token",
        ),
        (
            "Slack: an error inside a 200",
            json!({"reply": {"dead": ["invalid_refresh_token", "token_revoked"]}}),
            200,
            json!({"ok": false, "error": "token_revoked"}),
            Kind::Dead,
            "token_revoked",
        ),
        (
            "Slack: slow down",
            json!({"reply": {"retry": ["ratelimited"]}}),
            200,
            json!({"ok": false, "error": "ratelimited"}),
            Kind::Retry,
            "ratelimited",
        ),
        (
            "HubSpot: the status is the error",
            json!({"reply": {"error": "/status", "dead": ["BAD_REFRESH_TOKEN"]}}),
            400,
            json!({"status": "BAD_REFRESH_TOKEN", "message": "x"}),
            Kind::Dead,
            "BAD_REFRESH_TOKEN",
        ),
        (
            "Salesforce: revoked",
            standard(),
            400,
            json!({"error": "invalid_grant", "error_description": "expired access/refresh token"}),
            Kind::Dead,
            "invalid_grant",
        ),
        (
            "Microsoft: a sub-code",
            json!({"reply": {"error": "/suberror", "dead": ["bad_token"]}}),
            400,
            json!({"error": "invalid_grant", "suberror": "bad_token"}),
            Kind::Dead,
            "bad_token",
        ),
        (
            "Microsoft: interaction",
            json!({"reply": {"dead": ["invalid_grant", "interaction_required"]}}),
            400,
            json!({"error": "interaction_required"}),
            Kind::Dead,
            "interaction_required",
        ),
        (
            "Facebook: an object",
            json!({"reply": {"dead": ["OAuthException"]}}),
            400,
            json!({"error": {"type": "OAuthException", "code": 190}}),
            Kind::Dead,
            "OAuthException",
        ),
        ("Google: too many", standard(), 429, json!({"error": "rate_limit_exceeded"}), Kind::Retry, "status 429"),
        ("Stripe: a failure of the server", standard(), 500, json!({"error": "api_error"}), Kind::Retry, "status 500"),
        ("a gateway without a word", standard(), 503, json!({}), Kind::Retry, "status 503"),
        ("a refusal without a word", standard(), 403, json!({}), Kind::Client, "status 403"),
        (
            "WeChat: a number",
            json!({"reply": {"error": "/errcode", "dead": ["40030"]}}),
            200,
            json!({"errcode": 40030}),
            Kind::Dead,
            "40030",
        ),
        (
            "a text that repeats a secret",
            standard(),
            400,
            json!({"error": "no such token: hunter2"}),
            Kind::Client,
            "status 400",
        ),
        (
            "a word of nobody's, which may be a secret",
            standard(),
            400,
            json!({"error": "hunter2"}),
            Kind::Client,
            "status 400",
        ),
        (
            "a token where the definition has errors",
            json!({"reply": {"error": "/access_token"}}),
            200,
            json!({"access_token": "ghu_16C7e42F292c6912E7710c838347Ae178B4a"}),
            Kind::Client,
            "status 200",
        ),
        (
            "RFC 8628: a registered word",
            standard(),
            400,
            json!({"error": "authorization_pending"}),
            Kind::Client,
            "authorization_pending",
        ),
        (
            "a 200 without a token",
            standard(),
            200,
            json!({"token": "a"}),
            Kind::Reply,
            "it has no token at `/access_token`",
        ),
        (
            "a token with a line break",
            standard(),
            200,
            json!({"access_token": "a\r\nx: y"}),
            Kind::Reply,
            "it has no token at `/access_token`",
        ),
        (
            "a token that is an object",
            standard(),
            200,
            json!({"access_token": {"a": 1}}),
            Kind::Reply,
            "it has no token at `/access_token`",
        ),
        (
            "Bluesky: a token that needs a proof",
            standard(),
            200,
            json!({"access_token": "a", "token_type": "DPoP"}),
            Kind::Reply,
            "its `token_type` needs a proof with each request: expected `Bearer`",
        ),
    ]
}

#[test]
fn refusals_say_who_must_act() {
    for (provider, differences, status, body, kind, word) in bad() {
        let refusal = reply(&differences, status, &body).err().unwrap_or_else(|| panic!("{provider}: a token"));
        let found = match refusal {
            TokenRefusal::Dead { error } => (Kind::Dead, error),
            TokenRefusal::Client { error } => (Kind::Client, error),
            TokenRefusal::Retry { error } => (Kind::Retry, error),
            TokenRefusal::Reply { cause } => (Kind::Reply, cause),
        };
        assert_eq!(found, (kind, word.to_owned()), "{provider}");
    }
    // A page of a proxy.
    let html = |status| method(json!({})).read_reply(status, None, NOW).unwrap_err();
    assert!(matches!(html(200), TokenRefusal::Reply { .. }) && matches!(html(502), TokenRefusal::Retry { .. }));
}

#[test]
fn a_reply_is_printed_as_a_mask() {
    let read = reply(&json!({}), 200, &json!({"access_token": "hunter2"})).unwrap();
    assert_eq!(format!("{read:?}"), "TokenReply(…)");
}
