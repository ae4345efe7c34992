//! The tokens of one credential as they are sealed: one text, so that they change together.

use std::collections::BTreeMap;

use lockgate_domain::FieldName;
use lockgate_domain::auth::TokenReply;
use lockgate_vault::Secret;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::EgressError;

/// What a provider gave.
#[derive(Debug)]
pub struct TokenSet {
    /// The access token.
    pub access_token: Secret,
    /// What a new one is got with, if there is anything.
    pub refresh_token: Option<Secret>,
    /// Values that came along.
    pub kept: BTreeMap<FieldName, Secret>,
}

#[derive(Serialize, Deserialize)]
struct Written<'w> {
    #[serde(borrow)]
    access_token: std::borrow::Cow<'w, str>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    refresh_token: Option<std::borrow::Cow<'w, str>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    kept: BTreeMap<FieldName, String>,
}

const BROKEN: EgressError = EgressError::Host("stored tokens can't be read");

impl TokenSet {
    /// Of a reply. Without a refresh token, and without a value to keep, those of before stay.
    pub fn following(reply: TokenReply, before: Option<Self>) -> Self {
        let secret = |text: Zeroizing<String>| Secret::from(Zeroizing::new(text.as_bytes().to_vec()));
        let (refresh_token, mut kept) =
            before.map_or_else(Default::default, |before| (before.refresh_token, before.kept));
        let refresh_token = reply.refresh_token.map(secret).or(refresh_token);
        kept.extend(reply.kept.into_iter().map(|(name, value)| (name, secret(value))));
        Self { access_token: secret(reply.access_token), refresh_token, kept }
    }

    /// The text that is sealed.
    ///
    /// # Errors
    /// A token is no text.
    #[expect(clippy::disallowed_methods, reason = "it goes from here to the vault")]
    pub fn to_secret(&self) -> Result<Secret, EgressError> {
        let text = |secret: &Secret| std::str::from_utf8(secret.expose()).map(str::to_owned).map_err(|_| BROKEN);
        let written = Written {
            access_token: text(&self.access_token)?.into(),
            refresh_token: self.refresh_token.as_ref().map(text).transpose()?.map(Into::into),
            kept: self.kept.iter().map(|(name, value)| Ok((name.clone(), text(value)?))).collect::<Result<_, _>>()?,
        };
        // Large enough for whatever is written, so that no copy stays behind where it grew.
        let mut bytes = Zeroizing::new(Vec::with_capacity(256 * 1024));
        serde_json::to_writer(&mut *bytes, &written).map_err(|_| BROKEN)?;
        Ok(Secret::from(bytes))
    }

    /// Reads what [`TokenSet::to_secret`] wrote.
    ///
    /// # Errors
    /// It is something else.
    #[expect(clippy::disallowed_methods, reason = "it comes from the vault to here")]
    pub fn of(sealed: &Secret) -> Result<Self, EgressError> {
        let written: Written<'_> = serde_json::from_slice(sealed.expose()).map_err(|_| BROKEN)?;
        let secret = |text: std::borrow::Cow<'_, str>| Secret::from(Zeroizing::new(text.as_bytes().to_vec()));
        Ok(Self {
            access_token: secret(written.access_token),
            refresh_token: written.refresh_token.map(secret),
            kept: written.kept.into_iter().map(|(name, value)| (name, Secret::from(value))).collect(),
        })
    }
}
