//! What a save would say of the definition of a connector. Nothing runs, and no server is asked.

use std::str::FromStr;

use lockgate_domain::{Caller, ConnectorName, GroupReference, Scope, Violation};
use serde_json::{Map, Value};

use crate::call::resolve::unsaved::{TestSubject, resolve_test};
use crate::catalog::scripts;
use crate::{FlowError, Host};

/// What a definition may leave out because its script or its method says it.
const DERIVED: [&str; 3] = ["description", "input_schema", "output_schema"];

/// Where violations of the script are.
const SCRIPT: &str = "/connector/script";

/// The name of a connector that has none yet.
const UNNAMED: &str = "connector";

/// A definition that was looked at.
#[derive(Debug, Default)]
pub struct DefinitionCheck {
    /// Each rule that it breaks; none if it can be saved.
    pub errors: Vec<Violation>,
    /// Members that it leaves out, as a save would put them into it. None while its script has a mistake.
    pub derived: Map<String, Value>,
}

pub(crate) async fn check(
    host: &Host,
    scope: &Scope,
    group: TestSubject<GroupReference>,
    mut definition: Value,
    by: &Caller,
) -> Result<DefinitionCheck, FlowError> {
    if definition.get("type").is_some_and(|kind| kind == "database")
        && let Some(members) = definition.as_object_mut()
    {
        for schema in ["input_schema", "output_schema"] {
            members.entry(schema).or_insert(Value::Bool(true));
        }
    }
    let left_out: Vec<_> = DERIVED.into_iter().filter(|key| definition.get(key).is_none()).collect();
    let (errors, whole) = match resolve_test(host, scope, group, TestSubject::Unsaved(definition.clone()), by).await {
        Ok(resolved) => {
            let whole = resolved.connector.definition().map(|entry| entry.stored.definition.written.value());
            (Vec::new(), whole.unwrap_or_default())
        }
        Err(FlowError::Definition(errors)) if errors.iter().any(|one| one.pointer.starts_with(SCRIPT)) => {
            (errors, Value::Null)
        }
        // Its types can be read although something else is wrong.
        Err(FlowError::Definition(errors)) => {
            (errors, scripts::typed(&host.0.scripts, *scope, named(definition)).await?)
        }
        Err(other) => return Err(other),
    };
    let of = |key: &str| Some((key.to_owned(), whole.get(key)?.clone()));
    Ok(DefinitionCheck { errors, derived: left_out.into_iter().filter_map(of).collect() })
}

/// With a name, if it has none yet: a script is compiled under it.
fn named(mut definition: Value) -> Value {
    let is_named =
        definition.get("name").and_then(Value::as_str).is_some_and(|name| ConnectorName::from_str(name).is_ok());
    if let (false, Some(members)) = (is_named, definition.as_object_mut()) {
        members.insert("name".to_owned(), UNNAMED.into());
    }
    definition
}
