use serde_json::json;

use super::*;

#[test]
fn scalars_are_of_the_core_schema_and_keep_their_spelling_where_they_become_texts() {
    let text = "
name: item
http:
  query: {country: NO, y: yes, zip: 01234, phone: 0049301234567, api-version: 7.10, s: 1_000, list: [1.0, TRUE, 0x1F], x: 1e400}
  headers: {x-version: 2.0}
  body: {form: {n: 18446744073709551616}}
input_schema: {properties: {c: {enum: [SE, NO, DK]}, n: {const: 1.50}, f: {default: True}}}
";
    let expected = json!({
        "name": "item",
        "http": {
            "query": {
                "country": "NO", "y": "yes", "zip": "01234", "phone": "0049301234567", "api-version": "7.10", "s": "1_000",
                "list": ["1.0", "TRUE", "0x1F"], "x": "1e400",
            },
            "headers": {"x-version": "2.0"},
            "body": {"form": {"n": "18446744073709551616"}},
        },
        "input_schema": {"properties": {"c": {"enum": ["SE", "NO", "DK"]}, "n": {"const": 1.5}, "f": {"default": true}}},
    });
    assert_eq!(definition(text).unwrap(), expected);
    let indented = text.trim().replace('\n', "\n  ");
    let group = format!("slug: shop\nconnectors:\n- {indented}\n");
    assert_eq!(definition(&group).unwrap()["connectors"][0], expected);
    let json = r#"{"http": {"query": {"v": 7.10, "t": true}, "body": {"json": {"v": 7.10}}}}"#;
    let expected = json!({"http": {"query": {"v": "7.10", "t": "true"}, "body": {"json": {"v": 7.1}}}});
    assert_eq!((definition(json).unwrap(), definition_json(json).unwrap()), (expected.clone(), expected));
    // A place that only looks like one of a connector.
    let schema = json!({"input_schema": {"http": {"query": {"v": 7.1}}}});
    assert_eq!(definition(&schema.to_string()).unwrap(), schema);
}

#[test]
fn what_is_wrong_is_said_for_the_writer_with_its_line() {
    for (text, expected) in [
        ("a: 1\nhttp:\n  query: {c: {{c}}}\n", "line 3, column 15: braces without quotes are a map"),
        ("c: {{c}}\n", "line 1, column 5: braces without quotes are a map"),
        ("a: 1\nb: 2\na: 3\n", "line 3, column 1: the key `a` is there twice, first in line 1"),
        ("a: 1\n---\nb: 2\n", "line 2, column 1: a second document begins here"),
        ("", "nothing is in it: expected a map of keys"),
        ("# only a remark\n", "nothing is in it: expected a map of keys"),
        ("---\n", "nothing is in it: expected a map of keys"),
        ("- a\n- b\n", "line 1, column 1: expected a map of keys, such as `name: …`, and found a list"),
        (
            "just words\n",
            "line 1, column 1: expected a map of keys, such as `name: …`, and found the text `just words`",
        ),
        ("a: [1\nb: 2\n", "line "),
        ("a: !!binary aGk=\n", "line 1, column 13: the tag"),
        ("a: !thing x\n", "line 1, column 11: the tag `!thing` is not known"),
        ("zip: 01234\n", "line 1, column 6: `01234` would be the number 1234: write \"01234\" in quotes"),
        ("n: 0.1234567890123456789\n", "line 1, column 4: `0.1234567890123456789` has more digits than a number keeps"),
        ("n: .inf\n", "line 1, column 4: `.inf` is a number that JSON has not"),
        ("a: &a [*a]\n", "line 1, column 8: an alias can't stand within what it stands for"),
        ("? [a]\n: 1\n", "line 1, column 3: expected a key, and found a list"),
    ] {
        let found = definition(text).unwrap_err().to_string();
        assert!(found.starts_with(expected), "{text:?}: {found}");
    }
    assert!(definition_json(r#"{"a":1,"a":2}"#).unwrap_err().to_string().contains("key `a` twice"));
    assert!(definition_json(r#"{"a":18446744073709551616}"#).unwrap_err().to_string().contains("more digits"));
}

#[test]
fn marks_quotes_tags_aliases_and_merges_are_read() {
    let text = "\u{feff}a: &a {x: 1, y: \"2\"}\nb: *a\nc: {<<: *a, x: 3}\nd: !!str 7\ne: |\n  07\nf: '~'\ng: ~\n";
    let expected = json!({
        "a": {"x": 1, "y": "2"}, "b": {"x": 1, "y": "2"}, "c": {"x": 3, "y": "2"}, "d": "7", "e": "07\n", "f": "~", "g": null,
    });
    assert_eq!(definition(text).unwrap(), expected);
    assert_eq!(definition("\u{feff}{\"a\": \"\\ud83d\\ude00\"}").unwrap(), json!({"a": "😀"}));
    assert_eq!(definition("---\na: 1\n...\n").unwrap(), json!({"a": 1}));
}

#[test]
fn aliases_of_aliases_end_at_a_bound() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let below = vec![format!("*a{}", level - 1); 10].join(", ");
        text.push_str(&format!("a{level}: &a{level} [{below}]\n"));
    }
    assert!(definition(&text).unwrap_err().to_string().contains("aliases stand for more"));
    let deep = format!("a: {}{}\n", "[".repeat(130), "]".repeat(130));
    assert!(definition(&deep).unwrap_err().to_string().contains("levels deep"));
}
