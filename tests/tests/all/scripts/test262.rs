//! A part of test262, the tests of the language's standard, against the engine as scripts have it: each test is a script of its
//! own, which is saved nowhere and called once.

use std::collections::BTreeSet;
use std::fs;

use lockgate_tests::{Answer, Host, Serve, environment, root};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

/// One of so many is run; all of them in the long run.
const PART: usize = 4;
/// Requests at one time.
const TOGETHER: usize = 4;
/// How many are kept.
const KEPT: usize = 1_925;

/// Tests that the engine does not pass, and why.
const FAILING: [(&str, &str); 2] = [
    ("language/expressions/tagged-template/template-object.js", "the strings of a tagged template can be written"),
    (
        "language/expressions/template-literal/tv-null-character-escape-sequence.js",
        "the text has the character U+0000, which no script has",
    ),
];

struct Case {
    file: String,
    /// Phase and type of an error that it is about.
    negative: Option<(String, String)>,
    /// Whether it says by `$DONE` how it ended.
    is_async: bool,
    source: String,
}

impl Case {
    fn read(line: &str) -> Self {
        let case: Value = serde_json::from_str(line).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self {
            file: text(&case["file"]),
            negative: case.get("negative").map(|own| (text(&own["phase"]), text(&own["type"]))),
            is_async: case.get("async").is_some(),
            source: text(&case["source"]),
        }
    }

    /// The test as a script. Helpers are global, so that a test may have names of its own.
    fn script(&self, harness: &str) -> String {
        let helpers = "assert, compareArray, verifyProperty, verifyEqualTo, verifyWritable, verifyNotWritable, verifyEnumerable, \
                       verifyNotEnumerable, verifyConfigurable, verifyNotConfigurable, \
                       isConfigurable, isEnumerable, isSameValue, isWritable, Test262Error, $DONOTEVALUATE, reportCompare() {}";
        // The source begins in the first line, so that positions are its own.
        let prepare = format!(
            "((globalThis) => {{ {harness}\nObject.assign(globalThis, {{ {helpers} }});\n\
             let done; const finished = new Promise((resolve, reject) => {{ done = (error) => error === undefined ? resolve() : reject(error); }});\n\
             Object.assign(globalThis, {{ $DONE: done, __finished: {} }}); }})(globalThis);",
            if self.is_async { "finished" } else { "null" }
        );
        format!("{prepare}\n{}\nexport default async () => {{ await __finished; return \"passed\"; }};\n", self.source)
    }

    /// What is wrong, if anything is.
    fn verdict(&self, answer: &Answer) -> Option<String> {
        let passed = answer.status == 200 && answer.json()["output"] == "passed";
        let problem = || answer.json()["problem"]["detail"].as_str().unwrap_or(&answer.body).to_owned();
        match &self.negative {
            None => (!passed).then(problem),
            // Found when it is saved.
            Some((phase, _)) if phase != "runtime" => {
                let refused = answer.status == 422 && answer.json()["code"] == "LG1010";
                (!refused).then(|| format!("expected to be refused: {}", answer.body))
            }
            Some((_, kind)) => (!problem().contains(kind)).then(|| format!("expected {kind}: {}", answer.body)),
        }
    }
}

fn request(host: &Host, source: &str) -> RequestBuilder {
    let script = json!({"language": "javascript", "source": source});
    let limits = json!({"cpu_ms": 20_000, "deadline_ms": 300_000});
    let connector = json!({"name": "c", "type": "function", "script": script, "limits": limits});
    let group = json!({"slug": "t", "name": "T", "resource_type": "EXTERNAL"});
    let body = json!({"group": group, "connector": connector, "input": {}});
    host.shown(host.token(), Method::POST, "/v1/workspaces/default/tests/run").json(&body)
}

#[test]
fn the_kept_part_passes_but_for_what_is_listed() {
    let folder = root().join("tests/fixtures/scripts/test262");
    let harness = fs::read_to_string(folder.join("harness.js")).unwrap();
    let tests = fs::read_to_string(folder.join("tests.jsonl")).unwrap();
    let cases: Vec<Case> = tests.lines().map(Case::read).collect();
    assert_eq!(cases.len(), KEPT);
    let failing: BTreeSet<&str> = FAILING.iter().map(|(file, _)| *file).collect();
    let (long, mut run, mut passed) = (environment::is_long(), 0, 0);
    // Those that fail are run in any case, so that the list is true.
    let chosen = |(index, case): &(usize, &Case)| long || index % PART == 0 || failing.contains(case.file.as_str());
    let chosen: Vec<&Case> = cases.iter().enumerate().filter(chosen).map(|(_, case)| case).collect();
    let host = Serve::new().start();
    host.lift_rate();
    let mut wrong = Vec::new();
    for together in chosen.chunks(TOGETHER) {
        let answers = host.send_all(together.iter().map(|case| request(&host, &case.script(&harness))));
        for (case, answer) in together.iter().zip(answers) {
            run += 1;
            match (case.verdict(&answer), failing.contains(case.file.as_str())) {
                (None, false) => passed += 1,
                (Some(_), true) => {}
                (None, true) => wrong.push(format!("{}: is listed and passes", case.file)),
                (Some(found), false) => wrong.push(format!("{}: {found}", case.file)),
            }
        }
    }
    println!("{passed} of {run} pass");
    assert!(wrong.is_empty(), "{} of {run}:\n{}", wrong.len(), wrong.join("\n"));
}
