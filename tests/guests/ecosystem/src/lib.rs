//! One connector per crate that authors reach for in their first hour, each with an answer that can be checked.

use chrono::{DateTime, Days, Utc};
use lockgate_sdk::prelude::*;
use std::collections::BTreeMap;

#[derive(Deserialize, JsonSchema)]
struct Term {
    /// RFC 3339; none is now.
    from: Option<String>,
    days: u64,
}

/// Add days to a date, with chrono.
#[connector(example({ "from": "2024-02-28T12:00:00+01:00", "days": 2 } => "2024-03-01T11:00:00+00:00"))]
fn date(term: Term) -> Result<String, Failure> {
    let from = match term.from {
        Some(from) => DateTime::parse_from_rfc3339(&from)?.to_utc(),
        None => DateTime::<Utc>::from(clock::now()),
    };
    let due = from.checked_add_days(Days::new(term.days));
    due.map(|due| due.to_rfc3339()).ok_or_else(|| Failure::new("too_far", "the calendar ends before that day"))
}

/// Make a random id, with uuid.
#[connector]
fn id() -> String {
    uuid::Uuid::new_v4().to_string()
}

#[derive(Serialize, JsonSchema)]
struct Rolls {
    rand_08: u8,
    rand_09: u8,
    rand_10: u8,
    /// 64 random bits of the last generation, so that two calls differ.
    bits: u64,
}

/// Roll dice, with three generations of rand.
#[connector]
fn dice(sides: u8) -> Result<Rolls, Failure> {
    if sides == 0 {
        return Err(Failure::new("no_sides", "a die has at least one side"));
    }
    Ok(Rolls {
        rand_08: rand_08::Rng::gen_range(&mut rand_08::thread_rng(), 1..=sides),
        rand_09: rand_09::random_range(1..=sides),
        rand_10: rand_10::random_range(1..=sides),
        bits: rand_10::random(),
    })
}

#[derive(Deserialize, JsonSchema)]
struct Search {
    pattern: String,
    text: String,
}

/// Find what a pattern matches, with regex.
#[connector(example({ "pattern": "\\b\\p{Lu}\\w+", "text": "Ada and Émile met Bo" } => ["Ada", "Émile", "Bo"]))]
fn find(search: Search) -> Result<Vec<String>, Failure> {
    let pattern = regex::Regex::new(&search.pattern)?;
    Ok(pattern.find_iter(&search.text).map(|found| found.as_str().to_owned()).collect())
}

/// Read a table with a heading, with csv.
#[connector(example("name,city\nAda,\"London, UK\"\n" => [{ "name": "Ada", "city": "London, UK" }]))]
fn table(text: String) -> Result<Vec<BTreeMap<String, String>>, Failure> {
    csv::Reader::from_reader(text.as_bytes()).deserialize().map(|row| Ok(row?)).collect()
}

/// Resolve a link and read its query, with url.
#[connector(example({ "base": "https://example.com/a/b", "to": "../c?q=%C3%A9&n=1" } => {
    "url": "https://example.com/c?q=%C3%A9&n=1", "query": { "q": "é", "n": "1" }
}))]
fn link(link: Link) -> Result<Resolved, Failure> {
    let url = url::Url::parse(&link.base)?.join(&link.to)?;
    Ok(Resolved { query: url.query_pairs().into_owned().collect(), url: url.into() })
}

#[derive(Deserialize, JsonSchema)]
struct Link {
    base: String,
    to: String,
}

#[derive(Serialize, JsonSchema)]
struct Resolved {
    url: String,
    query: BTreeMap<String, String>,
}

/// Ask the standard library for the time, which it can't tell here: the call ends with advice.
#[connector]
fn std_time() -> u64 {
    std::time::SystemTime::UNIX_EPOCH.elapsed().map(|since| since.as_secs()).unwrap_or_default()
}

lockgate_sdk::plugin!(date, id, dice, find, table, link, std_time);

#[cfg(test)]
mod tests {
    #[test]
    fn examples_hold() {
        lockgate_sdk::testing::assert_examples(&super::PLUGIN);
    }
}
