//! A statement with parameters: `:name` of a declarative connector, `:name` or `$1` of a guest. Parameters are bound by the
//! server's own protocol; no value is ever written into the text.

mod harmless;
mod lexer;

use std::collections::HashMap;
use std::fmt::Write as _;

use super::Engine;
use lexer::{Token, TokenKind};

/// Longer than any that a person reads.
const TEXT_MAX_BYTES: usize = 64 * 1024;
/// Distinct parameters of one statement.
const PARAMETERS_MAX: usize = 1_000;

/// A statement that was read: one, with its parameters found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    engine: Engine,
    parts: Vec<Part>,
    parameters: Vec<Parameter>,
    verb: String,
    /// Whether it is about a savepoint, as `ROLLBACK TO` is.
    of_savepoint: bool,
    /// Whether it can write where no transaction that only reads keeps it from.
    writes_beside: bool,
    keeps_session: bool,
    wraps_another: bool,
    commits_in_parts: bool,
}

/// A parameter, as the statement names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parameter {
    /// `:name`.
    Named(String),
    /// `$1`, from 1.
    Numbered(usize),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    /// A parameter by its place in the list; `in_list` for `IN (:name)`, whose text is what stands before.
    Parameter {
        index: usize,
        membership: Option<Membership>,
    },
}

/// What a list is compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Membership {
    In,
    NotIn,
}

/// The text that is sent, and which parameter each of its places takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// In the server's dialect.
    pub text: String,
    /// For each place the parameter, by its place among [`Statement::parameters`], and of an expanded list the item.
    pub places: Vec<Place>,
}

/// What one place of a text takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    /// The parameter.
    pub parameter: usize,
    /// The item of its list, where each has a place of its own.
    pub item: Option<usize>,
    /// Whether a list is taken as a whole.
    pub is_list: bool,
}

/// Why a text is no statement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatementRefused {
    /// It is too long.
    #[error("the statement is longer than {TEXT_MAX_BYTES} bytes")]
    TooLong,
    /// There is none.
    #[error("there is no statement")]
    Empty,
    /// It has a character that no statement has.
    #[error("a statement has no character `{}`", .0.escape_default())]
    Character(char),
    /// It has no end.
    #[error("a {0} has no end")]
    Unterminated(&'static str),
    /// It is more than one.
    #[error("there are several statements: expected one, and nothing behind `;`")]
    Several,
    /// A comment that MySQL runs.
    #[error("MySQL runs what stands in `/*! … */` and `/*+ … */`: write it out or leave it out")]
    ExecutableComment,
    /// A placeholder without a name.
    #[error("`?` names no parameter: write `:name`")]
    QuestionMark,
    /// Both kinds of parameters.
    #[error("parameters are `:name` or `$1`, and not both in one statement")]
    Mixed,
    /// A number that can't be.
    #[error("`{0}` is no parameter: expected `$1` to `${PARAMETERS_MAX}`")]
    Number(String),
    /// Too many.
    #[error("the statement has more than {PARAMETERS_MAX} parameters")]
    TooMany,
    /// Too many places, most often of the items of lists.
    #[error("the statement takes more than {0} values, each item of a list in `IN` counted wherever it stands")]
    TooManyPlaces(usize),
}

impl Statement {
    /// Reads a text in the dialect of an engine. A `;` at the end is left out.
    ///
    /// # Errors
    /// [`StatementRefused`] has the reason.
    pub fn parse(engine: Engine, text: &str) -> Result<Self, StatementRefused> {
        if text.len() > TEXT_MAX_BYTES {
            return Err(StatementRefused::TooLong);
        }
        let mut tokens = lexer::tokens(engine, text)?;
        end(&mut tokens)?;
        let mut words = tokens.iter().filter(|token| token.kind != TokenKind::Blank);
        let verb = words.next().ok_or(StatementRefused::Empty)?.text.to_ascii_lowercase();
        let second = words.next().map_or("", |token| token.text);
        let wraps_another =
            engine == Engine::Mysql && (verb == "execute" || verb == "set" && second.eq_ignore_ascii_case("statement"));
        // A procedure, and what builds an index beside those who write.
        let commits_in_parts = wraps_another
            || ["call", "do", "exec", "execute"].contains(&verb.as_str())
            || tokens
                .iter()
                .any(|token| token.kind == TokenKind::Word && token.text.eq_ignore_ascii_case("concurrently"));
        let has = |word: &str| tokens.iter().any(|token| token.text.eq_ignore_ascii_case(word));
        let of_savepoint = verb == "rollback" && has("to");
        let mut statement = Self {
            engine,
            parts: Vec::new(),
            parameters: Vec::new(),
            verb,
            of_savepoint,
            writes_beside: harmless::writes_beside(engine, &tokens),
            keeps_session: harmless::keeps_session(&tokens),
            wraps_another,
            commits_in_parts,
        };
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            at += match list_at(tokens.get(at..).unwrap_or_default()) {
                Some((membership, parameter, length)) => {
                    statement.add(parameter, Some(membership))?;
                    length
                }
                None => {
                    match token.kind {
                        TokenKind::Named | TokenKind::Numbered => statement.add(token, None)?,
                        TokenKind::Blank | TokenKind::Word | TokenKind::Name | TokenKind::Text | TokenKind::Other => {
                            statement.push_text(token.text);
                        }
                    }
                    1
                }
            };
        }
        Ok(statement)
    }

    /// The engine whose dialect it was read in.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// Its parameters, each once, in the order in which they come; numbered ones by their number.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// Its first word in lower case, such as `select`.
    pub fn verb(&self) -> &str {
        &self.verb
    }

    /// Whether it goes back to a savepoint of its transaction, which goes on.
    pub fn is_of_savepoint(&self) -> bool {
        self.of_savepoint
    }

    /// Whether it is one of MySQL that runs another, whatever that is: `SET STATEMENT … FOR …`, `EXECUTE IMMEDIATE …`.
    pub fn wraps_another(&self) -> bool {
        self.wraps_another
    }

    /// Whether parts of it can last though it is refused, where it runs outside of a transaction: a procedure may commit, and of
    /// MySQL each of its statements is committed by itself.
    pub fn commits_in_parts(&self) -> bool {
        self.commits_in_parts
    }

    /// Whether it leaves nothing in its session, and sees nothing that others left there.
    pub fn keeps_session(&self) -> bool {
        self.keeps_session
    }

    /// Whether it is one that a transaction which only reads can hold to reading. What runs code (`DO`, `CALL`) could
    /// begin another transaction.
    pub fn only_reads(&self) -> bool {
        let verbs = ["select", "with", "values", "table", "show", "explain", "describe", "desc"];
        verbs.contains(&self.verb.as_str()) && !self.writes_beside
    }

    /// Why it is none that only reads, for who wrote it; none if it is one.
    pub fn why_it_writes(&self) -> Option<String> {
        let verb = self.verb.to_uppercase();
        match (self.only_reads(), self.writes_beside) {
            (true, _) => None,
            (false, true) => Some(
                "it can write in spite of a transaction that only reads, as EXPLAIN ANALYZE, functions of large objects, \
                 `pg_notify`, `dblink` and INTO OUTFILE do: expected another statement, or `read_only: false`"
                    .to_owned(),
            ),
            (false, false) => {
                Some(format!("`{verb}` is no statement that only reads: expected SELECT, or `read_only: false`"))
            }
        }
    }

    /// Whether a parameter is the list of an `IN`, by its place among the parameters.
    pub fn is_list(&self, parameter: usize) -> bool {
        let lists = |part: &Part| match part {
            Part::Parameter { index, membership } => *index == parameter && membership.is_some(),
            Part::Text(_) => false,
        };
        self.parts.iter().any(lists)
    }

    /// The text to send. `length` gives the length of each parameter's list, or none for a value that is no list; it
    /// is asked for lists alone, and only where the engine has no arrays.
    ///
    /// # Errors
    /// It takes more values than the engine's protocol can count.
    pub fn render(&self, length: impl Fn(usize) -> Option<usize>) -> Result<Rendered, StatementRefused> {
        let mut rendered = Rendering {
            text: String::new(),
            places: Vec::new(),
            known: (self.engine != Engine::Mysql).then(HashMap::new),
            written: 0,
            max: self.engine.places_max(),
        };
        for part in &self.parts {
            match part {
                Part::Text(text) => rendered.text.push_str(text),
                Part::Parameter { index, membership: None } => {
                    rendered.put(Place { parameter: *index, item: None, is_list: false })?;
                }
                Part::Parameter { index, membership: Some(membership) } if self.engine.has_arrays() => {
                    rendered.text.push_str(match membership {
                        Membership::In => "= ANY (",
                        Membership::NotIn => "<> ALL (",
                    });
                    rendered.put(Place { parameter: *index, item: None, is_list: true })?;
                    rendered.text.push(')');
                }
                Part::Parameter { index, membership: Some(membership) } => {
                    rendered.text.push_str(match membership {
                        Membership::In => "IN (",
                        Membership::NotIn => "NOT IN (",
                    });
                    match length(*index) {
                        // No list is empty in SQL; a query can be.
                        Some(0) => rendered.text.push_str("SELECT NULL WHERE 1 = 0"),
                        None => rendered.put(Place { parameter: *index, item: None, is_list: false })?,
                        Some(length) => {
                            for item in 0..length {
                                rendered.text.push_str(if item == 0 { "" } else { ", " });
                                rendered.put(Place { parameter: *index, item: Some(item), is_list: false })?;
                            }
                        }
                    }
                    rendered.text.push(')');
                }
            }
        }
        Ok(Rendered { text: rendered.text, places: rendered.places })
    }

    fn push_text(&mut self, text: &str) {
        match self.parts.last_mut() {
            Some(Part::Text(last)) => last.push_str(text),
            Some(Part::Parameter { .. }) | None => self.parts.push(Part::Text(text.to_owned())),
        }
    }

    fn add(&mut self, token: &Token<'_>, membership: Option<Membership>) -> Result<(), StatementRefused> {
        let name = token.text.get(1..).unwrap_or_default();
        let parameter = match token.kind {
            TokenKind::Numbered => {
                let number = name.parse().ok().filter(|number| (1..=PARAMETERS_MAX).contains(number));
                Parameter::Numbered(
                    number.ok_or_else(|| StatementRefused::Number(token.text.chars().take(20).collect()))?,
                )
            }
            TokenKind::Named
            | TokenKind::Blank
            | TokenKind::Word
            | TokenKind::Name
            | TokenKind::Text
            | TokenKind::Other => Parameter::Named(name.to_owned()),
        };
        let same_kind = |known: &Parameter| match (known, &parameter) {
            (Parameter::Named(_), Parameter::Named(_)) | (Parameter::Numbered(_), Parameter::Numbered(_)) => true,
            (Parameter::Named(_), Parameter::Numbered(_)) | (Parameter::Numbered(_), Parameter::Named(_)) => false,
        };
        if !self.parameters.first().is_none_or(same_kind) {
            return Err(StatementRefused::Mixed);
        }
        let index = match &parameter {
            // Each number up to the largest is a parameter, whether the text has it or not.
            Parameter::Numbered(number) => {
                while self.parameters.len() < *number {
                    self.parameters.push(Parameter::Numbered(self.parameters.len() + 1));
                }
                number - 1
            }
            Parameter::Named(_) => match self.parameters.iter().position(|known| *known == parameter) {
                Some(index) => index,
                None => {
                    self.parameters.push(parameter);
                    self.parameters.len() - 1
                }
            },
        };
        if self.parameters.len() > PARAMETERS_MAX {
            return Err(StatementRefused::TooMany);
        }
        self.parts.push(Part::Parameter { index, membership });
        Ok(())
    }
}

/// A text that is being written.
struct Rendering {
    text: String,
    places: Vec<Place>,
    /// The numbers of the places so far, where they have numbers.
    known: Option<HashMap<Place, usize>>,
    /// Placeholders in the text.
    written: usize,
    max: usize,
}

impl Rendering {
    /// Writes a placeholder. PostgreSQL counts them, so that one that comes again is the same; MySQL takes them in turn.
    fn put(&mut self, place: Place) -> Result<(), StatementRefused> {
        // Also one that comes again: the list of an `IN` could be written thousands of times.
        self.written += 1;
        if self.written > self.max {
            return Err(StatementRefused::TooManyPlaces(self.max));
        }
        let Some(known) = &mut self.known else {
            self.text.push('?');
            self.places.push(place);
            return Ok(());
        };
        let number = *known.entry(place).or_insert_with(|| {
            self.places.push(place);
            self.places.len()
        });
        // Writing into a `String` does not fail.
        let _ = write!(self.text, "${number}");
        Ok(())
    }
}

/// Takes the `;` at the end away, with what is blank behind it.
fn end(tokens: &mut Vec<Token<'_>>) -> Result<(), StatementRefused> {
    let Some(end) = tokens.iter().position(|token| token.kind == TokenKind::Other && token.text == ";") else {
        return Ok(());
    };
    let is_last = |token: &Token<'_>| token.kind == TokenKind::Blank || token.text == ";";
    if !tokens.iter().skip(end).all(is_last) {
        return Err(StatementRefused::Several);
    }
    tokens.truncate(end);
    Ok(())
}

/// `IN (:name)` or `NOT IN (:name)` at the beginning of some tokens: with its parameter, and of how many tokens it is.
fn list_at<'t, 'x>(tokens: &'x [Token<'t>]) -> Option<(Membership, &'x Token<'t>, usize)> {
    let mut meant = tokens.iter().enumerate().filter(|(_, token)| token.kind != TokenKind::Blank);
    let mut first = Some(0);
    let mut next = |expected: &str| {
        let (at, token) = meant.next()?;
        // What is looked for begins with the first token, not behind blanks.
        if first.take().is_some_and(|first| first != at) {
            return None;
        }
        token.text.eq_ignore_ascii_case(expected).then_some(())
    };
    let first_word = tokens.first()?;
    let membership = if first_word.text.eq_ignore_ascii_case("not") {
        next("not")?;
        Membership::NotIn
    } else {
        Membership::In
    };
    next("in")?;
    next("(")?;
    let (_, parameter) = meant.next()?;
    let is_parameter = matches!(parameter.kind, TokenKind::Named | TokenKind::Numbered);
    let (last, close) = meant.next()?;
    (is_parameter && close.text == ")").then_some((membership, parameter, last + 1))
}

#[cfg(test)]
mod tests;
