//! `lockgate serve --check`: whether what the configuration names is there and can be used. Nothing is made or changed.

use lockgate_flow::Packages;
use lockgate_store::{Place, StoreError};
use lockgate_vault::KeySource;

use super::listeners;
use crate::command::finding::{self, Finding};
use crate::configuration::Configuration;
use crate::output::{self, Output};
use crate::{community, data_folder};

pub(super) async fn run(configuration: &Configuration, format: Output) -> anyhow::Result<()> {
    let (data_folder, keys) = (data_folder(configuration), keys(configuration));
    let findings = [data_folder, keys, store(configuration).await, tls(configuration), packages(configuration)];
    if format == Output::Text {
        output::line(format!("{configuration:?}"));
    }
    finding::report(&findings, format)
}

fn data_folder(configuration: &Configuration) -> Finding {
    let (what, folder) = ("data folder", &configuration.data_dir);
    match std::fs::metadata(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Finding::good(what, format!("{} is not there yet: the first start makes it", folder.display()))
        }
        Err(error) => Finding::bad(what, format!("{}: {error}", folder.display())),
        Ok(found) if !found.is_dir() => Finding::bad(what, format!("{} is not a folder", folder.display())),
        Ok(_) => {
            use rustix::fs::Access;
            match rustix::fs::access(folder, Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK) {
                Ok(()) => Finding::good(what, folder.display().to_string()),
                Err(error) => Finding::bad(what, format!("{} can't be written: {error}", folder.display())),
            }
        }
    }
}

fn keys(configuration: &Configuration) -> Finding {
    let (what, source) = ("keys", configuration.keys.source(&configuration.data_dir));
    let origin = match &source {
        KeySource::File(path) => path.display().to_string(),
        KeySource::Text { origin, .. } => origin.clone(),
        KeySource::Command { program, .. } => format!("output of `{program}`"),
    };
    match source.load() {
        Ok(Some(_)) => Finding::good(what, origin),
        Ok(None) => Finding::good(what, format!("{origin} is not there yet: the first start makes it")),
        Err(error) => Finding::bad(what, error.to_string()),
    }
}

fn packages(configuration: &Configuration) -> Finding {
    let what = "ready-made groups";
    let folders = match community::folders(&configuration.community_dirs) {
        Ok(folders) => folders,
        Err(error) => return Finding::bad(what, format!("{error:#}")),
    };
    match Packages::read(&folders) {
        Err(error) => Finding::bad(what, error.to_string()),
        Ok(found) if found.broken.is_empty() => Finding::good(what, format!("{} package(s)", found.whole.len())),
        Ok(found) => {
            let broken = found.broken.iter().map(|broken| format!("{}: {}", broken.folder.display(), broken.why));
            Finding::bad(what, broken.collect::<Vec<_>>().join("; "))
        }
    }
}

async fn store(configuration: &Configuration) -> Finding {
    let (what, folder) = ("store", &configuration.data_dir);
    let (place, name) = match &configuration.database_url {
        Some(url) => (Place::Postgres(url, folder), url.to_string()),
        None => (Place::Folder(folder), folder.join(data_folder::DATABASE).display().to_string()),
    };
    match lockgate_store::inspect(place).await {
        Ok(Some(schema)) => Finding::good(what, format!("{name}, schema {schema}")),
        Ok(None) => Finding::good(what, format!("{name} has none yet: the first start makes it")),
        Err(error @ (StoreError::Newer(_) | StoreError::Silent)) => Finding::bad(what, format!("{name}: {error}")),
        Err(error) => Finding::bad(what, format!("{name} can't be read: {error}")),
    }
}

fn tls(configuration: &Configuration) -> Finding {
    let what = "TLS";
    let listener = &configuration.listener;
    match listeners::tls(listener) {
        Err(error) => Finding::bad(what, format!("{error:#}")),
        Ok(Some(_)) => Finding::good(what, "certificate and key belong together".to_owned()),
        Ok(None) if listener.behind_proxy => Finding::good(what, "that of the proxy: not checked".to_owned()),
        Ok(None) => Finding::good(what, "none: only this machine can connect".to_owned()),
    }
}
