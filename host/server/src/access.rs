//! Who asks, where, and whether the route's role is theirs.

use axum::extract::RawPathParams;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use lockgate_domain::{Caller, Code, GroupReference, Problem, Role, Scope, ScopeName};
use lockgate_vault::TokenHash;

use crate::App;
use crate::response::Refusal;

/// What a handler knows of its request's sender and address.
#[derive(Debug)]
pub(crate) struct Access {
    pub(crate) caller: Caller,
    parameters: Vec<(String, String)>,
    scope: Option<Scope>,
}

impl Access {
    /// Checks token, role and scope. A scope in which the token does not hold is told like one that does not exist.
    pub(crate) fn check(
        app: &App,
        headers: &HeaderMap,
        parameters: &RawPathParams,
        needs: Role,
    ) -> Result<Self, Refusal> {
        let unauthenticated = |detail: &str| Refusal::from(Problem::new(Code::Unauthenticated, detail));
        let shown = headers.get(AUTHORIZATION).ok_or_else(|| {
            unauthenticated("expected `Authorization: Bearer lg_…`: the first admin token is in the data folder")
        })?;
        let token = shown.to_str().ok().and_then(|text| text.split_once(' '));
        let token = token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
        let token = token.ok_or_else(|| unauthenticated("expected `Authorization: Bearer lg_…`"))?;
        let catalog = app.host.catalog();
        let caller = catalog.caller(&TokenHash::of(token)).ok_or_else(|| unauthenticated("the token is not known"))?;

        let parameters: Vec<_> = parameters.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let scope = match scope_name(&parameters)? {
            None => None,
            Some(name) => {
                let missing = || Refusal::from(Problem::new(Code::NotFound, format!("{name} does not exist")));
                let scope = catalog.scope(&name).filter(|scope| caller.scope.contains(scope));
                Some(scope.ok_or_else(missing)?)
            }
        };
        if caller.role < needs {
            let detail = format!("this needs role `{needs}`, and the token has `{}`", caller.role);
            return Err(Problem::new(Code::Forbidden, detail).into());
        }
        Ok(Self { caller, parameters, scope })
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
