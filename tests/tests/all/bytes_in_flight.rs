//! Bodies that are sent and not ended, and answers that are not taken: together they take no more of the host than they
//! may.

use lockgate_tests::component::Crafted;
use lockgate_tests::{Host, Raw, Serve, eventually, guests};
use reqwest::Method;
use serde_json::json;

const MIB: usize = 1 << 20;

/// A workspace beside the first one, and a call in it.
fn neighbour(host: &Host) {
    let workspace = json!({"slug": "neighbour", "organization": "default"});
    host.send(host.admin(Method::POST, "/v1/workspaces").json(&workspace)).status(201);
    let group = json!({"slug": "g", "name": "g", "resource_type": "EXTERNAL"});
    host.send(host.admin(Method::POST, "/v1/workspaces/neighbour/groups").json(&group)).status(201);
    load(host).status(201);
}

fn load(host: &Host) -> lockgate_tests::Answer {
    let request = host.admin(Method::POST, "/v1/workspaces/neighbour/groups/g/plugins");
    let component = Crafted::plugin("own", "1").connector("a").component();
    host.send(request.header("content-type", "application/wasm").body(component))
}

fn call_neighbour(host: &Host, bytes: usize) -> lockgate_tests::Answer {
    let path = "/v1/workspaces/neighbour/groups/g/connectors/a/invoke";
    host.send(host.admin(Method::POST, path).json(&json!({"input": "x".repeat(bytes)})))
}

/// The statuses of those that have an answer; the others are waited for.
fn statuses(attackers: &mut [Raw]) -> Vec<u16> {
    attackers.iter_mut().filter_map(Raw::answered).collect()
}

#[test]
fn bodies_without_an_end_have_a_sum_and_leave_room_to_other_scopes() {
    let host = Serve::new().configured("body_bytes = 33554432\n").start();
    host.with_guest(&guests::LIMITS, json!({}));
    neighbour(&host);
    let token = host.token_with("invoker", json!({}));
    let before = host.resources().resident_kib;
    host.forget_peak();
    let (head, body) = (host.head("g/input", MIB).replace(host.token(), &token), vec![b' '; MIB - 10]);
    let mut attackers: Vec<_> = (0..100).map(|_| host.connect().send(&head).send(&body)).collect();
    // 16 MiB are for the workspace: the others are refused, and not kept.
    let mut refused = 0;
    eventually("what does not fit is refused", || {
        let answers = statuses(&mut attackers);
        assert!(answers.iter().all(|status| *status == 429), "{answers:?}");
        refused += answers.len();
        if refused >= 84 { Ok(()) } else { Err(refused) }
    });
    assert!(refused <= 86, "{refused}");
    let grown = host.peak_kib().saturating_sub(before) / 1024;
    assert!(grown < 64, "{grown} MiB");
    // Of those that came at one time a few may have been refused for others that were refused too: their room is taken.
    attackers.extend((84..refused).map(|_| host.connect().send(&head).send(&body)));
    let half = || {
        let path = "/v1/workspaces/default/groups/g/connectors/input/invoke";
        host.send(host.shown(&token, Method::POST, path).json(&json!({"input": "x".repeat(MIB / 2)})))
    };
    eventually("no room is left", || match half() {
        answer if answer.status == 429 => Ok(answer),
        answer => Err(answer.status),
    })
    .problem(429, "LG5006");
    call_neighbour(&host, 40_000).status(200);
    drop(attackers);
    eventually("their room is given back", || host.invoke("g/input", &json!("x".repeat(MIB / 2))).status == 200);
}

/// The work of an answer is done, so it is kept; further requests of its scope wait until it is sent.
#[test]
fn answers_that_nobody_takes_have_a_sum_and_leave_room_to_other_scopes() {
    let host = Serve::new().configured("body_bytes = 134217728\n").start();
    host.with_guest(&guests::LIMITS, json!({}));
    neighbour(&host);
    let token = host.token_with("invoker", json!({}));
    let before = host.resources().resident_kib;
    host.forget_peak();
    let body = json!({"input": 4 * MIB - 100}).to_string();
    let call = format!("{}{body}", host.head("g/output", body.len()).replace(host.token(), &token));
    // More than the system keeps of a connection that nobody reads.
    let pipelined = call.repeat(8);
    let mut attackers = Vec::new();
    eventually("no room is left", || {
        attackers.push(host.connect().send(&pipelined));
        let asked = host.shown(&token, Method::GET, "/v1/workspaces/default/groups");
        match host.send(asked) {
            answer if answer.status == 429 => Ok(answer),
            answer => Err(answer.status),
        }
    })
    .problem(429, "LG5006");
    // Beyond its half are only the calls that ran when it was reached.
    let grown = host.peak_kib().saturating_sub(before) / 1024;
    assert!(grown < 512, "{grown} MiB");
    call_neighbour(&host, 40_000).status(200);
    drop(attackers);
    eventually("their room is given back", || host.invoke("g/input", &json!("x".repeat(MIB / 2))).status == 200);
}

#[test]
fn plugins_without_an_end_take_no_memory_and_have_a_sum_on_disk() {
    let host = Serve::new().configured("upload_bytes = 134217728\n").start();
    neighbour(&host);
    host.group("g", json!({}));
    let token = host.token_with("editor", json!({}));
    let before = host.resources().resident_kib;
    host.forget_peak();
    let path = "/v1/workspaces/default/groups/g/plugins";
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-type: application/wasm\r\n\
         content-length: {}\r\n\r\n",
        token,
        30 * MIB
    );
    let body = vec![0; 30 * MIB - 10];
    let mut attackers: Vec<_> = (0..8).map(|_| host.connect().send(&head).send(&body)).collect();
    // 64 MiB are for the workspace.
    let mut refused = 0;
    eventually("what does not fit is refused", || {
        refused += statuses(&mut attackers).iter().filter(|status| **status == 429).count();
        refused >= 6
    });
    let grown = host.peak_kib().saturating_sub(before) / 1024;
    assert!(grown < 60, "{grown} MiB");
    load(&host).status(201);
    let kept = std::fs::read_dir(host.home.data().join("cache/new")).unwrap().count();
    assert_eq!(kept, 0, "the files have no name");
    drop(attackers);
}
