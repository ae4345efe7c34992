//! A script that tries everything to see a credential: what it finds, what it gives, and all that the host keeps, is searched
//! for the value in every form.

use lockgate_tests::marker::{Marker, Trace};
use lockgate_tests::{Reply, Serve, Upstream};
use reqwest::Method;
use serde_json::{Value, json};

use super::javascript;

const SECRET: &str = "s3cr3t-of-the-script-9f21c7";
const SIGNING: &str = "k3y-that-signs-44d0be19";

/// Looks through all that a script can reach, and provokes what may repeat a secret.
const EVERYTHING: &str = r#"
    import * as lockgate from "lockgate";
    import * as database from "lockgate/database";
    import * as grpc from "lockgate/grpc";
    import * as csv from "lockgate/csv";
    import * as xml from "lockgate/xml";

    const texts = [];
    const seen = new Set();
    function walk(value, depth) {
        if (typeof value === "string") return texts.push(value);
        if (value === null || depth > 12 || (typeof value !== "object" && typeof value !== "function") || seen.has(value)) return;
        seen.add(value);
        if (ArrayBuffer.isView(value)) texts.push(Array.from(value, (byte) => String.fromCharCode(byte)).join(""));
        for (const key of Reflect.ownKeys(value)) {
            const own = Reflect.getOwnPropertyDescriptor(value, key);
            texts.push(String(key));
            for (const part of [own?.value, own?.get, own?.set]) walk(part, depth + 1);
            try { walk(value[key], depth + 1); } catch (error) { walk(error, depth + 1); texts.push(String(error), String(error?.stack)); }
        }
        walk(Object.getPrototypeOf(value), depth + 1);
    }
    async function attempt(work) {
        try { walk(await work(), 0); } catch (error) { walk(error, 0); texts.push(String(error), String(error?.stack)); }
    }

    export default async function (input, ctx) {
        for (const root of [globalThis, lockgate, database, grpc, csv, xml, ctx, lockgate.settings, arguments]) walk(root, 0);
        for (const name of ["secret", "main.token", "token", "signer.secret", "key"]) {
            await attempt(() => lockgate.sign(name, "hmac-sha256", ""));
            await attempt(() => lockgate.sign(name, "none", ""));
            await attempt(() => lockgate.verify(name, "hmac-sha256", "", new Uint8Array(32)));
            await attempt(() => lockgate.settings[name]);
        }
        const urls = ["/echo", "/redirect", "/error", "//elsewhere", "https://elsewhere.example/", "http://127.0.0.1:1/", `${input.url}/api/echo`, input.url.replace("http:", "https:")];
        for (const url of urls) {
            await attempt(async () => {
                const response = await fetch(url, { method: "POST", body: "b", headers: { "x-own": "1" }, redirect: url === "/redirect" ? "manual" : "follow" });
                const text = await response.clone().text();
                return [response, [...response.headers], text, await response.bytes(), await response.json().catch(String)];
            });
        }
        for (const headers of [{ authorization: "Bearer x" }, { Authorization: "" }, { host: "x" }, { cookie: "a=b" }, { "proxy-authorization": "x" }, { connection: "authorization" }]) {
            await attempt(() => fetch("/echo", { headers }));
        }
        await attempt(() => fetch("/echo", { method: "TRACE" }));
        await attempt(() => database.query("select current_setting('password')"));
        await attempt(() => grpc.call("a.B/C", {}, { metadata: { authorization: "x" } }));
        console.log(texts.join("\n").slice(0, 60000));
        lockgate.log.warn("all", { length: texts.length });
        return { texts: texts.join("\u0000"), count: texts.length };
    }
"#;

#[test]
fn a_script_that_tries_everything_sees_no_secret() {
    let upstream = Upstream::start(|seen| {
        let echo = json!({"target": seen.target, "headers": seen.headers, "body": String::from_utf8_lossy(&seen.body)});
        let all: String = seen.headers.iter().map(|(name, value)| format!("{name}={value};")).collect();
        match seen.path() {
            "/api/redirect" => Reply::new(302).header("location", format!("/other?{all}").replace(' ', "+")),
            "/api/error" => Reply::new(500).header("x-echo", all).body(echo.to_string()),
            _ => Reply::new(200).header("x-echo", all).json(&echo),
        }
    });
    let host = Serve::new().with(["--log", "trace"]).reaching(&[&upstream]).start().with_scripts();
    host.group(
        "g",
        json!({
            "resource_type": "INTERNAL", "base_url": format!("{}/api", upstream.url()),
            "capabilities": ["http", "grpc", "database", "signing"], "settings": {"visible": "to all"},
            "activation": {
                "credentials": {"main": {"methods": {"token": {"type": "bearer"}}}},
                "fields": {"secret": {"type": "password", "use": "sign"}},
            },
            "destinations": [{"url": upstream.url(), "credential": "main", "plaintext": true}],
            "limits": {"output_bytes": 4_000_000, "cpu_ms": 20_000, "deadline_ms": 300_000},
            "connectors": [javascript(EVERYTHING)],
        }),
    );
    let values = json!({"credentials": {"main": {"values": {"token": SECRET}}}, "fields": {"secret": SIGNING}});
    host.send(host.request(Method::POST, "/groups/g/connections").json(&values)).status(201);
    let body = json!({"input": {"url": upstream.url()}, "connection": {"fixed": "main"}});
    let called = host.send(host.request(Method::POST, "/groups/g/connectors/c/invoke").json(&body));
    let shown = called.body.clone();
    let output = called.output();
    assert!(output["count"].as_u64().unwrap() > 1_000, "{}", output["count"]);
    // It went where it may, with the credential; the upstream repeated it in every answer.
    let sent =
        upstream.seen().iter().filter(|one| one.header("authorization") == Some(&format!("Bearer {SECRET}"))).count();
    assert!(sent >= 4, "{sent}");
    assert!(output["texts"].as_str().unwrap().contains("authorization"));
    let tested = host.send(host.request(Method::POST, "/groups/g/connectors/c/test").json(&body)).status(200);
    let found: Value = tested.json();
    assert!(found["exchanges"].as_array().is_some_and(|all| all.len() >= 4), "{found}");
    let mut traces = host.traces();
    traces.push(Trace::new("the output", shown));
    traces.push(Trace::new("the test", tested.body.clone()));
    for (name, secret) in [("the token", SECRET), ("the signing key", SIGNING)] {
        Marker::new(name, secret.as_bytes()).is_in_none(&traces, &[]);
    }
}
