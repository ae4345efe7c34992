//! Lists: `?limit&cursor&q` gives `{"items": […], "next_cursor": null}`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::response::Refusal;

const LIMIT: usize = 50;
const LIMIT_MAX: usize = 500;

/// What a caller wants of a list that is sorted by a key.
#[derive(Debug, Default)]
pub(crate) struct Page {
    limit: usize,
    after: Option<String>,
    text: Option<String>,
    /// Further parameters, for the route to take.
    further: Vec<(String, String)>,
}

/// A part of a list.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
pub(crate) struct Listed<T> {
    items: Vec<T>,
    /// The `cursor` of the next page; null on the last.
    next_cursor: Option<String>,
}

impl Page {
    pub(crate) fn parse(query: Option<&str>, known: &[&str]) -> Result<Self, Refusal> {
        let mut page = Self { limit: LIMIT, ..Self::default() };
        for (name, value) in pairs(query) {
            // No text of the store has one, and PostgreSQL takes none.
            if value.contains('\0') {
                return Err(Refusal::malformed(format!("`{}`: expected no NUL character", name.escape_debug())));
            }
            match name.as_str() {
                "limit" => {
                    let limit = value.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit));
                    page.limit =
                        limit.ok_or_else(|| Refusal::malformed(format!("`limit`: expected 1 to {LIMIT_MAX}")))?;
                }
                "cursor" => page.after = Some(value),
                "q" => page.text = Some(value.to_lowercase()),
                name if known.contains(&name) => page.further.push((name.to_owned(), value)),
                other => return Err(Refusal::malformed(format!("unknown parameter `{}`", other.escape_debug()))),
            }
        }
        Ok(page)
    }

    /// Whether an item with these texts is wanted.
    pub(crate) fn matches(&self, texts: &[&str]) -> bool {
        self.text.as_ref().is_none_or(|wanted| texts.iter().any(|text| text.to_lowercase().contains(wanted)))
    }

    /// A further parameter.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.further.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// A further parameter that is a flag: set when it is there, unless it says `false`.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, Refusal> {
        self.parameter(name).map_or(Ok(false), |value| flag(name, value))
    }

    /// Where the page before ended.
    pub(crate) fn cursor(&self) -> Option<&str> {
        self.after.as_deref().filter(|cursor| !cursor.is_empty())
    }

    /// `since`, in milliseconds since 1970; 0 without it.
    pub(crate) fn since(&self) -> Result<i64, Refusal> {
        let since = self.parameter("since").map(str::parse::<jiff::Timestamp>).transpose();
        let since = since.map_err(|_| Refusal::malformed("`since`: expected a time such as 2030-01-31T12:00:00Z"))?;
        Ok(since.map_or(0, jiff::Timestamp::as_millisecond))
    }

    /// Refuses `q`, where there is no text to look in.
    pub(crate) fn without_text(&self) -> Result<(), Refusal> {
        match self.text {
            None => Ok(()),
            Some(_) => Err(Refusal::malformed("unknown parameter `q`")),
        }
    }

    /// How many rows a query is to give: one more than the page has tells whether there is another page.
    pub(crate) fn one_more(&self) -> i64 {
        i64::try_from(self.limit).unwrap_or(i64::MAX).saturating_add(1)
    }

    /// A page of rows that a query gave in their order.
    pub(crate) fn of_query<I, T>(&self, mut rows: Vec<I>, key: fn(&I) -> String, show: impl Fn(&I) -> T) -> Listed<T> {
        let more = rows.len() > self.limit;
        rows.truncate(self.limit);
        let next_cursor = rows.last().filter(|_| more).map(key);
        Listed { items: rows.iter().map(show).collect(), next_cursor }
    }

    /// Takes this page's part of items that are sorted by their key, which is the cursor.
    pub(crate) fn cut<I, T>(&self, items: I, show: impl Fn(I::Item) -> T) -> Listed<T>
    where
        I: Iterator,
        I::Item: Keyed,
    {
        let mut rest =
            items.skip_while(|item| self.after.as_ref().is_some_and(|after| item.key() <= *after)).peekable();
        let mut last = None;
        let mut shown = Vec::new();
        while let (true, Some(item)) = (shown.len() < self.limit, rest.peek()) {
            last = Some(item.key());
            shown.extend(rest.next().map(&show));
        }
        Listed { items: shown, next_cursor: last.filter(|_| rest.peek().is_some()) }
    }
}

impl<T> Listed<T> {
    /// What it has.
    pub(crate) fn items(&self) -> &[T] {
        &self.items
    }

    /// The same, as it is shown.
    pub(crate) fn shown<S>(self, show: impl Fn(T) -> S) -> Listed<S> {
        Listed { items: self.items.into_iter().map(show).collect(), next_cursor: self.next_cursor }
    }
}

/// What a list is sorted by.
pub(crate) trait Keyed {
    fn key(&self) -> String;
}

/// The value of a flag in a query; none at all is `true`.
pub(crate) fn flag(name: &str, value: &str) -> Result<bool, Refusal> {
    match value {
        "" | "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Refusal::malformed(format!("`{}`: expected `true` or `false`", name.escape_debug()))),
    }
}

/// The one parameter of changes that may take connectors away.
pub(crate) fn allow_removal(query: Option<&str>) -> Result<bool, Refusal> {
    let mut allowed = false;
    for (name, value) in pairs(query) {
        match name.as_str() {
            "allow_removal" => allowed = flag(&name, &value)?,
            other => return Err(Refusal::malformed(format!("unknown parameter `{}`", other.escape_debug()))),
        }
    }
    Ok(allowed)
}

/// The parameters of a query, decoded.
pub(crate) fn pairs(query: Option<&str>) -> impl Iterator<Item = (String, String)> {
    form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Keyed for &str {
        fn key(&self) -> String {
            (*self).to_owned()
        }
    }

    fn page(query: &str) -> Page {
        Page::parse(Some(query), &[]).unwrap()
    }

    #[test]
    fn pages_follow_each_other() {
        let all = ["a", "b", "c"];
        let first = page("limit=2").cut(all.into_iter(), str::to_owned);
        assert_eq!((first.items, first.next_cursor.as_deref()), (vec!["a".into(), "b".into()], Some("b")));
        let second = page("limit=2&cursor=b").cut(all.into_iter(), str::to_owned);
        assert_eq!((second.items, second.next_cursor), (vec!["c".to_owned()], None));
    }

    #[test]
    fn parameters_are_decoded_and_checked() {
        assert!(page("q=a%20B+c").matches(&["x A b C"]));
        for bad in ["limit=0", "limit=501", "limit=x", "colour=red", "q=a%00b"] {
            assert!(Page::parse(Some(bad), &[]).is_err(), "{bad}");
        }
    }
}
