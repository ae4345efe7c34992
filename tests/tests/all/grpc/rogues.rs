//! gRPC servers that keep to no rule: each call ends with an error that says what the matter was, in bounded memory, and
//! the host goes on.

use std::io;

use lockgate_tests::grpc_servers::RogueGrpc;
use lockgate_tests::grpc_servers::rogue::{Call, answers, http2, messages, reflection};
use lockgate_tests::{Answer, Authority, Host, Serve, equal, eventually};
use reqwest::Method;
use serde_json::json;

use super::{call, connector, failure, group, make, protos, request};

const HOLD: &str = "lockgate.test.Probe/Hold";
const COUNT: &str = "lockgate.test.Probe/Count";
const MEASURE: &str = "lockgate.test.Probe/Measure";

/// A host whose group goes to one rogue after another.
struct Victim {
    authority: Authority,
    host: Host,
}

impl Victim {
    /// Of servers at these addresses.
    fn of(authority: Authority, servers: &[&RogueGrpc]) -> Self {
        let host = Serve::new().reaching_addresses(servers.iter().map(|server| server.address())).start();
        let connectors = [("hold", HOLD), ("count", COUNT), ("measure", MEASURE)];
        let connectors: Vec<_> = connectors.iter().map(|(name, path)| connector(name, path)).collect();
        for (index, server) in servers.iter().enumerate() {
            let slug = format!("g{index}");
            let mut definition = group(&server.url(), &authority, &protos(), &connectors.clone().into());
            definition["limits"] = json!({"upstream_body_bytes": 1_048_576, "deadline_ms": 20_000});
            host.group(&slug, definition);
            let connection = json!({"name": "main", "credentials": {"main": {"values": {"value": super::KEY}}}});
            host.send(host.request(Method::POST, &format!("/groups/{slug}/connections")).json(&connection)).status(201);
        }
        Self { authority, host }
    }

    fn call(&self, index: usize, name: &str, deadline_ms: u64) -> Answer {
        let body = json!({"input": {}, "connection": {"fixed": "main"}});
        let request = self.host.request(Method::POST, &format!("/groups/g{index}/connectors/{name}/invoke"));
        self.host.send(request.header("lockgate-deadline-ms", deadline_ms).json(&body))
    }
}

type Trick = Box<dyn Fn(&mut Call<'_, '_>) -> io::Result<()> + Send + Sync>;

fn trick(trick: impl Fn(&mut Call<'_, '_>) -> io::Result<()> + Send + Sync + 'static) -> Trick {
    Box::new(trick)
}

/// What calls of such servers end with: a part of the answer, which is a code or a failure's.
#[track_caller]
fn end(name: &str, tricks: Vec<(Trick, &str)>) {
    let authority = Authority::new();
    let (tricks, expected): (Vec<_>, Vec<_>) = tricks.into_iter().unzip();
    let servers: Vec<_> = tricks.into_iter().map(|trick| RogueGrpc::start(&authority, trick)).collect();
    let victim = Victim::of(authority, &servers.iter().collect::<Vec<_>>());
    let mut wrong = Vec::new();
    for (index, expected) in expected.iter().enumerate() {
        let answer = victim.call(index, name, 20_000);
        if !answer.body.contains(expected) {
            wrong.push(format!("{index}: expected {expected}: {} {}", answer.status, answer.body));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(victim.host.send(victim.host.plain(Method::GET, "/healthz")).status, 200);
    drop(victim.authority);
}

#[test]
fn answers_that_are_none_of_grpc() {
    let two = || {
        vec![
            (trick(answers::good), "\"output\":"),
            (trick(answers::trailers_only), "not_found"),
            (trick(answers::without_trailers), "LG4009"),
            (trick(answers::without_status), "LG4009"),
            (trick(answers::with_status("17")), "unknown"),
            (trick(answers::with_status("-1")), "LG4008"),
            (trick(answers::with_status("x")), "LG4008"),
            (trick(answers::with_two_statuses), "LG4008"),
            (trick(answers::with_message("a%20b%zz%")), "a b%zz%"),
            (trick(answers::with_message("%00%1b%0a")), "failed_precondition"),
            (trick(answers::with_details("!!")), "with details"),
            (trick(answers::with_details("/////w")), "with details"),
            (trick(answers::html), "LG4008"),
            (trick(answers::http("401")), "unauthenticated"),
            (trick(answers::http("403")), "permission_denied"),
            (trick(answers::http("404")), "unimplemented"),
            (trick(answers::http("429")), "unavailable"),
            (trick(answers::http("500")), "unknown"),
            (trick(answers::http("503")), "unavailable"),
            (trick(answers::of_type("application/json")), "LG4008"),
            (trick(answers::of_type("application/grpc-web")), "LG4008"),
            (trick(answers::of_type("application/grpc+proto")), "\"output\":"),
            (trick(answers::without_type), "LG4008"),
            (trick(answers::with_fields_in_head(100_000)), "LG4008"),
            (trick(answers::with_fields_in_trailers(100_000)), "LG4009"),
            (trick(answers::with_message("x".repeat(1 << 20))), "LG4009"),
            (trick(answers::with_details("A".repeat(1 << 20))), "LG4009"),
        ]
    };
    end("hold", two());
    end("count", two());
}

#[test]
fn messages_that_are_wrong() {
    for name in ["hold", "count"] {
        end(
            name,
            vec![
                (trick(messages::promising(1 << 31)), "LG4007"),
                (trick(messages::promising(u32::MAX)), "LG4007"),
                (trick(messages::promising_and_ending(10)), "LG4009"),
                (trick(messages::half_prefix), "LG4009"),
                (trick(messages::with_flag(2)), "LG4009"),
                (trick(messages::with_flag(255)), "LG4009"),
                (trick(messages::malformed), "LG4030"),
                (trick(messages::encoded("zstd")), "LG4009"),
                (trick(messages::compressed_without_encoding), "LG4009"),
                (trick(messages::compressed(b"")), "\"output\":"),
                (trick(messages::bomb(256)), "LG4007"),
                (trick(messages::half_compressed), "LG4009"),
                (trick(messages::compressed_with_more), "LG4009"),
                (trick(messages::endless_one), "LG4007"),
            ],
        );
    }
    end("hold", vec![(trick(messages::none), "LG4009"), (trick(messages::two), "LG4009")]);
}

#[test]
fn streams_without_end() {
    end(
        "count",
        vec![
            // As many as the definition takes; each of them is empty.
            (trick(messages::endless(b"")), "\"more\":true"),
            (trick(messages::endless(&[0x7a, 0x00])), "\"more\":true"),
            // A thousand of them are more than the limit.
            (trick(messages::endless(&[&[0x7a, 0xc4, 0x13][..], &[0; 2500]].concat())), "LG4007"),
            (trick(messages::endless_compressed(&[&[0x7a, 0xc4, 0x13][..], &[0; 2500]].concat())), "LG4007"),
        ],
    );
    end("hold", vec![(trick(messages::endless(b"")), "LG4009")]);
}

#[test]
fn frames_and_ends_of_connections() {
    for name in ["hold", "count"] {
        end(
            name,
            vec![
                (trick(http2::reset(2)), "LG4008"),
                (trick(http2::reset(8)), "LG4008"),
                (trick(http2::reset(7)), "LG4008"),
                (trick(http2::reset_after_message), "LG4009"),
                (trick(http2::going_away_first), "\"output\":"),
                (trick(http2::always_going_away), "LG4008"),
                (trick(http2::going_away_in_answer), "LG4009"),
                (trick(http2::closing), "LG4009"),
                (trick(http2::closing_hard), "LG4008"),
                (trick(http2::endless_head), "LG4008"),
                (trick(http2::endless_empty_continuation), "LG4008"),
                (trick(http2::over_the_window), "LG4009"),
                (trick(http2::data_first), "LG4008"),
                (trick(http2::large_frame), "LG4009"),
                (trick(http2::invalid_head), "LG4008"),
                (trick(http2::pushing), "LG4008"),
            ],
        );
    }
}

#[test]
fn floods_and_silence_end_with_the_deadline() {
    let authority = Authority::new();
    let mut servers: Vec<RogueGrpc> =
        (0..messages::STEPS).map(|step| RogueGrpc::start(&authority, messages::stalling_after(step))).collect();
    servers.push(RogueGrpc::start(&authority, http2::endless_empty_data));
    servers.push(http2::silent(&authority));
    servers.push(http2::http1(&authority));
    let victim = Victim::of(authority, &servers.iter().collect::<Vec<_>>());
    for (index, server) in servers.iter().enumerate() {
        for name in ["hold", "count"] {
            let answer = victim.call(index, name, 1_000);
            assert!(matches!(answer.status, 502 | 504), "{index} {name}: {answer:?}");
        }
        // Each request has been reset, or its connection is closed.
        eventually("the host has broken off", || {
            if server.open() == 0 || server.resets() >= server.requests() {
                Ok(())
            } else {
                Err((index, server.open()))
            }
        });
    }
    assert_eq!(victim.host.send(victim.host.plain(Method::GET, "/healthz")).status, 200);
}

/// Nobody reads what the host answers to them, so it stops to read too: the connection is of no use any more.
#[test]
fn floods_of_frames_that_carry_nothing_end_with_the_deadline() {
    let authority = Authority::new();
    let servers = [http2::endless_pings as fn(&mut Call<'_, '_>) -> io::Result<()>, http2::endless_settings];
    let servers = servers.map(|flood| RogueGrpc::start(&authority, flood));
    let victim = Victim::of(authority, &servers.iter().collect::<Vec<_>>());
    for (index, server) in servers.iter().enumerate() {
        for name in ["hold", "count", "hold"] {
            victim.call(index, name, 1_000).problem(504, "LG4006");
        }
        // Nobody else uses it, so nothing of it is left.
        eventually("the connection is closed", || equal(server.open(), &0));
    }
    assert_eq!(victim.host.send(victim.host.plain(Method::GET, "/healthz")).status, 200);
}

#[test]
fn a_server_that_takes_nothing_gets_no_memory() {
    let authority = Authority::new();
    let server = http2::without_window(&authority);
    let host = Serve::new().reaching_addresses([server.address()]).start();
    make(&host, &group(&server.url(), &authority, &protos(), &json!([connector("measure", MEASURE)])));
    let input = json!({"data": "A".repeat(400_000)});
    host.send(request(&host, "measure", &input).header("lockgate-deadline-ms", 1_000)).status(504);
    eventually("the host has broken off", || equal(server.resets().max(usize::from(server.open() == 0)), &1));
}

#[test]
fn what_nobody_began_to_work_on_is_sent_again() {
    let authority = Authority::new();
    let (refusing, one) = (http2::refusing_first(&authority), http2::with_one_stream(&authority));
    let victim = Victim::of(authority, &[&refusing, &one]);
    victim.call(0, "hold", 20_000).status(200);
    assert_eq!(refusing.requests(), 2);
    victim.call(1, "hold", 20_000).status(200);
    assert_eq!(one.requests(), 1);
}

#[test]
fn what_a_server_says_about_itself_is_not_believed() {
    let lies: Vec<(&str, Trick)> = vec![
        ("endless_imports", trick(reflection::endless_imports)),
        ("without_service", trick(reflection::without_service)),
        ("endless_files", trick(reflection::endless_files)),
        ("gigabyte", trick(reflection::gigabyte)),
        ("many_large_files", trick(reflection::many_large_files)),
        ("garbage", trick(reflection::garbage)),
        ("deep", trick(reflection::deep)),
        ("missing_type", trick(reflection::missing_type)),
        ("one_number_twice", trick(reflection::one_number_twice)),
        ("many_fields", trick(reflection::many_fields(1_000_000))),
        ("many_services", trick(reflection::many_services)),
        ("names_that_are_none", trick(reflection::names_that_are_none)),
        ("another_answer", trick(reflection::another_answer)),
        ("refusing", trick(reflection::refusing("\u{1b}[31mnone"))),
        ("html", trick(answers::html)),
        ("none", trick(messages::none)),
        ("two_of_one_name", trick(reflection::two_of_one_name)),
    ];
    let authority = Authority::new();
    let honest = RogueGrpc::start(&authority, reflection::honest);
    let servers: Vec<_> = lies.into_iter().map(|(name, lie)| (name, RogueGrpc::start(&authority, lie))).collect();
    let harmless: [(&str, Trick); 3] = [
        ("cyclic_imports", trick(reflection::cyclic_imports)),
        ("importing_itself", trick(reflection::importing_itself)),
        ("another_file", trick(reflection::another_file)),
    ];
    let harmless = harmless.map(|(name, lie)| (name, RogueGrpc::start(&authority, lie)));
    let addresses = servers.iter().chain(&harmless).map(|(_, server)| server.address()).chain([honest.address()]);
    let host = Serve::new().reaching_addresses(addresses).start();
    let asked = |url: &str| {
        let mut definition = group(url, &authority, &json!({"reflection": true}), &json!([]));
        definition["limits"] = json!({"deadline_ms": 15_000});
        make(&host, &definition);
        let ran = host.run(["grpc", "refresh", "g", "--connection", "main"]);
        host.send(host.request(Method::DELETE, "/groups/g?force")).status(204);
        ran
    };
    for (name, server) in &servers {
        let ran = asked(&server.url());
        assert!(ran.code == 1 && ran.stderr.contains("LG4"), "{name}: {ran:?}");
        assert!(!ran.stderr.contains('\u{1b}') && !ran.stdout.contains('\u{1b}'), "{name}: {ran:?}");
        assert_eq!(host.send(host.plain(Method::GET, "/healthz")).status, 200);
    }
    asked(&honest.url()).ok();
    // What contradicts nothing that is used is no reason to ask again and again.
    for (name, server) in &harmless {
        asked(&server.url()).ok();
        assert!(server.requests() <= 3, "{name}: {}", server.requests());
    }
}

#[test]
fn what_a_server_repeats_of_the_key_is_masked() {
    let authority = Authority::new();
    let server = RogueGrpc::start(&authority, answers::with_message(super::KEY));
    let host = Serve::new().reaching_addresses([server.address()]).start();
    make(&host, &group(&server.url(), &authority, &protos(), &json!([connector("hold", HOLD)])));
    let failed = failure(call(&host, "hold", &json!({})));
    assert!(!failed.to_string().contains(super::KEY), "{failed}");
    assert!(!host.log().contains(super::KEY));
}
