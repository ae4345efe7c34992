//! Database servers that keep to no rule: each call ends with an error that says what the matter was, in bounded memory, and
//! the host goes on.

use lockgate_tests::database_servers::rogue::postgresql as rogue;
use lockgate_tests::database_servers::{Certificate, DATABASE, Options, PASSWORD, PostgreSql, RogueDatabase, USER};
use lockgate_tests::{Answer, Authority, Host, Serve, eventually};
use reqwest::Method;
use serde_json::{Value, json};

/// A host whose group `g` has the connector `c`, which reads a table of a server on this port.
fn host(port: u16, authority: &Authority, tls: &Value) -> Host {
    let address = format!("127.0.0.1:{port}").parse().expect("an address");
    let host = Serve::new().reaching_addresses([address]).start();
    let database = json!({"engine": "postgresql", "host": "localhost", "port": port, "name": DATABASE, "tls": tls});
    host.group(
        "g",
        json!({
            "resource_type": "INTERNAL", "certificate_authorities": [authority.pem()],
            "activation": {"credentials": {"main": {"methods": {"login": {"type": "basic"}}}}},
            "destinations": [{"database": database, "credential": "main"}], "limits": {"deadline_ms": 20_000},
            "connectors": [{
                "name": "c", "type": "database", "input_schema": true, "output_schema": true,
                "database": {"engine": "postgresql", "statement": "SELECT * FROM orders", "max_rows": 100},
            }],
        }),
    );
    let credentials = json!({"main": {"values": {"username": USER, "password": PASSWORD}}});
    host.send(host.request(Method::POST, "/groups/g/connections").json(&json!({"credentials": credentials})))
        .status(201);
    host
}

fn call(host: &Host) -> Answer {
    call_for(host, 20_000)
}

/// The same for a caller who waits so long.
fn call_for(host: &Host, deadline_ms: u64) -> Answer {
    let body = json!({"input": {}, "connection": {"fixed": "main"}});
    let request = host.request(Method::POST, "/groups/g/connectors/c/invoke");
    host.send(request.header("lockgate-deadline-ms", deadline_ms).json(&body))
}

/// What a call of such a server ends with.
fn ends(server: &RogueDatabase, authority: &Authority, status: u16, code: &str) -> (Host, Value) {
    let host = host(server.port(), authority, &json!("verify-full"));
    let problem = call(&host).problem(status, code);
    let gone = || if server.open() == 0 { Ok(()) } else { Err(server.open()) };
    eventually("the host has closed its connections", gone);
    assert_eq!(host.send(host.plain(Method::GET, "/healthz")).status, 200);
    (host, problem)
}

#[test]
fn who_speaks_no_tls_gets_no_password() {
    let authority = Authority::new();
    // A message of an error, which is what servers had before TLS, is no reason to show its words.
    let error = b"E\0\0\0\x28SERROR\0C28000\0Mset `tls: disable`\0\0".to_vec();
    for server in [
        rogue::without_tls(&authority),
        rogue::answering_tls_with(&authority, b"X".to_vec()),
        rogue::answering_tls_with(&authority, error),
    ] {
        let (host, problem) = ends(&server, &authority, 502, "LG4005");
        assert!(problem["detail"].as_str().unwrap().contains("the server does not offer it"), "{problem}");
        // Whatever a server does, nobody is advised to trust it.
        assert!(!problem.to_string().contains("disable") && !host.log().contains("disable"), "{problem}");
        assert!(!server.heard_of(USER) && !server.heard_of(PASSWORD));
    }
    // What came in the clear is not taken for what came encrypted.
    let server = rogue::injecting_before_tls(&authority, b"Z\0\0\0\x05I");
    ends(&server, &authority, 502, "LG4005");
    assert!(!server.heard_of(PASSWORD));
}

#[test]
fn a_certificate_is_verified_with_its_name() {
    let authority = Authority::new();
    for (certificate, full, ca) in [
        (Certificate::OtherName, false, true),
        (Certificate::OtherAuthority, false, false),
        (Certificate::Expired, false, false),
    ] {
        let server = PostgreSql::with(&authority, &Options { certificate, ..Options::default() });
        server.sql("CREATE TABLE orders (n int); ALTER TABLE orders OWNER TO ada");
        for (tls, works) in [("verify-full", full), ("verify-ca", ca)] {
            let host = host(server.port(), &authority, &json!(tls));
            if works {
                call(&host).status(200);
            } else {
                call(&host).problem(502, "LG4005");
            }
        }
    }
}

#[test]
fn a_login_takes_a_bounded_time() {
    let authority = Authority::new();
    let server = rogue::scram_with_iterations(&authority, 1 << 31);
    let (_host, problem) = ends(&server, &authority, 502, "LG4013");
    assert!(problem["detail"].as_str().expect("text").contains("iteration count"), "{problem}");
    // A server that is known by its certificate may ask for the password itself.
    let server = rogue::asking_for_cleartext(&authority);
    let host = host(server.port(), &authority, &json!("verify-full"));
    // Time enough for the password to be on its way, whatever the machine; no more comes of it.
    call_for(&host, 8_000).status(504);
    assert!(server.heard_of(PASSWORD));
}

#[test]
fn what_has_no_end_is_ended() {
    let authority = Authority::new();
    for server in [rogue::endless_parameters(&authority), rogue::endless_notices(&authority)] {
        ends(&server, &authority, 502, "LG4008");
    }
    // More rows than are asked for are not read.
    ends(&rogue::endless_rows(&authority), &authority, 502, "LG4008");
}

#[test]
fn wrong_lengths_are_refused() {
    let authority = Authority::new();
    for (server, code) in [
        (rogue::short_row(&authority), "LG4008"),
        (rogue::long_row(&authority), "LG4008"),
        (rogue::value_of_length(&authority, i32::MAX), "LG4008"),
        (rogue::value_of_length(&authority, -2), "LG4008"),
        (rogue::message_of_length(&authority, i32::MAX), "LG4007"),
        (rogue::message_of_length(&authority, -1), "LG4008"),
        (rogue::message_of_length(&authority, 3), "LG4008"),
        (rogue::many_columns(&authority), "LG4008"),
        (rogue::invalid_utf8(&authority), "LG4008"),
        (rogue::invalid_column_name(&authority), "LG4008"),
        (rogue::closing_in_a_row(&authority), "LG4008"),
    ] {
        let host = host(server.port(), &authority, &json!("verify-full"));
        let problem = call(&host);
        assert!(problem.body.contains(code), "{code}: {problem:?}");
    }
}

#[test]
fn silence_ends_with_the_deadline() {
    let authority = Authority::new();
    let mut servers: Vec<RogueDatabase> = (0..8).map(|messages| rogue::stalling_after(&authority, messages)).collect();
    servers.push(rogue::never_ready(&authority));
    for server in servers {
        let host = host(server.port(), &authority, &json!("verify-full"));
        call_for(&host, 900).status(504);
        let gone = || if server.open() == 0 { Ok(()) } else { Err(server.open()) };
        eventually("the host has closed its connections", gone);
    }
}

#[test]
fn what_a_server_repeats_of_the_password_is_masked() {
    let authority = Authority::new();
    let server = rogue::error_with(&authority, PASSWORD);
    let host = host(server.port(), &authority, &json!("verify-full"));
    let answer = call(&host);
    assert!(!answer.body.contains(PASSWORD), "{answer:?}");
    assert!(!host.log().contains(PASSWORD));
    let server = rogue::asking_for_copy(&authority);
    let host = self::host(server.port(), &authority, &json!("verify-full"));
    call(&host).problem(422, "LG4012");
}
