//! The services of a set of descriptors, and their methods.

use std::sync::Arc;

use bytes::Bytes;
use lockgate_domain::schema::{Document, DocumentValue};
use serde_json::Value;

use crate::schema::{Side, schema};
use crate::table::{MethodRow, Tables};
use crate::{DescriptorsRefused, NotDecoded, NotEncoded, RichStatus, decode, encode, link, source, status};

/// Linked descriptors. A clone is cheap.
#[derive(Debug, Clone)]
pub struct Descriptors(pub(crate) Arc<Tables>);

/// A service.
#[derive(Debug, Clone)]
pub struct Service {
    tables: Arc<Tables>,
    place: usize,
}

/// A method of a service.
#[derive(Debug, Clone)]
pub struct Method {
    tables: Arc<Tables>,
    service: usize,
    place: usize,
}

impl Descriptors {
    /// Reads a `google.protobuf.FileDescriptorSet`, in which every file is that others import; the well-known types and
    /// those of `google.rpc` may be missing. Of a set of 4 MiB it takes some tens of milliseconds.
    ///
    /// # Errors
    /// It is none, contradicts itself, or is larger than 4 MiB, 1,000 files or 100,000 definitions.
    pub fn read(set: Bytes) -> Result<Self, DescriptorsRefused> {
        let set = source::decode(set)?;
        Ok(Self(Arc::new(link::link(&set)?)))
    }

    /// Those that know only what every set has: the well-known types and those of `google.rpc`.
    ///
    /// # Errors
    /// Never.
    pub fn builtin() -> Result<Self, DescriptorsRefused> {
        Self::read(Bytes::new())
    }

    /// The services, by their names.
    pub fn services(&self) -> impl Iterator<Item = Service> + '_ {
        (0..self.0.services.len()).map(|place| Service { tables: Arc::clone(&self.0), place })
    }

    /// A service by its full name, such as `shop.Orders`.
    pub fn service(&self, name: &str) -> Option<Service> {
        let place = self.0.services.binary_search_by(|own| (*own.name).cmp(name)).ok()?;
        Some(Service { tables: Arc::clone(&self.0), place })
    }

    /// A method: `shop.Orders/Create`, or its path `/shop.Orders/Create`.
    pub fn method(&self, name: &str) -> Option<Method> {
        let (service, method) = name.strip_prefix('/').unwrap_or(name).rsplit_once('/')?;
        self.service(service)?.method(method)
    }

    /// What `grpc-status-details-bin` holds, a `google.rpc.Status`. Details of types that are not defined stay bytes.
    /// `most` bounds the bytes of JSON of all details together.
    ///
    /// # Errors
    /// The bytes are no `google.rpc.Status`, or are too large.
    pub fn status(&self, bytes: &[u8], most: usize) -> Result<RichStatus, NotDecoded> {
        status::read(&self.0, bytes, most)
    }
}

impl Service {
    fn row(&self) -> Option<&crate::table::Service> {
        self.tables.services.get(self.place)
    }

    /// Its full name.
    pub fn name(&self) -> &str {
        self.row().map_or("", |row| &row.name)
    }

    /// The comment before it, if the descriptors have comments.
    pub fn comment(&self) -> &str {
        self.row().map_or("", |row| &row.comment)
    }

    /// Its methods, as declared.
    pub fn methods(&self) -> impl Iterator<Item = Method> + '_ {
        let count = self.row().map_or(0, |row| row.methods.len());
        (0..count).map(|place| Method { tables: Arc::clone(&self.tables), service: self.place, place })
    }

    /// A method by its name.
    pub fn method(&self, name: &str) -> Option<Method> {
        let place = self.row()?.methods.iter().position(|own| *own.name == *name)?;
        Some(Method { tables: Arc::clone(&self.tables), service: self.place, place })
    }
}

impl Method {
    fn rows(&self) -> Option<(&crate::table::Service, &MethodRow)> {
        let service = self.tables.services.get(self.service)?;
        Some((service, service.methods.get(self.place)?))
    }

    /// Its name within the service.
    pub fn name(&self) -> &str {
        self.rows().map_or("", |(_, row)| &row.name)
    }

    /// The path of its requests, such as `/shop.Orders/Create`.
    pub fn path(&self) -> String {
        self.rows().map_or_else(String::new, |(service, row)| format!("/{}/{}", service.name, row.name))
    }

    /// The comment before it, if the descriptors have comments.
    pub fn comment(&self) -> &str {
        self.rows().map_or("", |(_, row)| &row.comment)
    }

    /// Whether requests are streams.
    pub fn is_client_streaming(&self) -> bool {
        self.rows().is_some_and(|(_, row)| row.client_streaming)
    }

    /// Whether answers are streams.
    pub fn is_server_streaming(&self) -> bool {
        self.rows().is_some_and(|(_, row)| row.server_streaming)
    }

    /// The full name of the request's message.
    pub fn input_name(&self) -> &str {
        self.rows().and_then(|(_, row)| self.tables.message(row.input)).map_or("", |own| &own.name)
    }

    /// The full name of the answer's message.
    pub fn output_name(&self) -> &str {
        self.rows().and_then(|(_, row)| self.tables.message(row.output)).map_or("", |own| &own.name)
    }

    /// The request's message from its JSON (the protobuf JSON mapping). It takes time in proportion to the text.
    ///
    /// # Errors
    /// The text is no JSON, or not of this message; the error has the place, and no value.
    pub fn encode(&self, json: &str) -> Result<Bytes, NotEncoded> {
        let document = Document::parse(json).map_err(NotEncoded::Json)?;
        self.encode_value(document.root())
    }

    /// The same of JSON that was parsed.
    ///
    /// # Errors
    /// As for [`Self::encode`].
    pub fn encode_value(&self, value: DocumentValue<'_>) -> Result<Bytes, NotEncoded> {
        let (_, row) = self.rows().ok_or(NotEncoded::Value { pointer: String::new(), detail: String::new() })?;
        encode::encode(&self.tables, row.input, value).map(Bytes::from)
    }

    /// The JSON of an answer's message, at most `most` bytes of it. It takes time in proportion to the message, and at most
    /// eight times its memory and 64 KiB beside the text.
    ///
    /// # Errors
    /// The bytes are no such message, its JSON is larger, or it is in more pieces than fit into that memory: only a message
    /// whose parts and their parts stand one by one has so many.
    pub fn decode(&self, message: &[u8], most: usize) -> Result<String, NotDecoded> {
        let output = self.rows().map(|(_, row)| row.output);
        let output = output.ok_or(NotDecoded::Invalid { message: String::new(), detail: String::new() })?;
        decode::decode(&self.tables, output, message, most)
    }

    /// The JSON of a request's message, for who shows what was sent.
    ///
    /// # Errors
    /// As for [`Self::decode`].
    pub fn decode_request(&self, message: &[u8], most: usize) -> Result<String, NotDecoded> {
        let input = self.rows().map(|(_, row)| row.input);
        let input = input.ok_or(NotDecoded::Invalid { message: String::new(), detail: String::new() })?;
        decode::decode(&self.tables, input, message, most)
    }

    /// What `grpc-status-details-bin` of an answer holds; as [`Descriptors::status`].
    ///
    /// # Errors
    /// The bytes are no `google.rpc.Status`, or are too large.
    pub fn status(&self, bytes: &[u8], most: usize) -> Result<RichStatus, NotDecoded> {
        status::read(&self.tables, bytes, most)
    }

    /// The JSON Schema of a request's message.
    pub fn input_schema(&self) -> Value {
        self.rows().map_or(Value::Bool(true), |(_, row)| schema(&self.tables, row.input, Side::Input, false))
    }

    /// The JSON Schema of an answer's message.
    pub fn output_schema(&self) -> Value {
        self.rows().map_or(Value::Bool(true), |(_, row)| schema(&self.tables, row.output, Side::Output, false))
    }

    /// The JSON Schema of `{"messages": […], "more": false}`: the answers of a stream, and whether it has more of them.
    pub fn messages_schema(&self) -> Value {
        self.rows().map_or(Value::Bool(true), |(_, row)| schema(&self.tables, row.output, Side::Output, true))
    }
}
