//! Scripts of definitions: checked before they are saved.

use lockgate_domain::connector::{Action, ScriptDefinition};
use lockgate_domain::{ConnectorDefinition, Scope, Violation};
use lockgate_engine::EngineError;
use lockgate_script::{Entry, Program, ScriptError, Scripts};
use serde_json::Value;

use crate::FlowError;

/// Where the text of a script is in its definition.
const SOURCE: &str = "/script/source";

/// What the script of a definition breaks, with pointers below `pointer`. A definition without one breaks nothing. Reading
/// it is the work of `scope`, as in all of this file.
pub(crate) async fn check(
    scripts: &Scripts,
    scope: Scope,
    definition: &ConnectorDefinition,
    pointer: &str,
) -> Result<Vec<Violation>, FlowError> {
    let Some(script) = definition.action.script() else { return Ok(Vec::new()) };
    let source = format!("{pointer}{SOURCE}");
    match scripts.unsaved(script, definition.name.as_str(), scope).await {
        Ok(compiled) => Ok(without_entry(&definition.action, &compiled.program)
            .map(|detail| Violation::new(source, "script", detail))
            .into_iter()
            .collect()),
        Err(ScriptError::Diagnostics(diagnostics)) => {
            Ok(diagnostics.iter().map(|diagnostic| diagnostic.violation(&source)).collect())
        }
        Err(error) => Err(error.into()),
    }
}

/// A definition with the schemas that the types of its script say, and the description that its comments say, where it has
/// none of its own.
pub(crate) async fn typed(scripts: &Scripts, scope: Scope, mut definition: Value) -> Result<Value, FlowError> {
    let Some((name, script)) = ScriptDefinition::undescribed(&definition) else { return Ok(definition) };
    let compiled = match scripts.unsaved(&script, name.as_str(), scope).await {
        Ok(compiled) => compiled,
        // The check that follows says where they are in the definition.
        Err(ScriptError::Diagnostics(_)) => return Ok(definition),
        Err(error) => return Err(error.into()),
    };
    let described = &compiled.described;
    let description = described.description.as_deref().map(Value::from);
    let said = [
        ("description", description.as_ref()),
        ("input_schema", described.input.as_ref()),
        ("output_schema", described.output.as_ref()),
    ];
    for (key, said) in said {
        if let (Some(said), Some(members)) = (said, definition.as_object_mut()) {
            members.entry(key).or_insert_with(|| said.clone());
        }
    }
    Ok(definition)
}

/// As [`check`], for the `connectors` of a group.
pub(crate) async fn check_list(
    scripts: &Scripts,
    scope: Scope,
    definitions: &[ConnectorDefinition],
) -> Result<(), FlowError> {
    let mut found = Vec::new();
    for (index, definition) in definitions.iter().enumerate() {
        found.extend(check(scripts, scope, definition, &format!("/connectors/{index}")).await?);
    }
    if found.is_empty() { Ok(()) } else { Err(FlowError::Definition(found)) }
}

/// What is to be written where a script has none of the functions that its type calls.
fn without_entry(action: &Action, program: &Program) -> Option<String> {
    let (entries, missing): (&[Entry], _) = match action {
        Action::Http(_) => (
            &[Entry::Request, Entry::Response],
            "the script of an `http` connector exports neither `request` nor `response`: write `export function \
             request(input, request, ctx) { … }` or `export function response(answer, input, ctx) { … }`",
        ),
        Action::Grpc(_) | Action::Database(_) | Action::Function(_) => (
            &[Entry::Default],
            "the script has no default export: write `export default async function (input, ctx) { … }`",
        ),
    };
    (!entries.iter().any(|entry| program.exports(*entry))).then(|| missing.to_owned())
}

impl From<ScriptError> for FlowError {
    fn from(error: ScriptError) -> Self {
        match error {
            ScriptError::Diagnostics(diagnostics) => {
                Self::Definition(diagnostics.iter().map(|diagnostic| diagnostic.violation(SOURCE)).collect())
            }
            ScriptError::Guest(error) => Self::Load(error),
            ScriptError::Busy(ended) => Self::Ended { ended, limits: Box::default() },
            broken @ ScriptError::Broken(_) => Self::Engine(EngineError::Lost(broken.to_string())),
            ScriptError::Engine(error) => Self::Engine(error),
        }
    }
}
