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
/// What must hold of the answers to requests that the description allows: they are fulfilled.
const ACCEPTANCE: &str = ",positive_data_acceptance";
/// Each refusal is one: a request whose `If-Match` is out of date is refused for that before its body is read (RFC 9110
/// section 13.2.1). A caller who waits for a millisecond may be gone before an input is looked at.
const REFUSALS: &str = "[checks.negative_data_rejection]\nexpected-statuses = [\"4xx\", \"504\"]\n";
/// A caller who waits for a millisecond gets 504, which is right, and no error of the server.
const DEADLINES: &str = "[checks.not_a_server_error]\nexpected-statuses = [\"2xx\", \"3xx\", \"4xx\", \"504\"]\n";
const WAITED: &str = "[checks.positive_data_acceptance]\nexpected-statuses = [\"2xx\", \"304\", \"504\"]\n";

/// A run.
#[derive(Debug)]
pub struct Schemathesis<'h> {
    host: &'h Host,
    document: String,
    configuration: String,
    filters: Vec<String>,
    accepts: bool,
}

impl<'h> Schemathesis<'h> {
    pub fn new(host: &'h Host) -> Self {
        Self {
            host,
            document: "/openapi.json".to_owned(),
            configuration: String::new(),
            filters: Vec::new(),
            accepts: false,
        }
    }

    /// With the document at this path.
    pub fn with_document(mut self, path: &str) -> Self {
        path.clone_into(&mut self.document);
        self
    }

    /// Every request that the document allows is fulfilled.
    pub fn accepting(mut self) -> Self {
        self.accepts = true;
        self
    }

    /// With these values for parts of addresses.
    pub fn with_parts(mut self, parts: &[(&str, &str)]) -> Self {
        self.configuration.push_str("[parameters]\n");
        for (name, value) in parts {
            writeln!(self.configuration, "\"path.{name}\" = \"{value}\"").expect("a string");
        }
        self
    }

    /// Of the operations only those whose paths match this.
    pub fn only(mut self, paths: &str) -> Self {
        self.filters.push(format!("--include-path-regex={paths}"));
        self
    }

    /// Without the operations whose paths match this.
    pub fn without(mut self, paths: &str) -> Self {
        self.filters.push(format!("--exclude-path-regex={paths}"));
        self
    }

    /// Fails with its report when it finds something.
    #[track_caller]
    pub fn run(self) {
        let program = root().join("target/schemathesis/bin/schemathesis");
        assert!(program.exists(), "no {}: run `./dev setup`", program.display());
        let rejects = self.configuration.is_empty();
        let own = if rejects { REFUSALS } else { &self.configuration };
        let configuration = [DEADLINES, if self.accepts { WAITED } else { "" }, own].concat();
        let configuration = self.host.home.write("schemathesis.toml", configuration);
        let mut command = Command::new(program);
        command.env("SCHEMATHESIS_HOOKS", root().join("tests/schemathesis_hooks.py"));
        command.arg("--config-file").arg(configuration).arg("run");
        command.arg(format!("http://{}{}", self.host.address(), self.document));
        command.arg("--url").arg(format!("http://{}", self.host.address()));
        command.arg("--header").arg(format!("Authorization: Bearer {}", self.host.token()));
        command.args(["--phases", "examples,coverage,fuzzing", "--continue-on-failure", "--warnings", "off"]);
        command.args(&self.filters);
        let mut checks = CHECKS.to_owned();
        checks.push_str(if rejects { REJECTION } else { "" });
        checks.push_str(if self.accepts { ACCEPTANCE } else { "" });
        command.args(["--suppress-health-check", "all", "--checks", &checks]);
        command.args(["--no-shrink", "--generation-database", "none"]);
        command.arg("--seed").arg(environment::seed().to_string());
        command.arg("--max-examples").arg(environment::rounds(EXAMPLES.0, EXAMPLES.1).to_string());
        let output = command.current_dir(self.host.home.work()).output().expect("it starts");
        let report = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{report}\n{}", String::from_utf8_lossy(&output.stderr));
    }
}
