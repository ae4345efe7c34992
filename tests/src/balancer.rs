//! haproxy before several hosts, as `deploy/haproxy.cfg` has it.

use std::fs;
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use rustix::process::{Signal, set_parent_process_death_signal};
use tempfile::TempDir;

use crate::postgres::free_port;
use crate::{eventually, root};

/// Ended when dropped.
#[derive(Debug)]
pub struct Balancer {
    child: Child,
    _folder: TempDir,
    url: String,
}

impl Balancer {
    /// Before these two hosts.
    pub fn start(hosts: [&str; 2]) -> Self {
        let (folder, port) = (TempDir::with_prefix("lockgate-haproxy-").expect("a temporary folder"), free_port());
        let mut text = fs::read_to_string(root().join("deploy/haproxy.cfg")).expect("the configuration");
        let mut put = |from: &str, to: &str| {
            assert!(text.contains(from), "deploy/haproxy.cfg has `{from}`");
            text = text.replace(from, to);
        };
        put("bind :443 ssl crt /etc/haproxy/gate.pem alpn h2,http/1.1", &format!("bind 127.0.0.1:{port}"));
        put("10.0.0.11:7747", hosts[0]);
        put("10.0.0.12:7747", hosts[1]);
        let file = folder.path().join("haproxy.cfg");
        fs::write(&file, text).expect("a file");
        let mut command = Command::new("/usr/sbin/haproxy");
        // In the foreground; what it says of checks is nobody's concern.
        command.args(["-db", "-q", "-f"]).arg(&file).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // SAFETY: between fork and exec one async-signal-safe system call is made: a test that is killed takes it along.
        unsafe { command.pre_exec(|| Ok(set_parent_process_death_signal(Some(Signal::KILL))?)) };
        let child = command.spawn().expect("no haproxy: run `./dev setup`");
        let balancer = Self { child, _folder: folder, url: format!("http://127.0.0.1:{port}") };
        eventually("haproxy listens", || TcpStream::connect(("127.0.0.1", port)));
        balancer
    }

    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
