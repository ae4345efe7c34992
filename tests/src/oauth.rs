//! A real provider of OAuth (npm `oidc-provider`), and a person with a browser (headless Chromium). `./dev setup` installs
//! both.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};

use serde_json::{Value, json};

use crate::{Host, root};

/// Where providers send people back to. Browsers of tests find the host there, whichever port it has.
pub const CALLBACK: &str = "http://localhost:7747/v1/oauth/callback";

/// The provider. It ends with the test.
#[derive(Debug)]
pub struct Provider {
    child: Child,
    _input: ChildStdin,
    url: String,
}

/// Where the driver of browsers and the provider are installed.
pub(crate) fn modules() -> PathBuf {
    // `./dev setup` has run it; without anything new it does nothing.
    let installed = Command::new(root().join("tests/oauth.sh")).status().expect("a shell");
    assert!(installed.success(), "tests/oauth.sh could not install the provider");
    root().join("target/oauth")
}

impl Provider {
    pub fn start() -> Self {
        Self::checking_by("")
    }

    /// One that checks assertions, and clients that sign, by this public key in PEM.
    pub fn checking_by(public_key: &str) -> Self {
        let mut command = Command::new("node");
        command.arg(root().join("tests/oauth/provider.mjs")).arg(modules()).args([CALLBACK, public_key]);
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("no node: run `./dev setup`");
        let input = child.stdin.take().expect("its input");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let url = lines.find_map(|line| line.ok().filter(|line| line.starts_with("http://"))).expect("its address");
        // What it says later is for nobody, and must not stop it.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, _input: input, url }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn address(&self) -> SocketAddr {
        self.url.trim_start_matches("http://").parse().expect("an address")
    }

    fn control(&self, name: &str, body: &str) -> Value {
        let mut stream = TcpStream::connect(self.address()).expect("the provider");
        // By HTTP/1.0 an answer ends with its connection.
        write!(stream, "POST /control/{name} HTTP/1.0\r\ncontent-length: {}\r\n\r\n{body}", body.len())
            .expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        serde_json::from_str(answer.split_once("\r\n\r\n").expect("an answer").1).expect("JSON")
    }

    /// A refresh token of a person who agreed.
    pub fn mint(&self) -> String {
        self.control("mint", "")["refresh_token"].as_str().expect("a token").to_owned()
    }

    /// How long tokens are good from now on, in seconds.
    pub fn lifetime(&self, seconds: u32) {
        self.control("lifetime", &seconds.to_string());
    }

    /// Its API takes no token that was issued so far.
    pub fn forget(&self) {
        self.control("forget", "");
    }

    /// Its API takes no token.
    pub fn take_none(&self) {
        self.control("forget", "none");
    }

    /// Holds `requests` before they are carried out, or `answers` after that.
    pub fn hold(&self, what: &str) {
        self.control("hold", what);
    }

    /// Lets go of what is held.
    pub fn release(&self) {
        self.control("release", "");
    }

    /// One of: `requests` of tokens, those `answered` and `refused`, grants that were `revoked`, requests of the `api`, and
    /// what is `waiting`.
    pub fn count(&self, what: &str) -> u64 {
        self.control("counts", "")[what].as_u64().expect("a number")
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How a person behaves.
#[derive(Debug, Default)]
pub struct Browser {
    /// Cancels where the provider asks for consent.
    pub denies: bool,
    /// The method to choose on a connect page.
    pub method: Option<&'static str>,
    /// What the address begins with where it is over.
    pub until: Option<&'static str>,
}

/// Where a browser came to.
#[derive(Debug)]
pub struct Arrival {
    pub url: String,
    pub text: String,
    /// The titles of the pages on the way.
    pub seen: Vec<String>,
    /// What axe finds serious on pages of the host.
    pub serious: Vec<String>,
    /// The names of cookies.
    pub cookies: Vec<String>,
}

impl Browser {
    /// Opens an address of the host and goes on to the end.
    pub fn visit(&self, host: &Host, address: &str) -> Arrival {
        let at = host.address().trim_start_matches("http://");
        let order = json!({
            "modules": modules(), "executable": "/usr/bin/chromium", "address": address,
            "map": format!("MAP localhost:7747 {at}"), "agree": !self.denies, "method": self.method, "until": self.until,
        });
        let mut command = Command::new("node");
        command.arg(root().join("tests/oauth/browser.mjs")).arg(order.to_string());
        let output = command.output().expect("no node: run `./dev setup`");
        let text = String::from_utf8_lossy(&output.stdout);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "the browser (chromium: run `./dev setup`): {said}");
        let found: Value = serde_json::from_str(&text).expect("JSON");
        let list = |name: &str| {
            let items = found[name].as_array().expect("a list").iter();
            items.map(|item| item.as_str().expect("a text").to_owned()).collect()
        };
        let one = |name: &str| found[name].as_str().expect("a text").to_owned();
        Arrival {
            url: one("url"),
            text: one("text"),
            seen: list("seen"),
            serious: list("serious"),
            cookies: list("cookies"),
        }
    }
}
