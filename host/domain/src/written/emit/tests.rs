//! Texts, numbers and collections, written and read again.

use serde_json::json;

use super::super::definition;
use super::*;

#[track_caller]
fn is_the_same(value: &Value) {
    let text = yaml(value);
    assert_eq!(definition(&text).as_ref(), Ok(value), "{text}");
}

#[test]
fn groups_are_written_as_people_write_them() {
    let group = json!({
        "connectors": [{"output_schema": true, "name": "a", "type": "http", "http": {"path": "/", "method": "GET"}}],
        "slug": "shop", "name": "Shop: one", "tags": [], "settings": {"name": 1, "kind": {"b": [1, [2.5]], "a": null}},
        "description": "one\ntwo\n",
    });
    let expected = "slug: shop\nname: \"Shop: one\"\ndescription: |\n  one\n  two\ntags: []\nsettings:\n  kind:\n    a: null\n    \
         b:\n      - 1\n      -\n        - 2.5\n  name: 1\nconnectors:\n  - name: a\n    type: http\n    http:\n      \
         method: GET\n      path: \"/\"\n    output_schema: true\n";
    assert_eq!(yaml(&group), expected);
    is_the_same(&group);
}

#[test]
fn every_text_comes_back() {
    let texts = [
        "",
        " ",
        "a",
        "a b",
        "a  b",
        " a",
        "a ",
        "-",
        "- a",
        "a: b",
        "a #b",
        "#",
        "null",
        "Null",
        "~",
        "true",
        "No",
        "on",
        "1",
        "1.10",
        "0x1f",
        ".inf",
        "1e5",
        "2026-11-29",
        "{{id}}",
        "[a]",
        "*a",
        "&a",
        "!a",
        "%a",
        "@a",
        "`a",
        "'",
        "\"",
        "\\",
        "a\\nb",
        "a\n",
        "a\n\n",
        " a\n",
        "- a: b\n",
        "a\nb",
        "a\nb\n",
        "a\nb\n\n\n",
        "\n",
        "\n\n",
        "\na",
        "\n\na\nb",
        " a\nb",
        "\ta\n b",
        "a\n\n\n b\n",
        "a\r\nb\r\n",
        "a\rb",
        "a\u{85}b\nc",
        "a\u{2028}b\nc",
        "\u{feff}a\nb",
        "a\u{0}b",
        "\u{1b}[31m\nx",
        "\u{7f}",
        "\u{fffe}",
        "ünïcødé\n👍\n",
        "👍",
        "---\na",
        "...\nb",
        "a\n---\nb\n",
        "a\n  \n",
        "x\n# y\n",
        "a:\n  b: |\n    c\n",
        "<<",
        "=",
        "export default async (input) => {\n\treturn `${input.a}`;\n};\n",
    ];
    for text in texts {
        is_the_same(&json!({"a": text, "b": [text, [text], {"c": text}], "connectors": [{"name": text}]}));
        is_the_same(&json!({text: 1, "z z": {text: {text: text}}}));
    }
    is_the_same(&json!({"a": texts.as_slice(), "b": "x".repeat(5000), "y".repeat(2000): {"z".repeat(3000): ["a\nb"]}}));
}

#[test]
fn every_number_and_empty_thing_comes_back() {
    let numbers = json!([0, -1, 1.0, 0.1, 1e300, 1e-7, -0.5, u64::MAX, i64::MIN, 5e-324]);
    is_the_same(&json!({"a": numbers, "b": {}, "c": [], "d": [[], {}, [[]]], "e": null, "f": [true, false]}));
}

#[test]
fn parameters_of_requests_keep_their_spelling() {
    is_the_same(&json!({"connectors": [{"http": {
        "query": {"a": "1.10", "b": "true", "c": ["01", "x"]}, "headers": {"d": "null", "e": "7"},
        "body": {"form": {"f": "0x1"}, "json": {"g": 1}},
    }}]}));
}
