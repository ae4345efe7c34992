//! A server that behaves as the Web API of Slack does for messages and channels: every answer has status 200, `ok` says
//! whether it is one, lists have cursors, and the token is checked.
//! <https://docs.slack.dev/reference/methods/chat.postMessage>, <https://docs.slack.dev/reference/methods/conversations.list>

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::upstream::{Reply, Seen, Upstream};

/// The server, with five channels.
#[derive(Debug)]
pub struct Slack {
    pub upstream: Upstream,
    messages: Arc<Mutex<Vec<Value>>>,
}

/// Id and name of each channel; the bot is in those with an even place.
const CHANNELS: [(&str, &str); 5] = [
    ("C0000000001", "general"),
    ("C0000000002", "random"),
    ("C0000000003", "launch"),
    ("C0000000004", "ops"),
    ("C0000000005", "docs"),
];
/// Channels of one page, whatever is asked for: Slack may answer with fewer.
const PAGE: usize = 2;

impl Slack {
    /// For who shows this token.
    pub fn start(token: &str) -> Self {
        let messages = Arc::<Mutex<Vec<Value>>>::default();
        let (own, expected) = (Arc::clone(&messages), format!("Bearer {token}"));
        let upstream = Upstream::start(move |seen| {
            let body = match seen.header("authorization") {
                None => refused("not_authed"),
                Some(shown) if shown != expected => refused("invalid_auth"),
                Some(_) => answer(seen, &mut own.lock().expect("no handler failed")),
            };
            Reply::new(200).json(&body)
        });
        Self { upstream, messages }
    }

    /// What was sent, in order: `{"channel", "text", "ts"}` and what else was given.
    pub fn messages(&self) -> Vec<Value> {
        self.messages.lock().expect("no handler failed").clone()
    }
}

fn refused(error: &str) -> Value {
    json!({"ok": false, "error": error})
}

fn answer(seen: &Seen, messages: &mut Vec<Value>) -> Value {
    match seen.path() {
        "/api/auth.test" => json!({"ok": true, "team": "Acme", "team_id": "T1", "user": "bot", "bot_id": "B1"}),
        "/api/chat.postMessage" => post(seen, messages),
        "/api/conversations.list" => list(seen),
        _ => refused("unknown_method"),
    }
}

fn post(seen: &Seen, messages: &mut Vec<Value>) -> Value {
    if !seen.header("content-type").is_some_and(|own| own.starts_with("application/json")) {
        return refused("invalid_post_type");
    }
    let mut message = seen.json();
    let place = CHANNELS.iter().position(|(id, _)| message["channel"] == *id);
    let Some(place) = place else { return refused("channel_not_found") };
    if place % 2 == 1 {
        return refused("not_in_channel");
    }
    if message["text"].as_str().is_none_or(str::is_empty) {
        return refused("no_text");
    }
    let ts = format!("1790000000.{:06}", messages.len() + 1);
    message["ts"] = json!(ts);
    let shown = json!({"type": "message", "subtype": "bot_message", "text": message["text"], "ts": ts, "bot_id": "B1"});
    let answer = json!({"ok": true, "channel": message["channel"], "ts": ts, "message": shown});
    messages.push(message);
    answer
}

fn list(seen: &Seen) -> Value {
    let from = match seen.query("cursor").as_deref() {
        None | Some("") => 0,
        Some(cursor) => match cursor.strip_prefix("next:").and_then(|text| text.parse().ok()) {
            Some(from) => from,
            None => return refused("invalid_cursor"),
        },
    };
    let channel = |place: usize| {
        let (id, name) = CHANNELS[place];
        json!({
            "id": id, "name": name, "is_channel": true, "is_archived": false, "is_private": false,
            "is_member": place.is_multiple_of(2), "num_members": 3, "topic": {"value": ""}, "purpose": {"value": ""},
        })
    };
    let to = CHANNELS.len().min(from + PAGE);
    let next = if to < CHANNELS.len() { format!("next:{to}") } else { String::new() };
    json!({"ok": true, "channels": (from..to).map(channel).collect::<Vec<_>>(), "response_metadata": {"next_cursor": next}})
}
