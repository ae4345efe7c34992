//! What a script uses and its group does not grant. Saving it is no mistake, since a group is changed at any time; calling it
//! would fail.

use lockgate_domain::Capability;
use reqwest::Method;
use serde_json::Value;

use super::of_group;
use crate::client::Client;
use crate::command::block_on;
use crate::output;

/// What stands in the text of a script that uses a capability, and what its author calls it.
const USES: [(Capability, &[&str], &str); 4] = [
    (Capability::Http, &["fetch("], "`fetch`"),
    (Capability::Database, &["\"lockgate/database\"", "'lockgate/database'"], "`lockgate/database`"),
    (Capability::Grpc, &["\"lockgate/grpc\"", "'lockgate/grpc'"], "`lockgate/grpc`"),
    (Capability::Connectors, &["\"lockgate/connectors\"", "'lockgate/connectors'"], "`lockgate/connectors`"),
];

/// Writes a note for each capability that the saved script uses and that its group does not grant.
pub(super) fn note(client: &Client, group: &str, definition: &Value) {
    let source = definition.pointer("/script/source").and_then(Value::as_str).unwrap_or_default();
    let used: Vec<_> =
        USES.into_iter().filter(|(_, texts, _)| texts.iter().any(|text| source.contains(text))).collect();
    if used.is_empty() {
        return;
    }
    // Who may save may not read the group, and the connector is saved.
    let path = of_group(group);
    let path = path.strip_suffix("/connectors").unwrap_or(&path);
    let Ok(shown) = block_on(client.json(client.scoped(Method::GET, path))) else { return };
    let granted = shown.get("capabilities").and_then(Value::as_array);
    for (capability, _, name) in used {
        let word = capability.name();
        if !granted.is_some_and(|all| all.iter().any(|one| one == word)) {
            output::note(format!(
                "note: the script uses {name}, and group {group} does not grant `{word}`: add it to its `capabilities`"
            ));
        }
    }
}
