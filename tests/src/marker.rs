//! Looking for a secret where it must not be: in every form in which a program writes bytes down, and in everything that
//! a host leaves behind.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use reqwest::Method;

use crate::{Home, Host};

/// A secret, and its forms.
#[derive(Debug)]
pub struct Marker {
    name: String,
    forms: Vec<(&'static str, Vec<u8>)>,
}

/// What is looked through.
#[derive(Debug)]
pub struct Trace {
    pub place: String,
    pub bytes: Vec<u8>,
}

impl Marker {
    /// A secret that is long enough to be in nothing by chance.
    pub fn new(name: &str, secret: &[u8]) -> Self {
        assert!(secret.len() >= 12, "{name}: {} bytes may be anywhere by chance", secret.len());
        let hex = |upper: bool, before: &str| {
            secret.iter().fold(String::new(), |mut text, byte| {
                let written =
                    if upper { write!(text, "{before}{byte:02X}") } else { write!(text, "{before}{byte:02x}") };
                written.expect("a string");
                text
            })
        };
        let mut forms = vec![
            ("plain", secret.to_vec()),
            ("hex", hex(false, "").into_bytes()),
            ("HEX", hex(true, "").into_bytes()),
            ("every byte percent-encoded", hex(true, "%").into_bytes()),
            ("every byte percent-encoded, in small digits", hex(false, "%").into_bytes()),
        ];
        if let Ok(text) = std::str::from_utf8(secret) {
            forms.extend(texts(text).into_iter().map(|(name, form)| (name, form.into_bytes())));
            // As engines of JavaScript keep their strings.
            forms.push(("UTF-16", text.encode_utf16().flat_map(u16::to_le_bytes).collect()));
            let latin: Result<Vec<u8>, _> = text.chars().map(u8::try_from).collect();
            forms.extend(latin.ok().map(|form| ("Latin-1", form)));
        }
        // What stands before it decides which bits share a digit of base64, so there are three forms. The digits at its ends
        // may hold bits of a neighbour and are left out.
        for before in 0..3 {
            let shifted = [&[0; 3][..before], secret].concat();
            for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
                let text = engine.encode(&shifted);
                let (from, until) = ((before * 8).div_ceil(6), shifted.len() * 8 / 6);
                forms.push(("base64", text.as_bytes()[from..until].to_vec()));
            }
        }
        Self { name: name.to_owned(), forms }
    }

    /// The same for a text.
    pub fn text(name: &str, secret: &str) -> Self {
        Self::new(name, secret.as_bytes())
    }

    /// The form in which it is in some bytes.
    pub fn form_in(&self, bytes: &[u8]) -> Option<&'static str> {
        self.forms.iter().find(|(_, form)| holds(bytes, form)).map(|(name, _)| *name)
    }

    /// Fails where it is found, unless the place ends with one of `allowed`.
    #[track_caller]
    pub fn is_in_none(&self, traces: &[Trace], allowed: &[&str]) {
        for trace in traces {
            let form = self.form_in(&trace.bytes);
            let expected = allowed.iter().any(|end| trace.place.ends_with(end));
            assert!(expected || form.is_none(), "{} is in {}, as {}", self.name, trace.place, form.unwrap_or_default());
        }
    }
}

/// Whether some bytes have others in them.
pub fn holds(bytes: &[u8], part: &[u8]) -> bool {
    // The first byte is enough to tell nearly all places of a memory apart.
    bytes.windows(part.len()).any(|place| place.first() == part.first() && place == part)
}

/// The forms of a text.
fn texts(text: &str) -> Vec<(&'static str, String)> {
    let json = serde_json::Value::from(text).to_string();
    let json = json.get(1..json.len() - 1).expect("quotes").to_owned();
    let escaped = |text: &str, which: fn(char) -> bool| -> String {
        let units = |one: char| one.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect();
        text.chars().map(|one| if which(one) { units(one) } else { one.to_string() }).collect()
    };
    let url = crate::percent::encoded(text);
    let mut html = text.replace('&', "&amp;");
    for (letter, entity) in [('<', "&lt;"), ('>', "&gt;"), ('"', "&quot;"), ('\'', "&#39;")] {
        html = html.replace(letter, entity);
    }
    vec![
        ("JSON in ASCII", escaped(&json, |one| !one.is_ascii())),
        ("JSON", json),
        ("JSON, every character escaped", escaped(text, |_| true)),
        ("a part of a path", url.replace("%2F", "/")),
        ("a form", url.replace("%20", "+")),
        ("URL", url),
        ("HTML", html),
    ]
}

impl Trace {
    pub fn new(place: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { place: place.into(), bytes: bytes.into() }
    }
}

impl Home {
    /// What a host has written: the files of its data folder, and its database.
    pub fn written(&self) -> Vec<Trace> {
        let mut traces = Vec::new();
        files(&self.data(), &mut |place, bytes| traces.push(Trace { place, bytes }));
        traces.extend(self.database().map(|database| Trace::new("the dump of the database", database.dump())));
        traces
    }
}

impl Host {
    /// Everything that the host shows or leaves behind: its files, its database, its log, its metrics, the audit, the calls,
    /// and what can be seen of processes.
    pub fn traces(&self) -> Vec<Trace> {
        let mut traces = self.home.written();
        let mut add = |place: String, bytes: Vec<u8>| traces.push(Trace { place, bytes });
        add("the log".to_owned(), self.log().into_bytes());
        let shown = [
            "/metrics",
            "/openapi.json",
            "/v1/audit?limit=500",
            "/v1/organizations?limit=500",
            "/v1/workspaces?limit=500",
            "/v1/workspaces/default/tokens?limit=500",
            "/v1/organizations/default/tokens?limit=500",
            "/v1/workspaces/default/calls?limit=500",
            "/v1/workspaces/default/connections?limit=500",
            "/v1/workspaces/default/groups?limit=500&visible=all",
        ];
        for path in shown {
            add(path.to_owned(), self.send(self.admin(Method::GET, path)).status(200).body.into_bytes());
        }
        let ps = Command::new("ps").args(["axww", "-o", "args"]).output().expect("ps");
        add("ps".to_owned(), ps.stdout);
        for file in ["environ", "cmdline"] {
            let path = format!("/proc/{}/{file}", self.pid());
            add(path.clone(), fs::read(path).expect("a process of this user"));
        }
        // And of every other process that can be seen: those that the host starts come and go.
        for process in fs::read_dir("/proc").expect("processes").flatten() {
            let environment = process.path().join("environ");
            if let Ok(bytes) = fs::read(&environment) {
                add(environment.display().to_string(), bytes);
            }
        }
        traces
    }
}

fn files(folder: &Path, add: &mut impl FnMut(String, Vec<u8>)) {
    for path in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if path.is_dir() {
            files(&path, add);
        } else if let Ok(bytes) = fs::read(&path) {
            add(path.display().to_string(), bytes);
        }
    }
}
