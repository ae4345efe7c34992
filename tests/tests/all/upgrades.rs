//! Versions come, go and come back under callers that never pause. No call fails for it, and each runs one version from
//! its begin to its end.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use lockgate_domain::Digest;
use lockgate_tests::component::{Crafted, stamp};
use lockgate_tests::resources::{CODE, DELETED_CODE, Resources};
use lockgate_tests::{Callers, Host, Raw, Tally, environment, eventually};
use reqwest::Method;
use serde_json::{Value, json};

/// Callers at one time, each on a connection of its own.
const CALLERS: usize = 16;

/// Memory that the store takes at some time and keeps, in KiB: SQLite's own cache of pages, on each of four connections.
const OF_STORE: u64 = 4 * 512;
/// Memory that calls at full speed take at some time, and the allocator keeps: 32,768 records that wait to be written, at 256
/// bytes each.
const OF_CALLS: u64 = 32_768 * 256 / 1024;
/// Mappings without a file that come and go with work: two of each thread for what blocks, and of each place of the pool
/// that a caller is the first to take. A version that left one behind would leave more.
const OF_WORK: u64 = 2 * CALLERS as u64;
/// wasmtime takes a new place of its pool for each version until it has so many, and then reuses those.
const PLACES: usize = 100;

/// A group `shop` whose plugin has a connector `which`, and every version that was ever made of it.
struct Shop {
    host: Host,
    marks: BTreeMap<String, u64>,
}

impl Shop {
    fn open(limits: Value) -> Self {
        let host = Host::start();
        host.group("shop", json!({"limits": limits}));
        Self { host, marks: BTreeMap::new() }
    }

    /// Loads a fresh version, which becomes current.
    fn load(&mut self) -> String {
        let mark = self.marks.len() as u64;
        let component = Crafted::plugin("shop", &mark.to_string()).connector("which").stamped(mark).component();
        let digest = Digest::of(&component).to_string();
        self.marks.insert(digest.clone(), mark);
        let report = self.host.load("shop", component).status(201).json();
        assert_eq!((&report["plugin"]["digest"], &report["current"]), (&json!(digest), &json!(true)));
        digest
    }

    fn make_current(&self, digest: &str) {
        let request = self.host.request(Method::PUT, &format!("/groups/shop/plugins/{digest}/current"));
        self.host.send(request).status(200);
    }

    fn delete(&self, digest: &str, query: &str) {
        let request = self.host.request(Method::DELETE, &format!("/groups/shop/plugins/{digest}{query}"));
        self.host.send(request).status(204);
    }

    /// A call that is made after a change was acknowledged gets what it made current.
    #[track_caller]
    fn serves(&self, digest: &str) {
        let answer = self.host.invoke("shop/which", &json!(1)).status(200).json();
        assert_eq!((&answer["output"], &answer["call"]["plugin"]), (&stamp(self.marks[digest]), &json!(digest)));
    }

    fn callers(&self) -> Callers {
        self.host.lift_rate();
        Callers::start(CALLERS, self.host.call("shop/which", &json!(1)))
    }

    /// All three marks of each output are those of the version that the answer names.
    #[track_caller]
    fn never_mixed(&self, tally: &Tally) {
        for (output, plugin) in &tally.outputs {
            let output: Value = serde_json::from_str(output).unwrap();
            assert_eq!(output, stamp(self.marks[plugin]), "plugin {plugin}");
        }
    }

    /// What the host holds when it has nothing to do: connections of callers are closed, records are written, and the
    /// store has opened as many connections as it ever does.
    fn idle(&self) -> Resources {
        let ready = (0..64).map(|_| self.host.plain(Method::GET, "/readyz").header("connection", "close"));
        self.host.send_all(ready.collect::<Vec<_>>());
        let mut last = self.host.resources();
        eventually("it has nothing to do", || {
            std::thread::sleep(Duration::from_millis(200));
            let now = self.host.resources();
            let idle = now == last;
            last = now;
            idle
        });
        // Connections that the test's client keeps for later, one or none as it happens, are on both sides.
        let own = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
        let own = own.filter(|file| {
            std::fs::read_link(file.path()).is_ok_and(|target| target.to_string_lossy().starts_with("socket:"))
        });
        let sockets = last.files.get_mut("socket").expect("it listens");
        *sockets = sockets.checked_sub(own.count()).expect("one of the host's for each of the test's");
        last
    }
}

/// No file more than before, nor any mapping but those of work, and none of a version that was deleted.
#[track_caller]
fn nothing_is_left(before: &Resources, after: &Resources) {
    for held in [before, after] {
        assert!(!held.files.contains_key(DELETED_CODE) && !held.mappings.contains_key(DELETED_CODE), "{held:?}");
    }
    // Each place of an instance that the current version was the last to use has its data mapped: one or some.
    let others = |held: &Resources| {
        let mut mappings = held.mappings.clone();
        mappings.remove(CODE);
        mappings.remove("");
        mappings
    };
    let anonymous = |held: &Resources| held.mappings.get("").copied().unwrap_or(0) as u64;
    assert!(anonymous(after) <= anonymous(before) + OF_WORK, "{} after {}", anonymous(after), anonymous(before));
    assert_eq!((&after.files, others(after)), (&before.files, others(before)));
}

#[test]
fn no_call_fails_while_versions_are_loaded_rolled_back_and_deleted() {
    let mut shop = Shop::open(json!({}));
    let mut current = shop.load();
    let mut held = Vec::new();
    let mut sum = Tally::default();
    for seconds in [environment::rounds(1, 10), environment::rounds(2, 20)] {
        let callers = shop.callers();
        let began = Instant::now();
        let takes_places = |shop: &Shop| environment::is_long() && shop.marks.len() <= PLACES;
        while began.elapsed() < Duration::from_secs(seconds as u64) || takes_places(&shop) {
            let next = shop.load();
            shop.serves(&next);
            shop.make_current(&current);
            shop.serves(&current);
            shop.make_current(&next);
            shop.serves(&next);
            shop.delete(&current, "");
            shop.serves(&next);
            current = next;
        }
        let tally = callers.stop();
        shop.never_mixed(&tally);
        sum.merge(tally);
        held.push(shop.idle());
    }
    let (failed, loaded) = (sum.others.values().sum::<usize>(), shop.marks.len());
    eprintln!(
        "{failed} of {} answers were not 200; {loaded} versions, {} of them seen",
        sum.answers,
        sum.outputs.len()
    );
    eprintln!("the idle host after the first third and at the end: {held:?}");
    assert_eq!(failed, 0, "{:?}", sum.others);
    assert!(sum.outputs.len() > 1, "callers saw the versions change");
    let [before, after] = &held[..] else { panic!("two measurements") };
    // In a short run new places of the pool are still taken.
    if environment::is_long() {
        nothing_is_left(before, after);
        assert!(after.resident_kib <= before.resident_kib * 105 / 100 + OF_STORE + OF_CALLS, "{held:?}");
    }
}

#[test]
fn versions_that_are_gone_hold_nothing() {
    let mut shop = Shop::open(json!({}));
    let mut current = shop.load();
    let mut held = Vec::new();
    for rounds in [environment::rounds(150, 500), environment::rounds(50, 1000)] {
        for _ in 0..rounds {
            let next = shop.load();
            shop.serves(&next);
            shop.delete(&current, "");
            current = next;
        }
        held.push(shop.idle());
    }
    eprintln!("the host after a third of {} versions and after all: {held:?}", shop.marks.len());
    let [before, after] = &held[..] else { panic!("two measurements") };
    nothing_is_left(before, after);
    let cache = std::fs::read_dir(shop.host.home.data().join("cache")).unwrap();
    let code = cache.filter(|entry| entry.as_ref().unwrap().file_type().unwrap().is_file()).count();
    assert_eq!(code, 2, "code and authentication of the one version that is left");
    if environment::is_long() {
        assert!(after.resident_kib <= before.resident_kib * 105 / 100 + OF_STORE, "{held:?}");
    }
}

/// Callers may be told that there is no such connector, or that the group is disabled, and nothing else; and once a
/// change is acknowledged, nothing but what it says.
#[test]
fn callers_of_what_is_taken_away_are_told_so_and_nothing_else() {
    let mut shop = Shop::open(json!({}));
    let mut current = shop.load();
    let callers = shop.callers();
    for _ in 0..environment::rounds(5, 100) {
        shop.host.set("shop", json!({"enabled": false}));
        shop.host.invoke("shop/which", &json!(1)).problem(409, "LG1011");
        shop.host.set("shop", json!({"enabled": true}));
        shop.serves(&current);
        shop.delete(&current, "?allow_removal");
        shop.host.invoke("shop/which", &json!(1)).problem(404, "LG1004");
        current = shop.load();
        shop.serves(&current);
    }
    let tally = callers.stop();
    shop.never_mixed(&tally);
    let told: Vec<_> = tally.others.keys().map(|(status, code)| (*status, code.as_str())).collect();
    assert_eq!(told, [(404, "LG1004"), (409, "LG1011")], "{:?}", tally.others);
}

/// Calls that have begun, each with so much to count, in millions.
fn begin(shop: &Shop, millions: usize) -> Vec<Raw> {
    let body = json!({"input": "x".repeat(millions)}).to_string();
    let path = "/groups/shop/connectors/which/invoke";
    let call = shop.host.request_bytes("POST", path, "application/json", body.as_bytes());
    let calls = (0..3).map(|_| shop.host.connect().send(&call)).collect();
    // Whether they were in flight together is looked at later: they may be over before all of them are seen.
    let began = Instant::now();
    while in_flight(shop) < 3 && began.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(1));
    }
    calls
}

fn in_flight(shop: &Shop) -> usize {
    let metrics = shop.host.at(Method::GET, "/metrics").body;
    let gauge = metrics.lines().find_map(|line| line.strip_prefix("lockgate_calls_in_flight "));
    gauge.expect("the gauge").parse().expect("a number")
}

#[test]
fn a_call_in_flight_keeps_its_version_whatever_changes() {
    type Change = (&'static str, fn(&mut Shop, &str));
    let changes: [Change; 6] = [
        ("load", |shop, _| {
            let next = shop.load();
            shop.serves(&next);
        }),
        ("load, delete", |shop, old| {
            let next = shop.load();
            shop.delete(old, "");
            shop.serves(&next);
        }),
        ("roll back", |shop, _| {
            let first = shop.marks.iter().find(|(_, mark)| **mark == 0).unwrap().0.clone();
            shop.make_current(&first);
            shop.serves(&first);
        }),
        ("delete", |shop, old| {
            shop.delete(old, "?allow_removal");
            shop.host.invoke("shop/which", &json!(1)).problem(404, "LG1004");
        }),
        ("disable", |shop, _| {
            shop.host.set("shop", json!({"enabled": false}));
            shop.host.invoke("shop/which", &json!(1)).problem(409, "LG1011");
        }),
        ("delete the group", |shop, _| {
            shop.host.send(shop.host.request(Method::DELETE, "/groups/shop")).status(204);
            shop.host.invoke("shop/which", &json!(1)).problem(404, "LG1004");
        }),
    ];
    for (name, change) in changes {
        // Calls that ended before the change was acknowledged show nothing: then longer ones.
        let shown = [500, 4_000, 32_000].into_iter().any(|millions| {
            let mut shop = Shop::open(json!({"cpu_ms": 300_000, "deadline_ms": 300_000}));
            shop.load();
            let old = shop.load();
            let calls = begin(&shop, millions);
            change(&mut shop, &old);
            let during = in_flight(&shop);
            for answer in calls.into_iter().map(Raw::answer) {
                assert!(answer.starts_with("HTTP/1.1 200 "), "{name}: {answer}");
                let body: Value = serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap();
                let expected = (&stamp(shop.marks[&old]), &json!(old));
                assert_eq!((&body["output"], &body["call"]["plugin"]), expected, "{name}");
            }
            during == 3
        });
        assert!(shown, "{name}: the calls were over before the change");
    }
}

#[test]
fn a_refused_version_leaves_no_trace() {
    let mut shop = Shop::open(json!({}));
    let first = shop.load();
    let callers = shop.callers();
    let before = shop.host.get("/groups/shop/plugins").json();
    let other = Crafted::plugin("shop", "other").connector("else").component();
    shop.host.load("shop", other.clone()).problem(409, "LG2010");
    shop.host.load("shop", &other[..other.len() - 5]).problem(422, "LG2005");
    assert_eq!(shop.host.get("/groups/shop/plugins").json(), before);
    shop.serves(&first);

    // Going forward asks as loading does, whatever was allowed the first time.
    let allowed = shop.host.request(Method::POST, "/groups/shop/plugins?allow_removal");
    let loaded = shop.host.send(allowed.header("content-type", "application/wasm").body(other)).status(201).json();
    let other = loaded["plugin"]["digest"].as_str().unwrap();
    shop.make_current(&first);
    let forward = shop.host.request(Method::PUT, &format!("/groups/shop/plugins/{other}/current"));
    shop.host.send(forward).problem(409, "LG2010");
    shop.serves(&first);

    let tally = callers.stop();
    shop.never_mixed(&tally);
    assert!(
        tally.others.keys().all(|(status, code)| (*status, code.as_str()) == (404, "LG1004")),
        "{:?}",
        tally.others
    );
}
