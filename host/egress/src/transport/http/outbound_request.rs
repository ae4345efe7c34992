//! A request as it leaves: what the connector asked for, with what the host adds.

use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HOST, USER_AGENT};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, Version};
use lockgate_domain::auth::Location;
use lockgate_domain::destination::Target;
use zeroize::Zeroizing;

use super::decode::OFFERED;
use super::request::Body;
use super::request_body::RequestBody;
use super::{body_fields, query};
use crate::EgressError;
use crate::auth::Placed;
use crate::observe::Traced;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// Belongs to the `traceparent` that it came with.
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");
/// What a connector that says nothing is known as; some services refuse requests without it.
const AGENT: &str = concat!("lockgate/", env!("CARGO_PKG_VERSION"));

/// How fields of a body are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Urlencoded,
    Json,
    Query,
}

/// A request that is being made.
pub(super) struct OutboundRequest<'t> {
    pub(super) method: Method,
    pub(super) target: &'t Target,
    pub(super) headers: HeaderMap,
    pub(super) body: Body,
    query: Option<String>,
}

impl<'t> OutboundRequest<'t> {
    /// What a connector asked for, with what the host adds to every request.
    pub(super) fn of(method: Method, target: &'t Target, mut headers: HeaderMap, body: Body) -> Self {
        headers.entry(ACCEPT).or_insert(HeaderValue::from_static("*/*"));
        headers.entry(USER_AGENT).or_insert(HeaderValue::from_static(AGENT));
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(OFFERED));
        if matches!(body, Body::Empty) && matches!(method, Method::POST | Method::PUT | Method::PATCH) {
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        Self { method, target, headers, body, query: target.query().map(str::to_owned) }
    }

    /// A login, whose parameters are all placed.
    pub(super) fn login(method: Method, target: &'t Target, form: Form) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let r#type = match form {
            Form::Urlencoded => Some("application/x-www-form-urlencoded"),
            Form::Json => Some("application/json"),
            Form::Query => None,
        };
        if let Some(r#type) = r#type.filter(|_| method != Method::GET) {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(r#type));
        }
        Self::of(method, target, headers, Body::Empty)
    }

    /// Sends the span that traces the request as `traceparent` (W3C Trace Context). What the connector set itself gives
    /// way, else the trace would break here.
    pub(super) fn trace(&mut self, traced: &Traced) {
        // Hexadecimal digits and dashes are always a value.
        let Some(Ok(value)) = traced.traceparent().map(HeaderValue::try_from) else { return };
        self.headers.remove(TRACESTATE);
        self.headers.insert(TRACEPARENT, value);
    }

    /// Puts values where they go. Without a form, the content type says how the body is written.
    pub(super) fn place(&mut self, placed: &[Placed<'_>], form: Option<Form>, origin: &str) -> Result<(), EgressError> {
        let mut fields: Vec<(&str, &[u8])> = Vec::new();
        let mut cookies: Option<Zeroizing<Vec<u8>>> = None;
        for Placed { location, value } in placed {
            match location {
                Location::Header(name) => {
                    let name: HeaderName = name.parse().map_err(|_| EgressError::Host("a placement has no name"))?;
                    self.headers.insert(name, sensitive(value, origin)?);
                }
                Location::Query(name) => query::add(&mut self.query, name, value)?,
                Location::Body(name) if form == Some(Form::Query) => query::add(&mut self.query, name, value)?,
                Location::Cookie(name) => {
                    let all = cookies.get_or_insert_default();
                    if !all.is_empty() {
                        all.extend_from_slice(b"; ");
                    }
                    all.extend_from_slice(name.as_bytes());
                    all.push(b'=');
                    all.extend_from_slice(value);
                }
                Location::Body(name) => fields.push((name, value)),
                Location::User | Location::Password | Location::Option(_) | Location::Certificate => {}
            }
        }
        if let Some(mut cookies) = cookies {
            for own in self.headers.get_all(COOKIE) {
                cookies.extend_from_slice(b"; ");
                cookies.extend_from_slice(own.as_bytes());
            }
            self.headers.insert(COOKIE, sensitive(&cookies, origin)?);
        }
        if !fields.is_empty() {
            self.body = body_fields::add(&fields, form, &self.headers, std::mem::replace(&mut self.body, Body::Empty))?;
            self.headers.remove(CONTENT_LENGTH);
        }
        Ok(())
    }

    /// The message for a connection that speaks HTTP/2, or HTTP/1.1.
    pub(super) fn message(&self, http2: bool, body: RequestBody) -> Result<http::Request<RequestBody>, EgressError> {
        let refused = |_| EgressError::Request("its URL has a character that HTTP does not send".to_owned());
        let path = match &self.query {
            Some(query) => format!("{}?{query}", self.target.path()),
            None => self.target.path().to_owned(),
        };
        let path: PathAndQuery = path.try_into().map_err(refused)?;
        let (host, port) = (self.target.host(), self.target.port());
        let authority =
            if self.target.scheme().default_port() == port { host.to_string() } else { format!("{host}:{port}") };
        let mut headers = self.headers.clone();
        let uri = if http2 {
            let uri = Uri::builder().scheme(self.target.scheme().as_str()).authority(authority).path_and_query(path);
            uri.build().map_err(|_| EgressError::Host("a checked URL is none"))?
        } else {
            headers.insert(HOST, authority.try_into().map_err(|_| EgressError::Host("a checked host is none"))?);
            path.into()
        };
        let mut message = http::Request::new(body);
        *message.method_mut() = self.method.clone();
        *message.uri_mut() = uri;
        *message.version_mut() = if http2 { Version::HTTP_2 } else { Version::HTTP_11 };
        *message.headers_mut() = headers;
        Ok(message)
    }
}

/// A value that a credential places, as a header that no log shows.
pub(crate) fn sensitive(value: &[u8], origin: &str) -> Result<HeaderValue, EgressError> {
    let value = HeaderValue::from_bytes(value);
    let mut value = value.map_err(|_| {
        EgressError::Request(format!(
            "a value of the connection can't go into a header to {origin}: it has control characters"
        ))
    })?;
    value.set_sensitive(true);
    Ok(value)
}
