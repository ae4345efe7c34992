//! The console's server side: who is signed in, what other pages can't do with that, and the files of the app.

mod browser;
mod foreign;
mod hosts;
mod image;
mod pages;
mod sessions;
mod signing;

use lockgate_tests::{Answer, Host};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

const SESSION: &str = "/console/session";

/// Where the pages of a host are.
fn origin(host: &Host) -> String {
    format!("http://{}", host.address())
}

/// What the console's page sends to sign in.
fn sign_in(host: &Host, body: &Value) -> RequestBuilder {
    host.plain(Method::POST, SESSION).header("origin", origin(host)).json(body)
}

/// A page that is signed in.
#[derive(Debug, Clone)]
struct Page {
    /// As a browser sends it.
    cookie: String,
    csrf: String,
    shown: Value,
}

impl Page {
    /// With the admin's token.
    #[track_caller]
    fn of(host: &Host) -> Self {
        Self::with(host, host.token())
    }

    #[track_caller]
    fn with(host: &Host, token: &str) -> Self {
        Self::read(&host.send(sign_in(host, &json!({"token": token}))))
    }

    #[track_caller]
    fn read(answer: &Answer) -> Self {
        assert_eq!(answer.status, 200, "{answer:#?}");
        let set = answer.header("set-cookie");
        let cookie = set.split_once(';').expect("a cookie with attributes").0.to_owned();
        let shown = answer.json();
        Self { cookie, csrf: shown["csrf"].as_str().expect("a text").to_owned(), shown }
    }

    /// The value of the cookie.
    fn secret(&self) -> &str {
        self.cookie.split_once('=').expect("a cookie").1
    }

    /// A request of the page, as the browser sends it.
    fn request(&self, host: &Host, method: Method, path: &str) -> RequestBuilder {
        let bare = host.plain(method.clone(), path).header("cookie", &self.cookie);
        let bare = bare.header("sec-fetch-site", "same-origin");
        if method == Method::GET {
            return bare;
        }
        bare.header("origin", origin(host)).header("x-lockgate-csrf", &self.csrf)
    }

    fn get(&self, host: &Host, path: &str) -> Answer {
        host.send(self.request(host, Method::GET, path))
    }

    /// Whether it is signed in still.
    #[track_caller]
    fn is_over(&self, host: &Host) {
        let document = self.get(host, SESSION).problem(401, "LG1002");
        assert!(document["detail"].as_str().unwrap().contains("sign in"), "{document:#}");
    }

    #[track_caller]
    fn lives(&self, host: &Host) -> Value {
        self.get(host, SESSION).status(200).json()
    }
}

/// The code of a link that the command prints.
#[track_caller]
fn link(host: &Host) -> String {
    let printed = host.run(["console"]).ok().stdout;
    let expected = format!("{}/console#link=", origin(host));
    printed.trim().strip_prefix(&expected).unwrap_or_else(|| panic!("{expected}: {printed}")).to_owned()
}
