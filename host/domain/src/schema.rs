//! Untrusted JSON Schemas (draft 2020-12), compiled once and safely. A schema and the value that is checked against
//! it run on the host's own CPU, so both are bounded: references stay inside the schema, patterns use the linear
//! engine, and a schema that is too large when its references are expanded is refused.

mod bounds;
mod document;
mod node;

use std::fmt;

use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::Value;

use crate::Violation;
use bounds::Size;
pub use bounds::{PATTERNS_MAX, SchemaRefused};
pub(crate) use document::write_text;
pub use document::{Document, DocumentValue, JsonError, Kind, is_number};
use node::{Text, TextNode};

/// The most violations that one check reports.
const VIOLATIONS_MAX: usize = 100;
/// The most bytes of one violation's text.
const DETAIL_MAX: usize = 300;
/// Compiled size of one pattern: some thousand characters of classes.
const PATTERN_MAX_BYTES: usize = 256 * 1024;

/// A compiled schema.
pub struct Schema {
    validator: Validator<Text>,
    size: Size,
}

impl Schema {
    /// Compiles a schema.
    ///
    /// # Errors
    /// [`SchemaRefused`] has the reason, or the limit that it exceeds.
    pub fn compile(schema: &Value) -> Result<Self, SchemaRefused> {
        let size = bounds::check(schema)?;
        let patterns = PatternOptions::regex().size_limit(PATTERN_MAX_BYTES).dfa_size_limit(PATTERN_MAX_BYTES);
        jsonschema::options_for::<Text>()
            .with_draft(Draft::Draft202012)
            .offline()
            .with_pattern_options(patterns)
            .build(schema)
            .map(|validator| Self { validator, size })
            .map_err(|error| SchemaRefused::Invalid {
                pointer: error.instance_path().as_str().to_owned(),
                detail: bounds::unsupported_pattern(schema).unwrap_or_else(|| cut(error.masked().to_string())),
            })
    }

    /// The number of its regular expressions.
    pub fn patterns(&self) -> usize {
        self.size.patterns
    }

    /// An upper bound of the steps that checking a text of so many bytes takes: every node of the schema at every byte.
    pub fn steps(&self, bytes: usize) -> u64 {
        self.size.nodes.saturating_mul(bytes as u64)
    }

    /// Checks a document. What breaks the schema is listed with pointer and rule, at most 100 of it; the texts don't
    /// repeat the value, which may be large or confidential.
    ///
    /// # Errors
    /// The violations, at least one.
    pub fn validate(&self, document: &Document<'_>) -> Result<(), Vec<Violation>> {
        let value = TextNode::root(document);
        if self.validator.is_valid(value) {
            return Ok(());
        }
        let violations = self.validator.iter_errors(value).take(VIOLATIONS_MAX).map(|error| Violation {
            pointer: error.instance_path().as_str().to_owned(),
            rule: error.kind().keyword().to_owned(),
            detail: cut(error.masked().to_string()),
        });
        Err(violations.collect())
    }
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Schema").finish_non_exhaustive()
    }
}

/// Whether a schema is within the bounds that are looked at before it is compiled.
///
/// # Errors
/// [`SchemaRefused`] has the limit that it exceeds.
pub fn check_size(schema: &Value) -> Result<(), SchemaRefused> {
    bounds::check(schema).map(drop)
}

fn cut(mut text: String) -> String {
    if text.len() > DETAIL_MAX {
        text.truncate(text.floor_char_boundary(DETAIL_MAX));
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use serde_json::json;

    use super::*;

    fn check(schema: &Schema, value: &Value) -> Result<(), Vec<Violation>> {
        schema.validate(&Document::parse(&value.to_string()).unwrap())
    }

    #[test]
    fn violations_have_pointer_rule_and_no_value() {
        let schema = Schema::compile(&json!({
            "type": "object", "required": ["name"], "additionalProperties": false,
            "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0}},
        }))
        .unwrap();
        assert_eq!(check(&schema, &json!({"name": "Ada", "age": 36})), Ok(()));
        let found = check(&schema, &json!({"nam": "Ada", "age": "secret-value"})).unwrap_err();
        let brief: Vec<_> = found.iter().map(|one| (one.pointer.as_str(), one.rule.as_str())).collect();
        assert!(brief.contains(&("/age", "type")) && brief.contains(&("", "required")), "{brief:?}");
        assert!(found.iter().any(|one| one.rule == "additionalProperties" && one.detail.contains("nam")), "{found:?}");
        assert!(!format!("{found:?}").contains("secret-value"), "{found:?}");
    }

    #[test]
    fn at_most_100_violations() {
        let schema = Schema::compile(&json!({"items": {"type": "string"}})).unwrap();
        assert_eq!(check(&schema, &json!(vec![1; 500])).unwrap_err().len(), VIOLATIONS_MAX);
    }

    #[test]
    fn a_pattern_that_looks_around_is_named() {
        for pattern in ["^(?!x)a", "a(?=b)", "(?<=a)b", "(?<!a)b", r"(a)\1"] {
            let refused = Schema::compile(&json!({"properties": {"a": {"pattern": pattern}}})).unwrap_err().to_string();
            assert!(refused.contains("look-around") && refused.contains("linear"), "{pattern}: {refused}");
        }
        assert!(!Schema::compile(&json!({"pattern": "("})).unwrap_err().to_string().contains("look-around"));
        assert!(Schema::compile(&json!({"pattern": "(?P<a>x)(?:y)"})).is_ok());
    }

    #[test]
    fn a_catastrophic_pattern_is_linear() {
        let schema = Schema::compile(&json!({"type": "string", "pattern": "^(a+)+$"})).unwrap();
        let text = format!("{}b", "a".repeat(100_000));
        assert!(check(&schema, &json!(text)).is_err());
    }

    #[test]
    fn a_check_that_doubles_with_each_level_ends_when_its_time_is_up() {
        let again = json!({"type": "array", "items": {"$ref": "#"}});
        let schema = Schema::compile(&json!({"anyOf": [again, again, {"type": "string"}]})).unwrap();
        let nested = |depth| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        let text = nested(100);
        let after = |time| {
            let began = Instant::now();
            move || began.elapsed() >= time
        };
        let document = Document::parse(&text).unwrap().until(after(Duration::from_millis(5)));
        assert!(schema.validate(&document).is_err() && document.is_time_up());
        let text = nested(3);
        let document = Document::parse(&text).unwrap().until(after(Duration::from_secs(60)));
        assert!(schema.validate(&document).is_err() && !document.is_time_up());
    }
}
