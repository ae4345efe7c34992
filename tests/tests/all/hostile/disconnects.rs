//! Callers who go away at any moment: before their request is whole, while the guest runs, while the answer is sent.

use std::time::Duration;

use lockgate_tests::{Host, Neighbour, Random, environment, guests, hostile};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::loaded;

const CALLERS: usize = 1000;
/// Bytes that every answer has beside its output: nobody waits for one that does not come.
const HEAD: usize = 200;
/// How long a caller may take who means to see the answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// One caller: a request, and how far it gets.
struct Caller {
    request: Vec<u8>,
    /// Bytes that are sent.
    sent: usize,
    /// What follows them.
    pause: Duration,
    /// Bytes of the answer that are read, if it waits for one.
    read: usize,
}

impl Caller {
    /// Connects, goes as far as it means to, and resets the connection.
    async fn go(self, address: String) {
        let mut stream = TcpStream::connect(&address).await.expect("a connection");
        // Closing it sends a reset, and throws away what is still to be sent or read.
        stream.set_zero_linger().expect("a socket");
        // The host may have answered and closed already.
        let _ = stream.write_all(&self.request[..self.sent]).await;
        sleep(self.pause).await;
        let mut answer = vec![0; self.read];
        if self.read > 0 {
            let _ = timeout(PATIENCE, stream.read_exact(&mut answer)).await;
        }
    }
}

#[test]
fn a_thousand_callers_who_disconnect_at_random_moments() {
    let seed = environment::seed();
    let mut random = Random::new(seed);
    let host = Host::start();
    host.group("limits", json!({"limits": {"calls_in_flight": 10_000, "cpu_ms": 60_000}}));
    host.load("limits", guests::LIMITS.bytes()).status(201);
    loaded(&host, &hostile::SLEEP_IN_INVOKE);
    host.set("g", json!({"limits": {"calls_in_flight": 10_000, "deadline_ms": 30_000}}));
    Neighbour::move_in(&host);
    // Everything that is opened at first use is open.
    Neighbour::begin(&host).end();
    host.invoke("limits/spin", &json!(1)).status(200);
    let before = host.at_rest();
    let neighbour = Neighbour::begin(&host);

    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    for _ in 0..environment::rounds(1, 20) {
        let callers: Vec<_> = (0..CALLERS).map(|_| caller(&host, &mut random)).collect();
        let address = host.address().to_owned();
        runtime.block_on(async {
            let mut gone = JoinSet::new();
            for caller in callers {
                gone.spawn(caller.go(address.clone()));
            }
            gone.join_all().await;
        });
    }

    let served = neighbour.end();
    assert!(
        served.iter().all(|call| call.status == Ok(200)),
        "{:#?}",
        served.iter().find(|call| call.status != Ok(200))
    );
    host.comes_to_rest(before);
    assert_eq!(host.invoke("limits/input", &json!("abc")).output(), 3);
    assert!(!host.log().contains("panicked"), "{}", host.log());
}

fn caller(host: &Host, random: &mut Random) -> Caller {
    let (connector, input, answered) = match random.below(5) {
        0 => ("g/attack", json!(null), 0),
        1 => ("limits/spin", json!(random.below(50)), 0),
        2 => {
            let bytes = random.below(1 << 20);
            ("limits/output", json!(bytes), bytes)
        }
        3 => ("limits/input", json!("x".repeat(random.below(100_000))), 0),
        _ => ("limits/trap", json!({}), 0),
    };
    let body = json!({"input": input}).to_string();
    let request = format!("{}{body}", host.head(connector, body.len())).into_bytes();
    let whole = request.len();
    // One stops at any byte of its request, one before the answer, one within the answer's head, one at any byte of the
    // answer; none waits for a sleeper.
    let (sent, read) = match random.below(4) {
        0 => (random.below(whole), 0),
        1 => (whole, 0),
        _ if connector == "g/attack" => (whole, 0),
        2 => (whole, 1 + random.below(HEAD)),
        _ => (whole, 1 + random.below(HEAD + answered)),
    };
    Caller { request, sent, pause: Duration::from_millis(random.number() % 300), read }
}
