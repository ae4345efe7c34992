//! A server that behaves as version 1 of the Google Docs API does: documents that are made, extended at their end and read,
//! partial answers (`fields`), errors as JSON, and the access token checked.
//! <https://developers.google.com/workspace/docs/api/reference/rest/v1/documents>

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Map, Value, json};

use crate::upstream::{Reply, Seen, Upstream};

/// The server, without documents at the beginning.
#[derive(Debug)]
pub struct GoogleDocs {
    pub upstream: Upstream,
    documents: Arc<Mutex<BTreeMap<String, Kept>>>,
}

#[derive(Debug, Default)]
struct Kept {
    title: String,
    /// Without the line break that every document ends with.
    text: String,
    revision: u64,
}

impl GoogleDocs {
    /// For who shows this access token.
    pub fn start(token: &str) -> Self {
        let documents = Arc::<Mutex<BTreeMap<String, Kept>>>::default();
        let (own, expected) = (Arc::clone(&documents), format!("Bearer {token}"));
        let upstream = Upstream::start(move |seen| {
            if seen.header("authorization") != Some(&expected) {
                let message = "Request had invalid authentication credentials.";
                return error(401, "UNAUTHENTICATED", message)
                    .header("www-authenticate", "Bearer realm=\"https://accounts.google.com/\"");
            }
            match answer(seen, &mut own.lock().expect("no handler failed")) {
                Ok(whole) => {
                    let mask = seen.query("fields");
                    let shown = mask.map_or(whole.clone(), |mask| partial(&whole, &mask));
                    Reply::new(200).json(&shown)
                }
                Err(reply) => reply,
            }
        });
        Self { upstream, documents }
    }

    /// Title and text of a document.
    pub fn document(&self, id: &str) -> Option<(String, String)> {
        let documents = self.documents.lock().expect("no handler failed");
        documents.get(id).map(|kept| (kept.title.clone(), kept.text.clone()))
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.documents.lock().expect("no handler failed").len()
    }
}

fn error(code: u16, status: &str, message: &str) -> Reply {
    Reply::new(code).json(&json!({"error": {"code": code, "message": message, "status": status}}))
}

fn answer(seen: &Seen, documents: &mut BTreeMap<String, Kept>) -> Result<Value, Reply> {
    let missing = || error(404, "NOT_FOUND", "Requested entity was not found.");
    let invalid = |what: &str| error(400, "INVALID_ARGUMENT", &format!("Invalid value at '{what}'"));
    let rest = seen.path().strip_prefix("/v1/documents").ok_or_else(missing)?;
    match (seen.method.as_str(), rest.strip_prefix('/').map(|rest| rest.split_once(':'))) {
        ("POST", None) => {
            let title = seen.json()["title"].as_str().unwrap_or("Untitled document").to_owned();
            let id = format!("1Doc{:02}", documents.len() + 1);
            documents.insert(id.clone(), Kept { title, ..Kept::default() });
            Ok(document(&id, &documents[&id]))
        }
        ("GET", Some(None)) => {
            let id = rest.trim_start_matches('/');
            documents.get(id).map(|kept| document(id, kept)).ok_or_else(missing)
        }
        ("POST", Some(Some((id, "batchUpdate")))) => {
            let kept = documents.get_mut(id).ok_or_else(missing)?;
            let requests = seen.json()["requests"].as_array().cloned().ok_or_else(|| invalid("requests"))?;
            for request in &requests {
                let insert = &request["insertText"];
                let text = insert["text"].as_str().ok_or_else(|| invalid("requests[0].insert_text"))?;
                if !insert["endOfSegmentLocation"].is_object() {
                    return Err(invalid("requests[0].insert_text.end_of_segment_location"));
                }
                kept.text.push_str(text);
                kept.revision += 1;
            }
            let replies: Vec<_> = requests.iter().map(|_| json!({})).collect();
            let write = json!({"requiredRevisionId": format!("ALm{}", kept.revision)});
            Ok(json!({"documentId": id, "replies": replies, "writeControl": write}))
        }
        _ => Err(missing()),
    }
}

/// A document as it is shown: a paragraph for each line, with places in units of UTF-16.
fn document(id: &str, kept: &Kept) -> Value {
    let mut content = vec![json!({"endIndex": 1, "sectionBreak": {"sectionStyle": {}}})];
    let mut start = 1;
    for line in format!("{}\n", kept.text).split_inclusive('\n') {
        let end = start + line.encode_utf16().count();
        let run = json!({"startIndex": start, "endIndex": end, "textRun": {"content": line, "textStyle": {}}});
        content.push(
            json!({"startIndex": start, "endIndex": end, "paragraph": {"elements": [run], "paragraphStyle": {}}}),
        );
        start = end;
    }
    json!({
        "documentId": id, "title": kept.title, "revisionId": format!("ALm{}", kept.revision),
        "body": {"content": content}, "documentStyle": {}, "suggestionsViewMode": "SUGGESTIONS_INLINE",
    })
}

/// The members that a mask such as `a,b(c,d)` names.
fn partial(whole: &Value, mask: &str) -> Value {
    let mut members: Vec<(String, Option<String>)> = Vec::new();
    let (mut name, mut inner, mut depth) = (String::new(), None::<String>, 0);
    for one in mask.chars().chain([',']) {
        match (one, depth) {
            (',', 0) => members.push((std::mem::take(&mut name), inner.take())),
            ('(', 0) => {
                depth = 1;
                inner = Some(String::new());
            }
            (')', 1) => depth = 0,
            (one, 0) => name.push(one),
            (one, _) => {
                depth += i32::from(one == '(') - i32::from(one == ')');
                inner.get_or_insert_default().push(one);
            }
        }
    }
    let of = |whole: &Value| {
        let found = members.iter().filter_map(|(name, inner)| {
            let own = whole.get(name)?;
            let shown = match inner {
                Some(inner) => partial(own, inner),
                None => own.clone(),
            };
            Some((name.clone(), shown))
        });
        Value::Object(found.collect::<Map<_, _>>())
    };
    match whole {
        Value::Array(items) => items.iter().map(of).collect(),
        other => of(other),
    }
}
