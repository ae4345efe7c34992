//! The load generator: one thread, keep-alive connections, a request made before the clock starts, every answer
//! compared with the expected bytes. It shares the machine with the servers it measures, so it does little else.

use crate::{
    http::{self, Answer},
    interrupt,
    sample::{Recorder, Sample},
};
use anyhow::{Result, anyhow, bail, ensure};
use mio::{Events, Interest, Poll, Registry, Token, net::TcpStream};
use std::{
    io::{ErrorKind, Read, Write},
    net::SocketAddr,
    time::{Duration, Instant},
};

/// How long answers to the last requests may take after the time is up; then they count as errors.
const GRACE: Duration = Duration::from_secs(50);

/// What to send, and what must come back with status 200.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    pub(crate) request: Vec<u8>,
    pub(crate) expected: Expected,
}

#[derive(Debug, Clone)]
pub(crate) enum Expected {
    Body(Vec<u8>),
    /// The body begins so; what follows differs from call to call.
    Start(Vec<u8>),
}

/// The header of those who need no other.
pub(crate) const JSON: &str = "Content-Type: application/json\r\n";

impl Target {
    /// A POST request; each header ends with CR LF.
    pub(crate) fn new(address: SocketAddr, path: &str, headers: &str, body: &[u8], expected: Expected) -> Self {
        let length = body.len();
        let head = format!("POST {path} HTTP/1.1\r\nHost: {address}\r\n{headers}Content-Length: {length}\r\n\r\n");
        Self { address, request: [head.as_bytes(), body].concat(), expected }
    }

    fn check(&self, answer: &Answer<'_>) -> Result<()> {
        let as_expected = match &self.expected {
            Expected::Body(bytes) => *answer.body == **bytes,
            Expected::Start(bytes) => answer.body.starts_with(bytes),
        };
        if answer.status == 200 && as_expected {
            return Ok(());
        }
        let body: String = String::from_utf8_lossy(&answer.body).chars().take(300).collect();
        bail!("not the expected answer: {} {body}", answer.status)
    }
}

/// Keeps `connections` requests in flight for that long.
pub(crate) fn run(target: &Target, connections: usize, duration: Duration) -> Result<Sample> {
    let mut poll = Poll::new()?;
    let mut events = Events::with_capacity(connections);
    let mut recorder = Recorder::new()?;
    let mut lanes = Vec::new();
    for index in 0..connections {
        lanes.push(Lane::open(target, Token(index), poll.registry())?);
    }

    let start = Instant::now();
    let end = start + duration;
    for lane in &mut lanes {
        lane.send(&target.request)?;
    }
    let mut now = start;
    while now < end + GRACE && lanes.iter().any(|lane| lane.sent.is_some()) {
        let until = if now < end { end } else { end + GRACE };
        match poll.poll(&mut events, Some(until - now)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => events.clear(),
            other => other?,
        }
        interrupt::check()?;
        for event in &events {
            let Some(lane) = lanes.get_mut(event.token().0) else { continue };
            match lane.answer(target) {
                Ok(None) => continue,
                Ok(Some(latency)) => recorder.success(latency),
                Err(error) => {
                    recorder.error(&error);
                    *lane = Lane::open(target, event.token(), poll.registry())?;
                }
            }
            if Instant::now() < end
                && let Err(error) = lane.send(&target.request)
            {
                recorder.error(&error);
                *lane = Lane::open(target, event.token(), poll.registry())?;
                lane.send(&target.request)?;
            }
        }
        now = Instant::now();
    }
    for _ in lanes.iter().filter(|lane| lane.sent.is_some()) {
        recorder.error(&anyhow!("no answer within {GRACE:?} after the end of the round"));
    }
    Ok(recorder.finish(start.elapsed()))
}

/// Sends `rate` requests a second, whether or not earlier ones were answered, over as many connections as it takes up to
/// `connections`. A latency counts from the moment at which its request was due.
pub(crate) fn paced(target: &Target, connections: usize, rate: f64, duration: Duration) -> Result<Sample> {
    let mut poll = Poll::new()?;
    let mut events = Events::with_capacity(connections);
    let mut recorder = Recorder::new()?;
    let mut lanes = Vec::new();
    for index in 0..connections {
        lanes.push(Lane::open(target, Token(index), poll.registry())?);
    }
    let mut free: Vec<usize> = (0..connections).collect();

    let start = Instant::now();
    let (end, step) = (start + duration, Duration::from_secs_f64(1.0 / rate));
    let mut due = start;
    loop {
        let now = Instant::now();
        while due <= now && due < end {
            let Some(index) = free.pop() else { break };
            if let Some(lane) = lanes.get_mut(index) {
                lane.send(&target.request)?;
                lane.sent = Some(due);
            }
            due += step;
        }
        let waiting = lanes.iter().filter(|lane| lane.sent.is_some()).count();
        if due >= end && (waiting == 0 || now >= end + GRACE) {
            (0..waiting).for_each(|_| recorder.error(&anyhow!("no answer within {GRACE:?} after the end")));
            return Ok(recorder.finish(start.elapsed()));
        }
        let until = if due < end && !free.is_empty() { due } else { end + GRACE };
        match poll.poll(&mut events, Some(until.saturating_duration_since(now))) {
            Err(error) if error.kind() == ErrorKind::Interrupted => events.clear(),
            other => other?,
        }
        interrupt::check()?;
        for event in &events {
            let Some(lane) = lanes.get_mut(event.token().0) else { continue };
            match lane.answer(target) {
                Ok(None) => continue,
                Ok(Some(latency)) => recorder.success(latency),
                Err(error) => {
                    recorder.error(&error);
                    *lane = Lane::open(target, event.token(), poll.registry())?;
                }
            }
            free.push(event.token().0);
        }
    }
}

/// One connection with at most one request in flight.
struct Lane {
    stream: TcpStream,
    received: Vec<u8>,
    filled: usize,
    sent: Option<Instant>,
}

impl Lane {
    fn open(target: &Target, token: Token, registry: &Registry) -> Result<Self> {
        let stream = std::net::TcpStream::connect(target.address)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        registry.register(&mut stream, token, Interest::READABLE)?;
        Ok(Self { stream, received: vec![0; 64 * 1024], filled: 0, sent: None })
    }

    /// A request is a few KiB and the socket's buffer is empty, so one write takes it whole.
    fn send(&mut self, request: &[u8]) -> Result<()> {
        self.sent = Some(Instant::now());
        let written = self.stream.write(request)?;
        ensure!(written == request.len(), "the socket took {written} of {} bytes", request.len());
        Ok(())
    }

    /// Reads what is there; the latency when the answer is complete and right.
    fn answer(&mut self, target: &Target) -> Result<Option<Duration>> {
        loop {
            let room = self.received.get_mut(self.filled..).unwrap_or_default();
            match self.stream.read(room) {
                Ok(0) => bail!("the server closed the connection in the middle of an answer"),
                Ok(count) => self.filled += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(error) => return Err(error.into()),
            }
            if let Some(answer) = http::parse(self.received.get(..self.filled).unwrap_or_default())? {
                target.check(&answer)?;
                ensure!(answer.keep_alive, "the server closes its connections");
                self.filled = 0;
                // Nothing more can be on its way, so there is no need to read until the socket would block.
                return Ok(self.sent.take().map(|sent| sent.elapsed()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{net::TcpListener, thread};

    const RIGHT: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    /// Serves connections one after the other: each answer once, then it closes.
    fn serve(answers: &'static [&'static str]) -> Target {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let target = Target::new(listener.local_addr().unwrap(), "/", JSON, b"{}", Expected::Body(b"ok".to_vec()));
        let length = target.request.len();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                for answer in answers {
                    if stream.read_exact(&mut vec![0; length]).is_err() {
                        break;
                    }
                    stream.write_all(answer.as_bytes()).unwrap();
                }
            }
        });
        target
    }

    #[test]
    fn counts_right_answers() {
        let sample = run(&serve(&[RIGHT; 100_000]), 1, Duration::from_millis(100)).unwrap();
        assert!(sample.requests > 10 && sample.errors == 0, "{sample:?}");
        assert!(sample.p50_us > 0.0 && sample.p50_us <= sample.p99_us);
    }

    #[test]
    fn keeps_its_pace() {
        let sample = paced(&serve(&[RIGHT; 100_000]), 1, 1000.0, Duration::from_millis(200)).unwrap();
        assert_eq!((sample.requests, sample.errors), (200, 0), "{sample:?}");
    }

    #[test]
    fn counts_what_is_no_right_answer_and_goes_on() {
        let wrong = [
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno",
            "HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\nok",
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok",
        ];
        for answer in wrong {
            let answers = Box::leak(Box::new([RIGHT, RIGHT, answer]));
            let sample = run(&serve(answers), 1, Duration::from_millis(100)).unwrap();
            let (requests, errors) = (sample.requests, sample.errors);
            assert!(errors > 2 && requests.abs_diff(2 * errors) <= 2, "{answer}: {sample:?}");
        }
    }
}
