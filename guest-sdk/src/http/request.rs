//! A request that is put together.

use super::{BodyWriter, Form, Outgoing, Pending, Response, Retry, invalid};
use crate::{Failure, host::http as host};
use serde::Serialize;
use std::time::Duration;

/// A request that is put together; [`send`](Self::send) lets it go. What can't be written, such as a value without a
/// JSON form, is said there.
#[derive(Debug)]
#[must_use = "a request goes nowhere until it is sent"]
pub struct RequestBuilder {
    outgoing: Outgoing,
    wrong: Option<Failure>,
}

impl RequestBuilder {
    pub(super) fn new(method: String, url: String) -> Self {
        Self { outgoing: Outgoing { method, url, ..Outgoing::default() }, wrong: None }
    }

    fn with(mut self, change: impl FnOnce(&mut Outgoing) -> Result<(), Failure>) -> Self {
        if let Err(failure) = change(&mut self.outgoing) {
            self.wrong.get_or_insert(failure);
        }
        self
    }

    /// Adds a header. The host refuses those that are its own business, `authorization` among them.
    ///
    /// ```
    /// # use lockgate_sdk::{http, testing::http::{Answer, on, requests}};
    /// # on("GET", "/me").answer(Answer::new(200));
    /// http::get("/me").header("accept", "application/vnd.acme+json").send().unwrap();
    /// assert_eq!(requests()[0].header("accept"), Some("application/vnd.acme+json"));
    /// ```
    pub fn header(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.with(|outgoing| {
            outgoing.headers.push((name.into(), value.into()));
            Ok(())
        })
    }

    /// Adds to the query: a struct, a map, or a list of pairs. What is `None` is left out.
    ///
    /// ```
    /// # use lockgate_sdk::{http, testing::http::{Answer, on}};
    /// # on("GET", "/search?q=a+b%26c&page=2").answer(Answer::new(200));
    /// http::get("/search").query(&[("q", "a b&c")]).query(&[("page", 2)]).send().unwrap();
    /// ```
    pub fn query(self, query: &impl Serialize) -> Self {
        self.with(|outgoing| {
            let query = serde_urlencoded::to_string(query)
                .map_err(|error| invalid(format!("the query can't be written: {error}")))?;
            if !query.is_empty() {
                let separator = if outgoing.url.contains('?') { '&' } else { '?' };
                outgoing.url.push(separator);
                outgoing.url += &query;
            }
            Ok(())
        })
    }

    /// Sends a value as JSON.
    ///
    /// ```
    /// # use lockgate_sdk::{http, prelude::json, testing::http::{Answer, on, requests}};
    /// # on("POST", "/issues").answer(Answer::new(201));
    /// http::post("/issues").json(&json!({ "title": "Broken link" })).send().unwrap();
    /// assert_eq!(requests()[0].json()["title"], "Broken link");
    /// ```
    pub fn json(self, value: &impl Serialize) -> Self {
        self.with(|outgoing| {
            let text = serde_json::to_vec(value);
            let text = text.map_err(|error| invalid(format!("the body has no JSON form: {error}")))?;
            outgoing.set_body(text, "application/json");
            Ok(())
        })
    }

    /// Sends a value as a form (`application/x-www-form-urlencoded`).
    ///
    /// ```
    /// # use lockgate_sdk::{http, testing::http::{Answer, on, requests}};
    /// # on("POST", "/login").answer(Answer::new(200));
    /// http::post("/login").form(&[("name", "ada"), ("remember", "yes")]).send().unwrap();
    /// assert_eq!(requests()[0].text(), "name=ada&remember=yes");
    /// ```
    pub fn form(self, value: &impl Serialize) -> Self {
        self.with(|outgoing| {
            let text = serde_urlencoded::to_string(value);
            let text = text.map_err(|error| invalid(format!("the body has no form: {error}")))?;
            outgoing.set_body(text.into_bytes(), "application/x-www-form-urlencoded");
            Ok(())
        })
    }

    /// Sends a form with files (`multipart/form-data`).
    ///
    /// ```
    /// # use lockgate_sdk::{http, testing::http::{Answer, on, requests}};
    /// # on("POST", "/files").answer(Answer::new(201));
    /// use http::{Form, Part};
    ///
    /// let file = Part::new("a,b\n1,2\n").file_name("numbers.csv").content_type("text/csv");
    /// http::post("/files").multipart(Form::new().text("folder", "inbox").part("file", file)).send().unwrap();
    /// assert!(requests()[0].text().contains("filename=\"numbers.csv\""));
    /// ```
    pub fn multipart(self, form: Form) -> Self {
        self.with(|outgoing| {
            let (body, content_type) = form.encode();
            outgoing.set_body(body, &content_type);
            Ok(())
        })
    }

    /// Sends bytes as they are. Their type is a [`header`](Self::header).
    ///
    /// ```
    /// # use lockgate_sdk::{http, testing::http::{Answer, on}};
    /// # on("PUT", "/notes/1").answer(Answer::new(204));
    /// http::put("/notes/1").header("content-type", "text/plain").body("Hello").send().unwrap();
    /// ```
    pub fn body(self, bytes: impl Into<Vec<u8>>) -> Self {
        self.with(|outgoing| {
            outgoing.body = Some(bytes.into());
            Ok(())
        })
    }

    /// The longest time for all of it, retries and the answer's body included. Without it, the call's deadline.
    ///
    /// ```
    /// # use lockgate_sdk::{http, testing::http::{Answer, on}};
    /// # use std::time::Duration;
    /// # on("GET", "/slow").answer(Answer::new(200).after(Duration::from_secs(9)));
    /// let failure = http::get("/slow").timeout(Duration::from_secs(2)).send().unwrap_err();
    /// assert_eq!((failure.code(), failure.is_retryable()), ("timeout", true));
    /// ```
    pub fn timeout(self, time: Duration) -> Self {
        self.with(|outgoing| {
            outgoing.total = Some(time);
            Ok(())
        })
    }

    /// The longest time until there is a connection.
    pub fn connect_timeout(self, time: Duration) -> Self {
        self.with(|outgoing| {
            outgoing.connect = Some(time);
            Ok(())
        })
    }

    /// The longest time from the sent request to the head of the answer.
    pub fn first_byte_timeout(self, time: Duration) -> Self {
        self.with(|outgoing| {
            outgoing.first_byte = Some(time);
            Ok(())
        })
    }

    /// The longest time between two parts of the answer's body.
    pub fn idle_timeout(self, time: Duration) -> Self {
        self.with(|outgoing| {
            outgoing.idle = Some(time);
            Ok(())
        })
    }

    /// Follows at most so many redirects. Without it a redirect is an answer like any other.
    ///
    /// ```
    /// # use lockgate_sdk::{http, testing::http::{Answer, on}};
    /// # on("GET", "/latest").answer(Answer::new(200));
    /// http::get("/latest").follow_redirects(3).send().unwrap();
    /// ```
    pub fn follow_redirects(self, max: u8) -> Self {
        self.with(|outgoing| {
            outgoing.redirects = max;
            Ok(())
        })
    }

    /// Lets the host repeat the request when its rules say so.
    ///
    /// ```
    /// # use lockgate_sdk::{http, testing::http::{Answer, on}};
    /// # on("GET", "/me").answer(Answer::new(200));
    /// use http::Retry;
    ///
    /// http::get("/me").retry(Retry::new().attempts(5)).send().unwrap();
    /// ```
    pub fn retry(self, rules: Retry) -> Self {
        self.with(|outgoing| {
            outgoing.retry = Some(rules);
            Ok(())
        })
    }

    /// Sends it, and waits for the whole answer. It is one call of the host, and the answer brings its body along: use
    /// [`start`](Self::start) for one that is to be read as it comes.
    ///
    /// # Errors
    /// Everything that keeps an answer from coming, with the host's code. A status is no error.
    pub fn send(self) -> Result<Response, Failure> {
        let (outgoing, request) = self.complete()?;
        host::send(outgoing).map(|answer| Response::new(answer, request))
    }

    /// Sends it, and does not wait. What is wrong is said by [`Pending::get`].
    ///
    /// ```
    /// # use lockgate_sdk::{http, testing::http::{Answer, on}};
    /// # on("GET", "/a").answer(Answer::new(200));
    /// # on("GET", "/b").answer(Answer::new(404));
    /// let both = [http::get("/a").start(), http::get("/b").start()];
    /// let statuses = http::join(both).into_iter().map(|reply| reply.unwrap().status());
    /// assert_eq!(statuses.collect::<Vec<_>>(), [200, 404]);
    /// ```
    #[must_use = "a request that nobody waits for is cancelled"]
    pub fn start(self) -> Pending {
        match self.complete() {
            Ok((outgoing, request)) => Pending::new(Ok(host::start(outgoing)), request),
            Err(failure) => Pending::new(Err(failure), String::new()),
        }
    }

    /// Sends it, and lets the body be written meanwhile: in chunks, or as exactly `length` bytes. A body that was set is
    /// not sent.
    ///
    /// ```
    /// # use lockgate_sdk::{http, testing::http::{Answer, on, requests}};
    /// # on("PUT", "/upload").answer(Answer::new(201));
    /// use std::io::Write;
    ///
    /// let (mut body, pending) = http::put("/upload").start_with_body(None).unwrap();
    /// for row in 0..3 {
    ///     writeln!(body, "{row}").unwrap();
    /// }
    /// body.finish().unwrap();
    /// assert_eq!(pending.get().unwrap().status(), 201);
    /// assert_eq!(requests()[0].text(), "0\n1\n2\n");
    /// ```
    ///
    /// # Errors
    /// What was put together can't be sent.
    pub fn start_with_body(self, length: Option<u64>) -> Result<(BodyWriter, Pending), Failure> {
        let (outgoing, request) = self.complete()?;
        let (writer, started) = host::open(outgoing, length);
        Ok((BodyWriter::new(writer), Pending::new(Ok(started), request)))
    }

    /// What is sent, and how messages name it: without the query, which may hold what is nobody's business.
    fn complete(self) -> Result<(Outgoing, String), Failure> {
        if let Some(failure) = self.wrong {
            return Err(failure);
        }
        let url = self.outgoing.url.split(['?', '#']).next().unwrap_or_default();
        let request = format!("{} {url}", self.outgoing.method);
        Ok((self.outgoing, request))
    }
}
