//! The page on which an end customer connects itself.

use lockgate_tests::connected::reach;
use lockgate_tests::database_servers::{DATABASE, PASSWORD, PostgreSql, USER};
use lockgate_tests::{Answer, Authority, Host, Reply, Serve, Upstream, guests};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

const RETURN: &str = "https://shop.example/done?x=1";

fn host() -> Host {
    set_up(Host::start())
}

fn set_up(host: Host) -> Host {
    host.with_activation();
    let set = json!({"return_urls": [RETURN]});
    host.send(host.request(Method::PUT, "/groups/g/installation").json(&set)).status(200);
    host
}

fn session(host: &Host, members: Value) -> Answer {
    let mut body = json!({"tenant": "ada", "groups": ["g"], "return_url": RETURN});
    body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    host.send(host.request(Method::POST, "/connect-sessions").json(&body))
}

/// What a browser has after it opened a page.
struct Opened {
    path: String,
    cookie: String,
    csrf: String,
    text: String,
}

fn open(host: &Host, path: &str) -> Opened {
    let answer = host.at(Method::GET, path).status(200);
    let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
    let csrf = answer.body.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    Opened { path: path.to_owned(), cookie, csrf, text: answer.body }
}

/// The filled form, as a browser sends it, to a client that follows no redirect.
fn filled(host: &Host, page: &Opened, values: &[(&str, &str)]) -> RequestBuilder {
    step(host, page, "0", values)
}

fn step(host: &Host, page: &Opened, step: &str, values: &[(&str, &str)]) -> RequestBuilder {
    let mut pairs = vec![("csrf", page.csrf.as_str()), ("step", step), ("m:main", "key")];
    pairs.extend(values);
    let body = pairs.iter().map(|(name, value)| {
        let encoded = |text: &str| text.bytes().map(|byte| format!("%{byte:02x}")).collect::<String>();
        format!("{}={}", encoded(name), encoded(value))
    });
    let body = body.collect::<Vec<_>>().join("&");
    let request = host.plain(Method::POST, &page.path).header("content-type", "application/x-www-form-urlencoded");
    request.header("cookie", &page.cookie).body(body)
}

const VALUES: [(&str, &str); 2] = [("f:subdomain", "shop"), ("c:main:key:value", "s3cret-key")];

#[test]
fn a_customer_connects_itself() {
    let host = host();
    let made = session(&host, json!({})).status(201).json();
    let path = made["path"].as_str().unwrap();
    assert_eq!(made["url"], Value::Null, "the host does not know its own address: {made:#}");
    let page = open(&host, path);
    assert!(!page.text.contains("<script") && page.text.contains("name=\"f:subdomain\""), "{}", page.text);
    let wrong = host.send(filled(&host, &page, &[("f:subdomain", "Not A Label"), VALUES[1]])).status(422);
    assert!(wrong.body.contains("role=\"alert\"") && !wrong.body.contains("s3cret"), "{}", wrong.body);
    let done = host.send(filled(&host, &page, &VALUES)).status(303);
    assert_eq!(done.header("location"), RETURN);
    host.call_as(json!({"dynamic": {"tenant": "ada"}})).status(200);
    // It is over: neither read nor sent again.
    host.at(Method::GET, path).status(404);
    host.send(filled(&host, &page, &VALUES)).status(404);
    // Another time, the same connection gets new values.
    let id = |host: &Host| host.get("/groups/g/connections").json()["items"][0]["id"].clone();
    let before = id(&host);
    let page = open(&host, session(&host, json!({})).json()["path"].as_str().unwrap());
    host.send(filled(&host, &page, &VALUES)).status(303);
    assert_eq!(id(&host), before);
    assert_eq!(host.get("/groups/g/connections").json()["items"].as_array().unwrap().len(), 1);
}

#[test]
fn a_form_of_another_site_is_refused() {
    let host = host();
    let page = open(&host, session(&host, json!({})).json()["path"].as_str().unwrap());
    let without = |change: &dyn Fn(&mut Opened)| {
        let mut other = Opened {
            path: page.path.clone(),
            cookie: page.cookie.clone(),
            csrf: page.csrf.clone(),
            text: String::new(),
        };
        change(&mut other);
        host.send(filled(&host, &other, &VALUES)).status(403)
    };
    without(&|other| other.cookie = String::new());
    without(&|other| other.csrf = String::new());
    without(&|other| other.csrf = "0".repeat(64));
    without(&|other| {
        other.cookie = "lockgate-connect=".to_owned();
        other.csrf = String::new();
    });
    host.send(filled(&host, &page, &VALUES).header("sec-fetch-site", "cross-site")).status(403);
    assert_eq!(host.get("/groups/g/connections").json()["items"], json!([]));
    host.send(filled(&host, &page, &VALUES).header("sec-fetch-site", "same-origin")).status(303);
}

#[test]
fn the_page_keeps_to_itself() {
    let host = host();
    host.set("g", json!({"name": "<script>alert(1)</script>"}));
    let answer = host.at(Method::GET, session(&host, json!({})).json()["path"].as_str().unwrap()).status(200);
    let policy = answer.header("content-security-policy");
    for part in
        ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self' https://shop.example;"]
    {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe") && !answer.body.contains("<script"), "{}", answer.body);
    let expected = [("cache-control", "no-store"), ("referrer-policy", "no-referrer"), ("x-frame-options", "DENY")];
    expected.iter().for_each(|(name, value)| assert_eq!(answer.header(name), *value));
    let cookie = answer.header("set-cookie");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
}

#[test]
fn who_may_make_one_and_where_it_leads() {
    let host = host();
    for url in ["https://evil.example/", "https://shop.example/done", "https://shop.example/done?x=1&y=2"] {
        let refused = session(&host, json!({"return_url": url})).problem(422, "LG1010");
        assert_eq!(refused["errors"][0]["pointer"], "/return_url");
    }
    session(&host, json!({"groups": ["other"]})).problem(404, "LG1004");
    session(&host, json!({"groups": []})).problem(422, "LG1010");
    let path = "/v1/workspaces/default/connect-sessions";
    let body = json!({"tenant": "bo", "groups": ["g"], "return_url": RETURN});
    let invoker = host.token_with("invoker", json!({}));
    host.send(host.shown(&invoker, Method::POST, path).json(&body)).problem(403, "LG1003");
    let of_ada = host.token_with("operator", json!({"tenants": ["ada"]}));
    host.send(host.shown(&of_ada, Method::POST, path).json(&body)).problem(403, "LG1003");
    host.at(Method::GET, &format!("/connect/{}", "0".repeat(64))).status(404);
    // The page ends with the token that made it.
    let token = host.token_with("operator", json!({"name": "platform"}));
    let made = host.send(host.shown(&token, Method::POST, path).json(&body)).status(201).json();
    let page = made["path"].as_str().unwrap();
    host.at(Method::GET, page).status(200);
    let tokens = host.get("/tokens?q=platform").json();
    let id = tokens["items"][0]["id"].as_str().unwrap();
    host.send(host.request(Method::DELETE, &format!("/tokens/{id}"))).status(204);
    host.at(Method::GET, page).status(404);
}

/// It is asked again what was asked when the page was made, so that nobody connects what their platform has closed.
#[test]
fn a_page_is_checked_each_time_it_is_used() {
    let host = host();
    let set = |urls: Value| {
        host.send(host.request(Method::PUT, "/groups/g/installation").json(&json!({"return_urls": urls}))).status(200);
    };
    let only_known = |known: bool| {
        let request = host.admin(Method::PATCH, "/v1/workspaces/default").json(&json!({"known_tenants_only": known}));
        host.send(request).status(200);
    };
    let token = host.token_with("operator", json!({"name": "platform"}));
    let id = host.get("/tokens?q=platform").json()["items"][0]["id"].as_str().unwrap().to_owned();
    let end = |seconds: u32| {
        let request = host.request(Method::PATCH, &format!("/tokens/{id}")).json(&json!({"expires_in": seconds}));
        host.send(request).status(200);
    };
    let body = json!({"tenant": "ada", "groups": ["g"], "return_url": RETURN});
    let make = || host.send(host.shown(&token, Method::POST, "/v1/workspaces/default/connect-sessions").json(&body));
    let page = open(&host, make().status(201).json()["path"].as_str().unwrap());
    let is_over = |what: &str| {
        let shown = host.at(Method::GET, &page.path).status(404);
        assert!(shown.body.contains("this link is no longer valid"), "{what}: {}", shown.body);
        host.send(filled(&host, &page, &VALUES)).status(404);
        assert_eq!(host.get("/groups/g/connections").json()["items"], json!([]), "{what}");
    };
    let is_open = || drop(host.at(Method::GET, &page.path).status(200));
    set(json!(["https://shop.example/elsewhere"]));
    is_over("the address is no longer in the list");
    set(json!([RETURN]));
    is_open();
    end(0);
    is_over("the token has ended");
    end(3600);
    is_open();
    only_known(true);
    is_over("the workspace takes known tenants alone");
    host.send(host.request(Method::POST, "/tenants").json(&json!({"name": "ada"}))).status(201);
    is_open();
    let switch = |enabled: bool| {
        host.send(host.request(Method::PATCH, "/tenants/ada").json(&json!({"enabled": enabled}))).status(200);
    };
    switch(false);
    is_over("the tenant is switched off");
    make().problem(409, "LG1031");
    switch(true);
    is_open();
    host.set("g", json!({"activation": null, "destinations": [], "base_url": null}));
    is_over("the group takes no connections");
    host.set("g", lockgate_tests::connected::reach());
    assert_eq!(host.send(filled(&host, &page, &VALUES)).status(303).header("location"), RETURN);
}

#[test]
fn a_connection_is_renewed_by_a_person() {
    let host = host();
    let made = host.connection("old", json!({})).status(201).json();
    let again = host.send(host.request(Method::POST, "/groups/g/connections/main/reconnect")).status(201).json();
    let page = open(&host, again["path"].as_str().unwrap());
    let done = host.send(filled(&host, &page, &VALUES)).status(200);
    assert!(done.body.contains("Connected"), "{}", done.body);
    let renewed = host.get("/groups/g/connections/main").json();
    assert_eq!((&renewed["id"], &renewed["version"]), (&made["id"], &json!(2)));
    host.run(["connection", "reconnect", "g", "main"]).ok().prints("/connect/");
}

#[test]
fn a_host_that_knows_its_address_gives_whole_ones_and_binds_the_cookie_to_itself() {
    let host = set_up(Serve::new().with(["--public-url", "https://gate.example"]).start());
    let made = session(&host, json!({})).status(201).json();
    let path = made["path"].as_str().unwrap();
    assert_eq!(made["url"], format!("https://gate.example{path}"));
    let callback = host.get("/groups/g/installation").json()["callback_url"].clone();
    assert_eq!(callback, "https://gate.example/v1/oauth/callback");
    let page = open(&host, path);
    assert!(page.cookie.starts_with("__Host-lockgate-connect="), "{}", page.cookie);
    let set = host.at(Method::GET, path).header("set-cookie").to_owned();
    assert!(set.contains("; Secure") && set.contains("Path=/;"), "{set}");
    // A neighbour below the same domain can set a cookie of another name, and not this one.
    let cookie = page.cookie.replace("__Host-", "");
    let planted = Opened { cookie, path: page.path.clone(), csrf: page.csrf.clone(), text: String::new() };
    host.send(filled(&host, &planted, &VALUES)).status(403);
    host.send(filled(&host, &page, &VALUES)).status(303);
    let again = host.run(["connection", "list", "g"]).ok();
    assert!(again.stdout.contains("ada"), "{}", again.stdout);
}

#[test]
fn a_page_for_several_groups_is_done_step_by_step() {
    let host = host();
    host.group("h", lockgate_tests::connected::reach());
    let set = json!({"return_urls": [RETURN]});
    let both = json!({"groups": ["g", "h"]});
    // Every group has its own list.
    assert_eq!(session(&host, both.clone()).problem(422, "LG1010")["errors"][0]["pointer"], "/return_url");
    host.send(host.request(Method::PUT, "/groups/h/installation").json(&set)).status(200);
    let made = session(&host, both).status(201).json();
    let page = open(&host, made["path"].as_str().unwrap());
    let half = host.send(step(&host, &page, "1", &VALUES)).status(200);
    assert!(half.body.contains("h: connected") && half.body.contains("name=\"step\" value=\"0\""), "{}", half.body);
    host.send(step(&host, &page, "1", &VALUES)).status(404);
    host.send(step(&host, &page, "2", &VALUES)).status(404);
    assert_eq!(host.send(step(&host, &page, "0", &VALUES)).status(303).header("location"), RETURN);
    let all = host.get("/connections?tenant=ada").json();
    let groups: Vec<_> = all["items"].as_array().unwrap().iter().map(|one| one["group"].as_str().unwrap()).collect();
    assert_eq!(groups.len(), 2, "{all:#}");
    assert!(groups.contains(&"g") && groups.contains(&"h"), "{groups:?}");
}

#[test]
fn a_page_ends() {
    let host = host();
    let made = session(&host, json!({})).status(201).json();
    let path = made["path"].as_str().unwrap().to_owned();
    let page = open(&host, &path);
    let home = host.end();
    assert_eq!(home.sql("SELECT count(*) FROM connect_sessions"), "1");
    let dump = home.sql("SELECT steps, return_url FROM connect_sessions");
    assert!(!dump.contains(path.rsplit('/').next().unwrap()), "{dump}");
    home.sql("UPDATE connect_sessions SET expires_at = 1");
    let host = Serve::at(home).start();
    host.at(Method::GET, &path).status(404);
    host.send(filled(&host, &page, &VALUES)).status(404);
    assert_eq!(host.get("/groups/g/connections").json()["items"], json!([]));
    // The next one takes it away.
    session(&host, json!({})).status(201);
    assert_eq!(host.end().sql("SELECT count(*) FROM connect_sessions"), "1");
}

#[test]
fn a_form_asks_for_what_a_person_gives() {
    let host = host();
    let own = json!({
        "type": "custom",
        "fields": {
            "account": {"type": "text", "title": "Account <b>", "description": "As on the bill"},
            "password": {"type": "password", "required": true}, "cert": {"type": "certificate"},
            "region": {"type": "select", "options": ["eu", "us"], "default": "us"},
            "internal": {"type": "text", "hidden": true}, "plan": {"type": "text", "disabled": true, "default": "free"},
        },
        "placements": [{"in": "header", "name": "x-key", "value": "{{password}}"}],
    });
    host.set("g", json!({"activation": {"credentials": {"main": {"methods": {"own": own}}}}}));
    let page = open(&host, session(&host, json!({})).json()["path"].as_str().unwrap());
    for part in [
        "Account &lt;b&gt;",
        "As on the bill",
        "type=\"password\" id=\"c:main:own:password\"",
        "<textarea id=\"c:main:own:cert\"",
        "<option>eu</option><option selected>us</option>",
        "name=\"c:main:own:plan\" disabled",
        "name=\"m:main\" value=\"own\"",
        "name=\"m:main\" value=\"key\"",
    ] {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
    assert!(!page.text.contains("internal"), "{}", page.text);
    // What it did not ask for is not taken.
    let values =
        [("m:main", "own"), ("f:subdomain", "shop"), ("c:main:own:password", "p"), ("c:main:own:internal", "x")];
    let request = |values: &[(&str, &str)]| {
        let pairs = [("csrf", page.csrf.as_str()), ("step", "0")].into_iter().chain(values.iter().copied());
        let body = pairs.map(|(name, value)| format!("{}={value}", name.replace(':', "%3A"))).collect::<Vec<_>>();
        let request = host.plain(Method::POST, &page.path).header("content-type", "application/x-www-form-urlencoded");
        host.send(request.header("cookie", &page.cookie).body(body.join("&")))
    };
    request(&values).status(303);
    let made = host.get("/groups/g/connections").json()["items"][0].clone();
    assert_eq!(made["methods"], json!({"main": "own"}));
    assert_eq!(made["credentials"]["main"], json!({"password": "********"}));
}

#[test]
fn nobody_is_asked_for_what_their_platform_has_set() {
    let host = host();
    let set = json!({"return_urls": [RETURN], "values": {"subdomain": "everyone"}});
    host.send(host.request(Method::PUT, "/groups/g/installation").json(&set)).status(200);
    let page = open(&host, session(&host, json!({})).json()["path"].as_str().unwrap());
    assert!(!page.text.contains("f:subdomain") && page.text.contains("f:note"), "{}", page.text);
    // Nor does it count what they say of it.
    host.send(filled(&host, &page, &[("f:subdomain", "elsewhere"), VALUES[1]])).status(303);
    assert_eq!(host.get("/groups/g/connections").json()["items"][0]["fields"]["subdomain"], "everyone");
}

#[test]
fn values_are_verified_before_the_page_says_that_all_is_well() {
    let upstream = Upstream::start(|seen| {
        let status = if seen.header("x-api-key") == Some("s3cret-key") { 200 } else { 401 };
        Reply::new(status).json(&json!({}))
    });
    let host = Serve::new().reaching(&[&upstream]).start();
    let mut group = reach();
    group["resource_type"] = json!("INTERNAL");
    group["base_url"] = json!(upstream.url());
    group["destinations"] = json!([{"url": upstream.url(), "credential": "main", "plaintext": true}]);
    group["activation"]["verify"] = json!({"path": "/me"});
    group["activation"]["fields"]["note"] =
        json!({"type": "text", "title": "A note", "description": "For whoever asks", "hidden": false});
    group["activation"]["fields"]["unseen"] = json!({"type": "text", "title": "Not asked", "hidden": true});
    host.with_guest(&guests::STATE, group);
    let set = json!({"return_urls": [RETURN]});
    host.send(host.request(Method::PUT, "/groups/g/installation").json(&set)).status(200);
    let page = open(&host, session(&host, json!({})).json()["path"].as_str().unwrap());
    assert!(page.text.contains("A note") && page.text.contains("For whoever asks"), "{}", page.text);
    assert!(!page.text.contains("unseen") && !page.text.contains("Not asked"), "{}", page.text);

    let wrong = [("f:subdomain", "shop"), ("c:main:key:value", "s3cret-kye")];
    let refused = host.send(filled(&host, &page, &wrong)).status(422);
    assert!(refused.body.contains("does not accept these values (status 401)"), "{}", refused.body);
    assert!(!refused.body.contains("s3cret"), "{}", refused.body);
    // Nothing is kept, and the page goes on.
    assert_eq!(host.get("/groups/g/connections").json()["items"], json!([]));
    host.send(filled(&host, &page, &VALUES)).status(303);
    assert_eq!(host.get("/groups/g/connections").json()["items"][0]["state"], "active");
    assert_eq!(upstream.seen().iter().filter(|seen| seen.path() == "/me").count(), 2);
}

/// A database says without a request of the group whether it takes them.
#[test]
fn values_are_tried_at_the_database_before_the_page_says_that_all_is_well() {
    let authority = Authority::new();
    let server = PostgreSql::start(&authority);
    let address = format!("127.0.0.1:{}", server.port()).parse().unwrap();
    let host = Serve::new().reaching_addresses([address]).start();
    let database = json!({"engine": "postgresql", "host": "localhost", "port": server.port(), "name": DATABASE});
    host.group(
        "g",
        json!({
            "resource_type": "INTERNAL", "certificate_authorities": [authority.pem()],
            "activation": {"credentials": {"main": {"methods": {"key": {"type": "basic"}}}}},
            "destinations": [{"database": database, "credential": "main"}],
        }),
    );
    let set = json!({"return_urls": [RETURN]});
    host.send(host.request(Method::PUT, "/groups/g/installation").json(&set)).status(200);
    let page = open(&host, session(&host, json!({})).json()["path"].as_str().unwrap());
    let values = |password: &'static str| [("c:main:key:username", USER), ("c:main:key:password", password)];
    let refused = host.send(filled(&host, &page, &values("s3cret-but-wrong"))).status(422);
    assert!(refused.body.contains("does not accept these values (LG4013)"), "{}", refused.body);
    assert!(!refused.body.contains("s3cret"), "{}", refused.body);
    assert_eq!(host.get("/groups/g/connections").json()["items"], json!([]));
    host.send(filled(&host, &page, &values(PASSWORD))).status(303);
    assert_eq!(host.get("/groups/g/connections").json()["items"][0]["state"], "active");
}
