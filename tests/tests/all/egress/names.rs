//! Names that change what they mean, names that nobody answers for, and redirects that lead away.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use lockgate_tests::network::{self, Network};
use lockgate_tests::{Home, Host, Record, Reply, Seen, Serve, guests};
use serde_json::{Value, json};

/// How long the resolver waits for a name that nobody answers for: longer than what is to happen meanwhile takes.
const PATIENT: Duration = Duration::from_secs(10);
const PUBLIC: &str = "93.184.216.34";
const PRIVATE: &str = "10.0.0.1";
const SITE: &str = "http://site.probe.example";

/// `/STATUS?to=URL` redirects there; everything else is answered with the address that was asked.
fn reply(seen: &Seen) -> Reply {
    let status = seen.path().trim_start_matches('/').parse::<u16>().ok();
    let reply = match (status, seen.query("to")) {
        (Some(status), Some(to)) => Reply::new(status).header("location", to),
        _ => Reply::new(200).body(seen.to.ip().to_string()),
    };
    reply.header("connection", "close")
}

fn host() -> Host {
    let host = Host::start();
    let destinations: Vec<_> =
        ["http://*.probe.example", "http://10.0.0.1", "http://169.254.169.254", "http://[::1]", "http://127.0.0.1"]
            .map(|url| json!({"url": url, "credential": "none"}))
            .into();
    host.group("g", json!({"capabilities": ["http", "signing"], "destinations": destinations}));
    host.load("g", guests::HTTP.bytes()).status(201);
    host
}

#[track_caller]
fn reaches(host: &Host, url: &str, address: &str) {
    assert_eq!(host.invoke("g/send", &json!({"url": url})).output()["body"], address, "{url}");
}

#[track_caller]
fn denied(host: &Host, ask: &Value) {
    let failure = host.invoke("g/send", ask).problem(422, "LG3001")["failure"].take();
    assert_eq!(failure["code"], "denied", "{ask}: {failure}");
}

fn private(network: &Network) -> usize {
    network.arrivals().iter().filter(|at| at.ip().to_string() != PUBLIC).count()
}

fn zone(name: &str, times: usize) -> Vec<Record> {
    let (public, private) = (Record::Address(PUBLIC.parse().unwrap()), Record::Address(PRIVATE.parse().unwrap()));
    match name {
        // Public for the check, private for the connection: the attack on whoever resolves twice.
        "rebinding.probe.example" if times == 0 => vec![public],
        "turning.probe.example" if times.is_multiple_of(2) => vec![public],
        "rebinding.probe.example" | "turning.probe.example" => vec![private],
        "alias.probe.example" => vec![Record::Alias("inner.corp.example"), private],
        "long.probe.example" => {
            vec![
                Record::Alias("one.example"),
                Record::Alias("two.probe.example"),
                Record::Alias("inner.example"),
                private,
            ]
        }
        "mixed.probe.example" => vec![private, public],
        "mixed6.probe.example" => vec![Record::Address("::1".parse().unwrap()), public],
        _ if name.starts_with("silent") => vec![Record::Silence],
        _ => vec![public],
    }
}

#[test]
fn a_name_is_resolved_once_and_what_it_means_then_is_checked() {
    network::run("egress::names::a_name_is_resolved_once_and_what_it_means_then_is_checked", || {
        let home = Home::new();
        let network = Network::lay(&home, reply, zone);
        let host = host();
        network.dns.take();
        reaches(&host, "http://rebinding.probe.example/", PUBLIC);
        // Once for each family.
        assert_eq!(network.dns.take(), ["rebinding.probe.example"; 2]);
        for _ in 0..3 {
            denied(&host, &json!({"url": "http://rebinding.probe.example/"}));
        }
        for _ in 0..5 {
            reaches(&host, "http://turning.probe.example/", PUBLIC);
            denied(&host, &json!({"url": "http://turning.probe.example/"}));
        }
        for name in ["alias", "long"] {
            denied(&host, &json!({"url": format!("http://{name}.probe.example/")}));
        }
        for name in ["mixed", "mixed6"] {
            for _ in 0..5 {
                reaches(&host, &format!("http://{name}.probe.example/"), PUBLIC);
            }
        }
        assert_eq!(private(&network), 0, "{:?}", network.arrivals());
    });
}

/// A name of a destination is not looked for in the search domains of the machine, where somebody else could have it.
#[test]
fn no_search_domain_is_added_to_a_name() {
    network::run("egress::names::no_search_domain_is_added_to_a_name", || {
        let home = Home::new();
        let zone = |name: &str, _| match name.strip_suffix(network::SEARCH) {
            None if name == "site.probe.example" => vec![Record::Address(PUBLIC.parse().unwrap())],
            None => Vec::new(),
            Some(_) => vec![Record::Address("93.184.216.35".parse().unwrap())],
        };
        let network = Network::lay(&home, reply, zone).searching(&home);
        let host = host();
        network.dns.take();
        reaches(&host, "http://site.probe.example/", PUBLIC);
        let missing = json!({"url": "http://missing.probe.example/"});
        let failure = host.invoke("g/send", &missing).problem(422, "LG3001")["failure"].take();
        assert_eq!(failure["code"], "dns", "{failure}");
        let asked: HashSet<_> = network.dns.take().into_iter().collect();
        let expected = ["site.probe.example", "missing.probe.example"].map(str::to_owned);
        assert_eq!(asked, HashSet::from(expected));
        // The server that is reached knows the name as it was written.
        assert!(network.seen().iter().all(|seen| seen.header("host") == Some("site.probe.example")));
    });
}

/// Nothing breaks off a lookup. Those that nobody waits for any longer count too, or a group with a wildcard could ask for
/// names until no thread of the host is left.
#[test]
fn names_that_nobody_answers_for_hold_up_their_own_group_alone() {
    network::run("egress::names::names_that_nobody_answers_for_hold_up_their_own_group_alone", || {
        let home = Home::new();
        let network = Network::lay(&home, reply, zone).patient(&home, PATIENT);
        let host = host();
        let destination = json!({"url": SITE, "credential": "none"});
        host.group("h", json!({"capabilities": ["http", "signing"], "destinations": [destination]}));
        host.load("h", guests::HTTP.bytes()).status(201);
        let began = Instant::now();
        std::thread::scope(|scope| {
            let host = &host;
            for number in 0..40 {
                scope.spawn(move || {
                    let ask = json!({"url": format!("http://silent{number}.probe.example/")});
                    let answer = host.send(host.call("g/send", &ask).header("lockgate-deadline-ms", 1000));
                    assert!(matches!(answer.status, 422 | 504), "{answer:#?}");
                });
            }
        });
        let asked: HashSet<_> = network.dns.take().into_iter().collect();
        assert!((1..=8).contains(&asked.len()), "{asked:?}");
        let site = json!({"url": SITE});
        assert_eq!(host.invoke("h/send", &site).output()["body"], PUBLIC);
        assert!(began.elapsed() < PATIENT, "the resolver had given up: {:?}", began.elapsed());
        // When the resolver gives up, the turns are there again.
        assert_eq!(host.invoke("g/send", &site).output()["body"], PUBLIC);
        assert_eq!(private(&network), 0, "{:?}", network.arrivals());
    });
}

#[test]
fn no_redirect_leads_to_a_private_address_or_a_stranger() {
    network::run("egress::names::no_redirect_leads_to_a_private_address_or_a_stranger", || {
        let home = Home::new();
        let network = Network::lay(&home, reply, zone);
        let host = host();
        let through = |status: u16, to: &str| {
            let to = lockgate_tests::percent::encoded(to);
            json!({"url": format!("{SITE}/{status}?to={to}"), "redirects": 5})
        };
        for status in [301, 302, 303, 307, 308] {
            assert_eq!(host.invoke("g/send", &through(status, "/there")).output()["body"], PUBLIC);
            assert_eq!(host.invoke("g/send", &through(status, "//other.probe.example/")).output()["body"], PUBLIC);
            for to in [
                "http://alias.probe.example/",
                "http://10.0.0.1/",
                "http://169.254.169.254/latest/",
                "http://[::1]/",
                "//127.0.0.1/",
            ] {
                denied(&host, &through(status, to));
            }
            network.dns.take();
            for to in [
                "http://elsewhere.example/",
                "//elsewhere.example/",
                "https://site.probe.example/",
                "http://site.probe.example:8080/",
            ] {
                denied(&host, &through(status, to));
            }
            assert!(!network.dns.take().iter().any(|name| name.contains("elsewhere")));
            for to in [
                "http://2130706433/",
                "http://a@127.0.0.1/",
                "http://127.0.0.1\\@site.probe.example/",
                "ftp://10.0.0.1/",
                "http://0x7f.1/",
            ] {
                let failure = host.invoke("g/send", &through(status, to)).problem(422, "LG3001")["failure"].take();
                assert_eq!(failure["code"], "redirect", "{status} {to}: {failure}");
            }
        }
        assert_eq!(private(&network), 0, "{:?}", network.arrivals());
    });
}

/// The store and the collector of traces are the host's, whatever the group was granted.
#[test]
fn what_the_host_itself_uses_is_no_destination() {
    network::run("egress::names::what_the_host_itself_uses_is_no_destination", || {
        let home = Home::new();
        let network = Network::lay(&home, reply, |_, _| vec![Record::Address(PRIVATE.parse().unwrap())]);
        let grant = "[[internal]]\norganization = 'default'\nranges = ['10.0.0.0/8']\n";
        let open = Serve::new().configured(grant).start();
        let closed = Serve::new().configured(&format!("otlp_endpoint = 'http://sink.example'\n{grant}")).start();
        for (host, reached) in [(&open, true), (&closed, false)] {
            let urls = ["http://10.0.0.1", "http://10.0.0.2", "http://*.probe.example"];
            let destinations: Vec<_> = urls.map(|url| json!({"url": url, "credential": "none"})).into();
            let members = json!({
                "resource_type": "INTERNAL", "capabilities": ["http", "signing"], "destinations": destinations,
            });
            host.group("g", members);
            host.load("g", guests::HTTP.bytes()).status(201);
            reaches(host, "http://10.0.0.2/", "10.0.0.2");
            for url in ["http://10.0.0.1/", "http://by-name.probe.example/"] {
                if reached {
                    reaches(host, url, PRIVATE);
                } else {
                    denied(host, &json!({"url": url}));
                }
            }
        }
        assert!(network.arrivals().len() >= 4);
    });
}
