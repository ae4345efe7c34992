//! A group's `protos`: where the descriptors of its gRPC messages come from.

use std::collections::BTreeMap;

use base64::Engine;
use serde_json::Value;

use crate::reader::{Node, Object, Violations};
use crate::{DestinationName, Digest, Violation};

/// Files of one group; what an API imports beside its own is among them.
pub(crate) const FILES_MAX: usize = 200;
/// Bytes of all files, or of a descriptor set: half of what a group's definition may have.
const BYTES_MAX: usize = 512 * 1024;
/// Bytes of a file's path.
pub(crate) const PATH_MAX: usize = 200;
/// Where the well-known types are, which every group has.
const WELL_KNOWN: &str = "google/protobuf/";

/// Where descriptors come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Protos {
    /// `.proto` texts by the paths that imports name them by.
    Files(BTreeMap<String, String>),
    /// A `google.protobuf.FileDescriptorSet`, as compilers write it.
    Set(Vec<u8>),
    /// The server is asked, when somebody says so.
    Reflection {
        /// The server, by the name of its destination; needed where the group has several.
        destination: Option<DestinationName>,
    },
}

#[derive(Clone, Copy)]
enum Kind {
    Files,
    Set,
    Reflection,
}

impl Protos {
    /// Reads the value of `protos`.
    ///
    /// # Errors
    /// Every rule that it breaks, with pointers below `/protos`.
    pub fn read(value: &Value) -> Result<Self, Vec<Violation>> {
        let violations = Violations::default();
        match read(&violations.node("/protos", value)) {
            Some(protos) => violations.result(protos),
            None => Err(violations.into_violations()),
        }
    }

    /// What tells one source from another: descriptors that were made of it are kept with it.
    pub fn digest(value: &Value) -> Digest {
        Digest::of(value.to_string().as_bytes())
    }
}

fn read(node: &Node<'_>) -> Option<Protos> {
    let mut object: Object<'_> = node.object()?;
    let kinds = [("files", Kind::Files), ("descriptor_set", Kind::Set), ("reflection", Kind::Reflection)];
    let given: Vec<_> = kinds.into_iter().filter_map(|(key, kind)| Some((kind, object.optional(key)?))).collect();
    let destination = object.optional("destination");
    object.end();
    let destination = match destination {
        Some(at) => {
            if !matches!(given.as_slice(), [(Kind::Reflection, _)]) {
                at.wrong("unknown", "only `reflection` asks a server");
            }
            Some(at.parse("name")?)
        }
        None => None,
    };
    match given.as_slice() {
        [(Kind::Files, node)] => files(node),
        [(Kind::Set, node)] => set(node),
        [(Kind::Reflection, node)] => {
            if !node.flag()? {
                node.wrong("const", "expected true, or no `protos`");
            }
            Some(Protos::Reflection { destination })
        }
        [] | [_, _, ..] => {
            node.wrong("oneOf", "expected one of the keys `files`, `descriptor_set` and `reflection`");
            None
        }
    }
}

fn files(node: &Node<'_>) -> Option<Protos> {
    let mut files = BTreeMap::new();
    let mut size = 0_usize;
    for (path, node) in node.entries::<String>(FILES_MAX) {
        if !is_path(&path) {
            let detail = "expected a path as imports name it, such as `shop/v1/orders.proto`: parts of letters, digits, \
                          `_`, `-` and `.`, at most 200 bytes";
            node.wrong("path", detail);
        } else if path.starts_with(WELL_KNOWN) {
            node.wrong("path", "every group has the well-known types: leave them out");
        }
        let text = node.text()?;
        size = size.saturating_add(text.len());
        files.insert(path, text.to_owned());
    }
    if size > BYTES_MAX {
        node.wrong("size", format!("the files have {size} bytes: expected at most {BYTES_MAX}"));
    }
    Some(Protos::Files(files))
}

fn is_path(path: &str) -> bool {
    let part = |part: &str| {
        !matches!(part, "" | "." | "..")
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
    };
    path.len() <= PATH_MAX && path.ends_with(".proto") && path.split('/').all(part)
}

fn set(node: &Node<'_>) -> Option<Protos> {
    let text = node.text()?;
    if text.len() / 4 * 3 > BYTES_MAX {
        node.wrong("size", format!("expected at most {BYTES_MAX} bytes before they are encoded"));
        return None;
    }
    // As command lines make it, with line breaks.
    let text: String = text.chars().filter(|one| !one.is_ascii_whitespace()).collect();
    let bytes = base64::engine::general_purpose::STANDARD.decode(text);
    let wrong = |_| node.wrong("base64", "expected a FileDescriptorSet in base64, as `protoc -o` and `base64` make it");
    bytes.map_err(wrong).ok().map(Protos::Set)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(value: &Value) -> Vec<(String, String)> {
        Protos::read(value).unwrap_err().into_iter().map(|wrong| (wrong.pointer, wrong.rule)).collect()
    }

    #[test]
    fn one_source_is_read() {
        let files = json!({"files": {"shop/v1/orders.proto": "syntax = \"proto3\";"}});
        assert!(matches!(Protos::read(&files), Ok(Protos::Files(files)) if files.len() == 1));
        assert_eq!(Protos::read(&json!({"descriptor_set": "Cg\nA="})), Ok(Protos::Set(vec![10, 0])));
        assert_eq!(Protos::read(&json!({"reflection": true})), Ok(Protos::Reflection { destination: None }));
        let named = Protos::read(&json!({"reflection": true, "destination": "orders"}));
        assert!(matches!(named, Ok(Protos::Reflection { destination: Some(name) }) if name.as_str() == "orders"));
    }

    #[test]
    fn other_sources_are_refused_with_their_place() {
        for (value, pointer, rule) in [
            (json!({}), "/protos", "oneOf"),
            (json!({"reflection": true, "files": {"a.proto": ""}}), "/protos", "oneOf"),
            (json!({"reflection": false}), "/protos/reflection", "const"),
            (json!({"files": {"a.proto": ""}, "destination": "a"}), "/protos/destination", "unknown"),
            (json!({"files": {}}), "/protos/files", "size"),
            (json!({"files": {"a.proto": "x".repeat(BYTES_MAX + 1)}}), "/protos/files", "size"),
            (json!({"descriptor_set": "*"}), "/protos/descriptor_set", "base64"),
            (json!({"descriptor_set": "A".repeat(BYTES_MAX * 2)}), "/protos/descriptor_set", "size"),
            (json!({"server": 1}), "/protos/server", "unknown"),
        ] {
            assert!(refused(&value).contains(&(pointer.to_owned(), rule.to_owned())), "{:?}", refused(&value));
        }
        let long = format!("{}.proto", "a".repeat(200));
        for path in [
            "/a.proto",
            "../a.proto",
            "a/../b.proto",
            "a//b.proto",
            "a\\b.proto",
            "a.txt",
            "é.proto",
            &long,
            "google/protobuf/any.proto",
        ] {
            assert_eq!(refused(&json!({"files": {path: ""}}))[0].1, "path", "{path}");
        }
        let many: serde_json::Map<_, _> = (0..=FILES_MAX).map(|n| (format!("a{n}.proto"), json!(""))).collect();
        assert_eq!(refused(&json!({"files": many}))[0].1, "size");
    }
}
