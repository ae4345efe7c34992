//! Scripts of definitions: checked before they are saved, compiled when they are first called.

use lockgate_domain::connector::{Action, ScriptDefinition};
use lockgate_domain::{ConnectorDefinition, ConnectorName, Scope, Violation};
use lockgate_script::{Compiled, Entry, Program, ScriptError, Scripts};

use crate::FlowError;

/// Where the text of a script is in its definition.
const SOURCE: &str = "/script/source";

/// What the script of a definition breaks, with pointers below `pointer`. A definition without one breaks nothing.
pub(crate) async fn check(
    scripts: &Scripts,
    definition: &ConnectorDefinition,
    pointer: &str,
) -> Result<Vec<Violation>, FlowError> {
    let script = match &definition.action {
        Action::Function(script) => script,
        Action::Http(_) | Action::Grpc(_) | Action::Database(_) => return Ok(Vec::new()),
    };
    let source = format!("{pointer}{SOURCE}");
    match scripts.compile(script, definition.name.as_str(), None).await {
        Ok(compiled) => {
            Ok(without_entry(&compiled).map(|detail| Violation::new(source, "script", detail)).into_iter().collect())
        }
        Err(ScriptError::Mistakes(mistakes)) => Ok(mistakes.iter().map(|mistake| mistake.violation(&source)).collect()),
        Err(error) => Err(error.into()),
    }
}

/// The same for the `connectors` of a group.
pub(crate) async fn check_list(scripts: &Scripts, definitions: &[ConnectorDefinition]) -> Result<(), FlowError> {
    let mut found = Vec::new();
    for (index, definition) in definitions.iter().enumerate() {
        found.extend(check(scripts, definition, &format!("/connectors/{index}")).await?);
    }
    if found.is_empty() { Ok(()) } else { Err(FlowError::Definition(found)) }
}

fn without_entry(compiled: &Compiled) -> Option<String> {
    let entry = Entry::Default.name();
    let missing = !compiled.exports.iter().any(|name| name == entry);
    missing.then(|| {
        "the script has no default export: write `export default async function (input, ctx) { … }`".to_owned()
    })
}

/// The program of a script that was saved.
pub(crate) async fn program(
    scripts: &Scripts,
    script: &ScriptDefinition,
    name: &ConnectorName,
    scope: Option<Scope>,
) -> Result<Program, FlowError> {
    Ok(scripts.compile(script, name.as_str(), scope).await?.program)
}

impl From<ScriptError> for FlowError {
    fn from(error: ScriptError) -> Self {
        match error {
            ScriptError::Mistakes(mistakes) => {
                Self::Definition(mistakes.iter().map(|mistake| mistake.violation(SOURCE)).collect())
            }
            ScriptError::Guest(error) => Self::Load(error),
            ScriptError::Ended { ended, limits } => Self::Ended { ended, limits },
        }
    }
}
