//! What the API's description says of one route. The rows of the resources build it with the methods of this file.

use lockgate_domain::Code;
use schemars::JsonSchema;
use serde_json::Value;

use super::parameter;
use super::schemas;
use crate::list::Listed;
use crate::response::{Success, status};
use crate::route::Route;

pub(crate) const JSON: &str = "application/json";
pub(crate) const MERGE_PATCH: &str = "application/merge-patch+json";
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";
pub(crate) const HTML: &str = "text/html; charset=utf-8";

/// One operation of the document.
pub(crate) struct Operation {
    pub(super) id: &'static str,
    pub(super) summary: &'static str,
    pub(super) description: &'static str,
    pub(super) parameters: Vec<Value>,
    /// Whether it runs a connector, which can be named with a version.
    pub(super) calls: bool,
    pub(super) body: Option<Body>,
    pub(super) answer: Answer,
    /// Answers that are no problem documents, beside the one of success.
    pub(super) further: Vec<Answer>,
    pub(super) codes: Vec<Code>,
}

/// What is sent.
pub(super) struct Body {
    pub(super) types: &'static [&'static str],
    pub(super) schema: schemas::Of,
}

/// What is answered.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) description: String,
    /// The media types that it can have, and their schema, if it has a body.
    pub(super) content: Option<(Vec<&'static str>, schemas::Of)>,
    /// Whether it has the object's version as `ETag`.
    pub(super) tagged: bool,
}

impl Operation {
    /// It answers 204 until its route says something else.
    pub(crate) fn new(path: &str, id: &'static str, summary: &'static str) -> Self {
        let codes = if path.contains('{') { vec![Code::MalformedRequest, Code::NotFound] } else { Vec::new() };
        let answer = Answer::of(Success::Gone, None);
        let (parameters, further) = (Vec::new(), Vec::new());
        Self { id, summary, description: "", parameters, calls: false, body: None, answer, further, codes }
    }
}

impl Answer {
    fn of(success: Success, content: Option<(Vec<&'static str>, schemas::Of)>) -> Self {
        let description = match success {
            Success::Created => "Made.",
            Success::Ok | Success::Gone | Success::Elsewhere | Success::Unchanged => "Done.",
        };
        Self { status: success.status().as_u16(), description: description.to_owned(), content, tagged: false }
    }
}

impl Route {
    /// Says more than the summary.
    pub(crate) fn describe(mut self, text: &'static str) -> Self {
        self.operation.description = text;
        self
    }

    /// It reads a parameter of the query or a header.
    pub(crate) fn parameter(mut self, parameter: Value) -> Self {
        self.operation.parameters.push(parameter);
        self.refuses(&[Code::MalformedRequest])
    }

    /// It runs a connector.
    pub(crate) fn calls(mut self) -> Self {
        self.operation.calls = true;
        self.parameter(parameter::tenant()).parameter(parameter::deadline()).parameter(parameter::attempt())
    }

    /// It changes an object with a version.
    pub(crate) fn if_match(self) -> Self {
        self.parameter(parameter::if_match()).refuses(&[Code::PreconditionFailed])
    }

    /// It takes a JSON document.
    pub(crate) fn takes<T: JsonSchema>(self) -> Self {
        self.takes_as::<T>(&[JSON])
    }

    /// It takes a merge patch (RFC 7396).
    pub(crate) fn takes_patch<T: JsonSchema>(self) -> Self {
        self.takes_as::<T>(&[JSON, MERGE_PATCH])
    }

    pub(crate) fn takes_as<T: JsonSchema>(mut self, types: &'static [&'static str]) -> Self {
        self.operation.body = Some(Body { types, schema: schemas::of::<T> });
        self.refuses(&[
            Code::MalformedRequest,
            Code::InputTooLarge,
            Code::UnsupportedMediaType,
            Code::BodyTooSlow,
            Code::TooManyBytes,
        ])
    }

    /// It answers 200 with a JSON document.
    pub(crate) fn gives<T: JsonSchema>(self) -> Self {
        self.answers_with::<T>(Success::Ok, JSON)
    }

    /// It answers 200 with a page of a list.
    pub(crate) fn lists<T: JsonSchema>(self) -> Self {
        let [limit, cursor] = parameter::list();
        self.parameter(limit).parameter(cursor).gives::<Listed<T>>()
    }

    /// It answers 201 with a JSON document.
    pub(crate) fn makes<T: JsonSchema>(self) -> Self {
        self.answers_with::<T>(Success::Created, JSON)
    }

    /// It answers 200 with another type of text.
    pub(crate) fn gives_as<T: JsonSchema>(self, r#type: &'static str) -> Self {
        self.answers_with::<T>(Success::Ok, r#type)
    }

    /// It answers 200 with a body of one of these types.
    pub(crate) fn gives_one_of<T: JsonSchema>(mut self, types: &[&'static str]) -> Self {
        self.operation.answer = Answer::of(Success::Ok, Some((types.to_vec(), schemas::of::<T>)));
        self
    }

    /// Its answer has the object's version as `ETag`.
    pub(crate) fn tagged(mut self) -> Self {
        self.operation.answer.tagged = true;
        self
    }

    /// It answers with a page for a browser, also when it ends with these codes.
    pub(crate) fn shows_page(mut self, codes: &[Code]) -> Self {
        for code in codes {
            let mut answer = Answer::of(Success::Ok, Some((vec![HTML], schemas::of::<String>)));
            answer.status = status(*code).as_u16();
            answer.description = format!("`{code}` {}", code.title());
            self.operation.further.push(answer);
        }
        self.gives_as::<String>(HTML)
    }

    /// It can also answer by sending the browser elsewhere.
    pub(crate) fn sends_elsewhere(mut self, description: &str) -> Self {
        let mut answer = Answer::of(Success::Elsewhere, None);
        answer.description = description.to_owned();
        self.operation.further.push(answer);
        self
    }

    /// It answers with nothing to a caller who has what it would answer.
    pub(crate) fn unless_known(mut self) -> Self {
        let mut answer = Answer::of(Success::Unchanged, None);
        answer.tagged = true;
        self.operation.further.push(answer);
        self
    }

    /// Further codes that it can end with.
    pub(crate) fn refuses(mut self, codes: &[Code]) -> Self {
        self.operation.codes.extend(codes);
        self
    }

    fn answers_with<T: JsonSchema>(mut self, success: Success, r#type: &'static str) -> Self {
        self.operation.answer = Answer::of(success, Some((vec![r#type], schemas::of::<T>)));
        self
    }
}
