//! The schemas of `activation`: credentials, their methods, fields, and the request that checks them.

use schemars::SchemaGenerator;
use serde_json::{Value, json};

use super::write::{annotated, choice, described, list, map, number, object, of, prose, with};
use crate::auth::{Activation, Credential, Field, Method, words};
use crate::{CredentialName, FieldName, MethodName};

described! {
    Activation, "Activation" = |generator| object(&["credentials"], json!({
        "credentials": annotated(
            map(of::<CredentialName>(generator), of::<Credential>(generator), words::CREDENTIALS_MAX),
            "By name, usually `main` alone.",
        ),
        "fields": fields(generator, "Values of a connection beside its credentials, by name."),
        "verify": verify(),
    }));
    Credential, "Credential" = |generator| object(&["methods"], json!({
        "default": annotated(of::<MethodName>(generator), "The method that forms offer first; needed when there are several."),
        "methods": annotated(
            map(of::<MethodName>(generator), of::<Method>(generator), words::METHODS_MAX),
            "Alternative ways to authenticate, by name.",
        ),
    }));
    Method, "AuthMethod" = |generator| json!({"oneOf": [
        object(&["type"], json!({"type": {"const": "basic"}})),
        object(&["type", "in", "name"], json!({
            "type": {"const": "api_key"},
            "in": choice(&words::KEY_LOCATIONS),
            "name": {"type": "string", "minLength": 1, "maxLength": 256},
            "prefix": {"type": "string", "maxLength": 64, "pattern": "^[^{}\\n]*$", "description": "Before the key, with its blank."},
        })),
        object(&["type"], json!({"type": {"const": "bearer"}})),
        custom(generator),
        oauth2(generator),
    ]});
    Field, "Field" = |_| with(object(&["type"], json!({
        "type": choice(&words::FIELD_KINDS),
        "title": annotated(prose(200), "For people."),
        "description": annotated(prose(2000), "For people."),
        "required": {"type": "boolean"},
        "default": {"type": ["string", "number", "boolean"], "description": "The value of a connection that has none."},
        "visible": {"type": "boolean", "description": "Whether it is no secret."},
        "hidden": {"type": "boolean", "description": "Forms leave it out."},
        "disabled": {"type": "boolean", "description": "Forms show it and take no value."},
        "pattern": {"type": "string", "maxLength": words::PATTERN_MAX_CHARS, "description": "A regular expression that the whole value matches."},
        "options": annotated(list(prose(200), words::OPTIONS_MAX), "What a `select` offers."),
        "use": {"const": "sign", "description": "Plugins may sign with it; it can't be placed into a request."},
    })), json!({
        "if": {"properties": {"type": {"const": "select"}}, "required": ["type"]},
        "then": {"required": ["options"]},
        "else": {"not": {"required": ["options"]}},
    }));
}

fn fields(generator: &mut SchemaGenerator, description: &str) -> Value {
    annotated(map(of::<FieldName>(generator), of::<Field>(generator), words::FIELDS_MAX), description)
}

/// The request that tells whether a connection works.
fn verify() -> Value {
    let status = number(100, 599);
    let several = list(status.clone(), words::STATUSES_MAX);
    let statuses = json!({"anyOf": [status, several]});
    let expect = object(&["status"], json!({"status": statuses}));
    let members = json!({
        "method": choice(&words::VERIFY_METHODS),
        "path": {"type": "string", "description": "Behind `base_url`."},
        "expect": expect,
    });
    annotated(object(&["path"], members), "The request that tells whether a connection works.")
}

fn pointer(description: &str) -> Value {
    json!({"type": "string", "pattern": "^/", "maxLength": 256, "description": format!("JSON pointer (RFC 6901): {description}")})
}

fn template() -> Value {
    json!({"type": "string", "description": "`{{field}}` stands for a value of the connection, `{{token}}` for the token of a login."})
}

/// Where values go; a place that has a name needs it, and no other has one.
fn placements() -> Value {
    let (named, single): (Vec<_>, Vec<_>) = words::PLACES
        .iter()
        .map(|(word, _)| *word)
        .partition(|word| !["user", "password", "certificate"].contains(word));
    let one = json!({"oneOf": [
        object(&["in", "name", "value"], json!({
            "in": {"enum": named}, "name": {"type": "string", "minLength": 1, "maxLength": 256}, "value": template(),
        })),
        object(&["in", "value"], json!({"in": {"enum": single}, "value": template()})),
    ]});
    annotated(list(one, words::PLACEMENTS_MAX), "What goes where in a request.")
}

fn custom(generator: &mut SchemaGenerator) -> Value {
    let login = object(
        &["url", "placements", "token"],
        json!({
            "method": choice(&words::LOGIN_METHODS),
            "url": {"type": "string"},
            "body": choice(&words::LOGIN_BODIES),
            "placements": placements(),
            "token": pointer("of the token in the reply."),
            "expires_in": pointer("of its lifetime in seconds."),
            "lifetime_s": annotated(number(1, words::LIFETIME_MAX_S), "Its lifetime in seconds where the reply has none."),
        }),
    );
    object(
        &["type", "fields", "placements"],
        json!({
            "type": {"const": "custom"},
            "fields": fields(generator, "The values of the method, by name."),
            "login": annotated(login, "A request that exchanges the values for a token."),
            "placements": placements(),
        }),
    )
}

/// A request for a token.
fn token_request() -> Value {
    object(
        &[],
        json!({
            "method": choice(&words::TOKEN_METHODS),
            "client_authentication": choice(&words::CLIENT_AUTHENTICATIONS),
            "body": choice(&words::TOKEN_BODIES),
            "parameters": parameters(),
            "rename": renames(&words::TOKEN_STANDARD),
            "omit": list(json!({"enum": words::TOKEN_STANDARD}), words::TOKEN_STANDARD.len()),
        }),
    )
}

fn parameters() -> Value {
    map(json!({"type": "string"}), prose(2048), words::PARAMETERS_MAX)
}

fn renames(known: &[&str]) -> Value {
    map(json!({"enum": known}), json!({"type": "string", "minLength": 1, "maxLength": 2048}), known.len())
}

fn reply() -> Value {
    let errors = |description| annotated(list(prose(64), words::REPLY_WORDS_MAX), description);
    object(
        &[],
        json!({
            "format": choice(&words::REPLY_FORMATS),
            "access_token": pointer("of the access token."),
            "refresh_token": pointer("of the refresh token."),
            "expires_in": pointer("of the lifetime or time of expiry."),
            "expiry": annotated(choice(&words::EXPIRIES), "What that value is."),
            "lifetime_s": number(1, words::REPLY_LIFETIME_MAX_S),
            "refresh_expires_in": pointer("of the lifetime or time of expiry of the refresh token."),
            "refresh_lifetime_s": number(1, words::REPLY_LIFETIME_MAX_S),
            "error": pointer("of what makes a reply an error."),
            "dead": errors("Errors after which a person must act."),
            "retry": errors("Errors after which the same request may succeed."),
        }),
    )
}

fn keep(generator: &mut SchemaGenerator) -> Value {
    let name = of::<FieldName>(generator);
    let from = |place: Value| {
        let pattern = json!({"type": "string", "maxLength": words::KEEP_PATTERN_MAX, "description": "What is kept is its one group."});
        json!({"oneOf": [place, object(&["from", "pattern"], json!({"from": place, "pattern": pattern}))]})
    };
    object(
        &[],
        json!({
            "reply": map(name.clone(), from(pointer("of a value of the reply.")), words::KEPT_MAX),
            "callback": map(name.clone(), from(prose(256)), words::KEPT_MAX),
            "visible": list(name, words::KEPT_MAX),
        }),
    )
}

fn oauth2(generator: &mut SchemaGenerator) -> Value {
    let text = json!({"type": "string"});
    let flag = json!({"type": "boolean"});
    let assertion = object(
        &[],
        json!({
            "algorithm": choice(&words::ALGORITHMS),
            "audience": prose(512),
            "scope_claim": annotated(flag.clone(), "Whether the scopes are a claim, and no parameter."),
            "lifetime_s": number(1, words::ASSERTION_LIFETIME_MAX_S),
        }),
    );
    let rejected = object(
        &[],
        json!({
            "statuses": list(number(100, 599), words::STATUSES_MAX),
            "pointer": pointer("into the body of any other answer."),
            "values": annotated(list(prose(256), words::REPLY_WORDS_MAX), "Texts there that refuse the token."),
        }),
    );
    object(
        &["type", "grant", "token_url"],
        json!({
            "type": {"const": "oauth2"},
            "grant": choice(&words::GRANTS),
            "authorize_url": text,
            "token_url": text,
            "refresh_url": text,
            "issuer": annotated(prose(512), "The provider's `iss` (RFC 9207), which a callback must have then."),
            "pkce": flag,
            "scopes": list(prose(256), words::SCOPES_MAX),
            "scope_separator": prose(8),
            "scopes_encoded": annotated(flag.clone(), "Whether scopes are percent-encoded."),
            "authorize_parameters": parameters(),
            "authorize_rename": renames(&words::AUTHORIZE_RENAMED),
            "authorize_omit": list(json!({"enum": words::AUTHORIZE_OMITTED}), words::AUTHORIZE_OMITTED.len()),
            "exchange": token_request(),
            "refresh": token_request(),
            "refresh_repeatable": annotated(flag, "Whether a refresh token stays good when it was used."),
            "assertion": annotated(assertion, "What a signed assertion says."),
            "reply": reply(),
            "rejected": annotated(rejected, "By which answers of the API a token is refused before its end."),
            "keep": keep(generator),
            "placements": placements(),
        }),
    )
}
