//! `lockgate token create` on the store of a stopped host, for an operator who has no admin token any more.

use std::path::PathBuf;

use anyhow::Context;
use lockgate_domain::{GroupReference, Role, ScopeName, TenantName, TokenRestrictions};
use lockgate_flow::NewToken;
use lockgate_store::{Place, Store, StoreError};
use serde_json::{Value, json};

use super::Create;
use crate::configuration::{Configuration, Overrides};
use crate::exit::Usage;
use crate::output::{self, Reported};
use crate::{data_folder, environment};

/// Where the store of a stopped host is, beside `--data-dir`.
#[derive(Debug, clap::Args)]
pub(super) struct StoppedStore {
    /// Configuration file of the stopped host, when its store is not in the data folder
    #[arg(long, env = environment::CONFIG, value_name = "FILE")]
    config: Option<PathBuf>,
    /// PostgreSQL database of the stopped host
    #[arg(long, env = environment::DATABASE_URL, hide_env_values = true, value_name = "URL")]
    database_url: Option<String>,
}

/// Makes a token in the store of `--data-dir` itself. None without that argument, or when a host uses the folder.
pub(super) async fn create(create: &Create) -> anyhow::Result<Option<Value>> {
    let Some(folder) = create.target.data_dir() else { return Ok(None) };
    let overrides = Overrides {
        data_dir: Some(folder.to_owned()),
        database_url: create.store.database_url.clone(),
        config: create.store.config.clone(),
        ..Overrides::default()
    };
    let configuration = Configuration::read(overrides)?;
    let place = match &configuration.database_url {
        Some(url) => Place::Postgres(url, folder),
        None if folder.join(data_folder::DATABASE).exists() => Place::Folder(folder),
        None => {
            let text = format!(
                "`{}` holds no store: expected the data folder of a host that ran, or `--database-url` beside it",
                folder.display()
            );
            return Err(Usage(text).into());
        }
    };
    let (store, _) = match Store::open(place).await {
        Ok(store) => store,
        Err(StoreError::InUse(_)) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let (mut new, scope) = (wanted(create)?, create.target.scope_offline()?);
    let (role, name) = (new.role, new.facts.name.clone());
    let of_owner = matches!(&scope, ScopeName::Organization(slug) if slug.as_str() == lockgate_domain::DEFAULT_SCOPE);
    // Client commands on this machine show it.
    new.local = of_owner && role == Role::Admin && !new.restrictions.is_limited();
    let keep = new.local;
    let made = lockgate_flow::offline_token(&store, &scope, new).await;
    store.close().await;
    let text = made.map_err(|error| anyhow::Error::from(Reported::from(error.problem())))?;
    if keep {
        let path = folder.join(data_folder::ADMIN_TOKEN);
        data_folder::write(folder, data_folder::ADMIN_TOKEN, text.reveal())
            .with_context(|| format!("can't write `{}`", path.display()))?;
        output::note(format!("kept in {}", path.display()));
    }
    Ok(Some(json!({"name": name, "role": role.as_str(), "scope": scope.to_string(), "token": text.reveal()})))
}

fn wanted(create: &Create) -> anyhow::Result<NewToken> {
    let role = create.role.as_deref().unwrap_or(Role::Admin.as_str());
    let parsed: Role = role
        .parse()
        .map_err(|()| Usage(format!("`--role {role}`: expected viewer, invoker, editor, operator or admin")))?;
    let mut new = NewToken::named(create.name.clone().unwrap_or_else(|| format!("{role}, made offline")), parsed);
    new.restrictions = TokenRestrictions {
        groups: limit::<GroupReference>(&create.groups)?,
        tenants: limit::<TenantName>(&create.tenants)?,
    };
    if let Some(seconds) = create.expires_in {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let end = now + std::time::Duration::from_secs(seconds.into());
        new.facts.expires_at = i64::try_from(end.as_millis()).ok();
    }
    Ok(new)
}

fn limit<T>(texts: &[String]) -> anyhow::Result<Option<std::sync::Arc<[T]>>>
where
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    let parsed = texts.iter().map(|text| text.parse().map_err(|error: T::Err| Usage(error.to_string())));
    let parsed = parsed.collect::<Result<Vec<T>, _>>()?;
    Ok((!parsed.is_empty()).then(|| parsed.into()))
}
