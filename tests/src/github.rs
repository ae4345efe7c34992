//! A server that behaves as the REST API of GitHub does for one repository and its issues: pages by `Link` (RFC 8288),
//! errors as JSON, rate limits in headers, and the credential checked.
//! <https://docs.github.com/en/rest/issues/issues>, version 2022-11-28.

use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::upstream::{Reply, Seen, Upstream};

/// How a request shows who it is.
#[derive(Debug, Clone)]
pub enum Login {
    /// A header with exactly this value.
    Header(&'static str, String),
    /// A value of the query.
    Query(&'static str, String),
    /// A cookie.
    Cookie(&'static str, String),
    /// The header `x-session` with a token that [`SESSIONS`] gave for this user and password.
    Session { user: String, password: String },
    /// Any of these, and no two of them in one request.
    Any(Vec<Login>),
}

/// The server with the repository `acme/rockets`, in which 25 issues are open.
#[derive(Debug)]
pub struct GitHub(pub Upstream);

#[derive(Debug, Default)]
struct Repository {
    issues: Vec<Value>,
    comments: Vec<Value>,
    /// Requests that are left in this hour.
    left: u64,
    /// The users of sessions, each with its token.
    sessions: Vec<(String, String)>,
}

/// Issues at the beginning.
pub const OPEN: u64 = 25;
/// Where a session begins: `{"user", "password"}` gives `{"token", "expires_in"}`.
pub const SESSIONS: &str = "/sessions";
/// Where they are.
const REPOSITORY: &str = "/repos/acme/rockets";
const ISSUES: &str = "/repos/acme/rockets/issues";

impl GitHub {
    /// For who shows this login; with `left` requests in the hour.
    pub fn start(login: Login, left: u64) -> Self {
        Self::listen(TcpListener::bind("127.0.0.1:0").expect("a port"), login, left)
    }

    /// The same on this listener.
    pub fn listen(listener: TcpListener, login: Login, left: u64) -> Self {
        let issues = (1..=OPEN).map(|number| issue(number, &format!("Issue {number}"), Value::Null)).collect();
        let repository = Arc::new(Mutex::new(Repository { issues, left, ..Repository::default() }));
        Self(Upstream::on(listener, move |seen| {
            let mut repository = repository.lock().expect("no handler failed");
            let reply = if seen.path() == SESSIONS {
                repository.log_in(&login, seen)
            } else if !login.is_shown_by(seen, &repository.sessions) {
                problem(401, "Bad credentials")
            } else if repository.left == 0 {
                problem(403, "API rate limit exceeded for user ID 1.").header("retry-after", "60")
            } else {
                repository.left -= 1;
                repository.answer(seen)
            };
            reply
                .header("x-ratelimit-limit", left.to_string())
                .header("x-ratelimit-remaining", repository.left.to_string())
                .header("x-ratelimit-reset", "1790000000")
                .header("x-github-api-version-selected", "2022-11-28")
        }))
    }
}

/// An issue as it is shown, with the members that every answer has.
fn issue(number: u64, title: &str, body: Value) -> Value {
    let at = "2026-01-31T12:00:00Z";
    json!({
        "id": 1000 + number, "node_id": format!("I_{number}"), "number": number, "title": title, "body": body,
        "state": "open", "html_url": format!("https://github.example{REPOSITORY}/issues/{number}"),
        "url": format!("https://api.github.example{REPOSITORY}/issues/{number}"),
        "user": {"login": "octocat", "id": 1}, "labels": [], "assignee": null, "assignees": [], "milestone": null,
        "comments": 0, "locked": false, "author_association": "OWNER",
        "created_at": at, "updated_at": at, "closed_at": null,
    })
}

/// The repository as it is shown.
fn repository() -> Value {
    json!({
        "id": 1, "node_id": "R_1", "name": "rockets", "full_name": "acme/rockets", "private": false,
        "owner": {"login": "acme", "id": 2}, "html_url": "https://github.example/acme/rockets", "description": null,
        "fork": false, "default_branch": "main", "archived": false, "open_issues_count": OPEN,
    })
}

fn pull_request(number: u64) -> Value {
    let at = "2026-01-31T12:00:00Z";
    json!({
        "id": 2000 + number, "number": number, "title": "Close the seal", "body": null, "state": "open", "draft": true,
        "html_url": format!("https://github.example{REPOSITORY}/pull/{number}"), "user": null,
        "head": {"ref": "seal", "sha": "1", "label": "acme:seal"}, "base": {"ref": "main", "sha": "2"},
        "created_at": at, "updated_at": at, "closed_at": null, "merged_at": null,
    })
}

impl Login {
    fn is_shown_by(&self, seen: &Seen, sessions: &[(String, String)]) -> bool {
        match self {
            Self::Header(name, value) => {
                let all: Vec<_> = seen.headers.iter().filter(|(own, _)| own.eq_ignore_ascii_case(name)).collect();
                all.len() == 1 && all[0].1 == *value
            }
            Self::Query(name, value) => seen.query(name).as_deref() == Some(value),
            Self::Cookie(name, value) => {
                let cookies = seen.header("cookie").unwrap_or_default();
                cookies.split("; ").any(|cookie| cookie == format!("{name}={value}"))
            }
            Self::Session { user, .. } => {
                sessions.iter().any(|(owner, token)| owner == user && seen.header("x-session") == Some(token.as_str()))
            }
            Self::Any(logins) => logins.iter().filter(|login| login.is_shown_by(seen, sessions)).count() == 1,
        }
    }

    /// Whether this is a user with that password.
    fn knows(&self, asked: &Value) -> bool {
        match self {
            Self::Session { user, password } => asked["user"] == **user && asked["password"] == **password,
            Self::Any(logins) => logins.iter().any(|login| login.knows(asked)),
            Self::Header(..) | Self::Query(..) | Self::Cookie(..) => false,
        }
    }
}

fn problem(status: u16, message: &str) -> Reply {
    let page = "https://docs.github.com/rest/issues/issues";
    Reply::new(status).json(&json!({"message": message, "documentation_url": page, "status": status.to_string()}))
}

fn invalid(field: &str, code: &str) -> Reply {
    let errors = json!([{"resource": "Issue", "field": field, "code": code}]);
    Reply::new(422).json(&json!({"message": "Validation Failed", "errors": errors, "status": "422"}))
}

impl Repository {
    fn log_in(&mut self, login: &Login, seen: &Seen) -> Reply {
        let asked = seen.json();
        if seen.method != "POST" || !login.knows(&asked) {
            return problem(401, "Bad credentials");
        }
        let user = asked["user"].as_str().unwrap_or_default().to_owned();
        let token = format!("session-{}-of-{user}", self.sessions.len() + 1);
        self.sessions.push((user, token.clone()));
        Reply::new(201).json(&json!({"token": token, "expires_in": 3600}))
    }

    fn answer(&mut self, seen: &Seen) -> Reply {
        if seen.header("user-agent").is_none() {
            return problem(
                403,
                "Request forbidden by administrative rules. Please make sure your request has a User-Agent header",
            );
        }
        match (seen.method.as_str(), seen.path()) {
            ("GET", "/rate_limit") => {
                return Reply::new(200).json(&json!({"resources": {"core": {"remaining": self.left}}}));
            }
            ("GET", "/user/repos") => return Reply::new(200).json(&json!([repository()])),
            ("GET", REPOSITORY) => return Reply::new(200).json(&repository()),
            ("GET", "/repos/acme/rockets/pulls") => return Reply::new(200).json(&json!([pull_request(OPEN + 100)])),
            ("GET", "/search/issues") => return self.search(seen),
            _ => {}
        }
        let Some(rest) = seen.path().strip_prefix(ISSUES) else { return problem(404, "Not Found") };
        match (seen.method.as_str(), rest.trim_start_matches('/').split('/').collect::<Vec<_>>().as_slice()) {
            ("GET", [""]) => self.list(seen),
            ("POST", [""]) => self.create(seen),
            ("POST", [number, "comments"]) => self.comment(number, seen),
            ("GET", [number]) => match self.find(number) {
                Some(issue) => Reply::new(200).json(issue),
                None => problem(404, "Not Found"),
            },
            _ => problem(404, "Not Found"),
        }
    }

    fn find(&self, number: &str) -> Option<&Value> {
        let number: u64 = number.parse().ok()?;
        self.issues.iter().find(|issue| issue["number"] == number)
    }

    fn list(&self, seen: &Seen) -> Reply {
        let number = |name, default| seen.query(name).map_or(Some(default), |text| text.parse::<usize>().ok());
        let (Some(page), Some(size)) = (number("page", 1), number("per_page", 30)) else {
            return invalid("page", "invalid");
        };
        let state = seen.query("state").unwrap_or_else(|| "open".to_owned());
        let fits = |issue: &&Value| state == "all" || issue["state"] == state;
        let found: Vec<_> = self.issues.iter().filter(fits).collect();
        let last = found.len().div_ceil(size).max(1);
        let shown: Vec<_> = found.into_iter().skip((page - 1) * size).take(size).collect();
        let host = seen.header("host").unwrap_or_default();
        let link =
            |page, rel| format!("<http://{host}{ISSUES}?state={state}&per_page={size}&page={page}>; rel=\"{rel}\"");
        let mut links = Vec::new();
        if page > 1 {
            links.extend([link(page - 1, "prev"), link(1, "first")]);
        }
        if page < last {
            links.extend([link(page + 1, "next"), link(last, "last")]);
        }
        let reply = Reply::new(200).json(&json!(shown));
        if links.is_empty() { reply } else { reply.header("link", links.join(", ")) }
    }

    /// The issues whose title has the first word of the query.
    fn search(&self, seen: &Seen) -> Reply {
        let query = seen.query("q").unwrap_or_default();
        let Some(word) = query.split(' ').find(|word| !word.is_empty()) else { return invalid("q", "missing") };
        let found: Vec<_> =
            self.issues.iter().filter(|issue| issue["title"].as_str().is_some_and(|own| own.contains(word))).collect();
        let found = json!({"total_count": found.len(), "incomplete_results": false, "items": found});
        Reply::new(200).json(&found)
    }

    fn create(&mut self, seen: &Seen) -> Reply {
        let Ok(Value::Object(new)) = serde_json::from_slice(&seen.body) else {
            return problem(400, "Problems parsing JSON");
        };
        let Some(title) = new.get("title").and_then(Value::as_str).filter(|title| !title.is_empty()) else {
            return invalid("title", "missing_field");
        };
        let number = self.issues.len() + 1;
        let body = new.get("body").cloned().unwrap_or_default();
        let host = seen.header("host").unwrap_or_default();
        let url = format!("http://{host}{ISSUES}/{number}");
        let issue = issue(number as u64, title, body);
        self.issues.push(issue.clone());
        Reply::new(201).header("location", url).json(&issue)
    }

    fn comment(&mut self, number: &str, seen: &Seen) -> Reply {
        if self.find(number).is_none() {
            return problem(404, "Not Found");
        }
        let Some(body) = seen.json()["body"].as_str().map(str::to_owned) else {
            return invalid("body", "missing_field");
        };
        let id = self.comments.len() + 1;
        let comment = json!({
            "id": id, "body": body, "html_url": format!("https://github.example{REPOSITORY}/issues/{number}#c{id}"),
            "user": {"login": "octocat"}, "created_at": "2026-01-31T12:00:00Z",
        });
        self.comments.push(comment.clone());
        Reply::new(201).json(&comment)
    }
}
