//! An issue tracker over HTTP. Where it lies and who calls it says the group: no line here knows a host or a key.

mod reply;

use lockgate_sdk::prelude::*;
use reply::checked;

/// Issues of one answer, unless the group's setting `page_size` says another number.
const PAGE_SIZE: u32 = 30;

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Issue {
    number: u64,
    title: String,
    state: String,
    body: Option<String>,
}

#[derive(Debug, Default, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum State {
    #[default]
    Open,
    Closed,
    All,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ListIssues {
    /// `OWNER/NAME`.
    repository: String,
    #[serde(default)]
    state: State,
    /// The most issues to read, over as many pages as that takes.
    #[schemars(range(min = 1, max = 1000))]
    limit: Option<usize>,
}

#[derive(Serialize, JsonSchema)]
struct IssueList {
    issues: Vec<Issue>,
    /// Whether there are more than `limit`.
    more: bool,
}

/// List the issues of a repository.
#[connector(tags("work", "issues"), read_only, idempotent)]
fn list_issues(input: ListIssues) -> Result<IssueList, Failure> {
    let size = settings::get("page_size")?.unwrap_or(PAGE_SIZE);
    let limit = input.limit.unwrap_or(size as usize);
    let first = http::get(issues_of(&input.repository)?).query(&json!({ "state": input.state, "per_page": size }));
    let mut next = Some(first);
    let mut issues: Vec<Issue> = Vec::new();
    while let Some(request) = next.take() {
        let reply = checked(github(request).retry(http::Retry::new()).send()?)?;
        next = reply.link("next").map(http::get);
        issues.extend(reply.json::<Vec<Issue>>()?);
        if issues.len() >= limit {
            break;
        }
    }
    let more = next.is_some() || issues.len() > limit;
    issues.truncate(limit);
    Ok(IssueList { issues, more })
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewIssue {
    /// `OWNER/NAME`.
    repository: String,
    title: String,
    body: Option<String>,
}

/// Open an issue.
#[connector(tags("work", "issues"))]
fn create_issue(input: NewIssue) -> Result<Issue, Failure> {
    let new = json!({ "title": input.title, "body": input.body });
    checked(github(http::post(issues_of(&input.repository)?)).json(&new).send()?)?.json()
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewComment {
    /// `OWNER/NAME`.
    repository: String,
    number: u64,
    body: String,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Comment {
    id: u64,
    body: String,
}

/// Comment on an issue.
#[connector(tags("work", "issues"))]
fn comment_on_issue(input: NewComment) -> Result<Comment, Failure> {
    let url = format!("{}/{}/comments", issues_of(&input.repository)?, input.number);
    checked(github(http::post(url)).json(&json!({ "body": input.body })).send()?)?.json()
}

fn issues_of(repository: &str) -> Result<String, Failure> {
    let (owner, name) = repository.split_once('/').ok_or_else(|| {
        Failure::new("invalid_repository", format!("`{repository}` is no repository: expected OWNER/NAME"))
    })?;
    Ok(format!("/repos/{}/{}/issues", http::segment(owner), http::segment(name)))
}

/// What the API asks of every request.
fn github(request: http::RequestBuilder) -> http::RequestBuilder {
    request
        .header("accept", "application/vnd.github+json")
        .header("x-github-api-version", "2022-11-28")
        .header("user-agent", concat!("lockgate-issues/", env!("CARGO_PKG_VERSION")))
}

lockgate_sdk::plugin!(list_issues, create_issue, comment_on_issue);

#[cfg(test)]
mod tests;
