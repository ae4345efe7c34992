//! One request after the other, as the connector's rule of pages says; without one there is one request.

use std::collections::BTreeSet;

use bytes::Bytes;
use lockgate_domain::Failure;
use lockgate_domain::connector::{Filled, HttpDefinition, Next, Pagination, Pointer, Unfit};
use lockgate_domain::destination::Target;
use serde_json::Value;
use serde_json::value::RawValue;

use super::answer::{Answer, unexpected};
use super::link::next_of;
use super::place::{Mark, Place};

/// What a call has read so far, and what it asks for next.
pub(super) struct Pages {
    filled: Filled,
    body: Bytes,
    /// Of the first page: further ones are at the same server.
    first: Option<Target>,
    /// Of the page that was asked for last: what a relative link is relative to.
    last: Option<Target>,
    next: Place,
    /// The links and cursors that were followed.
    seen: BTreeSet<String>,
    /// The rows so far, with commas between them.
    rows: String,
    count: usize,
    asked: u64,
}

/// What came of an answer.
pub(super) enum PageStep {
    /// The call is done.
    Output(String),
    /// The output would be larger than it may be.
    TooLarge,
    /// The connector failed.
    Failed(Failure),
    /// There is another page.
    More(Box<Pages>),
}

impl Pages {
    /// Before the first request.
    ///
    /// # Errors
    /// The number of the first page does not fit into the body.
    pub(super) fn new(http: &HttpDefinition, filled: Filled) -> Result<Self, Unfit> {
        let next = match http.pagination.as_ref().map(|pages| &pages.next) {
            Some(Next::Page { place, start, .. }) => Place::of(place, Mark::Number(start.to_string()), &filled)?,
            Some(Next::Cursor { .. } | Next::Link { .. }) | None => Place::First,
        };
        let body = filled.body.clone().map(Bytes::from).unwrap_or_default();
        let (seen, rows) = (BTreeSet::new(), String::new());
        Ok(Self { filled, body, first: None, last: None, next, seen, rows, count: 0, asked: 0 })
    }

    /// Sets what links from page to page are relative to.
    pub(super) fn at(self, first: Target) -> Self {
        let seen = [address(&first)].into();
        Self { last: Some(first.clone()), first: Some(first), seen, ..self }
    }

    /// The address of the next request.
    pub(super) fn url(&self) -> String {
        match &self.next {
            Place::First | Place::Body(_) => self.filled.url(None),
            Place::Query(name, value) => self.filled.url(Some((name, value))),
            Place::Url(url) => url.clone(),
        }
    }

    /// Its body; empty if it has none.
    pub(super) fn body(&self) -> Bytes {
        match &self.next {
            Place::Body(body) => body.clone(),
            Place::First | Place::Query(..) | Place::Url(_) => self.body.clone(),
        }
    }

    /// Takes an answer.
    pub(super) fn read(self, http: &HttpDefinition, answer: &Answer, max: usize) -> PageStep {
        let ends = |rule: &Pagination| rule.end_statuses.as_ref().is_some_and(|end| end.has(answer.status));
        if self.asked > 0 && http.pagination.as_ref().is_some_and(ends) {
            return PageStep::Output(self.output(false));
        }
        match answer.failure(http) {
            Ok(None) => {}
            Ok(Some(failure)) | Err(failure) => return PageStep::Failed(failure),
        }
        let Some(rule) = &http.pagination else {
            return match answer.output(http) {
                Ok(output) if output.len() > max => PageStep::TooLarge,
                Ok(output) => PageStep::Output(output),
                Err(failure) => PageStep::Failed(failure),
            };
        };
        match self.page(rule, http, answer, max) {
            Ok(step) => step,
            Err(failure) => PageStep::Failed(failure),
        }
    }

    fn page(
        mut self,
        rule: &Pagination,
        http: &HttpDefinition,
        answer: &Answer,
        max: usize,
    ) -> Result<PageStep, Failure> {
        let (json, pointer) = (answer.json()?, &http.response.pointer);
        let part = match http.response.is_required(true) {
            true => answer.part(&json, pointer)?,
            false => answer.find(&json, pointer)?.unwrap_or(RawValue::NULL),
        };
        let rows: Option<Vec<&RawValue>> = serde_json::from_str(part.get())
            .map_err(|_not_a_list| unexpected(format!("expected a list at `{pointer}` of the answer")))?;
        let rows = rows.unwrap_or_default();
        let wanted = rule.max_rows.saturating_sub(self.count);
        for row in rows.iter().take(wanted) {
            if self.rows.len() + row.get().len() > max {
                return Ok(PageStep::TooLarge);
            }
            if !self.rows.is_empty() {
                self.rows.push(',');
            }
            self.rows.push_str(row.get());
        }
        self.count += rows.len().min(wanted);
        self.asked += 1;
        let next = self.following(rule, answer, &json, rows.len())?;
        let full = self.count >= rule.max_rows || self.asked >= rule.max_pages;
        let more = rows.len() > wanted || (full && next.is_some());
        match next {
            Some(next) if !full => Ok(PageStep::More(Box::new(Self { next, ..self }))),
            Some(_) | None => Ok(PageStep::Output(self.output(more))),
        }
    }

    fn output(&self, more: bool) -> String {
        format!("{{\"items\":[{}],\"more\":{more}}}", self.rows)
    }

    /// Where the page after this one is, if there is one.
    fn following(
        &mut self,
        rule: &Pagination,
        answer: &Answer,
        json: &str,
        rows: usize,
    ) -> Result<Option<Place>, Failure> {
        let refused = |unfit: Unfit| unexpected(unfit.to_string());
        match &rule.next {
            Next::Cursor { pointer, place } => {
                let found = answer.find(json, pointer)?;
                let Some(mark) = found.map_or(Ok(None), |found| mark(found, pointer))? else { return Ok(None) };
                let (Mark::Text(value) | Mark::Number(value)) = &mark;
                self.see(value.clone(), "cursor")?;
                Place::of(place, mark, &self.filled).map(Some).map_err(refused)
            }
            Next::Page { place, start, step, size } => {
                let last = rows == 0 || size.is_some_and(|size| (rows as u64) < size);
                let number = start.saturating_add(step.saturating_mul(self.asked)).to_string();
                let next = || Place::of(place, Mark::Number(number), &self.filled).map_err(refused);
                (!last).then(next).transpose()
            }
            Next::Link { pointer } => {
                let link = match pointer {
                    None => answer.headers("link").find_map(|line| next_of(&line).map(str::to_owned)),
                    Some(pointer) => {
                        match answer.find(json, pointer)?.map_or(Ok(None), |found| mark(found, pointer))? {
                            None => None,
                            Some(Mark::Text(link)) => Some(link),
                            Some(Mark::Number(_)) => return Err(no_mark(pointer, "an address")),
                        }
                    }
                };
                link.map(|link| self.resolve(&link).map(Place::Url)).transpose()
            }
        }
    }

    /// A cursor or address that comes again would give the same rows for ever.
    fn see(&mut self, mark: String, what: &str) -> Result<(), Failure> {
        if self.seen.insert(mark) {
            return Ok(());
        }
        let message =
            format!("page {} names the {what} of a page that was read already: it would never end", self.asked);
        Err(unexpected(message))
    }

    /// A link in its place (RFC 3986 section 5). The next page is where the first one was: what a server writes into a
    /// link can't send the call, and its credential, to another one.
    fn resolve(&mut self, link: &str) -> Result<String, Failure> {
        let refused = || unexpected("the address of the next page is at another server than the first one".to_owned());
        let (first, last) = self.first.as_ref().zip(self.last.as_ref()).ok_or_else(refused)?;
        let url = last.join(link.as_bytes());
        let target = Target::parse_with(&url, first.slashes())
            .map_err(|error| unexpected(format!("the address of the next page is refused: {error}")))?;
        if (target.scheme(), target.host(), target.port()) != (first.scheme(), first.host(), first.port()) {
            return Err(refused());
        }
        self.see(address(&target), "address")?;
        self.last = Some(target);
        Ok(url)
    }
}

/// An address with its query.
fn address(target: &Target) -> String {
    format!("{target}?{}", target.query().unwrap_or_default())
}

/// The cursor or address that an answer has; none where there is `null`, `false` or an empty text.
fn mark(found: &RawValue, pointer: &Pointer) -> Result<Option<Mark>, Failure> {
    match serde_json::from_str(found.get()) {
        Ok(Value::String(text)) => Ok((!text.is_empty()).then_some(Mark::Text(text))),
        Ok(Value::Number(_)) => Ok(Some(Mark::Number(found.get().to_owned()))),
        Ok(Value::Null | Value::Bool(false)) => Ok(None),
        Ok(Value::Bool(true) | Value::Array(_) | Value::Object(_)) | Err(_) => {
            Err(no_mark(pointer, "a text or number"))
        }
    }
}

fn no_mark(pointer: &Pointer, expected: &str) -> Failure {
    unexpected(format!("expected {expected}, or `null` on the last page, at `{pointer}` of the answer"))
}

#[cfg(test)]
mod tests;
