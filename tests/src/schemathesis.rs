//! Schemathesis: requests made from an OpenAPI document, and their answers compared with it.

use std::fmt::Write;
use std::process::Command;

use crate::{Host, environment, root};

/// Requests of one kind for an operation, in the short run and when the long loops are asked for.
const EXAMPLES: (usize, usize) = (8, 40);
/// What must hold of every answer.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance,unsupported_method,\
                      missing_required_header,ignored_auth";
/// What must hold of the answers to requests that break the description; not where parts of the address are set, since
/// those make such a request a good one again.
const REJECTION: &str = ",negative_data_rejection";
/// Each refusal is one: a request whose `If-Match` is out of date is refused for that before its body is read (RFC 9110
/// section 13.2.1).
const REFUSALS: &str = "[checks.negative_data_rejection]\nexpected-statuses = [\"4xx\"]\n";
/// A caller who waits for a millisecond gets 504, which is right, and no error of the server.
const DEADLINES: &str = "[checks.not_a_server_error]\nexpected-statuses = [\"2xx\", \"3xx\", \"4xx\", \"504\"]\n";

/// A run.
#[derive(Debug)]
pub struct Schemathesis<'h> {
    host: &'h Host,
    configuration: String,
}

impl<'h> Schemathesis<'h> {
    pub fn new(host: &'h Host) -> Self {
        Self { host, configuration: String::new() }
    }

    /// With these values for parts of addresses.
    pub fn with_parts(mut self, parts: &[(&str, &str)]) -> Self {
        self.configuration.push_str("[parameters]\n");
        for (name, value) in parts {
            writeln!(self.configuration, "\"path.{name}\" = \"{value}\"").expect("a string");
        }
        self
    }

    /// Fails with its report when it finds something.
    #[track_caller]
    pub fn run(self) {
        let program = root().join("target/schemathesis/bin/schemathesis");
        assert!(program.exists(), "no {}: run `./dev setup`", program.display());
        let rejects = self.configuration.is_empty();
        let configuration = [DEADLINES, if rejects { REFUSALS } else { &self.configuration }].concat();
        let configuration = self.host.home.write("schemathesis.toml", configuration);
        let mut command = Command::new(program);
        command.env("SCHEMATHESIS_HOOKS", root().join("tests/schemathesis_hooks.py"));
        command.arg("--config-file").arg(configuration).arg("run");
        command.arg(format!("http://{}/openapi.json", self.host.address()));
        command.arg("--header").arg(format!("Authorization: Bearer {}", self.host.token()));
        command.args(["--phases", "examples,coverage,fuzzing", "--continue-on-failure", "--warnings", "off"]);
        let checks = if rejects { [CHECKS, REJECTION].concat() } else { CHECKS.to_owned() };
        command.args(["--suppress-health-check", "all", "--checks", &checks]);
        command.args(["--no-shrink", "--generation-database", "none"]);
        command.arg("--seed").arg(environment::seed().to_string());
        command.arg("--max-examples").arg(environment::rounds(EXAMPLES.0, EXAMPLES.1).to_string());
        let output = command.current_dir(self.host.home.work()).output().expect("it starts");
        let report = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{report}\n{}", String::from_utf8_lossy(&output.stderr));
    }
}
