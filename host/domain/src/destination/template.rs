//! URLs of a definition that have `{field}` in them: base, token, refresh, login and authorize addresses.

use std::fmt;
use std::str::FromStr;

use super::url::split;
use super::{HostPattern, Scheme, Target, UrlRefused, public_suffix, resolve};
use crate::FieldName;

/// A URL whose host may begin with `{field}.` and whose path may have `{field}`s.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrlTemplate {
    pub(crate) scheme: Scheme,
    pub(crate) host: HostPattern,
    pub(crate) port: u16,
    path: Vec<Part>,
    query: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Field(FieldName),
}

impl FromStr for UrlTemplate {
    type Err = UrlRefused;

    fn from_str(text: &str) -> Result<Self, UrlRefused> {
        let pieces = split(text)?;
        let host = HostPattern::parse(pieces.host)?;
        public_suffix::check(&host)?;
        let braces = |text: &str| text.contains(['{', '}']);
        let wildcard = matches!(host, HostPattern::Below(_));
        if !pieces.scheme.is_http() {
            return Err(UrlRefused::Scheme);
        }
        if wildcard || pieces.query.is_some_and(braces) {
            return Err(UrlRefused::Field);
        }
        let path = parts(pieces.path)?;
        // A path with dot segments would mean something else for each value.
        let sample = sample(&path);
        if !sample.is_empty() && resolve(&sample)? != sample {
            return Err(UrlRefused::Field);
        }
        Ok(Self { scheme: pieces.scheme, host, port: pieces.port, path, query: pieces.query.map(str::to_owned) })
    }
}

impl UrlTemplate {
    /// The fields that it names.
    pub fn fields(&self) -> impl Iterator<Item = &FieldName> {
        let path = self.path.iter().filter_map(|part| match part {
            Part::Field(name) => Some(name),
            Part::Text(_) => None,
        });
        self.host.field().into_iter().chain(path)
    }

    /// The path with an ordinary value for each field.
    pub(crate) fn sample_path(&self) -> String {
        Some(sample(&self.path)).filter(|path| !path.is_empty()).unwrap_or_else(|| "/".to_owned())
    }

    /// The URL with a connection's values in it.
    ///
    /// # Errors
    /// A value is missing or would change more than its own place.
    pub fn fill<'f>(&self, field: impl Fn(&FieldName) -> Option<&'f str>) -> Result<Target, UrlRefused> {
        let host = match self.host.field() {
            Some(name) => {
                let value = field(name).ok_or_else(|| UrlRefused::Value(name.clone()))?;
                self.host.fixed(value).ok_or_else(|| UrlRefused::Value(name.clone()))?
            }
            None => self.host.clone(),
        };
        let query = self.query.as_ref().map_or(String::new(), |query| format!("?{query}"));
        let path = filled(&self.path, field)?;
        Target::parse(&format!("{}://{host}:{}{path}{query}", self.scheme, self.port))
    }
}

fn parts(path: &str) -> Result<Vec<Part>, UrlRefused> {
    let (mut parts, mut rest) = (Vec::new(), path);
    while let Some((before, inside)) = rest.split_once('{') {
        let (name, after) = inside.split_once('}').ok_or(UrlRefused::Field)?;
        parts.push(Part::Text(before.to_owned()));
        parts.push(Part::Field(name.parse().map_err(|_not_a_name| UrlRefused::Field)?));
        rest = after;
    }
    parts.push(Part::Text(rest.to_owned()));
    Ok(parts)
}

fn sample(parts: &[Part]) -> String {
    let text = |part: &Part| match part {
        Part::Text(text) => text.clone(),
        Part::Field(_) => "x".to_owned(),
    };
    parts.iter().map(text).collect()
}

/// A value in a path is unreserved characters (RFC 3986 section 2.3), and no dot segment whatever stands around it.
fn filled<'f>(parts: &[Part], field: impl Fn(&FieldName) -> Option<&'f str>) -> Result<String, UrlRefused> {
    let mut path = String::new();
    for part in parts {
        match part {
            Part::Text(text) => path.push_str(text),
            Part::Field(name) => {
                let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
                let fits = |value: &&str| {
                    !value.is_empty() && value.bytes().all(allowed) && !value.bytes().all(|byte| byte == b'.')
                };
                path.push_str(field(name).filter(fits).ok_or_else(|| UrlRefused::Value(name.clone()))?);
            }
        }
    }
    Ok(path)
}

impl fmt::Display for UrlTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)?;
        if self.scheme.default_port() != self.port {
            write!(f, ":{}", self.port)?;
        }
        self.path.iter().try_for_each(|part| match part {
            Part::Text(text) => f.write_str(text),
            Part::Field(name) => write!(f, "{{{name}}}"),
        })?;
        self.query.iter().try_for_each(|query| write!(f, "?{query}"))
    }
}
