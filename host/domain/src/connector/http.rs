//! The `http` type: one request, made from the input, and what becomes of its answer.

use std::sync::Arc;

use super::errors::ErrorRule;
use super::escape::{ESCAPES, Escape};
use super::fill::{Unfit, filled, json};
use super::headers::Headers;
use super::pagination::Pagination;
use super::parameters::{Parameters, form, query};
use super::path::Address;
use super::response::{Format, ResponseRule};
use super::retry::RetryRule;
use super::script::ScriptDefinition;
use super::template::{Text, Tree};
use crate::reader::{Node, Object, Violations};
use crate::schema::DocumentValue;

/// The default number of redirects to follow; each is checked like a new request.
const REDIRECTS: u64 = 5;
/// Upper bound of `redirects`.
pub(crate) const REDIRECTS_MAX: u64 = 10;

pub(crate) const METHODS: [(&str, &str); 7] = [
    ("GET", "GET"),
    ("HEAD", "HEAD"),
    ("POST", "POST"),
    ("PUT", "PUT"),
    ("PATCH", "PATCH"),
    ("DELETE", "DELETE"),
    ("OPTIONS", "OPTIONS"),
];

/// A connector that is one HTTP request, or one for each page.
#[derive(Debug, Clone, PartialEq)]
pub struct HttpDefinition {
    /// The method, in capitals.
    pub method: &'static str,
    /// The address of the request, without its query.
    pub address: Address,
    headers: Headers,
    query: Parameters,
    body: Option<Body>,
    /// Which part of the answer becomes the output.
    pub response: ResponseRule,
    /// Which answers are errors.
    pub errors: ErrorRule,
    /// How further pages are asked for.
    pub pagination: Option<Pagination>,
    /// When a request is sent again.
    pub retry: Option<RetryRule>,
    /// Redirects that are followed.
    pub redirects: u32,
    /// A module whose functions `request` and `response` stand before and behind the request.
    pub script: Option<Arc<ScriptDefinition>>,
}

/// The body of the request.
#[derive(Debug, Clone, PartialEq)]
enum Body {
    Json(Tree),
    Form(Parameters),
    /// How values are written into it, if the definition says so.
    Text(Text, Option<Escape>),
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Json,
    Form,
    Text,
}

/// A request that is ready but for what credentials add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filled {
    /// Absolute, or behind the group's `base_url`; without the query.
    pub address: String,
    /// Percent-encoded, without `?`; empty if there is none.
    pub query: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body; none for a request without one.
    pub body: Option<Vec<u8>>,
}

impl HttpDefinition {
    /// Reads what `http` says, and the `script` beside it.
    pub(super) fn read(node: &Node<'_>, script: Option<&Node<'_>>) -> Option<Self> {
        let script = script.and_then(ScriptDefinition::read).map(Arc::new);
        let mut object = node.object()?;
        let method = object.required("method").and_then(|node| node.choice(&METHODS));
        let address = Address::read(&mut object);
        let headers = object.optional("headers").map(|node| Headers::read(&node)).unwrap_or_default();
        let query = object.optional("query").and_then(|node| Parameters::read(&node)).unwrap_or_default();
        let body = object.optional("body");
        if let (Some(node), Some("GET" | "HEAD" | "OPTIONS")) = (&body, method) {
            node.wrong("body", "a request with this method has no body: expected parameters in `query`");
        }
        let body = body.and_then(|node| Body::read(&node, headers.constant("content-type")));
        let response = object.optional("response").and_then(|node| ResponseRule::read(&node)).unwrap_or_default();
        let errors = object.optional("errors").and_then(|node| ErrorRule::read(&node)).unwrap_or_default();
        let pagination = object.optional("pagination");
        if let Some(node) = &pagination
            && (response.wraps() || response.format != Format::Json)
        {
            node.wrong("response", "rows of several answers become one list: leave `status`, `headers`, `format` out");
        }
        let pagination =
            pagination.and_then(|node| Pagination::read(&node, &query, matches!(body, Some(Body::Json(_)))));
        let retry = object.optional("retry").and_then(|node| RetryRule::read(&node));
        let redirects =
            object.optional("redirects").and_then(|node| node.number(0, REDIRECTS_MAX)).unwrap_or(REDIRECTS);
        object.end();
        Some(Self {
            method: method?,
            address: address?,
            headers,
            query,
            body,
            response,
            errors,
            pagination,
            retry,
            redirects: u32::try_from(redirects).unwrap_or_default(),
            script,
        })
    }

    /// Checks what a definition that was saved by an earlier version may break.
    pub(super) fn check(&self, pointer: &str, found: &Violations) {
        if let Some(Body::Text(text, None)) = &self.body
            && text.fields().next().is_some()
            && text.literals().any(|literal| literal.contains(['"', '<']))
        {
            let detail = "values stand in quotes or tags here, and nothing says how they are written there: expected \
                          `escape: json`, `xml`, `form` or `none` beside `text`, or a `content-type` in `headers`";
            found.add(format!("{pointer}/http/body"), "escape", detail);
        }
    }

    /// Whether the same request twice has the effect of one (RFC 9110 section 9.2.2).
    pub fn is_idempotent(&self) -> bool {
        matches!(self.method, "GET" | "HEAD" | "PUT" | "DELETE" | "OPTIONS")
    }

    /// The request for an input, of at most `max` bytes.
    ///
    /// # Errors
    /// A value does not fit its place, or the request is too large.
    pub fn fill(&self, input: DocumentValue<'_>, max: usize) -> Result<Filled, Unfit> {
        let mut text = String::new();
        query(&self.query.fill(input, max)?, &mut text);
        let mut headers: Vec<_> =
            self.headers.fill(input)?.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let body = self.body.as_ref().map(|body| body.fill(input, max)).transpose()?.flatten();
        let mut unless_set = |name: &str, value: &str| {
            if !self.headers.has(name) {
                headers.push((name.to_owned(), value.to_owned()));
            }
        };
        if let (Some(_), Some(body)) = (&body, &self.body) {
            unless_set("content-type", body.content_type());
        }
        if self.response.format == Format::Json {
            unless_set("accept", "application/json");
        }
        Ok(Filled { address: self.address.fill(input)?, query: text, headers, body })
    }

    /// Calls `see` with each placeholder's pointer in the definition, its field, and what it becomes.
    pub(super) fn each_field(&self, see: &mut dyn FnMut(&str, &super::Field, Becomes)) {
        let address = if self.address.is_absolute() { "/http/url" } else { "/http/path" };
        self.address.text().fields().for_each(|field| see(address, field, Becomes::Path));
        for (name, text) in self.headers.texts() {
            text.fields().for_each(|field| see(&format!("/http/headers/{name}"), field, Becomes::Text));
        }
        let parameters = |part: &str, parameters: &Parameters, see: &mut dyn FnMut(&str, &super::Field, Becomes)| {
            for (name, text) in parameters.texts() {
                let becomes = if text.whole().is_some() { Becomes::Texts } else { Becomes::Text };
                text.fields().for_each(|field| see(&format!("{part}/{name}"), field, becomes));
            }
        };
        parameters("/http/query", &self.query, see);
        match &self.body {
            None => {}
            Some(Body::Json(tree)) => tree.each_field(&mut |field, whole| {
                see("/http/body/json", field, if whole { Becomes::Json } else { Becomes::Text });
            }),
            Some(Body::Form(form)) => parameters("/http/body/form", form, see),
            Some(Body::Text(text, _)) => text.fields().for_each(|field| see("/http/body/text", field, Becomes::Text)),
        }
    }
}

impl Filled {
    /// The URL with its query, and one more parameter if it is given.
    pub fn url(&self, further: Option<(&str, &str)>) -> String {
        let mut url = self.address.clone();
        if !self.query.is_empty() {
            url.push('?');
            url.push_str(&self.query);
        }
        if let Some((name, value)) = further {
            url.push(if self.query.is_empty() { '?' } else { '&' });
            query(&[(name, value.to_owned())], &mut url);
        }
        url
    }
}

/// The form that a value takes in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Becomes {
    /// A part of a path segment; the value is required.
    Path,
    /// A part of a text.
    Text,
    /// One text or a list of texts.
    Texts,
    /// A JSON value that keeps its type.
    Json,
}

impl Body {
    fn read(node: &Node<'_>, content_type: Option<&str>) -> Option<Self> {
        let mut object: Object<'_> = node.object()?;
        let kinds = [("json", Kind::Json), ("form", Kind::Form), ("text", Kind::Text)];
        let given: Vec<_> = kinds.into_iter().filter_map(|(key, kind)| Some((kind, object.optional(key)?))).collect();
        let escape = object.optional("escape");
        object.end();
        if let (Some(at), [(Kind::Json | Kind::Form, _)]) = (&escape, given.as_slice()) {
            at.wrong("unknown", "only a `text` has it: `json` and `form` write values in their own form");
        }
        let escape = escape.and_then(|at| at.choice(&ESCAPES)).or_else(|| content_type.and_then(Escape::of));
        match given.as_slice() {
            [(Kind::Json, node)] => Tree::read(node).map(Self::Json),
            [(Kind::Form, node)] => Parameters::read(node).map(Self::Form),
            [(Kind::Text, node)] => node.parse("template").map(|text| Self::Text(text, escape)),
            [] | [_, _, ..] => {
                node.wrong("oneOf", "expected one of the keys `json`, `form` and `text`");
                None
            }
        }
    }

    fn fill(&self, input: DocumentValue<'_>, max: usize) -> Result<Option<Vec<u8>>, Unfit> {
        match self {
            Self::Json(tree) => {
                let mut out = Vec::new();
                Ok(json(tree, input, max, &mut out)?.then_some(out))
            }
            Self::Form(parameters) => Ok(Some(form(&parameters.fill(input, max)?).into_bytes())),
            Self::Text(text, escape) => {
                let escape = escape.unwrap_or(Escape::None);
                let filled = filled(text, input, max, |field, value, out| escape.put(field, value, out));
                Ok(filled?.map(String::into_bytes))
            }
        }
    }

    fn content_type(&self) -> &'static str {
        match self {
            Self::Json(_) => "application/json",
            Self::Form(_) => "application/x-www-form-urlencoded",
            Self::Text(..) => "text/plain; charset=utf-8",
        }
    }
}
