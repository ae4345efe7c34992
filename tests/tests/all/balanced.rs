//! Two hosts on one PostgreSQL behind haproxy: callers that never pause, changes of every kind, and hosts that are killed.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use lockgate_tests::component::Crafted;
use lockgate_tests::postgres::{Postgres, free_port};
use lockgate_tests::{Balancer, Home, Host, Serve, connected, environment, equal, eventually, http_client};
use reqwest::{Client, Method, RequestBuilder};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

const CALLERS: usize = 32;
/// How old an answer may be: what one host changes, the others know within this, also on a machine that is full.
const STALE: Duration = Duration::from_secs(5);
/// How long a killed host stays away.
const AWAY: Duration = Duration::from_millis(1500);

/// A value that only counts up, and when which one was written: what an answer may say.
#[derive(Debug, Default)]
struct Counted(Mutex<Vec<(Instant, Option<Instant>)>>);

impl Counted {
    /// Begins the next write.
    fn begin(&self) -> usize {
        let mut writes = self.0.lock().unwrap();
        writes.push((Instant::now(), None));
        writes.len()
    }

    fn acknowledged(&self, number: usize) {
        self.0.lock().unwrap()[number - 1].1 = Some(Instant::now());
    }

    fn last_acknowledged(&self) -> usize {
        self.0.lock().unwrap().iter().rposition(|write| write.1.is_some()).map_or(0, |index| index + 1)
    }

    /// What a call may see that ran in this time.
    fn possible(&self, began: Instant, ended: Instant) -> RangeInclusive<usize> {
        let writes = self.0.lock().unwrap();
        let known = |write: &(Instant, Option<Instant>)| write.1.is_some_and(|at| at + STALE <= began);
        let least = writes.iter().rposition(known).map_or(0, |index| index + 1);
        least..=writes.iter().filter(|write| write.0 <= ended).count()
    }
}

/// What changes while it is called.
#[derive(Debug, Default)]
struct Counts {
    version: Counted,
    subdomain: Counted,
    setting: Counted,
}

/// A call that had no answer of its own.
#[derive(Debug)]
struct Failure {
    began: Instant,
    ended: Instant,
    what: String,
}

#[derive(Debug, Default)]
struct Told {
    calls: usize,
    failures: Vec<Failure>,
    wrong: Vec<String>,
}

/// The way in that everybody takes.
#[derive(Clone)]
struct Gate {
    client: Client,
    url: String,
    token: String,
}

impl Gate {
    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}/v1/workspaces/default{path}", self.url);
        self.client.request(method, url).bearer_auth(&self.token)
    }

    fn call(&self, turn: usize) -> RequestBuilder {
        let (path, body) = match turn % 2 {
            0 => ("/groups/rolling/connectors/which/invoke", json!({"input": 1})),
            _ => {
                let connection = json!({"dynamic": {"tenant": "ada"}});
                ("/groups/g/connectors/facts/invoke", json!({"input": {}, "connection": connection}))
            }
        };
        self.request(Method::POST, path).json(&body)
    }
}

async fn keep_calling(gate: Gate, counts: Arc<Counts>, stop: Arc<AtomicBool>, first: usize) -> Told {
    let mut told = Told::default();
    for turn in first.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let began = Instant::now();
        let answer = async { gate.call(turn).send().await?.error_for_status()?.json::<Value>().await }.await;
        let ended = Instant::now();
        told.calls += 1;
        match answer {
            Err(error) => told.failures.push(Failure { began, ended, what: format!("{error:?}") }),
            Ok(answer) => told.wrong.extend(wrong(&answer["output"], turn, &counts, began, ended)),
        }
    }
    told
}

/// What is wrong with an answer, if anything is.
fn wrong(output: &Value, turn: usize, counts: &Counts, began: Instant, ended: Instant) -> Option<String> {
    let within = |what: &str, value: Option<usize>, count: &Counted| {
        let possible = count.possible(began, ended);
        (!value.is_some_and(|value| possible.contains(&value))).then(|| format!("{what}: {output} not in {possible:?}"))
    };
    if turn.is_multiple_of(2) {
        return within("version", output.as_str().and_then(|text| text.parse().ok()), &counts.version);
    }
    if output["tenant"] != "ada" {
        return Some(format!("tenant: {output}"));
    }
    let settings = &output["settings"];
    let subdomain = settings["subdomain"].as_str().and_then(|text| text.strip_prefix('r')?.parse().ok());
    let setting = settings["count"].as_u64().map(|count| usize::try_from(count).unwrap());
    within("subdomain", subdomain, &counts.subdomain).or_else(|| within("setting", setting, &counts.setting))
}

/// Who changes everything, one change after the other.
struct Changer {
    runtime: Runtime,
    gate: Gate,
    counts: Arc<Counts>,
    /// The id of the tenant's connection.
    connection: String,
    /// Groups by whether they must exist, as far as that was acknowledged.
    groups: BTreeMap<String, bool>,
    acknowledged: usize,
    unanswered: usize,
}

impl Changer {
    /// The body of a change that was acknowledged; none when it had no answer, as while a host dies.
    fn change(&mut self, request: RequestBuilder) -> Option<Value> {
        let answer = self.runtime.block_on(async {
            let answer = request.send().await.ok()?;
            let status = answer.status();
            Some((status, answer.text().await.ok()?))
        });
        match answer {
            Some((status, body)) if status.is_success() => {
                self.acknowledged += 1;
                Some(serde_json::from_str(&body).unwrap_or_default())
            }
            // What the balancer says of a host that is gone; a host itself says why, in a document.
            Some((status, body)) if status != 502 || body.contains("LG") => panic!("{status}: {body}"),
            Some(_) | None => {
                self.unanswered += 1;
                None
            }
        }
    }

    fn counted(&mut self, count: impl Fn(&Counts) -> &Counted, request: impl Fn(&Gate, usize) -> RequestBuilder) {
        let counts = Arc::clone(&self.counts);
        let number = count(&counts).begin();
        let request = request(&self.gate, number);
        if self.change(request).is_some() {
            count(&counts).acknowledged(number);
        }
    }

    fn version(&mut self) {
        self.counted(
            |counts| &counts.version,
            |gate, number| {
                let component = Crafted::plugin("shop", &number.to_string()).connector("which").component();
                let load =
                    gate.request(Method::POST, "/groups/rolling/plugins").header("content-type", "application/wasm");
                load.body(component)
            },
        );
    }

    fn subdomain(&mut self) {
        let path = format!("/groups/g/connections/{}/credentials", self.connection);
        self.counted(
            |counts| &counts.subdomain,
            |gate, number| {
                let mut body = connected::values("k");
                body["fields"]["subdomain"] = json!(format!("r{number}"));
                gate.request(Method::PUT, &path).json(&body)
            },
        );
    }

    fn setting(&mut self) {
        self.counted(
            |counts| &counts.setting,
            |gate, number| gate.request(Method::PATCH, "/groups/g").json(&json!({"settings": {"count": number}})),
        );
    }

    /// Makes a group, and deletes the one of two rounds before.
    fn group(&mut self, round: usize) {
        let slug = format!("made-{round}");
        let body = json!({"slug": slug, "name": slug, "resource_type": "EXTERNAL"});
        let create = self.gate.request(Method::POST, "/groups").json(&body);
        if self.change(create).is_some() {
            self.groups.insert(slug, true);
        }
        let before = format!("made-{}", round.wrapping_sub(2));
        if self.groups.remove(&before).is_some() {
            let delete = self.gate.request(Method::DELETE, &format!("/groups/{before}"));
            if self.change(delete).is_some() {
                self.groups.insert(before, false);
            }
        }
    }

    /// Makes a token, revokes it, and says how long one of these hosts went on taking it.
    fn token(&mut self, hosts: &[&Host]) -> Duration {
        let create = self.gate.request(Method::POST, "/tokens").json(&json!({"name": "short", "role": "viewer"}));
        let Some(made) = self.change(create) else { return Duration::ZERO };
        let (token, id) = (made["token"].as_str().unwrap(), made["id"].as_str().unwrap());
        let shown = |host: &Host| host.send(host.shown(token, Method::GET, "/v1/workspaces/default/groups")).status;
        for host in hosts {
            let began = Instant::now();
            eventually("a new token is taken", || equal(shown(host), &200));
            assert!(began.elapsed() < STALE, "it was taken after {:?}", began.elapsed());
        }
        let revoke = self.gate.request(Method::DELETE, &format!("/tokens/{id}"));
        if self.change(revoke).is_none() {
            return Duration::ZERO;
        }
        let revoked = Instant::now();
        for host in hosts {
            eventually("a revoked token is refused", || equal(shown(host), &401));
            assert!(revoked.elapsed() < STALE, "it was taken for {:?}", revoked.elapsed());
        }
        revoked.elapsed()
    }
}

fn hosts() -> (Host, Host) {
    let database = Postgres::start().database("lockgate");
    let arguments = || ["--behind-proxy".to_owned(), "--listen".to_owned(), format!("127.0.0.1:{}", free_port())];
    let one = Serve::at(Home::on(&database)).with(arguments()).start();
    let two = Serve::beside(&one).with(arguments()).start();
    (one, two)
}

/// Kills a host, and says between which moments that happened.
fn kill(pid: u32) -> (Instant, Instant) {
    let (began, pid) = (Instant::now(), Pid::from_raw(pid.try_into().unwrap()).unwrap());
    kill_process(pid, Signal::KILL).unwrap();
    // Its first thread may be gone while another still holds the sockets: until all are, it takes connections. It stays a
    // child to be waited for.
    waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT).unwrap();
    (began, Instant::now())
}

#[test]
fn callers_get_right_answers_while_everything_changes_and_hosts_die() {
    let (mut one, mut two) = hosts();
    one.lift_rate();
    one.with_activation();
    one.group("rolling", json!({}));
    let connection = one.connection("k", json!({"tenant": "ada"})).status(201).json();
    let balancer = Balancer::start([one.address(), two.address()]);
    let rate = json!({"requests_per_second": 1_000_000, "burst": 1_000_000});
    let invoker = one.token_with("invoker", rate);
    let client = || http_client().timeout(Duration::from_secs(60)).build().unwrap();
    let gate = |token: &str| Gate { client: client(), url: balancer.url().to_owned(), token: token.to_owned() };
    let mut changer = Changer {
        runtime: Runtime::new().unwrap(),
        gate: gate(one.token()),
        counts: Arc::default(),
        connection: connection["id"].as_str().unwrap().to_owned(),
        groups: BTreeMap::new(),
        acknowledged: 0,
        unanswered: 0,
    };
    changer.version();
    changer.subdomain();
    changer.setting();
    two.until("the first of everything", || two.call("rolling/which", &json!(1)), |answer| answer.status == 200);
    std::thread::sleep(STALE);

    let (stop, runtime) = (Arc::new(AtomicBool::new(false)), Runtime::new().unwrap());
    let callers: Vec<_> = (0..CALLERS)
        .map(|first| runtime.spawn(keep_calling(gate(&invoker), changer.counts.clone(), stop.clone(), first)))
        .collect();
    let (began, time) = (Instant::now(), Duration::from_secs(if environment::is_long() { 60 } else { 12 }));
    let (mut kills, mut revoked, mut round) = (Vec::new(), Duration::ZERO, 0);
    // On a slow machine as long as it takes for each host to die once.
    while began.elapsed() < time || kills.len() < 2 {
        round += 1;
        // One of the two dies every quarter of the time, while something is changed.
        let due = time / 8 + time / 4 * u32::try_from(kills.len()).unwrap();
        if began.elapsed() >= due {
            let (dying, other) = if kills.len() % 2 == 0 { (&mut one, &two) } else { (&mut two, &one) };
            let pid = dying.pid();
            let killer = std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(30));
                kill(pid)
            });
            let killed = Instant::now();
            while killed.elapsed() < AWAY {
                changer.setting();
                changer.subdomain();
                revoked = revoked.max(changer.token(&[other]));
            }
            kills.push(killer.join().unwrap());
            dying.restart();
        }
        changer.version();
        changer.subdomain();
        changer.setting();
        changer.group(round);
        revoked = revoked.max(changer.token(&[&one, &two]));
    }
    stop.store(true, Ordering::Relaxed);
    let told: Vec<_> = callers.into_iter().map(|caller| runtime.block_on(caller).unwrap()).collect();

    let calls: usize = told.iter().map(|told| told.calls).sum();
    let wrong: Vec<_> = told.iter().flat_map(|told| &told.wrong).collect();
    let failures: Vec<_> = told.iter().flat_map(|told| &told.failures).collect();
    eprintln!(
        "{calls} calls of {CALLERS} callers in {} s over 2 hosts behind haproxy, {} wrong answers; {} changes acknowledged, \
         {} without an answer; {} kills with -9, {} calls in flight failed; a revoked token lived {} ms at most",
        began.elapsed().as_secs(),
        wrong.len(),
        changer.acknowledged,
        changer.unanswered,
        kills.len(),
        failures.len(),
        revoked.as_millis(),
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
    for failure in failures {
        let in_flight = kills.iter().any(|(began, dead)| failure.began <= *dead && failure.ended >= *began);
        assert!(in_flight, "not in flight on a host that died: {} {failure:?} {kills:?}", failure.what);
    }
    assert!(calls > 1000, "callers made too few calls to say anything");
    nothing_is_lost(&[&one, &two], &changer);
}

/// Every change that was acknowledged is there, on both hosts.
#[track_caller]
fn nothing_is_lost(hosts: &[&Host], changer: &Changer) {
    std::thread::sleep(STALE);
    let now = Instant::now();
    for host in hosts {
        for (slug, exists) in &changer.groups {
            host.get(&format!("/groups/{slug}")).status(if *exists { 200 } else { 404 });
        }
        for turn in 0..2 {
            let gate = Gate {
                client: http_client().build().unwrap(),
                url: format!("http://{}", host.address()),
                token: host.token().to_owned(),
            };
            let output = host.send(gate.call(turn)).output();
            assert_eq!(wrong(&output, turn, &changer.counts, now, now), None);
        }
        let loaded = host.run(["plugin", "list", "rolling", "--output", "json"]).ok().json();
        let loaded: Vec<_> = loaded.as_array().unwrap().iter().map(|one| one["version"].as_str().unwrap()).collect();
        let writes = changer.counts.version.0.lock().unwrap();
        for (index, write) in writes.iter().enumerate() {
            let number = (index + 1).to_string();
            assert!(write.1.is_none() || loaded.contains(&number.as_str()), "version {number} is lost: {loaded:?}");
        }
    }
    assert!(changer.counts.setting.last_acknowledged() > 3, "settings were changed");
}
