//! Kept values that people and guests can read: none of them may be a secret, have one in it or be a part of one, whatever
//! the definition's pointers say. Who writes a definition may be somebody who may see no secret.

use std::collections::BTreeMap;

use serde_json::Value;
use zeroize::Zeroizing;

use super::token_reply::scalar;
use super::{KeepFrom, Oauth2, TokenRefusal};
use crate::FieldName;

/// Texts from this length on are looked for in each other: shorter ones are in each other by chance.
const PART_MIN: usize = 8;
/// Secrets of one reply. Providers send three or four; of more, nobody can say what a value is a part of.
const SECRETS_MAX: usize = 64;
/// Bytes of a text of which a visible value is kept: an address or an id, with some room.
const SOURCE_MAX: usize = 16 * 1024;
/// Where the standards put tokens (RFC 6749 section 5.1, OpenID Connect Core section 3.1.3.3).
const TOKENS: [&str; 3] = ["/access_token", "/refresh_token", "/id_token"];
/// What the names of secrets end with, in the singular and in lower case, without `_`, `-` and `.`.
const SECRET_ENDINGS: [&str; 8] =
    ["token", "secret", "password", "assertion", "apikey", "privatekey", "sessionkey", "jwt"];
/// The names of a secret in a member that has a secret's name itself: `{"token": {"value": "…"}}`.
const INNER_NAMES: [&str; 4] = ["value", "key", "access", "refresh"];
/// A text with one of these in it is a whole reply, or an address with a token in it.
const SECRET_NAMES: [&str; 4] = ["access_token", "refresh_token", "id_token", "client_secret"];

/// Whether a parameter or a member of this name is a secret by its name.
pub fn is_secret_name(name: &str) -> bool {
    let letters: String = name.chars().filter(|letter| !"_-.".contains(*letter)).collect();
    let letters = letters.to_ascii_lowercase();
    let letters = letters.trim_end_matches('s');
    SECRET_ENDINGS.iter().any(|ending| letters.ends_with(ending))
}

/// What is known about secrets when a reply is read.
#[derive(Clone, Copy)]
pub struct KnownSecrets<'k> {
    /// Secrets of the request and of the connection, as texts.
    pub texts: &'k [&'k str],
    /// Whether a text has one of them or a token of the reply in it, also in another encoding.
    pub is_in: &'k dyn Fn(&str) -> bool,
}

impl std::fmt::Debug for KnownSecrets<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KnownSecrets(…)")
    }
}

/// A parameter of a callback that is kept.
pub struct KeptParameter {
    /// The field.
    pub name: FieldName,
    /// The name of the parameter.
    pub parameter: String,
    /// Its whole value.
    pub value: Zeroizing<String>,
    /// What of it is kept.
    pub kept: Zeroizing<String>,
}

impl KeptParameter {
    /// What is kept of a parameter with this value; none if it is not of the form that is kept.
    pub fn of(name: &FieldName, from: &KeepFrom, value: &str) -> Option<Self> {
        let text = |text: &str| Zeroizing::new(text.to_owned());
        let kept = text(from.kept(value)?);
        Some(Self { name: name.clone(), parameter: from.from.clone(), value: text(value), kept })
    }
}

impl std::fmt::Debug for KeptParameter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeptParameter({} = …)", self.name)
    }
}

impl Oauth2 {
    /// What decides which texts of a provider's answers are read as a token, a code, an end or an error, where it is not as
    /// the standard says.
    pub(crate) fn read_differently(&self) -> BTreeMap<String, String> {
        let code = Some(self.callback_code()).filter(|code| *code != "code");
        let code = code.map(|code| ("authorize_rename.code".to_owned(), code.to_owned()));
        self.reply.differences().chain(code).collect()
    }

    /// The tokens of a reply, where the definition and where the standards put them.
    pub fn tokens_of<'r>(&self, body: &'r Value) -> Vec<&'r str> {
        let own = [self.reply.access_token.as_str(), self.reply.refresh_token.as_str()];
        let places = own.into_iter().chain(TOKENS);
        places.filter_map(|place| body.pointer(place)?.as_str()).filter(|text| !text.is_empty()).collect()
    }

    /// Checks the values that are kept of a reply and of the callback before it, as far as somebody can read them.
    /// `is_field` says whether the activation has a field of a name: kept values fill visible fields alone.
    ///
    /// # Errors
    /// One of them is a secret, has one in it or is a part of one. The error names its place and nothing of the value.
    pub fn check_visible(
        &self,
        body: &Value,
        callback: &[KeptParameter],
        is_field: impl Fn(&FieldName) -> bool,
        known: KnownSecrets<'_>,
    ) -> Result<(), TokenRefusal> {
        let is_visible = |name: &FieldName| self.keep.visible.contains(name) || is_field(name);
        let mut secrets: Vec<&str> = known.texts.to_vec();
        secrets.extend(self.tokens_of(body));
        let mut named = Vec::new();
        collect(body, false, &mut named);
        let is_countable = named.len() <= SECRETS_MAX;
        secrets.extend(named);
        // An end is shown too, and a token can be a number.
        for place in [&self.reply.expires_in, &self.reply.refresh_expires_in] {
            let text = body.pointer(place).and_then(scalar);
            if text.is_some_and(|text| secrets.contains(&text.trim())) {
                return Err(revealing(&format!("the value at `{place}`")));
            }
        }
        let is_secret = |whole: &str, kept: &str| {
            !is_countable
                || whole.len() > SOURCE_MAX
                || is_credential(whole)
                || (known.is_in)(whole)
                || secrets.iter().any(|secret| overlaps(whole, secret) || overlaps(kept, secret))
        };
        for (name, from) in self.keep.reply.iter().filter(|(name, _)| is_visible(name)) {
            let KeepFrom { from: place, .. } = from;
            let Some(whole) = body.pointer(place).and_then(scalar) else { continue };
            if is_secret(&whole, from.kept(&whole).unwrap_or_default()) {
                return Err(revealing(&format!("the value at `{place}`, which `{name}` keeps,")));
            }
        }
        for one in callback.iter().filter(|one| is_visible(&one.name)) {
            if is_secret(&one.value, &one.kept) {
                let (parameter, name) = (&one.parameter, &one.name);
                return Err(revealing(&format!("the parameter `{parameter}` of the callback, which `{name}` keeps,")));
            }
        }
        Ok(())
    }
}

fn revealing(what: &str) -> TokenRefusal {
    TokenRefusal::Reply {
        cause: format!("{what} is a secret, has one in it or is a part of one, and would be visible"),
    }
}

/// Whether one is the other, or has it in it.
fn overlaps(text: &str, secret: &str) -> bool {
    text == secret
        || (secret.len() >= PART_MIN && text.contains(secret))
        || (text.len() >= PART_MIN && secret.contains(text))
}

/// Whether a text is a credential by its form: what stands in `Authorization`, a JSON Web Token (RFC 7519), or a text that
/// names a token.
fn is_credential(text: &str) -> bool {
    let lower = text.trim_start().to_ascii_lowercase();
    let is_header = ["bearer ", "basic "].iter().any(|scheme| lower.starts_with(scheme));
    let is_named = SECRET_NAMES.iter().any(|name| lower.contains(name));
    let letter = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    // The header of every JSON Web Token begins with `{"`.
    let is_token = |part: &str| part.starts_with("eyJ") && part.bytes().filter(|byte| *byte == b'.').count() >= 2;
    is_header || is_named || text.split(|each| !letter(each)).any(is_token)
}

/// The texts that are secret by their names, at most one more than [`SECRETS_MAX`]. The depth of a reply is bounded where
/// it is parsed.
fn collect<'r>(value: &'r Value, is_secret: bool, found: &mut Vec<&'r str>) {
    if found.len() > SECRETS_MAX {
        return;
    }
    match value {
        Value::String(text) if is_secret && !text.is_empty() => found.push(text),
        Value::Array(items) => items.iter().for_each(|item| collect(item, is_secret, found)),
        Value::Object(members) => members.iter().for_each(|(name, member)| {
            let is_inner = is_secret && INNER_NAMES.contains(&name.as_str());
            collect(member, is_inner || is_secret_name(name), found);
        }),
        Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => {}
    }
}
