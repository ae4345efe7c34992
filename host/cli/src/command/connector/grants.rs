//! What a script uses and its group does not grant. Saving it is no mistake, since a group is changed at any time; calling it
//! would fail. The text is only looked at for what it usually says: a note that is missing or too many changes nothing.

use lockgate_domain::Capability;
use reqwest::Method;
use serde_json::Value;

use super::of_group;
use crate::client::Client;
use crate::command::block_on;
use crate::output;

/// Of a capability, what its author calls it, and whether a text uses it.
type Use = (Capability, &'static str, fn(&str) -> bool);

const USES: [Use; 5] = [
    (Capability::Http, "`fetch`", |source| source.contains("fetch(")),
    (Capability::Database, "`lockgate/database`", |source| imports(source, "lockgate/database").next().is_some()),
    (Capability::Grpc, "`lockgate/grpc`", |source| imports(source, "lockgate/grpc").next().is_some()),
    (Capability::Signing, "`sign` or `verify` of `lockgate`", signs),
    (Capability::Connectors, "`lockgate/connectors`", |source| imports(source, "lockgate/connectors").next().is_some()),
];

/// What stands before the name of a module where it is imported: its names, as far back as the word `import`.
fn imports<'s>(source: &'s str, module: &str) -> impl Iterator<Item = &'s str> {
    let named = [format!("\"{module}\""), format!("'{module}'")];
    let places = named.map(|named| source.match_indices(&named).map(|(at, _)| at).collect::<Vec<_>>());
    let names = places.into_iter().flatten().filter_map(|at| Some(source.get(..at)?.rsplit_once("import")?.1));
    names.filter(|names| !names.contains(['"', '\'', ';']))
}

/// Whether a text signs with a field of the connection. `crypto.subtle` has functions of the same names, with keys of its own.
fn signs(source: &str) -> bool {
    let words = |text: &'static [&'static str], names: &str| {
        names.split(|char: char| !(char.is_alphanumeric() || "_$".contains(char))).any(|word| text.contains(&word))
    };
    imports(source, "lockgate").any(|names| match names.split_once('*') {
        Some((_, alias)) => alias.split_whitespace().nth(1).is_some_and(|alias| {
            ["sign", "verify"].into_iter().any(|name| source.contains(&format!("{alias}.{name}(")))
        }),
        None => words(&["sign", "verify"], names),
    })
}

/// Writes a note for each capability that the saved script uses and that its group does not grant.
pub(super) fn note(client: &Client, group: &str, definition: &Value) {
    let used = used(definition);
    if used.is_empty() {
        return;
    }
    // Who may save may not read the group, and the connector is saved.
    let path = of_group(group);
    let path = path.strip_suffix("/connectors").unwrap_or(&path);
    let Ok(shown) = block_on(client.json(client.scoped(Method::GET, path))) else { return };
    lacking(&used, &shown, "the script", group);
}

/// The same for the connectors that the saved definition of a group lists.
pub(in crate::command) fn note_listed(group: &str, definition: &Value) {
    for connector in definition.get("connectors").and_then(Value::as_array).into_iter().flatten() {
        let name = connector.get("name").and_then(Value::as_str).unwrap_or_default();
        lacking(&used(connector), definition, &format!("the script of connector {name}"), group);
    }
}

fn used(definition: &Value) -> Vec<Use> {
    let source = definition.pointer("/script/source").and_then(Value::as_str).unwrap_or_default();
    USES.into_iter().filter(|(_, _, is_used)| is_used(source)).collect()
}

fn lacking(used: &[Use], definition: &Value, script: &str, group: &str) {
    let granted = definition.get("capabilities").and_then(Value::as_array);
    for (capability, name, _) in used {
        let word = capability.name();
        if !granted.is_some_and(|all| all.iter().any(|one| one == word)) {
            output::note(format!(
                "note: {script} uses {name}, and group {group} does not grant `{word}`: add it to its `capabilities`"
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_capability_is_found_by_what_a_text_says() {
        for (source, expected) in [
            ("export default () => fetch('/a');", vec![Capability::Http]),
            ("import { sql } from \"lockgate/database\";", vec![Capability::Database]),
            ("import * as grpc from 'lockgate/grpc';", vec![Capability::Grpc]),
            ("import { call } from 'lockgate/connectors';", vec![Capability::Connectors]),
            ("import { json, sign } from \"lockgate\";", vec![Capability::Signing]),
            ("import {\n  verify as check,\n} from 'lockgate';", vec![Capability::Signing]),
            ("import * as lockgate from 'lockgate';\nlockgate.sign('a', 'b', 'c');", vec![Capability::Signing]),
            ("import * as lockgate from 'lockgate';\nlockgate.log.info('a');", vec![]),
            ("import { Failure } from 'lockgate';\ncrypto.subtle.sign('HMAC', key, data);", vec![]),
            ("import { design } from 'lockgate';", vec![]),
            ("import { log } from 'lockgate';\nconst text = 'lockgate/database';", vec![]),
        ] {
            let found: Vec<_> = used(&json!({"script": {"source": source}})).into_iter().map(|own| own.0).collect();
            assert_eq!(found, expected, "{source}");
        }
        let all: Vec<_> = USES.into_iter().map(|own| own.0).collect();
        assert!(Capability::ALL.iter().all(|capability| all.contains(capability)));
    }
}
