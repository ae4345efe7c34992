//! The grammar of templates.

use std::str::FromStr;

use super::{Clock, Expression, Template};

const TEMPLATE_MAX_BYTES: usize = 4096;
/// Far more than a signature needs; parsing and filling recurse.
const DEPTH_MAX: usize = 8;

/// Why a text is not a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateRefused {
    /// It is too long or nested too deeply.
    #[error("expected at most {TEMPLATE_MAX_BYTES} bytes, and functions in at most {DEPTH_MAX} others")]
    TooLarge,
    /// A control character would end a header or a line.
    #[error("control characters are not allowed: write a line break in a text as `\\n`")]
    Control,
    /// It has no placeholder.
    #[error("expected at least one `{{{{field}}}}`")]
    Constant,
    /// The text does not follow the grammar.
    #[error("expected {expected} before `{rest}`")]
    Expected {
        /// The grammar's next element.
        expected: &'static str,
        /// The first characters of what is there.
        rest: String,
    },
    /// No function has this name.
    #[error("no function `{0}`: expected base64, hex, sha256, hmac or timestamp")]
    Function(String),
    /// The arguments do not fit the function.
    #[error("`{0}` takes {1}")]
    Arguments(&'static str, &'static str),
    /// The result would be bytes that are not text.
    #[error("`{0}` gives bytes and no text: put it into `hex(…)` or `base64(…)`")]
    Bytes(&'static str),
}

impl FromStr for Template {
    type Err = TemplateRefused;

    fn from_str(text: &str) -> Result<Self, TemplateRefused> {
        if text.len() > TEMPLATE_MAX_BYTES {
            return Err(TemplateRefused::TooLarge);
        }
        if text.chars().any(char::is_control) {
            return Err(TemplateRefused::Control);
        }
        let (mut parts, mut rest) = (Vec::new(), text);
        while let Some((before, inside)) = rest.split_once("{{") {
            parts.extend(literal(before)?);
            let mut cursor = Cursor { rest: inside };
            let part = cursor.expression(0)?;
            match part {
                Expression::Sha256(_) => return Err(TemplateRefused::Bytes("sha256")),
                Expression::Hmac(..) => return Err(TemplateRefused::Bytes("hmac")),
                Expression::Text(_)
                | Expression::Field(_)
                | Expression::Base64(_)
                | Expression::Hex(_)
                | Expression::Timestamp(_) => parts.push(part),
            }
            cursor.expect("}}", "`}}`")?;
            rest = cursor.rest;
        }
        parts.extend(literal(rest)?);
        let template = Self(parts);
        if template.fields().is_empty() {
            return Err(TemplateRefused::Constant);
        }
        Ok(template)
    }
}

fn literal(text: &str) -> Result<Option<Expression>, TemplateRefused> {
    if let Some((_, rest)) = text.split_once("}}") {
        return Err(TemplateRefused::Expected {
            expected: "`{{`",
            rest: format!("}}}}{rest}").chars().take(20).collect(),
        });
    }
    Ok((!text.is_empty()).then(|| Expression::Text(text.to_owned())))
}

struct Cursor<'t> {
    rest: &'t str,
}

impl<'t> Cursor<'t> {
    fn expression(&mut self, depth: usize) -> Result<Expression, TemplateRefused> {
        if depth > DEPTH_MAX {
            return Err(TemplateRefused::TooLarge);
        }
        self.blanks();
        if self.take("\"") {
            return self.string().map(Expression::Text);
        }
        let length = self.rest.find(|one: char| !(one.is_ascii_alphanumeric() || one == '_'));
        let (word, rest) = self.rest.split_at_checked(length.unwrap_or(self.rest.len())).unwrap_or((self.rest, ""));
        self.rest = rest;
        self.blanks();
        if self.take("(") {
            let arguments = self.arguments(depth)?;
            return function(word, arguments);
        }
        word.parse().map(Expression::Field).map_err(|_not_a_name| self.expected("a field's name"))
    }

    fn arguments(&mut self, depth: usize) -> Result<Vec<Expression>, TemplateRefused> {
        let mut arguments = Vec::new();
        self.blanks();
        while !self.take(")") {
            if !arguments.is_empty() {
                self.expect(",", "`,` or `)`")?;
            }
            arguments.push(self.expression(depth + 1)?);
            self.blanks();
        }
        Ok(arguments)
    }

    /// The rest of a text after its first quote.
    fn string(&mut self) -> Result<String, TemplateRefused> {
        let mut text = String::new();
        let mut characters = self.rest.chars();
        loop {
            match characters.next() {
                Some('"') => break,
                Some('\\') => match characters.next() {
                    Some('n') => text.push('\n'),
                    Some(one @ ('"' | '\\')) => text.push(one),
                    Some(_) | None => return Err(self.expected("`\\n`, `\\\"` or `\\\\` in the text")),
                },
                Some(one) => text.push(one),
                None => return Err(self.expected("a closing quote")),
            }
        }
        self.rest = characters.as_str();
        self.blanks();
        Ok(text)
    }

    fn blanks(&mut self) {
        self.rest = self.rest.trim_start_matches(' ');
    }

    fn take(&mut self, text: &str) -> bool {
        let rest = self.rest.strip_prefix(text);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn expect(&mut self, text: &str, expected: &'static str) -> Result<(), TemplateRefused> {
        self.blanks();
        self.take(text).then_some(()).ok_or_else(|| self.expected(expected))
    }

    fn expected(&self, expected: &'static str) -> TemplateRefused {
        TemplateRefused::Expected { expected, rest: self.rest.chars().take(20).collect() }
    }
}

fn function(name: &str, arguments: Vec<Expression>) -> Result<Expression, TemplateRefused> {
    let parts = |name, arguments: Vec<Expression>| {
        if arguments.is_empty() { Err(TemplateRefused::Arguments(name, "one part or more")) } else { Ok(arguments) }
    };
    match name {
        "base64" => parts("base64", arguments).map(Expression::Base64),
        "hex" => parts("hex", arguments).map(Expression::Hex),
        "sha256" => parts("sha256", arguments).map(Expression::Sha256),
        "hmac" => {
            let mut arguments = arguments.into_iter();
            let (key, parts) = (arguments.next(), arguments.collect::<Vec<_>>());
            match key {
                Some(key) if !parts.is_empty() => Ok(Expression::Hmac(Box::new(key), parts)),
                Some(_) | None => Err(TemplateRefused::Arguments("hmac", "a key, and one part or more")),
            }
        }
        "timestamp" => match arguments.as_slice() {
            [] => Ok(Expression::Timestamp(Clock::Seconds)),
            [Expression::Text(form)] if form == "ms" => Ok(Expression::Timestamp(Clock::Milliseconds)),
            [Expression::Text(form)] if form == "rfc3339" => Ok(Expression::Timestamp(Clock::Rfc3339)),
            _ => Err(TemplateRefused::Arguments("timestamp", "nothing, `\"ms\"` or `\"rfc3339\"`")),
        },
        other => Err(TemplateRefused::Function(other.chars().take(40).collect())),
    }
}
