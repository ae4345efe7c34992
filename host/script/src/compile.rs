//! From a text to a program: read by one guest, compiled by the other, both under limits.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use lockgate_domain::connector::ScriptDefinition;
use lockgate_domain::{Failure, Limits, Scope};
use lockgate_engine::{Bytecode, Ended, Plugin};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Compiled, Described, Mistake, Program, ScriptError, Scripts};

/// What reading and compiling may use, each: a text of the largest size takes less than half of it.
const CPU_MS: u64 = 2_000;
const DEADLINE_MS: u64 = 10_000;
const MEMORY_BYTES: u64 = 256 * 1024 * 1024;
/// The code and its bytecode are each a few times as large as the text.
const OUTPUT_BYTES: u64 = 16 * 1024 * 1024;

/// What the compiler of scripts says.
#[derive(Deserialize)]
struct Reading {
    code: String,
    exports: Vec<String>,
    description: Option<String>,
    input_schema: Option<Value>,
    output_schema: Option<Value>,
    mistakes: Vec<Mistake>,
}

impl Scripts {
    /// Makes a program of a script, as the work of a scope. `name` is that of the connector: with the ending of the language
    /// it is the file's name in errors.
    ///
    /// # Errors
    /// [`ScriptError::Mistakes`] for what is wrong with the text.
    pub(crate) async fn compile(
        &self,
        script: &ScriptDefinition,
        name: &str,
        scope: Scope,
    ) -> Result<Compiled, ScriptError> {
        let guests = self.guests().await?;
        let asked = json!({"language": script.language.word(), "source": &*script.source});
        let read = self.work(&guests.compiler, "read", asked, scope).await?;
        let Reading { code, exports, description, input_schema, output_schema, mistakes } =
            serde_json::from_str(&read).map_err(|error| broken(&error))?;
        if !mistakes.is_empty() {
            return Err(ScriptError::Mistakes(mistakes));
        }
        let file = format!("{name}.{}", script.language.ending());
        let written = self.work(&guests.engine, "compile", json!({"name": file, "source": code}), scope).await?;
        let bytecode = BASE64_STANDARD.decode(written).map_err(|error| broken(&error))?;
        let program = Program { bytecode: Bytecode::new(bytecode), exports: exports.into() };
        let described = Described { description, input: input_schema, output: output_schema };
        Ok(Compiled { program, described: Arc::new(described) })
    }

    async fn work(
        &self,
        plugin: &Plugin,
        function: &'static str,
        input: Value,
        scope: Scope,
    ) -> Result<String, ScriptError> {
        let limits = Limits {
            cpu_ms: CPU_MS,
            deadline_ms: DEADLINE_MS,
            memory_bytes: MEMORY_BYTES,
            output_bytes: OUTPUT_BYTES,
            ..Limits::default()
        };
        match self.engine().work(plugin, (function, input.to_string()), limits, scope).await {
            Ok(output) => Ok(output),
            Err(Ended::Failed(Failure { code, message, .. })) if code == SYNTAX => {
                Err(ScriptError::Mistakes(vec![mistake(&message)]))
            }
            // What is nested too deeply ends the stack of who reads it.
            Err(Ended::Trapped(_)) => {
                let message = "the script is too large or nested too deeply to be read".to_owned();
                Err(ScriptError::Mistakes(vec![Mistake { line: 1, column: 1, message }]))
            }
            Err(ended) => Err(ScriptError::Ended { ended, limits: Box::new(limits) }),
        }
    }
}

/// The code of what the engine does not understand.
const SYNTAX: &str = "syntax";

/// The engine says `message (FILE:LINE:COLUMN)`.
fn mistake(said: &str) -> Mistake {
    let placed = || {
        let (message, place) = said.strip_suffix(')')?.rsplit_once(" (")?;
        let mut parts = place.rsplitn(3, ':');
        let column = parts.next()?.parse().ok()?;
        let line = parts.next()?.parse().ok()?;
        Some(Mistake { line, column, message: message.to_owned() })
    };
    placed().unwrap_or_else(|| Mistake { line: 1, column: 1, message: said.to_owned() })
}

fn broken(error: &dyn std::fmt::Display) -> ScriptError {
    let text = format!("the compiler of scripts answered {error}");
    ScriptError::Ended { ended: Ended::ContractBroken(text), limits: Box::default() }
}
