//! The addresses that no group reaches, as gRPC servers: the same door decides.

use std::collections::HashSet;
use std::net::SocketAddr;

use lockgate_tests::network::{self, Network};
use lockgate_tests::{Answer, Home, Host, Record, Reply, Serve, eventually};
use reqwest::Method;
use serde_json::json;

use super::addresses::{ADDRESSES, NAMES, OUTSIDE, zone};
use crate::grpc::{connector, protos};

/// Canaries speak HTTP/1.1, which ends a call or leaves it waiting. It has arrived before, or the next one will.
const SHORT_MS: u64 = 1_500;
/// For calls that must arrive, or are refused and wait for nobody.
const LONG_MS: u64 = 15_000;

/// A host with each URL as a gRPC server of a group of its own.
fn host(urls: &[String], reachable: &[SocketAddr]) -> Host {
    let host = Serve::new().reaching_addresses(reachable.iter().copied()).start();
    for (index, url) in urls.iter().enumerate() {
        let group = json!({
            "protos": protos(), "connectors": [connector("c", "inventory.v1.Inventory/GetItem")],
            "destinations": [{"grpc": url, "credential": "none"}],
        });
        host.group(&format!("g{index}"), group);
    }
    host
}

/// Asks all of them at one time.
fn ask(host: &Host, count: usize, deadline_ms: u64) -> Vec<Answer> {
    let requests = (0..count).map(|index| {
        let request = host.request(Method::POST, &format!("/groups/g{index}/connectors/c/invoke"));
        request.header("lockgate-deadline-ms", deadline_ms).json(&json!({"input": {}}))
    });
    host.send_all(requests.collect::<Vec<_>>())
}

fn is_denied(answer: &Answer) -> bool {
    answer.body.contains("LG4002")
}

/// The same place with TLS, as a group without private servers must have it; the canaries are on other ports than 443.
fn place((url, _): &(&str, &str)) -> String {
    let url = reqwest::Url::parse(url).unwrap();
    format!("https://{}:{}", url.host_str().unwrap(), url.port().unwrap_or(80))
}

#[test]
fn no_server_is_at_an_address_that_is_not_public() {
    network::run("egress::grpc::no_server_is_at_an_address_that_is_not_public", || {
        let home = Home::new();
        let network = Network::lay(&home, |_| Reply::new(200), zone);
        let all: Vec<_> = ADDRESSES.iter().chain(&NAMES).collect();
        let urls: Vec<_> = all.iter().map(|one| place(one)).collect();

        // A host that names every address goes to each of them.
        let mut named: Vec<SocketAddr> = all.iter().map(|(_, at)| at.parse().unwrap()).collect();
        named.extend(["0.0.0.0:80".parse::<SocketAddr>().unwrap(), "[::]:80".parse().unwrap()]);
        let open = host(&urls, &named);
        eventually("a call reaches each of them", || {
            ask(&open, urls.len(), SHORT_MS);
            let arrived: HashSet<_> = network.arrivals().iter().map(|at| (at.ip(), at.port())).collect();
            let is_missed = |at: &str| {
                let at: SocketAddr = at.parse().unwrap();
                !arrived.contains(&(at.ip(), at.port()))
            };
            let missed: Vec<_> = all.iter().filter(|(_, at)| is_missed(at)).collect();
            if missed.is_empty() { Ok(()) } else { Err(format!("{missed:?}")) }
        });
        drop(open);

        let before = network.arrivals().len();
        let guarded = host(&urls, &[]);
        for (answer, url) in ask(&guarded, urls.len(), LONG_MS).iter().zip(&urls) {
            assert!(is_denied(answer), "{url}: {answer:?}");
        }
        assert_eq!(network.arrivals().len(), before);

        // Just outside of the ranges.
        let outside: Vec<_> = OUTSIDE.iter().map(|at| format!("https://{at}:80")).collect();
        let beyond = host(&outside, &[]);
        eventually("a call reaches those too", || {
            for (answer, url) in ask(&beyond, outside.len(), SHORT_MS).iter().zip(&outside) {
                assert!(!is_denied(answer), "{url}: {answer:?}");
            }
            let arrived = network.arrivals().len();
            if arrived >= before + outside.len() { Ok(()) } else { Err(arrived) }
        });
    });
}

#[test]
fn a_server_is_where_its_name_was_when_it_was_checked() {
    network::run("egress::grpc::a_server_is_where_its_name_was_when_it_was_checked", || {
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
        let urls = ["https://rebinding.probe.example:80", "https://mixed.probe.example:80"].map(str::to_owned);
        let host = host(&urls, &[]);
        network.dns.take();
        for answer in ask(&host, urls.len(), LONG_MS) {
            assert!(!is_denied(&answer), "{answer:?}");
        }
        // Each was asked for once in each family, and every connection went where the answer said.
        assert_eq!(network.dns.take().len(), 2 * urls.len());
        assert!(is_denied(&ask(&host, 1, LONG_MS)[0]));
        assert!(network.arrivals().iter().all(|at| at.ip().to_string() == "93.184.216.34"), "{:?}", network.arrivals());
    });
}

#[test]
fn connections_take_turns_at_the_addresses_that_passed() {
    network::run("egress::grpc::connections_take_turns_at_the_addresses_that_passed", || {
        let home = Home::new();
        let zone = |_: &str, _: usize| {
            ["93.184.216.34", "10.0.0.1", "93.184.216.35"].map(|text| Record::Address(text.parse().unwrap())).to_vec()
        };
        let network = Network::lay(&home, |_| Reply::new(200), zone);
        let host = host(&["https://spread.probe.example:80".to_owned()], &[]);
        // No canary speaks gRPC, so that each call opens a connection of its own.
        eventually("both are reached", || {
            assert!(!is_denied(&ask(&host, 1, SHORT_MS)[0]));
            let arrived: HashSet<_> = network.arrivals().into_iter().collect();
            if arrived.len() == 2 { Ok(()) } else { Err(arrived) }
        });
        let arrived: HashSet<_> = network.arrivals().iter().map(|at| at.ip().to_string()).collect();
        assert_eq!(arrived, HashSet::from(["93.184.216.34".to_owned(), "93.184.216.35".to_owned()]));
    });
}
