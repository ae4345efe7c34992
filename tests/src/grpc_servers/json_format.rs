//! What `google.protobuf.json_format` makes of messages.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::python::Python;

/// The printer, as a process.
#[derive(Debug)]
pub struct JsonFormat(Python);

/// A message in both forms.
#[derive(Debug, Clone, PartialEq)]
pub struct Printed {
    pub json: Value,
    /// In the order of the fields' numbers.
    pub bytes: Vec<u8>,
}

impl JsonFormat {
    pub fn start() -> Self {
        Self(Python::start("printer.py"))
    }

    /// What a text of JSON is as a message of this type.
    ///
    /// # Errors
    /// It is none, for the reason that Python gives.
    pub fn parse(&mut self, kind: &str, text: &str) -> Result<Printed, String> {
        self.ask(&json!({"type": kind, "json": text}))
    }

    /// What bytes are as a message of this type.
    ///
    /// # Errors
    /// They are none, or have no form in JSON.
    pub fn print(&mut self, kind: &str, bytes: &[u8]) -> Result<Printed, String> {
        self.ask(&json!({"type": kind, "bytes": STANDARD.encode(bytes)}))
    }

    /// A message that is made up from this number.
    pub fn make_up(&mut self, kind: &str, seed: u64) -> Printed {
        self.ask(&json!({"type": kind, "seed": seed})).expect("a message that has both forms")
    }

    /// The descriptors of all types as protoc compiles them: a `google.protobuf.FileDescriptorSet`.
    pub fn descriptors(&mut self) -> Vec<u8> {
        let answer = self.0.ask(&json!({}));
        STANDARD.decode(answer["set"].as_str().expect("text")).expect("base64")
    }

    fn ask(&mut self, asked: &Value) -> Result<Printed, String> {
        let answer = self.0.ask(asked);
        if let Some(error) = answer["error"].as_str() {
            return Err(error.to_owned());
        }
        let text = |name: &str| answer[name].as_str().expect("text").to_owned();
        let bytes = STANDARD.decode(text("bytes")).expect("base64");
        Ok(Printed { json: serde_json::from_str(&text("json")).expect("JSON"), bytes })
    }
}
