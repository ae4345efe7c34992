//! From descriptors to tables: every name is resolved once, and what contradicts itself is refused.

mod features;
mod fields;
mod forms;
mod names;

use std::collections::{HashMap, HashSet};

use crate::DescriptorsRefused;
use crate::source::{
    Comments, EnumDescriptor, FieldDescriptor, FileDescriptor, FileDescriptorSet, MessageDescriptor, Path, builtin,
};
use crate::table::{Enum, EnumId, EnumValue, Form, Message, MessageId, MethodRow, Service, Tables};
use features::Resolved;
use names::{joined, wrong};

/// What a full name stands for.
#[derive(Debug, Clone, Copy)]
enum Symbol {
    Message(MessageId),
    Enum(EnumId),
    Service,
}

#[derive(Default)]
struct Linker {
    tables: Tables,
    symbols: HashMap<Box<str>, Symbol>,
    /// Full names of the entries of maps.
    entries: HashSet<String>,
}

/// Where a definition stands: in which scope of names and features, and at which path of its file's comments.
struct DefinitionScope<'c> {
    scope: String,
    features: Resolved,
    comments: &'c Comments,
    path: Path,
}

impl DefinitionScope<'_> {
    fn inner(&self, scope: &str, field: u32, index: usize) -> DefinitionScope<'_> {
        let mut path = self.path.clone();
        path.extend([field, u32::try_from(index).unwrap_or(u32::MAX)]);
        DefinitionScope { scope: joined(&self.scope, scope), features: self.features, comments: self.comments, path }
    }

    fn comment(&self) -> Box<str> {
        self.comments.at(&self.path)
    }
}

/// Links all files of a set.
pub(crate) fn link(set: &FileDescriptorSet) -> Result<Tables, DescriptorsRefused> {
    let mut linker = Linker::default();
    let mut files = HashSet::new();
    for file in &set.file {
        if !files.insert(file.name()) {
            return Err(wrong(file.name(), "two files of the set have this name"));
        }
        linker.declare_file(file)?;
    }
    // A set may bring its own, also in files of other names.
    let mut own = builtin();
    for file in &mut own {
        let package = file.package().to_owned();
        let known = |name: &str| linker.symbols.contains_key(joined(&package, name).as_str());
        file.message_type.retain(|message| !known(message.name()));
        file.enum_type.retain(|own| !known(own.name()));
    }
    for file in &own {
        linker.declare_file(file)?;
    }
    for file in set.file.iter().chain(&own) {
        linker.define_file(file)?;
    }
    linker.finish()
}

impl Linker {
    fn declare_file(&mut self, file: &FileDescriptor) -> Result<(), DescriptorsRefused> {
        let package = file.package();
        for message in &file.message_type {
            self.declare_message(package, message)?;
        }
        for own in &file.enum_type {
            self.declare_enum(package, own)?;
        }
        for service in &file.service {
            let name = names::checked(package, service.name())?;
            self.declare(name, Symbol::Service)?;
        }
        Ok(())
    }

    fn declare(&mut self, name: String, symbol: Symbol) -> Result<(), DescriptorsRefused> {
        if self.symbols.contains_key(name.as_str()) {
            return Err(wrong(&name, "it is defined twice"));
        }
        self.symbols.insert(name.into(), symbol);
        Ok(())
    }

    fn declare_message(&mut self, scope: &str, message: &MessageDescriptor) -> Result<(), DescriptorsRefused> {
        let name = names::checked(scope, message.name())?;
        let id = MessageId(self.tables.messages.len());
        self.tables.messages.push(Message {
            name: name.as_str().into(),
            fields: Vec::new(),
            keys: HashMap::new(),
            required: Vec::new(),
            oneofs: Vec::new(),
            form: Form::Object,
            comment: Box::default(),
        });
        self.tables.names.insert(name.as_str().into(), id);
        for inner in &message.nested_type {
            self.declare_message(&name, inner)?;
        }
        for inner in &message.enum_type {
            self.declare_enum(&name, inner)?;
        }
        if message.options.as_ref().is_some_and(|options| options.map_entry()) {
            self.entries.insert(name.clone());
        }
        self.declare(name, Symbol::Message(id))
    }

    fn declare_enum(&mut self, scope: &str, own: &EnumDescriptor) -> Result<(), DescriptorsRefused> {
        let name = names::checked(scope, own.name())?;
        let id = EnumId(self.tables.enums.len());
        self.tables.enums.push(Enum {
            null: name == "google.protobuf.NullValue",
            name: name.as_str().into(),
            values: Vec::new(),
            numbers: HashMap::new(),
            names: HashMap::new(),
            closed: false,
            comment: Box::default(),
        });
        self.declare(name, Symbol::Enum(id))
    }

    fn define_file(&mut self, file: &FileDescriptor) -> Result<(), DescriptorsRefused> {
        let comments = file.source_code_info.as_deref().map(Comments::read).unwrap_or_default();
        let features = Resolved::of_file(file)?;
        let at = DefinitionScope { scope: file.package().to_owned(), features, comments: &comments, path: Path::new() };
        for (index, message) in file.message_type.iter().enumerate() {
            self.define_message(&at.inner(message.name(), 4, index), message)?;
        }
        for (index, own) in file.enum_type.iter().enumerate() {
            self.define_enum(&at.inner(own.name(), 5, index), own)?;
        }
        self.extend(&at, 7, &file.extension)?;
        for (index, service) in file.service.iter().enumerate() {
            let at = at.inner(service.name(), 6, index);
            let mut methods: Vec<MethodRow> = Vec::new();
            let mut known = HashSet::new();
            for (index, method) in service.method.iter().enumerate() {
                let name = names::checked(&at.scope, method.name())?;
                if !known.insert(method.name()) {
                    return Err(wrong(&name, "the service has two methods of this name"));
                }
                methods.push(MethodRow {
                    name: method.name().into(),
                    input: self.message(&name, method.input_type())?,
                    output: self.message(&name, method.output_type())?,
                    client_streaming: method.client_streaming(),
                    server_streaming: method.server_streaming(),
                    comment: at.inner(method.name(), 2, index).comment(),
                });
            }
            self.tables.services.push(Service { name: at.scope.as_str().into(), methods, comment: at.comment() });
        }
        Ok(())
    }

    /// The message that a type's name, as descriptors write it, stands for.
    fn message(&self, user: &str, name: &str) -> Result<MessageId, DescriptorsRefused> {
        match self.symbol(user, name)? {
            Symbol::Message(id) => Ok(id),
            Symbol::Enum(_) | Symbol::Service => Err(wrong(user, format!("`{}` is no message", names::shown(name)))),
        }
    }

    fn symbol(&self, user: &str, name: &str) -> Result<Symbol, DescriptorsRefused> {
        let full = name.strip_prefix('.').ok_or_else(|| {
            wrong(user, format!("it names the type `{}`: expected a full name with a leading dot", names::shown(name)))
        })?;
        self.symbols
            .get(full)
            .copied()
            .ok_or_else(|| wrong(user, format!("it uses `{}`, which no file of the set defines", names::shown(full))))
    }

    fn define_message(
        &mut self,
        at: &DefinitionScope<'_>,
        message: &MessageDescriptor,
    ) -> Result<(), DescriptorsRefused> {
        let options = message.options.as_ref();
        let at = &DefinitionScope {
            scope: at.scope.clone(),
            features: at.features.with(options.and_then(|options| options.features.as_ref())),
            comments: at.comments,
            path: at.path.clone(),
        };
        if options.is_some_and(|options| options.message_set_wire_format()) {
            return Err(wrong(&at.scope, "it has `message_set_wire_format`, which is not supported"));
        }
        let Some(Symbol::Message(id)) = self.symbols.get(at.scope.as_str()).copied() else {
            return Err(wrong(&at.scope, "it was not declared"));
        };
        for (index, inner) in message.nested_type.iter().enumerate() {
            self.define_message(&at.inner(inner.name(), 3, index), inner)?;
        }
        for (index, inner) in message.enum_type.iter().enumerate() {
            self.define_enum(&at.inner(inner.name(), 4, index), inner)?;
        }
        let mut fields = Vec::with_capacity(message.field.len());
        let (oneofs, places) = fields::oneofs(message);
        for (index, field) in message.field.iter().enumerate() {
            let inner = at.inner(field.name(), 2, index);
            fields.push(self.field(&inner, field, &places)?);
        }
        let form = forms::form(&at.scope, message)?;
        let comment = at.comment();
        if let Some(own) = self.tables.messages.get_mut(id.0) {
            // Extensions of other files may be there already.
            let (plain, required) = fields.into_iter().unzip::<_, bool, Vec<_>, Vec<_>>();
            for (field, required) in plain.into_iter().zip(required) {
                if required {
                    own.required.push(field.number as usize);
                }
                own.fields.push(field);
            }
            own.oneofs = oneofs;
            own.form = form;
            own.comment = comment;
        }
        self.extend(at, 6, &message.extension)
    }

    fn define_enum(&mut self, at: &DefinitionScope<'_>, own: &EnumDescriptor) -> Result<(), DescriptorsRefused> {
        let features = at.features.with(own.options.as_ref().and_then(|options| options.features.as_ref()));
        let Some(Symbol::Enum(id)) = self.symbols.get(at.scope.as_str()).copied() else {
            return Err(wrong(&at.scope, "it was not declared"));
        };
        let Some(target) = self.tables.enums.get_mut(id.0) else { return Ok(()) };
        target.closed = features.closed;
        target.comment = at.comment();
        for (index, value) in own.value.iter().enumerate() {
            names::checked(&at.scope, value.name())?;
            target.numbers.entry(value.number()).or_insert(index);
            if target.names.insert(value.name().into(), value.number()).is_some() {
                return Err(wrong(&at.scope, format!("it has two values `{}`", value.name())));
            }
            let comment = at.inner(value.name(), 2, index).comment();
            target.values.push(EnumValue { name: value.name().into(), comment });
        }
        if target.values.is_empty() {
            return Err(wrong(&at.scope, "it has no values"));
        }
        Ok(())
    }

    /// Adds extensions to the messages that they extend.
    fn extend(
        &mut self,
        at: &DefinitionScope<'_>,
        part: u32,
        extensions: &[FieldDescriptor],
    ) -> Result<(), DescriptorsRefused> {
        for (index, extension) in extensions.iter().enumerate() {
            let at = at.inner(extension.name(), part, index);
            let id = self.message(&at.scope, extension.extendee())?;
            let (mut field, _) = self.field(&at, extension, &[])?;
            field.key = format!("[{}]", at.scope).into();
            field.name = at.scope.as_str().into();
            if let Some(own) = self.tables.messages.get_mut(id.0) {
                own.fields.push(field);
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Tables, DescriptorsRefused> {
        for message in &mut self.tables.messages {
            fields::index(message)?;
        }
        self.tables.services.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(self.tables)
    }
}

#[cfg(test)]
mod tests;
