//! The addresses and names that no group reaches, as hosts of databases: the same door decides.

use std::collections::HashSet;
use std::net::SocketAddr;

use lockgate_tests::network::{self, Network};
use lockgate_tests::{Answer, Home, Host, Record, Reply, Serve};
use reqwest::Method;
use serde_json::json;

use super::addresses::{ADDRESSES, NAMES, OUTSIDE, zone};

/// Canaries speak HTTP and a database's client waits for them, or they for it. It has arrived long before.
const DEADLINE_MS: u64 = 1_500;
const ENGINES: [&str; 3] = ["postgresql", "redshift", "mysql"];

/// Host and port of URLs of the table.
fn place((url, _): &(&str, &str)) -> (String, u16) {
    let url = reqwest::Url::parse(url).unwrap();
    (url.host_str().unwrap().trim_matches(['[', ']']).to_owned(), url.port().unwrap_or(80))
}

/// A host with each place as a database `d` of a group of its own.
fn host(places: &[(String, u16)], reachable: &[SocketAddr]) -> Host {
    let host = Serve::new().reaching_addresses(reachable.iter().copied()).start();
    let login = json!({"credentials": {"main": {"methods": {"login": {"type": "basic"}}}}});
    let values = json!({"main": {"values": {"username": "ada", "password": "a-password-8812"}}});
    let connection = json!({"name": "main", "credentials": values});
    for (index, (name, port)) in places.iter().enumerate() {
        let engine = ENGINES[index % ENGINES.len()];
        let database = json!({"engine": engine, "host": name, "port": port, "name": "x"});
        let connector = json!({
            "name": "c", "type": "database", "input_schema": true, "output_schema": true,
            "database": {"engine": engine, "statement": "SELECT 1"},
        });
        let group = json!({
            "activation": login, "connectors": [connector],
            "destinations": [{"database": database, "credential": "main"}],
        });
        host.group(&format!("g{index}"), group);
        let path = format!("/groups/g{index}/connections");
        host.send(host.request(Method::POST, &path).json(&connection)).status(201);
    }
    host
}

/// Asks all of them at one time.
fn ask(host: &Host, count: usize) -> Vec<Answer> {
    let requests = (0..count).map(|index| {
        let request = host.request(Method::POST, &format!("/groups/g{index}/connectors/c/invoke"));
        let request = request.header("lockgate-deadline-ms", DEADLINE_MS);
        request.json(&json!({"input": {}, "connection": {"fixed": "main"}}))
    });
    host.send_all(requests.collect::<Vec<_>>())
}

fn is_denied(answer: &Answer) -> bool {
    answer.body.contains("LG4002")
}

#[test]
fn no_database_is_at_an_address_that_is_not_public() {
    network::run("egress::databases::no_database_is_at_an_address_that_is_not_public", || {
        let home = Home::new();
        let network = Network::lay(&home, |_| Reply::new(200), zone);
        let all: Vec<_> = ADDRESSES.iter().chain(&NAMES).collect();
        let places: Vec<_> = all.iter().map(|one| place(one)).collect();

        // A host that names every address goes to each of them.
        let mut named: Vec<SocketAddr> = all.iter().map(|(_, at)| at.parse().unwrap()).collect();
        named.extend(["0.0.0.0:80".parse::<SocketAddr>().unwrap(), "[::]:80".parse().unwrap()]);
        let open = host(&places, &named);
        ask(&open, places.len());
        let arrived: HashSet<_> = network.arrivals().iter().map(|at| (at.ip(), at.port())).collect();
        let missed: Vec<_> = all
            .iter()
            .filter(|(_, at)| {
                let at: SocketAddr = at.parse().unwrap();
                !arrived.contains(&(at.ip(), at.port()))
            })
            .collect();
        assert!(missed.is_empty(), "not reached: {missed:?}");
        drop(open);

        let before = network.arrivals().len();
        let guarded = host(&places, &[]);
        for (answer, place) in ask(&guarded, places.len()).iter().zip(&places) {
            assert!(is_denied(answer), "{place:?}: {answer:?}");
        }
        assert_eq!(network.arrivals().len(), before);

        // Just outside of the ranges.
        let outside: Vec<_> = OUTSIDE.iter().map(|at| (at.trim_matches(['[', ']']).to_owned(), 80)).collect();
        for (answer, place) in ask(&host(&outside, &[]), outside.len()).iter().zip(&outside) {
            assert!(!is_denied(answer), "{place:?}: {answer:?}");
        }
        assert_eq!(network.arrivals().len(), before + outside.len());
    });
}

#[test]
fn a_database_is_where_its_name_was_when_it_was_checked() {
    network::run("egress::databases::a_database_is_where_its_name_was_when_it_was_checked", || {
        let home = Home::new();
        let zone = |name: &str, times: usize| {
            let address = |text: &str| Record::Address(text.parse().unwrap());
            match name {
                // Public for the check, private for the connection.
                _ if name.starts_with("rebinding") && times > 0 => vec![address("10.0.0.1")],
                _ if name.starts_with("mixed") => vec![address("10.0.0.1"), address("93.184.216.34")],
                _ => vec![address("93.184.216.34")],
            }
        };
        let network = Network::lay(&home, |_| Reply::new(200), zone);
        let names: Vec<_> = ["rebinding", "mixed"]
            .iter()
            .flat_map(|name| (0..ENGINES.len()).map(move |index| (format!("{name}{index}.probe.example"), 80)))
            .collect();
        let host = host(&names, &[]);
        network.dns.take();
        for answer in ask(&host, names.len()) {
            assert!(!is_denied(&answer), "{answer:?}");
        }
        // Each was asked for once in each family, and every connection went where the answer said.
        assert_eq!(network.dns.take().len(), 2 * names.len());
        let second = ask(&host, names.len());
        assert!(second.iter().take(ENGINES.len()).all(is_denied), "{second:?}");
        assert!(network.arrivals().iter().all(|at| at.ip().to_string() == "93.184.216.34"), "{:?}", network.arrivals());
    });
}
