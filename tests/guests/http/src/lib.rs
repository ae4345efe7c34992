//! Calls out in every way that the interface has, as far as its caller asks for.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::time::Duration;

use lockgate_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
struct Ask {
    method: Option<String>,
    url: String,
    #[serde(default)]
    headers: Vec<(String, String)>,
    body: Option<String>,
    timeout_ms: Option<u64>,
    first_byte_ms: Option<u64>,
    #[serde(default)]
    redirects: u8,
    attempts: Option<u32>,
}

#[derive(Serialize, JsonSchema)]
struct Got {
    status: u16,
    headers: BTreeMap<String, String>,
    body: String,
}

impl Ask {
    fn request(self) -> http::RequestBuilder {
        let mut request = http::request(self.method.as_deref().unwrap_or("GET"), self.url);
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        if let Some(body) = self.body {
            request = request.body(body);
        }
        if let Some(ms) = self.timeout_ms {
            request = request.timeout(Duration::from_millis(ms));
        }
        if let Some(ms) = self.first_byte_ms {
            request = request.first_byte_timeout(Duration::from_millis(ms));
        }
        if let Some(attempts) = self.attempts {
            request = request.retry(http::Retry::new().attempts(attempts));
        }
        request.follow_redirects(self.redirects)
    }
}

fn got(response: http::Response) -> Result<Got, Failure> {
    let (status, headers) = (response.status(), response.headers().into_iter().collect());
    Ok(Got { status, headers, body: response.text()? })
}

/// Send one request.
#[connector]
fn send(ask: Ask) -> Result<Got, Failure> {
    got(ask.request().send()?)
}

/// Let several requests race.
#[connector]
fn race(urls: Vec<String>) -> Result<Got, Failure> {
    got(http::race(urls.into_iter().map(|url| http::get(url).start()))?)
}

/// Send several requests at the same time, and give their statuses or codes.
#[connector]
fn join(urls: Vec<String>) -> Vec<String> {
    let replies = http::join(urls.into_iter().map(|url| http::get(url).start()));
    replies
        .into_iter()
        .map(|reply| reply.map_or_else(|failure| failure.code().to_owned(), |reply| reply.status().to_string()))
        .collect()
}

#[derive(Deserialize, JsonSchema)]
struct Patience {
    url: String,
    ms: u64,
}

/// Wait for an answer no longer than this.
#[connector]
fn within(input: Patience) -> Result<Got, Failure> {
    got(http::get(input.url).start().within(Duration::from_millis(input.ms))?)
}

#[derive(Deserialize, JsonSchema)]
struct Left {
    url: String,
    /// What is asked, and waited for, while the other is on its way.
    meanwhile: Option<String>,
}

/// Start a request, and answer without waiting for it.
#[connector]
fn leave(input: Left) -> Result<u16, Failure> {
    let pending = http::get(input.url).start();
    // Kept to the end of the call and beyond.
    std::mem::forget(pending);
    let _ = clock::monotonic();
    input.meanwhile.map_or(Ok(0), |url| Ok(http::get(url).send()?.status()))
}

#[derive(Serialize, JsonSchema)]
struct Streamed {
    bytes: usize,
    /// Milliseconds until the first byte and until the last.
    first_ms: u64,
    last_ms: u64,
}

/// Read a body as it comes.
#[connector]
fn download(url: String) -> Result<Streamed, Failure> {
    let began = clock::monotonic();
    let ms = || (clock::monotonic() - began).as_millis() as u64;
    let mut reader = http::get(url).start().get()?.reader();
    let (mut bytes, mut first_ms, mut buffer) = (0, 0, vec![0; 64 * 1024]);
    loop {
        match reader.read(&mut buffer)? {
            0 => return Ok(Streamed { bytes, first_ms, last_ms: ms() }),
            read => {
                if bytes == 0 {
                    first_ms = ms();
                }
                bytes += read;
            }
        }
    }
}

#[derive(Deserialize, JsonSchema)]
struct Upload {
    url: String,
    /// Pieces of 64 KiB.
    pieces: u64,
    /// Whether the length is said before.
    sized: bool,
    /// Whether the last piece is left out.
    #[serde(default)]
    short: bool,
}

/// Write a body while it is sent.
#[connector]
fn upload(input: Upload) -> Result<Got, Failure> {
    let piece = vec![b'x'; 64 * 1024];
    let length = input.sized.then_some(input.pieces * piece.len() as u64);
    let (mut body, pending) = http::post(input.url).start_with_body(length)?;
    for _ in u64::from(input.short)..input.pieces {
        if body.write_all(&piece).is_err() {
            // Nobody reads: the answer says why.
            return got(pending.get()?);
        }
    }
    if input.short {
        drop(body);
    } else {
        body.finish()?;
    }
    got(pending.get()?)
}

#[derive(Deserialize, JsonSchema)]
struct Many {
    url: String,
    times: u32,
}

/// Hold the handles of so many requests that are never sent.
#[connector]
fn hold(times: u32) -> u32 {
    let held: Vec<_> = (0..times).map(|_| http::get("/").start_with_body(None)).collect();
    held.len() as u32
}

/// Start so many requests at the same time, and count the codes of those that did not work.
#[connector]
fn crowd(input: Many) -> BTreeMap<String, u32> {
    let mut codes = BTreeMap::new();
    for reply in http::join((0..input.times).map(|_| http::get(&*input.url).start())) {
        let code = reply.map_or_else(|failure| failure.code().to_owned(), |reply| reply.status().to_string());
        *codes.entry(code).or_default() += 1;
    }
    codes
}

/// Start so many requests at the same time, read their bodies one after the other, and count how that went.
#[connector]
fn hoard(input: Many) -> BTreeMap<String, u32> {
    let mut codes = BTreeMap::new();
    for reply in http::join((0..input.times).map(|_| http::get(&*input.url).start())) {
        let code = match reply.and_then(http::Response::bytes) {
            Ok(_) => "read".to_owned(),
            Err(failure) => failure.code().to_owned(),
        };
        *codes.entry(code).or_default() += 1;
    }
    codes
}

#[derive(Deserialize, JsonSchema)]
struct Message {
    field: String,
    algorithm: String,
    text: String,
}

/// Sign a text, and verify the signature and a wrong one; gives it in hexadecimal.
#[connector]
fn sign(input: Message) -> Result<String, Failure> {
    let Message { field, algorithm, text } = input;
    let signature = signing::sign(&field, &algorithm, text.as_bytes())?;
    if !signing::verify(&field, &algorithm, text.as_bytes(), &signature)?
        || signing::verify(&field, &algorithm, b"another text", &signature)?
    {
        return Err(Failure::new("wrong", "the signature does not tell texts apart"));
    }
    Ok(signature.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[derive(Deserialize, JsonSchema)]
struct Search {
    ask: Ask,
    /// The bytes to look for, each with [`MASK`], so that only a leak puts them here as they are.
    masked: Vec<u8>,
}

#[derive(Serialize, JsonSchema)]
struct Found {
    status: u16,
    /// In how many places after the answer came.
    leaked: usize,
    /// In how many more after one was written: 0 would mean that the search does not work.
    planted: usize,
}

const MASK: u8 = 0x5a;

/// Send a request, and search all of this instance's memory for bytes that must not be there.
#[connector]
fn search(input: Search) -> Result<Found, Failure> {
    let got = got(input.ask.request().send()?)?;
    let leaked = places(&input.masked);
    let planted: Vec<u8> = input.masked.iter().map(|byte| byte ^ MASK).collect();
    let planted = places(std::hint::black_box((&input.masked, &planted)).0) - leaked;
    Ok(Found { status: got.status, leaked, planted })
}

fn places(masked: &[u8]) -> usize {
    let end = core::arch::wasm32::memory_size(0) * 65536 - masked.len();
    // SAFETY: it lies in the one memory of this instance, which only grows.
    let byte = |at: usize| unsafe { std::ptr::read_volatile(at as *const u8) };
    (1..end).filter(|at| masked.iter().enumerate().all(|(place, masked)| byte(at + place) ^ MASK == *masked)).count()
}

lockgate_sdk::plugin!(search, send, race, join, within, leave, download, upload, hold, crowd, hoard, sign);
