//! Splits SQL into tokens, as far as it takes to find parameters, the end of the statement and the words of it. What
//! stands in quotes and comments is never looked into.

use super::StatementRefused;
use crate::database::Engine;

/// A token with its place in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'t> {
    pub(super) kind: TokenKind,
    pub(super) text: &'t str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// Blanks and comments.
    Blank,
    /// A word without quotes: a key word, a name or a number.
    Word,
    /// A name in quotes.
    Name,
    /// A text in quotes.
    Text,
    /// `:name`.
    Named,
    /// `$1`.
    Numbered,
    /// A single character of another kind, or `::`.
    Other,
}

/// Reads the tokens of a text.
pub(super) fn tokens(engine: Engine, text: &str) -> Result<Vec<Token<'_>>, StatementRefused> {
    // Engines differ in which others are blanks, so that one would begin a comment for the server and none here.
    if let Some(wrong) = text.chars().find(|one| one.is_control() && !matches!(one, '\t' | '\n' | '\r')) {
        return Err(StatementRefused::Character(wrong));
    }
    let mut lexer = Lexer { rest: text, mysql: engine == Engine::Mysql };
    let mut tokens: Vec<Token<'_>> = Vec::new();
    // Whether a text that comes next has escapes, also in PostgreSQL.
    let mut escapes = false;
    while !lexer.rest.is_empty() {
        let (kind, length) = lexer.next(escapes)?;
        let (token, rest) = lexer.rest.split_at_checked(length).ok_or(StatementRefused::Unterminated("token"))?;
        lexer.rest = rest;
        escapes = match kind {
            TokenKind::Word => token.eq_ignore_ascii_case("e"),
            // `E'a'` goes on behind a line break, blanks and comments, and `E` stands before its first part alone.
            TokenKind::Text => escapes && token.starts_with('\''),
            TokenKind::Blank => escapes && tokens.last().is_some_and(|last| last.kind != TokenKind::Word),
            TokenKind::Name | TokenKind::Named | TokenKind::Numbered | TokenKind::Other => false,
        };
        tokens.push(Token { kind, text: token });
    }
    Ok(tokens)
}

struct Lexer<'t> {
    rest: &'t str,
    /// MySQL has other comments, escapes in every text, and names in backticks.
    mysql: bool,
}

impl Lexer<'_> {
    /// The kind of the next token and its length in bytes. `escapes` says that a text has escapes there, as behind `E`.
    fn next(&self, escapes: bool) -> Result<(TokenKind, usize), StatementRefused> {
        let mut chars = self.rest.chars();
        let (Some(first), second) = (chars.next(), chars.next()) else { return Ok((TokenKind::Blank, 0)) };
        Ok(match (first, second) {
            ('-', Some('-')) if !self.mysql || self.is_blank_at(2) => (TokenKind::Blank, self.line()),
            ('#', _) if self.mysql => (TokenKind::Blank, self.line()),
            ('/', Some('*')) => (TokenKind::Blank, self.comment()?),
            ('\'', _) => (TokenKind::Text, self.quoted('\'', self.mysql || escapes, "text in '…'")?),
            ('"', _) if self.mysql => (TokenKind::Text, self.quoted('"', true, "text in \"…\"")?),
            ('"', _) => (TokenKind::Name, self.quoted('"', false, "name in \"…\"")?),
            ('`', _) if self.mysql => (TokenKind::Name, self.quoted('`', false, "name in `…`")?),
            ('$', Some(digit)) if digit.is_ascii_digit() => {
                (TokenKind::Numbered, 1 + self.run(1, |one| one.is_ascii_digit()))
            }
            ('$', _) if !self.mysql => self.dollar()?,
            (':', Some(':')) => (TokenKind::Other, 2),
            (':', Some(letter)) if letter.is_ascii_alphabetic() || letter == '_' => {
                (TokenKind::Named, 1 + self.run(1, |one| one.is_ascii_alphanumeric() || one == '_'))
            }
            ('?', _) if self.mysql => return Err(StatementRefused::QuestionMark),
            (first, _) if is_word(first) => (TokenKind::Word, self.run(0, is_word)),
            (first, _) if is_blank(first) => (TokenKind::Blank, self.run(0, is_blank)),
            (first, _) => (TokenKind::Other, first.len_utf8()),
        })
    }

    fn is_blank_at(&self, at: usize) -> bool {
        self.rest.get(at..).and_then(|rest| rest.chars().next()).is_none_or(is_blank)
    }

    /// How many bytes from a place on are characters of a kind.
    fn run(&self, from: usize, is: impl Fn(char) -> bool) -> usize {
        let rest = self.rest.get(from..).unwrap_or_default();
        rest.find(|one| !is(one)).unwrap_or(rest.len())
    }

    /// A comment to the end of its line, which PostgreSQL also sees in a carriage return.
    fn line(&self) -> usize {
        let ends = |one: char| one == '\n' || (one == '\r' && !self.mysql);
        self.rest.find(ends).map_or(self.rest.len(), |end| end + 1)
    }

    /// A comment; PostgreSQL's can have others inside. What MySQL runs out of a comment is refused.
    fn comment(&self) -> Result<usize, StatementRefused> {
        if self.mysql && self.rest.get(2..).is_some_and(|rest| rest.starts_with(['!', '+']) || rest.starts_with("M!")) {
            return Err(StatementRefused::ExecutableComment);
        }
        let (mut depth, mut at) = (0_usize, 0_usize);
        let bytes = self.rest.as_bytes();
        while let Some(pair) = bytes.get(at..at + 2) {
            match pair {
                b"/*" if depth == 0 || !self.mysql => (depth, at) = (depth + 1, at + 2),
                b"*/" => {
                    (depth, at) = (depth - 1, at + 2);
                    if depth == 0 {
                        return Ok(at);
                    }
                }
                _ => at += 1,
            }
        }
        Err(StatementRefused::Unterminated("comment"))
    }

    /// What stands in quotes, which are doubled inside; with escapes a backslash takes the next character along.
    fn quoted(&self, quote: char, escapes: bool, what: &'static str) -> Result<usize, StatementRefused> {
        let mut chars = self.rest.char_indices().skip(1).peekable();
        while let Some((at, one)) = chars.next() {
            if escapes && one == '\\' {
                chars.next();
            } else if one == quote {
                match chars.peek() {
                    Some((_, next)) if *next == quote => drop(chars.next()),
                    Some(_) | None => return Ok(at + one.len_utf8()),
                }
            }
        }
        Err(StatementRefused::Unterminated(what))
    }

    /// `$tag$ … $tag$`, or a dollar of its own.
    fn dollar(&self) -> Result<(TokenKind, usize), StatementRefused> {
        let inside = self.rest.get(1..).unwrap_or_default();
        let Some(end) = inside.find(|one: char| !(one.is_ascii_alphanumeric() || one == '_' || !one.is_ascii())) else {
            return Ok((TokenKind::Other, 1));
        };
        if !inside.get(end..).is_some_and(|rest| rest.starts_with('$')) {
            return Ok((TokenKind::Other, 1));
        }
        let length = end + 2;
        let (tag, body) = self.rest.split_at_checked(length).ok_or(StatementRefused::Unterminated("text in $$"))?;
        let close = body.find(tag).ok_or(StatementRefused::Unterminated("text in $$"))?;
        Ok((TokenKind::Text, length + close + length))
    }
}

/// Characters beyond ASCII are letters of names to every engine, also those that are blanks elsewhere.
fn is_word(one: char) -> bool {
    one.is_ascii_alphanumeric() || one == '_' || one == '$' || !one.is_ascii()
}

/// What separates tokens for every engine; other control characters are refused.
fn is_blank(one: char) -> bool {
    matches!(one, ' ' | '\t' | '\n' | '\r')
}
