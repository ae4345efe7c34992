//! Upstreams that break off at any byte of an answer.

use lockgate_tests::{Rogue, Serve, environment};
use serde_json::json;

use super::group;

const ANSWERS: [&str; 2] = [
    "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=1\r\n world\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 11\r\n\r\nhello world",
];

/// The path is the number of the answer, the number of its bytes that are sent, and how the connection ends.
#[test]
fn an_answer_that_breaks_off_at_any_byte_is_an_error() {
    let rogue = Rogue::start(|visit| {
        loop {
            let head = visit.head()?;
            let path = head.split(' ').nth(1).unwrap_or_default().trim_start_matches('/').to_owned();
            let mut parts = path.split('-');
            let mut number = || parts.next().and_then(|part| part.parse::<usize>().ok()).unwrap_or_default();
            let (answer, bytes, reset) = (ANSWERS[number()], number(), number() == 1);
            visit.send(&answer[..bytes])?;
            if bytes < answer.len() {
                return if reset { visit.reset() } else { Ok(()) };
            }
        }
    });
    let host = Serve::new().reaching_addresses([rogue.address()]).start();
    group(&host, &format!("http://{}", rogue.address()), json!({}));
    let whole = |answer: usize| {
        let path = format!("{answer}-{}-0", ANSWERS[answer].len());
        assert_eq!(host.invoke("g/get", &json!({"path": path})).output(), "hello world");
    };
    let step = environment::rounds(5, 1);
    for (answer, text) in ANSWERS.iter().enumerate() {
        let head = text.find("\r\n\r\n").unwrap() + 4;
        for bytes in (0..text.len()).step_by(step) {
            for reset in [0, 1] {
                let path = format!("{answer}-{bytes}-{reset}");
                let code = if bytes < head { "LG4008" } else { "LG4009" };
                let problem = host.invoke("g/get", &json!({"path": path})).problem(502, code);
                assert_eq!(problem["retryable"], true, "{path}: {problem:#}");
                whole(answer);
            }
        }
    }
}
