//! A disk that is full, and has room again.

use lockgate_tests::disk::{self, Disk};
use lockgate_tests::{Home, Serve, eventually, guests};
use reqwest::Method;
use serde_json::json;

#[test]
fn changes_work_again_when_there_is_room_and_until_then_the_host_is_not_ready() {
    let name = "full_disk::changes_work_again_when_there_is_room_and_until_then_the_host_is_not_ready";
    disk::run(name, || {
        let home = Home::new();
        let disk = Disk::mount(&home.data(), 64);
        let host = Serve::at(home).start();
        host.with_guest(&guests::LIMITS, json!({}));
        let revoked = host.token_with("invoker", json!({}));
        let tokens = host.get("/tokens").json();
        let id = tokens["items"].as_array().unwrap().iter().find(|one| one["role"] == "invoker").unwrap()["id"].clone();
        let create = |number: usize| {
            let slug = format!("g{number}");
            let group = json!({"slug": slug, "name": slug, "resource_type": "EXTERNAL"});
            host.send(host.request(Method::POST, "/groups").json(&group))
        };

        // Until then, the write-ahead log may have room of its own.
        let mut number = 0;
        eventually("it is not ready", || {
            disk.fill();
            number += 1;
            let refused = create(number);
            let ready = host.at(Method::GET, "/readyz");
            if refused.status == 503 && ready.status == 503 { Ok(ready) } else { Err(Box::new((refused, ready))) }
        })
        .problem(503, "LG5002");
        // More often than the store has connections.
        for number in 100..110 {
            create(number).problem(503, "LG5002");
        }
        host.at(Method::GET, "/healthz").status(200);
        // Calls need no room.
        assert_eq!(host.invoke("g/input", &json!("abc")).output(), 3);

        disk.empty();
        eventually("it is ready", || host.at(Method::GET, "/readyz").status == 200);
        let path = format!("/tokens/{}", id.as_str().unwrap());
        host.send(host.request(Method::DELETE, &path)).status(204);
        host.send(host.shown(&revoked, Method::GET, "/v1/workspaces/default/groups")).status(401);
        for number in 100..110 {
            create(number).status(201);
        }
    });
}
