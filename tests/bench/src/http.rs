//! Just enough of an HTTP/1.1 client to read one answer at a time: status, Content-Length or chunks.

use anyhow::{Context, Result, bail, ensure};
use std::borrow::Cow;

/// One complete answer.
#[derive(Debug, PartialEq)]
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    pub(crate) body: Cow<'a, [u8]>,
    /// Whether the server keeps the connection open.
    pub(crate) keep_alive: bool,
}

/// Parses what has arrived so far; none when the answer is not complete yet.
pub(crate) fn parse(bytes: &[u8]) -> Result<Option<Answer<'_>>> {
    let Some(end) = find(bytes, b"\r\n\r\n") else { return Ok(None) };
    let (head, rest) = bytes.split_at_checked(end + 4).context("a head of answer")?;
    let mut lines = head.split(|byte| *byte == b'\n');
    let status = lines.next().and_then(status).context("the answer does not begin with an HTTP/1.1 status line")?;

    let (mut length, mut chunked, mut keep_alive) = (None, false, true);
    for line in lines {
        let Some((name, value)) = header(line) else { continue };
        if name.eq_ignore_ascii_case(b"content-length") {
            length = Some(number(value, 10).context("a Content-Length that is no number")?);
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            chunked = value.eq_ignore_ascii_case(b"chunked");
        } else if name.eq_ignore_ascii_case(b"connection") {
            keep_alive = !value.eq_ignore_ascii_case(b"close");
        }
    }
    let body = match length {
        _ if chunked => unchunk(rest)?.map(Cow::Owned),
        Some(length) => rest.get(..length).map(Cow::Borrowed),
        None => bail!("an answer with neither Content-Length nor chunks"),
    };
    Ok(body.map(|body| Answer { status, body, keep_alive }))
}

fn status(line: &[u8]) -> Option<u16> {
    let code = line.strip_prefix(b"HTTP/1.1 ")?.get(..3)?;
    u16::try_from(number(code, 10)?).ok()
}

fn header(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (name, value) = line.split_at_checked(colon)?;
    Some((name, value.get(1..)?.trim_ascii()))
}

/// Joins the chunks of a body; none when the last one has not arrived.
fn unchunk(mut rest: &[u8]) -> Result<Option<Vec<u8>>> {
    let mut body = Vec::new();
    loop {
        let Some(end) = find(rest, b"\r\n") else { return Ok(None) };
        let size = rest.get(..end).and_then(|line| line.split(|byte| *byte == b';').next());
        let size = size.and_then(|digits| number(digits, 16)).context("a chunk whose size is no hex number")?;
        let Some(chunk) = rest.get(end + 2..end + 2 + size) else { return Ok(None) };
        let Some(after) = rest.get(end + 2 + size..).filter(|after| after.len() >= 2) else { return Ok(None) };
        ensure!(after.starts_with(b"\r\n"), "a chunk that is longer than its size says");
        if size == 0 {
            return Ok(Some(body));
        }
        body.extend_from_slice(chunk);
        rest = after.get(2..).unwrap_or_default();
    }
}

fn number(digits: &[u8], radix: u32) -> Option<usize> {
    usize::from_str_radix(str::from_utf8(digits).ok()?, radix).ok()
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complete(text: &str) -> (u16, String, bool) {
        let answer = parse(text.as_bytes()).unwrap().expect("a complete answer");
        (answer.status, String::from_utf8(answer.body.into_owned()).unwrap(), answer.keep_alive)
    }

    #[test]
    fn reads_a_body_by_its_length() {
        let text = "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\ncontent-length: 5\r\n\r\nhello";
        assert_eq!(complete(text), (200, "hello".into(), true));
        for cut in 0..text.len() {
            assert_eq!(parse(&text.as_bytes()[..cut]).unwrap(), None, "cut at {cut}");
        }
    }

    #[test]
    fn joins_chunks() {
        let text = "HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\nhello\r\na;x=1\r\n, world...\r\n0\r\n\r\n";
        assert_eq!(complete(text), (404, "hello, world...".into(), false));
        for cut in 0..text.len() {
            assert_eq!(parse(&text.as_bytes()[..cut]).unwrap(), None, "cut at {cut}");
        }
    }

    #[test]
    fn refuses_what_it_can_not_measure() {
        assert!(parse(b"HTTP/1.1 200 OK\r\n\r\nendless").is_err());
        assert!(parse(b"SSH-2.0\r\n\r\n").is_err());
        assert!(parse(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n").is_err());
    }
}
