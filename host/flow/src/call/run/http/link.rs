//! The `Link` header (RFC 8288 section 3): targets with parameters, a comma between two of them.

/// The target of the first link in a header whose relation is `next`.
pub(super) fn next_of(header: &str) -> Option<&str> {
    let mut rest = header;
    loop {
        // Elements of a list may be empty (RFC 9110 section 5.6.1.2).
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let (target, behind) = rest.strip_prefix('<')?.split_once('>')?;
        let mut parameters = Parameters(behind);
        // The first `rel` counts (RFC 8288 section 3.3).
        let relation = parameters.find(|(name, _)| name.eq_ignore_ascii_case("rel"));
        if relation.is_some_and(|(_, value)| value.split_ascii_whitespace().any(|one| one.eq_ignore_ascii_case("next")))
        {
            return Some(target.trim());
        }
        parameters.by_ref().for_each(drop);
        rest = parameters.0.trim_start_matches([' ', '\t']);
        if !rest.starts_with(',') {
            return None;
        }
    }
}

/// The parameters of one link, up to the comma behind it; a quoted value is given without its quotes.
struct Parameters<'h>(&'h str);

impl<'h> Iterator for Parameters<'h> {
    type Item = (&'h str, &'h str);

    fn next(&mut self) -> Option<Self::Item> {
        let text = self.0.trim_start_matches([' ', '\t']).strip_prefix(';')?;
        let text = text.trim_start_matches([' ', '\t', ';']);
        let (name, behind) = text.split_at_checked(text.find([';', ',', '=']).unwrap_or(text.len()))?;
        let Some(value) = behind.strip_prefix('=') else {
            self.0 = behind;
            return Some((name.trim(), ""));
        };
        let value = value.trim_start_matches([' ', '\t']);
        let (value, behind) = match value.strip_prefix('"') {
            Some(quoted) => {
                let (value, behind) = quoted.split_at_checked(quote(quoted))?;
                (value, behind.strip_prefix('"').unwrap_or(behind))
            }
            None => value.split_at_checked(value.find([';', ',']).unwrap_or(value.len()))?,
        };
        self.0 = behind;
        Some((name.trim(), value.trim()))
    }
}

/// The place of the quote that ends a quoted string; `\` takes away the meaning of what follows it.
fn quote(text: &str) -> usize {
    let mut escaped = false;
    let end = text.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    end.unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_link_is_found_among_others() {
        for (header, expected) in [
            (r#"<https://a/x?page=2>; rel="next", <https://a/x?page=9>; rel="last""#, Some("https://a/x?page=2")),
            (r#"<https://a/1>; rel="prev",<https://a/3>; title="a, b"; rel=next"#, Some("https://a/3")),
            (r#"<https://a/1>; rel="prev"; title="a, <b>; rel=next", <https://a/3>;rel=next"#, Some("https://a/3")),
            (r#"<https://a/1>; rel="prev" , , ,<https://a/3>; rel=next"#, Some("https://a/3")),
            (r#"<https://a/2>; rel="next","#, Some("https://a/2")),
            (r#",, <https://a/2> ; REL = "NEXT" ,"#, Some("https://a/2")),
            (r#"<https://a/2>; title="say \"hi, you\""; rel="next""#, Some("https://a/2")),
            (r#"<https://a/a,b;c>; rel=next"#, Some("https://a/a,b;c")),
            (r#"</x>; rel="last next""#, Some("/x")),
            (r#"<items?page=2>;rel=next;"#, Some("items?page=2")),
            (r#"</x>; rel=prev; rel=next"#, None),
            (r#"</x>; rel="nextish""#, None),
            (r#"</x>; title="rel=next""#, None),
            ("</x>", None),
            ("rel=next", None),
            ("", None),
        ] {
            assert_eq!(next_of(header), expected, "{header}");
        }
    }
}
