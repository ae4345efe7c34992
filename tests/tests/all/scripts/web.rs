//! What scripts expect of requests, timers and promises, because browsers have them so.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

use lockgate_tests::{Host, Ran, Reply, Upstream, eventually, program};
use reqwest::Method;
use serde_json::{Value, json};

use super::{call_connected, calling, host, javascript, output_of, save};

#[test]
fn a_signal_ends_a_request() {
    let arrived = Arc::new(AtomicBool::new(false));
    let upstream = Upstream::start(move |seen| match seen.path() {
        // Answered once the other request is on its way.
        "/api/when-aborted-can-be" => {
            while !arrived.load(SeqCst) {
                thread::sleep(Duration::from_millis(5));
            }
            Reply::new(200)
        }
        path => {
            arrived.fetch_or(path == "/api/aborted", SeqCst);
            Reply::new(200).after(Duration::from_secs(600))
        }
    });
    let source = "
        export default async () => {
            const told = async (url, signal) => {
                try { await fetch(url, { signal }); return 'answered'; } catch (error) { return error.name; }
            };
            const controller = new AbortController();
            const aborted = told('/aborted', controller.signal);
            await fetch('/when-aborted-can-be');
            controller.abort();
            return [await aborted, await told('/never', controller.signal)];
        };";
    let host = calling(&upstream, source);
    assert_eq!(call_connected(&host, &json!({})).output(), json!(["AbortError", "AbortError"]));
    let seen = upstream.seen();
    assert!(seen.iter().any(|one| one.path() == "/api/aborted"), "{seen:?}");
    assert!(seen.iter().all(|one| one.path() != "/api/never"), "{seen:?}");
    eventually("the request is cancelled", || upstream.abandoned() == 1);
    let source = "
        export default async () => {
            try { await fetch('/slow', { signal: AbortSignal.timeout(50) }); } catch (error) { return error.name; }
        };";
    save(&host, &javascript(source)).status(200);
    assert_eq!(call_connected(&host, &json!({})).output(), json!("TimeoutError"));
}

#[test]
fn a_listener_that_throws_ends_nothing_but_itself() {
    let upstream = Upstream::start(|_| Reply::new(200).after(Duration::from_secs(600)));
    let host = calling(&upstream, "export default () => 1;");
    let source = "
        export default async () => {
            const controller = new AbortController();
            const { signal } = controller;
            const seen = [];
            signal.onabort = () => { throw new Error('first'); };
            signal.addEventListener('abort', { handleEvent() { throw new Error('second'); } });
            const answer = fetch('/slow', { signal }).then(() => 'answered', (error) => error.name);
            signal.addEventListener('abort', (event) => seen.push(event.type, event.target === signal, event.currentTarget === signal));
            controller.abort();
            return [await answer, ...seen];
        };";
    let (output, lines) = tested(&host, source);
    assert_eq!(output, json!(["AbortError", "abort", true, true]));
    assert_eq!(lines.len(), 2, "{lines:?}");
    for (line, which) in lines.iter().zip(["first", "second"]) {
        let expected = format!("error a promise was rejected and nobody handles it: Error: {which}, at c.js:");
        assert!(line.starts_with(&expected), "{line}");
    }
}

#[test]
fn listeners_are_those_of_browsers() {
    let host = host("export default () => 1;");
    let source = "
        export default async () => {
            const target = new EventTarget();
            const seen = [];
            const note = (name) => () => seen.push(name);
            const late = note('removed');
            const over = new AbortController();
            target.addEventListener('a', note('once'), { once: true });
            target.addEventListener('a', () => target.removeEventListener('a', late));
            target.addEventListener('a', late);
            target.addEventListener('a', note('of a signal'), { signal: over.signal });
            target.addEventListener('a', note('never'), { signal: AbortSignal.abort() });
            target.addEventListener('a', (event) => event.preventDefault());
            target.addEventListener('a', null);
            const event = new Event('a', { cancelable: true });
            const results = [target.dispatchEvent(event), event.currentTarget];
            over.abort();
            target.addEventListener('a', (event) => event.stopImmediatePropagation());
            target.addEventListener('a', note('behind'));
            results.push(target.dispatchEvent(new Event('a')));
            try { target.dispatchEvent({ type: 'a' }); } catch (error) { results.push(error.name); }
            // Nothing but `onabort` waits for it.
            const timed = await new Promise((resolve) => { AbortSignal.timeout(5).onabort = (event) => resolve([event.type, event.target.reason.name]); });
            const controller = new AbortController();
            controller.signal.onabort = note('of onabort');
            controller.signal.onabort = 5;
            controller.abort();
            return { seen, results, timed, handler: controller.signal.onabort };
        };";
    let expected = json!({
        "seen": ["once", "of a signal"], "results": [false, null, true, "TypeError"], "timed": ["abort", "TimeoutError"], "handler": null,
    });
    assert_eq!(output_of(&host, source, &json!(null)), expected);
}

#[test]
fn timers_that_set_each_other_keep_no_request_from_being_answered() {
    let upstream = Upstream::start(|_| Reply::new(204));
    let source = "
        export default async () => {
            let done = false;
            const again = () => { if (!done) setTimeout(again, 0); };
            again();
            const statuses = [(await fetch('/one')).status, ...(await Promise.all(['/two', '/three'].map((url) => fetch(url)))).map(({ status }) => status)];
            done = true;
            // As in browsers, timers within timers wait four milliseconds from the seventh on.
            const began = performance.now();
            for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
            return { statuses, waited: performance.now() - began >= 16 };
        };";
    let host = calling(&upstream, source);
    host.set("g", json!({"limits": {"host_calls": 1_000_000, "cpu_ms": 60_000, "deadline_ms": 300_000}}));
    assert_eq!(call_connected(&host, &json!({})).output(), json!({"statuses": [204, 204, 204], "waited": true}));
    assert_eq!(upstream.seen().len(), 3);
}

/// Tests a script, and gives its output with the lines of its log.
#[track_caller]
fn tested(host: &Host, source: &str) -> (Value, Vec<String>) {
    save(host, &javascript(source)).status(200);
    let request = host.request(Method::POST, "/groups/g/connectors/c/test");
    let mut answer =
        host.send(request.json(&json!({"input": null, "connection": {"fixed": "main"}}))).status(200).json();
    let lines = answer["logs"].as_array().unwrap().iter();
    let lines = lines.map(|line| format!("{} {}", line["level"].as_str().unwrap(), line["message"].as_str().unwrap()));
    let lines = lines.collect();
    (answer["output"].take(), lines)
}

#[test]
fn a_request_that_nobody_awaits_is_cancelled_and_the_log_says_so() {
    let upstream = Upstream::start(|_| Reply::new(200).after(Duration::from_secs(600)));
    let host = calling(&upstream, "export default () => 1;");
    let lost = "error a promise was rejected and nobody handles it: Failure: cancelled: the call ended before";
    for source in [
        "export default () => { fetch('/audit', { method: 'POST', body: 'a' }); return 1; };",
        "const audit = async () => { await fetch('/audit', { method: 'POST' }); };
         export default async () => { audit(); return 1; };",
    ] {
        let expected = vec![format!("{lost} POST /audit was answered: await it")];
        assert_eq!(tested(&host, source), (json!(1), expected), "{source}");
    }
    assert!(upstream.seen().is_empty());
    // One that is on its way is cancelled too; whoever handles that is told nothing.
    let source = "
        export default async () => {
            fetch('/slow');
            const late = new Promise((resolve) => setTimeout(() => resolve('late'), 20));
            return await Promise.race([fetch('/slower'), late]);
        };";
    let expected = vec![format!("{lost} GET /slow was answered: await it")];
    assert_eq!(tested(&host, source), (json!("late"), expected));
    // What the script does then is not a part of its output.
    let source = "
        export default async () => {
            const output = { told: [] };
            fetch('/slow').catch((error) => { output.told.push(error.code); console.log(error.code); return fetch('/more'); }).catch(() => 1);
            return output;
        };";
    assert_eq!(tested(&host, source), (json!({"told": []}), vec!["info cancelled".to_owned()]));
}

#[test]
fn a_rejection_that_nobody_handles_is_in_the_log() {
    let upstream = Upstream::start(|_| Reply::new(200));
    let host = calling(&upstream, "export default () => 1;");
    let line = "error a promise was rejected and nobody handles it:";
    for (source, expected) in [
        (
            "export default async () => {\n  Promise.reject(new RangeError('far'));\n  return 1;\n};",
            vec![format!("{line} RangeError: far, at c.js:2:")],
        ),
        (
            "import { Failure } from 'lockgate';
             export default async () => { (async () => { throw new Failure('gone', 'it is gone'); })(); return 1; };",
            vec![format!("{line} Failure: gone: it is gone")],
        ),
        (
            "export default async () => { queueMicrotask(() => { throw { toString() { throw 1; }, get a() { throw 2; } }; }); return 1; };",
            vec![format!("{line} a value was thrown that can't be shown")],
        ),
        // What is handled later is handled.
        (
            "export default async () => { const late = Promise.reject(new Error('late')); await null; await late.catch(() => 1); return 1; };",
            vec![],
        ),
        ("const early = Promise.reject(new Error('early')); export default async () => early.catch(() => 1);", vec![]),
        ("export default async () => (await Promise.allSettled([Promise.reject(1)])).length;", vec![]),
    ] {
        let (output, lines) = tested(&host, source);
        assert_eq!((output, lines.len()), (json!(1), expected.len()), "{source}: {lines:?}");
        for (found, expected) in lines.iter().zip(&expected) {
            assert!(found.starts_with(expected), "{source}: {found}");
        }
    }
    let many = "export default () => { for (let n = 0; n < 1000; n++) Promise.reject(new Error(`${n}`)); return 1; };";
    let (_, lines) = tested(&host, many);
    assert_eq!(lines.len(), 17, "{lines:?}");
    assert_eq!(lines[16], "error 984 more promises were rejected and nobody handles them");
    // What ends the call is its failure, and no line.
    let source = "export default async () => { Promise.reject(new Error('lost')); throw new Error('the end'); };";
    host.home.write("ends.js", source);
    let mut command = host.home.command(program("lockgate"));
    let shown = Ran::of(command.args(["run", "ends.js", "--output", "json"])).exits(1).json();
    assert_eq!(shown["code"], "LG3003", "{shown:#}");
    let lines = shown["logs"].as_array().unwrap();
    assert!(lines.len() == 1 && lines[0]["message"].as_str().unwrap().contains("Error: lost"), "{shown:#}");
}
