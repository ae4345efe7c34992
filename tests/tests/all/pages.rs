//! `docs/auth.md` and `docs/http.md`, followed in a checkout in which everything is built, `docs/database.md` beside a
//! database, `docs/grpc.md` beside a gRPC server, `docs/packages.md` beside a host, `docs/oauth.md` beside a provider, by a
//! person with a browser, and `docs/scripts.md` in an empty folder.

use std::fs;
use std::os::unix::fs::symlink;

use lockgate_tests::database_servers::{DATABASE, PASSWORD, PostgreSql, USER};
use lockgate_tests::grpc_servers::{GrpcServer, Options};
use lockgate_tests::postgres::free_port;
use lockgate_tests::{
    Authority, Browser, CALLBACK, Home, Provider, Reply, Serve, Upstream, eventually, guests, page, program, root,
};
use serde_json::json;

/// Where the pages have the tracker.
const TRACKER: &str = "127.0.0.1:7801";
/// The token of the page about gRPC.
const STOCK_TOKEN: &str = "token-of-the-stock";

/// The keys of the page about flows.
const MEMOS_KEY: &str = "key-of-the-memos";
const ADAS_KEY: &str = "key-of-ada";

/// The files that `sample-plugins/issues` comes with.
fn groups() -> Vec<String> {
    let entries = fs::read_dir(guests::ISSUES.folder().join("groups")).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Follows a page as it stands there; only the ports are free ones of this machine.
fn followed(name: &str) {
    let (home, tracker) = (Home::new(), format!("127.0.0.1:{}", free_port()));
    let folder = |path: &str| {
        let folder = home.work().join(path);
        fs::create_dir_all(&folder).unwrap();
        folder
    };
    let programs = folder("target/debug");
    for name in ["lockgate", "tracker"] {
        symlink(program(name), programs.join(name)).unwrap();
    }
    symlink(guests::ISSUES.path(), folder("sample-plugins/target/lockgate").join("issues.wasm")).unwrap();
    folder("sample-plugins/issues/groups");
    for name in groups().iter().map(|name| format!("groups/{name}")).chain(["lockgate.toml".to_owned()]) {
        let text = fs::read_to_string(guests::ISSUES.folder().join(&name)).unwrap().replace(TRACKER, &tracker);
        fs::write(home.work().join("sample-plugins/issues").join(name), text).unwrap();
    }
    let mut shell = home.command("/bin/bash");
    // Other tests run beside this one, so the usual port may be taken.
    shell.env("LOCKGATE_LISTEN", format!("127.0.0.1:{}", free_port()));
    page::follow_typing(
        name,
        &mut shell,
        |text| text.replace(TRACKER, &tracker),
        |text| text.replace(&tracker, TRACKER),
    );
}

#[test]
fn auth() {
    followed("auth.md");
}

#[test]
fn http() {
    followed("http.md");
}

#[test]
fn the_page_shows_the_groups_as_they_are() {
    let page = fs::read_to_string(root().join("docs/auth.md")).unwrap();
    for name in groups() {
        let text = fs::read_to_string(guests::ISSUES.folder().join("groups").join(&name)).unwrap();
        let shown = text.split_once("activation:").unwrap().1.split_once("destinations:").unwrap().0;
        assert!(page.contains(&format!("activation:{shown}")), "docs/auth.md does not show {name}");
    }
}

/// `docs/database.md`, followed by somebody who has a database with a table of items.
#[test]
fn database() {
    let authority = Authority::new();
    let server = PostgreSql::start(&authority);
    server.sql(&format!(
        "CREATE TABLE items (id bigint PRIMARY KEY, name text NOT NULL, price numeric(10,2), at timestamptz); \
         ALTER TABLE items OWNER TO {USER}; \
         INSERT INTO items VALUES (1, 'pen', 1.10, '2026-11-29 10:20:30+00'), (2, 'ink', NULL, NULL)"
    ));
    let address = format!("127.0.0.1:{}", server.port()).parse().expect("an address");
    let host = Serve::new().reaching_addresses([address]).start();
    let place = format!("host: localhost, port: {}, name: {DATABASE}", server.port());
    for (name, text) in page::files("database.md") {
        // The page's server is one that everybody reaches, with a certificate of a public authority.
        let text = text.replace("host: db.acme.example, name: shop", &place).replace("EXTERNAL", "INTERNAL");
        let text = match name.as_str() {
            "shop.yaml" => format!("{text}\ncertificate_authorities: [{}]\n", serde_json::json!(authority.pem())),
            _ => text,
        };
        fs::write(host.home.work().join(name), text).expect("a file");
    }
    let programs = host.home.path().join("bin");
    fs::create_dir(&programs).expect("a folder");
    symlink(program("lockgate"), programs.join("lockgate")).expect("a link");
    let mut shell = host.home.command("/bin/bash");
    let path = std::env::var("PATH").expect("a path");
    shell.env("PATH", format!("{}:{path}", programs.display())).env("DB_USER", USER).env("DB_PASSWORD", PASSWORD);
    page::follow("database.md", &mut shell, str::to_owned);
}

/// `docs/flows.md`, followed by somebody who has a system of memos and a chat.
#[test]
fn flows() {
    let upstream = Upstream::start(|seen| match (seen.path(), seen.header("x-api-key")) {
        ("/memos", Some(MEMOS_KEY)) => Reply::new(201).json(&json!({"url": "https://memos.acme.example/memos/1"})),
        ("/messages", Some(ADAS_KEY)) => {
            assert_eq!(seen.json()["text"], "Plan: https://memos.acme.example/memos/1");
            Reply::new(200).json(&json!({"ok": true}))
        }
        _ => Reply::new(401),
    });
    let host = Serve::new().reaching(&[&upstream]).start();
    for (name, text) in page::files("flows.md") {
        // The page's servers are ones that everybody reaches, over TLS.
        let own = format!("{{url: \"{}\", credential: main, plaintext: true}}", upstream.url());
        let text = ["memos", "chat"].iter().fold(text, |text, name| {
            let url = format!("https://{name}.acme.example");
            let destination = format!("{{url: \"{url}\", credential: main}}");
            text.replace(&destination, &own)
                .replace(&format!("base_url: {url}"), &format!("base_url: {}", upstream.url()))
        });
        fs::write(host.home.work().join(name), text.replace("EXTERNAL", "INTERNAL")).expect("a file");
    }
    let programs = host.home.path().join("bin");
    fs::create_dir(&programs).expect("a folder");
    symlink(program("lockgate"), programs.join("lockgate")).expect("a link");
    let mut shell = host.home.command("/bin/bash");
    let path = std::env::var("PATH").expect("a path");
    shell.env("PATH", format!("{}:{path}", programs.display())).env("MEMOS_KEY", MEMOS_KEY).env("ADAS_KEY", ADAS_KEY);
    page::follow("flows.md", &mut shell, str::to_owned);
    assert_eq!(upstream.seen().iter().filter(|seen| seen.path() == "/messages").count(), 1);
}

/// `docs/grpc.md`, followed by somebody who has a server with a stock of items.
#[test]
fn grpc() {
    let authority = Authority::new();
    let required = vec![("authorization".to_owned(), format!("Bearer {STOCK_TOKEN}"))];
    let server = GrpcServer::with(&authority, &Options { required, ..Options::default() });
    let host = Serve::new().reaching_addresses([server.address()]).start();
    for (name, text) in page::files("grpc.md") {
        // The page's server is one that everybody reaches, with a certificate of a public authority.
        let text = text.replace("https://stock.acme.example", &server.url()).replace("EXTERNAL", "INTERNAL");
        let text = match name.as_str() {
            "stock.yaml" => format!("{text}\ncertificate_authorities: [{}]\n", serde_json::json!(authority.pem())),
            _ => text,
        };
        fs::write(host.home.work().join(name), text).expect("a file");
    }
    let programs = host.home.path().join("bin");
    fs::create_dir(&programs).expect("a folder");
    symlink(program("lockgate"), programs.join("lockgate")).expect("a link");
    let mut shell = host.home.command("/bin/bash");
    let path = std::env::var("PATH").expect("a path");
    shell.env("PATH", format!("{}:{path}", programs.display())).env("STOCK_TOKEN", STOCK_TOKEN);
    page::follow("grpc.md", &mut shell, str::to_owned);
}

/// `docs/packages.md`, followed by somebody who has a host.
#[test]
fn packages() {
    let host = Serve::new().start();
    for (name, text) in page::files("packages.md") {
        fs::write(host.home.work().join(name), text).expect("a file");
    }
    let programs = host.home.path().join("bin");
    fs::create_dir(&programs).expect("a folder");
    symlink(program("lockgate"), programs.join("lockgate")).expect("a link");
    let mut shell = host.home.command("/bin/bash");
    let path = std::env::var("PATH").expect("a path");
    shell.env("PATH", format!("{}:{path}", programs.display()));
    page::follow("packages.md", &mut shell, str::to_owned);
}

/// `docs/scripts.md`, followed by somebody who has the program and Python. Only addresses are other ones: the host's port is
/// a free one, and the page's server is where no other process of this machine listens.
#[test]
fn scripts() {
    let home = Home::new();
    let [high, middle, low] = [16, 8, 0].map(|shift| (std::process::id() >> shift) as u8);
    let own = format!("127.{}.{middle}.{low}", high | 0x40);
    let mut shell = home.shell();
    shell.env("LOCKGATE_LISTEN", "127.0.0.1:0");
    page::follow_typing(
        "scripts.md",
        &mut shell,
        |text| {
            text.replace("127.0.0.1:7803", &format!("{own}:7803"))
                .replace("\"127.0.0.1\", 7803", &format!("\"{own}\", 7803"))
        },
        |text| text.replace(&own, "127.0.0.1"),
    );
}

/// `docs/oauth.md`, followed by somebody who has a client at a provider, and a browser.
#[test]
fn oauth() {
    let provider = Provider::start();
    let own = CALLBACK.strip_suffix("/v1/oauth/callback").expect("an address");
    let text = format!("public_url = \"{own}\"\nreachable = ['{}']\n", provider.address());
    let host = Serve::new().configured(&text).start();
    for (name, text) in page::files("oauth.md") {
        // The page's provider is one that everybody reaches, by TLS.
        let text = text
            .replace("https://login.acme.example/authorize", &format!("{}/auth", provider.url()))
            .replace("https://login.acme.example", provider.url())
            .replace(
                "https://api.acme.example\", credential: main",
                &format!("{}\", credential: main, plaintext: true", provider.url()),
            )
            .replace("https://api.acme.example", provider.url())
            .replace("[read, offline_access]", "[openid, offline_access]")
            .replace("path: /me", "path: /api")
            .replace("EXTERNAL", "INTERNAL");
        fs::write(host.home.work().join(name), text).expect("a file");
    }
    let programs = host.home.path().join("bin");
    fs::create_dir(&programs).expect("a folder");
    symlink(program("lockgate"), programs.join("lockgate")).expect("a link");
    let mut shell = host.home.command("/bin/bash");
    let path = std::env::var("PATH").expect("a path");
    shell.env("PATH", format!("{}:{path}", programs.display()));
    shell.env("ACME_ID", "app").env("ACME_SECRET", "marker-client-secret-7f3a");
    let address = host.home.work().join("address");
    let shown = address.display();
    // What is printed is what the person opens, who comes back before the page goes on.
    let typed = |commands: &str| match commands.split_once(' ') {
        Some((_, rest)) if rest.starts_with("connection create") => {
            format!("{commands} 2>&1 | tee {shown}.new && mv {shown}.new {shown}")
        }
        Some((_, rest)) if rest.starts_with("invoke") => {
            format!("for _ in $(seq 1200); do [ -e {shown}.visited ] && break; sleep 0.1; done\n{commands}")
        }
        _ => commands.to_owned(),
    };
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let printed = eventually("there is an address to open", || fs::read_to_string(&address));
            let url = printed.lines().find(|line| line.starts_with(own)).expect("an address");
            let visit = Browser::default().visit(&host, url);
            assert!(visit.text.contains("Connected") && visit.serious.is_empty(), "{visit:?}");
            fs::write(format!("{shown}.visited"), "").expect("a file");
        });
        page::follow_typing("oauth.md", &mut shell, typed, |text| text.replace(own, "https://gate.example"));
    });
}
