//! What an organization takes of the instances and of their memory, it leaves a part of to the others.

use lockgate_tests::component::{Crafted, with_instances};
use lockgate_tests::{Answer, Host, Serve, equal, eventually, hostile};
use reqwest::{Method, RequestBuilder};
use serde_json::json;

/// A second organization with a workspace, and the token of its admin.
pub(crate) struct Neighbour(String);

const SCOPE: &str = "/v1/workspaces/neighbour";

impl Neighbour {
    pub(crate) fn of(host: &Host) -> Self {
        let made = host.send(host.admin(Method::POST, "/v1/organizations").json(&json!({"slug": "other"}))).status(201);
        let neighbour = Self(made.json()["admin_token"].as_str().unwrap().to_owned());
        let workspace = json!({"slug": "neighbour", "organization": "other"});
        host.send(host.shown(&neighbour.0, Method::POST, "/v1/workspaces").json(&workspace)).status(201);
        let group = json!({"slug": "g", "name": "g", "resource_type": "EXTERNAL"});
        host.send(neighbour.request(host, Method::POST, "/groups").json(&group)).status(201);
        neighbour.load(host, Crafted::plugin("own", "1").connector("a").component()).status(201);
        neighbour
    }

    pub(crate) fn request(&self, host: &Host, method: Method, path: &str) -> RequestBuilder {
        host.shown(&self.0, method, &format!("{SCOPE}{path}"))
    }

    fn load(&self, host: &Host, component: Vec<u8>) -> Answer {
        let request = self.request(host, Method::POST, "/groups/g/plugins");
        host.send(request.header("content-type", "application/wasm").body(component))
    }

    fn call(&self, host: &Host) -> Answer {
        host.send(self.request(host, Method::POST, "/groups/g/connectors/a/invoke").json(&json!({"input": 1})))
    }
}

/// Groups whose calls sleep for a minute, in instances that have so much more.
fn sleepers(host: &Host, groups: &[&str], module: &str, number: u8) {
    let sleeper = with_instances(&hostile::SLEEP_IN_INVOKE.component(), module, number);
    for group in groups {
        host.group(group, json!({"limits": {"deadline_ms": 60_000}}));
        host.load(group, sleeper.clone()).status(201);
    }
}

fn sleep(host: &Host, group: &str, calls: usize) {
    (0..calls).for_each(|_| host.send_and_forget(host.call(&format!("{group}/attack"), &json!(1))));
}

/// So many instances exist, and no call waits any more.
fn come_to_rest(host: &Host, instances: u64) {
    eventually("what can run does", || {
        equal(
            (host.metric("lockgate_instances_in_use"), host.metric("lockgate_calls_in_flight")),
            &(instances, instances),
        )
    });
}

#[test]
fn components_with_many_tables_or_memories_leave_instances_to_other_organizations() {
    // With its own tables or memories, an instance counts as 8 or 4, of which a group has 10 and an organization 30.
    for (module, number, running) in [("(module (table 1 funcref))", 30, 3), ("(module (memory 1))", 7, 7)] {
        let host = Serve::new().configured("instances = 40\n").start();
        let neighbour = Neighbour::of(&host);
        sleepers(&host, &["one", "two", "three", "four"], module, number);
        ["one", "two", "three", "four"].iter().for_each(|group| sleep(&host, group, 10));
        come_to_rest(&host, running);
        host.invoke("one/attack", &json!(1)).problem(429, "LG5004");
        for _ in 0..5 {
            neighbour.call(&host).status(200);
        }
        // What is loaded needs an instance as well.
        neighbour.load(&host, Crafted::plugin("own", "2").connector("a").component()).status(201);
    }
}

#[test]
fn a_load_is_counted_as_calls_are_and_is_told_to_wait() {
    let host = Serve::new().configured("instances = 4\n").start();
    host.group("free", json!({}));
    sleepers(&host, &["one"], "(module)", 1);
    sleep(&host, "one", 4);
    come_to_rest(&host, 4);
    host.load("free", Crafted::plugin("late", "1").connector("a").component()).problem(429, "LG5004");
}

#[test]
fn the_memory_of_all_calls_has_a_sum_and_an_organization_a_part_of_it() {
    let host = Serve::new().configured("guest_memory_bytes = 67108864\n").start();
    let neighbour = Neighbour::of(&host);
    // 20 MiB each, of which 48 are the organization's.
    sleepers(&host, &["one"], "(module (memory 320))", 1);
    sleep(&host, "one", 2);
    come_to_rest(&host, 2);
    let refused = host.invoke("one/attack", &json!(1)).problem(429, "LG5005");
    assert_eq!(refused["fault"], "host");
    let large = with_instances(&Crafted::plugin("own", "2").connector("a").component(), "(module (memory 320))", 1);
    neighbour.load(&host, large).status(201);
    neighbour.call(&host).status(200);
}
