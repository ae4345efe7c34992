//! What is read of token replies, as a part of the consent.

use super::*;

/// What the method of a connection by OAuth becomes with these keys.
fn oauth(keys: Value) -> impl Fn(&mut Value) {
    move |group| {
        let method = &mut group["activation"]["credentials"]["main"]["methods"]["oauth"];
        method.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
    }
}

/// A kept value fills a field that people read, or goes into requests: from elsewhere in the reply it would be a token.
#[test]
fn where_a_kept_value_is_from_is_a_part_of_the_consent() {
    let lines = |keys: Value| change_by("oauth", oauth(keys));
    let different = |line: &str| (Verdict::Different, vec![format!("credential main, {line}")]);
    let moved = lines(json!({"keep": {"reply": {"instance": "/access_token_of_another"}}}));
    assert_eq!(moved, different("keep.reply instance: /instance -> /access_token_of_another"));
    let narrowed = lines(json!({"keep": {"reply": {"instance": {"from": "/instance", "pattern": "https://(.*)"}}}}));
    assert_eq!(narrowed, different("keep.reply instance: /instance -> /instance ~ https://(.*)"));
    let callback = lines(json!({"keep": {"reply": {"instance": "/instance"}, "callback": {"instance": "realm"}}}));
    assert_eq!(callback, (Verdict::Different, vec!["+ credential main, keep.callback instance: realm".to_owned()]));
    assert_eq!(lines(json!({"keep": {}})), (Verdict::Narrower, Vec::new()));
    // Of a method that the connection does not use.
    assert_eq!(change(oauth(json!({"keep": {"reply": {"instance": "/id_token"}}}))).0, Verdict::Same);
}

/// What is read as an error or an end is shown, and what is read as a token is not.
#[test]
fn what_is_read_as_a_secret_is_a_part_of_the_consent() {
    for (key, value, standard) in [
        ("error", "/access_token", "/error"),
        ("access_token", "/id_token", "/access_token"),
        ("refresh_token", "/none", "/refresh_token"),
        ("expires_in", "/access_token", "/expires_in"),
        ("refresh_expires_in", "/refresh_token", "/refresh_token_expires_in"),
        ("expiry", "unix", "seconds"),
        ("format", "form", "json"),
    ] {
        let with = |value: &str| {
            let mut group = group();
            oauth(json!({"reply": {key: value}}))(&mut group);
            consent_by(&group, "oauth")
        };
        assert_eq!(
            with(standard),
            consent_by(&group(), "oauth"),
            "{key}: what the standard says is written as nothing"
        );
        let line = |from: &str, to: &str| format!("! credential main, reply.{key}: {from} -> {to}\n");
        let there = with(standard).compare(&with(value));
        assert_eq!(there.to_string(), line("as the standard says", value));
        // The way back leads to what the standard calls a secret.
        let back = with(value).compare(&with(standard));
        assert_eq!(back.to_string(), line(value, "as the standard says"));
        let kept = with(value);
        assert_eq!(Consent::from_json(&kept.to_json().unwrap()).unwrap(), kept);
    }
    let code = change_by("oauth", oauth(json!({"authorize_rename": {"code": "auth_code"}})));
    let line = "credential main, authorize_rename.code: as the standard says -> auth_code";
    assert_eq!(code, (Verdict::Different, vec![line.to_owned()]));
    let words = change_by("oauth", oauth(json!({"reply": {"dead": ["gone"], "retry": ["busy"], "lifetime_s": 60}})));
    assert_eq!(words.0, Verdict::Same);
}

/// Consents that were stored before they had sources: nobody knows what was agreed to.
#[test]
fn a_consent_without_sources_needs_review() {
    let now = consent_by(&group(), "oauth");
    let mut before: Value = serde_json::from_str(&now.to_json().unwrap()).unwrap();
    drop(before["credentials"]["main"].as_object_mut().unwrap().remove("kept"));
    let before = Consent::from_json(&before.to_string()).unwrap();
    assert_eq!(before.compare(&now).to_string(), "! + credential main, keep.reply instance: /instance\n");
}
