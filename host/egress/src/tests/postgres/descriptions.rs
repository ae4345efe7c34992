//! What a server says of itself and of a statement, before there is a row.

use super::scripted::{CANCEL, STARTUP, Scripted, columns, described, executes, message, prepares, ready, row};
use super::{PASSWORD, home, query};
use crate::EgressError;
use crate::connect::{Dialer, Network, Tls};
use crate::database::{Begin, Describe};
use crate::tests::*;

#[tokio::test]
async fn names_of_columns_and_types_are_bounded() {
    let long = "n".repeat(600_000);
    let server = Scripted::new(move |heard, in_transaction| {
        prepares(heard).then(|| described(&[(&long, 25), (&long, 25)], in_transaction))
    });
    let server = server.await;
    let error = home(&server).client().send(query("SELECT 1")).await.unwrap_err();
    assert!(matches!(error, EgressError::TooLarge { .. }), "{error:?}");
    // The name of a type, which the server is asked for.
    for (length, expected) in [(256, "n".repeat(256)), (257, "oid:70000".to_owned())] {
        let server = Scripted::new(move |heard, in_transaction| match heard {
            [(b'Q', text)] if text.starts_with(b"SELECT pg_catalog.format_type") => {
                Some([row("n".repeat(length).as_bytes()), message(b'C', b"SELECT 1\0"), ready(b'I')].concat())
            }
            _ => prepares(heard).then(|| described(&[("c", 70_000)], in_transaction)),
        });
        let server = server.await;
        let answer = home(&server).client().send(query("SELECT 1")).await.unwrap();
        assert_eq!(answer.columns[0].type_name, expected);
    }
}

/// Nobody can keep what a server says of columns, if it goes on with that.
#[tokio::test]
async fn columns_are_described_once() {
    let server = Scripted::new(|heard, _| {
        let all = [("c", 25); 1_000];
        prepares(heard).then(|| [message(b'1', b""), columns(&all).repeat(200), ready(b'I')].concat())
    });
    let server = server.await;
    let error = home(&server).client().send(query("SELECT 1")).await.unwrap_err();
    assert_eq!(error.code(), "protocol");
    assert!(error.to_string().contains("again and again"), "{error}");
}

#[tokio::test]
async fn names_do_not_repeat_the_password() {
    let server = Scripted::new(|heard, in_transaction| match heard {
        [(b'Q', text)] if text.starts_with(b"SELECT pg_catalog.format_type") => {
            let name = format!("t_{PASSWORD}");
            let status = if in_transaction { b'T' } else { b'I' };
            Some([row(name.as_bytes()), message(b'C', b"SELECT 1\0"), ready(status)].concat())
        }
        _ => prepares(heard).then(|| described(&[(PASSWORD, 70_000)], in_transaction)),
    });
    let server = server.await;
    let client = home(&server).client();
    let answer = client.send(query("SELECT 1")).await.unwrap();
    assert_eq!(answer.columns[0].name, "*".repeat(PASSWORD.len()));
    assert!(!format!("{answer:?}").contains(PASSWORD));
    let statement = query("SELECT 1").statement;
    let described = client.send(Describe { database: None, statement, read_only: true }).await.unwrap();
    assert!(!format!("{described:?}").contains(PASSWORD));
    let transaction = client.send(Begin::default()).await.unwrap();
    let rows = transaction.open(&query("SELECT 1")).await.unwrap();
    assert!(!format!("{:?}", rows.columns()).contains(PASSWORD));
}

/// A text that is cut within the password would end with the first part of it.
#[tokio::test]
async fn a_long_text_is_cut_behind_what_is_masked() {
    for before in [1_980, 1_990, 1_999] {
        let text = format!("{}{PASSWORD} and more", ".".repeat(before));
        let server = Scripted::new(move |heard, _| {
            let refusal = message(b'E', format!("SERROR\0C22000\0M{text}\0H{text}\0\0").as_bytes());
            prepares(heard).then(|| [refusal, ready(b'I')].concat())
        });
        let server = server.await;
        let error = home(&server).client().send(query("SELECT 1")).await.unwrap_err();
        let refusal = error.refusal().unwrap();
        let shown = format!("{}{}", ".".repeat(before), "*".repeat(2_000 - before));
        assert_eq!((&refusal.message, refusal.hint.as_ref()), (&shown, Some(&shown)));
    }
}

#[tokio::test]
async fn a_login_is_begun_once() {
    let server = Scripted::new(|heard, _| match heard[0].0 {
        STARTUP | b'p' => Some(message(b'R', b"\0\0\0\x0ASCRAM-SHA-256\0\0")),
        _ => None,
    });
    let server = server.await;
    let error = home(&server).client().send(query("SELECT 1")).await.unwrap_err();
    assert_eq!(error.code(), "protocol");
    let begun = server.heard().iter().filter(|(kind, _)| *kind == b'p').count();
    assert_eq!(begun, 1);
}

#[tokio::test]
async fn a_password_itself_is_sent_by_tls_alone() {
    let server = Scripted::new(|heard, _| (heard[0].0 == STARTUP).then(|| message(b'R', b"\0\0\0\x03"))).await;
    let error = home(&server).client().send(query("SELECT 1")).await.unwrap_err();
    assert_eq!(error.code(), "login");
    assert!(!server.heard_of(PASSWORD));
}

#[tokio::test]
async fn a_server_that_keeps_its_own_settings_is_left() {
    for (setting, works) in
        [("DateStyle\0SQL, DMY", false), ("DateStyle\0ISO, DMY", true), ("IntervalStyle\0sql_standard", false)]
    {
        let server = Scripted::new(move |heard, _| {
            let status = message(b'S', format!("{setting}\0").as_bytes());
            let says = || [message(b'R', &[0; 4]), status, ready(b'I')].concat();
            (heard[0].0 == STARTUP).then(says)
        });
        let server = server.await;
        let answer = home(&server).client().send(query("SELECT 1")).await;
        assert_eq!(answer.is_ok(), works, "{setting}: {answer:?}");
        assert!(server.heard_of("bytea_output\0hex"));
        assert_eq!(server.heard_of("SELECT 1"), works);
    }
}

/// Redshift is asked for all digits and for dates in one form, which a user may have another of.
#[tokio::test]
async fn redshift_is_asked_for_what_it_has() {
    for (style, works) in [("SQL, DMY", false), ("ISO, MDY", true)] {
        let server = Scripted::new(move |heard, _| {
            let status = message(b'S', format!("DateStyle\0{style}\0").as_bytes());
            let says = || [message(b'R', &[0; 4]), status, ready(b'I')].concat();
            (heard[0].0 == STARTUP).then(says)
        });
        let server = server.await;
        let mut home = home(&server);
        home.definition["destinations"][0]["database"]["engine"] = json!("redshift");
        let answer = home.client().send(query("SELECT 1")).await;
        assert_eq!(answer.is_ok(), works, "{style}: {answer:?}");
        assert!(server.heard_of("extra_float_digits\x002\0") && server.heard_of("DateStyle\0ISO\0"));
        assert!(!server.heard_of("IntervalStyle"));
    }
}

#[tokio::test]
async fn a_server_that_finds_other_parameters_is_not_followed() {
    let server = Scripted::new(|heard, _| {
        let types = [&65_535_u16.to_be_bytes()[..], &25_u32.to_be_bytes().repeat(65_535)].concat();
        prepares(heard).then(|| [message(b'1', b""), message(b't', &types), message(b'n', b""), ready(b'I')].concat())
    });
    let server = server.await;
    let client = home(&server).client();
    let error = client.send(query("SELECT 1")).await.unwrap_err();
    assert!(error.code() == "invalid-request" && error.to_string().contains("finds 65535 parameters"), "{error}");
    let statement = query("SELECT 1").statement;
    let error = client.send(Describe { database: None, statement, read_only: false }).await.unwrap_err();
    assert!(error.to_string().contains("finds 65535 parameters"), "{error}");
    // Nothing of it is kept, here or there.
    assert!(server.heard().iter().any(|(kind, body)| *kind == b'C' && body.starts_with(b"Slockgate_1")));
}

/// A session lasts longer than the calls that fill it.
#[tokio::test]
async fn descriptions_of_a_session_have_one_bound() {
    let long = "n".repeat(600_000);
    let server =
        Scripted::new(move |heard, in_transaction| prepares(heard).then(|| described(&[(&long, 25)], in_transaction)));
    let server = server.await;
    let client = home(&server).client();
    let texts: Vec<String> = (0..6).map(|number| format!("SELECT {number}")).collect();
    for text in &texts {
        client.send(query(text)).await.unwrap();
    }
    let heard = server.heard();
    let closed = |number| {
        let name = format!("Slockgate_{number}\0");
        heard.iter().any(|(kind, body)| *kind == b'C' && body == name.as_bytes())
    };
    // The third went for the sixth, which the server is told of with the next that is prepared.
    assert_eq!([1, 2, 3, 4, 5, 6].map(closed), [true, true, false, false, false, false]);
    assert_eq!(heard.iter().filter(|(kind, _)| *kind == STARTUP).count(), 1);
    // In a transaction those that are not read to their end count too.
    let transaction = client.send(Begin::default()).await.unwrap();
    let mut open = Vec::new();
    let error = loop {
        match transaction.open(&query(&format!("SELECT 'open', {}", open.len()))).await {
            Ok(rows) => open.push(rows),
            Err(error) => break error,
        }
        assert!(open.len() < 20, "no bound");
    };
    assert!(matches!(error, EgressError::TooLarge { .. }), "{error:?}");
}

/// Only what the server does counts, and not that all sessions of the host are in use.
#[tokio::test]
async fn waiting_for_a_session_is_no_failure_of_the_server() {
    let server = Scripted::new(|_, _| None).await;
    let client = home(&server).client();
    let mut open = Vec::new();
    for _ in 0..16 {
        open.push(client.send(Begin::default()).await.unwrap());
    }
    let mut hurried = query("SELECT 1");
    hurried.timeouts.connect = Some(Duration::from_millis(5));
    for _ in 0..20 {
        let error = client.send(hurried.clone()).await.unwrap_err();
        assert!(matches!(error, EgressError::Timeout { .. }), "{error:?}");
    }
    open.clear();
    client.send(query("SELECT 1")).await.unwrap();
}

/// A name has several addresses, with a server at each.
#[tokio::test]
async fn a_statement_is_cancelled_at_the_server_that_runs_it() {
    use std::net::IpAddr;
    use std::sync::atomic::{AtomicUsize, Ordering};
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let (first, second) = loop {
        let first = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = first.local_addr().unwrap().port();
        if let Ok(second) = tokio::net::TcpListener::bind(("127.0.0.2", port)).await {
            break (first, second);
        }
    };
    let silent = |listener| Scripted::on(listener, |heard, _| executes(heard).then(Vec::new));
    let (first, second) = (silent(first), silent(second));
    let names = |_: &str| -> Vec<IpAddr> {
        let last = if ASKED.fetch_add(1, Ordering::SeqCst) == 0 { 1 } else { 2 };
        vec![[127, 0, 0, last].into()]
    };
    let reachable = [first.address, second.address].into();
    let mut dialer = Dialer::new(EgressSettings { reachable, ..EgressSettings::default() });
    dialer.names = Some(names);
    let mut home = home(&first);
    home.definition["destinations"][0]["database"]["host"] = json!("db.example");
    home.egress = Egress(Network::start(dialer, Tls::new(&[]).unwrap(), tokio::runtime::Handle::current()));
    let client = home.client();
    let call = tokio::spawn(async move { client.send(query("SELECT 1")).await });
    first.hears(|(kind, _)| *kind == b'E').await;
    call.abort();
    first.hears(|(kind, _)| *kind == CANCEL).await;
    assert!(second.heard().is_empty());
}
