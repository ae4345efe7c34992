//! Scripts that a definition leaves in files of their own: `script: {language: typescript, file: scripts/price.ts}`, as in the
//! folders of `lockgate apply`. The host gets their texts.

use std::fs::File;
use std::io::Read;
use std::path::{Component, Path};

use anyhow::Context;
use lockgate_domain::connector::ScriptDefinition;
use lockgate_flow::FlowError;
use serde_json::{Map, Value};

use crate::exit::Usage;
use crate::output::Reported;

/// Bytes of a script's file that are read: those of the largest source behind a byte order mark, and one more.
const READ_MAX: usize = ScriptDefinition::SOURCE_MAX_BYTES + '\u{feff}'.len_utf8() + 1;

/// Puts the texts into the definition of a group or a connector. `folder` is the one of its file; none of standard input.
///
/// # Errors
/// A file that is not there, is none, lies elsewhere than below the folder, or is no text.
pub(crate) fn insert(definition: &mut Value, folder: Option<&Path>) -> anyhow::Result<()> {
    if let Some(script) = definition.get_mut("script").and_then(Value::as_object_mut) {
        insert_one(script, folder, "/script")?;
    }
    let connectors = definition.get_mut("connectors").and_then(Value::as_array_mut);
    for (index, connector) in connectors.into_iter().flatten().enumerate() {
        if let Some(script) = connector.get_mut("script").and_then(Value::as_object_mut) {
            insert_one(script, folder, &format!("/connectors/{index}/script"))?;
        }
    }
    Ok(())
}

fn insert_one(script: &mut Map<String, Value>, folder: Option<&Path>, pointer: &str) -> anyhow::Result<()> {
    // What is no text is for the host to name.
    let Some(file) = script.get("file").and_then(Value::as_str).map(str::to_owned) else { return Ok(()) };
    if script.contains_key("source") {
        return Err(Usage(format!("`file: {file}`: expected one of the keys `file` and `source`")).into());
    }
    let Some(folder) = folder else {
        return Err(
            Usage(format!("`file: {file}`: a definition of standard input has no folder: write `source`")).into()
        );
    };
    let source = read(folder, &file, pointer)?;
    script.remove("file");
    script.insert("source".to_owned(), source.into());
    Ok(())
}

fn read(folder: &Path, file: &str, pointer: &str) -> anyhow::Result<String> {
    let outside = || Usage(format!("`file: {file}`: expected a file below the folder of the definition"));
    let is_plain = Path::new(file).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if file.is_empty() || !is_plain {
        return Err(outside().into());
    }
    let unreadable = || format!("can't read the script `{}`", folder.join(file).display());
    let path = folder.join(file).canonicalize().with_context(unreadable)?;
    // A link may lead anywhere.
    if !path.starts_with(folder.canonicalize().with_context(unreadable)?) {
        return Err(outside().into());
    }
    if !path.is_file() {
        return Err(Usage(format!("`file: {file}` is no file")).into());
    }
    source(&path, &format!("file: {file}"), pointer)
}

/// The text of a script's file, without a byte order mark. Of one that is too large no more is read than shows it. `shown` is
/// how messages call it, `pointer` where the script is in its definition.
///
/// # Errors
/// It can't be read, is larger than a source may be, or is no text.
pub(crate) fn source(path: &Path, shown: &str, pointer: &str) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|opened| opened.take(READ_MAX as u64).read_to_end(&mut bytes))
        .with_context(|| format!("can't read the script `{}`", path.display()))?;
    let mark = "\u{feff}".as_bytes();
    let text = bytes.strip_prefix(mark).unwrap_or(&bytes);
    if text.len() > ScriptDefinition::SOURCE_MAX_BYTES {
        let wrong = ScriptDefinition::too_large(format!("{pointer}/source"), &format!("`{shown}`"));
        return Err(Reported::from(FlowError::Definition(vec![wrong]).problem()).into());
    }
    match std::str::from_utf8(text) {
        Ok(text) => Ok(text.to_owned()),
        Err(_) => Err(Usage(format!("`{shown}` is no text in UTF-8")).into()),
    }
}
