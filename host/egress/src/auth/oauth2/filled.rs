//! A token request with its secrets in it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use lockgate_domain::auth::{
    AssertionClaims, ClientAuthentication, KeptParameter, Location, Oauth2, ParameterValue, TokenParameter, TokenStep,
};
use lockgate_vault::Secret;
use zeroize::Zeroizing;

use super::{OauthClient, jws};
use crate::auth::{Bound, Placed, percent_encoded};

/// What a request for a token is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TokenValues<'v> {
    pub(crate) step: TokenStep<'v>,
    pub(crate) client: &'v OauthClient,
    /// Scopes beyond those of the definition.
    pub(crate) scopes: &'v [String],
    /// What a callback brought.
    pub(crate) code: Option<AnsweredCode<'v>>,
    /// The refresh token.
    pub(crate) refresh_token: Option<&'v Secret>,
    /// The access token before.
    pub(crate) access_token: Option<&'v Secret>,
}

/// The answer of a provider to an authorization, as a callback brought it.
#[derive(Debug, Clone, Copy)]
pub struct AnsweredCode<'v> {
    /// The code.
    pub code: &'v Secret,
    /// The verifier of its challenge.
    pub verifier: &'v Secret,
    /// The other parameters that are secret by their names.
    pub secrets: &'v [Secret],
    /// The parameters that are kept.
    pub kept: &'v [KeptParameter],
}

/// What goes into a request: `Authorization` if the client is there, and its parameters.
pub(crate) struct Filled {
    locations: Vec<Location>,
    values: Vec<Zeroizing<Vec<u8>>>,
    secrets: Vec<Zeroizing<Vec<u8>>>,
}

impl Filled {
    /// The values and where they go.
    pub(crate) fn placed(&self) -> Vec<Placed<'_>> {
        let values = self.values.iter().cloned();
        self.locations.iter().zip(values).map(|(location, value)| Placed { location, value }).collect()
    }

    /// The secrets among them, and those that the provider knows beside: nothing that it answers may show one.
    pub(crate) fn secrets(&self) -> &[Zeroizing<Vec<u8>>] {
        &self.secrets
    }
}

/// Fills in a request to `audience`, which is its own address.
///
/// # Errors
/// What is missing, for whoever keeps the installation or the connection.
pub(crate) fn filled(
    method: &Oauth2,
    bound: Bound<'_>,
    values: &TokenValues<'_>,
    audience: &str,
) -> Result<Filled, String> {
    let mut filled = Filled { locations: Vec::new(), values: Vec::new(), secrets: known(values) };
    let mut put = |location, value: Zeroizing<Vec<u8>>, is_secret: bool| {
        if is_secret {
            // Behind `Basic` too, as somebody may repeat it.
            let blank = value.iter().position(|byte| *byte == b' ');
            let behind = blank.and_then(|blank| value.get(blank + 1..)).map(|rest| Zeroizing::new(rest.to_vec()));
            filled.secrets.extend(behind);
            filled.secrets.push(value.clone());
        }
        filled.locations.push(location);
        filled.values.push(value);
    };
    let way = method.step_request(&values.step).client_authentication;
    match way {
        ClientAuthentication::Header => put(authorization(), basic(values.client, form_encoded)?, true),
        ClientAuthentication::HeaderPlain => put(authorization(), basic(values.client, <[u8]>::to_vec)?, true),
        ClientAuthentication::Body | ClientAuthentication::PrivateKeyJwt | ClientAuthentication::None => {}
    }
    for TokenParameter { name, value } in method.token_parameters(&values.step, values.scopes) {
        let is_secret = match &value {
            ParameterValue::Text(_) | ParameterValue::ClientId => false,
            ParameterValue::ClientSecret
            | ParameterValue::Code
            | ParameterValue::Verifier
            | ParameterValue::RefreshToken
            | ParameterValue::Assertion
            | ParameterValue::ClientAssertion => true,
        };
        put(Location::Body(name), text(method, bound, values, audience, &value)?, is_secret);
    }
    Ok(filled)
}

/// What the provider knows of the client and of the grant, whether or not this request has it.
#[expect(clippy::disallowed_methods, reason = "it is looked for in what the provider answers")]
fn known(values: &TokenValues<'_>) -> Vec<Zeroizing<Vec<u8>>> {
    let answered = values.code.iter().flat_map(|code| [code.code, code.verifier].into_iter().chain(code.secrets));
    let own = [values.client.secret.as_ref(), values.refresh_token, values.access_token];
    let all = own.into_iter().flatten().chain(answered);
    all.map(|secret| Zeroizing::new(secret.expose().to_vec())).filter(|secret| !secret.is_empty()).collect()
}

fn authorization() -> Location {
    Location::Header("authorization".to_owned())
}

#[expect(clippy::disallowed_methods, reason = "token requests are filled from here")]
fn text(
    method: &Oauth2,
    bound: Bound<'_>,
    values: &TokenValues<'_>,
    audience: &str,
    value: &ParameterValue,
) -> Result<Zeroizing<Vec<u8>>, String> {
    let bytes = |secret: &Secret| Zeroizing::new(secret.expose().to_vec());
    let missing = |what: &str| format!("there is no {what}");
    match value {
        ParameterValue::Text(text) => Ok(Zeroizing::new(text.clone().into_bytes())),
        ParameterValue::ClientId => Ok(bytes(&values.client.id)),
        ParameterValue::ClientSecret => secret_of(values.client).map(bytes),
        ParameterValue::Code => values.code.map(|code| bytes(code.code)).ok_or_else(|| missing("code")),
        ParameterValue::Verifier => values.code.map(|code| bytes(code.verifier)).ok_or_else(|| missing("verifier")),
        ParameterValue::RefreshToken => values.refresh_token.map(bytes).ok_or_else(|| missing("refresh token")),
        ParameterValue::Assertion => {
            let field = |name: &str| std::str::from_utf8(bound.values.given(name)?.expose()).ok();
            let issuer = field("issuer").ok_or_else(|| missing("value for `issuer`"))?;
            let key = bound.values.given("private_key").ok_or_else(|| missing("value for `private_key`"))?;
            let signer = Signer { issuer, subject: field("subject"), key, key_id: field("key_id") };
            assertion(method, values, audience, &signer)
        }
        ParameterValue::ClientAssertion => {
            let id =
                std::str::from_utf8(values.client.id.expose()).map_err(|_| "the client's id is no text".to_owned())?;
            let key_id = values.client.key_id.as_deref();
            let signer = Signer { issuer: id, subject: Some(id), key: secret_of(values.client)?, key_id };
            assertion(method, values, audience, &signer)
        }
    }
}

fn secret_of(client: &OauthClient) -> Result<&Secret, String> {
    client.secret.as_ref().ok_or_else(|| "the installation has no `client_secret`".to_owned())
}

/// Who signs an assertion.
struct Signer<'s> {
    issuer: &'s str,
    subject: Option<&'s str>,
    key: &'s Secret,
    key_id: Option<&'s str>,
}

fn assertion(
    method: &Oauth2,
    values: &TokenValues<'_>,
    audience: &str,
    signer: &Signer<'_>,
) -> Result<Zeroizing<Vec<u8>>, String> {
    let mut id = [0; 16];
    getrandom::fill(&mut id).map_err(|_| "the operating system gave no random bytes".to_owned())?;
    let id: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
    let scope = method.scope_text(values.scopes);
    let grant = matches!(values.step, TokenStep::JwtBearer);
    let claims = AssertionClaims {
        issuer: signer.issuer,
        subject: signer.subject,
        audience: method.assertion.audience.as_deref().unwrap_or(audience),
        scope: Some(scope.as_str()).filter(|scope| grant && method.assertion.scope_claim && !scope.is_empty()),
        id: &id,
    };
    let claims = method.assertion.claims(&claims, Timestamp::now().as_second());
    jws::signed(&claims, signer.key, signer.key_id, method.assertion.algorithm).map_err(|refused| refused.to_string())
}

/// `Basic` (RFC 7617) of id and secret.
#[expect(clippy::disallowed_methods, reason = "the client's id and secret go into a header")]
fn basic(client: &OauthClient, encode: fn(&[u8]) -> Vec<u8>) -> Result<Zeroizing<Vec<u8>>, String> {
    let mut pair = Zeroizing::new(encode(client.id.expose()));
    pair.push(b':');
    let secret = Zeroizing::new(encode(secret_of(client)?.expose()));
    pair.extend_from_slice(&secret);
    let encoded = Zeroizing::new(STANDARD.encode(&*pair));
    Ok(Zeroizing::new(format!("Basic {}", encoded.as_str()).into_bytes()))
}

/// As in a form (RFC 6749 appendix B).
fn form_encoded(bytes: &[u8]) -> Vec<u8> {
    percent_encoded(bytes).replace("%20", "+").into_bytes()
}
