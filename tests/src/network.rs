//! A network of a test's own, in which every address of the world is reachable and none of it leaves the machine.
//!
//! A test that needs it runs itself again in a network namespace and a mount namespace of its own (`unshare`). There the
//! host has one interface, and at its other end is a second network namespace that takes every address for its own: a
//! server that listens there on all addresses is the canary of each of them. Names come from a server of the test.

use std::fs;
use std::net::{TcpListener, UdpSocket};
use std::process::Command;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

use rustix::thread::{UnshareFlags, gettid, unshare_unsafe};

use crate::{Dns, Home, Record, Reply, Seen, Upstream, namespace};

/// The host's own addresses on its interface.
pub const OWN: [&str; 2] = ["192.0.2.1", "2001:db8:1::1"];
/// Where names are asked for, at the other end.
const NAME_SERVER: &str = "192.0.2.2";

/// The domain in which the machine's resolver looks for names too.
pub const SEARCH: &str = "svc.cluster.local";

/// The ports on which every address has a canary.
pub const PORTS: [u16; 2] = [80, 8080];

/// What is there.
#[derive(Debug)]
pub struct Network {
    /// The canaries of addresses that lead out of the host's machine.
    pub far: Vec<Upstream>,
    /// The canaries of those that don't: loopback and its interface.
    pub near: Vec<Upstream>,
    pub dns: Dns,
}

/// Runs a test in a network of its own. `name` is the test's, with its modules.
pub fn run(name: &str, test: impl FnOnce()) {
    namespace::run(&["--net", "--mount"], name, test);
}

impl Network {
    /// Lays it, in a namespace that is empty. Canaries answer with `reply`, and names have the records of `zone`.
    pub fn lay(
        home: &Home,
        reply: impl Fn(&Seen) -> Reply + Clone + Send + Sync + 'static,
        zone: impl Fn(&str, usize) -> Vec<Record> + Send + Sync + 'static,
    ) -> Self {
        ip("link set lo up");
        ip("link add near type veth peer name far");
        let far = Far::new();
        ip(&format!("link set far netns /proc/{}/task/{}/ns/net", std::process::id(), far.thread));
        ip("address add 192.0.2.1/24 dev near");
        ip("-6 address add 2001:db8:1::1/64 dev near nodad");
        ip("link set near up");
        ip(&format!("route add default via {NAME_SERVER}"));
        ip("-6 route add default via 2001:db8:1::2");
        far.run(|| {
            ip("link set lo up");
            ip("address add 192.0.2.2/24 dev far");
            ip("-6 address add 2001:db8:1::2/64 dev far nodad");
            ip("link set far up");
            // Every address is this machine's, unless a more specific route says otherwise.
            ip("route add local 0.0.0.0/0 dev lo table main");
            ip("-6 route add local ::/0 dev lo table main");
        });
        let canaries = {
            let reply = reply.clone();
            move || PORTS.map(|port| Upstream::on(listener(port), reply.clone())).into_iter().collect::<Vec<_>>()
        };
        let near = canaries();
        let (canaries, dns) = far.run(move || {
            let dns = Dns::on(UdpSocket::bind((NAME_SERVER, 53)).expect("a port"), zone);
            (canaries(), dns)
        });
        mount(home, "nsswitch.conf", "hosts: files dns\n");
        Self { far: canaries, near, dns }.patient(home, Duration::from_secs(3))
    }

    /// The same with a resolver that waits so long for an answer, in whole seconds.
    #[must_use]
    pub fn patient(self, home: &Home, time: Duration) -> Self {
        let resolv = format!("nameserver {NAME_SERVER}\noptions timeout:{} attempts:1\n", time.as_secs());
        mount(home, "resolv.conf", &resolv);
        self
    }

    /// The same with a domain in which the machine's resolver looks for names too, as in a container of Kubernetes.
    #[must_use]
    pub fn searching(self, home: &Home) -> Self {
        let resolv = format!("nameserver {NAME_SERVER}\nsearch {SEARCH}\noptions ndots:5 timeout:3 attempts:1\n");
        mount(home, "resolv.conf", &resolv);
        self
    }

    /// The addresses at which connections arrived, with their ports, in the order of the servers.
    pub fn arrivals(&self) -> Vec<std::net::SocketAddr> {
        self.far.iter().chain(&self.near).flat_map(Upstream::arrivals).collect()
    }

    /// The requests that arrived.
    pub fn seen(&self) -> Vec<Seen> {
        self.far.iter().chain(&self.near).flat_map(Upstream::seen).collect()
    }
}

/// On all addresses, of both families.
fn listener(port: u16) -> TcpListener {
    TcpListener::bind(("::", port)).expect("a port")
}

/// The other end: a thread in another network namespace. Sockets, threads and programs that it makes are there too.
struct Far {
    thread: u32,
    work: Sender<Box<dyn FnOnce() + Send>>,
}

impl Far {
    fn new() -> Self {
        let (work, todo) = channel::<Box<dyn FnOnce() + Send>>();
        let (tell, told) = channel();
        thread::spawn(move || {
            // SAFETY: it takes this thread into a new network, and shares its files with the others as before.
            unsafe { unshare_unsafe(UnshareFlags::NEWNET) }.expect("a network namespace");
            tell.send(gettid().as_raw_nonzero().get().unsigned_abs()).expect("the test waits");
            todo.into_iter().for_each(|work| work());
        });
        Self { thread: told.recv().expect("a thread in another network namespace"), work }
    }

    fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        let (tell, told) = channel();
        let work = Box::new(move || tell.send(work()).expect("the test waits"));
        self.work.send(work).expect("the thread is there");
        told.recv().expect("its work did not fail")
    }
}

fn ip(arguments: &str) {
    let output = Command::new("ip").args(arguments.split(' ')).output().expect("no program `ip`: run `./dev setup`");
    assert!(output.status.success(), "ip {arguments}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Puts a file over one of the machine's, for those who are in this mount namespace.
fn mount(home: &Home, name: &str, text: &str) {
    let (file, place) = (home.path().join(name), format!("/etc/{name}"));
    fs::write(&file, text).expect("a file");
    if !fs::exists(&place).unwrap_or_default() {
        // A container without it decides nothing by it.
        return;
    }
    let output = Command::new("mount").arg("--bind").args([file.as_os_str(), place.as_ref()]).output().expect("mount");
    assert!(output.status.success(), "{place}: {}", String::from_utf8_lossy(&output.stderr));
}
