//! The client of `grpcio`.

use serde_json::{Value, json};

use super::python::Python;

/// The client, as a process. It trusts this authority, or speaks without TLS.
#[derive(Debug)]
pub struct Client {
    python: Python,
    authority: Option<String>,
}

impl Client {
    pub fn start(authority: Option<String>) -> Self {
        Self { python: Python::start("client.py"), authority }
    }

    /// Calls a method of a server on this port of this machine with some requests, and with further members of what
    /// `client.py` takes. Gives what came of it: `answers`, `code`, `message`, `headers`, `trailers` and `details`.
    #[track_caller]
    pub fn call(&mut self, port: u16, method: &str, requests: &Value, more: &Value) -> Value {
        let mut asked = json!({"method": method, "requests": requests});
        if let (Value::Object(asked), Value::Object(more)) = (&mut asked, more) {
            asked.extend(more.clone());
        }
        self.ask(port, asked)
    }

    /// Requests to this version of reflection, and what came of them: `answers` with `names` and `error`, and the `code`.
    #[track_caller]
    pub fn reflect(&mut self, port: u16, version: &str, requests: &Value) -> Value {
        self.ask(port, json!({"reflection": version, "requests": requests}))
    }

    #[track_caller]
    fn ask(&mut self, port: u16, mut asked: Value) -> Value {
        asked["address"] = format!("localhost:{port}").into();
        if let Some(authority) = &self.authority {
            asked["authority"] = authority.clone().into();
        }
        self.python.ask(&asked)
    }
}
