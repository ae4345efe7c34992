//! From a parser's position in a JSON text to the JSON Pointer (RFC 6901) of the value there.
//!
//! Only a failed call pays for this; a deserializer that keeps track of its path would make each call slower and each
//! plugin larger.

enum Inside<'a> {
    Array {
        index: usize,
    },
    /// `key` is the raw text between the quotes of the entry that is being read.
    Object {
        key: Option<&'a str>,
        value: bool,
    },
}

/// The pointer of the value that ends at or contains `column` (in bytes, from 1) of `line`.
pub(crate) fn at(json: &str, line: usize, column: usize) -> String {
    let start: usize = json.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let read = json.get(..start + column).unwrap_or(json);
    // A parser that refuses a whole container has just read its first byte.
    let read = read.strip_suffix(['{', '[']).unwrap_or(read);

    let mut path = Vec::new();
    let mut rest = read.char_indices();
    while let Some((from, letter)) = rest.next() {
        match (letter, path.last_mut()) {
            ('{', _) => path.push(Inside::Object { key: None, value: false }),
            ('[', _) => path.push(Inside::Array { index: 0 }),
            ('}' | ']', _) => drop(path.pop()),
            (',', Some(Inside::Array { index })) => *index += 1,
            (',', Some(Inside::Object { key, value })) => (*key, *value) = (None, false),
            (':', Some(Inside::Object { value, .. })) => *value = true,
            ('"', inside) => {
                let text = rest.as_str();
                while let Some((_, letter)) = rest.next() {
                    match letter {
                        '\\' => drop(rest.next()),
                        '"' => break,
                        _ => {}
                    }
                }
                if let Some(Inside::Object { key, value: false }) = inside {
                    let length = text.len() - rest.as_str().len();
                    *key = text.get(..length.saturating_sub(1)).or_else(|| read.get(from..));
                }
            }
            _ => {}
        }
    }
    path.iter().filter_map(segment).fold(String::new(), |pointer, segment| pointer + "/" + &segment)
}

fn segment(inside: &Inside<'_>) -> Option<String> {
    match inside {
        Inside::Array { index } => Some(index.to_string()),
        Inside::Object { key: None, .. } => None,
        Inside::Object { key: Some(key), .. } => {
            let key = serde_json::from_str(&format!("\"{key}\"")).unwrap_or_else(|_| (*key).to_owned());
            Some(key.replace('~', "~0").replace('/', "~1"))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::Value;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Item {
        name: String,
        tags: Vec<u8>,
        #[serde(rename = "a/b")]
        slash: Option<Box<Item>>,
    }

    fn pointer_of(json: &str) -> String {
        let error = serde_json::from_str::<Vec<Item>>(json).expect_err(json);
        super::at(json, error.line(), error.column())
    }

    #[test]
    fn names_the_value_at_fault() {
        for (json, pointer) in [
            (r#"[{"name": 1, "tags": []}]"#, "/0/name"),
            (r#"[{"name": "a", "tags": [1, 2, -3]}]"#, "/0/tags/2"),
            (r#"[{"name": "a", "tags": []}, {"name": "b"}]"#, "/1"),
            (r#"[{"name": "a", "tags": [], "more": 1}]"#, "/0/more"),
            (r#"[{"name": [], "tags": []}]"#, "/0/name"),
            (r#"[{"name": "a ] \" } ,", "tags": {}}]"#, "/0/tags"),
            (r#"[{"name": "a", "tags": [], "a\/b": {"name": "c", "tags": [300]}}]"#, "/0/a~1b/tags/0"),
            ("[\n  {\"name\": \"a\",\n   \"tags\": [7,\n \"é\"]}]", "/0/tags/1"),
            (r#"{"name": "a"}"#, ""),
            ("7", ""),
        ] {
            assert_eq!(pointer_of(json), pointer, "{json}");
        }
    }

    #[test]
    fn accepts_any_position() {
        let json = "[\"é\", {\"k\\\"\": [\n1";
        for (line, column) in (0..4).flat_map(|line| (0..30).map(move |column| (line, column))) {
            super::at(json, line, column);
        }
        assert!(serde_json::from_str::<Value>(json).is_err());
    }
}
