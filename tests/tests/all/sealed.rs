//! A unique text in every secret, looked for in everything that a host writes and answers.

use std::fs;

use lockgate_tests::{Home, Host, Serve};
use reqwest::Method;
use serde_json::{Value, json};

/// Markers with letters that every encoding changes.
const MARKERS: [&str; 4] = ["mK1/key+7%\"é", "mK2/note+7%\"é", "mK3/client+7%\"é", "mK4/page+7%\"é"];

/// The ways in which a text can lie somewhere.
fn spellings(marker: &str) -> Vec<Vec<u8>> {
    let hex: String = marker.bytes().map(|byte| format!("{byte:02x}")).collect();
    let url = |plain: fn(u8) -> bool| -> String {
        marker
            .bytes()
            .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
            .collect()
    };
    let json = serde_json::to_string(marker).unwrap().trim_matches('"').to_owned();
    let ascii: String = json
        .chars()
        .map(|one| if one.is_ascii() { one.to_string() } else { format!("\\u{:04x}", one as u32) })
        .collect();
    let mut found = vec![
        marker.to_owned(),
        hex.to_uppercase(),
        hex,
        url(|byte| byte.is_ascii_alphanumeric()),
        url(|byte| byte.is_ascii_alphanumeric() || byte == b'/'),
        json,
        ascii,
    ];
    // In base64 a text looks in three ways, by where it begins; its first and last letters depend on its neighbours.
    for before in 0..3 {
        let mut bytes = vec![b' '; before];
        bytes.extend(marker.bytes());
        let text = base64(&bytes);
        found.push(text[4.min(before * 4)..text.len() - 4].to_owned());
    }
    found.into_iter().map(String::into_bytes).collect()
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let number = chunk.iter().fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            text.push(char::from(LETTERS[(number >> (18 - 6 * place)) as usize & 63]));
        }
        text.push_str(&"="[..usize::from(chunk.len() < 3)].repeat(3 - chunk.len()));
    }
    text
}

fn clean(what: &str, bytes: &[u8]) {
    for marker in MARKERS {
        for spelling in spellings(marker) {
            let there = bytes.windows(spelling.len()).any(|window| window == spelling);
            assert!(!there, "{what} holds `{}`", String::from_utf8_lossy(&spelling));
        }
    }
}

#[test]
fn the_search_finds_what_is_there() {
    for marker in MARKERS {
        for before in ["", "a", "bc"] {
            let text = format!("{before}{marker}def");
            let encoded = [text.clone(), base64(text.as_bytes()), serde_json::to_string(&text).unwrap()];
            for one in encoded {
                let found = spellings(marker)
                    .iter()
                    .any(|spelling| one.as_bytes().windows(spelling.len()).any(|at| at == spelling));
                assert!(found, "{one}");
            }
        }
    }
}

#[test]
fn no_secret_is_anywhere_but_sealed() {
    let host = Serve::new().with(["--log", "trace"]).start();
    host.with_activation();
    let oauth = json!({"type": "oauth2", "grant": "client_credentials", "token_url": "https://id.acme.example/token"});
    host.set("g", json!({"activation": {"credentials": {"main": {"methods": {"oauth": oauth}}}}}));
    let mut seen = Vec::new();
    let mut ask = |request: reqwest::RequestBuilder| {
        let answer = host.send(request);
        seen.push(format!("{:?}\n{}", answer.headers, answer.body));
        answer
    };
    let client = json!({"oauth": {"main": {"client_id": "id", "client_secret": MARKERS[2]}}, "return_urls": ["https://a.example/"]});
    ask(host.request(Method::PUT, "/groups/g/installation").json(&client)).status(200);
    let mut body = lockgate_tests::connected::values(MARKERS[0]);
    body["fields"]["note"] = json!(MARKERS[1]);
    ask(host.request(Method::POST, "/groups/g/connections").json(&body)).status(201);
    // What is wrong with a secret is told without it.
    let mut wrong = body.clone();
    wrong["fields"]["subdomain"] = json!(MARKERS[1]);
    wrong["name"] = json!("wrong");
    ask(host.request(Method::POST, "/groups/g/connections").json(&wrong)).status(422);
    let session = json!({"tenant": "ada", "groups": ["g"], "return_url": "https://a.example/"});
    let session = ask(host.request(Method::POST, "/connect-sessions").json(&session)).status(201).json();
    let path = session["path"].as_str().unwrap();
    let page = host.at(Method::GET, path).status(200);
    let csrf = page.body.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let encoded: String = MARKERS[3].bytes().map(|byte| format!("%{byte:02x}")).collect();
    for subdomain in ["Wrong+Label", "shop"] {
        let form =
            format!("csrf={csrf}&step=0&m%3Amain=key&f%3Asubdomain={subdomain}&c%3Amain%3Akey%3Avalue={encoded}");
        let request = host.plain(Method::POST, path).header("content-type", "application/x-www-form-urlencoded");
        let answer = host.send(request.header("cookie", format!("lockgate-connect={csrf}")).body(form));
        clean("the page", format!("{:?}\n{}", answer.headers, answer.body).as_bytes());
        assert!(matches!(answer.status, 303 | 422), "{answer:#?}");
    }
    let call = |connection: Value| {
        let body = json!({"input": {}, "connection": connection});
        host.request(Method::POST, "/groups/g/connectors/facts/invoke").json(&body)
    };
    ask(call(json!({"fixed": "main"}))).status(200);
    ask(call(json!({"dynamic": {"tenant": "ada"}}))).status(200);
    host.set("g", json!({"base_url": "https://{subdomain}.acme.example/other"}));
    ask(call(json!({"fixed": "main"}))).status(409);
    for path in ["/groups/g/connections", "/connections", "/groups/g/installation", "/groups/g", "/calls"] {
        ask(host.request(Method::GET, path)).status(200);
    }
    ask(host.admin(Method::GET, "/v1/audit?limit=500")).status(200);
    ask(host.plain(Method::GET, "/metrics")).status(200);
    seen.iter().for_each(|answer| clean("an answer", answer.as_bytes()));
    clean("the log", host.log().as_bytes());
    for name in ["environ", "cmdline"] {
        clean(name, &fs::read(format!("/proc/{}/{name}", host.pid())).unwrap());
    }
    // While it runs, for the write-ahead log; and afterwards, for what the end writes.
    written(&host.home);
    written(&host.end());
}

fn written(home: &Home) {
    if let Some(database) = home.database() {
        clean("the dump", database.dump().as_bytes());
    }
    let mut open = vec![home.data()];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.file_name().is_none_or(|name| name != "lock") {
            clean(&path.display().to_string(), &fs::read(&path).unwrap_or_default());
        }
    }
}

#[test]
fn a_secret_of_the_command_line_is_in_no_argument() {
    let host = Host::start();
    host.with_activation();
    host.home.write("secret", MARKERS[0]);
    let arguments = ["connection", "create", "g", "--field", "subdomain=shop", "--secret", "main.value=@secret"];
    let ran = host.run(arguments).ok();
    clean("the output", format!("{}{}", ran.stdout, ran.stderr).as_bytes());
    let literal = format!("main.value={}", MARKERS[1]);
    let ran =
        host.run(["connection", "create", "g", "two", "--field", "subdomain=shop", "--secret", &literal]).exits(2);
    clean("the refusal", ran.stderr.as_bytes());
}
