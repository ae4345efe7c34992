//! From a provider's reply to what is stored of it.

use std::collections::BTreeMap;

use lockgate_domain::auth::TokenReply;
use lockgate_domain::{CredentialName, EgressDefinition, FieldName};
use lockgate_egress::TokenSet;

use crate::FlowError;
use crate::change::grants::Granted;

/// Tokens and values of a reply that came at `now`. `before` are the tokens that they follow, if they do.
pub(super) fn granted(
    credential: &CredentialName,
    egress: &EgressDefinition,
    reply: TokenReply,
    before: Option<TokenSet>,
    now: i64,
) -> Result<Granted, FlowError> {
    let is_field =
        |name: &FieldName| egress.activation.as_ref().is_some_and(|activation| activation.fields.contains_key(name));
    let fields: BTreeMap<_, _> = reply.kept.iter().filter(|(name, _)| is_field(name)).collect();
    let fields = fields.into_iter().map(|(name, value)| (name.clone(), value.as_str().to_owned())).collect();
    let (lifetime_ms, refresh) = (reply.lifetime_ms, reply.refresh_lifetime_ms);
    let tokens = TokenSet::following(reply, before).to_secret()?;
    Ok(Granted {
        credential: credential.clone(),
        tokens,
        issued_at: now,
        lifetime_ms,
        refresh_ends_at: refresh.map(|lifetime| now.saturating_add(lifetime)),
        fields,
        awaits_more: false,
        session: None,
    })
}
