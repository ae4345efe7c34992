//! One route of the API: method, path, who may use it, what runs, and what the API's description says of it. The router,
//! the description and the table that tests read are made of the same rows, so a route without a role or without an
//! operation can't exist.

use std::future::Future;
use std::pin::Pin;

use axum::body::Body;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{RawPathParams, Request, State};
use axum::http::Response;
use axum::http::request::Parts;
use axum::response::IntoResponse;
use axum::routing::{MethodFilter, MethodRouter, on};
use lockgate_domain::{Caller, Code, Problem, Role};
use lockgate_flow::FlowError;

use crate::access::Access;
use crate::authn::Sender;
use crate::console::for_browser;
use crate::openapi::Operation;
use crate::response::Refusal;
use crate::{App, authn};

pub(crate) const WORKSPACE: &str = "/v1/workspaces/{workspace}";
pub(crate) const ORGANIZATION: &str = "/v1/organizations/{organization}";
pub(crate) const PREFIXES: [&str; 2] = [WORKSPACE, ORGANIZATION];

/// The paths that a path of the table stands for.
pub(crate) fn instances(path: &str) -> Vec<String> {
    match path.strip_prefix("{S}") {
        None => vec![path.to_owned()],
        Some(rest) => PREFIXES.map(|prefix| format!("{prefix}{rest}")).to_vec(),
    }
}

/// One kind of object of the API, and what can be done with it.
pub(crate) struct Resource {
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) routes: Vec<Route>,
}

/// What a route asks of its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: it shows nothing of anyone.
    Nothing,
    /// A token with at least this role, in the scope of the address.
    Role(Role),
    /// The same for an organization itself, or the owner of the host: an admin of the organization `default`.
    RoleOrOwner(Role),
    /// The owner of the host.
    Owner,
}

pub(crate) const VIEWER: Needs = Needs::Role(Role::Viewer);
pub(crate) const INVOKER: Needs = Needs::Role(Role::Invoker);
pub(crate) const EDITOR: Needs = Needs::Role(Role::Editor);
pub(crate) const OPERATOR: Needs = Needs::Role(Role::Operator);
pub(crate) const ADMIN: Needs = Needs::Role(Role::Admin);

impl Needs {
    /// Whether the owner of the host is let in where their token does not hold.
    pub(crate) fn admits_owner(self) -> bool {
        matches!(self, Self::RoleOrOwner(_) | Self::Owner)
    }

    pub(crate) fn check(self, caller: &Caller, owner: bool) -> Result<(), Refusal> {
        let (needs, enough) = match self {
            Self::Nothing => return Ok(()),
            Self::Role(role) | Self::RoleOrOwner(role) => (format!("role `{role}`"), caller.role >= role),
            Self::Owner => ("an admin of the organization `default`".to_owned(), owner),
        };
        if enough {
            return Ok(());
        }
        let detail = format!("this needs {needs}, and the token has role `{}`", caller.role);
        Err(Problem::new(Code::Forbidden, detail).into())
    }
}

type Answer = Pin<Box<dyn Future<Output = Result<Response<Body>, Refusal>> + Send>>;

/// What answers a request of a known caller. Every `async fn` of these arguments is one.
pub(crate) trait Handler: Send + Sync {
    fn answer(&self, app: App, access: Access, request: Parts, body: Body) -> Answer;
}

impl<F, A> Handler for F
where
    F: Fn(App, Access, Parts, Body) -> A + Send + Sync,
    A: Future<Output = Result<Response<Body>, Refusal>> + Send + 'static,
{
    fn answer(&self, app: App, access: Access, request: Parts, body: Body) -> Answer {
        Box::pin(self(app, access, request, body))
    }
}

/// What a request does to the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    /// It reads, or it runs a connector, which changes nothing of the host.
    None,
    /// It changes nothing, and looks at what such a change would need: for who may make it.
    Prepare,
    /// It changes objects that concern all tenants of a scope, so that a token of some tenants may not.
    Change,
    /// It changes objects that tenants may own. Whose they are is compared where they are changed.
    ChangeOfOwned,
    /// It changes the scope itself, which also works while that is switched off: it must be switched on again.
    ChangeOfScope,
}

/// One row of the table.
pub(crate) struct Route {
    pub(crate) method: &'static str,
    /// `{S}` at its beginning stands for the two prefixes of scopes.
    pub(crate) path: &'static str,
    pub(crate) needs: Needs,
    pub(crate) operation: Operation,
    service: MethodRouter<App>,
}

/// A route before it is described.
pub(crate) struct Undescribed {
    method: &'static str,
    path: &'static str,
    needs: Needs,
    service: MethodRouter<App>,
}

impl Route {
    /// Shows something.
    pub(crate) fn get(path: &'static str, needs: Needs, handler: &'static dyn Handler) -> Undescribed {
        Undescribed::new("GET", path, needs, guarded(MethodFilter::GET, needs, Effect::None, handler))
    }

    /// Runs something that changes nothing of the host: a call.
    pub(crate) fn run(path: &'static str, needs: Needs, handler: &'static dyn Handler) -> Undescribed {
        Undescribed::new("POST", path, needs, guarded(MethodFilter::POST, needs, Effect::None, handler))
    }

    /// Looks at what a change of a whole scope would do or needs, and changes nothing.
    pub(crate) fn prepare(path: &'static str, needs: Needs, handler: &'static dyn Handler) -> Undescribed {
        Undescribed::new("POST", path, needs, guarded(MethodFilter::POST, needs, Effect::Prepare, handler))
    }

    /// Makes an object, or does something with one.
    pub(crate) fn post(path: &'static str, needs: Needs, handler: &'static dyn Handler) -> Undescribed {
        Undescribed::new("POST", path, needs, guarded(MethodFilter::POST, needs, Effect::Change, handler))
    }

    /// Makes an object that a tenant may own, or does something with one.
    pub(crate) fn post_owned(path: &'static str, needs: Needs, handler: &'static dyn Handler) -> Undescribed {
        Undescribed::new("POST", path, needs, guarded(MethodFilter::POST, needs, Effect::ChangeOfOwned, handler))
    }

    /// Replaces an object.
    pub(crate) fn put(path: &'static str, needs: Needs, handler: &'static dyn Handler) -> Undescribed {
        Undescribed::new("PUT", path, needs, guarded(MethodFilter::PUT, needs, Effect::Change, handler))
    }

    /// Replaces an object that a tenant may own.
    pub(crate) fn put_owned(path: &'static str, needs: Needs, handler: &'static dyn Handler) -> Undescribed {
        Undescribed::new("PUT", path, needs, guarded(MethodFilter::PUT, needs, Effect::ChangeOfOwned, handler))
    }

    /// Changes members of an object.
    pub(crate) fn patch(path: &'static str, needs: Needs, handler: &'static dyn Handler) -> Undescribed {
        Undescribed::new("PATCH", path, needs, guarded(MethodFilter::PATCH, needs, Effect::Change, handler))
    }

    /// Changes members of an object that a tenant may own.
    pub(crate) fn patch_owned(path: &'static str, needs: Needs, handler: &'static dyn Handler) -> Undescribed {
        Undescribed::new("PATCH", path, needs, guarded(MethodFilter::PATCH, needs, Effect::ChangeOfOwned, handler))
    }

    /// Changes members of the scope of the address.
    pub(crate) fn patch_scope(path: &'static str, needs: Needs, handler: &'static dyn Handler) -> Undescribed {
        Undescribed::new("PATCH", path, needs, guarded(MethodFilter::PATCH, needs, Effect::ChangeOfScope, handler))
    }

    /// Deletes an object.
    pub(crate) fn delete(path: &'static str, needs: Needs, handler: &'static dyn Handler) -> Undescribed {
        Undescribed::new("DELETE", path, needs, guarded(MethodFilter::DELETE, needs, Effect::Change, handler))
    }

    /// Deletes an object that a tenant may own.
    pub(crate) fn delete_owned(path: &'static str, needs: Needs, handler: &'static dyn Handler) -> Undescribed {
        Undescribed::new("DELETE", path, needs, guarded(MethodFilter::DELETE, needs, Effect::ChangeOfOwned, handler))
    }

    /// Deletes the scope of the address.
    pub(crate) fn delete_scope(path: &'static str, needs: Needs, handler: &'static dyn Handler) -> Undescribed {
        Undescribed::new("DELETE", path, needs, guarded(MethodFilter::DELETE, needs, Effect::ChangeOfScope, handler))
    }

    /// Answers without asking for a token.
    pub(crate) fn open(method: &'static str, path: &'static str, service: MethodRouter<App>) -> Undescribed {
        Undescribed::new(method, path, Needs::Nothing, service)
    }

    /// What answers requests of its method.
    pub(crate) fn service(&self) -> MethodRouter<App> {
        self.service.clone()
    }
}

impl Undescribed {
    fn new(method: &'static str, path: &'static str, needs: Needs, service: MethodRouter<App>) -> Self {
        Self { method, path, needs, service }
    }

    /// Gives it the operation of the API's description: a unique id, and a summary that is an order.
    pub(crate) fn operation(self, id: &'static str, summary: &'static str) -> Route {
        let Self { method, path, needs, service } = self;
        Route { method, path, needs, operation: Operation::new(path, id, summary), service }
    }
}

type Parameters = Result<RawPathParams, RawPathParamsRejection>;

/// What a route does with a request whose sender is known.
#[derive(Clone, Copy)]
struct Guarded {
    needs: Needs,
    effect: Effect,
    handler: &'static dyn Handler,
}

/// Who asks, whether they may, whether the host takes changes: then the handler.
fn guarded(method: MethodFilter, needs: Needs, effect: Effect, handler: &'static dyn Handler) -> MethodRouter<App> {
    let route = Guarded { needs, effect, handler };
    on(method, move |State(app): State<App>, parameters: Parameters, request: Request| async move {
        let (request, body) = request.into_parts();
        let sender = authn::sender(&app, &request).await?;
        let by_browser = sender.session.is_some();
        let answer = route.answer(app, sender, parameters, request, body).await;
        // A browser keeps nothing of a session, and guesses no type.
        if by_browser { Ok(for_browser(answer.into_response())) } else { answer }
    })
}

impl Guarded {
    async fn answer(
        self,
        app: App,
        sender: Sender,
        parameters: Parameters,
        request: Parts,
        body: Body,
    ) -> Result<Response<Body>, Refusal> {
        let Self { needs, effect, handler } = self;
        let parameters = parameters.map_err(|_| Refusal::malformed("the path is no UTF-8"))?;
        if effect != Effect::None {
            // What another host made a moment ago can be changed here at once.
            app.host.queries().catch_up().await?;
        }
        let access = Access::check(&app, sender, &parameters, needs)?;
        match effect {
            Effect::Prepare | Effect::Change | Effect::ChangeOfScope
                if access.caller.restrictions.tenants.is_some() =>
            {
                return Err(FlowError::Limited.into());
            }
            Effect::Change | Effect::ChangeOfOwned => {
                access.scope().map_or(Ok(()), |scope| app.host.queries().takes_changes(&scope))?;
            }
            Effect::None | Effect::Prepare | Effect::ChangeOfScope => {}
        }
        let answer = handler.answer(app, access, request, body);
        match effect {
            Effect::None | Effect::Prepare => return answer.await,
            Effect::Change | Effect::ChangeOfOwned | Effect::ChangeOfScope => {}
        }
        // Runs to its end even when its caller goes away: store and catalog change together.
        let ended = tokio::spawn(answer).await;
        ended.unwrap_or_else(|_| Err(Problem::new(Code::Internal, "the change was not completed").into()))
    }
}
