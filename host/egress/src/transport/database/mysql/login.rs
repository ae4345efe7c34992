//! Opening a session: the greeting, TLS and the login.

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::super::account::Account;
use super::super::failed::Failed;
use super::super::opening::Peer;
use super::capability::{CONNECT_WITH_DB, PLUGIN_AUTH_LENENC, REQUIRED, SESSION_TRACK, SSL, WANTED};
use super::encode;
use super::fields::Fields;
use super::message::{self, END, ERROR, MORE_OF_LOGIN, OK, out_of_turn};
use super::scramble::{self, Proof};
use super::wire::{Wire, first};
use crate::connect::{Stream, secure};

/// What a server that lets somebody in says at the most until then, and the largest of its messages.
const MESSAGES_MAX: usize = 10;
const MESSAGE_MAX: usize = 64 * 1024;
/// The version of the protocol, since 1998.
const PROTOCOL: u8 = 10;
/// utf8mb4_general_ci, which MySQL and MariaDB have under this number.
const CHARSET: u8 = 45;
/// What the client says to be able to take: the most that a server knows.
const PACKET_MAX: u32 = 1 << 30;
/// Bytes that are mixed in, of the plugins that hash.
const NONCE_BYTES: usize = 20;
/// Bytes that are signed.
const SIGNED_BYTES: usize = 32;
/// What `caching_sha2_password` says: the proof was right, or the password itself is wanted.
const PROVEN: &[u8] = &[3];
const WANTS_PASSWORD: &[u8] = &[4];

/// What a statement is cancelled with: the number of its session.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct CancelKey(pub(super) u32);

/// A server that was logged in to.
pub(super) struct LoggedIn {
    pub(super) wire: Wire,
    pub(super) key: CancelKey,
    pub(super) is_mariadb: bool,
    /// Whether it says what of a session changes.
    pub(super) tracks: bool,
}

/// What a server says first.
struct Greeting {
    key: CancelKey,
    is_mariadb: bool,
    capabilities: u32,
    nonce: Vec<u8>,
    plugin: Vec<u8>,
}

/// How a login is proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plugin {
    Native,
    CachingSha2,
    Sha256,
    Ed25519,
    Clear,
}

/// Logs in. The password leaves only by TLS, or hidden.
pub(super) async fn log_in(
    mut stream: TcpStream,
    peer: &Peer<'_>,
    account: &Account,
    database: &str,
) -> Result<LoggedIn, Failed> {
    let user = account.user()?;
    if database.contains('\0') {
        return Err(Failed::Invalid("the name of a database has no NUL".to_owned()));
    }
    let (message, sequence) = first(&mut stream, MESSAGE_MAX).await?;
    if peer.tls.is_some() && message.first() == Some(&ERROR) {
        return Err(message::error(&message)?.unauthenticated());
    }
    let greeting = Greeting::read(&message)?;
    let mut capabilities = WANTED & greeting.capabilities;
    if capabilities & REQUIRED != REQUIRED {
        return Err(Failed::Login("the server has no login of MySQL 5.5 or newer".to_owned()));
    }
    if !database.is_empty() {
        capabilities |= CONNECT_WITH_DB;
    }
    let mut wire = match &peer.tls {
        None => Wire::new(Stream::Plain(stream), MESSAGE_MAX, sequence),
        Some(config) => {
            if greeting.capabilities & SSL == 0 {
                return Err(Failed::Tls("the server does not offer it".to_owned()));
            }
            capabilities |= SSL;
            stream.write_all(&[&[32, 0, 0, sequence][..], &head(capabilities)].concat()).await?;
            stream.flush().await?;
            let secured = secure(config.clone(), peer.host, stream, peer.origin).await;
            let secured = secured.map_err(Failed::of_tls)?;
            Wire::new(Stream::Tls(Box::new(secured)), MESSAGE_MAX, sequence.wrapping_add(1))
        }
    };
    let secured = peer.tls.is_some();
    let password = account.password().unwrap_or_default();
    // A plugin that can't be served is not refused yet: the user's own may be another, which the server says then.
    let (plugin, proof) = Plugin::named(&greeting.plugin)
        .and_then(|plugin| Some((plugin, plugin.proof(password, &greeting.nonce, secured).ok()?)))
        .unwrap_or_else(|| (Plugin::Native, scramble::native(password, &greeting.nonce)));
    let answer = answer(capabilities, user, &proof, database, plugin);
    wire.put(&answer);
    wire.send_secret().await?;
    settle(&mut wire, plugin, password, secured).await?;
    let tracks = capabilities & SESSION_TRACK != 0;
    Ok(LoggedIn { wire, key: greeting.key, is_mariadb: greeting.is_mariadb, tracks })
}

/// Answers until the server lets the user in, or does not.
async fn settle(wire: &mut Wire, mut plugin: Plugin, password: &[u8], secured: bool) -> Result<(), Failed> {
    for _ in 0..MESSAGES_MAX {
        let message = wire.next().await?;
        let mut fields = Fields::of(&message);
        match fields.u8()? {
            OK => return Ok(()),
            ERROR => return Err(refused(&message)?),
            END => {
                // Without a name it is the login of MySQL 4.0.
                let name = fields.until_nul();
                let named = Plugin::named(name).ok_or_else(|| {
                    let name = String::from_utf8_lossy(name).into_owned();
                    Failed::Login(format!("the server wants the login `{name}`, which the host does not have"))
                })?;
                plugin = named;
                wire.put(&plugin.proof(password, fields.rest(), secured)?);
                wire.send_secret().await?;
            }
            MORE_OF_LOGIN => match fields.rest() {
                PROVEN => {}
                WANTS_PASSWORD if plugin == Plugin::CachingSha2 => {
                    wire.put(&clear(password, secured)?);
                    wire.send_secret().await?;
                }
                _ => return Err(out_of_turn()),
            },
            _ => return Err(out_of_turn()),
        }
    }
    Err(Failed::Login("the server does not come to an end".to_owned()))
}

impl Greeting {
    fn read(message: &[u8]) -> Result<Self, Failed> {
        let mut fields = Fields::of(message);
        match fields.u8()? {
            PROTOCOL => {}
            ERROR => return Err(refused(message)?),
            _ => return Err(Failed::Broken("the server does not speak version 10 of MySQL's protocol".to_owned())),
        }
        let version = fields.until_nul();
        let is_mariadb = version.windows(7).any(|part| part.eq_ignore_ascii_case(b"mariadb"));
        let key = CancelKey(fields.u32()?);
        let mut nonce = fields.take(8)?.to_vec();
        fields.take(1)?;
        let low = fields.u16()?;
        // The charset and the status, which are asked for later.
        fields.take(3)?;
        let capabilities = u32::from(low) | u32::from(fields.u16()?) << 16;
        // The length of the nonce, which the plugins know, and bytes for later use.
        fields.take(1 + 10)?;
        nonce.extend_from_slice(fields.take(NONCE_BYTES - nonce.len())?);
        fields.take(1)?;
        let plugin = fields.until_nul().to_vec();
        Ok(Self { key, is_mariadb, capabilities, nonce, plugin })
    }
}

impl Plugin {
    fn named(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"mysql_native_password" => Self::Native,
            b"caching_sha2_password" => Self::CachingSha2,
            b"sha256_password" => Self::Sha256,
            b"client_ed25519" => Self::Ed25519,
            b"mysql_clear_password" => Self::Clear,
            _ => return None,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Native => "mysql_native_password",
            Self::CachingSha2 => "caching_sha2_password",
            Self::Sha256 => "sha256_password",
            Self::Ed25519 => "client_ed25519",
            Self::Clear => "mysql_clear_password",
        }
    }

    fn proof(self, password: &[u8], nonce: &[u8], secured: bool) -> Result<Proof, Failed> {
        // A NUL can stand behind it.
        let nonce = |length| nonce.get(..length).ok_or_else(out_of_turn);
        match self {
            Self::Native => Ok(scramble::native(password, nonce(NONCE_BYTES)?)),
            Self::CachingSha2 => Ok(scramble::sha2(password, nonce(NONCE_BYTES)?)),
            Self::Ed25519 => Ok(scramble::ed25519(password, nonce(SIGNED_BYTES)?)),
            Self::Sha256 | Self::Clear => clear(password, secured),
        }
    }
}

fn clear(password: &[u8], secured: bool) -> Result<Proof, Failed> {
    if !secured {
        return Err(Failed::Login(
            "the server wants the password itself, which is sent by TLS alone: expected `tls: verify-full`".to_owned(),
        ));
    }
    Ok(scramble::clear(password))
}

/// What the answer to a greeting begins with, and what asks for TLS.
fn head(capabilities: u32) -> [u8; 32] {
    let mut head = [0; 32];
    let known = capabilities.to_le_bytes().into_iter().chain(PACKET_MAX.to_le_bytes()).chain([CHARSET]);
    head.iter_mut().zip(known).for_each(|(byte, known)| *byte = known);
    head
}

fn answer(capabilities: u32, user: &str, proof: &Proof, database: &str, plugin: Plugin) -> Proof {
    let mut answer = Proof::default();
    answer.extend_from_slice(&head(capabilities));
    answer.extend_from_slice(user.as_bytes());
    answer.push(0);
    if capabilities & PLUGIN_AUTH_LENENC != 0 {
        encode::bytes(proof, &mut answer);
    } else {
        // One byte has the length; what is longer is cut, and so wrong.
        let length = u8::try_from(proof.len()).unwrap_or(u8::MAX);
        answer.push(length);
        answer.extend(proof.iter().take(length.into()));
    }
    if !database.is_empty() {
        answer.extend_from_slice(database.as_bytes());
        answer.push(0);
    }
    answer.extend_from_slice(plugin.name().as_bytes());
    answer.push(0);
    answer
}

fn refused(message: &[u8]) -> Result<Failed, Failed> {
    let refused = message::error(message)?;
    Ok(match refused.is_login() {
        true => Failed::Login(refused.refusal.message),
        false => Failed::Refused(refused.refusal),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn greeting() -> Vec<u8> {
        let mut message = b"\x0a5.5.5-10.11.2-MariaDB\0\x07\0\0\0abcdefgh\0\xFF\xFF\x2D\x02\0\xFF\x81\x15".to_vec();
        message.extend_from_slice(&[0; 10]);
        message.extend_from_slice(b"ijklmnopqrst\0mysql_native_password\0");
        message
    }

    #[test]
    fn a_greeting_is_read() {
        let read = Greeting::read(&greeting()).unwrap();
        assert!(read.is_mariadb);
        assert_eq!((read.key.0, read.capabilities), (7, 0x81FF_FFFF));
        assert_eq!(
            (read.nonce.as_slice(), read.plugin.as_slice()),
            (&b"abcdefghijklmnopqrst"[..], &b"mysql_native_password"[..])
        );
    }

    #[test]
    fn a_part_of_a_greeting_is_none() {
        let whole = greeting();
        let shortest = whole.len() - b"mysql_native_password\0".len();
        for length in 0..shortest {
            assert!(Greeting::read(&whole[..length]).is_err(), "{length}");
        }
        assert!(matches!(Greeting::read(b"\xFF\x6A\x04Host 'x' is not allowed"), Err(Failed::Refused(_))));
        assert!(matches!(Greeting::read(b"\x09old"), Err(Failed::Broken(_))));
    }

    #[test]
    fn a_password_itself_is_sent_by_tls_alone() {
        for plugin in [Plugin::Sha256, Plugin::Clear] {
            assert!(matches!(plugin.proof(b"secret", b"", false), Err(Failed::Login(_))));
            assert_eq!(*plugin.proof(b"secret", b"", true).unwrap(), b"secret\0");
        }
        assert!(Plugin::Native.proof(b"secret", b"short", true).is_err());
    }
}
