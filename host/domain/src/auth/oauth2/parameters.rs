//! The parameters of token requests. Secrets are named here and put in by who may open them.

use super::{ClientAuthentication, Oauth2};

/// A request for a token, by what it gives for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenStep<'a> {
    /// The code of a callback (RFC 6749 section 4.1.3).
    Code {
        /// Where the callback came to, exactly.
        redirect_uri: &'a str,
    },
    /// The refresh token (section 6).
    Refresh,
    /// Nothing but the client itself (section 4.4).
    ClientCredentials,
    /// A signed assertion (RFC 7523 section 2.1).
    JwtBearer,
}

/// A parameter of a token request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenParameter {
    /// As it is sent.
    pub name: String,
    /// What it says.
    pub value: ParameterValue,
}

/// What a parameter says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParameterValue {
    /// This text.
    Text(String),
    /// The client's id.
    ClientId,
    /// The client's secret.
    ClientSecret,
    /// The code of the callback.
    Code,
    /// The verifier whose challenge the provider has (RFC 7636 section 4.5).
    Verifier,
    /// The refresh token.
    RefreshToken,
    /// The assertion that is the grant.
    Assertion,
    /// The assertion by which the client proves who it is.
    ClientAssertion,
}

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const CLIENT_ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

impl Oauth2 {
    /// The parameters of a step's request, in the order of the RFC, then the definition's own. `scopes` are those beyond
    /// the definition's. A further parameter takes the place of a standard one of its name.
    pub fn token_parameters(&self, step: &TokenStep<'_>, scopes: &[String]) -> Vec<TokenParameter> {
        let request = self.step_request(step);
        let text = |text: &str| ParameterValue::Text(text.to_owned());
        let mut all: Vec<(&str, ParameterValue)> = Vec::new();
        let scope = self.scope_text(scopes);
        match step {
            TokenStep::Code { redirect_uri } => {
                all.push(("grant_type", text("authorization_code")));
                all.push(("code", ParameterValue::Code));
                all.push(("redirect_uri", text(redirect_uri)));
                if self.pkce {
                    all.push(("code_verifier", ParameterValue::Verifier));
                }
            }
            TokenStep::Refresh => {
                all.push(("grant_type", text("refresh_token")));
                all.push(("refresh_token", ParameterValue::RefreshToken));
            }
            TokenStep::ClientCredentials => {
                all.push(("grant_type", text("client_credentials")));
                all.push(("scope", text(&scope)));
            }
            TokenStep::JwtBearer => {
                all.push(("grant_type", text(JWT_BEARER)));
                all.push(("assertion", ParameterValue::Assertion));
                if !self.assertion.scope_claim {
                    all.push(("scope", text(&scope)));
                }
            }
        }
        match request.client_authentication {
            ClientAuthentication::Header | ClientAuthentication::HeaderPlain => {}
            ClientAuthentication::Body => {
                all.push(("client_id", ParameterValue::ClientId));
                all.push(("client_secret", ParameterValue::ClientSecret));
            }
            ClientAuthentication::PrivateKeyJwt => {
                all.push(("client_id", ParameterValue::ClientId));
                all.push(("client_assertion_type", text(CLIENT_ASSERTION)));
                all.push(("client_assertion", ParameterValue::ClientAssertion));
            }
            ClientAuthentication::None => all.push(("client_id", ParameterValue::ClientId)),
        }
        let empty = ParameterValue::Text(String::new());
        all.retain(|(name, _)| !request.omit.contains(*name));
        all.retain(|(name, value)| *name != "scope" || *value != empty);
        let standard = all.into_iter().map(|(name, value)| (request.named(name).to_owned(), value));
        let standard = standard.filter(|(name, _)| !request.parameters.contains_key(name));
        let own = request.parameters.iter().map(|(name, value)| (name.clone(), ParameterValue::Text(value.clone())));
        standard.chain(own).map(|(name, value)| TokenParameter { name, value }).collect()
    }
}
