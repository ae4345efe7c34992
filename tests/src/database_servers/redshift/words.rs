//! A statement as words and signs, without what is in texts, comments and quoted names.

/// A word in lower case, a number, or one sign. A text is `'`, a quoted name `"`.
#[derive(Debug)]
pub(super) struct Word(pub(super) String);

pub(super) fn words(text: &str) -> Vec<Word> {
    let (mut words, mut rest) = (Vec::new(), text);
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("--") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            comment(rest)
        } else if first == '\'' || first == '"' {
            words.push(Word(first.to_string()));
            rest[1..].find(first).map_or(rest.len(), |end| end + 2)
        } else if let Some(length) = dollar_quoted(rest) {
            words.push(Word("'".to_owned()));
            length
        } else if first.is_alphanumeric() || first == '_' {
            let end = rest.find(|other: char| !other.is_alphanumeric() && other != '_').unwrap_or(rest.len());
            words.push(Word(rest[..end].to_lowercase()));
            end
        } else {
            if !first.is_whitespace() {
                words.push(Word(first.to_string()));
            }
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    words
}

/// The statements between `;`.
pub(super) fn starts(words: &[Word]) -> Vec<&[Word]> {
    words.split(|word| word.0 == ";").filter(|statement| !statement.is_empty()).collect()
}

/// How long the comment is, with those in it.
fn comment(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < text.len() {
        let rest = text.get(at..).unwrap_or_default();
        if rest.starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if rest.starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                break;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    at
}

/// How long the text in dollar quotes is, if it is one.
fn dollar_quoted(text: &str) -> Option<usize> {
    let tag = text.strip_prefix('$')?;
    let end = tag.find('$')?;
    let named = tag[..end].chars().all(|part| part.is_alphanumeric() || part == '_');
    if !named || tag.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let mark = &text[..end + 2];
    Some(text[mark.len()..].find(mark).map_or(text.len(), |close| close + 2 * mark.len()))
}

#[cfg(test)]
mod tests {
    use super::{starts, words};

    fn read(text: &str) -> Vec<String> {
        words(text).into_iter().map(|word| word.0).collect()
    }

    #[test]
    fn finds_words_outside_of_texts_comments_and_quoted_names() {
        let text = r#"SELECT 'uuid''s', "json" /* a /* bytea */ b */ -- jsonb
            FROM x WHERE a::Int8 = $1 AND b = $q$ ; savepoint $q$"#;
        let expected = "select ' ' , \" from x where a : : int8 = $ 1 and b = '";
        assert_eq!(read(text).join(" "), expected);
    }

    #[test]
    fn parts_statements() {
        let words = words("BEGIN; ;SELECT ';'; SAVEPOINT a");
        let first: Vec<_> = starts(&words).into_iter().map(|statement| statement[0].0.clone()).collect();
        assert_eq!(first, ["begin", "select", "savepoint"]);
    }
}
