//! Who asks, where, and whether the route's role is theirs.

use axum::extract::RawPathParams;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use lockgate_domain::{Caller, Code, GroupReference, Problem, Scope, ScopeName};
use lockgate_flow::FlowError;
use lockgate_vault::TokenHash;

use crate::App;
use crate::peer::Peer;
use crate::response::Refusal;
use crate::routes::Needs;

/// What a handler knows of its request's sender and address.
#[derive(Debug)]
pub(crate) struct Access {
    pub(crate) caller: Caller,
    parameters: Vec<(String, String)>,
    scope: Option<Scope>,
}

/// Who shows the token of a request. Counts as a request of it.
pub(crate) fn caller(app: &App, request: &Parts) -> Result<Caller, Refusal> {
    let unauthenticated = |detail: &str| Refusal::from(Problem::new(Code::Unauthenticated, detail));
    let peer = request.extensions.get::<Peer>();
    if peer.is_some_and(|peer| peer.in_the_clear) {
        let detail =
            "the request reached the proxy without TLS, and so did its token: use https, and replace the token";
        return Err(Problem::new(Code::TlsRequired, detail).into());
    }
    let shown = request.headers.get(AUTHORIZATION).ok_or_else(|| {
        unauthenticated("expected `Authorization: Bearer lg_…`: the first admin token is in the data folder")
    })?;
    let token = shown.to_str().ok().and_then(|text| text.split_once(' '));
    let token = token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
    let token = token.ok_or_else(|| unauthenticated("expected `Authorization: Bearer lg_…`"))?;
    Ok(app.host.caller(&TokenHash::of(token), peer.is_some_and(Peer::is_local))?)
}

impl Access {
    /// Checks scope, role and limits of a caller at an address. What the caller may not know of is told like what does
    /// not exist.
    pub(crate) fn check(app: &App, caller: Caller, parameters: &RawPathParams, needs: Needs) -> Result<Self, Refusal> {
        let parameters: Vec<_> = parameters.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        // The owner switches organizations on and off, and sees nothing of what is in them.
        let owner = needs.admits_owner() && app.host.is_owner(&caller);
        let scope = match scope_name(&parameters)? {
            None => None,
            Some(name) => {
                let missing = || Refusal::from(Problem::new(Code::NotFound, format!("{name} does not exist")));
                let found = app.host.catalog().scope(&name);
                let scope = found.filter(|scope| caller.scope.contains(scope) || owner);
                Some(scope.ok_or_else(missing)?)
            }
        };
        needs.check(&caller, owner)?;
        let access = Self { caller, parameters, scope };
        if let (Some(scope), false) = (access.scope, access.part("ref").is_empty()) {
            let reference = access.group()?;
            if !access.caller.reaches(&scope, &reference) {
                return Err(FlowError::NotFound(format!("group `{reference}`")).into());
            }
        }
        Ok(access)
    }

    /// The scope of the address.
    pub(crate) fn scope(&self) -> Result<Scope, Refusal> {
        self.scope.ok_or_else(|| Problem::new(Code::Internal, "the address has no scope").into())
    }

    /// A part of the address.
    pub(crate) fn part(&self, name: &str) -> &str {
        self.parameters.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value)
    }

    /// The group that the address names.
    pub(crate) fn group(&self) -> Result<GroupReference, Refusal> {
        self.part("ref")
            .parse()
            .map_err(|error: lockgate_domain::InvalidReference| Refusal::malformed(error.to_string()))
    }
}

fn scope_name(parameters: &[(String, String)]) -> Result<Option<ScopeName>, Refusal> {
    let parsed =
        |text: &str| text.parse().map_err(|error: lockgate_domain::InvalidName| Refusal::malformed(error.to_string()));
    for (name, value) in parameters {
        match name.as_str() {
            "workspace" => return Ok(Some(ScopeName::Workspace(parsed(value)?))),
            "organization" => return Ok(Some(ScopeName::Organization(parsed(value)?))),
            _ => {}
        }
    }
    Ok(None)
}
