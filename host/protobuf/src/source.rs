//! A `google.protobuf.FileDescriptorSet` as it comes: from an author's file, the compiler of `.proto` texts, or a server.

mod bounds;
mod builtin;
mod comments;
mod descriptor;

use std::collections::{BTreeMap, HashSet, VecDeque};

use bytes::Bytes;
use lockgate_domain::printable;
use prost::Message;

pub use bounds::{FILES_MAX, SET_BYTES_MAX};
pub(crate) use builtin::{builtin, is_builtin};
pub(crate) use comments::{Comments, Path};
pub(crate) use descriptor::{
    EnumDescriptor, Features, FieldDescriptor, FileDescriptor, FileDescriptorSet, MessageDescriptor,
};

use crate::DescriptorsRefused;
use crate::wire::{WireType, write_tag, write_varint};

/// Reads a set of files, whose size and count of parts were looked at before.
pub(crate) fn decode(bytes: Bytes) -> Result<FileDescriptorSet, DescriptorsRefused> {
    bounds::check(&bytes)?;
    FileDescriptorSet::decode(bytes).map_err(|error| DescriptorsRefused::Wire(error.to_string()))
}

/// File descriptors one by one, as reflection gives them, on their way to a set.
#[derive(Debug, Default)]
pub struct Files {
    files: BTreeMap<String, Bytes>,
    size: usize,
    /// Names of imports that were asked for or are there.
    seen: HashSet<String>,
    missing: VecDeque<String>,
}

impl Files {
    /// Takes one `google.protobuf.FileDescriptorProto`, and says whether it is new.
    ///
    /// # Errors
    /// It is no file descriptor, has no name, differs from one of the same name, or there are too many or too large ones.
    pub fn add(&mut self, bytes: Bytes) -> Result<bool, DescriptorsRefused> {
        bounds::check_file(&bytes)?;
        let file =
            FileDescriptor::decode(bytes.clone()).map_err(|error| DescriptorsRefused::Wire(error.to_string()))?;
        let name = file.name().to_owned();
        if name.is_empty() {
            return Err(DescriptorsRefused::Wire("a file has no name".to_owned()));
        }
        if let Some(own) = self.files.get(&name) {
            // Which of two was meant nobody can say.
            if *own == bytes || FileDescriptor::decode(own.clone()).is_ok_and(|own| own == file) {
                return Ok(false);
            }
            let detail = "there are two files of this name, and they differ".to_owned();
            return Err(DescriptorsRefused::Definition { name: printable(&name).into_owned(), detail });
        }
        self.size += bytes.len();
        if self.size > SET_BYTES_MAX {
            return Err(DescriptorsRefused::TooLarge { what: "bytes", found: self.size, most: SET_BYTES_MAX });
        }
        self.seen.insert(name.clone());
        for wanted in file.dependency {
            if !builtin::is_builtin(&wanted) && self.seen.insert(wanted.clone()) {
                self.missing.push_back(wanted);
            }
        }
        if self.seen.len() > FILES_MAX {
            return Err(DescriptorsRefused::TooLarge { what: "files", found: self.seen.len(), most: FILES_MAX });
        }
        self.files.insert(name, bytes);
        Ok(true)
    }

    /// The next file that another one imports and that is not there. Each is given once; those that every set has are not
    /// among them.
    pub fn next_missing(&mut self) -> Option<String> {
        std::iter::from_fn(|| self.missing.pop_front()).find(|name| !self.files.contains_key(name))
    }

    /// All of them as one `google.protobuf.FileDescriptorSet`, in the order of their names.
    pub fn into_set(self) -> Bytes {
        let mut out = Vec::with_capacity(self.size + 8 * self.files.len());
        for bytes in self.files.values() {
            write_tag(1, WireType::Delimited, &mut out);
            write_varint(bytes.len() as u64, &mut out);
            out.extend_from_slice(bytes);
        }
        out.into()
    }
}
