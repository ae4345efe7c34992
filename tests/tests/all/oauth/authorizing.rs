//! A person agrees at the provider: with a browser, and with every answer that is not their own.

use lockgate_tests::{Answer, Browser, Host, Provider};
use reqwest::Method;
use serde_json::{Value, json};

use super::{code, host, invoke, made, public_url, shown};

fn waiting(host: &Host) -> String {
    let made = made(host, &json!({"credentials": {"main": {"method": "oauth"}}}));
    assert_eq!(made["state"], "pending");
    made["authorize_url"].as_str().unwrap().to_owned()
}

#[test]
fn a_person_connects_with_a_browser() {
    let provider = Provider::start();
    let host = host(&provider, code(&provider));
    // Who gives no values yet is told how the person gets to the provider.
    let ran = host.run(["connection", "create", "g", "later"]).ok();
    ran.prints("connection later is pending").says("lockgate connection reconnect g later");
    let address = waiting(&host);
    invoke(&host).problem(409, "LG1019");
    let visit = Browser::default().visit(&host, &address);
    assert!(visit.text.contains("Connected"), "{visit:?}");
    assert_eq!(visit.serious, [""; 0]);
    assert_eq!(invoke(&host).output(), "ada");
    let now = shown(&host);
    assert_eq!(
        (now["state"].as_str(), now["tokens"]["main"]["expires_at"].is_string()),
        (Some("active"), true),
        "{now}"
    );
    // Renewed without the person, by the refresh token that came along.
    host.home.sql("UPDATE oauth_tokens SET issued_at = 0");
    host.send(host.request(Method::POST, "/groups/g/connections/main/refresh")).status(200);
    assert_eq!((provider.count("answered"), provider.count("refused")), (2, 0));
    // Once more, with the connection as it is until then.
    let again = host.send(host.request(Method::POST, "/groups/g/connections/main/reconnect")).status(201).json();
    assert_eq!(invoke(&host).output(), "ada");
    let visit = Browser::default().visit(&host, again["authorize_url"].as_str().unwrap());
    assert!(visit.text.contains("Connected"), "{visit:?}");
    assert_eq!((invoke(&host).output(), &shown(&host)["id"]), (json!("ada"), &now["id"]));
}

#[test]
fn a_person_who_does_not_agree_is_told_so() {
    let provider = Provider::start();
    let host = host(&provider, code(&provider));
    let visit = Browser { denies: true, ..Browser::default() }.visit(&host, &waiting(&host));
    assert!(visit.text.contains("LG1074") && visit.text.contains("denied"), "{visit:?}");
    assert_eq!((visit.serious.as_slice(), shown(&host)["state"].as_str()), (&[][..], Some("pending")));
}

#[test]
fn a_customer_connects_itself_by_the_keyboard() {
    let provider = Provider::start();
    let host = host(&provider, code(&provider));
    let session = json!({"tenant": "ada", "groups": ["g"], "return_url": "https://shop.example/done"});
    let page = host.send(host.request(Method::POST, "/connect-sessions").json(&session)).status(201).json();
    let browser = Browser { method: Some("oauth"), until: Some("https://shop.example/"), denies: false };
    let visit = browser.visit(&host, page["url"].as_str().unwrap());
    assert!(visit.url.starts_with("https://shop.example/done"), "{visit:?}");
    assert_eq!(visit.serious, [""; 0]);
    let body = json!({"input": {}, "connection": {"dynamic": {"tenant": "ada"}}});
    let answer = host.send(host.request(Method::POST, "/groups/g/connectors/me/invoke").json(&body));
    assert_eq!(answer.output(), "ada");
    // The page is over.
    host.at(Method::GET, page["path"].as_str().unwrap()).status(404);
}

/// What a browser has after it opened the beginning of an authorization.
struct Begun {
    cookie: String,
    state: String,
    address: String,
}

fn path(address: &str) -> &str {
    address.strip_prefix(public_url()).unwrap()
}

fn begin(host: &Host, address: &str) -> Begun {
    let page = host.at(Method::GET, path(address)).status(200);
    let cookie = page.header("set-cookie").split(';').next().unwrap().to_owned();
    let href = page.body.split("href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
    let state = href.split("state=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    Begun { cookie, state, address: href }
}

fn back(host: &Host, cookie: &str, query: &str) -> Answer {
    host.send(host.plain(Method::GET, &format!("/v1/oauth/callback?{query}")).header("cookie", cookie))
}

fn fails(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert!(answer.body.contains(code), "{}", answer.body);
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(!answer.body.contains("<script"), "{}", answer.body);
}

#[test]
fn the_beginning_names_who_asks_and_sends_what_the_definition_says() {
    let provider = Provider::start();
    let host = host(&provider, code(&provider));
    let address = waiting(&host);
    let page = host.at(Method::GET, path(&address)).status(200);
    for text in ["Connector group</dt><dd>g<", "Workspace</dt><dd>default<", "first admin", "Continue to 127.0.0.1"] {
        assert!(page.body.contains(text), "{text}: {}", page.body);
    }
    assert!(page.header("content-security-policy").starts_with("default-src 'none'"), "{:?}", page.headers);
    let cookie = page.header("set-cookie");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    let begun = begin(&host, &address);
    assert!(begun.address.starts_with(&format!("{}/auth?response_type=code&client_id=app", provider.url())));
    for part in ["code_challenge_method=S256", "prompt=consent", "scope=openid%20offline_access"] {
        assert!(begun.address.contains(part), "{}", begun.address);
    }
    // A second tab of the same browser goes on with the same state.
    let again = host.send(host.plain(Method::GET, path(&address)).header("cookie", &begun.cookie)).status(200);
    assert!(again.body.contains(&begun.state), "{}", again.body);
    host.at(Method::GET, "/v1/oauth/start/0000000000000000000000000000000000000000000000000000000000000000")
        .status(410);
}

#[test]
fn an_answer_that_is_nobodys_is_refused() {
    let provider = Provider::start();
    let host = host(&provider, code(&provider));
    let address = waiting(&host);
    let own = begin(&host, &address);
    let Begun { cookie, state, .. } = &own;
    let iss = provider.url();
    // Forged: another random part, another id, and none.
    let forged = format!("{}AAAA", &state[..state.len() - 4]);
    for (query, status, code) in [
        (format!("code=x&state={forged}"), 403, "LG1073"),
        (format!("code=x&state=AAAAAAAAAAAAAAAAAAAAAA.{}", state.split('.').nth(1).unwrap()), 410, "LG1072"),
        ("code=x&state=".to_owned(), 410, "LG1072"),
        ("code=x".to_owned(), 410, "LG1072"),
        (format!("code=x&state={state}&state={state}"), 502, "LG4046"),
    ] {
        fails(&back(&host, cookie, &query), status, code);
    }
    // Foreign: the browser of somebody else, with and without a cookie of its own.
    let victim = begin(&host, &address);
    fails(&back(&host, "", &format!("code=x&state={state}")), 403, "LG1073");
    fails(&back(&host, &victim.cookie, &format!("code=x&state={state}")), 403, "LG1073");
    // None of them has ended it. Mixed up: the answer of another provider, or of one that does not say who it is.
    assert_eq!(provider.count("requests"), 0);
    fails(&back(&host, cookie, &format!("code=x&state={state}&iss=https%3A%2F%2Fevil.example")), 502, "LG4045");
    assert_eq!(provider.count("requests"), 0, "the code went nowhere");
    // It was used by that. Replayed:
    fails(&back(&host, cookie, &format!("code=x&state={state}&iss={iss}")), 410, "LG1072");
    // A code that the provider does not know.
    let reconnect = || {
        let again = host.send(host.request(Method::POST, "/groups/g/connections/main/reconnect")).status(201).json();
        begin(&host, again["authorize_url"].as_str().unwrap())
    };
    let own = reconnect();
    fails(&back(&host, &own.cookie, &format!("code=x&state={}&iss={iss}", own.state)), 502, "LG4040");
    assert_eq!(provider.count("requests"), 1);
    // An error that is no refusal, with a text that is nobody's business.
    let own = reconnect();
    let query = format!("error=invalid_scope&error_description=%3Cscript%3E&state={}&iss={iss}", own.state);
    let answer = back(&host, &own.cookie, &query);
    fails(&answer, 502, "LG4046");
    assert!(answer.body.contains("invalid_scope"), "{}", answer.body);
    let own = reconnect();
    let answer = back(&host, &own.cookie, &format!("error=%3Cscript%3E&state={}&iss={iss}", own.state));
    fails(&answer, 502, "LG4046");
    let own = reconnect();
    fails(&back(&host, &own.cookie, &format!("state={}&iss={iss}", own.state)), 502, "LG4046");
    // Expired.
    let own = reconnect();
    host.home.sql("UPDATE oauth_authorizations SET expires_at = 1");
    fails(&back(&host, &own.cookie, &format!("code=x&state={}&iss={iss}", own.state)), 410, "LG1072");
    assert_eq!((provider.count("requests"), shown(&host)["state"].as_str()), (1, Some("pending")));
}

#[test]
fn an_authorization_ends_with_what_it_began_for() {
    let provider = Provider::start();
    let host = host(&provider, code(&provider));
    let own = begin(&host, &waiting(&host));
    // New values make it another connection.
    let values = json!({"credentials": {"main": {"method": "key", "values": {"value": "k"}}}});
    host.send(host.request(Method::PUT, "/groups/g/connections/main/credentials").json(&values)).status(200);
    let query = format!("code=x&state={}&iss={}", own.state, provider.url());
    fails(&back(&host, &own.cookie, &query), 410, "LG1072");
    assert_eq!(provider.count("requests"), 0);
}

#[test]
fn without_an_address_nobody_is_sent_away() {
    let provider = Provider::start();
    let host = lockgate_tests::Serve::new().reaching_addresses([provider.address()]).start();
    super::prepare(&host, &provider, code(&provider));
    let body = json!({"credentials": {"main": {"method": "oauth"}}});
    host.send(host.request(Method::POST, "/groups/g/connections").json(&body)).problem(503, "LG1071");
    assert_eq!(host.get("/groups/g/connections").json()["items"], Value::Array(Vec::new()));
}

/// Browsers take a cookie of this name from this host alone, and only with TLS.
#[test]
fn with_tls_the_cookie_is_the_hosts_own() {
    let provider = Provider::start();
    let text = format!("public_url = \"https://gate.example\"\nreachable = ['{}']\n", provider.address());
    let host = lockgate_tests::Serve::new().configured(&text).start();
    super::prepare(&host, &provider, code(&provider));
    let made = made(&host, &json!({"credentials": {"main": {"method": "oauth"}}}));
    let address = made["authorize_url"].as_str().unwrap().strip_prefix("https://gate.example").unwrap().to_owned();
    let page = host.at(Method::GET, &address).status(200);
    let cookie = page.header("set-cookie");
    assert!(cookie.starts_with("__Host-lockgate-oauth-") && cookie.contains("Path=/;") && cookie.contains("; Secure"));
}

/// A person agrees to one credential. Where the others of the connection go, nobody has looked at.
#[test]
fn agreeing_accepts_nothing_for_other_values() {
    let provider = Provider::start();
    let host = host(&provider, code(&provider));
    let mut group = super::group(&provider, code(&provider));
    group["activation"]["credentials"]["other"] =
        json!({"methods": {"key": {"type": "api_key", "in": "header", "name": "x-other"}}});
    group.as_object_mut().unwrap().remove("connectors");
    host.set("g", group.clone());
    let other = json!({"values": {"value": "k"}});
    let body = json!({"credentials": {"main": {"method": "oauth"}, "other": other}});
    let made = made(&host, &body);
    let visit = Browser::default().visit(&host, made["authorize_url"].as_str().unwrap());
    assert!(visit.text.contains("Connected"), "{visit:?}");
    invoke(&host).status(200);
    // The key would go elsewhere from now on.
    let destinations = group["destinations"].as_array_mut().unwrap();
    destinations.push(json!({"url": "https://evil.example", "credential": "other"}));
    host.set("g", group);
    assert_eq!(shown(&host)["state"], "needs_review");
    host.send(host.request(Method::POST, "/groups/g/connections/main/refresh")).problem(409, "LG1021");
    let again = host.send(host.request(Method::POST, "/groups/g/connections/main/reconnect")).status(201).json();
    let visit = Browser::default().visit(&host, again["authorize_url"].as_str().unwrap());
    assert!(visit.text.contains("Connected"), "{visit:?}");
    assert_eq!(shown(&host)["state"], "needs_review");
}
