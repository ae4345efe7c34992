//! Values of the command line that can also come from a file or standard input.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::Context;
use lockgate_domain::connector::ScriptLanguage;
use lockgate_domain::schema::Document;
use lockgate_domain::written;
use serde_json::{Value, json};

use crate::exit::Usage;
use crate::{script_files, script_project};

/// `--input`: JSON text, `@file`, or `-` for standard input.
pub(crate) fn json_text(argument: &str) -> anyhow::Result<String> {
    let text = match argument.strip_prefix('@') {
        Some(path) => std::fs::read_to_string(path).with_context(|| format!("can't read the input `{path}`"))?,
        None if argument == "-" => {
            let mut text = String::new();
            std::io::stdin().lock().read_to_string(&mut text).context("can't read standard input")?;
            text
        }
        None => argument.to_owned(),
    };
    let text = written::without_bom(&text);
    match Document::parse(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(Usage(format!("`--input` is not JSON: {error} (expected JSON text, @file or -)")).into()),
    }
}

/// Bytes of a definition: as much as the reader of definitions keeps.
const DOCUMENT_MAX: u64 = 8 * 1024 * 1024;

/// A definition in YAML or JSON, from a file or `-`.
pub(crate) fn document(path: &str) -> anyhow::Result<Value> {
    let mut bytes = Vec::new();
    let max = DOCUMENT_MAX + 1;
    match path {
        "-" => std::io::stdin().lock().take(max).read_to_end(&mut bytes).context("can't read standard input")?,
        path => File::open(path)
            .and_then(|opened| opened.take(max).read_to_end(&mut bytes))
            .with_context(|| format!("can't read `{path}`"))?,
    };
    if bytes.len() as u64 > DOCUMENT_MAX {
        return Err(Usage(format!("`{path}` has more than {DOCUMENT_MAX} bytes")).into());
    }
    let text = String::from_utf8(bytes).map_err(|_| Usage(format!("`{path}` is no text in UTF-8")))?;
    written::definition(&text).map_err(|error| Usage(format!("`{path}`: {error}")).into())
}

/// The definition of a group or a connector in YAML or JSON, from a file or `-`, with the scripts whose files it names.
pub(crate) fn definition(path: &str) -> anyhow::Result<Value> {
    let mut definition = document(path)?;
    // A file's name alone has the parent ``, which is no folder to the system.
    let parent = Path::new(path).parent().filter(|parent| !parent.as_os_str().is_empty());
    let folder = (path != "-").then(|| parent.unwrap_or(Path::new(".")));
    script_files::insert(&mut definition, folder)?;
    Ok(definition)
}

/// The definition of a connector in YAML or JSON, from a file or `-`; or a script, whose connector has the file's name.
pub(crate) fn connector(path: &str) -> anyhow::Result<Value> {
    match script(Path::new(path))? {
        Some(definition) => Ok(definition),
        None => definition(path),
    }
}

/// The same for a connector that there is already: a script's file may have any name.
pub(crate) fn connector_named(path: &str, name: &str) -> anyhow::Result<Value> {
    match script(Path::new(path))? {
        Some(mut definition) => {
            if let Some(members) = definition.as_object_mut() {
                members.insert("name".to_owned(), name.into());
            }
            Ok(definition)
        }
        None => definition(path),
    }
}

/// The definition of a connector that is the script of a file, with the examples beside it; none if the file's ending is that
/// of no script.
pub(crate) fn script(path: &Path) -> anyhow::Result<Option<Value>> {
    let language = path.extension().and_then(|ending| ScriptLanguage::of_ending(ending.to_str()?));
    let Some(language) = language else { return Ok(None) };
    let source = script_files::source(path, &path.display().to_string(), "/script")?;
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let name = stem.replace(['-', '.'], "_").to_lowercase();
    let script = json!({"language": language.word(), "source": source});
    let mut definition = json!({"name": name, "type": "function", "script": script});
    let examples = script_project::examples_of(path);
    if examples.exists()
        && let Some(members) = definition.as_object_mut()
    {
        members.insert("examples".to_owned(), only(&examples.to_string_lossy(), "examples")?);
    }
    Ok(Some(definition))
}

/// The one member of a file in YAML or JSON.
fn only(path: &str, key: &str) -> anyhow::Result<Value> {
    match document(path)? {
        Value::Object(mut members) if members.len() == 1 && members.contains_key(key) => {
            Ok(members.remove(key).unwrap_or_default())
        }
        _ => Err(Usage(format!("`{path}`: expected the key `{key}` and nothing else")).into()),
    }
}

/// `KEY=VALUE`, with dots in the key for members of members: a merge patch. A value that is not JSON is a text.
pub(crate) fn patch(assignments: &[String]) -> anyhow::Result<Value> {
    let mut patch = Value::Object(serde_json::Map::new());
    for assignment in assignments {
        let (key, value) = assignment
            .split_once('=')
            .ok_or_else(|| Usage(format!("`{assignment}`: expected KEY=VALUE, such as limits.cpu_ms=2000")))?;
        let value = match Document::parse(value) {
            Ok(_) => written::definition_json(value).map_err(|error| Usage(format!("`{assignment}`: {error}")))?,
            Err(error) if error.is_ambiguous() => return Err(Usage(format!("`{assignment}`: {error}")).into()),
            Err(_) => Value::String(value.to_owned()),
        };
        let pointer = key.split('.').fold(&mut patch, |at, part| {
            if !at.is_object() {
                *at = Value::Object(serde_json::Map::new());
            }
            // It is an object now, so indexing inserts the member.
            &mut at[part]
        });
        *pointer = value;
    }
    Ok(patch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assignments_become_a_merge_patch() {
        let made = patch(&["limits.cpu_ms=2000".into(), "limits.host_calls=5".into(), "name=New name".into()]).unwrap();
        assert_eq!(made, serde_json::json!({"limits": {"cpu_ms": 2000, "host_calls": 5}, "name": "New name"}));
        assert!(patch(&["limits".into()]).is_err());
        assert!(patch(&["settings.n=18446744073709551616".into()]).unwrap_err().to_string().contains("in quotes"));
        assert!(patch(&[r#"settings.m={"a":1,"a":2}"#.into()]).is_err());
    }

    #[test]
    fn input_that_is_no_json_is_wrong_usage() {
        assert!(json_text("{").unwrap_err().is::<Usage>());
        assert_eq!(json_text(r#"{"a":1}"#).unwrap(), r#"{"a":1}"#);
        assert_eq!(json_text("\u{feff}{\"a\":7.10}").unwrap(), r#"{"a":7.10}"#);
        assert!(json_text(r#"{"a":1,"a":2}"#).unwrap_err().is::<Usage>());
    }
}
