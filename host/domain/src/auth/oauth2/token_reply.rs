//! What a token endpoint answered, read by the definition.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;
use zeroize::Zeroizing;

use super::{LIFETIME_LONGEST_MS, Oauth2, TokenRefusal};
use crate::FieldName;

/// Bytes of a token: the longest in the field are signed tokens of some kilobytes, and it stands in a header.
const TOKEN_MAX: usize = 16 * 1024;

/// Tokens of a reply. It is printed as a mask.
pub struct TokenReply {
    /// The access token.
    pub access_token: Zeroizing<String>,
    /// The refresh token, if the reply has one. Without one the former stays good.
    pub refresh_token: Option<Zeroizing<String>>,
    /// The lifetime of the access token in milliseconds; none if nobody says it.
    pub lifetime_ms: Option<i64>,
    /// The lifetime of the refresh token in milliseconds; none if nobody says it.
    pub refresh_lifetime_ms: Option<i64>,
    /// Values that are kept, of those that the reply has.
    pub kept: BTreeMap<FieldName, Zeroizing<String>>,
}

impl fmt::Debug for TokenReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenReply(…)")
    }
}

impl Oauth2 {
    /// Reads a reply of some status that came at `now` (milliseconds since 1970). The body is none if it is not written
    /// as the definition says.
    ///
    /// # Errors
    /// The provider gave no token. No text of the reply is in the error: an error's word is one of the standards' or of the
    /// definition's own.
    pub fn read_reply(&self, status: u16, body: Option<&Value>, now: i64) -> Result<TokenReply, TokenRefusal> {
        let reply = &self.reply;
        let success = (200..=299).contains(&status);
        let invalid = |cause: String| Err(TokenRefusal::Reply { cause });
        let Some(body) = body else {
            return if success {
                invalid("it is not in the form that is expected".to_owned())
            } else {
                Err(reply.refusal(status, None))
            };
        };
        let error = body.pointer(&reply.error).and_then(error_text);
        if !success || error.is_some() {
            return Err(reply.refusal(status, error.as_deref()));
        }
        // Tokens of these kinds are good only with a proof that nothing here makes (RFC 9449).
        let kind = body.pointer("/token_type").and_then(Value::as_str).unwrap_or_default();
        if ["dpop", "mac", "pop"].iter().any(|own| own.eq_ignore_ascii_case(kind)) {
            return invalid("its `token_type` needs a proof with each request: expected `Bearer`".to_owned());
        }
        let Some(access_token) = token(body, &reply.access_token) else {
            return invalid(format!("it has no token at `{}`", reply.access_token));
        };
        let mut kept = BTreeMap::new();
        for (name, from) in &self.keep.reply {
            let Some(text) = body.pointer(&from.from).and_then(scalar) else { continue };
            let Some(value) = from.kept(&text) else {
                return invalid(format!("the value at `{}` is not of the form that is kept", from.from));
            };
            kept.insert(name.clone(), Zeroizing::new(value.to_owned()));
        }
        let default_ms = |seconds: Option<u64>| seconds.map(|seconds| i64::try_from(seconds).unwrap_or(0) * 1000);
        let lifetime = reply.expiry.lifetime_ms(body.pointer(&reply.expires_in), now);
        let refresh = reply.expiry.lifetime_ms(body.pointer(&reply.refresh_expires_in), now);
        Ok(TokenReply {
            access_token,
            refresh_token: token(body, &reply.refresh_token),
            lifetime_ms: lifetime.or(default_ms(reply.lifetime_s)).map(|ms| ms.min(LIFETIME_LONGEST_MS)),
            refresh_lifetime_ms: refresh.or(default_ms(reply.refresh_lifetime_s)),
            kept,
        })
    }
}

/// A token as it can stand in a header or a form.
fn token(body: &Value, pointer: &str) -> Option<Zeroizing<String>> {
    let text = body.pointer(pointer)?.as_str()?;
    let fits = (1..=TOKEN_MAX).contains(&text.len()) && text.bytes().all(|byte| (0x20..0x7f).contains(&byte));
    fits.then(|| Zeroizing::new(text.to_owned()))
}

/// What is an error at its place: a text, a number, an object or `true`, and not an empty or negative answer.
fn error_text(value: &Value) -> Option<String> {
    match value {
        Value::Null | Value::Bool(false) => None,
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if number.as_f64() == Some(0.0) => None,
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(true) => Some("true".to_owned()),
        // Some wrap it once more: {"error": {"code": "invalid_grant"}}.
        Value::Object(members) => {
            let inner = ["code", "type", "error"].iter().find_map(|key| members.get(*key)?.as_str());
            Some(inner.unwrap_or("error").to_owned())
        }
        Value::Array(_) => Some("error".to_owned()),
    }
}

/// The text of a value that can be kept.
pub(super) fn scalar(value: &Value) -> Option<Zeroizing<String>> {
    match value {
        Value::String(text) => Some(Zeroizing::new(text.clone())),
        Value::Number(number) => Some(Zeroizing::new(number.to_string())),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}
