//! A running host: `lockgate serve` as a process, and everything that can be asked of it.

mod process;

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::net::SocketAddr;
use std::process::ExitStatus;

use reqwest::{Client, Method, RequestBuilder};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use self::process::Process;
use crate::guests::Guest;
use crate::{ANSWER_TIMEOUT, Answer, Home, Ran, Upstream, compiled, eventually, http_client, program};

/// The scope of the first admin's groups.
const SCOPE: &str = "/v1/workspaces/default";

/// How a host is started.
#[derive(Debug)]
pub struct Serve {
    home: Home,
    arguments: Vec<OsString>,
    variables: Vec<(&'static str, String)>,
    /// Of a host that was started before on the same store.
    token: Option<String>,
}

impl Serve {
    pub fn new() -> Self {
        Self::at(Home::new())
    }

    /// In a home that exists.
    pub fn at(home: Home) -> Self {
        Self { home, arguments: Vec::new(), variables: Vec::new(), token: None }
    }

    /// In a home of its own, on the store of another host.
    pub fn beside(host: &Host) -> Self {
        let database = host.home.database().expect("a host on PostgreSQL");
        let home = Home::on(database);
        // Hosts of one store have one key ring.
        fs::create_dir(home.data()).expect("a data folder");
        fs::copy(host.home.data().join("master.key"), home.data().join("master.key")).expect("the key ring");
        Self { token: Some(host.token.clone()), ..Self::at(home) }
    }

    /// Whose admin token is this, when its folder does not say so.
    pub fn knowing(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    /// Where it will run.
    pub fn home(&self) -> &Home {
        &self.home
    }

    /// Further arguments.
    pub fn with<S: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// With a variable in its environment.
    pub fn with_variable(mut self, name: &'static str, value: &str) -> Self {
        self.variables.push((name, value.to_owned()));
        self
    }

    /// Lets its groups reach these servers, which no group reaches otherwise: they listen on loopback.
    pub fn reaching(self, upstreams: &[&Upstream]) -> Self {
        self.reaching_addresses(upstreams.iter().map(|upstream| upstream.address()))
    }

    /// The same for any addresses.
    pub fn reaching_addresses(self, addresses: impl IntoIterator<Item = SocketAddr>) -> Self {
        let addresses: Vec<_> = addresses.into_iter().map(|address| format!("'{address}'")).collect();
        self.configured(&format!("reachable = [{}]\n", addresses.join(", ")))
    }

    /// With a configuration file.
    pub fn configured(self, text: &str) -> Self {
        let file = self.home.write("lockgate.toml", text);
        self.with([OsStr::new("--config"), file.as_os_str()])
    }

    /// Starts it and waits until it takes calls.
    pub fn start(self) -> Host {
        let runtime = Runtime::new().expect("a runtime");
        let process = Process::start(&self.home, &self.arguments, &self.variables);
        let (url, token) = process.address_and_token(&self.home, self.token.as_deref());
        // One idle connection at most: now and then a client opens one that it does not need, and the host would hold it.
        let http = http_client().timeout(ANSWER_TIMEOUT).pool_max_idle_per_host(1);
        // A test sees where it is sent, and nothing else is dialled.
        let http = http.redirect(reqwest::redirect::Policy::none());
        let http = http.build().expect("a client");
        let Self { home, arguments, variables, token: of } = self;
        let host = Host { runtime, http, url, token, process, home, arguments, variables, of };
        host.wait_until_ready();
        host
    }

    /// Starts it, and it ends by itself.
    pub fn refused(self) -> Ran {
        self.refused_at_home().1
    }

    /// The same, and gives its home back.
    pub fn refused_at_home(self) -> (Home, Ran) {
        let mut process = Process::start(&self.home, &self.arguments, &self.variables);
        let status = process.wait();
        let stderr = fs::read_to_string(&process.log).expect("its log");
        (self.home, Ran { code: status.code().unwrap_or(-1), stdout: String::new(), stderr })
    }
}

impl Default for Serve {
    fn default() -> Self {
        Self::new()
    }
}

/// Ended when dropped.
#[derive(Debug)]
pub struct Host {
    runtime: Runtime,
    http: Client,
    url: String,
    token: String,
    // Before the home, so that the process has ended when its folder goes.
    process: Process,
    pub home: Home,
    arguments: Vec<OsString>,
    variables: Vec<(&'static str, String)>,
    of: Option<String>,
}

impl Host {
    /// With default settings, in a home of its own.
    pub fn start() -> Self {
        Serve::new().start()
    }

    fn wait_until_ready(&self) {
        eventually("the host is ready", || match self.at(Method::GET, "/readyz").status {
            200 => Ok(()),
            status => Err((status, self.log())),
        });
    }

    /// The address, as `127.0.0.1:PORT`.
    pub fn address(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    pub fn token(&self) -> &str {
        &self.token
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.process.log).expect("its log")
    }

    // HTTP.

    /// The same, which has scripts to run: their guests need not be compiled once more.
    #[must_use]
    pub fn with_scripts(self) -> Self {
        compiled::give_scripts(&self.home);
        self
    }

    /// A request with the admin's token, at a path below the workspace.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.plain(method, &format!("{SCOPE}{path}")).bearer_auth(&self.token)
    }

    /// A request with another token, at any path.
    pub fn shown(&self, token: &str, method: Method, path: &str) -> RequestBuilder {
        self.plain(method, path).bearer_auth(token)
    }

    /// A request with the admin's token, at any path.
    pub fn admin(&self, method: Method, path: &str) -> RequestBuilder {
        self.shown(&self.token, method, path)
    }

    /// Lets the admin's token ask as often as it likes, for tests with more callers than a token is made for.
    #[track_caller]
    pub fn lift_rate(&self) {
        let tokens = "/v1/organizations/default/tokens";
        let list = self.send(self.admin(Method::GET, tokens)).status(200).json();
        let path = format!("{tokens}/{}", list["items"][0]["id"].as_str().expect("an id"));
        let rate = json!({"requests_per_second": 1_000_000, "burst": 1_000_000});
        self.send(self.admin(Method::PATCH, &path).json(&rate)).status(200);
    }

    /// Makes a token in the workspace, with these members beside the required ones, and gives its text.
    #[track_caller]
    pub fn token_with(&self, role: &str, members: Value) -> String {
        let mut body = json!({"name": role, "role": role});
        body.as_object_mut().expect("an object").extend(members.as_object().expect("an object").clone());
        let made = self.send(self.request(Method::POST, "/tokens").json(&body)).status(201).json();
        made["token"].as_str().expect("a token").to_owned()
    }

    /// Repeats a request until its answer fits.
    #[track_caller]
    pub fn until(&self, what: &str, request: impl Fn() -> RequestBuilder, fits: impl Fn(&Answer) -> bool) -> Answer {
        eventually(what, || {
            let answer = self.send(request());
            if fits(&answer) { Ok(answer) } else { Err(Box::new((answer, self.log()))) }
        })
    }

    /// Waits until its log has this text, and gives the log.
    #[track_caller]
    pub fn logs(&self, text: &str) -> String {
        eventually(text, || {
            let log = self.log();
            if log.contains(text) { Ok(log) } else { Err(log) }
        })
    }

    /// A request without a token, at any path.
    pub fn plain(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url))
    }

    pub fn send(&self, request: RequestBuilder) -> Answer {
        self.runtime.block_on(async {
            Answer::read(request.send().await.unwrap_or_else(|error| panic!("no answer ({error:?})\n{}", self.log())))
                .await
        })
    }

    /// Sends a request and does not wait for what comes of it.
    pub fn send_and_forget(&self, request: RequestBuilder) {
        self.runtime.spawn(async { request.send().await });
    }

    /// Sends requests at the same time.
    pub fn send_all(&self, requests: impl IntoIterator<Item = RequestBuilder>) -> Vec<Answer> {
        self.runtime.block_on(async {
            let sent = requests
                .into_iter()
                .map(|request| tokio::spawn(async { Answer::read(request.send().await.expect("an answer")).await }));
            let mut answers = Vec::new();
            for task in sent.collect::<Vec<_>>() {
                answers.push(task.await.expect("an answer"));
            }
            answers
        })
    }

    /// Without a token.
    pub fn at(&self, method: Method, path: &str) -> Answer {
        self.send(self.plain(method, path))
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path))
    }

    // What most tests begin with.

    /// Makes a group with these members beside the required ones.
    #[track_caller]
    pub fn group(&self, slug: &str, members: Value) {
        let mut definition = json!({"slug": slug, "name": slug, "resource_type": "EXTERNAL"});
        definition.as_object_mut().expect("an object").extend(members.as_object().expect("an object").clone());
        self.send(self.request(Method::POST, "/groups").json(&definition)).status(201);
    }

    /// Changes a group, as `lockgate group set --allow-removal` does.
    #[track_caller]
    pub fn set(&self, slug: &str, patch: Value) {
        self.send(self.request(Method::PATCH, &format!("/groups/{slug}?allow_removal")).json(&patch)).status(200);
    }

    /// Loads a component into a group.
    pub fn load(&self, group: &str, component: impl Into<Vec<u8>>) -> Answer {
        let (component, path) = (component.into(), format!("/groups/{group}/plugins"));
        let request = self.request(Method::POST, &path).header("content-type", "application/wasm");
        let load = || self.send(request.body(component.clone()));
        compiled::sharing(&self.home, &component, load, |answer| answer.status == 201)
    }

    /// A group named `g` with a guest in it.
    #[track_caller]
    pub fn with_guest(&self, guest: &Guest, members: Value) {
        self.group("g", members);
        self.load("g", guest.bytes()).status(201);
    }

    /// A call of `GROUP/CONNECTOR`, to be completed and sent.
    pub fn call(&self, connector: &str, input: &Value) -> RequestBuilder {
        let (group, name) = connector.split_once('/').expect("GROUP/CONNECTOR");
        let path = format!("/groups/{group}/connectors/{name}/invoke");
        self.request(Method::POST, &path).json(&json!({"input": input}))
    }

    pub fn invoke(&self, connector: &str, input: &Value) -> Answer {
        self.send(self.call(connector, input))
    }

    // Its command line, as a user of the same home types it.

    pub fn run<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Ran {
        let mut command = self.home.command(program("lockgate"));
        if let Some(token) = &self.of {
            // Its data folder has none.
            command.env("LOCKGATE_TOKEN", token);
        }
        Ran::of(command.args(arguments))
    }

    /// The same, with this text on its standard input.
    pub fn run_with<S: AsRef<OsStr>>(&self, input: &str, arguments: impl IntoIterator<Item = S>) -> Ran {
        let file = self.home.write("standard-input", input);
        let mut command = self.home.command(program("lockgate"));
        if let Some(token) = &self.of {
            command.env("LOCKGATE_TOKEN", token);
        }
        Ran::of(command.args(arguments).stdin(File::open(file).expect("its input")))
    }

    // Its life.

    pub fn pid(&self) -> u32 {
        self.process.child.id()
    }

    /// Ends it as a power failure does.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Ends it as a power failure does, and starts it again on the same folder.
    pub fn kill_and_restart(&mut self) {
        self.process.kill();
        self.restart();
    }

    /// Starts it again on the same folder; it has ended.
    pub fn restart(&mut self) {
        self.process.kill();
        self.process = Process::start(&self.home, &self.arguments, &self.variables);
        (self.url, self.token) = self.process.address_and_token(&self.home, self.of.as_deref());
        self.wait_until_ready();
    }

    /// Asks it to end.
    pub fn signal_end(&self) {
        self.signal(Signal::TERM);
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.process.child.id().try_into().expect("a process id"));
        kill_process(pid.expect("a process id"), signal).expect("a signal");
    }

    /// Tells it to read its certificate again.
    pub fn hang_up(&self) {
        self.signal(Signal::HUP);
    }

    /// Stops it where it is, as a host whose machine hangs, and waits until all of its threads stand still: on a busy machine
    /// the others run on until the one that takes the signal gets a core.
    pub fn pause(&self) {
        self.signal(Signal::STOP);
        eventually("the host stands still", || self.process.stands_still());
    }

    /// Lets it go on.
    pub fn resume(&self) {
        self.signal(Signal::CONT);
    }

    /// Waits for its end.
    pub fn wait(&mut self) -> ExitStatus {
        self.process.wait()
    }

    /// Asks it to end, waits, and gives its home back.
    pub fn end(mut self) -> Home {
        self.signal_end();
        let status = self.wait();
        assert!(status.success(), "{status}\n{}", self.log());
        self.home
    }
}
