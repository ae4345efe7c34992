//! One connection through the proxy: TLS ends here, and the messages are read on their way.
//!
//! A statement that is refused is sent on as one that no parser takes, with a number in it, and the error that comes back
//! gets the words of the refusal: so the real server keeps the state of transactions and of messages in a row.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsAcceptor;

use super::is_administrator;
use super::refusals::{of_parameters, of_setting, of_statements};
use super::words::words;

/// The codes that a first message has in place of a version.
const WANTS_TLS: i32 = 80_877_103;
const WANTS_GSS: i32 = 80_877_104;
const CANCELS: i32 = 80_877_102;
/// What no parser takes begins with it.
const MARK: &str = "refused_by_redshift_";
/// What Redshift says.
const VERSION: &str = "8.0.2";
/// Longer messages are an error of the test.
const MOST: usize = 256 << 20;

/// Refusals that the server has not answered, by their numbers.
#[derive(Default)]
struct Refused(Mutex<HashMap<usize, (&'static str, String)>>);

pub(super) async fn serve(
    mut stream: TcpStream,
    acceptor: TlsAcceptor,
    socket: &Path,
    refused: &AtomicUsize,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let first = startup(&mut stream).await?;
    match code(&first) {
        WANTS_TLS => stream.write_all(b"S").await?,
        _ => return stream.write_all(&failure("FATAL", "28000", "no pg_hba.conf entry for host, SSL off")).await,
    }
    let mut client = acceptor.accept(stream).await?;
    let mut first = startup(&mut client).await?;
    if code(&first) == WANTS_GSS {
        client.write_all(b"N").await?;
        first = startup(&mut client).await?;
    }
    if code(&first) != CANCELS
        && let Some((code, message)) = of_startup(&first)
    {
        refused.fetch_add(1, SeqCst);
        client.write_all(&failure("FATAL", code, &message)).await?;
        return client.shutdown().await;
    }
    let mut server = UnixStream::connect(socket).await?;
    server.write_all(&first).await?;
    let (from_server, to_server) = server.split();
    let (from_client, to_client) = tokio::io::split(client);
    let open = Refused::default();
    // Whoever ends first ends both.
    tokio::select! {
        ended = requests(from_client, to_server, &open, refused) => ended,
        ended = answers(from_server, to_client, &open) => ended,
    }
}

async fn requests(
    mut client: impl AsyncRead + Unpin,
    mut server: impl AsyncWrite + Unpin,
    open: &Refused,
    refused: &AtomicUsize,
) -> io::Result<()> {
    loop {
        let (kind, mut body) = message(&mut client).await?;
        let wrong = match kind {
            b'Q' => of_statements(&words(&until_zero(&body).0)),
            b'P' => of_parse(&body),
            _ => None,
        };
        if let Some(wrong) = wrong {
            let number = refused.fetch_add(1, SeqCst);
            open.0.lock().unwrap_or_else(PoisonError::into_inner).insert(number, wrong);
            let name = if kind == b'P' { until_zero(&body).0 + "\0" } else { String::new() };
            body = format!("{name}{MARK}{number}\0").into_bytes();
            if kind == b'P' {
                body.extend_from_slice(&[0, 0]);
            }
        }
        server.write_all(&framed(kind, &body)).await?;
    }
}

async fn answers(
    mut server: impl AsyncRead + Unpin,
    mut client: impl AsyncWrite + Unpin,
    open: &Refused,
) -> io::Result<()> {
    loop {
        let (kind, mut body) = message(&mut server).await?;
        if kind == b'S' && until_zero(&body).0 == "server_version" {
            body = format!("server_version\0{VERSION}\0").into_bytes();
        }
        if kind == b'E' {
            let text = String::from_utf8_lossy(&body).into_owned();
            let number = text.split(MARK).nth(1).map(|rest| rest.split(|part: char| !part.is_ascii_digit()).next());
            let number = number.flatten().and_then(|digits| digits.parse().ok());
            let wrong =
                number.and_then(|number: usize| open.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&number));
            if let Some((code, message)) = wrong {
                client.write_all(&failure("ERROR", code, &message)).await?;
                client.flush().await?;
                continue;
            }
        }
        client.write_all(&framed(kind, &body)).await?;
        client.flush().await?;
    }
}

/// A first message, which has no kind: its length, its code and its rest.
async fn startup(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let length = stream.read_i32().await?;
    let mut message = length.to_be_bytes().to_vec();
    message.resize(usize::try_from(length).map_err(io::Error::other)?.clamp(8, MOST), 0);
    stream.read_exact(&mut message[4..]).await?;
    Ok(message)
}

fn code(startup: &[u8]) -> i32 {
    i32::from_be_bytes([startup[4], startup[5], startup[6], startup[7]])
}

/// What is wrong with the settings that a session begins with.
fn of_startup(message: &[u8]) -> Option<(&'static str, String)> {
    let mut rest = &message[8..];
    while rest.first().is_some_and(|byte| *byte != 0) {
        let (name, after) = until_zero(rest);
        let (value, after) = until_zero(after);
        rest = after;
        let wrong = match name.as_str() {
            "user" if is_administrator(&value) => Some(("28000", format!("no administrator comes through: {value}"))),
            // `options` has arguments for a server of PostgreSQL: `-c name=value`.
            "user" | "database" => None,
            "options" => value
                .split_whitespace()
                .filter_map(|part| part.split_once('='))
                .find_map(|(name, value)| of_setting(name.trim_start_matches("-c").trim_start_matches("--"), value)),
            _ => of_setting(&name, &value),
        };
        if wrong.is_some() {
            return wrong;
        }
    }
    None
}

/// What is wrong with a statement that is prepared, and with the types of its parameters.
fn of_parse(body: &[u8]) -> Option<(&'static str, String)> {
    let (_, rest) = until_zero(body);
    let (text, rest) = until_zero(rest);
    let types: Vec<u32> =
        rest.get(2..).unwrap_or_default().as_chunks().0.iter().map(|kind| u32::from_be_bytes(*kind)).collect();
    let words = words(&text);
    of_statements(&words).or_else(|| of_parameters(&words, &types))
}

async fn message(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<(u8, Vec<u8>)> {
    let kind = stream.read_u8().await?;
    let length = usize::try_from(stream.read_i32().await?).map_err(io::Error::other)?;
    if !(4..=MOST).contains(&length) {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut body = vec![0; length - 4];
    stream.read_exact(&mut body).await?;
    Ok((kind, body))
}

fn framed(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = i32::try_from(body.len() + 4).expect("a message of at most 256 MB");
    [&[kind], length.to_be_bytes().as_slice(), body].concat()
}

/// The text before the next zero, and what comes after it.
fn until_zero(bytes: &[u8]) -> (String, &[u8]) {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    (String::from_utf8_lossy(&bytes[..end]).into_owned(), bytes.get(end + 1..).unwrap_or_default())
}

/// An error as PostgreSQL 8.0 has it: without the field `V`, which came with 9.6.
fn failure(severity: &str, code: &str, message: &str) -> Vec<u8> {
    framed(b'E', format!("S{severity}\0C{code}\0M{message}\0\0").as_bytes())
}
