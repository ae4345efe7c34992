//! The server, with the services of `tests/grpc/proto`.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value, json};

use super::Client;
use super::python::Python;
use crate::database_servers::Certificate;
use crate::{Authority, eventually, root};

/// How a server differs from the usual one, which has TLS, both versions of reflection, and asks for no key.
#[derive(Debug, Default)]
pub struct Options {
    pub transport: Transport,
    pub reflection: Reflection,
    /// Reflection answers with the file that is asked for alone, and not with those that it imports.
    pub one_file: bool,
    /// Metadata without which every call ends with UNAUTHENTICATED, also those of reflection.
    pub required: Vec<(String, String)>,
    /// An address that is asked with the `authorization` of every call: one that it refuses ends with UNAUTHENTICATED.
    pub token_check: Option<String>,
    /// Arguments of gRPC's own, such as `grpc.max_concurrent_streams`.
    pub settings: Vec<(&'static str, i64)>,
}

/// What it speaks.
#[derive(Debug, Clone, Default)]
pub enum Transport {
    /// Without TLS, by prior knowledge.
    Plain,
    /// With a right certificate.
    #[default]
    Tls,
    TlsWith(Certificate),
    /// With a certificate of the client too, of the authority with this certificate.
    Mutual(String),
}

/// What it tells about itself.
#[derive(Debug, Clone, Copy, Default)]
pub enum Reflection {
    #[default]
    Both,
    V1,
    V1Alpha,
    None,
}

/// Ended when dropped.
#[derive(Debug)]
pub struct GrpcServer {
    python: Mutex<Python>,
    address: SocketAddr,
    events: Arc<Mutex<Vec<Value>>>,
    marks: AtomicUsize,
    /// What clients trust; none where there is no TLS.
    pub authority: Option<String>,
}

impl GrpcServer {
    /// With a certificate of this authority.
    pub fn start(authority: &Authority) -> Self {
        Self::with(authority, &Options::default())
    }

    pub fn with(authority: &Authority, options: &Options) -> Self {
        Self::on(0, authority, options)
    }

    /// On a port that another server of the test had, which has ended.
    pub fn on(port: u16, authority: &Authority, options: &Options) -> Self {
        let mut python = Python::start("server.py");
        python.tell(&given(port, authority, options).to_string());
        let mut output = python.output();
        let port = output.next().expect("its port: it has printed an error")["port"].as_u64().expect("a number");
        let address = format!("127.0.0.1:{port}").parse().expect("an address");
        let events = Arc::<Mutex<Vec<Value>>>::default();
        let kept = Arc::clone(&events);
        std::thread::spawn(move || {
            while let Some(event) = output.next() {
                kept.lock().unwrap_or_else(PoisonError::into_inner).push(event);
            }
        });
        let authority = (!matches!(options.transport, Transport::Plain)).then(|| authority.pem());
        Self { python: Mutex::new(python), address, events, marks: AtomicUsize::new(0), authority }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it is, as a destination of a group says it: by the name of its certificate.
    pub fn url(&self) -> String {
        let scheme = if self.authority.is_some() { "https" } else { "http" };
        format!("{scheme}://localhost:{}", self.address.port())
    }

    /// Lets go on what waits for the test: `Probe.Hold`, and `Probe.Count` after so many numbers.
    pub fn release(&self) {
        self.python.lock().unwrap_or_else(PoisonError::into_inner).tell("release");
    }

    /// Everything that has happened until now, in its order.
    #[track_caller]
    pub fn events(&self) -> Vec<Value> {
        let mark = self.marks.fetch_add(1, SeqCst);
        self.python.lock().unwrap_or_else(PoisonError::into_inner).tell(&mark.to_string());
        let is_mark = |event: &Value| event["event"] == "mark";
        let mut events = eventually("the server says what happened", || {
            let events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
            let end = events.iter().rposition(|event| is_mark(event) && event["number"] == mark)?;
            events.get(..end).map(<[Value]>::to_vec)
        });
        events.retain(|event| !is_mark(event));
        events
    }

    /// Calls that came, each with its metadata, by the end of their path: `GetItem`.
    pub fn calls(&self, method: &str) -> Vec<Value> {
        let wanted = |event: &Value| {
            event["event"] == "call" && event["method"].as_str().is_some_and(|path| path.ends_with(method))
        };
        self.events().into_iter().filter(wanted).collect()
    }

    /// How often this has happened in a method: `began`, `sent`, `cancelled` or `ended`.
    pub fn times(&self, event: &str, method: &str) -> usize {
        self.events().iter().filter(|one| one["event"] == event && one["method"] == method).count()
    }

    /// Waits until it has happened so often.
    #[track_caller]
    pub fn happens(&self, times: usize, event: &str, method: &str) {
        eventually(&format!("{method}: {event} {times} times"), || {
            if self.times(event, method) == times { Ok(()) } else { Err(self.events()) }
        });
    }

    /// A call of it by a [`Client`] of its own.
    #[track_caller]
    pub fn call(&self, method: &str, requests: &Value, more: &Value) -> Value {
        Client::start(self.authority.clone()).call(self.address.port(), method, requests, more)
    }

    /// The text of one of its `.proto` files, by the name by which others import it.
    pub fn proto(name: &str) -> String {
        let path = root().join("tests/grpc/proto").join(name);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }
}

/// The first line of its input.
fn given(port: u16, authority: &Authority, options: &Options) -> Value {
    let tls = |certificate: Certificate, clients: Option<&String>| {
        let identity = certificate.of(authority);
        json!({"cert": identity.cert_pem(), "key": identity.key_pem(), "clients": clients})
    };
    let tls = match &options.transport {
        Transport::Plain => Value::Null,
        Transport::Tls => tls(Certificate::Right, None),
        Transport::TlsWith(certificate) => tls(*certificate, None),
        Transport::Mutual(clients) => tls(Certificate::Right, Some(clients)),
    };
    let reflection = match options.reflection {
        Reflection::Both => json!(["v1", "v1alpha"]),
        Reflection::V1 => json!(["v1"]),
        Reflection::V1Alpha => json!(["v1alpha"]),
        Reflection::None => json!([]),
    };
    let settings: Map<String, Value> =
        options.settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
    json!({
        "port": port, "tls": tls, "reflection": reflection, "one_file": options.one_file,
        "required": options.required, "token_check": options.token_check, "settings": settings,
    })
}
