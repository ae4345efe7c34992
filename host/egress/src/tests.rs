//! Requests to real servers on loopback, which the settings name one by one.

mod attacks;
mod auth;
mod flow;
mod grpc;
mod mysql;
mod postgres;
mod redirects;
mod retries;
mod sessions;
mod tenants;
mod token_requests;
mod upstream;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::{HeaderMap, Method};
use lockgate_domain::{
    Caller, ConnectionChoice, ConnectionFacts, ConnectionId, ConnectionState, EgressDefinition, GroupFacts, GroupId,
    Limits, OrganizationId, Owner, Permit, ResourceType, Role, Scope, TenantName, Tenants, TokenId, authorize,
};
use serde_json::{Value, json};

use crate::{
    Account, Body, CredentialValues, Egress, EgressSession, EgressSettings, ExchangeRecorder, Options, OutboundClient,
    Request, Response,
};
use upstream::Upstream;

/// Values by field.
type Given = Vec<(&'static str, String)>;

/// A group with one call that may go out.
struct Home {
    egress: Egress,
    definition: Value,
    credentials: Vec<(&'static str, &'static str, Given)>,
    fields: Given,
    limits: Limits,
    tenant: bool,
}

impl Home {
    /// A group that may go to some servers, without a credential.
    fn to(upstreams: &[&Upstream]) -> Self {
        let reachable = upstreams.iter().map(|upstream| upstream.address).collect();
        let destinations: Vec<Value> =
            upstreams.iter().map(|upstream| json!({"url": upstream.url(""), "credential": "none"})).collect();
        Self::with(EgressSettings { reachable, ..EgressSettings::default() }, json!({"destinations": destinations}))
    }

    fn with(settings: EgressSettings, definition: Value) -> Self {
        Self {
            egress: Egress::new(settings).unwrap(),
            definition,
            credentials: Vec::new(),
            fields: Vec::new(),
            limits: Limits::default(),
            tenant: false,
        }
    }

    /// A group whose requests to some servers carry the credential `main` by a method.
    fn authorized(upstreams: &[&Upstream], method: Value, values: &[(&'static str, &str)]) -> Self {
        let mut home = Self::to(upstreams);
        let urls = upstreams.iter().map(|upstream| json!({"url": upstream.url(""), "plaintext": true}));
        home.definition = json!({
            "destinations": urls.collect::<Vec<_>>(),
            "activation": {"credentials": {"main": {"methods": {"it": method}}}},
        });
        let values = values.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        home.credentials = vec![("main", "it", values)];
        home
    }

    fn definition(mut self, change: impl FnOnce(&mut Value)) -> Self {
        change(&mut self.definition);
        self
    }

    fn limited(mut self, change: impl FnOnce(&mut Limits)) -> Self {
        change(&mut self.limits);
        self
    }

    fn session(&self) -> (EgressSession, Permit) {
        let scope = Scope::Organization(OrganizationId::new());
        self.session_of(GroupId::new(), scope, ConnectionId::new())
    }

    fn session_of(&self, group: GroupId, scope: Scope, id: ConnectionId) -> (EgressSession, Permit) {
        let read = EgressDefinition::read(
            ResourceType::Internal,
            self.definition.get("base_url"),
            self.definition.get("activation"),
            self.definition.get("destinations"),
            self.definition.get("certificate_authorities"),
        );
        let text = |(name, value): &(&'static str, String)| (name.parse().unwrap(), value.clone().into());
        let held = |(credential, method, values): &(&'static str, &'static str, Given)| {
            let held = CredentialValues { method: method.parse().unwrap(), values: values.iter().map(text).collect() };
            (credential.parse().unwrap(), held)
        };
        let owner = match self.tenant {
            true => Owner::Tenant(scope, "ada".parse().unwrap()),
            false => Owner::Scope(scope),
        };
        let account = (!self.credentials.is_empty() || !self.fields.is_empty()).then(|| {
            let credentials: BTreeMap<_, _> = self.credentials.iter().map(held).collect();
            Arc::new(Account { id, version: 1, owner, fields: self.fields.iter().map(text).collect(), credentials })
        });
        let permit = permit(group, scope, account.as_deref());
        (EgressSession::new(group, scope, Arc::new(read.unwrap()), account).unwrap(), permit)
    }

    fn client(&self) -> OutboundClient {
        self.client_for(Duration::from_secs(20))
    }

    fn client_for(&self, time: Duration) -> OutboundClient {
        let (session, permit) = self.session();
        OutboundClient::new(self.egress.clone(), permit, Arc::new(session), Instant::now() + time, &self.limits)
    }
}

/// A call with this connection, or without one.
fn permit(group: GroupId, scope: Scope, account: Option<&Account>) -> Permit {
    permit_for(group, scope, account, None)
}

/// The same for a tenant that the call names beside its connection.
fn permit_for(group: GroupId, scope: Scope, account: Option<&Account>, tenant: Option<TenantName>) -> Permit {
    let caller = Caller {
        token: TokenId::new(),
        scope,
        role: Role::Admin,
        restrictions: lockgate_domain::TokenRestrictions::default(),
    };
    let capabilities = std::collections::BTreeSet::new();
    let connection = |account: &Account| ConnectionFacts {
        id: account.id,
        name: "main".to_owned(),
        owner: account.owner.clone(),
        state: ConnectionState::Active,
        default: true,
        ends_at: None,
    };
    let choice = match account.map(|account| account.owner.tenant()) {
        None => ConnectionChoice::None,
        Some(None) => ConnectionChoice::Fixed("main".to_owned()),
        Some(Some(tenant)) => ConnectionChoice::Dynamic { tenant: tenant.clone(), name: None },
    };
    let facts = GroupFacts {
        id: group,
        scope,
        enabled: true,
        installation_enabled: true,
        capabilities: &capabilities,
        scope_enabled: true,
        tenants: Tenants::ANY,
        activation: account.is_some(),
        connections: &account.map(connection).into_iter().collect::<Vec<_>>(),
        now: 0,
    };
    authorize(&caller, facts, &choice, tenant).unwrap()
}

fn get(url: impl Into<String>) -> Request {
    request(Method::GET, url, Body::Empty)
}

fn request(method: Method, url: impl Into<String>, body: Body) -> Request {
    Request { method, url: url.into(), headers: HeaderMap::new(), body, options: Options::default() }
}

async fn text(response: Response) -> String {
    String::from_utf8(response.body.collect().await.unwrap().to_vec()).unwrap()
}

/// The code of what must fail, with its text.
async fn refused(client: &OutboundClient, request: Request) -> (&'static str, String) {
    let error = match client.send(request).await {
        Err(error) => error,
        Ok(response) => response.body.collect().await.expect_err("an error"),
    };
    (error.code(), error.to_string())
}
