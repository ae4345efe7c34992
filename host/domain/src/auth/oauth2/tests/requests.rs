//! Requests of people's browsers and of the host.

use serde_json::{Value, json};

use super::method;
use crate::auth::{AssertionClaims, AuthorizeQuery, ParameterValue, TokenStep};

const BACK: &str = "https://gate.example/v1/oauth/callback";

fn authorize(differences: Value) -> String {
    let scopes = ["more".to_owned()];
    let query =
        AuthorizeQuery { client_id: "id", redirect_uri: BACK, scopes: &scopes, state: "st", challenge: Some("ch") };
    method(differences).authorize_query(&query)
}

#[test]
fn people_are_sent_as_each_provider_wants_it() {
    let back = "redirect_uri=https%3A%2F%2Fgate.example%2Fv1%2Foauth%2Fcallback";
    let pkce = "code_challenge=ch&code_challenge_method=S256";
    let table: [(&str, Value, String); 10] = [
        (
            "RFC 6749 and 7636",
            json!({"scopes": ["a", "b"]}),
            format!("response_type=code&client_id=id&{back}&scope=a%20b%20more&state=st&{pkce}"),
        ),
        (
            "Google: offline access",
            json!({"scopes": ["a"], "authorize_parameters": {"access_type": "offline", "prompt": "consent"}}),
            format!(
                "response_type=code&client_id=id&{back}&scope=a%20more&state=st&{pkce}&access_type=offline&prompt=consent"
            ),
        ),
        (
            "Slack: commas, and no PKCE",
            json!({"scopes": ["a", "b"], "scope_separator": ",", "pkce": false}),
            format!("response_type=code&client_id=id&{back}&scope=a%2Cb%2Cmore&state=st"),
        ),
        (
            "Slack: user scopes",
            json!({"authorize_parameters": {"user_scope": "x,y"}, "pkce": false}),
            format!("response_type=code&client_id=id&{back}&scope=more&state=st&user_scope=x%2Cy"),
        ),
        (
            "Strava: scopes as they are",
            json!({"scopes": ["read_all", "activity:write"], "scope_separator": ",", "scopes_encoded": false, "pkce": false}),
            format!("response_type=code&client_id=id&{back}&scope=read_all,activity:write,more&state=st"),
        ),
        (
            "TikTok: client_key",
            json!({"authorize_rename": {"client_id": "client_key"}}),
            format!("response_type=code&client_key=id&{back}&scope=more&state=st&{pkce}"),
        ),
        (
            "DocuSign: redirect_uri has another name",
            json!({"authorize_rename": {"redirect_uri": "redirect_url"}, "pkce": false}),
            format!(
                "response_type=code&client_id=id&{}&scope=more&state=st",
                back.replace("redirect_uri", "redirect_url")
            ),
        ),
        (
            "Shopify: no response_type",
            json!({"authorize_omit": ["response_type"], "pkce": false}),
            format!("client_id=id&{back}&scope=more&state=st"),
        ),
        (
            "GitHub App: no scope",
            json!({"authorize_omit": ["scope"], "pkce": false}),
            format!("response_type=code&client_id=id&{back}&state=st"),
        ),
        (
            "Reddit: a duration",
            json!({"authorize_parameters": {"duration": "permanent", "response_type": "code token"}, "pkce": false}),
            format!("client_id=id&{back}&scope=more&state=st&duration=permanent&response_type=code%20token"),
        ),
    ];
    for (provider, differences, expected) in table {
        assert_eq!(authorize(differences), expected, "{provider}");
    }
    let renamed = method(json!({"authorize_rename": {"code": "auth_code"}}));
    assert_eq!(renamed.callback_code(), "auth_code", "Alipay");
}

/// A request with names for what is secret.
fn request(differences: Value, step: TokenStep<'_>) -> String {
    let method = method(differences);
    let request = method.step_request(&step);
    let value = |value: &ParameterValue| match value {
        ParameterValue::Text(text) => text.clone(),
        ParameterValue::ClientId => "<id>".to_owned(),
        ParameterValue::ClientSecret => "<secret>".to_owned(),
        ParameterValue::Code => "<code>".to_owned(),
        ParameterValue::Verifier => "<verifier>".to_owned(),
        ParameterValue::RefreshToken => "<refresh>".to_owned(),
        ParameterValue::Assertion => "<assertion>".to_owned(),
        ParameterValue::ClientAssertion => "<client assertion>".to_owned(),
    };
    let all = method.token_parameters(&step, &["more".to_owned()]);
    let all: Vec<_> = all.iter().map(|one| format!("{}={}", one.name, value(&one.value))).collect();
    format!("{} {:?} {:?} {}", request.method, request.body, request.client_authentication, all.join("&"))
}

#[test]
fn tokens_are_requested_as_each_provider_wants_it() {
    let code = TokenStep::Code { redirect_uri: BACK };
    let jwt = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    let table: [(&str, Value, TokenStep<'_>, String); 17] = [
        ("RFC 6749: the code", json!({}), code, format!("POST Form Header grant_type=authorization_code&code=<code>&redirect_uri={BACK}&code_verifier=<verifier>")),
        ("RFC 6749: the refresh token", json!({}), TokenStep::Refresh, "POST Form Header grant_type=refresh_token&refresh_token=<refresh>".to_owned()),
        ("Google: the client in the body", json!({"exchange": {"client_authentication": "body"}}), code, format!("POST Form Body grant_type=authorization_code&code=<code>&redirect_uri={BACK}&code_verifier=<verifier>&client_id=<id>&client_secret=<secret>")),
        ("Airtable: body for the code, header for the refresh", json!({"exchange": {"client_authentication": "body"}, "refresh": {"client_authentication": "header"}}), TokenStep::Refresh, "POST Form Header grant_type=refresh_token&refresh_token=<refresh>".to_owned()),
        ("Notion: JSON, and the header as it is", json!({"pkce": false, "exchange": {"body": "json", "client_authentication": "header_plain"}}), code, format!("POST Json HeaderPlain grant_type=authorization_code&code=<code>&redirect_uri={BACK}")),
        ("Zendesk: JSON with the client in it", json!({"pkce": false, "exchange": {"body": "json", "client_authentication": "body", "parameters": {"scope": "read"}}}), code, format!("POST Json Body grant_type=authorization_code&code=<code>&redirect_uri={BACK}&client_id=<id>&client_secret=<secret>&scope=read")),
        ("WeChat: a GET", json!({"pkce": false, "exchange": {"method": "GET", "client_authentication": "body", "rename": {"client_id": "appid", "client_secret": "secret"}, "omit": ["redirect_uri"]}}), code, "GET Query Body grant_type=authorization_code&code=<code>&appid=<id>&secret=<secret>".to_owned()),
        ("Zoho: a query", json!({"pkce": false, "exchange": {"body": "query", "client_authentication": "body"}}), TokenStep::Refresh, "POST Query Body grant_type=refresh_token&refresh_token=<refresh>&client_id=<id>&client_secret=<secret>".to_owned()),
        ("TikTok: client_key", json!({"exchange": {"client_authentication": "body", "rename": {"client_id": "client_key"}}}), TokenStep::Refresh, "POST Form Body grant_type=refresh_token&refresh_token=<refresh>&client_key=<id>&client_secret=<secret>".to_owned()),
        ("Alipay: another name of the code", json!({"pkce": false, "exchange": {"rename": {"code": "auth_code"}, "omit": ["redirect_uri"]}}), code, "POST Form Header grant_type=authorization_code&auth_code=<code>".to_owned()),
        ("Stripe: no redirect_uri", json!({"pkce": false, "exchange": {"client_authentication": "body", "omit": ["redirect_uri", "client_id"]}}), code, "POST Form Body grant_type=authorization_code&code=<code>&client_secret=<secret>".to_owned()),
        ("Auth0: an audience", json!({"grant": "client_credentials", "exchange": {"client_authentication": "body", "parameters": {"audience": "https://api.example"}}}), TokenStep::ClientCredentials, "POST Form Body grant_type=client_credentials&scope=more&client_id=<id>&client_secret=<secret>&audience=https://api.example".to_owned()),
        ("Microsoft v1: a resource", json!({"refresh": {"client_authentication": "body", "parameters": {"resource": "https://graph.example"}}}), TokenStep::Refresh, "POST Form Body grant_type=refresh_token&refresh_token=<refresh>&client_id=<id>&client_secret=<secret>&resource=https://graph.example".to_owned()),
        ("Zoom: a grant type of its own", json!({"grant": "client_credentials", "exchange": {"parameters": {"grant_type": "account_credentials", "account_id": "7"}}}), TokenStep::ClientCredentials, "POST Form Header scope=more&account_id=7&grant_type=account_credentials".to_owned()),
        ("Google service account", json!({"grant": "jwt_bearer", "exchange": {"client_authentication": "none", "omit": ["client_id"]}, "assertion": {"scope_claim": true}}), TokenStep::JwtBearer, format!("POST Form None grant_type={jwt}&assertion=<assertion>")),
        ("Keycloak: private_key_jwt", json!({"grant": "client_credentials", "exchange": {"client_authentication": "private_key_jwt"}}), TokenStep::ClientCredentials, "POST Form PrivateKeyJwt grant_type=client_credentials&scope=more&client_id=<id>&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer&client_assertion=<client assertion>".to_owned()),
        ("a public client", json!({"exchange": {"client_authentication": "none"}}), code, format!("POST Form None grant_type=authorization_code&code=<code>&redirect_uri={BACK}&code_verifier=<verifier>&client_id=<id>")),
    ];
    for (provider, differences, step, expected) in table {
        assert_eq!(request(differences, step), expected, "{provider}");
    }
}

#[test]
fn the_client_is_in_one_place_only() {
    for way in ["header", "header_plain", "body", "private_key_jwt", "none"] {
        let sent = request(json!({"exchange": {"client_authentication": way}}), TokenStep::Refresh);
        assert_eq!(sent.contains("<secret>"), way == "body", "{way}: {sent}");
        assert_eq!(sent.contains("<client assertion>"), way == "private_key_jwt", "{way}: {sent}");
    }
}

#[test]
fn a_refresh_has_an_address_of_its_own_where_it_is_named() {
    let own = method(json!({"refresh_url": "https://login.example/refresh"}));
    assert_eq!(own.step_url(&TokenStep::Refresh).to_string(), "https://login.example/refresh", "Strava");
    assert_eq!(own.step_url(&TokenStep::ClientCredentials).to_string(), "https://login.example/token");
    assert_eq!(method(json!({})).step_url(&TokenStep::Refresh).to_string(), "https://login.example/token");
    let tenant = json!({
        "credentials": {"main": {"methods": {"oauth": {
            "type": "oauth2", "grant": "client_credentials", "token_url": "https://{site}.acme.example/{site}/token",
        }}}},
        "fields": {"site": {"type": "text", "required": true, "visible": true}},
    });
    let violations = crate::reader::Violations::default();
    let read = crate::auth::Activation::read(&violations.node("", &tenant), &violations);
    let read = violations.result(read.unwrap()).unwrap();
    let (_, url) = read.credentials["main"].methods["oauth"].urls()[0];
    let target = url.fill(|_| Some("blue")).unwrap();
    assert_eq!(target.to_string(), "https://blue.acme.example/blue/token", "Zendesk, Okta, Microsoft");
}

#[test]
fn only_what_is_good_once_is_not_repeated() {
    let standard = method(json!({}));
    assert!(!standard.is_repeatable(&TokenStep::Refresh) && standard.is_repeatable(&TokenStep::ClientCredentials));
    let google = method(json!({"refresh_repeatable": true}));
    assert!(google.is_repeatable(&TokenStep::Refresh) && google.is_repeatable(&TokenStep::JwtBearer));
    assert!(!google.is_repeatable(&TokenStep::Code { redirect_uri: BACK }));
}

#[test]
fn an_assertion_says_what_the_provider_asks_for() {
    let claims = |differences: Value, scope: Option<&str>, subject: Option<&str>| {
        let claims = AssertionClaims { issuer: "me", subject, audience: "https://login.example/token", scope, id: "1" };
        method(json!({"assertion": differences})).assertion.claims(&claims, 1000)
    };
    let google = claims(json!({"scope_claim": true, "lifetime_s": 3600}), Some("a b"), None);
    let expected = json!({
        "iss": "me", "aud": "https://login.example/token", "scope": "a b", "iat": 1000, "exp": 4600, "jti": "1",
    });
    assert_eq!(google, expected);
    let salesforce = claims(json!({}), None, Some("ada@acme.example"));
    assert_eq!((&salesforce["sub"], &salesforce["exp"]), (&json!("ada@acme.example"), &json!(1300)));
}

#[test]
fn an_api_refuses_a_token_in_its_own_way() {
    assert_eq!(method(json!({})).rejected.statuses, [401]);
    let both = method(json!({"rejected": {"statuses": [401, 403]}}));
    assert_eq!(both.rejected.statuses, [401, 403], "Salesforce");
    let slack = method(json!({"rejected": {"pointer": "/error", "values": ["token_expired", "190"]}})).rejected;
    assert!(slack.in_body(&json!({"ok": false, "error": "token_expired"})) && slack.in_body(&json!({"error": 190})));
    assert!(!slack.in_body(&json!({"ok": true})) && !slack.in_body(&json!({"error": ["token_expired"]})));
    assert!(!both.rejected.in_body(&json!({"error": "token_expired"})));
}
