//! Where a host listens: TLS of its own, a proxy before it, and what a request's origin decides.

use lockgate_tests::{Answer, Authority, Home, Host, Ran, Serve, eventually, guests, http_client, program};
use reqwest::{Certificate, ClientBuilder, Method, Version};
use serde_json::json;
use tokio::runtime::Runtime;

const GROUPS: &str = "/v1/workspaces/default/groups";

/// The address of a host with TLS; `Host` itself knows the one for commands on this machine.
fn https(host: &Host) -> String {
    let log = host.log();
    let line = log.lines().find_map(|line| line.strip_prefix("listening on ")).expect("an address");
    assert!(line.starts_with("https://"), "{line}");
    line.to_owned()
}

/// A new connection of a client that trusts this authority: status and version, or what went wrong.
fn ask(client: ClientBuilder, authority: &Authority, url: &str, token: &str) -> Result<(u16, Version), String> {
    let root = Certificate::from_pem(authority.pem().as_bytes()).unwrap();
    let client = client.tls_certs_only([root]).build().unwrap();
    Runtime::new().unwrap().block_on(async {
        let answer = client.get(url).bearer_auth(token).send().await.map_err(|error| format!("{error:?}"))?;
        Ok((answer.status().as_u16(), answer.version()))
    })
}

#[test]
fn tls_with_http_1_and_2() {
    let (home, authority) = (Home::new(), Authority::new());
    let certified = authority.certify(&home, "127.0.0.1");
    let host = Serve::at(home).with(certified.arguments()).start();
    let url = format!("{}{GROUPS}", https(&host));
    assert_eq!(ask(http_client(), &authority, &url, host.token()), Ok((200, Version::HTTP_2)));
    assert_eq!(ask(http_client().http1_only(), &authority, &url, host.token()), Ok((200, Version::HTTP_11)));
    let stranger = ask(http_client(), &Authority::new(), &url, host.token()).unwrap_err();
    assert!(stranger.contains("InvalidCertificate"), "{stranger}");
    let plain = ask(http_client(), &authority, &url.replace("https://", "http://"), host.token()).unwrap_err();
    assert!(!plain.contains("200"), "{plain}");
    // Commands on this machine have a plain listener on loopback.
    host.run(["group", "create", "found"]).ok();
    assert!(host.address().starts_with("127.0.0.1:") && !url.contains(host.address()), "{url}");
}

#[test]
fn many_calls_at_one_time_over_one_connection() {
    let (home, authority) = (Home::new(), Authority::new());
    let certified = authority.certify(&home, "127.0.0.1");
    let host = Serve::at(home).with(certified.arguments()).start();
    host.with_guest(&guests::LIMITS, json!({}));
    let root = Certificate::from_pem(authority.pem().as_bytes()).unwrap();
    let client = http_client().tls_certs_only([root]).http2_prior_knowledge().build().unwrap();
    let url = format!("{}{GROUPS}/g/connectors/input/invoke", https(&host));
    let call = |number: usize| {
        let input = "x".repeat(number * 1000);
        client.post(&url).bearer_auth(host.token()).json(&json!({"input": input}))
    };
    let answers: Vec<Answer> = host.send_all((0..40).map(call));
    for (number, answer) in answers.into_iter().enumerate() {
        assert_eq!(answer.status(200).output(), json!(number * 1000));
    }
}

#[test]
fn the_command_line_speaks_tls_to_other_machines() {
    let (home, authority) = (Home::new(), Authority::new());
    let certified = authority.certify(&home, "127.0.0.1");
    let host = Serve::at(home).with(certified.arguments()).start();
    let ca = host.home.write("ca.pem", authority.pem());
    let list = |url: &str, ca: Option<&std::path::Path>| {
        let mut command = host.home.command(program("lockgate"));
        command.args(["group", "list"]).env("LOCKGATE_URL", url).env("LOCKGATE_TOKEN", host.token());
        if let Some(ca) = ca {
            command.env("LOCKGATE_CA", ca);
        }
        Ran::of(&mut command)
    };
    let url = https(&host);
    list(&url, Some(&ca)).ok();
    list(&url, None).exits(1).says("does not answer");
    list(&url, Some(&certified.key)).exits(2).says("LOCKGATE_CA").says("BEGIN CERTIFICATE");
    list("http://gate.example", None).exits(2).says("expected `https://`");
}

#[test]
fn a_new_certificate_is_taken_without_a_restart() {
    let (home, first, second) = (Home::new(), Authority::new(), Authority::new());
    let certified = first.certify(&home, "127.0.0.1");
    let host = Serve::at(home).with(certified.arguments()).start();
    let url = format!("{}/healthz", https(&host));
    assert!(ask(http_client(), &first, &url, "").is_ok());
    // A broken file changes nothing.
    host.home.write("cert.pem", "nothing");
    host.hang_up();
    host.logs("the one before stays");
    assert!(ask(http_client(), &first, &url, "").is_ok());
    // Files are looked at every 10 s, and at the signal.
    second.certify(&host.home, "127.0.0.1");
    host.hang_up();
    eventually("the second certificate is shown", || ask(http_client(), &second, &url, ""));
    assert!(ask(http_client(), &first, &url, "").is_err());
}

#[test]
fn without_tls_a_hang_up_does_not_end_it() {
    let host = Host::start();
    host.hang_up();
    host.group("g", json!({}));
}

#[test]
fn the_local_admin_token_works_from_this_machine_only() {
    let from = |host: &Host, token: &str, address: &str| {
        host.send(host.shown(token, Method::GET, GROUPS).header("x-forwarded-for", address))
    };
    let host = Serve::new().with(["--behind-proxy"]).start();
    from(&host, host.token(), "127.0.0.1").status(200);
    host.send(host.admin(Method::GET, GROUPS)).status(200);
    for elsewhere in ["203.0.113.5", "127.0.0.1, 203.0.113.5", "unknown"] {
        let refused = from(&host, host.token(), elsewhere).problem(403, "LG1050");
        assert!(refused["detail"].as_str().unwrap().contains("allow_remote_admin"), "{refused}");
    }
    let other = host.token_with("admin", json!({}));
    from(&host, &other, "203.0.113.5").status(200);
    let listed = host.send(host.admin(Method::GET, "/v1/organizations/default/tokens")).json();
    assert_eq!(listed["items"][0]["local"], true);

    let host = Serve::at(host.end()).with(["--behind-proxy", "--allow-remote-admin"]).start();
    from(&host, host.token(), "203.0.113.5").status(200);

    // Without a proxy the header is anybody's.
    let host = Serve::at(host.end()).start();
    from(&host, host.token(), "203.0.113.5").status(200);
}

#[test]
fn a_replaced_admin_token_is_for_this_machine_too() {
    let home = Host::start().end();
    home.run(["token", "create", "--data-dir", home.data().to_str().unwrap()]).ok();
    let host = Serve::at(home).with(["--behind-proxy"]).start();
    let far = host.admin(Method::GET, GROUPS).header("x-forwarded-for", "203.0.113.5");
    host.send(far).problem(403, "LG1050");
    host.send(host.admin(Method::GET, GROUPS)).status(200);
}

#[test]
fn what_reached_the_proxy_in_the_clear_is_refused() {
    let host = Serve::new().with(["--behind-proxy"]).start();
    let by = |proto: &str| host.send(host.admin(Method::GET, GROUPS).header("x-forwarded-proto", proto));
    by("https").status(200);
    by("http").problem(403, "LG1051");
    let host = Serve::at(host.end()).start();
    host.send(host.admin(Method::GET, GROUPS).header("x-forwarded-proto", "http")).status(200);
}

#[test]
fn a_public_listener_with_tls_or_a_proxy_starts() {
    let (home, authority) = (Home::new(), Authority::new());
    let certified = authority.certify(&home, "127.0.0.1");
    let host = Serve::at(home).with(["--listen", "0.0.0.0:0"]).with(certified.arguments()).start();
    host.run(["group", "create", "g"]).ok();
    for address in ["0.0.0.0:0", "[::]:0"] {
        let host = Serve::new().with(["--listen", address, "--behind-proxy"]).start();
        host.run(["group", "create", "g"]).ok();
    }
}

#[test]
fn files_that_do_not_fit_are_told() {
    let (home, authority) = (Home::new(), Authority::new());
    let certified = authority.certify(&home, "127.0.0.1");
    let cert = certified.cert.to_str().unwrap();
    let other = home.write("other.pem", std::fs::read(&certified.key).unwrap());
    authority.certify(&home, "127.0.0.1");
    let serve = |key: &str| home.run(["serve", "--tls-cert", cert, "--tls-key", key]).exits(1);
    serve(other.to_str().unwrap()).says("`tls_cert` and `tls_key`");
    serve("missing.pem").says("`tls_key = missing.pem`");
    serve(cert).says("expected a private key in PEM");
    home.run(["serve", "--tls-cert", cert]).exits(2).says("expected both");
    assert!(!home.work().join("lockgate-data").exists(), "nothing is made before");
}
