//! Scripts that a definition leaves in files of their own: `script: {language: typescript, file: scripts/price.ts}`, as in the
//! folders of `lockgate apply`. The host gets their texts.

use std::fs::File;
use std::io::Read;
use std::path::{Component, Path};

use anyhow::Context;
use lockgate_domain::written;
use serde_json::{Map, Value};

use crate::exit::Usage;

/// Bytes of one script: more than a host takes, which says how many that is.
const SOURCE_MAX: u64 = 1024 * 1024;

/// Puts the texts into the definition of a group or a connector. `folder` is the one of its file; none of standard input.
///
/// # Errors
/// A file that is not there, is none, lies elsewhere than below the folder, or is no text.
pub(crate) fn insert(definition: &mut Value, folder: Option<&Path>) -> anyhow::Result<()> {
    if let Some(script) = definition.get_mut("script").and_then(Value::as_object_mut) {
        insert_one(script, folder)?;
    }
    for connector in definition.get_mut("connectors").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(script) = connector.get_mut("script").and_then(Value::as_object_mut) {
            insert_one(script, folder)?;
        }
    }
    Ok(())
}

fn insert_one(script: &mut Map<String, Value>, folder: Option<&Path>) -> anyhow::Result<()> {
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
    let source = read(folder, &file)?;
    script.remove("file");
    script.insert("source".to_owned(), written::without_bom(&source).into());
    Ok(())
}

fn read(folder: &Path, file: &str) -> anyhow::Result<String> {
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
    let mut bytes = Vec::new();
    File::open(&path)
        .and_then(|opened| opened.take(SOURCE_MAX + 1).read_to_end(&mut bytes))
        .with_context(unreadable)?;
    if bytes.len() as u64 > SOURCE_MAX {
        return Err(Usage(format!("`file: {file}` has more than {SOURCE_MAX} bytes")).into());
    }
    String::from_utf8(bytes).map_err(|_| Usage(format!("`file: {file}` is no text in UTF-8")).into())
}
