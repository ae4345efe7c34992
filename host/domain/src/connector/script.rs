//! A script: the text of a module, and what of it a connector runs. What the text says is never looked at here: that is a
//! guest's work.

use std::sync::Arc;

use serde_json::Value;

use crate::reader::{Node, Violations};
use crate::{ConnectorName, Digest, Violation};

/// Upper bound of a source. What is bundled of npm packages fits; a version is stored whole, and sent to each editor.
pub(crate) const SOURCE_MAX_BYTES: usize = 256 * 1024;

/// What a script is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScriptLanguage {
    /// ES2023.
    JavaScript,
    /// The same with types that can be erased.
    TypeScript,
}

impl ScriptLanguage {
    pub(crate) const WORDS: [(&'static str, Self); 2] =
        [("javascript", Self::JavaScript), ("typescript", Self::TypeScript)];

    /// As definitions have it.
    pub fn word(self) -> &'static str {
        match self {
            Self::JavaScript => "javascript",
            Self::TypeScript => "typescript",
        }
    }

    /// The ending of its files.
    pub fn ending(self) -> &'static str {
        match self {
            Self::JavaScript => "js",
            Self::TypeScript => "ts",
        }
    }

    /// The language of a file by its ending.
    pub fn of_ending(ending: &str) -> Option<Self> {
        match ending {
            "js" | "mjs" => Some(Self::JavaScript),
            "ts" | "mts" => Some(Self::TypeScript),
            _ => None,
        }
    }
}

/// A module that a connector runs.
#[derive(Debug, Clone, PartialEq)]
pub struct ScriptDefinition {
    /// What it is written in.
    pub language: ScriptLanguage,
    /// The author's text.
    pub source: Arc<str>,
    /// Of the text.
    pub digest: Digest,
}

impl ScriptDefinition {
    /// Upper bound of a source, in bytes of UTF-8.
    pub const SOURCE_MAX_BYTES: usize = SOURCE_MAX_BYTES;

    /// What is wrong with a source that is larger, for who reads no more of it. `of` says where it is from.
    pub fn too_large(pointer: String, of: &str) -> Violation {
        Violation::new(pointer, "size", format!("{of} has more than {SOURCE_MAX_BYTES} bytes"))
    }

    /// The script of a function that leaves out its description or one of its schemas, with the connector's name, for who
    /// derives them. What is wrong with its form is for the reader to say.
    pub fn undescribed(definition: &Value) -> Option<(ConnectorName, Self)> {
        let lacks = |key: &str| definition.get(key).is_none();
        let is_function = definition.get("type").is_some_and(|own| own == "function");
        let lacks_some = ["description", "input_schema", "output_schema"].into_iter().any(lacks);
        let own = definition.get("script").filter(|_| is_function && lacks_some)?;
        let violations = Violations::default();
        let script = Self::read(&violations.node("/script", own))?;
        let name = definition.get("name")?.as_str()?.parse().ok()?;
        violations.result((name, script)).ok()
    }

    pub(super) fn read(node: &Node<'_>) -> Option<Self> {
        let mut object = node.object()?;
        let language = object.required("language").and_then(|node| node.choice(&ScriptLanguage::WORDS));
        let source = object.required("source");
        object.end();
        let source = source?;
        let text = source.text()?;
        if text.len() > SOURCE_MAX_BYTES {
            source.wrong("size", format!("it has {} bytes: expected at most {SOURCE_MAX_BYTES}", text.len()));
        }
        Some(Self { language: language?, source: text.into(), digest: Digest::of(text.as_bytes()) })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ConnectorDefinition;
    use crate::connector::Action;

    fn definition(script: Value) -> Value {
        json!({"name": "c", "type": "function", "script": script, "limits": {"memory_bytes": 1_000_000}})
    }

    fn broken(value: &Value) -> Vec<(String, String)> {
        let found = ConnectorDefinition::read(value, "").unwrap_err();
        found.into_iter().map(|one| (one.pointer, one.rule)).collect()
    }

    #[test]
    fn a_script_is_its_text() {
        let source = "export default () => 1;";
        let read =
            ConnectorDefinition::read(&definition(json!({"language": "typescript", "source": source})), "").unwrap();
        read.check("").unwrap();
        let Action::Function(script) = &read.action else { panic!("another type") };
        assert_eq!((script.language, &*script.source), (ScriptLanguage::TypeScript, source));
        assert_eq!((read.action.kind(), read.action.code()), ("function", Some(Digest::of(source.as_bytes()))));
        assert_eq!((read.input_schema.text(), read.limits.memory_bytes), ("true", Some(1_000_000)));
    }

    #[test]
    fn a_function_without_schemas_or_description_is_undescribed() {
        let whole = definition(json!({"language": "typescript", "source": "1"}));
        let (name, script) = ScriptDefinition::undescribed(&whole).unwrap();
        assert_eq!((name.as_str(), &*script.source), ("c", "1"));
        let with = |key: &str, value: Value| {
            let mut changed = whole.clone();
            changed[key] = value;
            ScriptDefinition::undescribed(&changed)
        };
        assert!(with("input_schema", json!({})).is_some());
        assert!(with("type", json!("http")).is_none());
        assert!(with("name", json!("No name")).is_none());
        assert!(with("script", json!({"language": "typescript"})).is_none());
        let mut given = whole.clone();
        (given["input_schema"], given["output_schema"]) = (json!(true), json!(true));
        assert!(ScriptDefinition::undescribed(&given).is_some());
        given["description"] = json!("");
        assert!(ScriptDefinition::undescribed(&given).is_none());
    }

    #[test]
    fn what_is_no_script_is_refused() {
        let large = "x".repeat(SOURCE_MAX_BYTES + 1);
        for (value, pointer, rule) in [
            (json!({"name": "c", "type": "function"}), "", "required"),
            (definition(json!({"language": "python", "source": ""})), "/script/language", "enum"),
            (definition(json!({"language": "javascript"})), "/script", "required"),
            (definition(json!({"language": "javascript", "source": 1})), "/script/source", "type"),
            (definition(json!({"language": "javascript", "source": large})), "/script/source", "size"),
            (
                definition(json!({"language": "javascript", "source": "", "bytecode": ""})),
                "/script/bytecode",
                "unknown",
            ),
        ] {
            assert_eq!(broken(&value)[0], (pointer.to_owned(), rule.to_owned()), "{value}");
        }
    }
}
