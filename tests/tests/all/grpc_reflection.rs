//! Servers that lie about themselves by reflection: a refresh ends soon, says why, and keeps nothing.

use std::io;

use lockgate_tests::grpc_servers::RogueGrpc;
use lockgate_tests::grpc_servers::rogue::{Call, messages, reflection};
use lockgate_tests::{Authority, Host, Serve};
use serde_json::json;

/// A host with the group `g`, which asks this server.
fn host(authority: &Authority, server: &RogueGrpc) -> Host {
    let host = Serve::new().reaching_addresses([server.address()]).start();
    host.group(
        "g",
        json!({
            "resource_type": "INTERNAL", "certificate_authorities": [authority.pem()],
            "destinations": [{"grpc": server.url()}], "protos": {"reflection": true},
        }),
    );
    host
}

#[track_caller]
fn refused(trick: impl Fn(&mut Call<'_, '_>) -> io::Result<()> + Send + Sync + 'static, code: &str, words: &str) {
    let authority = Authority::new();
    let server = RogueGrpc::start(&authority, trick);
    let host = host(&authority, &server);
    let ran = host.run(["grpc", "refresh", "g"]).exits(1).says(code).says(words);
    assert!(!ran.stderr.contains('\u{1b}') && ran.stderr.len() < 4_000, "{}", ran.stderr);
    host.run(["grpc", "list", "g"]).exits(1).says(code);
    // Nothing of it was kept, and the host is well.
    assert!(host.run(["audit", "--output", "json"]).ok().json().to_string().find("group.descriptors").is_none());
}

#[test]
fn what_is_true_is_kept_also_with_circles() {
    // The file that is missing in the last one defines nothing that is used.
    let tricks =
        [reflection::honest, reflection::cyclic_imports, reflection::importing_itself, reflection::another_file];
    for trick in tricks {
        let authority = Authority::new();
        let server = RogueGrpc::start(&authority, trick);
        let host = host(&authority, &server);
        host.run(["grpc", "refresh", "g"]).ok().prints("+ method probe.Lies/Tell").prints("kept");
        host.run(["grpc", "list", "g"]).ok().prints("probe.Lies/Tell").prints("probe.Lie");
    }
}

#[test]
fn files_without_end_are_too_many() {
    refused(reflection::endless_imports, "LG4030", "1001 files: expected at most 1000");
    // Each is small enough, and a thousand imports with the file that has them are one too many.
    refused(reflection::many_large_files, "LG4030", "1001 files: expected at most 1000");
    refused(reflection::many_services, "LG4030", "100000 services: expected at most 500");
    refused(reflection::many_fields(200_000), "LG40", "expected at most");
    refused(reflection::gigabyte, "LG4007", "upstream_body_bytes");
}

#[test]
fn files_that_contradict_each_other_are_refused() {
    refused(reflection::without_service, "LG4030", "`probe.Lies`, which none of its files defines");
    refused(reflection::endless_files, "LG4030", "`probe.Lies`, which none of its files defines");
    refused(reflection::missing_type, "LG4030", "`probe.M.f` is not valid: it uses `probe.Missing`");
    refused(reflection::one_number_twice, "LG4030", "`f` and `g` have the number 1");
    refused(reflection::deep, "LG4030", "levels of messages in messages");
    refused(reflection::two_of_one_name, "LG4030", "`a.proto` is not valid: there are two files of this name");
    refused(reflection::garbage, "LG4030", "no FileDescriptorSet");
    refused(reflection::names_that_are_none, "LG4030", "");
    refused(reflection::another_answer, "LG4030", "lists no services");
    refused(reflection::refusing("not for\u{1b}[31m you"), "LG4030", "refuses the list of services with NOT_FOUND");
}

/// The group's own limit says how long somebody waits.
#[test]
fn a_server_that_does_not_go_on_is_waited_for_as_long_as_a_call() {
    let authority = Authority::new();
    let server = RogueGrpc::start(&authority, messages::stalling_after(1));
    let host = host(&authority, &server);
    host.set("g", json!({"limits": {"deadline_ms": 1_000}}));
    let ran = host.run(["grpc", "refresh", "g"]).exits(1).says("LG40");
    let after = ran.stderr.split("after ").nth(1).and_then(|rest| rest.split(' ').next()?.parse::<u64>().ok());
    assert!(after.is_some_and(|ms| (1..20_000).contains(&ms)), "{ran:?}");
}
