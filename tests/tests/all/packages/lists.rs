//! A list is no object in a definition either.

use lockgate_tests::Host;
use serde_json::{Value, json};

use super::{every_type, import_yaml};

/// Members below which an author writes what they like.
const FREE: [&str; 5] = ["settings", "input_schema", "output_schema", "input", "output"];

/// The places of all objects below a value.
fn objects(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            found.push(at.to_owned());
            for (name, member) in members.iter().filter(|(name, _)| !FREE.contains(&name.as_str())) {
                objects(member, &format!("{at}/{}", name.replace('/', "~1")), found);
            }
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| objects(item, &format!("{at}/{index}"), found));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn lists_are_objects_in_no_definition() {
    let host = Host::start();
    let group = every_type("shop");
    let mut places = Vec::new();
    objects(&group, "", &mut places);
    assert!(places.len() > 30, "{places:?}");
    for place in places.iter().filter(|place| !place.is_empty()) {
        let mut changed = group.clone();
        let at = changed.pointer_mut(place).expect("a place");
        *at = at.as_object().expect("an object").values().cloned().collect();
        let refused = import_yaml(&host, "dry_run", changed.to_string());
        assert_eq!((refused.status, &refused.json()["code"]), (422, &json!("LG1010")), "{place}: {}", refused.body);
    }
    import_yaml(&host, "dry_run", group.to_string()).status(200);
}
