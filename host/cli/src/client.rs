//! Talking to a running host.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::Context;
use clap::Args;
use lockgate_domain::{DEFAULT_SCOPE, ScopeName};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;

use crate::exit::Usage;
use crate::output::Reported;
use crate::{environment, locate, output, trust};

/// The host that a command talks to, and the scope in it.
#[derive(Debug, Args)]
pub(crate) struct Target {
    /// Workspace to work in [default: default]
    #[arg(long, env = environment::WORKSPACE, value_name = "SLUG")]
    workspace: Option<String>,
    /// Organization to work in, instead of a workspace
    #[arg(long, env = environment::ORGANIZATION, value_name = "SLUG")]
    organization: Option<String>,
    /// Data folder of a host on this machine, when several run [env: LOCKGATE_DATA_DIR]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

/// A client of a host, for one scope.
#[derive(Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    url: String,
    token: String,
    prefix: String,
    /// Where several hosts run, the data folder of the one that is meant, until a change has named it.
    unnamed: Mutex<Option<PathBuf>>,
}

impl Target {
    /// The workspace that is named, or the one of the first start.
    fn workspace(&self) -> &str {
        self.workspace.as_deref().unwrap_or(DEFAULT_SCOPE)
    }

    /// The organization that is named, or the one of the first start.
    pub(crate) fn organization(&self) -> &str {
        self.organization.as_deref().unwrap_or(DEFAULT_SCOPE)
    }

    pub(crate) fn data_dir(&self) -> Option<&Path> {
        self.data_dir.as_deref()
    }

    /// The scope that is named, as a parameter of a query.
    pub(crate) fn named_scope(&self) -> Option<(&'static str, String)> {
        match (&self.organization, &self.workspace) {
            (Some(organization), _) => Some(("organization", organization.clone())),
            (None, Some(workspace)) => Some(("workspace", workspace.clone())),
            (None, None) => None,
        }
    }

    /// The scope of a token that is made without a host: the organization of the first start, unless another is named.
    pub(crate) fn scope_offline(&self) -> anyhow::Result<ScopeName> {
        let slug = |text: &str| text.parse().map_err(|error: lockgate_domain::InvalidName| Usage(error.to_string()));
        Ok(match (&self.organization, &self.workspace) {
            (None, Some(workspace)) => ScopeName::Workspace(slug(workspace)?),
            (_, _) => ScopeName::Organization(slug(self.organization())?),
        })
    }

    pub(crate) fn client(&self) -> anyhow::Result<Client> {
        let host = locate::host(self.data_dir.as_deref())?;
        // Others on the network could read a token that is sent without TLS; loopback is no network.
        if !(host.url.starts_with("https://") || is_local(&host.url)) {
            let text = format!("{} = {}: expected `https://` for another machine", environment::URL, host.url);
            return Err(Usage(text).into());
        }
        let prefix = match &self.organization {
            Some(organization) => format!("/v1/organizations/{}", encoded(organization)),
            None => format!("/v1/workspaces/{}", encoded(self.workspace())),
        };
        let unnamed = Mutex::new(host.one_of_several);
        Ok(Client { http: trust::http_client()?, url: host.url, token: host.token, prefix, unnamed })
    }
}

/// Whether a URL leads to this machine.
fn is_local(url: &str) -> bool {
    url.parse::<reqwest::Url>().is_ok_and(|url| match url.host_str() {
        Some("localhost") => true,
        Some(host) => {
            host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        None => false,
    })
}

/// A part of a path, percent-encoded (RFC 3986) where needed; `:` stays.
pub(crate) fn encoded(part: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte);
    part.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

impl Client {
    /// A request below the scope's prefix.
    pub(crate) fn scoped(&self, method: Method, path: &str) -> RequestBuilder {
        self.request(method, &format!("{}{path}", self.prefix))
    }

    /// A request at any path.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        if method != Method::GET {
            let unnamed = self.unnamed.lock().unwrap_or_else(PoisonError::into_inner).take();
            unnamed.iter().for_each(|data| output::note(format!("host {} at {}", data.display(), self.url)));
        }
        self.http.request(method, format!("{}{path}", self.url)).bearer_auth(&self.token)
    }

    /// The address of a path of the host, as this machine reaches it.
    pub(crate) fn address(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// Sends a request; an answer that is not success becomes the problem that it describes.
    pub(crate) async fn send(&self, request: RequestBuilder) -> anyhow::Result<Response> {
        let answer = request.send().await.with_context(|| format!("the host at {} does not answer", self.url))?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let status = answer.status();
        let document = answer.text().await.ok().and_then(|text| Reported::of_answer(&text));
        match document {
            Some(reported) => Err(reported.into()),
            None => {
                anyhow::bail!("the host at {} answered {status} without saying why: is it a Lockgate host?", self.url)
            }
        }
    }

    /// Sends a request and reads the JSON of the answer.
    pub(crate) async fn json(&self, request: RequestBuilder) -> anyhow::Result<Value> {
        self.send(request).await?.json().await.context("the host's answer is not JSON")
    }

    /// All pages of a list below the scope's prefix.
    pub(crate) async fn all(&self, path: &str) -> anyhow::Result<Vec<Value>> {
        self.all_with(path, &[]).await
    }

    /// All pages of a list below the scope's prefix, with query parameters.
    pub(crate) async fn all_with(&self, path: &str, query: &[(&str, String)]) -> anyhow::Result<Vec<Value>> {
        self.pages(&format!("{}{path}", self.prefix), query).await
    }

    /// All pages of a list at any path.
    pub(crate) async fn all_at(&self, path: &str) -> anyhow::Result<Vec<Value>> {
        self.pages(path, &[]).await
    }

    async fn pages(&self, path: &str, query: &[(&str, String)]) -> anyhow::Result<Vec<Value>> {
        let mut items = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let mut request = self.request(Method::GET, path).query(&[("limit", "500")]).query(query);
            if let Some(cursor) = &cursor {
                request = request.query(&[("cursor", cursor)]);
            }
            let mut page = self.json(request).await?;
            if let Some(Value::Array(more)) = page.get_mut("items").map(Value::take) {
                items.extend(more);
            }
            cursor = page.get("next_cursor").and_then(Value::as_str).map(str::to_owned);
            if cursor.is_none() {
                return Ok(items);
            }
        }
    }
}
