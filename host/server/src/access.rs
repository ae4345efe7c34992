//! What a caller may do where: scope, role and limits of their token.

use axum::extract::RawPathParams;
use lockgate_domain::{Caller, Code, GroupReference, Problem, Scope, ScopeName};
use lockgate_flow::FlowError;

use crate::App;
use crate::authn::{Sender, Session};
use crate::response::Refusal;
use crate::route::Needs;

/// What a handler knows of its request's sender and address.
#[derive(Debug)]
pub(crate) struct Access {
    pub(crate) caller: Caller,
    /// The session of the console, if the request has one.
    pub(crate) session: Option<Session>,
    parameters: Vec<(String, String)>,
    scope: Option<Scope>,
}

impl Access {
    /// Checks scope, role and limits of a caller at an address. What the caller may not know of is answered like
    /// what does not exist.
    pub(crate) fn check(app: &App, sender: Sender, parameters: &RawPathParams, needs: Needs) -> Result<Self, Refusal> {
        let Sender { caller, session } = sender;
        let parameters: Vec<_> = parameters.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        // The owner switches organizations on and off, and sees nothing of what is in them.
        let owner = needs.admits_owner() && app.host.queries().is_owner(&caller);
        let scope = match scope_name(&parameters)? {
            None => None,
            Some(name) => {
                let missing = || Refusal::from(Problem::new(Code::NotFound, format!("{name} does not exist")));
                let found = app.host.queries().catalog().scope(&name);
                let scope = found.filter(|scope| caller.scope.contains(scope) || owner);
                Some(scope.ok_or_else(missing)?)
            }
        };
        needs.check(&caller, owner)?;
        let access = Self { caller, session, parameters, scope };
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
