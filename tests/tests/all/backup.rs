//! A copy of the store while its host serves, and the way back: whole, or not there.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use lockgate_tests::component::{Crafted, section};
use lockgate_tests::{Home, Host, Random, Serve, environment, program};
use reqwest::{Method, StatusCode};
use serde_json::json;

/// The tests of files are SQLite's.
fn on_sqlite() -> bool {
    !environment::on_postgres()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn host_with_a_plugin() -> Host {
    let host = Host::start();
    host.lift_rate();
    host.group("g", json!({}));
    host.load("g", Crafted::plugin("shop", "1").connector("which").component()).status(201);
    host
}

/// Makes groups for as long as it is let, and gives the names of those that were acknowledged.
struct Writer {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Vec<String>>,
}

impl Writer {
    fn start(host: &Host, prefix: &str) -> Self {
        let (create, prefix) = (host.request(Method::POST, "/groups"), prefix.to_owned());
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            let mut acknowledged = Vec::new();
            while !stopped.load(Ordering::Relaxed) {
                let slug = format!("{prefix}{}", acknowledged.len());
                let body = json!({"slug": slug, "name": slug, "resource_type": "EXTERNAL"});
                let request = create.try_clone().unwrap().json(&body);
                match runtime.block_on(async { request.send().await }) {
                    Ok(answer) if answer.status() == StatusCode::CREATED => acknowledged.push(slug),
                    Ok(_) | Err(_) => break,
                }
            }
            acknowledged
        });
        Self { stop, thread }
    }

    fn end(self) -> Vec<String> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}

/// A host on what a backup holds, with the token of the host that was copied.
fn restored(file: &Path, token: &str) -> Host {
    let home = Home::new();
    home.run(["restore", text(file), "--data-dir", text(&home.data())]).ok().prints("checked");
    fs::write(home.data().join("admin-token"), format!("{token}\n")).unwrap();
    Serve::at(home).start()
}

/// How many of the writer's groups a host has: those from the first on, without a gap.
fn held(host: &Host, prefix: &str) -> usize {
    let mut count = 0;
    while host.get(&format!("/groups/{prefix}{count}")).status == 200 {
        count += 1;
    }
    let all = host.get(&format!("/groups?limit=1&q={prefix}{}", count + 1)).json();
    assert_eq!(all["items"], json!([]), "a gap after {count}");
    count
}

#[test]
fn a_copy_under_load_has_what_was_acknowledged_before() {
    if !on_sqlite() {
        return;
    }
    let host = host_with_a_plugin();
    let writer = Writer::start(&host, "before");
    std::thread::sleep(Duration::from_millis(300));
    let before = writer.end();
    let writer = Writer::start(&host, "during");
    let file = host.home.work().join("copy.backup");
    host.run(["backup", text(&file), "--data-dir", text(&host.home.data())])
        .ok()
        .prints("checked")
        .says("the keys are not in it");
    let during = writer.end();
    assert!(!before.is_empty() && !during.is_empty());

    let copy = restored(&file, host.token());
    assert_eq!(held(&copy, "before"), before.len());
    assert!(held(&copy, "during") <= during.len());
    assert_eq!(copy.invoke("g/which", &json!(1)).status(200).output(), "1");
    copy.group("changes-again", json!({}));
    assert_eq!(held(&host, "during"), during.len(), "the host itself lost nothing");
}

#[test]
fn no_secret_of_the_folder_is_in_the_copy() {
    if !on_sqlite() {
        return;
    }
    let host = host_with_a_plugin();
    let file = host.home.work().join("copy.backup");
    host.run(["backup", text(&file), "--data-dir", text(&host.home.data())]).ok();
    let bytes = fs::read(&file).unwrap();
    let key = fs::read_to_string(host.home.data().join("master.key")).unwrap();
    for secret in [host.token(), key.lines().next().unwrap().rsplit(':').next().unwrap()] {
        assert!(!bytes.windows(secret.len()).any(|part| part == secret.as_bytes()));
    }
    let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&file).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
}

/// Whoever is killed: there is a whole file or none, and the next backup works.
#[test]
fn killed_at_any_moment() {
    if !on_sqlite() {
        return;
    }
    let mut random = Random::new(environment::seed());
    let mut host = host_with_a_plugin();
    // Large enough that a copy takes a while.
    let filler = section(0, &[b"\x06filler".as_slice(), &vec![0; 1 << 20]].concat());
    for version in 2..12 {
        let component = Crafted::plugin("shop", &version.to_string()).connector("which").component();
        host.load("g", [component.as_slice(), &filler].concat()).status(201);
    }
    let (mut whole, mut cut) = (0, 0);
    for round in 0..environment::rounds(8, 100) {
        let file = host.home.work().join(format!("{round}.backup"));
        let writer = Writer::start(&host, &format!("r{round}-"));
        let mut backup = host.home.command(program("lockgate"));
        backup.args(["backup", text(&file), "--data-dir", text(&host.home.data())]);
        let mut backup = backup.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(random.below(120) as u64));
        if round % 2 == 0 {
            backup.kill().unwrap();
            backup.wait().unwrap();
        } else {
            host.kill_and_restart();
            assert!(backup.wait().unwrap().success(), "a backup outlives its host");
        }
        writer.end();
        match file.exists() {
            true => {
                whole += 1;
                let copy = restored(&file, host.token());
                assert_eq!(copy.invoke("g/which", &json!(1)).status(200).output(), "11");
            }
            false => cut += 1,
        }
        let again = host.home.work().join("again.backup");
        let _ = fs::remove_file(&again);
        host.run(["backup", text(&again), "--data-dir", text(&host.home.data())]).ok();
    }
    eprintln!("{whole} backups were whole, {cut} were not there");
    assert!(whole > 0);
}

#[test]
fn what_is_there_is_never_replaced() {
    if !on_sqlite() {
        return;
    }
    let host = host_with_a_plugin();
    let file = host.home.work().join("copy.backup");
    let backup = || host.run(["backup", text(&file), "--data-dir", text(&host.home.data())]);
    backup().ok();
    let before = fs::read(&file).unwrap();
    backup().exits(1).says("expected nothing there");
    assert_eq!(fs::read(&file).unwrap(), before);
    let restore = |folder: &Path| host.home.run(["restore", text(&file), "--data-dir", text(folder)]);
    restore(&host.home.data()).exits(1).says("expected nothing there, and found `");
    let empty = host.home.path().join("empty");
    fs::create_dir(&empty).unwrap();
    // Of a restore that was cut off.
    fs::write(empty.join("lockgate.db.part"), "half").unwrap();
    restore(&empty).ok();
    restore(&empty).exits(1).says("found `lockgate.db`");
}

#[test]
fn what_is_not_whole_is_refused() {
    if !on_sqlite() {
        return;
    }
    let host = host_with_a_plugin();
    let file = host.home.work().join("copy.backup");
    host.run(["backup", text(&file), "--data-dir", text(&host.home.data())]).ok();
    let bytes = fs::read(&file).unwrap();
    let mut bent = bytes.clone();
    // A page in the middle, of a table or an index.
    let middle = bent.len() / 2 / 4096 * 4096;
    bent[middle..middle + 4096].fill(0xAA);
    let folder = host.home.path().join("new");
    for (name, bytes) in [
        ("empty", Vec::new()),
        ("text", b"not a store".to_vec()),
        ("bent", bent),
        ("cut", bytes[..bytes.len() / 2].to_vec()),
    ] {
        let wrong = host.home.write(name, bytes);
        host.home.run(["restore", text(&wrong), "--data-dir", text(&folder)]).exits(1).says("is not a whole store");
        assert!(!folder.exists(), "{name}: nothing is made");
    }
    host.home.run(["restore", "missing", "--data-dir", text(&folder)]).exits(1).says("missing");
    host.home.run(["backup", "x", "--data-dir", text(&host.home.work())]).exits(1).says("does not exist");
}

#[test]
fn on_postgresql_its_own_tools_do_it() {
    let home = Home::on(&lockgate_tests::Postgres::start().database("lockgate"));
    let host = Serve::at(home).start();
    host.group("before", json!({}));
    let refused = host.run(["backup", "copy", "--data-dir", text(&host.home.data())]).exits(2);
    refused.says("pg_dump --format=custom --file=copy").says("pg_restore");
    // The commands that it names, under load.
    let writer = Writer::start(&host, "during");
    std::thread::sleep(Duration::from_millis(200));
    let file = host.home.work().join("copy");
    let database = host.home.database().unwrap();
    database.dump_to(&file);
    let during = writer.end();
    let other = database.restored("restored", &file);
    let mut copy = Serve::at(Home::on(&other));
    copy = copy.knowing(host.token());
    let copy = copy.start();
    copy.get("/groups/before").status(200);
    assert!(held(&copy, "during") <= during.len());
    copy.group("changes-again", json!({}));
}
