//! Sessions in which a person gives the values of connections on a page of the host: an end customer who connects
//! itself, or whoever renews a connection.

use std::collections::BTreeMap;
use std::sync::Arc;

use lockgate_domain::{
    Caller, ConnectionId, Denied, FieldName, GroupReference, Owner, Scope, TenantName, TokenId, Unresolved, Violation,
};
use lockgate_store::{Action, ConnectionChange, SessionStep, StoredConnection, StoredSession};
use lockgate_vault::{AccessToken, TokenHash};

use crate::change::connections::{check_name, checked, subject};
use crate::clock::now;
use crate::{Connection, CredentialsGiven, FlowError, Group, Host};

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

impl Host {
    /// Makes a session for a tenant. Gives its nonce, whose hash alone is kept.
    ///
    /// # Errors
    /// [`FlowError::Definition`]: `return_url` is not in the list of a group's installation.
    pub async fn create_session(
        &self,
        scope: &Scope,
        new: NewSession,
        by: &Caller,
    ) -> Result<(String, StoredSession), FlowError> {
        check_name(&new.name)?;
        if !by.restrictions.has_tenant(&new.tenant) {
            return Err(FlowError::Limited);
        }
        self.takes_tenant(scope, &new.tenant)?;
        if !(1..=GROUPS_MAX).contains(&new.groups.len()) {
            let detail = format!("expected 1 to {GROUPS_MAX} groups");
            return Err(FlowError::Definition(vec![Violation::new("/groups", "size", detail)]));
        }
        let mut steps = Vec::new();
        for reference in new.groups {
            if !by.reaches(scope, &reference) {
                return Err(FlowError::NotFound(format!("group `{reference}`")));
            }
            let (group, _, installed) = self.installation(scope, &reference)?;
            if group.egress.activation.is_none() {
                return Err(FlowError::Denied(Denied::Connection(Unresolved::NoActivation)));
            }
            if !installed.return_urls.iter().flatten().any(|url| *url == new.return_url) {
                let detail = format!("expected one of `return_urls` of the installation of group `{reference}`");
                return Err(FlowError::Definition(vec![Violation::new("/return_url", "enum", detail)]));
            }
            let (group, name) = (group.stored.id, new.name.clone());
            steps.push(SessionStep { group, reference, name, connection: None, done: false });
        }
        self.keep_session(*scope, Some(new.tenant), steps, Some(new.return_url), by.token).await
    }

    /// Makes a session in which somebody gives new values for one connection, which keeps its id.
    ///
    /// # Errors
    /// [`FlowError::NotFound`].
    pub async fn reconnect(
        &self,
        scope: &Scope,
        (reference, text): (&GroupReference, &str),
        by: &Caller,
    ) -> Result<(String, StoredSession), FlowError> {
        let (group, connection) = self.connection(scope, reference, text, by)?;
        let step = SessionStep {
            group: group.stored.id,
            reference: reference.clone(),
            name: connection.stored.name.clone(),
            connection: Some(connection.stored.id),
            done: false,
        };
        let tenant = connection.stored.owner.tenant().cloned();
        self.keep_session(*scope, tenant, vec![step], None, by.token).await
    }

    async fn keep_session(
        &self,
        scope: Scope,
        tenant: Option<TenantName>,
        steps: Vec<SessionStep>,
        return_url: Option<String>,
        token: TokenId,
    ) -> Result<(String, StoredSession), FlowError> {
        let random = AccessToken::generate()?;
        // 256 random bits, without the mark of an access token, which this is not.
        let nonce = random.reveal().trim_start_matches("lg_").to_owned();
        let session = StoredSession { scope, tenant, steps, return_url, token, expires_at: now() + LIFETIME_MS };
        self.0.store.create_session(TokenHash::of(&nonce).as_bytes(), &session).await?;
        Ok((nonce, session))
    }

    /// The session of a nonce.
    ///
    /// # Errors
    /// [`FlowError::NotFound`]: there is none, or it has ended.
    pub async fn session(&self, nonce: &str) -> Result<StoredSession, FlowError> {
        let session = self.0.store.session(TokenHash::of(nonce).as_bytes()).await?;
        let session = session.ok_or_else(|| FlowError::NotFound("the page".to_owned()))?;
        self.takes_changes(&session.scope)?;
        // The token's owner may have changed their mind.
        let known = self.catalog().tokens().get(&session.token).is_some_and(|token| token.stored.facts.enabled);
        if known { Ok(session) } else { Err(FlowError::NotFound("the page".to_owned())) }
    }

    /// The group of a step, if it is still the one that was meant.
    ///
    /// # Errors
    /// [`FlowError::NotFound`].
    pub fn session_group(&self, session: &StoredSession, step: &SessionStep) -> Result<Arc<Group>, FlowError> {
        let group = self.group(&session.scope, &step.reference)?;
        if group.stored.id == step.group { Ok(group) } else { Err(FlowError::NotFound("the group".to_owned())) }
    }

    /// What the scope of a session sets for everybody in a step's group: nobody is asked for that.
    pub fn session_values(&self, session: &StoredSession, step: &SessionStep) -> BTreeMap<FieldName, String> {
        self.catalog().installed(&session.scope, &step.group).values.clone()
    }

    /// Takes the values of a step: makes the connection, or renews it. Says whether all steps are done.
    ///
    /// # Errors
    /// [`FlowError::Values`], [`FlowError::NotFound`].
    pub async fn complete_step(
        &self,
        nonce: &str,
        index: usize,
        given: CredentialsGiven,
    ) -> Result<StoredSession, FlowError> {
        let _turn = self.turn().await?;
        // Read after the turn has come, so that a form that is sent twice makes one connection.
        let mut session = self.session(nonce).await?;
        let gone = || FlowError::NotFound("the step".to_owned());
        let step = session.steps.get(index).filter(|step| !step.done).ok_or_else(gone)?.clone();
        let group = self.session_group(&session, &step)?;
        let made = self.give(&session, &step, &group, given).await?;
        if let Some(step) = session.steps.get_mut(index) {
            (step.connection, step.done) = (Some(made), true);
        }
        self.0.store.update_session(TokenHash::of(nonce).as_bytes(), &session).await?;
        Ok(session)
    }

    async fn give(
        &self,
        session: &StoredSession,
        step: &SessionStep,
        group: &Arc<Group>,
        given: CredentialsGiven,
    ) -> Result<ConnectionId, FlowError> {
        let owner = match &session.tenant {
            None => Owner::Scope(session.scope),
            Some(tenant) => Owner::Tenant(session.scope, tenant.clone()),
        };
        let before = self.of_owner(group, &owner, step);
        let (mut stored, action) = match (&before, step.connection) {
            (Some(before), _) => (before.stored.clone(), Action::SetCredentials),
            (None, None) => {
                (StoredConnection::new(group.stored.id, owner, step.name.clone()), Action::CreateConnection)
            }
            (None, Some(_)) => return Err(FlowError::NotFound("the connection".to_owned())),
        };
        let installed = self.catalog().installed(&session.scope, &group.stored.id);
        let vault = self.0.keys.vault();
        let values = checked(&group.egress, &installed, given)?.seal(&mut stored, &vault)?;
        let values = Some((&*vault, values));
        let made = ConnectionChange { action, subject: subject(group, &stored), values, by: Some(session.token) };
        let others = match before {
            Some(_) => self.0.store.update_connection(&stored, made).await?,
            None => self.0.store.create_connection(&stored, made).await?,
        };
        Ok(self.reload(&others, &stored.id, group).await?.stored.id)
    }

    /// The connection that a step renews: by id, or the owner's of that name.
    fn of_owner(&self, group: &Group, owner: &Owner, step: &SessionStep) -> Option<Arc<Connection>> {
        let catalog = self.catalog();
        let all = catalog.connections(&group.stored.id)?;
        match &step.connection {
            Some(id) => all.get(id).cloned(),
            None => all.iter().find(|one| one.stored.owner == *owner && one.stored.name == step.name).cloned(),
        }
    }
}
