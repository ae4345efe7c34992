//! Compiling takes long where a component is made for that. It holds up nobody else, and ends with the host.

use lockgate_tests::component::{Crafted, slow_to_compile};
use lockgate_tests::{Host, equal, eventually};
use reqwest::{Method, RequestBuilder};
use serde_json::json;

const WASM: &str = "application/wasm";

fn load(host: &Host, workspace: &str, component: Vec<u8>) -> RequestBuilder {
    let path = format!("/v1/workspaces/{workspace}/groups/g/plugins");
    host.admin(Method::POST, &path).header("content-type", WASM).body(component)
}

#[test]
fn six_components_that_take_long_do_not_hold_up_a_neighbour() {
    let host = Host::start();
    let neighbour = json!({"slug": "neighbour", "organization": "default"});
    host.send(host.admin(Method::POST, "/v1/workspaces").json(&neighbour)).status(201);
    for workspace in ["default", "neighbour"] {
        let group = json!({"slug": "g", "name": "g", "resource_type": "EXTERNAL"});
        host.send(host.admin(Method::POST, &format!("/v1/workspaces/{workspace}/groups")).json(&group)).status(201);
    }
    let slow = slow_to_compile();
    (0..6).for_each(|_| host.send_and_forget(load(&host, "default", slow.clone())));
    eventually("the first is compiled", || host.children().first().copied());
    let plugin = Crafted::plugin("quick", "1").connector("a").component();
    host.send(load(&host, "neighbour", plugin)).status(201);
    eventually("the others are compiled one by one, and not done yet", || equal(host.children().len(), &1));
}

#[test]
fn what_compiles_ends_with_a_host_that_is_killed() {
    let mut host = Host::start();
    host.group("g", json!({}));
    host.send_and_forget(load(&host, "default", slow_to_compile()));
    let child = eventually("it is compiled", || host.children().first().copied());
    host.kill_and_restart();
    eventually("the child has ended", || !child.runs());
}
