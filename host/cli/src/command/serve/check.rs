//! `lockgate serve --check`: whether what the configuration names is there and can be used. Nothing is made or changed.

use lockgate_store::{Place, StoreError};
use lockgate_vault::KeySource;

use super::doors;
use crate::arguments::Output;
use crate::command::finding::{self, Finding};
use crate::configuration::Configuration;
use crate::{data_folder, output};

pub(super) async fn run(configuration: &Configuration, format: Output) -> anyhow::Result<()> {
    let findings = [data_folder(configuration), keys(configuration), store(configuration).await, tls(configuration)];
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
    let (what, path) = ("keys", configuration.data_dir.join(data_folder::MASTER_KEY));
    match KeySource::File(path.clone()).load() {
        Ok(Some(_)) => Finding::good(what, path.display().to_string()),
        Ok(None) => Finding::good(what, format!("{} is not there yet: the first start makes it", path.display())),
        Err(error) => Finding::bad(what, error.to_string()),
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
    match doors::tls(listener) {
        Err(error) => Finding::bad(what, format!("{error:#}")),
        Ok(Some(_)) => Finding::good(what, "certificate and key belong together".to_owned()),
        Ok(None) if listener.behind_proxy => Finding::good(what, "that of the proxy: not checked".to_owned()),
        Ok(None) => Finding::good(what, "none: only this machine can connect".to_owned()),
    }
}
