//! Token requests to a provider that repeats what it was sent: no visible value and no error shows any of it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lockgate_domain::auth::{KeptParameter, Method as AuthMethod, TokenReply, TokenStep};
use lockgate_vault::Secret;

use super::upstream::{Do, ok, status};
use super::*;
use crate::{AnsweredCode, OauthClient, TokenAsked, TokenError};

const CLIENT_SECRET: &str = "client/secret+7f3a";
const FORMER: &str = "former-access-9c1d";
const CODE: &str = "code-5d0f-of-this";
const VERIFIER: &str = "verifier-of-43-letters-or-so";
const REFRESH: &str = "refresh-token-2b7e";

/// A group whose one field, `account`, people read.
fn home(provider: &Upstream, keys: &Value) -> Home {
    let mut method = json!({
        "type": "oauth2", "grant": "authorization_code", "authorize_url": provider.url("/authorize"),
        "token_url": provider.url("/token"),
    });
    method.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
    let home = Home::authorized(&[provider], method, &[]);
    home.definition(|definition| {
        definition["activation"]["fields"] = json!({"account": {"type": "text", "visible": true}});
    })
}

/// Asks for tokens with this code, and with `realm` as a parameter of the callback.
async fn asked(home: &Home, realm: Option<&str>) -> Result<TokenReply, TokenError> {
    let credential = "main".parse().unwrap();
    let secret = |text: &str| Secret::from(text.to_owned());
    let client = OauthClient { id: secret("app"), secret: Some(secret(CLIENT_SECRET)), key_id: None };
    let (code, verifier) = (secret(CODE), secret(VERIFIER));
    let (refresh_token, access_token) = (secret(REFRESH), secret(FORMER));
    let egress = EgressDefinition::read(
        ResourceType::Internal,
        None,
        home.definition.get("activation"),
        home.definition.get("destinations"),
        None,
    )
    .unwrap();
    let activation = egress.activation.unwrap();
    let AuthMethod::Oauth2(method) = &activation.credentials["main"].methods["it"] else { panic!("no method") };
    let callback = method.keep.callback.iter();
    let kept: Vec<_> = callback.filter_map(|(name, from)| KeptParameter::of(name, from, realm?)).collect();
    let secrets = [secret("token-of-the-callback-1")];
    let asked = TokenAsked {
        credential: &credential,
        step: TokenStep::Code { redirect_uri: "https://gate.example/v1/oauth/callback" },
        client: &client,
        scopes: &[],
        code: Some(AnsweredCode { code: &code, verifier: &verifier, secrets: &secrets, kept: &kept }),
        refresh_token: Some(&refresh_token),
        access_token: Some(&access_token),
    };
    home.client().request_token(asked).await
}

/// A provider whose reply has these members beside the tokens.
async fn provider(members: Value) -> Upstream {
    let mut body = json!({"access_token": "access-token-41f0", "refresh_token": "next-refresh-token"});
    body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    let answer = ok(&body.to_string());
    Upstream::start(move |_, _| vec![Do::Send(answer.clone())]).await
}

fn is_refused(result: Result<TokenReply, TokenError>, text: &str) {
    let error = result.err().unwrap_or_else(|| panic!("{text}: tokens"));
    assert_eq!(error.code, lockgate_domain::Code::TokenReplyInvalid, "{text}: {error:?}");
    assert!(error.cause.contains("`account` keeps") && !error.cause.contains(text), "{error:?}");
}

#[tokio::test]
async fn no_visible_value_repeats_what_the_provider_was_sent() {
    let form = format!("app:{}", CLIENT_SECRET.replace('/', "%2F").replace('+', "%2B"));
    for text in [
        CLIENT_SECRET.to_owned(),
        format!("Basic {}", STANDARD.encode(&form)),
        STANDARD.encode(&form),
        STANDARD.encode(CLIENT_SECRET),
        CLIENT_SECRET.bytes().map(|byte| format!("{byte:02x}")).collect(),
        CODE.to_owned(),
        VERIFIER.to_owned(),
        REFRESH.to_owned(),
        FORMER.to_owned(),
        format!("https://x.example/?c={CODE}"),
        VERIFIER.get(3..20).unwrap().to_owned(),
        STANDARD.encode("access-token-41f0"),
        "token-of-the-callback-1".to_owned(),
    ] {
        let provider = provider(json!({"account": text})).await;
        for exchange in [json!({}), json!({"client_authentication": "body"})] {
            // A `Basic` form is one that was sent, or a secret as it is in base64.
            let keys = json!({"keep": {"reply": {"account": "/account"}}, "exchange": exchange});
            if exchange["client_authentication"] == "body" && text.contains(&STANDARD.encode(&form)) {
                continue;
            }
            is_refused(asked(&home(&provider, &keys), None).await, &text);
        }
        // What a browser brought is checked by the same.
        let keys = json!({"keep": {"callback": {"account": "realm"}}});
        is_refused(asked(&home(&provider, &keys), Some(&text)).await, &text);
    }
    let provider = provider(json!({"account": "acme-42"})).await;
    let reply = asked(&home(&provider, &json!({"keep": {"reply": {"account": "/account"}}})), None).await.unwrap();
    assert_eq!(reply.kept["account"].as_str(), "acme-42");
    let callback = json!({"keep": {"callback": {"account": "realm"}}});
    let reply = asked(&home(&provider, &callback), Some("9130350")).await.unwrap();
    assert_eq!(reply.kept["account"].as_str(), "9130350");
    // What the reply says counts more than what a browser brought.
    let both = json!({"keep": {"callback": {"account": "realm"}, "reply": {"account": "/account"}}});
    let reply = asked(&home(&provider, &both), Some("9130350")).await.unwrap();
    assert_eq!(reply.kept["account"].as_str(), "acme-42");
    // A value that nobody reads goes into a request, and may be a token.
    let placed = json!({
        "keep": {"reply": {"other": "/access_token"}}, "reply": {"access_token": "/account"},
        "placements": [{"in": "header", "name": "x-other", "value": "{{other}}"}],
    });
    assert_eq!(asked(&home(&provider, &placed), None).await.unwrap().kept["other"].as_str(), "access-token-41f0");
}

#[tokio::test]
async fn no_error_repeats_what_the_provider_was_sent() {
    for text in [CLIENT_SECRET, CODE, VERIFIER, REFRESH, "hunter2"] {
        for body in [json!({"error": text}), json!({"error": {"code": text}}), json!({"error": [text]})] {
            let answer = status("400 Bad Request", &["content-type: application/json"], &body.to_string());
            let provider = Upstream::start(move |_, _| vec![Do::Send(answer.clone())]).await;
            let error = asked(&home(&provider, &json!({})), None).await.unwrap_err();
            assert!(error.cause.contains("(status 400)") && !error.cause.contains(text), "{error:?}");
        }
        // Not even where the definition knows the word: it is a secret all the same.
        let answer = status("400 Bad Request", &[], &json!({"error": text}).to_string());
        let provider = Upstream::start(move |_, _| vec![Do::Send(answer.clone())]).await;
        let error = asked(&home(&provider, &json!({"reply": {"dead": [text]}})), None).await.unwrap_err();
        assert_eq!(error.cause.contains(text), text == "hunter2", "{error:?}");
    }
}
