//! `.proto` texts become a set of descriptors. The compiler recurses and allocates as its input says, so this runs in the
//! compile child and not in the host.

use std::collections::BTreeMap;
use std::fmt;

use miette::Diagnostic;
use prost::Message;
use protox::file::{ChainFileResolver, File, FileResolver, GoogleFileResolver};
use serde::{Deserialize, Serialize};

use crate::source::{builtin, is_builtin};

/// Errors that one compilation reports.
const ERRORS_MAX: usize = 20;
/// Bytes of one error's text.
const ERROR_MAX: usize = 500;

/// Files of `google.api` that many services import for their options, with what is used of them.
const OPTIONS: [(&str, &str); 3] = [
    ("google/api/annotations.proto", include_str!("compile/annotations.proto")),
    ("google/api/http.proto", include_str!("compile/http.proto")),
    ("google/api/field_behavior.proto", include_str!("compile/field_behavior.proto")),
];

/// What is wrong with a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProtoError {
    /// The path of the file; none if the error is of none.
    pub file: Option<String>,
    /// Line and column (in characters), counted from 1.
    pub place: Option<(usize, usize)>,
    /// What was expected.
    pub message: String,
}

impl fmt::Display for ProtoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{file}:")?;
            if let Some((line, column)) = self.place {
                write!(f, "{line}:{column}:")?;
            }
            f.write_str(" ")?;
        }
        f.write_str(&self.message)
    }
}

/// The files of a group, and nothing of any disk.
#[derive(Debug)]
struct Given(BTreeMap<String, String>);

impl FileResolver for Given {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        match self.0.get(name) {
            Some(text) => File::from_source(name, text),
            None => Err(protox::Error::file_not_found(name)),
        }
    }
}

/// Files that every group has.
#[derive(Debug)]
struct Builtin;

impl FileResolver for Builtin {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        if let Some((_, text)) = OPTIONS.iter().find(|(own, _)| *own == name) {
            return File::from_source(name, text);
        }
        let own = builtin().into_iter().filter(|_| is_builtin(name)).find(|file| file.name() == name);
        let mut own = own.ok_or_else(|| protox::Error::file_not_found(name))?;
        if own.package() == "google.rpc" {
            own.dependency = vec!["google/protobuf/any.proto".to_owned(), "google/protobuf/duration.proto".to_owned()];
        }
        File::decode_file_descriptor_proto(own.encode_to_vec().as_slice()).map_err(protox::Error::new)
    }
}

/// Compiles all files, with what they import, into a `google.protobuf.FileDescriptorSet` with comments.
///
/// # Errors
/// What is wrong with them, at least one error.
pub fn compile(files: BTreeMap<String, String>) -> Result<Vec<u8>, Vec<ProtoError>> {
    let mut resolver = ChainFileResolver::new();
    resolver.add(Given(files.clone()));
    // Before the well-known types, which have their texts there.
    resolver.add(GoogleFileResolver::new());
    resolver.add(Builtin);
    let mut compiler = protox::Compiler::with_file_resolver(resolver);
    compiler.include_imports(true).include_source_info(true);
    for name in files.keys() {
        compiler.open_file(name).map_err(|error| errors(&error, &files))?;
    }
    Ok(compiler.encode_file_descriptor_set())
}

fn errors(error: &protox::Error, files: &BTreeMap<String, String>) -> Vec<ProtoError> {
    let mut all = vec![one(error, error.file(), error.to_string(), files)];
    if let Some(related) = error.related() {
        all.extend(related.map(|more| one(more, error.file(), more.to_string(), files)));
    }
    all.truncate(ERRORS_MAX);
    all
}

fn one(
    error: &dyn Diagnostic,
    file: Option<&str>,
    mut message: String,
    files: &BTreeMap<String, String>,
) -> ProtoError {
    if let Some(help) = error.help() {
        message.push_str(&format!(" ({help})"));
    }
    if message.len() > ERROR_MAX {
        message.truncate(message.floor_char_boundary(ERROR_MAX));
        message.push('…');
    }
    let offset = error.labels().and_then(|mut labels| labels.next()).map(|label| label.offset());
    let text = file.and_then(|file| files.get(file));
    let place = offset.zip(text).map(|(offset, text)| {
        let before = text.get(..text.floor_char_boundary(offset)).unwrap_or_default();
        let line = before.rsplit_once('\n').map_or(before, |(_, line)| line);
        (1 + before.matches('\n').count(), 1 + line.chars().count())
    });
    ProtoError { file: file.map(str::to_owned), place, message }
}

#[cfg(test)]
mod tests;
