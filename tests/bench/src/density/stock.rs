//! The plugins: one component, with a section more in each, so that every one has a digest of its own.

use super::{
    Loading, Plan,
    host::{GROUPS, Host, slug},
};
use crate::interrupt;
use anyhow::{Context, Result, ensure};
use lockgate_domain::Digest;
use lockgate_vault::{DerivedKey, MasterKey};
use serde_json::{Value, json};
use std::{
    fs,
    io::{IsTerminal, stderr},
    path::{Path, PathBuf},
    time::Instant,
};

/// Says every so many plugins how far it is.
const NEWS: usize = 500;

#[derive(Debug)]
pub(crate) struct Stock(Vec<u8>);

impl Stock {
    pub(crate) fn read(plugin: &Path) -> Result<Self> {
        Ok(Self(fs::read(plugin).with_context(|| format!("reading {}", plugin.display()))?))
    }

    /// The component, with a custom section that holds its number.
    pub(crate) fn component(&self, number: usize) -> Vec<u8> {
        const NAME: &[u8] = b"density";
        let content = [&[NAME.len() as u8], NAME, &number.to_le_bytes()].concat();
        [&self.0, &[0, content.len() as u8][..], &content].concat()
    }
}

/// Makes the groups that are missing, and loads their plugins. Also says how large the compiled code of one is.
pub(crate) fn fill(host: &mut Host, stock: &Stock, data: &Path, plan: &Plan) -> Result<(Vec<Loading>, usize)> {
    let there = count(host)?;
    let mut loading = Vec::new();
    for (compiled, until) in [(true, plan.compiled.clamp(1, plan.groups)), (false, plan.groups)] {
        let from = there + loading.iter().map(|part: &Loading| part.plugins).sum::<usize>();
        if from >= until {
            continue;
        }
        let cache = if compiled { None } else { Some(Cache::read(data, &stock.component(0))?) };
        let began = Instant::now();
        for number in from..until {
            interrupt::check()?;
            load(host, &slug(number), &stock.component(number), cache.as_ref())?;
            if number % NEWS == 0 {
                say(number, until);
            }
        }
        loading.push(Loading { compiled, plugins: until - from, seconds: began.elapsed().as_secs_f64() });
    }
    ensure!(count(host)? >= plan.groups, "not every plugin was loaded");
    Ok((loading, Cache::read(data, &stock.component(0))?.code.len()))
}

/// The groups of the workspace: what is ready-made is not among them.
fn count(host: &mut Host) -> Result<usize> {
    let (mut count, mut cursor) = (0, String::new());
    loop {
        let page = host.send("GET", &format!("{GROUPS}?limit=500{cursor}"), "application/json", b"")?;
        let page: Value = serde_json::from_slice(&page)?;
        count += page.get("items").and_then(Value::as_array).map_or(0, Vec::len);
        let Some(next) = page.get("next_cursor").and_then(Value::as_str) else { return Ok(count) };
        cursor = format!("&cursor={next}");
    }
}

fn load(host: &mut Host, slug: &str, component: &[u8], cache: Option<&Cache>) -> Result<()> {
    let group = json!({"slug": slug, "name": slug, "resource_type": "EXTERNAL"});
    host.send("POST", GROUPS, "application/json", group.to_string().as_bytes())?;
    if let Some(cache) = cache {
        cache.put(&Digest::of(component))?;
    }
    host.send("POST", &format!("{GROUPS}/{slug}/plugins"), "application/wasm", component).map(drop)
}

/// The host's cache of compiled code, in the form of `host/engine/src/cache.rs`.
struct Cache {
    folder: PathBuf,
    key: DerivedKey,
    engine: String,
    code: Vec<u8>,
}

impl Cache {
    /// Takes the code of a component that the host has compiled.
    fn read(data: &Path, component: &[u8]) -> Result<Self> {
        let (key, _) = MasterKey::load_or_create(&data.join("master.key"))?;
        let (folder, start) = (data.join("cache"), format!("{}-", Digest::of(component).hex()));
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if let Some(engine) = name.strip_prefix(&start).and_then(|rest| rest.strip_suffix(".cwasm")) {
                let (key, engine) = (key.derive("compiled code"), engine.to_owned());
                return Ok(Self { code: fs::read(path)?, folder, key, engine });
            }
        }
        anyhow::bail!("the host has not compiled the first plugin")
    }

    /// Keeps the same code for another digest.
    fn put(&self, digest: &Digest) -> Result<()> {
        let mac = self.key.authenticate(&[digest.as_bytes(), self.engine.as_bytes(), &self.code]);
        let path = |kind: &str| self.folder.join(format!("{}-{}.{kind}", digest.hex(), self.engine));
        fs::write(path("mac"), mac)?;
        Ok(fs::write(path("cwasm"), &self.code)?)
    }
}

#[allow(clippy::print_stderr, reason = "progress for whoever waits")]
fn say(number: usize, of: usize) {
    if stderr().is_terminal() {
        eprintln!("loaded {number} of {of}");
    }
}
