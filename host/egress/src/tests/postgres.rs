//! Servers that speak PostgreSQL's protocol as they should not, and what a session makes of it.

mod descriptions;
mod effects;
mod endings;
mod long;
mod scripted;
mod state_reset;

use std::net::SocketAddr;

use lockgate_domain::database::{Scalar, Value as Field};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::Timeouts;
use crate::database::{Begin, Parameters, Query, StatementText};
use scripted::{Scripted, message};

/// `text`, without a table.
const COLUMN: &[u8] = b"\0\x01c\0\0\0\0\0\0\0\0\0\0\x19\xFF\xFF\xFF\xFF\xFF\xFF\0\0";

const PASSWORD: &str = "correct-horse-battery";

/// A group with a database on a server.
fn home(server: &Scripted) -> Home {
    home_at(server.address)
}

fn home_at(address: SocketAddr) -> Home {
    let settings = EgressSettings { reachable: [address].into_iter().collect(), ..EgressSettings::default() };
    let (host, port) = (address.ip(), address.port());
    let database = json!({"engine": "postgresql", "host": host, "port": port, "tls": "disable"});
    let mut home = Home::with(
        settings,
        json!({
            "destinations": [{"database": database, "credential": "main", "plaintext": true}],
            "activation": {"credentials": {"main": {"methods": {"it": {"type": "basic"}}}}},
        }),
    );
    let values = [("username", "ada"), ("password", PASSWORD)];
    home.credentials = vec![("main", "it", values.map(|(name, value)| (name, value.to_owned())).to_vec())];
    home
}

fn query(text: &str) -> Query {
    Query {
        database: None,
        statement: StatementText::Written(text.to_owned()),
        parameters: Parameters::Numbered(Vec::new()),
        read_only: false,
        max_rows: None,
        timeouts: Timeouts::default(),
    }
}

/// Serves a session in a transaction. The answer to the first execution comes with the next thing that is asked.
async fn serve(mut stream: TcpStream) -> std::io::Result<()> {
    let startup = stream.read_u32().await?;
    stream.read_exact(&mut vec![0; startup as usize - 4]).await?;
    stream.write_all(&[message(b'R', &[0; 4]), message(b'Z', b"I")].concat()).await?;
    let (mut asked, mut late, mut is_first) = (Vec::new(), Vec::new(), true);
    loop {
        let kind = stream.read_u8().await?;
        let length = stream.read_u32().await?;
        stream.read_exact(&mut vec![0; length as usize - 4]).await?;
        asked.push(kind);
        if ![b'Q', b'S'].contains(&kind) {
            continue;
        }
        let mut says = std::mem::take(&mut late);
        let own = if asked.contains(&b'E') {
            let row = [&b"\0\x01\0\0\0\x04"[..], if is_first { b"late" } else { b"next" }].concat();
            [message(b'2', b""), message(b'D', &row), message(b'C', b"SELECT 1\0")].concat()
        } else if asked.contains(&b'P') {
            [message(b'1', b""), message(b't', &[0; 2]), message(b'T', COLUMN)].concat()
        } else {
            message(b'C', b"BEGIN\0")
        };
        let own = [own, message(b'Z', b"T")].concat();
        if asked.contains(&b'E') && is_first {
            (late, is_first) = (own, false);
        } else {
            says.extend(own);
        }
        stream.write_all(&says).await?;
        asked.clear();
    }
}

#[tokio::test]
async fn an_answer_that_nobody_waited_for_is_not_the_next_one() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    let query = |text: &str, total| Query { timeouts: Timeouts { total, ..Timeouts::default() }, ..self::query(text) };
    let transaction = home_at(address).client().send(Begin::default()).await.unwrap();
    let error = transaction.run(&query("SELECT 1", Some(Duration::from_millis(50)))).await.unwrap_err();
    assert_eq!(error.code(), "timeout");
    // A time for which the server needs no other setting.
    let next = transaction.run(&query("SELECT 1", Some(Duration::from_millis(900)))).await;
    let late = [[Field::Scalar(Scalar::Text("late".to_owned()))]];
    assert!(!next.as_ref().is_ok_and(|answer| answer.rows == late), "{next:?}");
    assert_eq!(next.unwrap_err().code(), "protocol");
}
