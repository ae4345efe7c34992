//! The files of a package: what of a group's document stands in files of its own, so that people can edit it there.
//!
//! `group.yaml` names them: `file: scripts/NAME.ts` in place of a script's `source`, `files: protos/` in place of the texts of
//! `protos`, and `descriptors: protos/reflection.pb` beside `reflection: true` for what a server told.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use lockgate_domain::connector::ScriptLanguage;
use lockgate_domain::{Digest, Violation, written};
use serde_json::{Map, Value};

use crate::FlowError;

/// The document of a group in its folder.
pub(crate) const GROUP: &str = "group.yaml";
/// The document of an installation beside it.
pub(crate) const INSTALLATION: &str = "installation.yaml";
/// Where the scripts of its connectors are.
const SCRIPTS: &str = "scripts/";
/// Where its `.proto` files are.
const PROTOS: &str = "protos/";
/// The descriptors that its server told by reflection, as a `google.protobuf.FileDescriptorSet`.
pub(crate) const DESCRIPTORS: &str = "protos/reflection.pb";
/// The key of `protos` that names them.
const DESCRIPTORS_KEY: &str = "descriptors";
/// Where the bytes of its plugins are.
const PLUGINS: &str = "plugins/";
/// The ending of those.
const COMPONENT: &str = ".wasm";

/// Texts by their paths.
pub(crate) type Texts = BTreeMap<String, String>;

/// The files of an archive, but for plugins.
#[derive(Debug, Default)]
pub(crate) struct Files {
    pub(crate) texts: Texts,
    /// Descriptors that servers told, by the folders of their groups.
    pub(crate) descriptors: BTreeMap<String, Bytes>,
}

/// Where the bytes of a plugin are.
pub(crate) fn component_path(digest: &Digest) -> String {
    format!("{PLUGINS}{}{COMPONENT}", digest.hex())
}

/// Whether an entry is a plugin, and not a text.
pub(crate) fn is_component(path: &str) -> bool {
    path.ends_with(COMPONENT)
}

/// The folder of the group to which a file of descriptors belongs, if it is one.
pub(crate) fn descriptors_of(path: &str) -> Option<&str> {
    path.strip_suffix(DESCRIPTORS).filter(|folder| folder.is_empty() || folder.ends_with('/'))
}

/// The digest that the name of a plugin's file says, in a folder.
pub(crate) fn digest_of(path: &str) -> Option<(&str, Digest)> {
    let (folder, name) = path.rsplit_once('/').map_or(("", path), |(folder, name)| (folder, name));
    let folder = folder.strip_suffix(PLUGINS.trim_end_matches('/'))?;
    let hex = name.strip_suffix(COMPONENT).filter(|hex| hex.len() == 64)?;
    let digest: Digest = hex.parse().ok()?;
    (digest.hex() == hex && (folder.is_empty() || folder.ends_with('/'))).then_some((folder, digest))
}

/// A document as YAML. Should it not be read again as it is, it is written as JSON, which is YAML too.
pub(crate) fn text(document: &Value) -> String {
    let yaml = written::yaml(document);
    if written::definition(&yaml).as_ref() == Ok(document) {
        return yaml;
    }
    format!("{}\n", serde_json::to_string_pretty(document).unwrap_or_default())
}

/// Takes scripts and `.proto` files out of a group's document, and leaves their names; also that of descriptors if `told`.
/// Gives the texts, with the document.
pub(crate) fn split(mut document: Value, told: bool) -> Texts {
    let mut files = Texts::new();
    for connector in document.get_mut("connectors").and_then(Value::as_array_mut).into_iter().flatten() {
        let Some(name) = connector.get("name").and_then(Value::as_str).map(str::to_owned) else { continue };
        let Some(script) = connector.get_mut("script").and_then(Value::as_object_mut) else { continue };
        let language = script.get("language").and_then(Value::as_str);
        let Some(language) = [ScriptLanguage::JavaScript, ScriptLanguage::TypeScript]
            .into_iter()
            .find(|known| Some(known.word()) == language)
        else {
            continue;
        };
        let path = format!("{SCRIPTS}{name}.{}", language.ending());
        if let Some(Value::String(source)) = script.remove("source") {
            script.insert("file".to_owned(), path.as_str().into());
            files.insert(path, source);
        }
    }
    if let Some(protos) = document.get_mut("protos").and_then(Value::as_object_mut)
        && let Some(Value::Object(texts)) = protos.get("files")
        && are_files(texts)
    {
        let texts: Vec<_> =
            texts.iter().filter_map(|(path, text)| Some((path.clone(), text.as_str()?.to_owned()))).collect();
        protos.insert("files".to_owned(), PROTOS.into());
        files.extend(texts.into_iter().map(|(path, text)| (format!("{PROTOS}{path}"), text)));
    }
    if let Some(protos) = document.get_mut("protos").and_then(Value::as_object_mut).filter(|_| told) {
        protos.insert(DESCRIPTORS_KEY.to_owned(), DESCRIPTORS.into());
    }
    files.insert(GROUP.to_owned(), text(&document));
    files
}

/// Whether every system has a file for each of these paths: names that differ in case alone are one file to some, and names
/// with a dot in front are hidden. Others stay in the document.
fn are_files(texts: &Map<String, Value>) -> bool {
    let mut names = BTreeSet::new();
    let hidden = |path: &str| path.split('/').any(|part| part.starts_with('.'));
    texts.keys().all(|path| !hidden(path) && names.insert(path.to_ascii_lowercase()))
}

/// Puts files of a folder back into a group's document, and gives the descriptors that it names. What it takes is gone from
/// `files` then.
///
/// # Errors
/// [`FlowError::Definition`]: it names a file that is not there, or both a file and its text.
pub(crate) fn join(document: &mut Value, folder: &str, files: &mut Files) -> Result<Option<Bytes>, FlowError> {
    let Files { texts: files, descriptors } = files;
    let (mut wrong, mut told) = (Vec::new(), None);
    let connectors = document.get_mut("connectors").and_then(Value::as_array_mut);
    for (index, connector) in connectors.into_iter().flatten().enumerate() {
        let Some(script) = connector.get_mut("script").and_then(Value::as_object_mut) else { continue };
        let pointer = format!("/connectors/{index}/script");
        match insert_script(script, folder, files) {
            Ok(()) => {}
            Err((rule, detail)) => wrong.push(Violation::new(format!("{pointer}/file"), rule, detail)),
        }
    }
    if let Some(protos) = document.get_mut("protos").and_then(Value::as_object_mut)
        && protos.get("files").and_then(Value::as_str) == Some(PROTOS)
    {
        let begin = format!("{folder}{PROTOS}");
        let own: Vec<_> = files.keys().filter(|path| path.starts_with(&begin)).cloned().collect();
        let texts = own.into_iter().filter_map(|path| {
            let text = files.remove(&path)?;
            Some((path.strip_prefix(&begin)?.to_owned(), Value::String(text)))
        });
        let texts: Map<_, _> = texts.collect();
        protos.insert("files".to_owned(), Value::Object(texts));
    }
    if let Some(protos) = document.get_mut("protos").and_then(Value::as_object_mut)
        && let Some(named) = protos.remove(DESCRIPTORS_KEY)
    {
        match named.as_str() {
            Some(DESCRIPTORS) if protos.contains_key("reflection") => told = descriptors.remove(folder),
            Some(_) | None => {}
        }
        if told.is_none() {
            let detail = format!("expected `{DESCRIPTORS}`, which is there, beside `reflection: true`");
            wrong.push(Violation::new(format!("/protos/{DESCRIPTORS_KEY}"), "unknown", detail));
        }
    }
    if wrong.is_empty() { Ok(told) } else { Err(FlowError::Definition(wrong)) }
}

fn insert_script(
    script: &mut Map<String, Value>,
    folder: &str,
    files: &mut Texts,
) -> Result<(), (&'static str, String)> {
    let Some(file) = script.remove("file") else { return Ok(()) };
    if script.contains_key("source") {
        return Err(("oneOf", "expected one of the keys `file` and `source`".to_owned()));
    }
    let path = file.as_str().filter(|path| path.starts_with(SCRIPTS));
    let Some(path) = path else {
        return Err(("path", format!("expected a file below `{SCRIPTS}`, such as `{SCRIPTS}price.ts`")));
    };
    let Some(source) = files.remove(&format!("{folder}{path}")) else {
        return Err(("unknown", format!("`{path}` is not there, or another connector has it")));
    };
    script.insert("source".to_owned(), written::without_bom(&source).into());
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document() -> Value {
        json!({
            "slug": "shop",
            "protos": {"files": {"shop/v1/a.proto": "syntax = \"proto3\";\n", "b.proto": "syntax = \"proto3\";"}},
            "connectors": [
                {"name": "one", "script": {"language": "typescript", "source": "export default () => 1;\n"}},
                {"name": "two", "script": {"language": "javascript", "source": ""}},
                {"name": "three", "type": "http"},
            ],
        })
    }

    #[test]
    fn texts_stand_in_files_and_come_back() {
        let mut files = Files { texts: split(document(), false), ..Files::default() };
        let names: Vec<_> = files.texts.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            ["group.yaml", "protos/b.proto", "protos/shop/v1/a.proto", "scripts/one.ts", "scripts/two.js"]
        );
        let mut read = written::definition(&files.texts.remove(GROUP).unwrap()).unwrap();
        assert_eq!(
            (&read["protos"]["files"], &read["connectors"][0]["script"]["file"]),
            (&json!("protos/"), &json!("scripts/one.ts"))
        );
        assert_eq!(join(&mut read, "", &mut files).unwrap(), None);
        assert_eq!((read, files.texts.len()), (document(), 0));
    }

    #[test]
    fn paths_that_are_one_file_somewhere_stay_in_the_document() {
        for paths in [["a.proto", "A.proto"], ["a.proto", "b/.c.proto"]] {
            let files: Map<_, _> = paths.iter().map(|path| ((*path).to_owned(), json!("x"))).collect();
            let document = json!({"slug": "shop", "protos": {"files": files}});
            let mut split = Files { texts: split(document.clone(), false), ..Files::default() };
            let mut read = written::definition(&split.texts.remove(GROUP).unwrap()).unwrap();
            join(&mut read, "", &mut split).unwrap();
            assert_eq!((read, split.texts.len()), (document, 0));
        }
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        for (script, rule) in [
            (json!({"file": "scripts/a.ts"}), "unknown"),
            (json!({"file": "../a.ts"}), "path"),
            (json!({"file": 1}), "path"),
            (json!({"file": "scripts/one.ts", "source": ""}), "oneOf"),
        ] {
            let mut document = json!({"connectors": [{"name": "a", "script": script}]});
            let texts = Texts::from([("x/scripts/one.ts".to_owned(), "1".to_owned())]);
            let mut files = Files { texts, ..Files::default() };
            let Err(FlowError::Definition(wrong)) = join(&mut document, "x/", &mut files) else { panic!("{rule}") };
            assert_eq!((wrong[0].pointer.as_str(), wrong[0].rule.as_str()), ("/connectors/0/script/file", rule));
        }
    }

    #[test]
    fn descriptors_of_a_server_are_a_file_of_their_own() {
        let document = json!({"slug": "shop", "protos": {"reflection": true}});
        let text = split(document.clone(), true).remove(GROUP).unwrap();
        let named = written::definition(&text).unwrap();
        assert_eq!(named["protos"], json!({"reflection": true, "descriptors": "protos/reflection.pb"}));
        let set = Bytes::from_static(b"set");
        let files = || Files { descriptors: BTreeMap::from([("x/".to_owned(), set.clone())]), ..Files::default() };
        let (mut read, mut own) = (named.clone(), files());
        assert_eq!(join(&mut read, "x/", &mut own).unwrap(), Some(set.clone()));
        assert_eq!((read, own.descriptors.len()), (document, 0));
        // A file that is not there, another name, and descriptors of a group that has its own.
        let refused = |mut document: Value, folder: &str| {
            let Err(FlowError::Definition(wrong)) = join(&mut document, folder, &mut files()) else {
                panic!("{document}")
            };
            wrong[0].pointer.clone()
        };
        assert_eq!(refused(named, ""), "/protos/descriptors");
        for protos in [
            json!({"reflection": true, "descriptors": "protos/other.pb"}),
            json!({"reflection": true, "descriptors": 1}),
            json!({"descriptor_set": "AA==", "descriptors": "protos/reflection.pb"}),
        ] {
            assert_eq!(refused(json!({"protos": protos}), "x/"), "/protos/descriptors");
        }
        assert_eq!(
            (descriptors_of("x/protos/reflection.pb"), descriptors_of("protos/reflection.pb")),
            (Some("x/"), Some(""))
        );
        assert_eq!((descriptors_of("xprotos/reflection.pb"), descriptors_of("protos/other.pb")), (None, None));
    }

    #[test]
    fn a_plugins_file_is_named_by_its_digest() {
        let digest = Digest::of(b"x");
        let path = component_path(&digest);
        assert_eq!(digest_of(&path), Some(("", digest)));
        assert_eq!(digest_of(&format!("shop/{path}")), Some(("shop/", digest)));
        for wrong in [
            "plugins/x.wasm",
            "a.wasm",
            &path.to_uppercase(),
            &format!("x{path}"),
            &path.replace("plugins/", "plugins/a/"),
        ] {
            assert_eq!(digest_of(wrong), None, "{wrong}");
        }
    }
}
