//! Opening a session: TLS, the settings that it begins with, and the login.

use bytes::BytesMut;
use lockgate_domain::database::Engine;
use postgres_protocol::authentication::md5_hash;
use postgres_protocol::authentication::sasl::{ChannelBinding, SCRAM_SHA_256, ScramSha256};
use postgres_protocol::message::backend::Message;
use postgres_protocol::message::frontend;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::super::account::Account;
use super::super::failed::Failed;
use super::super::opening::{Opening, Peer};
use super::message::refusal;
use super::wire::{Wire, items};
use crate::connect::{Stream, secure};

/// What a server that lets somebody in sends at the most until then, and the largest of its messages.
const MESSAGES_MAX: usize = 100;
const MESSAGE_MAX: usize = 64 * 1024;

/// What a statement is cancelled with.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct CancelKey {
    pub(super) process: i32,
    pub(super) secret: i32,
}

/// Secures a connection, if it is to be: the server is asked first (SSLRequest), and anything but a yes ends it.
pub(super) async fn secured(mut stream: TcpStream, peer: &Peer<'_>) -> Result<Stream, Failed> {
    let Some(config) = &peer.tls else { return Ok(Stream::Plain(stream)) };
    let mut request = BytesMut::new();
    frontend::ssl_request(&mut request);
    stream.write_all(&request).await?;
    // One byte and no more: what came with it would have been sent without TLS.
    if stream.read_u8().await? != b'S' {
        return Err(Failed::Tls("the server does not offer it".to_owned()));
    }
    let stream = secure(config.clone(), peer.host, stream, peer.origin).await;
    stream.map(|stream| Stream::Tls(Box::new(stream))).map_err(Failed::of_tls)
}

/// Logs in. The wire is ready for statements then.
pub(super) async fn log_in(opening: Opening<'_>) -> Result<(Wire, CancelKey), Failed> {
    let user = opening.account.user()?;
    let is_secured = opening.peer.tls.is_some();
    let mut wire = Wire::new(secured(opening.stream, &opening.peer).await?, MESSAGE_MAX);
    let mut parameters = vec![("user", user), ("client_encoding", "UTF8")];
    if !opening.database.is_empty() {
        parameters.push(("database", opening.database));
    }
    match opening.engine {
        // The most digits that it takes: all of a `float8`, and eight of a `float4`.
        Engine::Redshift => parameters.extend([("DateStyle", "ISO"), ("extra_float_digits", "2")]),
        Engine::Postgresql | Engine::Mysql => parameters.extend([
            ("DateStyle", "ISO, YMD"),
            ("IntervalStyle", "iso_8601"),
            ("TimeZone", "UTC"),
            ("extra_float_digits", "3"),
            ("standard_conforming_strings", "on"),
            ("bytea_output", "hex"),
        ]),
    }
    // Redshift has no such setting: there each transaction says it.
    if opening.read_only && opening.engine != Engine::Redshift {
        parameters.push(("default_transaction_read_only", "on"));
    }
    if !opening.options.contains_key("application_name") {
        parameters.push(("application_name", "lockgate"));
    }
    parameters.extend(opening.options.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let known = opening.engine.options();
    parameters.extend(opening.account.options().filter(|(name, _)| known.contains(name)));
    frontend::startup_message(parameters, wire.out())?;
    wire.send_secret().await?;
    let mut key = None;
    let (mut scram, mut has_begun) = (None, false);
    for _ in 0..MESSAGES_MAX {
        match wire.next().await? {
            Message::AuthenticationOk => {}
            Message::AuthenticationCleartextPassword if !is_secured => {
                return Err(Failed::Login(
                    "the server wants the password itself, which is sent by TLS alone: expected `tls: verify-full`"
                        .to_owned(),
                ));
            }
            Message::AuthenticationCleartextPassword => {
                frontend::password_message(password(opening.account)?, wire.out())?;
                wire.send_secret().await?;
            }
            Message::AuthenticationMd5Password(body) => {
                let hash = md5_hash(user.as_bytes(), password(opening.account)?, body.salt());
                frontend::password_message(hash.as_bytes(), wire.out())?;
                wire.send_secret().await?;
            }
            Message::AuthenticationSasl(body) => {
                if !items(body.mechanisms())?.contains(&SCRAM_SHA_256) {
                    return Err(Failed::Login("the server offers no SCRAM-SHA-256".to_owned()));
                }
                // Each takes some milliseconds of a processor.
                if std::mem::replace(&mut has_begun, true) {
                    return Err(out_of_turn());
                }
                let begun = ScramSha256::new(password(opening.account)?, ChannelBinding::unsupported());
                frontend::sasl_initial_response(SCRAM_SHA_256, begun.message(), wire.out())?;
                scram = Some(begun);
                wire.send_secret().await?;
            }
            Message::AuthenticationSaslContinue(body) => {
                let begun = scram.take().ok_or_else(out_of_turn)?;
                let next = salted(begun, body.data().to_vec()).await?;
                frontend::sasl_response(next.message(), wire.out())?;
                scram = Some(next);
                wire.send_secret().await?;
            }
            Message::AuthenticationSaslFinal(body) => {
                // The server proves that it knows the password too.
                let mut begun = scram.take().ok_or_else(out_of_turn)?;
                begun.finish(body.data()).map_err(|error| Failed::Login(error.to_string()))?;
            }
            Message::BackendKeyData(body) => {
                key = Some(CancelKey { process: body.process_id(), secret: body.secret_key() });
            }
            Message::ReadyForQuery(_) => {
                if scram.is_some() {
                    return Err(Failed::Login("the server did not prove that it knows the password".to_owned()));
                }
                wire.check_settings(opening.engine)?;
                wire.message_max = opening.message_max;
                return Ok((wire, key.unwrap_or(CancelKey { process: 0, secret: 0 })));
            }
            Message::ErrorResponse(body) => {
                let refused = refusal(&body)?;
                return Err(match refused.sqlstate.get(..2) {
                    Some("28") => Failed::Login(refused.message),
                    Some(_) | None => Failed::Refused(refused),
                });
            }
            _ => return Err(Failed::Login("the server asks for a login that the host does not have".to_owned())),
        }
    }
    Err(Failed::Login("the server does not come to an end".to_owned()))
}

fn password(account: &Account) -> Result<&[u8], Failed> {
    account.password().ok_or_else(|| Failed::Login("the server wants a password, and the connection has none".into()))
}

/// The answer to the server's salt. It takes some milliseconds of a processor, so it is done where that holds nobody up;
/// the library takes no more than 100,000 rounds.
async fn salted(mut scram: ScramSha256, message: Vec<u8>) -> Result<ScramSha256, Failed> {
    let work = tokio::task::spawn_blocking(move || scram.update(&message).map(|()| scram));
    let done = work.await.map_err(|_| Failed::Broken("the login was given up".to_owned()))?;
    done.map_err(|error| Failed::Login(error.to_string()))
}

fn out_of_turn() -> Failed {
    Failed::Broken("a part of a login came out of turn".to_owned())
}
