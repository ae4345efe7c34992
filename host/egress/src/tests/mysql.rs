//! Servers that speak MySQL's protocol as they should not, and what a session makes of it.

mod endings;
mod scripted;

use lockgate_domain::database::{Scalar, Value as Field};

use super::*;
use crate::database::{Begin, Parameters, Query, StatementText};
use crate::{EgressError, Timeouts};
use scripted::{COLUMN, END, EXECUTE, LOGIN, OK, PREPARE, Scripted, error, one};

const PASSWORD: &str = "correct-horse-battery";

/// A group with a database on a server, by TLS or without.
fn home(server: &Scripted, tls: &str) -> Home {
    let settings = EgressSettings { reachable: [server.address].into_iter().collect(), ..EgressSettings::default() };
    let (host, port) = (server.address.ip(), server.address.port());
    let database = json!({"engine": "mysql", "host": host, "port": port, "name": "shop", "tls": tls});
    let mut home = Home::with(
        settings,
        json!({
            "destinations": [{"database": database, "credential": "main", "plaintext": tls == "disable"}],
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

/// The error of a statement on a server without TLS.
async fn refused_by(server: &Scripted) -> EgressError {
    home(server, "disable").client().send(query("SELECT 1")).await.unwrap_err()
}

fn one_column() -> Vec<Vec<u8>> {
    vec![vec![1], COLUMN.to_vec(), END.to_vec()]
}

#[tokio::test]
async fn a_server_without_tls_gets_no_login() {
    let server = Scripted::new(|_, _| None).await.without_tls();
    let error = home(&server, "verify-full").client().send(query("SELECT 1")).await.unwrap_err();
    assert_eq!(error.code(), "tls");
    assert!(server.heard().is_empty());
}

#[tokio::test]
async fn a_password_itself_never_goes_without_tls() {
    for wanted in [&b"\xFEmysql_clear_password\0"[..], b"\xFEsha256_password\0aaaaaaaaaaaaaaaaaaaa\0", b"\x01\x04"] {
        let switch = b"\xFEcaching_sha2_password\0aaaaaaaaaaaaaaaaaaaa\0".to_vec();
        let server = Scripted::new(move |heard, _| match heard {
            LOGIN => one(switch.clone()),
            _ => one(wanted.to_vec()),
        });
        let server = server.await;
        assert_eq!(refused_by(&server).await.code(), "login");
        let said = server.heard().concat();
        assert!(!said.windows(PASSWORD.len()).any(|part| part == PASSWORD.as_bytes()));
    }
}

#[tokio::test]
async fn a_login_comes_to_an_end() {
    // It would go on for as long as it is answered, and without an answer.
    let switch = b"\xFEmysql_native_password\0aaaaaaaaaaaaaaaaaaaa\0".to_vec();
    for endless in [vec![switch], vec![b"\x01\x03".to_vec(); 20]] {
        let server = Scripted::new(move |_, _| Some(endless.clone())).await;
        assert_eq!(refused_by(&server).await.code(), "login");
    }
    for other in [&b"\xFEauth_gssapi\0"[..], b"\xFE"] {
        let server = Scripted::new(move |_, _| one(other.to_vec())).await;
        assert_eq!(refused_by(&server).await.code(), "login");
    }
    let denied = error(1045, "28000", &format!("no `{PASSWORD}` here"));
    let server = Scripted::new(move |_, _| one(denied.clone())).await;
    let said = refused_by(&server).await;
    assert_eq!(said.code(), "login");
    assert!(!said.to_string().contains(PASSWORD));
}

/// A text that is cut within the password would end with the first part of it, and the name of a login is a text too.
#[tokio::test]
async fn a_long_text_is_cut_behind_what_is_masked() {
    for before in [1_980, 1_990, 1_999] {
        let said = error(1064, "42000", &format!("{}{PASSWORD} and more", ".".repeat(before)));
        let server = Scripted::new(move |heard, _| (heard == PREPARE).then(|| vec![said.clone()])).await;
        let refused = refused_by(&server).await;
        let shown = format!("{}{}", ".".repeat(before), "*".repeat(2_000 - before));
        assert_eq!(refused.refusal().unwrap().message, shown);
    }
    let unknown = [b"\xFE", "a".repeat(60_000).as_bytes(), b"\0"].concat();
    let server = Scripted::new(move |_, _| one(unknown.clone())).await;
    let refused = refused_by(&server).await;
    assert_eq!(refused.code(), "login");
    assert!(refused.to_string().len() < 3_000, "{} bytes", refused.to_string().len());
}

#[tokio::test]
async fn what_no_answer_is_ends_the_session() {
    let row = |bytes: &[u8]| [one_column(), vec![bytes.to_vec()]].concat();
    for (says, code) in [
        // A file of the host.
        (vec![b"\xFB/etc/passwd".to_vec()], "protocol"),
        // More columns than there are.
        (vec![b"\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF".to_vec()], "protocol"),
        (vec![b"\xFC\x01\x10".to_vec()], "protocol"),
        (vec![vec![1], b"\x03def".to_vec(), END.to_vec()], "protocol"),
        (vec![vec![1], COLUMN.to_vec(), COLUMN.to_vec()], "protocol"),
        // Rows that are short, that are long, and whose text is 2 GB.
        (row(b"\0"), "protocol"),
        (row(b"\0\0\x02a"), "protocol"),
        (row(b"\0\0\x01ab"), "protocol"),
        (row(b"\0\0\xFE\0\0\0\x80\0\0\0\0a"), "protocol"),
        (vec![b"\0".to_vec()], "protocol"),
        (vec![Vec::new()], "protocol"),
    ] {
        let shown = format!("{says:?}");
        let server = Scripted::new(move |heard, _| (heard == EXECUTE).then(|| says.clone())).await;
        let error = refused_by(&server).await;
        assert_eq!(error.code(), code, "{shown}: {error}");
    }
}

#[tokio::test]
async fn a_message_is_not_larger_than_the_call_may_read() {
    let server = Scripted::new(|heard, _| (heard == EXECUTE).then(|| vec![vec![1; 100_000]])).await;
    let home = home(&server, "disable").limited(|limits| limits.upstream_body_bytes = 50_000);
    let error = home.client().send(query("SELECT 1")).await.unwrap_err();
    assert!(matches!(error, EgressError::TooLarge { .. }), "{error:?}");
}

#[tokio::test]
async fn a_statement_that_the_server_forgot_is_prepared_again() {
    for number in [1243, 1615] {
        let forgotten = std::sync::atomic::AtomicBool::new(false);
        let server = Scripted::new(move |heard, _| {
            let is_first = heard == EXECUTE && !forgotten.swap(true, std::sync::atomic::Ordering::Relaxed);
            is_first.then(|| vec![error(number, "HY000", "prepare it again")])
        });
        let server = server.await;
        let answer = home(&server, "disable").client().send(query("SELECT 1")).await.unwrap();
        assert_eq!(answer.rows, [[Field::Scalar(Scalar::Text("a".to_owned()))]]);
        assert_eq!(server.heard().iter().filter(|message| message.first() == Some(&PREPARE)).count(), 2);
    }
}

#[tokio::test]
async fn a_transaction_that_the_server_ended_takes_nothing_more() {
    let server = Scripted::new(|heard, message| match heard {
        PREPARE if message.ends_with(b"SELECT 2") => one(error(1213, "40001", "Deadlock found")),
        // It rolled back, as it says when it is asked.
        scripted::PING => one(OK.to_vec()),
        _ => None,
    });
    let server = server.await;
    let transaction = home(&server, "disable").client().send(Begin::default()).await.unwrap();
    assert_eq!(transaction.run(&query("SELECT 2")).await.unwrap_err().code(), "deadlock");
    let executed = || server.heard().iter().filter(|message| message.first() == Some(&EXECUTE)).count();
    transaction.run(&query("INSERT INTO t VALUES (1)")).await.unwrap_err();
    assert_eq!(executed(), 0);
    assert!(transaction.commit().await.is_err());
}

#[tokio::test]
async fn a_setting_by_which_values_are_read_does_not_change_unseen() {
    let changed = b"\0\0\0\x03\x40\0\0\0\x13\0\x11\x09time_zone\x06+05:00".to_vec();
    let server = Scripted::new(move |heard, _| (heard == EXECUTE).then(|| vec![changed.clone()])).await;
    let transaction = home(&server, "disable").client().send(Begin::default()).await.unwrap();
    transaction.run(&query("SET time_zone = '+05:00'")).await.unwrap();
    let error = transaction.run(&query("SELECT moment FROM t")).await.unwrap_err();
    assert!(error.to_string().contains("time_zone"), "{error}");
}

#[tokio::test]
async fn an_answer_that_nobody_waited_for_is_not_the_next_one() {
    // The first statement gets no answer in its time; were the session used again, the second would get it.
    let server = Scripted::new(|heard, _| (heard == EXECUTE).then(Vec::new)).await;
    let transaction = home(&server, "disable").client().send(Begin::default()).await.unwrap();
    let timeouts = Timeouts { total: Some(Duration::from_millis(50)), ..Timeouts::default() };
    let error = transaction.run(&Query { timeouts, ..query("SELECT 1") }).await.unwrap_err();
    assert_eq!(error.code(), "timeout");
    assert_eq!(transaction.run(&query("SELECT 2")).await.unwrap_err().code(), "protocol");
    assert!(!server.heard().iter().any(|message| message.ends_with(b"SELECT 2")));
}

#[tokio::test]
async fn a_statement_whose_caller_is_gone_is_cancelled_by_another_session() {
    let server = Scripted::new(|heard, _| (heard == EXECUTE).then(Vec::new)).await;
    let client = home(&server, "disable").client();
    let call = tokio::spawn(async move { client.send(query("SELECT 1")).await });
    server.hears(|message| message.first() == Some(&EXECUTE)).await;
    call.abort();
    // 7 is what the server called the session that runs it.
    server.hears(|message| message == b"\x03KILL QUERY 7").await;
}

/// A server that finds other parameters in a statement than it has is not followed.
#[tokio::test]
async fn a_statement_has_the_parameters_that_it_has() {
    let server = Scripted::new(|heard, _| {
        let prepared = b"\0\x01\0\0\0\x01\0\x02\0\0\0\0".to_vec();
        let says = || vec![prepared, COLUMN.to_vec(), COLUMN.to_vec(), END.to_vec(), COLUMN.to_vec(), END.to_vec()];
        (heard == PREPARE).then(says)
    });
    let server = server.await;
    let error = refused_by(&server).await;
    assert!(error.code() == "invalid-request" && error.to_string().contains("finds 2 parameters"), "{error}");
}
