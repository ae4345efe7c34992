//! `kill -9` at a chosen moment of a change. What was acknowledged is there afterwards, what was not is there whole or not
//! at all, and every plugin that is listed can be made current and called.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use lockgate_domain::Digest;
use lockgate_tests::component::{Crafted, stamp};
use lockgate_tests::{Host, Random, environment, eventually};
use reqwest::Method;
use serde_json::{Value, json};

/// How long after the answer of a change the host may still be killed.
const AFTER: Duration = Duration::from_millis(100);
/// The same for a load, of which nearly all moments are meant to lie before the answer.
const AFTER_LOAD: Duration = Duration::from_millis(10);
/// Versions that are kept, so that a round stays short.
const VERSIONS: usize = 4;
const WASM: &str = "application/wasm";

/// What callers and operators can see.
#[derive(Debug, Clone, Default, PartialEq)]
struct Model {
    /// The limit `cpu_ms` of each group.
    groups: BTreeMap<String, u64>,
    /// Versions of the plugin in group `shop`, in the order of loading.
    plugins: Vec<String>,
    current: Option<String>,
}

#[derive(Debug, Clone)]
enum Change {
    Load(u64),
    MakeCurrent(String),
    Delete(String),
    CreateGroup(String),
    SetLimit(String, u64),
    DeleteGroup(String),
}

fn component(mark: u64) -> Vec<u8> {
    Crafted::plugin("shop", &mark.to_string()).connector("which").stamped(mark).component()
}

fn digest(mark: u64) -> String {
    Digest::of(&component(mark)).to_string()
}

impl Model {
    fn seen(host: &Host) -> Self {
        let items = |path: &str| host.get(path).status(200).json()["items"].as_array().unwrap().clone();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let plugins = items("/groups/shop/plugins");
        let current: Vec<_> = plugins.iter().filter(|plugin| plugin["current"] == true).collect();
        assert!(current.len() <= 1, "{current:?}");
        Self {
            groups: items("/groups?limit=500")
                .iter()
                .map(|group| (text(&group["slug"]), group["limits"]["cpu_ms"].as_u64().unwrap_or(0)))
                .collect(),
            current: current.first().map(|plugin| text(&plugin["digest"])),
            plugins: plugins.iter().map(|plugin| text(&plugin["digest"])).collect(),
        }
    }

    /// Half of all changes load a version; what there is too much of is deleted.
    fn choose(&self, random: &mut Random, round: u64) -> Change {
        let other = self.plugins.iter().find(|digest| self.current.as_ref() != Some(digest));
        let group = self.groups.keys().find(|slug| *slug != "shop");
        match (random.below(8), other, group) {
            (0..4, ..) => Change::Load(round),
            (4, Some(other), _) if self.plugins.len() < VERSIONS => Change::MakeCurrent(other.clone()),
            (4 | 5, Some(other), _) => Change::Delete(other.clone()),
            (6, _, Some(group)) => Change::DeleteGroup(group.clone()),
            (7, _, Some(group)) => Change::SetLimit(group.clone(), round + 1),
            _ => Change::CreateGroup(format!("g{round}")),
        }
    }

    fn after(&self, change: &Change) -> Self {
        let mut after = self.clone();
        match change {
            Change::Load(mark) => {
                after.plugins.push(digest(*mark));
                after.current = Some(digest(*mark));
            }
            Change::MakeCurrent(digest) => after.current = Some(digest.clone()),
            Change::Delete(digest) => after.plugins.retain(|other| other != digest),
            Change::CreateGroup(slug) => drop(after.groups.insert(slug.clone(), 0)),
            Change::SetLimit(slug, limit) => drop(after.groups.insert(slug.clone(), *limit)),
            Change::DeleteGroup(slug) => drop(after.groups.remove(slug)),
        }
        after
    }
}

impl Change {
    fn request(&self, host: &Host) -> Vec<u8> {
        let plugin = |digest: &str| format!("/groups/shop/plugins/{digest}");
        let send = |method, path: &str, body: Value| {
            host.request_bytes(method, path, "application/json", body.to_string().as_bytes())
        };
        match self {
            Self::Load(mark) => host.request_bytes("POST", "/groups/shop/plugins", WASM, &component(*mark)),
            Self::MakeCurrent(digest) => host.request_bytes("PUT", &format!("{}/current", plugin(digest)), WASM, b""),
            Self::Delete(digest) => host.request_bytes("DELETE", &plugin(digest), WASM, b""),
            Self::CreateGroup(slug) => {
                send("POST", "/groups", json!({"slug": slug, "name": slug, "resource_type": "EXTERNAL"}))
            }
            Self::SetLimit(slug, limit) => {
                send("PATCH", &format!("/groups/{slug}"), json!({"limits": {"cpu_ms": limit}}))
            }
            Self::DeleteGroup(slug) => host.request_bytes("DELETE", &format!("/groups/{slug}"), WASM, b""),
        }
    }

    fn kind(&self) -> std::mem::Discriminant<Self> {
        std::mem::discriminant(self)
    }
}

/// Makes each listed version current and calls it; the one that was current is current afterwards.
fn every_version_runs(host: &Host, model: &Model, marks: &BTreeMap<String, u64>) {
    let make_current = |digest: &String| {
        let path = format!("/groups/shop/plugins/{digest}/current");
        host.send(host.request(Method::PUT, &path)).status(200);
    };
    for digest in &model.plugins {
        make_current(digest);
        let answer = host.invoke("shop/which", &json!(1)).status(200).json();
        assert_eq!((&answer["output"], &answer["call"]["plugin"]), (&stamp(marks[digest]), &json!(digest)));
    }
    model.current.iter().for_each(make_current);
}

/// Whole files in pairs, and none that was left half-written.
fn the_cache_is_whole(host: &Host) {
    let cache = host.home.data().join("cache");
    let names = |folder: &Path| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    // They are cleared away while the host serves already.
    eventually("no half of a file is left", || names(&cache.join("new")).is_empty());
    for path in names(&cache).into_iter().filter(|path| !path.ends_with("new")) {
        let kind = path.extension().and_then(|kind| kind.to_str());
        assert!(matches!(kind, Some("cwasm" | "mac")), "{}", path.display());
        assert!(kind != Some("cwasm") || path.with_extension("mac").is_file(), "{}", path.display());
    }
    assert!(!host.log().contains("compiling anew"), "{}", host.log());
}

#[test]
fn killed_at_any_moment_of_a_change() {
    let mut random = Random::new(environment::seed());
    let mut host = Host::start();
    host.group("shop", json!({}));
    let mut model = Model::seen(&host);
    let (mut marks, mut took) = (BTreeMap::new(), HashMap::new());
    let (mut acknowledged, mut lost) = (0, 0);
    for round in 0..environment::rounds(20, 300) as u64 {
        let change = model.choose(&mut random, round);
        if let Change::Load(mark) = change {
            marks.insert(digest(mark), mark);
        }
        let request = change.request(&host);
        // As long as the same change took when it was last answered, and some more.
        let known = took.get(&change.kind()).copied().unwrap_or(AFTER);
        let after = if matches!(change, Change::Load(_)) { AFTER_LOAD } else { AFTER };
        let moment = Duration::from_micros(random.below((known + after).as_micros() as usize) as u64);
        let began = Instant::now();
        let connection = host.connect().send(request);
        let answer = std::thread::spawn(move || (connection.status(), began.elapsed()));
        std::thread::sleep(moment.saturating_sub(began.elapsed()));
        host.kill_and_restart();

        let (status, duration) = answer.join().unwrap();
        let (before, after) = (model.clone(), model.after(&change));
        model = Model::seen(&host);
        match status {
            0 => {
                lost += 1;
                // All of it is there, or nothing of it.
                let whole = if model == before { &before } else { &after };
                assert_eq!(&model, whole, "round {round}, {change:?} of {before:?}");
            }
            200..300 => {
                acknowledged += 1;
                took.insert(change.kind(), duration);
                assert_eq!(model, after, "round {round}, {change:?} was answered with {status}");
            }
            _ => panic!("round {round}: {change:?} was refused with {status}"),
        }
        every_version_runs(&host, &model, &marks);
        the_cache_is_whole(&host);
    }
    eprintln!("{acknowledged} changes were acknowledged before the kill, {lost} were not");
    assert!(acknowledged > 0 && lost > 0, "moments before and after the answer");
}
