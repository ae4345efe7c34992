use super::*;

#[test]
fn an_empty_file_is_the_defaults() {
    let defaults = Configuration {
        data_dir: "lockgate-data".into(),
        database_url: None,
        listener: Listener { address: "127.0.0.1:7747".parse().unwrap(), tls: None, behind_proxy: false },
        community_dirs: Vec::new(),
        drain: Duration::from_secs(30),
        instances: 1000,
        guest_memory_bytes: None,
        connections: 10_000,
        bodies: BodyBytes { memory: 512 << 20, disk: 4 << 30 },
        host: HostSettings {
            public_url: None,
            allow_remote_admin: false,
            traces: None,
            calls_per_token: 256,
            ceilings: lockgate_domain::Ceilings::default(),
            loaded_plugins: 1000,
            retention: Retention { calls_days: 7, calls_bytes: 1 << 30, audit_days: 365 },
            internal_logs: true,
            console: lockgate_flow::ConsoleSettings {
                idle: Duration::from_secs(8 * 3600),
                lifetime: Duration::from_secs(24 * 3600),
            },
        },
        keys: KeySettings::default(),
        egress: EgressSettings::default(),
        log: "info".into(),
    };
    assert_eq!(Configuration::parse("", Overrides::default()).unwrap(), defaults);
}

#[test]
fn arguments_beat_the_file_and_unknown_keys_are_errors() {
    let overrides = Overrides { listen: Some("127.0.0.1:0".into()), ..Overrides::default() };
    let read = Configuration::parse("listen = '127.0.0.1:1'\ninstances = 5", overrides).unwrap();
    assert_eq!((read.listener.address.port(), read.instances), (0, 5));
    let error = Configuration::parse("colour = 'red'", Overrides::default()).unwrap_err();
    assert!(error.is::<Usage>() && error.to_string().contains("colour"), "{error:#}");
}

#[test]
fn a_database_url_is_never_repeated() {
    let url = "postgres://ada:hunter2@db.example/lockgate";
    let read = Configuration::parse(&format!("database_url = '{url}'"), Overrides::default()).unwrap();
    let shown = format!("{read:?}");
    assert!(shown.contains("postgres://***@db.example:5432/lockgate") && !shown.contains("hunter2"), "{shown}");
    for wrong in ["database_url = 'mysql://ada:hunter2@x/y'", "database_url = 'hunter2", "database_url = ['hunter2']"] {
        let error = format!("{:#}", Configuration::parse(wrong, Overrides::default()).unwrap_err());
        assert!(!error.contains("hunter2"), "{error}");
    }
}

#[test]
fn a_public_listener_needs_tls_or_a_proxy() {
    let public = "listen = '0.0.0.0:80'";
    let refused = Configuration::parse(public, Overrides::default()).unwrap_err().to_string();
    assert!(refused.contains("--behind-proxy") && refused.contains("--tls-cert"), "{refused}");
    let proxied = format!("{public}\nbehind_proxy = true");
    assert!(Configuration::parse(&proxied, Overrides::default()).is_ok());
    let overrides = Overrides { behind_proxy: Some(false), ..Overrides::default() };
    assert!(Configuration::parse(&proxied, overrides).is_err(), "an argument can take it back");
    let with_tls = format!("{public}\ntls_cert = 'cert.pem'\ntls_key = 'key.pem'");
    assert!(Configuration::parse(&with_tls, Overrides::default()).is_ok());
    for half in ["tls_cert = 'cert.pem'", "tls_key = 'key.pem'"] {
        let error = Configuration::parse(half, Overrides::default()).unwrap_err().to_string();
        assert!(error.contains("expected both"), "{error}");
    }
}

#[test]
fn the_public_url_is_an_origin() {
    let read = Configuration::parse("public_url = 'https://gate.example/'", Overrides::default()).unwrap();
    assert_eq!(read.host.public_url.unwrap().as_str(), "https://gate.example");
    let error = Configuration::parse("public_url = 'gate.example'", Overrides::default()).unwrap_err().to_string();
    assert!(error.contains("`public_url`: expected scheme and host"), "{error}");
}

#[test]
fn traces_go_nowhere_unless_a_collector_is_named() {
    let read = |text: &str| Configuration::parse(text, Overrides::default());
    assert_eq!(read("otlp_headers = 'a=b'\ntrace_ratio = 0.5").unwrap().host.traces, None);
    let to = "otlp_endpoint = 'http://127.0.0.1:4318'";
    let with = read(&format!("{to}\notlp_headers = 'authorization=Bearer hunter2'")).unwrap();
    assert!(with.host.traces.is_some() && !format!("{with:?}").contains("hunter2"), "{with:?}");
    for (text, named) in [
        ("otlp_endpoint = 'here'".to_owned(), "`otlp_endpoint`"),
        (format!("{to}\notlp_headers = 'hunter2'"), "`otlp_headers`"),
        (format!("{to}\ntrace_ratio = 2.0"), "`trace_ratio`"),
    ] {
        let error = read(&text).unwrap_err().to_string();
        assert!(error.contains(named) && !error.contains("hunter2"), "{error}");
    }
}

#[test]
fn what_groups_may_reach_is_granted_by_name() {
    let text = "reachable = ['127.0.0.1:8080']\n[[internal]]\norganization = 'acme'\nworkspace = 'shop'\n\
                ranges = ['10.1.0.0/16']\nports = [443, '8000-8999']";
    let read = Configuration::parse(text, Overrides::default()).unwrap().egress;
    assert!(read.reachable.contains(&"127.0.0.1:8080".parse().unwrap()));
    let grants = read.grants(&"acme".parse().unwrap(), Some(&"shop".parse().unwrap()));
    let holds = |address: &str, port| grants.hold(address.parse().unwrap(), port);
    assert!(holds("10.1.2.3", 8500) && !holds("10.1.2.3", 80) && !holds("10.2.0.1", 443));
    for wrong in ["ranges = ['10.1.0.1/16']", "ranges = []\nports = ['9-1']", "ranges = []\ncolour = 1"] {
        let text = format!("[[internal]]\norganization = 'acme'\n{wrong}");
        assert!(Configuration::parse(&text, Overrides::default()).unwrap_err().is::<Usage>(), "{wrong}");
    }
}

#[test]
fn what_the_host_itself_uses_is_no_groups() {
    let text = "database_url = 'postgres://ada:hunter2@db.example/lockgate'\notlp_endpoint = 'https://otlp.example'";
    let read = Configuration::parse(text, Overrides::default()).unwrap().egress;
    assert_eq!(read.used, [("db.example".to_owned(), 5432), ("otlp.example".to_owned(), 443)]);
    let socket = "database_url = 'postgres:///lockgate?host=/run/postgresql'";
    assert_eq!(Configuration::parse(socket, Overrides::default()).unwrap().egress.used, []);
}

#[test]
fn authorities_are_certificates_in_files() {
    let wrong = Configuration::parse("upstream_authorities = ['/dev/null']", Overrides::default()).unwrap_err();
    assert!(wrong.is::<Usage>() && wrong.to_string().contains("`/dev/null`"), "{wrong}");
    let missing = Configuration::parse("upstream_authorities = ['/missing.pem']", Overrides::default()).unwrap_err();
    assert!(missing.is::<Usage>() && missing.to_string().contains("`/missing.pem`"), "{missing}");
}
