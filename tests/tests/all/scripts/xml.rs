//! `lockgate/xml`: what XML 1.0 and Namespaces allow is read and written, and all else is refused with its place.

use std::io::Write;
use std::process::{Command, Stdio};

use lockgate_tests::{Host, root};
use serde_json::{Value, json};

use super::{call, host, javascript, output_of, save};

const READ: &str = r#"
    import { parse } from "lockgate/xml";
    const told = (text) => { try { return parse(text); } catch (error) { return `${error.name}: ${error.message}`; } };
    export default (texts) => texts.map(told);
"#;

const XML: &str = "http://www.w3.org/XML/1998/namespace";

#[test]
fn well_formed_documents_are_read() {
    let documents = [
        ("<a/>", json!({"a": ""})),
        (
            "\u{feff}<?xml version='1.0' encoding=\"utf-8\" standalone='yes' ?>\r\n<!-- - -->\n<a></a >\n<?p x?><!---->\n",
            json!({"a": ""}),
        ),
        ("<?xml version = \"1.7\"?><?xml-stylesheet?><a/>", json!({"a": ""})),
        ("<a b='1' c=\"2\"\n\td = '&lt;\"&#x41;&#0066;>'/>", json!({"a": {"@b": "1", "@c": "2", "@d": "<\"AB>"}})),
        ("<a>1<b/>2<b>3</b>4</a>", json!({"a": {"b": ["", "3"], "#text": "124"}})),
        ("<a> &amp;&apos;&gt;]] > <![CDATA[<&]>]]]]> <!-- x --> y </a>", json!({"a": "&'>]] > <&]>]]  y"})),
        ("<a>\u{a0}x\r\ny\rz&#13;\u{a0}</a>", json!({"a": "\u{a0}x\ny\nz\r\u{a0}"})),
        ("<a b='\t1\r\n2\n&#9;&#10;&#13;'/>", json!({"a": {"@b": " 1 2 \t\n\r"}})),
        (
            "<\u{e9}t\u{e9}.-_\u{b7}1><\u{10000}/></\u{e9}t\u{e9}.-_\u{b7}1>",
            json!({"\u{e9}t\u{e9}.-_\u{b7}1": {"\u{10000}": ""}}),
        ),
        ("<a>\u{1f600}&#x1F600;\u{85}\u{fffd}</a>", json!({"a": "\u{1f600}\u{1f600}\u{85}\u{fffd}"})),
        (
            "<__proto__ constructor='1'><toString/></__proto__>",
            json!({"__proto__": {"@constructor": "1", "toString": ""}}),
        ),
        (
            "<s:a xmlns:s='urn:s' s:b='1' b='2' xml:lang='en'><s:b xmlns='urn:d'><c xmlns='' xmlns:s='urn:t'/></s:b></s:a>",
            json!({"s:a": {"@xmlns:s": "urn:s", "@s:b": "1", "@b": "2", "@xml:lang": "en",
                "s:b": {"@xmlns": "urn:d", "c": {"@xmlns": "", "@xmlns:s": "urn:t"}}}}),
        ),
    ];
    let host = host(READ);
    let texts: Vec<&str> = documents.iter().map(|(text, _)| *text).collect();
    let read = call(&host, &json!(texts)).output();
    for ((text, expected), found) in documents.iter().zip(read.as_array().unwrap()) {
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn what_is_not_well_formed_is_refused_with_its_place() {
    let reference = "`&` begins no reference here: the character itself is `&amp;`";
    let xml_only = format!("only `xml` stands for {XML}, and for nothing else");
    let reserved = format!("<a xmlns='{XML}'/>");
    let other = format!("<a xmlns:b='{XML}'/>");
    let deep = "<a>".repeat(129);
    let documents: &[(&str, u32, u32, &str)] = &[
        ("", 1, 1, "there is no root"),
        (" <!-- -->\n", 2, 1, "there is no root"),
        ("x<a/>", 1, 1, "a text outside of the root"),
        ("<a/>\n \u{a0}", 2, 2, "a text outside of the root"),
        ("<a/>&#32;", 1, 5, "a text outside of the root"),
        ("<a/><![CDATA[ ]]>", 1, 5, "a text outside of the root"),
        ("<a/><b/>", 1, 5, "a second root"),
        ("<a>", 1, 4, "`<a>` is not closed"),
        ("<a><b></a></b>", 1, 7, "`</a>` closes nothing"),
        ("<a/></a>", 1, 5, "`</a>` closes nothing"),
        ("<a></A>", 1, 4, "`</A>` closes nothing"),
        ("<a></a x>", 1, 8, "expected `>`"),
        ("<a></ a>", 1, 6, "expected the name of an element"),
        ("< a/>", 1, 2, "expected the name of an element"),
        ("<1/>", 1, 2, "expected the name of an element"),
        ("<-a/>", 1, 2, "expected the name of an element"),
        ("<a", 1, 3, "expected white space, `>` or `/>`"),
        ("<a / >", 1, 4, "expected the name of an attribute, `>` or `/>`"),
        ("<a\u{a0}b='1'/>", 1, 3, "expected white space, `>` or `/>`"),
        ("<a\u{d7}/>", 1, 3, "expected white space, `>` or `/>`"),
        ("<a b='1'c='2'/>", 1, 9, "expected white space, `>` or `/>`"),
        ("<a b/>", 1, 5, "expected `=`"),
        ("<a b=1/>", 1, 6, "expected a value in quotation marks"),
        ("<a b='1/>", 1, 7, "`'` is missing: the value of an attribute does not end"),
        ("<a b='<'/>", 1, 7, "`<` in the value of an attribute is `&lt;`"),
        ("<a b='1'\n  c='2' b='3'/>", 2, 9, "the attribute `b` is there twice"),
        ("<a __proto__='1' __proto__='1'/>", 1, 18, "the attribute `__proto__` is there twice"),
        ("<a>\u{1f600}&#x41zz;</a>", 1, 5, reference),
        ("<a>&#xzz;</a>", 1, 4, reference),
        ("<a>&#X41;</a>", 1, 4, reference),
        ("<a>&#;</a>", 1, 4, reference),
        ("<a>&#+65;</a>", 1, 4, reference),
        ("<a>&#1e2;</a>", 1, 4, reference),
        ("<a>x & y</a>", 1, 6, reference),
        ("<a>&lt</a>", 1, 4, reference),
        ("<a b='1\n&'/>", 2, 1, reference),
        ("<a>&nbsp;</a>", 1, 4, "the entity `&nbsp;` is not known: no document type is read"),
        ("<a>&toString;</a>", 1, 4, "the entity `&toString;` is not known: no document type is read"),
        ("<a>&#0;</a>", 1, 4, "XML forbids the character U+0000"),
        ("<a>&#x1F;</a>", 1, 4, "XML forbids the character U+001F"),
        ("<a>&#xD800;</a>", 1, 4, "XML forbids the character U+D800"),
        ("<a>&#xFFFE;</a>", 1, 4, "XML forbids the character U+FFFE"),
        ("<a>&#x110000;</a>", 1, 4, "XML forbids the character U+110000"),
        ("<a>\n\u{1}</a>", 2, 1, "XML forbids the character U+0001"),
        ("<a b='\u{0}'/>", 1, 7, "XML forbids the character U+0000"),
        ("<!--\u{ffff}--><a/>", 1, 5, "XML forbids the character U+FFFF"),
        ("<a>]]></a>", 1, 4, "`]]>` ends nothing here: in a text it is `]]&gt;`"),
        ("<a><![CDATA[x</a>", 1, 13, "`]]>` is missing: a section `<![CDATA[` does not end"),
        ("<a><!-- x -- y --></a>", 1, 11, "a comment has no `--` within"),
        ("<a><!-- x ---></a>", 1, 11, "a comment has no `--` within"),
        ("<a/><!-- x", 1, 9, "`--` is missing: a comment does not end"),
        ("<a/><??>", 1, 7, "expected the name of a processing instruction"),
        ("<a/><?p", 1, 8, "expected white space or `?>`"),
        (" <?xml version='1.0'?><a/>", 1, 2, "`<?xml` is `<?xml version=\"1.0\"?>`, and only at the start"),
        ("<?xml encoding='utf-8'?><a/>", 1, 1, "`<?xml` is `<?xml version=\"1.0\"?>`, and only at the start"),
        ("<?xml version='2.0'?><a/>", 1, 1, "`<?xml` is `<?xml version=\"1.0\"?>`, and only at the start"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", 1, 1, "a document type is not read"),
        ("<a><!ELEMENT b></a>", 1, 4, "a document type is not read"),
        (deep.as_str(), 1, 385, "more than 128 elements within each other"),
        ("<a><b:c:d/></a>", 1, 8, "expected white space, `>` or `/>`"),
    ];
    let namespaces: &[(&str, u32, u32, &str)] = &[
        ("<a>\n<b:c/></a>", 2, 1, "the prefix of `b:c` is not declared"),
        ("<a  b:c='1'/>", 1, 5, "the prefix of `b:c` is not declared"),
        ("<a><c xmlns:b='urn:b'/><b:c/></a>", 1, 24, "the prefix of `b:c` is not declared"),
        ("<xmlns:a/>", 1, 1, "the prefix of `xmlns:a` is not declared"),
        ("<a:/>", 1, 3, "expected white space, `>` or `/>`"),
        ("<:a/>", 1, 2, "expected the name of an element"),
        ("<a xmlns:b='' />", 1, 4, "the prefix `b` is declared without a namespace"),
        ("<a xmlns:xmlns='urn:b'/>", 1, 4, "`xmlns` and its namespace are not declared"),
        ("<a xmlns:xml='urn:b'/>", 1, 4, xml_only.as_str()),
        (reserved.as_str(), 1, 4, xml_only.as_str()),
        (other.as_str(), 1, 4, xml_only.as_str()),
        ("<a xmlns:b='urn:b' xmlns:c='urn:&#98;' b:d='1' c:d='2'/>", 1, 48, "`c:d` is there twice, by another prefix"),
    ];
    let host = host(READ);
    let all: Vec<_> = documents.iter().chain(namespaces).collect();
    let texts: Vec<&str> = all.iter().map(|(text, ..)| *text).collect();
    let read = call(&host, &json!(texts)).output();
    for ((text, line, column, what), found) in all.iter().zip(read.as_array().unwrap()) {
        assert_eq!(found, &json!(format!("SyntaxError: xml: line {line}, column {column}: {what}")), "{text}");
    }
}

/// A host whose group lets a call read megabytes.
fn large(source: &str) -> Host {
    let host = host("export default () => 1;");
    let limits = json!({"input_bytes": 8_000_000, "cpu_ms": 60_000, "deadline_ms": 300_000, "memory_bytes": 256 << 20});
    host.set("g", json!({"limits": limits}));
    save(&host, &javascript(source)).status(200);
    host
}

/// Expat reads documents that are changed in thousands of ways, and takes the same ones.
#[test]
fn the_same_documents_are_well_formed_as_for_expat() {
    let seeds = json!([
        "<a/>",
        "<a b='1' c=\"2\">x<d/>y</a>",
        "<!-- c --><a><![CDATA[<&]]>&lt;&#65;&#x42;<!-- c --><?p i?></a><?q?>\n",
        "<s:a xmlns:s='urn:s' s:b='1' b='2'><c xmlns='urn:d' xmlns:x='urn:x' x:a='1' xml:lang='e'/></s:a>",
        "<a>\r\n<b>1 > 0 ]] ></b>\n<b c='>&apos;&quot;'>&amp;</b></a>",
    ]);
    let mut python = Command::new("python3")
        .arg(root().join("tests/scripts/expat.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3");
    python.stdin.take().unwrap().write_all(seeds.to_string().as_bytes()).unwrap();
    let said = python.wait_with_output().unwrap();
    assert!(said.status.success());
    let said = String::from_utf8(said.stdout).unwrap();
    let cases: Vec<(String, bool)> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let source = r#"
        import { parse } from "lockgate/xml";
        const taken = (text) => { try { parse(text); return true; } catch { return false; } };
        export default (texts) => texts.map(taken);"#;
    let texts: Vec<&str> = cases.iter().map(|(text, _)| text.as_str()).collect();
    let read = call(&large(source), &json!(texts)).output();
    let others: Vec<_> =
        cases.iter().zip(read.as_array().unwrap()).filter(|((_, expat), ours)| json!(expat) != **ours).collect();
    assert!(others.is_empty(), "{} of {}: {:?}", others.len(), cases.len(), &others[..others.len().min(20)]);
    let taken = cases.iter().filter(|(_, expat)| *expat).count();
    assert!(taken > 200 && cases.len() - taken > 500, "{taken} of {}", cases.len());
}

#[test]
fn what_is_written_can_be_read() {
    let source = r##"
        import { parse, stringify } from "lockgate/xml";
        const same = (one, two) => JSON.stringify(one) === JSON.stringify(two);
        export default () => {
            const parts = ["a", "<", "&", ">", "\"", "'", "]]>", "&#65;", "x\r\ny", "\u00a0", "\u{1f600}", "--", "\u0085", "<![CDATA[", "x\ty"];
            const documents = [];
            for (const one of parts) for (const two of parts) {
                documents.push({ a: { "@b": one + two, c: [two, one], "#text": two + one } }, { "d:e": { "@xmlns:d": "urn:d", "@d:f": `\t\n\r${one}`, "d:g": { "@xml:lang": two } } });
            }
            const lost = documents.filter((document) => !same(parse(stringify(document)), document) || !same(parse(stringify(document, { declaration: false })), document));
            const given = { order: { "@id": 7n, "@left": null, "@out": undefined, at: new Date(0), lines: [], none: null, yes: true, line: [1, { "@sku": "<a>", "#text": 2.5 }] } };
            return { count: documents.length, lost, given: stringify(given, { declaration: false }), whole: stringify({ a: "" }), one: stringify({ a: ["x"] }, { declaration: false }) };
        };"##;
    let expected = json!({
        "count": 450, "lost": [], "whole": r#"<?xml version="1.0" encoding="UTF-8"?><a/>"#, "one": "<a>x</a>",
        "given": r#"<order id="7"><at>1970-01-01T00:00:00.000Z</at><none/><yes>true</yes><line>1</line><line sku="&lt;a&gt;">2.5</line></order>"#,
    });
    assert_eq!(output_of(&host("export default () => 1;"), source, &json!(null)), expected);
}

#[test]
fn what_xml_can_not_say_is_not_written() {
    let source = r##"
        import { parse, stringify } from "lockgate/xml";
        const told = (value) => { try { return stringify(value); } catch (error) { return `${error.name}: ${error.message}`; } };
        const deep = (levels) => { let value = "x"; for (let i = 0; i < levels; i++) value = { a: value }; return value; };
        const around = { a: {} };
        around.a.a = around;
        export default () => ({
            refused: [
                { "a b": 1 }, { "": 1 }, { "1": 1 }, { "a><b": 1 }, { "a:b:c": 1 }, { "#text": 1 }, { "@a": 1 },
                { a: { "@b c": 1 } }, { a: { "@": 1 } }, { a: { "@b='1' c": 1 } }, { a: { "#other": 1 } },
                { a: "\u0000" }, { a: { "@b": "\u001f" } }, { a: { "#text": "\ufffe" } }, { a: "\ud800" }, { a: "\udc00x" },
                {}, { a: 1, b: 2 }, { a: [] }, { a: [1, 2] }, [], null, "a", { a: [[1]] }, { a: { b: [[1]] } },
                { a: { "@b": {} } }, { a: { "#text": [1] } }, { a: () => 1 }, { a: Symbol("x") },
                { "b:a": 1 }, { a: { "@b:c": 1 } }, { a: { "@xmlns:b": "" } }, { a: { "@xmlns:xml": "urn:x" } },
                { a: { "@xmlns:b": "urn:x", "@xmlns:c": "urn:x", "@b:d": 1, "@c:d": 1 } }, deep(129), around,
                { a: { total: Promise.resolve(1) } }, { a: new Map([["b", 1]]) }, { a: [new Set([1])] }, { a: new Response("x") }, { a: /b/ },
                { a: new ArrayBuffer(1) }, { a: new Uint8Array(1) }, { a: new Error("b") }, { a: [1].values() }, { a: { "@b": new URLSearchParams("c") } },
                { a: { "#text": Promise.resolve(1) } }, { a: new Date(NaN) }, { a: { "@b": new Date(NaN) } }, { a: NaN }, { a: { "#text": -Infinity } },
            ].map(told),
            boxed: stringify({ a: [{ "@b": Object(5), c: [Object("x"), Object(true), 5n] }] }, { declaration: false }),
            deepest: parse(stringify(deep(128))).a.a !== undefined,
            text: [null, undefined, new Uint8Array([60]), 1].map((given) => { try { return parse(given); } catch (error) { return `${error.name}: ${error.message}`; } }),
        });"##;
    let output = output_of(&host("export default () => 1;"), source, &json!(null));
    let name = |name: &str| format!("`{name}` is no name of an element");
    let attribute = |name: &str| format!("`{name}` is no name of an attribute");
    let forbids = |code: &str, of: &str| format!("XML forbids the character U+{code}, which is in `{of}`");
    let roots = |count: u32| format!("a document has one root, and this one would have {count}");
    let value = |of: &str| format!("`{of}` is no text, number or boolean");
    let deep = || "more than 128 elements within each other".to_owned();
    let expected: Vec<String> = vec![
        name("a b"),
        name(""),
        name("1"),
        name("a><b"),
        name("a:b:c"),
        name("#text"),
        name("@a"),
        attribute("b c"),
        attribute(""),
        attribute("b='1' c"),
        name("#other"),
        forbids("0000", "a"),
        forbids("001F", "@b"),
        forbids("FFFE", "#text"),
        forbids("D800", "a"),
        forbids("DC00", "a"),
        roots(0),
        roots(2),
        roots(0),
        roots(2),
        roots(0),
        roots(0),
        roots(0),
        "`a` is an array within an array".to_owned(),
        "`b` is an array within an array".to_owned(),
        value("@b"),
        value("#text"),
        value("a"),
        value("a"),
        "the prefix of `b:a` is not declared".to_owned(),
        "the prefix of `b:c` is not declared".to_owned(),
        "the prefix `b` is declared without a namespace".to_owned(),
        format!("only `xml` stands for {XML}, and for nothing else"),
        "`c:d` is there twice, by another prefix".to_owned(),
        deep(),
        deep(),
        "`total` is a Promise: await it".to_owned(),
        "`a` is a Map: `Object.fromEntries(map)` is an object, `[...map]` a list".to_owned(),
        "`a` is a Set: `[...set]` is a list".to_owned(),
        "`a` is a Response: `await response.json()` gives its body".to_owned(),
        "`a` is a RegExp".to_owned(),
        "`a` is an ArrayBuffer: `[...new Uint8Array(buffer)]` is a list of numbers".to_owned(),
        "`a` is a Uint8Array: `[...bytes]` is a list of numbers, `btoa(String.fromCharCode(...bytes))` base64"
            .to_owned(),
        "`a` is an Error: `error.message` is a text".to_owned(),
        "`a` is an Array Iterator".to_owned(),
        "`@b` is a URLSearchParams".to_owned(),
        "`#text` is a Promise: await it".to_owned(),
        "`a` is an invalid date".to_owned(),
        "`@b` is an invalid date".to_owned(),
        r#"`a` is NaN: if that is meant, write it as the text "NaN""#.to_owned(),
        r##"`#text` is -Infinity: if that is meant, write it as the text "-Infinity""##.to_owned(),
    ];
    let refused: Vec<&Value> = output["refused"].as_array().unwrap().iter().collect();
    assert_eq!(refused.len(), expected.len());
    for (found, expected) in refused.into_iter().zip(expected) {
        assert_eq!(found, &json!(format!("TypeError: xml: {expected}")));
    }
    assert_eq!(output["deepest"], json!(true));
    assert_eq!(output["boxed"], json!(r#"<a b="5"><c>x</c><c>true</c><c>5</c></a>"#));
    assert_eq!(output["text"], json!(vec!["TypeError: xml: a document is a text"; 4]));
}

/// Neither many parts of a text, nor many attributes, long names or white space make the time grow faster than the document.
#[test]
fn a_large_document_is_read() {
    let source = r##"
        import { parse, stringify } from "lockgate/xml";
        export default (times) => {
            const many = parse(`<a>${"x<b/>".repeat(times)}</a>`);
            const attributes = parse(`<a ${Array.from({ length: times / 10 }, (_, index) => `b${index}=''`).join(" ")}/>`);
            const name = "n".repeat(times * 10);
            const space = " \n".repeat(times);
            const long = parse(`<${name}${space}${name}${space}=${space}'&#${"0".repeat(times)}65;'>${space}x${space}y${space}</${name}${space}>${space}`);
            return [many.a.b.length, many.a["#text"].length, Object.keys(attributes.a).length, long[name]["#text"].length, long[name][`@${name}`], stringify(many).length];
        };"##;
    let output = call(&large(source), &json!(100_000)).output();
    assert_eq!(output, json!([100_000, 100_000, 10_000, 200_002, "A", 38 + 7 + 100_000 * 5]));
}

#[test]
fn the_script_of_the_page_does_what_it_says() {
    let page = std::fs::read_to_string(root().join("docs/scripts.md")).unwrap();
    let source = super::boxes(&page, "ts").into_iter().find(|text| text.contains("lockgate/xml")).unwrap();
    let document = source.split_once("// ").and_then(|(_, rest)| rest.split_once('\n')).unwrap().0;
    let host = host("export default () => 1;");
    save(&host, &super::script("c", "typescript", source)).status(200);
    let expected = r#"<?xml version="1.0" encoding="UTF-8"?><answer order="7"><total>2</total></answer>"#;
    assert_eq!(call(&host, &json!(document)).output(), json!(expected));
}
