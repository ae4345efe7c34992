//! Addresses that no group reaches, in every spelling: each leads an ordinary client to its canary, and a connector
//! nowhere.

use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use lockgate_tests::network::{self, Network, OWN};
use lockgate_tests::{Home, Host, Record, Reply, Serve, guests, http_client};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// Well-formed URLs, with where they lead. They are refused for what their address is.
pub(super) const ADDRESSES: [(&str, &str); 55] = [
    ("http://127.0.0.1/", "127.0.0.1:80"),
    ("HTTP://127.0.0.1:80/", "127.0.0.1:80"),
    ("http://127.0.0.1:080/", "127.0.0.1:80"),
    ("http://127.0.0.1:8080/", "127.0.0.1:8080"),
    ("http://127.8.8.8/", "127.8.8.8:80"),
    ("http://127.0.0.1?@site.probe.example/", "127.0.0.1:80"),
    ("http://0.0.0.0/", "127.0.0.1:80"),
    ("http://10.0.0.1/", "10.0.0.1:80"),
    ("http://10.0.0.1:8080/", "10.0.0.1:8080"),
    ("http://10.255.255.255/", "10.255.255.255:80"),
    ("http://100.64.0.0/", "100.64.0.0:80"),
    ("http://100.127.255.255/", "100.127.255.255:80"),
    ("http://100.100.100.200/", "100.100.100.200:80"),
    ("http://169.254.0.0/", "169.254.0.0:80"),
    ("http://169.254.169.254/latest/meta-data/", "169.254.169.254:80"),
    ("http://169.254.255.255/", "169.254.255.255:80"),
    ("http://168.63.129.16/", "168.63.129.16:80"),
    ("http://172.16.0.0/", "172.16.0.0:80"),
    ("http://172.31.255.255/", "172.31.255.255:80"),
    ("http://192.0.0.192/", "192.0.0.192:80"),
    ("http://192.88.99.1/", "192.88.99.1:80"),
    ("http://192.168.0.0/", "192.168.0.0:80"),
    ("http://192.168.255.255/", "192.168.255.255:80"),
    ("http://198.18.0.0/", "198.18.0.0:80"),
    ("http://198.19.255.255/", "198.19.255.255:80"),
    ("http://198.51.100.7/", "198.51.100.7:80"),
    ("http://203.0.113.7/", "203.0.113.7:80"),
    ("http://240.0.0.1/", "240.0.0.1:80"),
    ("http://192.0.2.1/", "192.0.2.1:80"),
    ("http://[::1]/", "[::1]:80"),
    ("http://[0:0:0:0:0:0:0:1]/", "[::1]:80"),
    ("http://[0000:0000:0000:0000:0000:0000:0000:0001]/", "[::1]:80"),
    ("http://[::]/", "[::1]:80"),
    ("http://[::ffff:127.0.0.1]/", "127.0.0.1:80"),
    ("http://[::ffff:7f00:1]/", "127.0.0.1:80"),
    ("http://[0:0:0:0:0:FFFF:A00:1]/", "10.0.0.1:80"),
    ("http://[::ffff:169.254.169.254]/", "169.254.169.254:80"),
    ("http://[::10.0.0.1]/", "[::a00:1]:80"),
    ("http://[64:ff9b::10.0.0.1]/", "[64:ff9b::a00:1]:80"),
    ("http://[64:ff9b::a9fe:a9fe]/", "[64:ff9b::a9fe:a9fe]:80"),
    ("http://[64:ff9b:1::a00:1]/", "[64:ff9b:1::a00:1]:80"),
    ("http://[2002:a00:1::1]/", "[2002:a00:1::1]:80"),
    ("http://[2001:0:a00:1::1]/", "[2001:0:a00:1::1]:80"),
    ("http://[2600::5efe:10.0.0.1]/", "[2600::5efe:a00:1]:80"),
    ("http://[2600::200:5efe:a9fe:a9fe]/", "[2600::200:5efe:a9fe:a9fe]:80"),
    ("http://[fd00:ec2::254]/", "[fd00:ec2::254]:80"),
    ("http://[fc00::1]/", "[fc00::1]:80"),
    ("http://[fdff:ffff::1]/", "[fdff:ffff::1]:80"),
    ("http://[fec0::1]/", "[fec0::1]:80"),
    ("http://[100::1]/", "[100::1]:80"),
    ("http://[2001:db8::1]/", "[2001:db8::1]:80"),
    ("http://[2001:db8:1::1]/", "[2001:db8:1::1]:80"),
    ("http://[3fff::1]/", "[3fff::1]:80"),
    ("http://[5f00::1]/", "[5f00::1]:80"),
    ("http://[4000::1]/", "[4000::1]:80"),
];

/// Names that the group's destination `*.probe.example` holds, with where they lead.
pub(super) const NAMES: [(&str, &str); 14] = [
    ("http://loop.probe.example/", "127.0.0.1:80"),
    ("http://LOOP.Probe.EXAMPLE/", "127.0.0.1:80"),
    ("http://loop.probe.example:8080/", "127.0.0.1:8080"),
    ("http://zero.probe.example/", "127.0.0.1:80"),
    ("http://ten.probe.example/", "10.0.0.1:80"),
    ("http://meta.probe.example/", "169.254.169.254:80"),
    ("http://shared.probe.example/", "100.64.0.0:80"),
    ("http://own.probe.example/", "192.0.2.1:80"),
    ("http://loop6.probe.example/", "[::1]:80"),
    ("http://ula.probe.example/", "[fd00:ec2::254]:80"),
    ("http://mapped.probe.example/", "10.0.0.1:80"),
    ("http://nat64.probe.example/", "[64:ff9b::a00:1]:80"),
    ("http://alias.probe.example/", "10.0.0.1:80"),
    ("http://deep.down.probe.example/", "10.0.0.1:80"),
];

/// Spellings that some reader takes for an address or for another host. They are refused for how they are written.
const SPELLINGS: [(&str, &str); 42] = [
    // Numbers as inet_aton reads them.
    ("http://2130706433/", "127.0.0.1:80"),
    ("http://167772161/", "10.0.0.1:80"),
    ("http://2852039166/", "169.254.169.254:80"),
    ("http://0/", "127.0.0.1:80"),
    ("http://0177.0.0.1/", "127.0.0.1:80"),
    ("http://017700000001/", "127.0.0.1:80"),
    ("http://012.0.0.1/", "10.0.0.1:80"),
    ("http://0251.0376.0251.0376/", "169.254.169.254:80"),
    ("http://127.000.000.001/", "127.0.0.1:80"),
    ("http://0x7f000001/", "127.0.0.1:80"),
    ("http://0x7F.0x0.0x0.0x1/", "127.0.0.1:80"),
    ("http://0xa.0.0.1/", "10.0.0.1:80"),
    ("http://0xA9FEA9FE/", "169.254.169.254:80"),
    ("http://0xa9.0376.43518/", "169.254.169.254:80"),
    ("http://127.1/", "127.0.0.1:80"),
    ("http://127.0.1/", "127.0.0.1:80"),
    ("http://10.1/", "10.0.0.1:80"),
    ("http://169.254.43518/", "169.254.169.254:80"),
    // Dots.
    ("http://127.0.0.1./", "127.0.0.1:80"),
    ("http://169.254.169.254./", "169.254.169.254:80"),
    ("http://ten.probe.example./", "10.0.0.1:80"),
    ("http://127%2e0%2e0%2e1/", "127.0.0.1:80"),
    ("http://169.254.169%2E254/", "169.254.169.254:80"),
    ("http://%31%30.0.0.1/", "10.0.0.1:80"),
    ("http://ten%2Eprobe.example/", "10.0.0.1:80"),
    // What IDNA maps (RFC 5895).
    ("http://\u{ff11}\u{ff12}\u{ff17}.0.0.1/", "127.0.0.1:80"),
    ("http://127\u{3002}0\u{3002}0\u{3002}1/", "127.0.0.1:80"),
    ("http://\u{2460}\u{2461}\u{2466}.0.0.1/", "127.0.0.1:80"),
    ("http://ten.\u{ff50}robe.example/", "10.0.0.1:80"),
    // User names, backslashes, slashes, blanks.
    ("http://site.probe.example@127.0.0.1/", "127.0.0.1:80"),
    ("http://site.probe.example:80@169.254.169.254/", "169.254.169.254:80"),
    ("http://site.probe.example%2F@10.0.0.1/", "10.0.0.1:80"),
    ("http://127.0.0.1\\@site.probe.example/", "127.0.0.1:80"),
    ("http:\\\\127.0.0.1\\", "127.0.0.1:80"),
    ("http:/127.0.0.1/", "127.0.0.1:80"),
    ("http:127.0.0.1", "127.0.0.1:80"),
    ("http:///127.0.0.1/", "127.0.0.1:80"),
    (" http://127.0.0.1/ ", "127.0.0.1:80"),
    ("ht\ntp://127.0\t.0.1/", "127.0.0.1:80"),
    ("http://127.0.0.1#@site.probe.example/", "127.0.0.1:80"),
    // Zones.
    ("http://[fe80::1%25lo]/", "[fe80::1]:80"),
    ("http://[::1%25lo]/", "[::1]:80"),
];

/// Just outside of each range.
pub(super) const OUTSIDE: [&str; 36] = [
    "1.0.0.0",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "168.63.129.15",
    "168.63.129.17",
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "191.255.255.255",
    "192.0.1.0",
    "192.0.3.0",
    "192.88.98.255",
    "192.88.100.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "198.51.99.255",
    "198.51.101.0",
    "203.0.112.255",
    "203.0.114.0",
    "223.255.255.255",
    "[::ffff:9.255.255.255]",
    "[64:ff9b::9.255.255.255]",
    "[2000::1]",
    "[2001:200::1]",
    "[2001:db7:ffff::1]",
    "[2001:db9::1]",
    "[2001:ffff::1]",
    "[2003::1]",
    "[2600::5efe:9.255.255.255]",
];

/// Names that no destination holds, though they look as if.
const DENIED: [&str; 6] = [
    "http://elsewhere.example/",
    "http://probe.example/",
    "http://evilprobe.example/",
    "http://site.probe.example.evil.example/",
    "http://site-probe.example/",
    "http://site.probe.example:8081/",
];

pub(super) fn zone(name: &str, _times: usize) -> Vec<Record> {
    let address = |text: &str| Record::Address(text.parse().unwrap());
    match name {
        "loop.probe.example" => vec![address("127.0.0.1")],
        "zero.probe.example" => vec![address("0.0.0.0")],
        "meta.probe.example" => vec![address("169.254.169.254")],
        "shared.probe.example" => vec![address("100.64.0.0")],
        "own.probe.example" => vec![address(OWN[0])],
        "loop6.probe.example" => vec![address("::1")],
        "ula.probe.example" => vec![address("fd00:ec2::254")],
        "mapped.probe.example" => vec![address("::ffff:10.0.0.1")],
        "nat64.probe.example" => vec![address("64:ff9b::a00:1")],
        "alias.probe.example" => vec![Record::Alias("inner.corp.example"), address("10.0.0.1")],
        "ten.probe.example" | "deep.down.probe.example" => vec![address("10.0.0.1")],
        _ => vec![address("93.184.216.34")],
    }
}

/// A host whose groups `g` and `h` have a destination for each URL, and whose configuration names these addresses.
fn host(reachable: &[SocketAddr]) -> Host {
    let host = Serve::new().reaching_addresses(reachable.iter().copied()).start();
    let group = |slug: &str, urls: Vec<String>| {
        let mut urls = urls;
        urls.sort();
        urls.dedup();
        let destinations: Vec<_> = urls.iter().map(|url| json!({"url": url, "credential": "none"})).collect();
        host.group(slug, json!({"capabilities": ["http", "signing"], "destinations": destinations}));
        host.load(slug, guests::HTTP.bytes()).status(201);
    };
    let mut urls: Vec<_> = ADDRESSES.iter().map(|(url, _)| canonical(url)).collect();
    urls.extend(["http://*.probe.example".to_owned(), "http://*.probe.example:8080".to_owned()]);
    group("g", urls);
    group("h", OUTSIDE.iter().map(|address| format!("http://{address}")).collect());
    host
}

/// Scheme, address and port of a URL, in the spelling that `reqwest` has.
fn canonical(url: &str) -> String {
    let url = reqwest::Url::parse(url).unwrap();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("http://{}{port}", url.host_str().unwrap())
}

/// Where ordinary clients arrive.
fn unguarded(network: &Network, runtime: &Runtime, url: &str) -> Vec<SocketAddr> {
    let before = network.arrivals().len();
    let client = http_client().timeout(Duration::from_secs(5)).build().unwrap();
    let _ = runtime.block_on(async { client.get(url).send().await });
    let mut curl = Command::new("curl");
    let _ = curl.args(["--silent", "--globoff", "--noproxy", "*", "--max-time", "5", url]).output().expect("curl");
    let arrived = network.arrivals();
    assert!(arrived.len() >= before);
    // Servers are listed one after the other, so what is new may be anywhere.
    arrived
}

fn send(host: &Host, group: &str, url: &str) -> lockgate_tests::Ran {
    let input = json!({"url": url}).to_string();
    host.run(["invoke", &format!("{group}/send"), "--input", &input])
}

fn arrivals_at(network: &Network, at: &str) -> usize {
    let at: SocketAddr = at.parse().unwrap();
    network.arrivals().iter().filter(|address| address.ip() == at.ip() && address.port() == at.port()).count()
}

#[test]
fn no_spelling_reaches_an_address_that_is_not_public() {
    network::run("egress::addresses::no_spelling_reaches_an_address_that_is_not_public", || {
        let home = Home::new();
        let network = Network::lay(&home, |seen| Reply::new(200).body(seen.to.to_string()), zone);
        Command::new("ip").args("-6 address add fe80::1/64 dev lo nodad".split(' ')).status().unwrap();
        let runtime = Runtime::new().unwrap();
        let mut wrong: Vec<String> = Vec::new();

        // Without the guard. Clients first, which read every spelling.
        for (url, at) in ADDRESSES.iter().chain(&NAMES).chain(&SPELLINGS) {
            let before = arrivals_at(&network, at);
            unguarded(&network, &runtime, url);
            if arrivals_at(&network, at) == before {
                wrong.push(format!("{url:?} leads no client to {at}"));
            }
        }
        // And the host itself, with every address named in its configuration.
        let mut named: Vec<SocketAddr> = ADDRESSES.iter().chain(&NAMES).map(|(_, at)| at.parse().unwrap()).collect();
        named.extend(["0.0.0.0:80".parse::<SocketAddr>().unwrap(), "[::]:80".parse().unwrap()]);
        let open = host(&named);
        for (url, at) in ADDRESSES.iter().chain(&NAMES) {
            let (before, ran) = (arrivals_at(&network, at), send(&open, "g", url));
            // A connection that is open already brings no new arrival, but the answer says where it leads.
            let reached = arrivals_at(&network, at) > before || ran.stdout.contains(&format!("\"body\":\"{at}\""));
            if ran.code != 0 || !reached {
                wrong.push(format!("{url:?} is not reached by a host that names {at}: {ran:?}"));
            }
        }
        drop(open);
        assert!(wrong.is_empty(), "{wrong:#?}");

        let host = host(&[]);
        network.dns.take();
        let before = network.arrivals().len();
        let mut refuse = |urls: &[(&str, &str)], code: &str| {
            for (url, at) in urls {
                let ran = send(&host, "g", url);
                if ran.code != 1 || !ran.stderr.contains(code) || network.arrivals().len() != before {
                    wrong.push(format!("{url:?} ({at}): {ran:?}"));
                }
            }
        };
        refuse(&ADDRESSES, "denied");
        refuse(&SPELLINGS, "invalid-request");
        assert_eq!(network.dns.take(), [""; 0], "an address has no name, and a refused URL is not resolved");
        refuse(&NAMES, "denied");
        network.dns.take();
        for url in DENIED {
            refuse(&[(url, "")], "denied");
        }
        assert_eq!(network.dns.take(), [""; 0], "a name that no destination holds is not resolved");
        // The host's own listener.
        let own = format!("http://{}/readyz", host.address());
        host.set("g", json!({"destinations": [{"url": format!("http://{}", host.address()), "credential": "none"}]}));
        refuse(&[(&own, "")], "denied");
        assert!(wrong.is_empty(), "{wrong:#?}");

        for address in OUTSIDE {
            let ran = send(&host, "h", &format!("http://{address}/"));
            let status = serde_json::from_str::<Value>(&ran.stdout).map(|output| output["status"].clone());
            assert_eq!(status.unwrap_or_default(), 200, "{address}: {ran:?}");
        }
    });
}
