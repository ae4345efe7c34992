//! The issue tracker of `docs/auth.md`: answers as GitHub's API does for the issues of `acme/rockets`, and knows the user
//! of the environment by every login of that page. It says of each request how that logged in.

use std::net::TcpListener;
use std::time::Duration;

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lockgate_tests::{GitHub, Login, SESSIONS, upstream};

/// Requests that it answers.
const LEFT: u64 = 1_000_000;
/// How often it looks for new ones to tell of.
const LOOK: Duration = Duration::from_millis(20);

fn main() -> Result<()> {
    let address = std::env::args().nth(1).context("usage: tracker ADDRESS")?;
    let listener = TcpListener::bind(&address).with_context(|| format!("listening on {address}"))?;
    let login = Login::Any(logins()?);
    let github = GitHub::listen(listener, login, LEFT);
    say(&format!("the tracker listens on {}", github.0.url()));
    let mut told = 0;
    loop {
        let seen = github.0.seen();
        seen.iter().skip(told).for_each(|seen| say(&line(seen)));
        told = seen.len();
        std::thread::sleep(LOOK);
    }
}

/// Every login of the one user.
fn logins() -> Result<Vec<Login>> {
    let variable = |name: &str| std::env::var(name).with_context(|| format!("{name} is not set"));
    let (user, password) = (variable("TRACKER_USER")?, variable("TRACKER_PASSWORD")?);
    let (key, token) = (variable("TRACKER_KEY")?, variable("TRACKER_TOKEN")?);
    let basic = format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
    Ok(vec![
        Login::Header("authorization", basic),
        Login::Header("authorization", format!("Bearer {token}")),
        Login::Header("x-tracker-key", key.clone()),
        Login::Query("key", key.clone()),
        Login::Cookie("tracker", key),
        Login::Session { user, password },
    ])
}

/// A request without the secret that it shows.
fn line(seen: &upstream::Seen) -> String {
    let scheme = |value: &str| format!("authorization: {} …", value.split(' ').next().unwrap_or_default());
    let shown = if seen.path() == SESSIONS {
        "body".to_owned()
    } else if let Some(value) = seen.header("authorization") {
        scheme(value)
    } else if let Some(name) = ["x-tracker-key", "cookie", "x-session"].iter().find(|name| seen.header(name).is_some())
    {
        format!("{name}: …")
    } else if seen.query("key").is_some() {
        "?key=…".to_owned()
    } else {
        "nothing".to_owned()
    };
    format!("{} {} shows {shown}", seen.method, seen.path())
}

#[allow(clippy::print_stderr, reason = "the one place of this program that prints")]
fn say(text: &str) {
    eprintln!("{text}");
}
