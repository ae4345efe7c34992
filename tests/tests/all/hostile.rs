//! Guests that do harm. Each attack happens beside a neighbour in another group who calls 200 times a second: whatever
//! the guest gets, none of the neighbour's calls is lost or refused, and the host is ready afterwards.

mod artefacts;
mod canonical_abi;
mod disconnects;
mod endings;
mod features;
mod log;
mod loops;
mod manifests;
mod memory;
mod random;
mod reuse;
mod schemas;
mod stack;
mod wasi;

use lockgate_tests::hostile::Hostile;
use lockgate_tests::{Answer, Host, Neighbour, Serve};
use reqwest::Method;
use serde_json::json;

/// Runs an attack, and shows that neither host nor neighbour came to harm.
#[track_caller]
fn beside_a_neighbour(attack: impl FnOnce(&Host)) {
    on_a_host(Serve::new(), attack);
}

/// The same on a host that is started so.
#[track_caller]
fn on_a_host(serve: Serve, attack: impl FnOnce(&Host)) {
    let host = serve.start();
    let neighbour = Neighbour::of(&host);
    attack(&host);
    let served = neighbour.end();
    let refused: Vec<_> = served.iter().filter(|call| call.status != Ok(200)).collect();
    assert!(refused.is_empty(), "{} of {} calls: {:#?}", refused.len(), served.len(), refused.first());
    assert_eq!(host.at(Method::GET, "/readyz").status, 200, "{}", host.log());
    assert!(!host.log().contains("panicked"), "{}", host.log());
}

/// Loads a guest into the group `g`, with the limits that it needs.
#[track_caller]
fn loaded(host: &Host, guest: &Hostile) {
    load(host, guest).status(201);
}

fn load(host: &Host, guest: &Hostile) -> Answer {
    host.group("g", json!({"limits": guest.limits(), "capabilities": ["http"]}));
    host.load("g", guest.component())
}

/// Calls what was loaded.
fn call(host: &Host) -> Answer {
    host.invoke("g/attack", &json!(null))
}
