//! Sessions in which a person gives the values of connections on a page of the host: an end customer who connects
//! itself, or whoever renews a connection.

use std::sync::Arc;

use lockgate_domain::{Caller, GroupReference, Owner, Scope, TenantName, Violation};
use lockgate_store::{Action, SessionStep, StoredConnection, StoredSession};
use lockgate_vault::{AccessToken, TokenHash};

use crate::change::connections::check_name;
use crate::change::unit_of_work::{Changes, UnitOfWork, bounded};
use crate::clock::now;
use crate::{Connection, CredentialsGiven, FlowError, Group};

/// How long a page can be used: time to look up a key, and no more.
const LIFETIME_MS: i64 = 15 * 60 * 1000;
/// Where providers of OAuth send browsers back to.
pub const CALLBACK: &str = "/v1/oauth/callback";
/// Groups of one page.
const GROUPS_MAX: usize = 16;

/// A session that is to be made.
#[derive(Debug)]
pub struct NewSession {
    /// Who connects itself.
    pub tenant: TenantName,
    /// To what.
    pub groups: Vec<GroupReference>,
    /// The name of the connections.
    pub name: String,
    /// Where the browser goes afterwards.
    pub return_url: String,
}

impl Changes<'_> {
    /// Makes a session for a tenant. Gives its nonce, whose hash alone is kept.
    ///
    /// # Errors
    /// [`FlowError::Definition`]: `return_url` is not in the list of a group's installation.
    pub async fn create_session(
        self,
        scope: &Scope,
        new: NewSession,
        by: &Caller,
    ) -> Result<(String, StoredSession), FlowError> {
        check_name(&new.name)?;
        // Before anything else, so that nobody learns which groups there are.
        if !by.restrictions.has_tenant(&new.tenant) {
            return Err(FlowError::Limited);
        }
        if !(1..=GROUPS_MAX).contains(&new.groups.len()) {
            let detail = format!("expected 1 to {GROUPS_MAX} groups");
            return Err(FlowError::Definition(vec![Violation::new("/groups", "size", detail)]));
        }
        let mut steps = Vec::new();
        for reference in new.groups {
            if !by.reaches(scope, &reference) {
                return Err(FlowError::NotFound(format!("group `{reference}`")));
            }
            let group = self.0.catalog().find_group(scope, &reference)?;
            let (group, name) = (group.stored.id, new.name.clone());
            steps.push(SessionStep { group, reference, name, connection: None, done: false });
        }
        self.keep_session(*scope, Some(new.tenant), steps, Some(new.return_url), by).await
    }

    /// Makes a session in which somebody gives new values for one connection, which keeps its id.
    ///
    /// # Errors
    /// [`FlowError::NotFound`].
    pub async fn reconnect(
        self,
        scope: &Scope,
        named: (&GroupReference, &str),
        by: &Caller,
    ) -> Result<(String, StoredSession), FlowError> {
        let (group, connection) = self.0.catalog().find_connection(scope, named, None, by)?;
        let step = SessionStep {
            group: group.stored.id,
            reference: named.0.clone(),
            name: connection.stored.name.clone(),
            connection: Some(connection.stored.id),
            done: false,
        };
        let tenant = connection.stored.owner.tenant().cloned();
        self.keep_session(*scope, tenant, vec![step], None, by).await
    }

    async fn keep_session(
        self,
        scope: Scope,
        tenant: Option<TenantName>,
        steps: Vec<SessionStep>,
        return_url: Option<String>,
        by: &Caller,
    ) -> Result<(String, StoredSession), FlowError> {
        let random = AccessToken::generate()?;
        // 256 random bits, without the mark of an access token, which this is not.
        let nonce = random.reveal().trim_start_matches("lg_").to_owned();
        let (token, expires_at) = (by.token, now() + LIFETIME_MS);
        let session = StoredSession { scope, tenant, steps, return_url, token, expires_at };
        self.0.catalog().may_connect(&session, by)?;
        self.0.0.store.create_session(TokenHash::of(&nonce).as_bytes(), &session).await?;
        Ok((nonce, session))
    }

    /// [`UnitOfWork::complete_step`] by itself, in the name of the token that made the session.
    ///
    /// # Errors
    /// As for that step, or the store does not answer.
    pub async fn complete_step(
        self,
        nonce: &str,
        index: usize,
        given: CredentialsGiven,
    ) -> Result<StoredSession, FlowError> {
        let session = self.0.queries().session(nonce).await?;
        let maker = self.0.catalog().session_token(&session)?;
        if let Some(step) = session.steps.get(index).filter(|step| !step.done) {
            // Outside of the unit: an upstream answers when it likes.
            self.0.calls().verify_given(&session, step, &given, &maker.stored.caller).await?;
        }
        let mut unit = self.begin(&maker.stored.caller).await?;
        let completed = bounded(unit.complete_step(nonce, index, given)).await;
        unit.end(completed).await
    }
}

impl UnitOfWork {
    /// Takes the values of a step: makes the connection, or renews it. Gives the session as it is then.
    ///
    /// # Errors
    /// [`FlowError::Values`], [`FlowError::NotFound`].
    pub async fn complete_step(
        &mut self,
        nonce: &str,
        index: usize,
        given: CredentialsGiven,
    ) -> Result<StoredSession, FlowError> {
        let hash = TokenHash::of(nonce);
        // Read within the unit, so that a form that is sent twice makes one connection.
        let found = self.reader().session(hash.as_bytes()).await?;
        let mut session = self.catalog().find_session(found)?;
        let gone = || FlowError::NotFound("the step".to_owned());
        let step = session.steps.get(index).filter(|step| !step.done).ok_or_else(gone)?.clone();
        let group = self.catalog().find_session_group(&session, &step)?;
        let made = self.give(&session, &step, &group, given).await?;
        // By some methods a person agrees at a provider first.
        let done = !made.oauth().any(|(_, method)| method.needs_person());
        if let Some(step) = session.steps.get_mut(index) {
            (step.connection, step.done) = (Some(made.stored.id), done);
        }
        self.write().update_session(hash.as_bytes(), &session).await?;
        self.written().await?;
        Ok(session)
    }

    async fn give(
        &mut self,
        session: &StoredSession,
        step: &SessionStep,
        group: &Group,
        given: CredentialsGiven,
    ) -> Result<Arc<Connection>, FlowError> {
        let owner = match &session.tenant {
            None => Owner::Scope(session.scope),
            Some(tenant) => Owner::Tenant(session.scope, tenant.clone()),
        };
        let (stored, action) = match (self.of_owner(group, &owner, step), step.connection) {
            // It stays as it is until the person has agreed once more.
            (Some(before), _) if !before.review && is_authorized_again(&before, group, &given) => return Ok(before),
            (Some(before), _) => (before.stored.clone(), Action::SetCredentials),
            (None, None) => {
                (StoredConnection::new(group.stored.id, owner, step.name.clone()), Action::CreateConnection)
            }
            (None, Some(_)) => return Err(FlowError::NotFound("the connection".to_owned())),
        };
        self.keep_connection(&session.scope, group, stored, Some(given), action).await
    }

    /// The connection that a step renews: by id, or the owner's of that name.
    fn of_owner(&self, group: &Group, owner: &Owner, step: &SessionStep) -> Option<Arc<Connection>> {
        let all = self.catalog().connections(&group.stored.id)?;
        match &step.connection {
            Some(id) => all.get(id).cloned(),
            None => all.iter().find(|one| one.stored.owner == *owner && one.stored.name == step.name).cloned(),
        }
    }
}

/// Whether a form gives nothing new for a connection, by whose methods a person agrees at a provider.
fn is_authorized_again(before: &Connection, group: &Group, given: &CredentialsGiven) -> bool {
    let Some(activation) = &group.egress.activation else { return false };
    let same = activation.credentials.iter().all(|(name, credential)| {
        let sent = given.credentials.get(name);
        let method = sent.and_then(|sent| sent.method.as_ref()).unwrap_or(&credential.default);
        before.stored.methods.get(name) == Some(method) && sent.is_some_and(|sent| sent.values.is_empty())
    });
    same && given.fields.is_empty() && before.oauth().any(|(_, method)| method.needs_person())
}
