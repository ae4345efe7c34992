//! From a text to a program: read by one guest, compiled by the other, both under limits.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use lockgate_domain::connector::ScriptDefinition;
use lockgate_domain::{Failure, Limits, Scope};
use lockgate_engine::{Bytecode, Ended, Plugin, Stop};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Compiled, Described, Diagnostic, Program, ScriptError, Scripts};

/// What reading and compiling may use, each: a text of the largest size takes less than half of it.
const CPU_MS: u64 = 2_000;
const DEADLINE_MS: u64 = 10_000;
const MEMORY_BYTES: u64 = 256 * 1024 * 1024;
/// What comes of reading: the code is as long as the text, some times as long in JSON; a schema has 256 KiB at most.
const READING_BYTES: u64 = 4 * 1024 * 1024;
/// Bytecode in base64: it is a few times as large as the text.
const WRITTEN_BYTES: u64 = 16 * 1024 * 1024;
/// Answers up to which they are decoded where the save is; a larger one waits for its time slice beside other work.
const QUICK_BYTES: usize = 64 * 1024;

/// What the compiler of scripts says.
#[derive(Deserialize)]
struct Reading {
    code: String,
    exports: Vec<String>,
    description: Option<String>,
    input_schema: Option<Value>,
    output_schema: Option<Value>,
    diagnostics: Vec<Diagnostic>,
}

impl Scripts {
    /// Makes a program of a script, as the work of a scope. `name` is that of the connector: with the ending of the language
    /// it is the file's name in errors.
    ///
    /// # Errors
    /// [`ScriptError::Diagnostics`] for what is wrong with the text.
    pub(crate) async fn compile(
        &self,
        script: &ScriptDefinition,
        name: &str,
        scope: Scope,
    ) -> Result<Compiled, ScriptError> {
        let guests = self.guests().await?;
        let asked = json!({"language": script.language.word(), "source": &*script.source});
        let read = self.work((&guests.compiler, "read", READING_BYTES), asked, scope).await?;
        let read = self.decoded(scope, read, |read| serde_json::from_str::<Reading>(read)).await?;
        let Reading { code, exports, description, input_schema, output_schema, diagnostics } = read;
        if !diagnostics.is_empty() {
            return Err(ScriptError::Diagnostics(diagnostics));
        }
        let file = format!("{name}.{}", script.language.ending());
        let asked = json!({"name": file, "source": code});
        let written = self.work((&guests.engine, "compile", WRITTEN_BYTES), asked, scope).await?;
        let bytecode = self.decoded(scope, written, |written| BASE64_STANDARD.decode(written)).await?;
        let program = Program { bytecode: Bytecode::new(bytecode), exports: exports.into() };
        let described = Described { description, input: input_schema, output: output_schema };
        Ok(Compiled { program, described: Arc::new(described) })
    }

    async fn work(
        &self,
        (plugin, function, output_bytes): (&Plugin, &'static str, u64),
        input: Value,
        scope: Scope,
    ) -> Result<String, ScriptError> {
        let limits = Limits {
            cpu_ms: CPU_MS,
            deadline_ms: DEADLINE_MS,
            memory_bytes: MEMORY_BYTES,
            output_bytes,
            ..Limits::default()
        };
        let worked = self.engine().work(plugin, (function, input.to_string()), limits, scope).await;
        worked.map_err(|ended| refused(ended, output_bytes))
    }

    /// Reads what a guest answered.
    async fn decoded<T: Send + 'static, E: std::fmt::Display + Send + 'static>(
        &self,
        scope: Scope,
        answer: String,
        decode: impl FnOnce(&str) -> Result<T, E> + Send + 'static,
    ) -> Result<T, ScriptError> {
        let decoded = match answer.len() <= QUICK_BYTES {
            true => decode(&answer),
            false => self.engine().compute(scope, move || decode(&answer)).await?,
        };
        decoded.map_err(|error| ScriptError::Broken(format!("it answered {error}")))
    }
}

/// The code of what the engine does not understand.
const SYNTAX: &str = "syntax";

/// Why nothing came of a text. The bounds are the host's own and no setting raises them, so that a text which reaches one is
/// wrong as one with a syntax error is.
fn refused(ended: Ended, output_bytes: u64) -> ScriptError {
    let too_much = |what: String| {
        let message = format!("{what}, which no setting raises: make it smaller or simpler");
        ScriptError::Diagnostics(vec![Diagnostic { line: 1, column: 1, message }])
    };
    let mib = |bytes: u64| bytes / (1024 * 1024);
    match ended {
        Ended::Failed(Failure { code, message, .. }) if code == SYNTAX => {
            ScriptError::Diagnostics(vec![diagnostic(&message)])
        }
        // What is nested too deeply ends the stack of who reads it.
        Ended::Trapped(_) => {
            let message = "the script is too large or nested too deeply to be read".to_owned();
            ScriptError::Diagnostics(vec![Diagnostic { line: 1, column: 1, message }])
        }
        Ended::Stopped(Stop::Cpu) => too_much(format!("to read the script takes more than {CPU_MS} ms of CPU time")),
        Ended::Stopped(Stop::Memory) => {
            too_much(format!("to read the script takes more than {} MiB of memory", mib(MEMORY_BYTES)))
        }
        Ended::OutputTooLarge | Ended::HandedTooMuch => {
            too_much(format!("what the script becomes has more than {} MiB", mib(output_bytes)))
        }
        // It had its turn and too little of a core: others have them, and a retry helps.
        Ended::Stopped(Stop::Deadline) => ScriptError::Busy(Ended::PoolExhausted),
        busy @ (Ended::PoolExhausted | Ended::Stopped(Stop::HostMemory)) => ScriptError::Busy(busy),
        broken @ (Ended::Failed(_)
        | Ended::ContractBroken(_)
        | Ended::HostFailed
        | Ended::Stopped(
            Stop::HostCalls | Stop::Handles | Stop::Abort(_) | Stop::Script(_) | Stop::NotInCall(_),
        )) => ScriptError::Broken(broken.problem(&Limits::default()).detail),
    }
}

/// The engine says `message (FILE:LINE:COLUMN)`.
fn diagnostic(said: &str) -> Diagnostic {
    let placed = || {
        let (message, place) = said.strip_suffix(')')?.rsplit_once(" (")?;
        let mut parts = place.rsplitn(3, ':');
        let column = parts.next()?.parse().ok()?;
        let line = parts.next()?.parse().ok()?;
        Some(Diagnostic { line, column, message: message.to_owned() })
    };
    placed().unwrap_or_else(|| Diagnostic { line: 1, column: 1, message: said.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_of_the_hosts_own_is_told_as_what_it_is() {
        for (ended, told) in [
            (Ended::Stopped(Stop::Cpu), "more than 2000 ms of CPU time"),
            (Ended::Stopped(Stop::Memory), "more than 256 MiB of memory"),
            (Ended::OutputTooLarge, "more than 4 MiB"),
            (Ended::HandedTooMuch, "more than 4 MiB"),
        ] {
            let ScriptError::Diagnostics(diagnostics) = refused(ended, READING_BYTES) else { panic!("no diagnostics") };
            let said = diagnostics[0].to_string();
            assert!(said.contains(told) && said.contains("no setting raises") && !said.contains("limits."), "{said}");
        }
    }

    #[test]
    fn who_waited_too_long_is_told_to_come_back() {
        for ended in [Ended::Stopped(Stop::Deadline), Ended::PoolExhausted, Ended::Stopped(Stop::HostMemory)] {
            let ScriptError::Busy(ended) = refused(ended, 0) else { panic!("not busy") };
            assert!(ended.problem(&Limits::default()).retryable, "{ended:?}");
        }
        assert!(matches!(refused(Ended::HostFailed, 0), ScriptError::Broken(_)));
    }
}
