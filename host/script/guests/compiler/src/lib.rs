//! Reads scripts. Everything that looks at an author's text is here, in a guest: the host never parses one.
//!
//! TypeScript becomes JavaScript by blanks: every type is replaced by as many spaces, so each line and column of what runs
//! is that of the author's file.

mod blanks;
mod bounded;
mod class;
mod diagnostic;
mod erase;
mod infer;
mod modules;
mod statements;
mod tokens;

use lockgate_sdk::prelude::*;
use oxc_allocator::Allocator;
use oxc_parser::Parser;
use oxc_parser::config::TokensParserConfig;
use oxc_span::SourceType;

use diagnostic::{Diagnostic, LineIndex};
use erase::Eraser;
use infer::Schemas;

/// What is read.
#[derive(Deserialize, JsonSchema)]
pub struct Script {
    /// `javascript` or `typescript`.
    pub language: Language,
    /// The author's text.
    pub source: String,
}

/// The language of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// ES2023.
    JavaScript,
    /// The same with types that can be erased.
    TypeScript,
}

/// What comes of it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reading {
    /// Plain JavaScript, in which every character is where it was. Empty if there are diagnostics.
    pub code: String,
    /// The names that it exports.
    pub exports: Vec<String>,
    /// What the JSDoc of the default export says, up to its first tag.
    pub description: Option<String>,
    /// JSON Schema of the input by the types of the default export, if they say one.
    pub input_schema: Option<serde_json::Value>,
    /// The same of the output.
    pub output_schema: Option<serde_json::Value>,
    /// What is wrong, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// Diagnostics of one reading at the most.
const DIAGNOSTICS_MAX: usize = 50;

/// Read a script: its plain JavaScript, or what is wrong with it.
#[connector]
pub fn read(input: Script) -> Result<Reading, Failure> {
    Ok(reading(input.language, &input.source))
}

/// TypeScript without its types; none if it is not right, or has what can't be erased.
pub fn erased(source: &str) -> Option<String> {
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, source, SourceType::ts()).with_config(TokensParserConfig).parse();
    if parsed.panicked || !parsed.diagnostics.is_empty() {
        return None;
    }
    let mut eraser = Eraser::new(source, &parsed.tokens);
    eraser.program(&parsed.program);
    eraser.refused.is_empty().then(|| eraser.blanks.applied(source))
}

/// Reads a script.
pub fn reading(language: Language, source: &str) -> Reading {
    let lines = LineIndex::new(source);
    let allocator = Allocator::default();
    let kind = match language {
        Language::JavaScript => SourceType::mjs(),
        Language::TypeScript => SourceType::ts(),
    };
    let parsed = Parser::new(&allocator, source, kind).with_config(TokensParserConfig).parse();
    let mut diagnostics: Vec<Diagnostic> =
        parsed.diagnostics.iter().map(|diagnostic| lines.parsed(diagnostic)).collect();
    let (mut code, mut exports, mut schemas) = (String::new(), Vec::new(), Schemas::default());
    let mut description = None;
    if diagnostics.is_empty() && !parsed.panicked {
        let mut eraser = Eraser::new(source, &parsed.tokens);
        eraser.program(&parsed.program);
        exports = modules::exports(&parsed.program);
        diagnostics = modules::diagnostics(&parsed.program, &lines);
        diagnostics.extend(eraser.refused.iter().map(|(at, text)| lines.at(*at, text)));
        code = eraser.blanks.applied(source);
        description = infer::description(&parsed.program, source);
        if language == Language::TypeScript && diagnostics.is_empty() {
            let Schemas { input, output } = infer::schemas(&parsed.program, source, &lines);
            let bounded = |schema, side| bounded::bounded(schema, side, &parsed.program, &lines);
            schemas.input = input.map(|schema| bounded(schema, "input"));
            schemas.output = output.map(|schema| bounded(schema, "output"));
        }
    }
    diagnostics.sort_by_key(|diagnostic| (diagnostic.line, diagnostic.column));
    diagnostics.truncate(DIAGNOSTICS_MAX);
    if !diagnostics.is_empty() {
        code = String::new();
    }
    let Schemas { input: input_schema, output: output_schema } = schemas;
    Reading { code, exports, description, input_schema, output_schema, diagnostics }
}

lockgate_sdk::plugin!(read);

#[cfg(test)]
mod tests;
