//! Connections in memory: what the decision about a call needs, and what reads show. No secret is here before a call
//! needs it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use lockgate_domain::auth::{Method, Oauth2};
use lockgate_domain::{
    Caller, Comparison, ConnectionChoice, ConnectionFacts, ConnectionId, ConnectionState, Consent, CredentialName,
    Digest, EgressDefinition, Owner, Scope, TenantName, Verdict,
};
use lockgate_egress::Account;
use lockgate_store::StoredConnection;
use lockgate_vault::Place;
use serde_json::{Map, Value};
use tokio::sync::OnceCell;

use crate::catalog::egress_sessions::EgressSessions;
use crate::clock::now;

/// A connection of a group in one version of both.
#[derive(Debug)]
pub struct Connection {
    /// As stored.
    pub stored: StoredConnection,
    /// Whether the group became wider or different since it was made.
    pub review: bool,
    /// Where the group goes now.
    pub(crate) egress: Arc<EgressDefinition>,
    /// Its values, once a call has needed them. Whoever comes meanwhile waits for the same work.
    pub(crate) opened: OnceCell<Arc<Account>>,
    /// Where they lead.
    pub(crate) egress_sessions: EgressSessions,
}

/// What became different for a connection since it was made.
#[derive(Debug)]
pub struct Review {
    /// In the order of the definition.
    pub comparison: Comparison,
    /// Of what it would be made for now: whoever accepts says what they have seen.
    pub digest: Digest,
}

/// The connections of one group, in all scopes that see it.
#[derive(Debug)]
pub(crate) struct Connections {
    egress: Arc<EgressDefinition>,
    all: BTreeMap<ConnectionId, Arc<Connection>>,
    facts: Vec<ConnectionFacts>,
    /// Those of organizations and workspaces alone: a choice by name need not look at every tenant's.
    scoped: Vec<ConnectionFacts>,
    tenants: HashMap<(Scope, TenantName), Vec<ConnectionFacts>>,
}

impl Connection {
    fn new(
        stored: StoredConnection,
        egress: &Arc<EgressDefinition>,
        egress_sessions: EgressSessions,
        reviews: &mut Reviews,
    ) -> Arc<Self> {
        let review = reviews.needed(&stored, egress);
        let (egress, opened) = (Arc::clone(egress), OnceCell::new());
        Arc::new(Self { stored, review, egress, opened, egress_sessions })
    }

    pub(crate) fn facts(&self) -> ConnectionFacts {
        let stored = &self.stored;
        ConnectionFacts {
            id: stored.id,
            name: stored.name.clone(),
            owner: stored.owner.clone(),
            state: match stored {
                stored if !stored.enabled => ConnectionState::Disabled,
                stored if stored.consent.is_none() || stored.awaits_grant => ConnectionState::Pending,
                _ if self.review => ConnectionState::NeedsReview,
                stored if stored.needs_reauth => ConnectionState::NeedsReauth,
                _ => ConnectionState::Active,
            },
            default: stored.default,
            ends_at: stored.ends_at,
        }
    }

    /// What guests read: the group's settings, under the visible values of the connection.
    pub(crate) fn settings(&self, group: &Arc<Map<String, Value>>) -> Arc<Map<String, Value>> {
        let shown = self.shown();
        if shown.is_empty() {
            return Arc::clone(group);
        }
        let mut settings = Map::clone(group);
        settings.extend(shown.into_iter().map(|(at, value)| {
            let name = at.rsplit('/').next().unwrap_or_default();
            (name.to_owned(), value.into())
        }));
        Arc::new(settings)
    }

    /// Its visible values by their place, as far as the group shows them now, with those that have a default.
    pub fn shown(&self) -> BTreeMap<String, String> {
        let Some(activation) = &self.egress.activation else { return BTreeMap::new() };
        let methods = self.stored.methods.iter().filter_map(|(name, method)| {
            let method = activation.credentials.get(name)?.methods.get(method)?;
            Some((format!("credentials/{name}"), method.fields()))
        });
        let mut shown = BTreeMap::new();
        for (above, fields) in methods.chain([("fields".to_owned(), &activation.fields)]) {
            for (name, field) in fields.iter().filter(|(_, field)| field.visible) {
                let at = format!("{above}/{name}");
                let default = || field.default.clone().filter(|_| !self.stored.secret.contains(&at));
                let value = self.stored.visible.get(&at).cloned().or_else(default);
                shown.extend(value.map(|value| (at, value)));
            }
        }
        shown
    }

    /// What became different since it was made; none while it waits for its credentials.
    pub fn difference_now(&self) -> Option<Review> {
        let (comparison, now) = self.difference()?;
        Some(Review { comparison, digest: now.digest().ok()? })
    }

    /// Whether it exists for a caller: a token of some tenants sees theirs alone.
    pub(crate) fn exists_for(&self, scope: &Scope, caller: &Caller) -> bool {
        let reached = match self.stored.owner.tenant() {
            None => caller.restrictions.tenants.is_none(),
            Some(tenant) => caller.restrictions.has_tenant(tenant),
        };
        self.stored.owner.scope() == *scope && reached
    }

    /// What it can do now.
    pub fn state(&self) -> ConnectionState {
        self.facts().state_at(now())
    }

    /// The `oauth2` methods that it uses, by credential.
    pub(crate) fn oauth(&self) -> impl Iterator<Item = (&CredentialName, &Oauth2)> {
        let activation = self.egress.activation.as_ref();
        self.stored.methods.iter().filter_map(move |(name, method)| {
            match activation?.credentials.get(name)?.methods.get(method)? {
                Method::Oauth2(method) => Some((name, &**method)),
                Method::Basic(_) | Method::ApiKey(_) | Method::Bearer(_) | Method::Custom(_) => None,
            }
        })
    }

    /// What became different for it since it was made, and what it would be made for now.
    pub(crate) fn difference(&self) -> Option<(Comparison, Consent)> {
        let now = Consent::of(&self.egress, &self.stored.methods);
        self.stored.consent.as_ref().map(|before| (before.compare(&now), now))
    }
}

impl Connections {
    pub(crate) fn new(egress: Arc<EgressDefinition>) -> Self {
        let (facts, scoped) = (Vec::new(), Vec::new());
        Self { egress, all: BTreeMap::new(), facts, scoped, tenants: HashMap::new() }
    }

    /// The same with further or changed connections, and without some.
    pub(crate) fn changed(&self, put: Vec<StoredConnection>, gone: &[ConnectionId]) -> Self {
        let mut all = self.all.clone();
        gone.iter().for_each(|id| drop(all.remove(id)));
        let mut reviews = Reviews::default();
        for stored in put {
            // What a disabled connection had open is closed.
            let before = all.get(&stored.id).filter(|_| stored.enabled);
            let sessions = before.map(|before| before.egress_sessions.following()).unwrap_or_default();
            all.insert(stored.id, Connection::new(stored, &self.egress, sessions, &mut reviews));
        }
        Self::of(Arc::clone(&self.egress), all)
    }

    /// The same after a change of the group.
    pub(crate) fn for_egress(&self, egress: &Arc<EgressDefinition>) -> Self {
        let mut reviews = Reviews::default();
        let renewed = |(id, before): (&ConnectionId, &Arc<Connection>)| {
            (*id, Connection::new(before.stored.clone(), egress, EgressSessions::default(), &mut reviews))
        };
        Self::of(Arc::clone(egress), self.all.iter().map(renewed).collect())
    }

    fn of(egress: Arc<EgressDefinition>, all: BTreeMap<ConnectionId, Arc<Connection>>) -> Self {
        let facts: Vec<_> = all.values().map(|connection| connection.facts()).collect();
        let (mut scoped, mut tenants) = (Vec::new(), HashMap::<_, Vec<_>>::new());
        for one in &facts {
            match &one.owner {
                Owner::Scope(_) => scoped.push(one.clone()),
                Owner::Tenant(scope, tenant) => {
                    tenants.entry((*scope, tenant.clone())).or_default().push(one.clone());
                }
            }
        }
        Self { egress, all, facts, scoped, tenants }
    }

    pub(crate) fn is_for(&self, egress: &Arc<EgressDefinition>) -> bool {
        Arc::ptr_eq(&self.egress, egress)
    }

    pub(crate) fn get(&self, id: &ConnectionId) -> Option<&Arc<Connection>> {
        self.all.get(id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Connection>> {
        self.all.values()
    }

    /// The facts among which a choice is made: as few as give the same answer as all. A caller that is `limited` to some
    /// tenants does not learn what others have.
    pub(crate) fn facts(&self, scope: &Scope, choice: &ConnectionChoice, limited: bool) -> &[ConnectionFacts] {
        match choice {
            ConnectionChoice::None => &[],
            ConnectionChoice::Dynamic { tenant, .. } => {
                self.tenants.get(&(*scope, tenant.clone())).map_or(&[], Vec::as_slice)
            }
            ConnectionChoice::Fixed(name) => {
                let id = name.parse().ok();
                let meant = |one: &ConnectionFacts| id.map_or(one.name == *name, |id| one.id == id);
                let usable = |one: &&ConnectionFacts| one.owner.scope().contains(scope) && meant(one);
                // Else the answer says whether it is a tenant's.
                if limited || self.scoped.iter().any(|one| usable(&one)) { &self.scoped } else { &self.facts }
            }
        }
    }
}

/// What a value of a connection is sealed for.
pub(crate) fn place<'p>(connection: &'p StoredConnection, field: &'p str) -> Place<'p> {
    Place {
        scope: connection.owner.scope(),
        tenant: connection.owner.tenant(),
        group: connection.group,
        record: connection.id.as_bytes(),
        field,
    }
}

/// Consents that were compared already: most connections of a group were made for the same.
#[derive(Default)]
struct Reviews {
    known: Vec<(Consent, bool)>,
}

impl Reviews {
    fn needed(&mut self, stored: &StoredConnection, egress: &EgressDefinition) -> bool {
        let Some(before) = &stored.consent else { return false };
        let now = Consent::of(egress, &stored.methods);
        if *before == now {
            return false;
        }
        // What it would be made for follows from the methods, which are part of what it was made for.
        if let Some((_, needed)) = self.known.iter().find(|(consent, _)| consent == before) {
            return *needed;
        }
        let needed = before.compare(&now).verdict() == Verdict::Different;
        self.known.push((before.clone(), needed));
        needed
    }
}
