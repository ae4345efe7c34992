//! One request after the other, as the connector's rule of pages says; without one there is one request.

use lockgate_domain::Failure;
use lockgate_domain::connector::{Filled, HttpDefinition, Next, Pagination};
use lockgate_domain::destination::Target;
use serde_json::Value;
use serde_json::value::RawValue;

use super::answer::{Answer, unexpected};

/// What a call has read so far, and what it asks for next.
pub(super) struct Pages {
    filled: Filled,
    /// Of the first page, for links from one to the next.
    first: Option<Target>,
    next: NextPage,
    /// The rows so far, with commas between them.
    rows: String,
    count: usize,
    asked: u64,
}

/// What the next request asks for.
enum NextPage {
    /// What the definition says.
    First,
    /// With this parameter.
    Query(String, String),
    /// This address.
    Url(String),
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
    More(Pages),
}

impl Pages {
    pub(super) fn new(http: &HttpDefinition, filled: Filled) -> Self {
        let next = match http.pagination.as_ref().map(|pages| &pages.next) {
            Some(Next::Page { query, start, .. }) => NextPage::Query(query.clone(), start.to_string()),
            Some(Next::Cursor { .. } | Next::Link { .. }) | None => NextPage::First,
        };
        Self { filled, first: None, next, rows: String::new(), count: 0, asked: 0 }
    }

    /// Sets what links from page to page are relative to.
    pub(super) fn at(self, first: Target) -> Self {
        Self { first: Some(first), ..self }
    }

    /// The address of the next request.
    pub(super) fn url(&self) -> String {
        match &self.next {
            NextPage::First => self.filled.url(None),
            NextPage::Query(name, value) => self.filled.url(Some((name, value))),
            NextPage::Url(url) => url.clone(),
        }
    }

    /// Takes an answer.
    pub(super) fn read(self, http: &HttpDefinition, answer: &Answer, max: usize) -> PageStep {
        if let Some(failure) = answer.failure(http) {
            return PageStep::Failed(failure);
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
        let part = answer.part(&http.response.pointer)?;
        let rows: Option<Vec<&RawValue>> = serde_json::from_str(part.get()).map_err(|_not_a_list| {
            unexpected(format!("expected a list at `{}` of the answer", http.response.pointer))
        })?;
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
        let next = self.following(rule, answer, rows.len())?;
        let full = self.count >= rule.max_rows || self.asked >= rule.max_pages;
        let more = rows.len() > wanted || (full && next.is_some());
        match next {
            Some(next) if !full => Ok(PageStep::More(Self { next, ..self })),
            Some(_) | None => Ok(PageStep::Output(format!("{{\"items\":[{}],\"more\":{more}}}", self.rows))),
        }
    }

    /// Where the page after this one is, if there is one.
    fn following(&self, rule: &Pagination, answer: &Answer, rows: usize) -> Result<Option<NextPage>, Failure> {
        match &rule.next {
            Next::Cursor { pointer, query } => {
                let cursor = answer.find(pointer)?.map(RawValue::get).unwrap_or("null");
                let value = match serde_json::from_str(cursor).unwrap_or_default() {
                    Value::String(text) => text,
                    Value::Number(number) => number.to_string(),
                    Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => String::new(),
                };
                Ok((!value.is_empty()).then(|| NextPage::Query(query.clone(), value)))
            }
            Next::Page { query, start, step, size } => {
                let last = rows == 0 || size.is_some_and(|size| (rows as u64) < size);
                let value = start.saturating_add(step.saturating_mul(self.asked));
                Ok((!last).then(|| NextPage::Query(query.clone(), value.to_string())))
            }
            Next::Link { pointer } => {
                let link = match pointer {
                    None => answer.headers("link").find_map(next_of).map(str::to_owned),
                    Some(pointer) => {
                        let link = answer.find(pointer)?.map(RawValue::get).unwrap_or("null");
                        serde_json::from_str::<Option<String>>(link).ok().flatten().filter(|link| !link.is_empty())
                    }
                };
                link.map(|link| self.resolve(&link).map(NextPage::Url)).transpose()
            }
        }
    }

    /// The next page is where the first one was: what a server writes into a link can't send the call, and its
    /// credential, to another one.
    fn resolve(&self, link: &str) -> Result<String, Failure> {
        let refused = || unexpected("the address of the next page is at another server than the first one".to_owned());
        let first = self.first.as_ref().ok_or_else(refused)?;
        let origin = format!("{}://{}:{}", first.scheme(), first.host(), first.port());
        let url = match link.as_bytes() {
            [b'/', b'/', ..] => return Err(refused()),
            [b'/', ..] => format!("{origin}{link}"),
            [b'?', ..] => format!("{origin}{}{link}", first.path()),
            _ => link.to_owned(),
        };
        let target = Target::parse(&url)
            .map_err(|error| unexpected(format!("the address of the next page is refused: {error}")))?;
        let same = (target.scheme(), target.host(), target.port()) == (first.scheme(), first.host(), first.port());
        if same { Ok(url) } else { Err(refused()) }
    }
}

/// The target of a `Link` header (RFC 8288) whose relation is `next`.
fn next_of(header: &str) -> Option<&str> {
    let mut rest = header;
    loop {
        let (_, behind) = rest.split_once('<')?;
        let (target, behind) = behind.split_once('>')?;
        // A comma in a quoted parameter is none between links, and `<` begins the next one.
        let end = behind.find(",<").or_else(|| behind.find(", <")).unwrap_or(behind.len());
        let (parameters, behind) = behind.split_at_checked(end)?;
        let is_next = |parameter: &str| {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let relations = value.trim().trim_matches('"');
            name.trim().eq_ignore_ascii_case("rel")
                && relations.split_ascii_whitespace().any(|one| one.eq_ignore_ascii_case("next"))
        };
        if parameters.split(';').any(is_next) {
            return Some(target.trim());
        }
        rest = behind;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_link_is_found_among_others() {
        for (header, expected) in [
            (r#"<https://a/x?page=2>; rel="next", <https://a/x?page=9>; rel="last""#, Some("https://a/x?page=2")),
            (r#"<https://a/1>; rel="prev",<https://a/3>; title="a, b"; rel=next"#, Some("https://a/3")),
            (r#"</x>; rel="last next""#, Some("/x")),
            (r#"</x>; rel="nextish""#, None),
            ("</x>", None),
            ("rel=next", None),
            ("", None),
        ] {
            assert_eq!(next_of(header), expected, "{header}");
        }
    }

    fn resolved(link: &str) -> Option<String> {
        let filled = Filled { address: String::new(), query: String::new(), headers: Vec::new(), body: None };
        let pages = Pages { filled, first: None, next: NextPage::First, rows: String::new(), count: 0, asked: 0 };
        pages.at(Target::parse("https://api.example/v1/items?a=b").unwrap()).resolve(link).ok()
    }

    #[test]
    fn a_link_stays_at_its_server() {
        for (link, expected) in [
            ("https://api.example/v1/items?page=2", Some("https://api.example/v1/items?page=2")),
            ("/v1/items?page=2", Some("https://api.example:443/v1/items?page=2")),
            ("?page=2", Some("https://api.example:443/v1/items?page=2")),
            ("//other.example/x", None),
            ("https://other.example/x", None),
            ("http://api.example/x", None),
            ("https://api.example:8443/x", None),
            ("https://api.example@other.example/x", None),
            ("items?page=2", None),
        ] {
            assert_eq!(resolved(link).as_deref(), expected, "{link}");
        }
    }
}
