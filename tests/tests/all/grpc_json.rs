//! Messages as JSON: what the host makes of them is what Google's `json_format` makes of them, in both directions. The
//! cases follow the JSON mapping of ProtoJSON and the conformance suite of Protocol Buffers; others are made up.

mod made_up;
mod scalars;
mod syntax;
mod well_known;
mod wire;

use lockgate_protobuf::{Descriptors, Method};
use lockgate_tests::grpc_servers::JsonFormat;
use serde_json::Value;

/// More than any message here has.
const MOST: usize = 1 << 20;

/// One type of message in both libraries.
struct Compared {
    format: JsonFormat,
    method: Method,
    kind: &'static str,
    /// Where they differ: the case, what Python says, and what the host says.
    differences: Vec<String>,
}

impl Compared {
    /// A message with every kind of field of proto3.
    fn everything() -> Self {
        Self::of("lockgate.test.Echo/Send", "lockgate.test.Everything")
    }

    /// One of proto2.
    fn legacy() -> Self {
        Self::of("lockgate.test.Echo/SendLegacy", "lockgate.test.Legacy")
    }

    fn of(method: &str, kind: &'static str) -> Self {
        let mut format = JsonFormat::start();
        let descriptors = Descriptors::read(format.descriptors().into()).expect("descriptors of protoc");
        let method = descriptors.method(method).expect("a method of the tests");
        Self { format, method, kind, differences: Vec::new() }
    }

    /// Compares what becomes of a text: both refuse it, or both read the same message and print the same.
    fn text(&mut self, text: &str) {
        let python = self.format.parse(self.kind, text);
        let own = self.method.encode(text);
        match (python, own) {
            (Ok(python), Ok(own)) => {
                let read = self.format.print(self.kind, &own).map(|read| read.json);
                if !read.as_ref().is_ok_and(|read| same(read, &python.json)) {
                    self.differs(text, &python.json, &read);
                }
                self.decoded(&python.bytes, &Ok(python.json));
            }
            (Err(_), Err(_)) => {}
            (python, own) => self.differs(text, &python.map(|printed| printed.json), &own),
        }
    }

    /// Compares what becomes of bytes.
    fn bytes(&mut self, bytes: &[u8]) {
        let python = self.format.print(self.kind, bytes).map(|printed| printed.json);
        self.decoded(bytes, &python);
    }

    fn decoded(&mut self, bytes: &[u8], python: &Result<Value, String>) {
        let own = self.method.decode(bytes, MOST);
        let parsed = own.as_ref().ok().map(|text| serde_json::from_str::<Value>(text).expect("JSON"));
        let equal = match (python, &parsed) {
            (Ok(python), Some(own)) => same(python, own),
            (Err(_), None) => true,
            _ => false,
        };
        if !equal {
            self.differs(&hex(bytes), python, &own);
        }
    }

    fn differs(&mut self, case: &str, python: &impl std::fmt::Debug, own: &impl std::fmt::Debug) {
        self.differences.push(format!("{case}: Python {python:?}, the host {own:?}"));
    }

    /// A text that Python reads, against the mapping, and the host refuses.
    #[track_caller]
    fn stricter(&mut self, text: &str) {
        let python = self.format.parse(self.kind, text);
        let own = self.method.encode(text);
        assert!(python.is_ok() && own.is_err(), "{text}: Python {python:?}, the host {own:?}");
    }

    /// A text that the host reads as another one, as the mapping says, and Python does not.
    #[track_caller]
    fn as_specified(&mut self, text: &str, same: &str) {
        let own = self.method.encode(text).expect(text);
        let own = self.format.print(self.kind, &own).expect("a message");
        let same = self.format.parse(self.kind, same).expect("a message");
        assert_ne!(self.format.parse(self.kind, text).ok(), Some(same.clone()), "{text}");
        assert_eq!(own, same, "{text}");
    }

    #[track_caller]
    fn end(self) {
        assert!(self.differences.is_empty(), "{} differences: {:#?}", self.differences.len(), self.differences);
    }
}

/// Whether two values are equal, where 1 and 1.0 are.
pub(crate) fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            let (one, other) = (one.as_f64(), other.as_f64());
            one.map(f64::to_bits) == other.map(f64::to_bits) || one.zip(other).is_some_and(is_one_subnormal)
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            let found = |(name, value): (&String, &Value)| other.get(name).is_some_and(|other| same(value, other));
            one.len() == other.len() && one.iter().all(found)
        }
        _ => one == other,
    }
}

/// Whether two numbers are one `float` close to 0. Python writes six digits at the least, also of those that have fewer.
fn is_one_subnormal((one, other): (f64, f64)) -> bool {
    (one as f32).is_subnormal() && (one as f32).to_bits() == (other as f32).to_bits()
}

/// Compares each value in each field of a member of `Everything`. Python reads those of the second list, in these fields or
/// in all of them (`*`), against the mapping: the host refuses them.
#[track_caller]
fn compare(member: &str, fields: &[&str], values: &[&str], lenient: &[(&str, &str)]) {
    let mut compared = Compared::everything();
    for field in fields {
        let text = |value: &str| format!(r#"{{"{member}": {{"{field}": {value}}}}}"#);
        for value in values {
            match lenient.contains(&(*field, *value)) || lenient.contains(&("*", *value)) {
                true => compared.stricter(&text(value)),
                false => compared.text(&text(value)),
            }
        }
    }
    compared.end();
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
