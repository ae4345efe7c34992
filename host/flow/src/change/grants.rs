//! What a provider gave for a connection, and the end of that.

use std::collections::BTreeMap;
use std::sync::Arc;

use lockgate_domain::auth::check;
use lockgate_domain::destination::FieldRefused;
use lockgate_domain::{ConnectionId, Consent, CredentialName, FieldName, GroupId, Violation};
use lockgate_store::{Action, ConnectionChange, NewTokens, Sealed, StoredConnection, StoredTokens, TokenFailure};
use lockgate_vault::Secret;
use serde_json::{Map, Value};

use crate::catalog::connections::place;
use crate::change::connections::subject;
use crate::change::unit_of_work::UnitOfWork;
use crate::clock::now;
use crate::{Connection, FlowError, Group};

/// Tokens that a person authorized.
#[derive(Debug)]
pub(crate) struct Granted {
    /// The credential.
    pub(crate) credential: CredentialName,
    /// The tokens, as they are sealed.
    pub(crate) tokens: Secret,
    /// When they were issued.
    pub(crate) issued_at: i64,
    /// How long the access token is good, in milliseconds.
    pub(crate) lifetime_ms: Option<i64>,
    /// The end of the refresh token.
    pub(crate) refresh_ends_at: Option<i64>,
    /// Values that fill the activation's own fields.
    pub(crate) fields: BTreeMap<FieldName, String>,
    /// Whether another credential still waits for a person.
    pub(crate) awaits_more: bool,
    /// The connect page whose step this completes, by the SHA-256 of its nonce.
    pub(crate) session: Option<([u8; 32], usize)>,
}

impl UnitOfWork {
    /// Keeps tokens that a person authorized, with the values that came along. The connection is made for what the group
    /// is now.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], or a value does not fit its field.
    pub(crate) async fn keep_grant(
        &mut self,
        (group, connection): (&GroupId, &ConnectionId),
        granted: Granted,
    ) -> Result<(), FlowError> {
        let (group, connection) = self.granted_to(group, connection)?;
        let mut stored = connection.stored.clone();
        let vault = self.host.0.keys.vault();
        put_fields(&group, &mut stored, &granted.fields)?;
        let field = StoredTokens::field(&granted.credential);
        let sealed = Sealed { sealed: vault.seal(&place(&stored, &field), &granted.tokens)?, field };
        let new = NewTokens {
            sealed,
            vault: &vault,
            issued_at: granted.issued_at,
            lifetime_ms: granted.lifetime_ms,
            refresh_ends_at: granted.refresh_ends_at,
        };
        // Nobody has looked at where its other values go, if it has any.
        if stored.secret.is_empty() && stored.methods.len() == 1 {
            stored.consent = Some(Consent::of(&group.egress, &stored.methods));
        }
        stored.credentials_at = Some(now());
        stored.awaits_grant = granted.awaits_more;
        stored.needs_reauth = false;
        let action = Action::AuthorizeConnection;
        let made = ConnectionChange { action, subject: subject(&group, &stored), values: None, by: self.by() };
        let change = self.write();
        change.update_connection(&stored, made).await?;
        change.put_tokens(&stored.id, &granted.credential, &new).await?;
        if let Some((nonce, index)) = &granted.session
            && !granted.awaits_more
            && let Some(mut session) = self.reader().session(nonce).await?
        {
            if let Some(step) = session.steps.get_mut(*index) {
                step.done = true;
            }
            self.write().update_session(nonce, &session).await?;
        }
        self.written().await
    }

    /// Notes that a person must act, unless the tokens were changed meanwhile. Says whether it is noted.
    ///
    /// # Errors
    /// [`FlowError::NotFound`].
    pub(crate) async fn end_grant(
        &mut self,
        (group, connection): (&GroupId, &ConnectionId),
        (credential, generation): (&CredentialName, i64),
        failure: &TokenFailure,
    ) -> Result<bool, FlowError> {
        let (group, connection) = self.granted_to(group, connection)?;
        let mut stored = connection.stored.clone();
        let ended = self.write().end_tokens(&stored.id, credential, generation, failure).await?;
        if ended && !stored.needs_reauth {
            stored.needs_reauth = true;
            let subject = format!("{}: {}", subject(&group, &stored), failure.code);
            let made = ConnectionChange { action: Action::EndGrant, subject, values: None, by: self.by() };
            self.write().update_connection(&stored, made).await?;
        }
        self.written().await?;
        Ok(ended)
    }

    /// Takes the note back: the answer that was given up came after all.
    ///
    /// # Errors
    /// [`FlowError::NotFound`].
    pub(crate) async fn revive_grant(&mut self, group: &GroupId, connection: &ConnectionId) -> Result<(), FlowError> {
        let (group, connection) = self.granted_to(group, connection)?;
        let mut stored = connection.stored.clone();
        if stored.needs_reauth {
            stored.needs_reauth = false;
            let (action, subject) = (Action::AuthorizeConnection, subject(&group, &stored));
            let made = ConnectionChange { action, subject, values: None, by: self.by() };
            self.write().update_connection(&stored, made).await?;
        }
        self.written().await
    }

    /// Takes over values that came with renewed tokens, and that the connection did not have yet.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], or a value does not fit its field.
    pub(crate) async fn keep_fields(
        &mut self,
        (group, connection): (&GroupId, &ConnectionId),
        fields: &BTreeMap<FieldName, String>,
    ) -> Result<(), FlowError> {
        let (group, connection) = self.granted_to(group, connection)?;
        let mut stored = connection.stored.clone();
        put_fields(&group, &mut stored, fields)?;
        stored.needs_reauth = false;
        let (action, subject) = (Action::AuthorizeConnection, subject(&group, &stored));
        let made = ConnectionChange { action, subject, values: None, by: self.by() };
        self.write().update_connection(&stored, made).await?;
        self.written().await
    }

    fn granted_to(
        &self,
        group: &GroupId,
        connection: &ConnectionId,
    ) -> Result<(Arc<Group>, Arc<Connection>), FlowError> {
        let missing = || FlowError::NotFound("the connection".to_owned());
        let found = self.catalog().group_by_id(group).cloned().ok_or_else(missing)?;
        let connection = self.catalog().connections(group).and_then(|all| all.get(connection)).cloned();
        Ok((found, connection.ok_or_else(missing)?))
    }
}

/// Puts values that a provider gave into fields of the activation, which are visible. They are untrusted, and so have to
/// fit their fields and the hosts that they fill.
fn put_fields(
    group: &Group,
    stored: &mut StoredConnection,
    fields: &BTreeMap<FieldName, String>,
) -> Result<(), FlowError> {
    let Some(activation) = &group.egress.activation else { return Ok(()) };
    let known = activation.fields.iter().filter(|(name, _)| fields.contains_key(*name));
    let known = known.map(|(name, field)| (name.clone(), field.clone())).collect();
    let given: Map<_, _> = fields.iter().map(|(name, value)| (name.to_string(), Value::from(value.as_str()))).collect();
    check(&known, &given, "/fields").map_err(FlowError::Values)?;
    for (name, value) in fields {
        // Any other field may have any label.
        let filled = group.egress.destinations.fixed(|own| if own == name { Some(value) } else { Some("x") });
        if let Err(FieldRefused::Label(refused)) = filled
            && refused == *name
        {
            let detail = FieldRefused::Label(refused).to_string();
            return Err(FlowError::Values(vec![Violation::new(format!("/fields/{name}"), "destination", detail)]));
        }
        stored.visible.insert(format!("fields/{name}"), value.clone());
    }
    Ok(())
}
