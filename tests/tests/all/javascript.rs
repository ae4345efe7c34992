//! A connector in another language, made with its own tools from the published WIT.

use lockgate_tests::{Serve, guests};
use serde_json::json;

#[test]
fn it_loads_and_runs_as_it_was_built() {
    let host = Serve::new().with(["--log", "info,lockgate::guest=debug"]).start();
    host.with_guest(&guests::JAVASCRIPT, json!({"settings": {"word": "Salut"}}));
    let answer = host.invoke("g/greet", &json!({"name": "Ada"})).status(200).json();
    assert_eq!(answer["output"]["greeting"], "Salut, Ada!");
    assert_eq!(answer["output"]["call"], answer["call"]["id"]);
    assert!(host.log().contains("greeting"), "{}", host.log());

    let failure = host.invoke("g/greet", &json!({"name": ""})).problem(422, "LG3001")["failure"].take();
    assert_eq!((&failure["code"], &failure["details"]), (&json!("no_name"), &json!({"field": "name"})));
    host.invoke("g/greet", &json!({"nam": "Ada"})).problem(422, "LG1009");

    host.set("g", json!({"limits": {"calls_per_instance": 100}}));
    for _ in 0..10 {
        assert_eq!(host.invoke("g/greet", &json!({"name": "Bo"})).output()["greeting"], "Salut, Bo!");
    }
}
