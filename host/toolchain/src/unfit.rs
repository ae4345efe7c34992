//! Crates that no plugin can use, since they need a system below them. Those that compile fail when they run.

use crate::{Hint, package::Crate};

/// Crates of a kind, those first that authors name themselves, and what to do instead.
const KINDS: [(&[&str], &str); 4] = [
    (
        &["reqwest", "ureq", "attohttpc", "minreq", "isahc", "curl", "surf", "gloo-net", "tungstenite", "hyper-util"],
        "send requests with `lockgate_sdk::http`, to which the host adds the credential",
    ),
    (
        &["rusqlite", "postgres", "tokio-postgres", "mysql", "sqlx-core", "redis", "mongodb"],
        "there are no sockets and no files; take the data over HTTP",
    ),
    (
        &["async-std", "smol", "rayon", "mio"],
        "there is one thread; send requests at one time with `lockgate_sdk::http::join`",
    ),
    (&["openssl", "native-tls", "rustls"], "the host speaks TLS; send requests with `lockgate_sdk::http`"),
];

/// A hint for each kind that the plugin is compiled with.
pub(crate) fn hints(crates: &[Crate]) -> Vec<Hint> {
    let hint = |(names, advice): &(&[&str], &str)| {
        let found = names.iter().find_map(|name| crates.iter().find(|other| other.name == *name))?;
        let advice = format!("{} {} can't work in a plugin: {advice}", found.name, found.version);
        Some(Hint { place: None, advice })
    };
    KINDS.iter().filter_map(hint).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(names: &[&str]) -> Vec<String> {
        let of = |name: &&str| Crate { name: (*name).to_owned(), version: "1.2.3".to_owned(), features: Vec::new() };
        hints(&names.iter().map(of).collect::<Vec<_>>()).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_client_is_named_with_what_sends_requests() {
        for name in ["reqwest", "ureq"] {
            let said = said(&["serde", "hyper-util", name]);
            assert_eq!(said.len(), 1, "{said:?}");
            assert!(
                said[0].starts_with(&format!("{name} 1.2.3 can't work in a plugin: send requests with")),
                "{said:?}"
            );
        }
    }

    #[test]
    fn kinds_are_told_apart_and_others_are_not_named() {
        assert_eq!(said(&["serde", "regex"]), [""; 0]);
        assert_eq!(said(&["rusqlite", "rayon", "mio", "openssl"]).len(), 3);
    }
}
