use lockgate_domain::ConnectorDefinition;
use lockgate_domain::connector::Action;
use lockgate_domain::schema::Document;
use serde_json::json;

use super::*;

/// A connector that reads pages, from `POST https://api.example/v1/items?a=b`.
fn definition(pagination: &Value, response: &Value) -> HttpDefinition {
    let definition = json!({
        "name": "items", "type": "http", "input_schema": true, "output_schema": true, "hints": {"idempotent": true},
        "http": {
            "method": "POST", "url": "https://api.example/v1/items", "query": {"a": "b"},
            "body": {"json": {"filter": {"state": "open"}}}, "pagination": pagination, "response": response,
        },
    });
    let definition = ConnectorDefinition::read(&definition, "").unwrap();
    definition.check("").unwrap();
    let Action::Http(http) = definition.action else { panic!("another type") };
    HttpDefinition::clone(&http)
}

/// What is asked for, and what comes of it in the end.
fn read(http: &HttpDefinition, answers: &[(u16, &str, &str)]) -> (Vec<String>, Result<String, String>) {
    let filled = http.fill(Document::default().root(), 10_000).unwrap();
    let mut pages = Pages::new(http, filled).unwrap();
    if matches!(http.pagination.as_ref().unwrap().next, Next::Link { .. }) {
        let first = Target::parse(&pages.url()).unwrap();
        pages = pages.at(first);
    }
    let mut asked = Vec::new();
    for (status, link, body) in answers {
        asked.push(format!("{} {}", pages.url(), String::from_utf8_lossy(&pages.body())));
        let headers = [(http::header::LINK, link.parse().unwrap())].into_iter().filter(|_| !link.is_empty()).collect();
        let answer = Answer { status: *status, headers, body: Bytes::copy_from_slice(body.as_bytes()) };
        match pages.read(http, &answer, 10_000) {
            PageStep::More(rest) => pages = *rest,
            PageStep::Output(output) => return (asked, Ok(output)),
            PageStep::Failed(failure) => return (asked, Err(format!("{}: {}", failure.code, failure.message))),
            PageStep::TooLarge => return (asked, Err("too large".to_owned())),
        }
    }
    (asked, Err("there was another page".to_owned()))
}

fn output(http: &HttpDefinition, answers: &[(u16, &str, &str)]) -> Result<Value, String> {
    read(http, answers).1.map(|text| serde_json::from_str(&text).unwrap())
}

#[test]
fn a_cursor_goes_into_the_query_or_into_the_body() {
    let answers = [(200, "", r#"{"rows":[1],"next":"x y"}"#), (200, "", r#"{"rows":[2],"next":null}"#)];
    let rows = json!({"pointer": "/rows"});
    let query = definition(&json!({"type": "cursor", "pointer": "/next", "query": "c"}), &rows);
    let (asked, output) = read(&query, &answers);
    assert_eq!(output.unwrap(), r#"{"items":[1,2],"more":false}"#);
    let url = "https://api.example/v1/items?a=b";
    let body = r#"{"filter":{"state":"open"}}"#;
    assert_eq!(asked, [format!("{url} {body}"), format!("{url}&c=x%20y {body}")]);
    let in_body = definition(&json!({"type": "cursor", "pointer": "/next", "body": "/filter/c"}), &rows);
    let (asked, output) = read(&in_body, &answers);
    assert_eq!(output.unwrap(), r#"{"items":[1,2],"more":false}"#);
    assert_eq!(asked, [format!("{url} {body}"), format!(r#"{url} {{"filter":{{"state":"open","c":"x y"}}}}"#)]);
    let number = [(200, "", r#"{"rows":[1],"next":18446744073709551616}"#), (200, "", "{}")];
    assert!(read(&in_body, &number).0[1].ends_with(r#""c":18446744073709551616}}"#));
    let counted = definition(&json!({"type": "page", "body": "/page", "start": 0}), &rows);
    let (asked, _) = read(&counted, &[(200, "", r#"{"rows":[1]}"#), (200, "", r#"{"rows":[]}"#)]);
    assert!(asked[0].ends_with(r#""page":0}"#) && asked[1].ends_with(r#""page":1}"#), "{asked:?}");
}

#[test]
fn what_is_no_cursor_is_an_error_and_not_the_end() {
    let http = definition(&json!({"type": "cursor", "pointer": "/next", "query": "c"}), &json!({"pointer": "/rows"}));
    for wrong in ["true", r#"{"after":"x"}"#, "[1]"] {
        let refused = output(&http, &[(200, "", &format!(r#"{{"rows":[1],"next":{wrong}}}"#))]).unwrap_err();
        assert!(refused.starts_with("unexpected_answer: expected a text or number") && refused.contains("`/next`"));
    }
    for end in ["null", "\"\"", "false"] {
        let answer = format!(r#"{{"rows":[1],"next":{end}}}"#);
        assert_eq!(output(&http, &[(200, "", &answer)]), Ok(json!({"items": [1], "more": false})), "{end}");
    }
    assert_eq!(output(&http, &[(200, "", r#"{"rows":[1]}"#)]), Ok(json!({"items": [1], "more": false})));
}

#[test]
fn a_cursor_or_an_address_that_comes_again_is_an_error() {
    let rows = json!({"pointer": "/rows"});
    let cursor = definition(&json!({"type": "cursor", "pointer": "/next", "query": "c"}), &rows);
    let same = (200, "", r#"{"rows":[1],"next":"same"}"#);
    let (asked, result) = read(&cursor, &[same, same, same]);
    assert!(asked.len() == 2 && result.unwrap_err().contains("names the cursor of a page that was read already"));
    let link = definition(&json!({"type": "link"}), &rows);
    for own in ["</v1/items?a=b>; rel=next", "<https://api.example/v1/items?a=b>; rel=next"] {
        let (asked, result) = read(&link, &[(200, own, r#"{"rows":[1]}"#)]);
        assert!(asked.len() == 1 && result.unwrap_err().contains("names the address of a page"), "{own}");
    }
}

#[test]
fn an_absent_list_is_an_empty_one_unless_the_definition_says_that_it_is_required() {
    let pages = json!({"type": "cursor", "pointer": "/next", "query": "c"});
    let lenient = definition(&pages, &json!({"pointer": "/data/rows"}));
    for empty in ["{}", r#"{"data":{}}"#, r#"{"data":null}"#, r#"{"data":{"rows":null}}"#, ""] {
        assert_eq!(output(&lenient, &[(200, "", empty)]), Ok(json!({"items": [], "more": false})), "{empty}");
    }
    let later = [(200, "", r#"{"data":{"rows":[1]},"next":2}"#), (200, "", r#"{"size":0}"#)];
    assert_eq!(output(&lenient, &later), Ok(json!({"items": [1], "more": false})));
    for wrong in ["[]", r#"{"data":[]}"#, r#"{"data":"x"}"#, r#"{"data":{"rows":{}}}"#, r#"{"data":{"rows":"x"}}"#] {
        assert!(output(&lenient, &[(200, "", wrong)]).unwrap_err().starts_with("unexpected_answer"), "{wrong}");
    }
    let strict = definition(&pages, &json!({"pointer": "/data/rows", "required": true}));
    assert!(output(&strict, &[(200, "", "{}")]).unwrap_err().contains("has nothing at `/data/rows`"));
}

#[test]
fn a_status_can_be_the_end_behind_the_first_page() {
    let http = definition(&json!({"type": "page", "query": "page", "end_statuses": [404]}), &json!({}));
    let answers = [(200, "", "[1,2]"), (404, "", r#"{"error":"no such page"}"#)];
    assert_eq!(output(&http, &answers), Ok(json!({"items": [1, 2], "more": false})));
    assert!(output(&http, &[(404, "", "")]).unwrap_err().starts_with("http_404"));
    assert!(output(&http, &[(200, "", "[1]"), (500, "", "")]).unwrap_err().starts_with("http_500"));
}

#[test]
fn links_are_resolved_against_the_page_that_has_them() {
    let http = definition(&json!({"type": "link"}), &json!({}));
    let links = ["<items?page=2>; rel=\"next\",", "<more/items?page=3>; rel=next", "<items?page=4>; rel=next"];
    let (asked, _) = read(&http, &links.map(|link| (200, link, "[1]")));
    let urls: Vec<_> = asked.iter().filter_map(|line| line.split(' ').next()).collect();
    let base = "https://api.example:443/v1";
    assert_eq!(urls[1..], [format!("{base}/items?page=2"), format!("{base}/more/items?page=3")]);
    let in_body = definition(&json!({"type": "link", "pointer": "/next"}), &json!({"pointer": "/rows"}));
    let (asked, _) = read(&in_body, &[(200, "", r#"{"rows":[1],"next":"/ä"}"#), (200, "", "{}")]);
    assert!(asked[1].starts_with("https://api.example:443/%C3%A4 "), "{asked:?}");
    for wrong in ["7", "true", "{}"] {
        let answer = format!(r#"{{"rows":[1],"next":{wrong}}}"#);
        assert!(output(&in_body, &[(200, "", &answer)]).unwrap_err().starts_with("unexpected_answer"), "{wrong}");
    }
}

fn resolved(link: &str) -> Option<String> {
    let http = definition(&json!({"type": "link"}), &json!({}));
    let filled = http.fill(Document::default().root(), 10_000).unwrap();
    let mut pages = Pages::new(&http, filled).unwrap().at(Target::parse("https://api.example/v1/items?a=b").unwrap());
    pages.resolve(link).ok()
}

#[test]
fn a_link_stays_at_its_server() {
    for (link, expected) in [
        ("https://api.example/v1/items?page=2", Some("https://api.example/v1/items?page=2")),
        ("/v1/items?page=2", Some("https://api.example:443/v1/items?page=2")),
        ("?page=2", Some("https://api.example:443/v1/items?page=2")),
        ("items?page=2", Some("https://api.example:443/v1/items?page=2")),
        ("//api.example/x", Some("https://api.example/x")),
        ("//other.example/x", None),
        ("https://other.example/x", None),
        ("http://api.example/x", None),
        ("https://api.example:8443/x", None),
        ("https://api.example@other.example/x", None),
        ("grpc://api.example:443/x", None),
    ] {
        assert_eq!(resolved(link).as_deref(), expected, "{link}");
    }
}
