//! Saves beside each other: reading a text takes CPU time and memory, of which a tenant leaves a part to others.

use lockgate_tests::{Serve, eventually};
use reqwest::Method;
use serde_json::json;

use super::{javascript, script};
use crate::pool::Neighbour;

/// Saves that an editor sends at once.
const FLOOD: usize = 64;
/// Instances of the host: of more than the flood, none would have to wait for one.
const INSTANCES: usize = 4;

/// A text of nearly the largest size, that no other is like.
fn long(number: usize) -> String {
    let line =
        |at: usize| format!("function f{at}(a) {{ const b = a * {at} + {number}; return b > 3 ? [b] : {{ b }}; }}\n");
    let mut source = "export default () => f1(1);\n".to_owned();
    for at in 0.. {
        let line = line(at);
        if source.len() + line.len() > 250 * 1024 {
            break;
        }
        source.push_str(&line);
    }
    source
}

#[test]
fn who_saves_as_fast_as_they_can_leaves_room_to_another_tenant() {
    let host = Serve::new().configured(&format!("instances = {INSTANCES}\n")).start().with_scripts();
    host.group("g", json!({}));
    let neighbour = Neighbour::of(&host);
    let flood = |host: &lockgate_tests::Host| {
        for number in 0..FLOOD {
            let connector = script(&format!("c{number}"), "typescript", &long(number));
            let request = match number % 3 {
                0 => host.request(Method::POST, "/groups/g/connectors").json(&connector),
                1 => host.request(Method::POST, "/tests/check").json(&json!({"group": "g", "connector": connector})),
                _ => host.request(Method::POST, "/groups").json(&json!({
                    "slug": format!("g{number}"), "name": "g", "resource_type": "EXTERNAL", "connectors": [connector],
                })),
            };
            host.send_and_forget(request);
        }
    };
    flood(&host);
    eventually("the first ones are read", || host.metric("lockgate_instances_in_use") > 0);
    for round in 0..3 {
        let own = javascript(&format!("export default () => {round};"));
        let saved = match round {
            0 => neighbour.request(&host, Method::POST, "/groups/g/connectors").json(&own),
            _ => neighbour.request(&host, Method::PUT, "/groups/g/connectors/c").json(&own),
        };
        host.send(saved).status(if round == 0 { 201 } else { 200 });
        let call = neighbour.request(&host, Method::POST, "/groups/g/connectors/c/invoke");
        assert_eq!(host.send(call.json(&json!({"input": {}}))).output(), round);
    }
}
