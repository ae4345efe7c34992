//! What a script says of its connector.

use lockgate_tests::{Serve, root};
use reqwest::Method;
use serde_json::{Value, json};

#[test]
fn comments_describe_the_connector() {
    let host = Serve::new().start();
    host.group("g", json!({}));
    let described = |name: &str, definition: Value| -> Value {
        let mut definition = definition;
        (definition["name"], definition["type"]) = (name.into(), "function".into());
        host.send(host.request(Method::POST, "/groups/g/connectors").json(&definition)).status(201).json()["description"]
            .clone()
    };
    let of = |language: &str, source: &str| json!({"script": {"language": language, "source": source}});
    let template =
        std::fs::read_to_string(root().join("host/toolchain/template/typescript/connector.ts.template")).unwrap();
    assert_eq!(described("a", of("typescript", &template)), "Greet somebody by name.");
    let named =
        "/** Of an item.\n * In cents.\n * @param input what */\nconst price = () => 1;\nexport { price as default };";
    assert_eq!(described("b", of("javascript", named)), "Of an item.\nIn cents.");
    let mut own = of("javascript", "/** Of the text. */\nexport default () => 1;");
    own["description"] = "Of the definition.".into();
    assert_eq!(described("c", own), "Of the definition.");
    let other = "/** Of the file. */\nimport { log } from 'lockgate';\n// No JSDoc.\nexport default () => log;";
    assert_eq!(described("d", of("javascript", other)), Value::Null);
}
