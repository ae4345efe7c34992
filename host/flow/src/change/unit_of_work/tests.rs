use lockgate_domain::{GroupDefinition, GroupReference, InstallationGiven, Origin, Scope};
use lockgate_egress::{Egress, EgressSettings};
use lockgate_engine::{CompileCommand, Engine, EngineParts, PoolSize};
use lockgate_store::{AuditFilter, Place, Store};
use lockgate_vault::KeySource;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::{CheckedConnector, CheckedGroup, HostParts, HostSettings, Keys, bootstrap};

/// A host on a new store, and its first admin.
struct Started {
    host: Host,
    store: Store,
    admin: Caller,
    _folder: TempDir,
}

impl Started {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (store, _) = Store::open(Place::Folder(folder.path())).await.unwrap();
        let opened = Keys::open(&store, KeySource::File(folder.path().join("master-keys"))).await.unwrap();
        let mut shown = None;
        let keep = |token: &lockgate_vault::AccessToken| {
            shown = Some(token.hash());
            Ok(())
        };
        bootstrap(&store, keep).await.unwrap();
        let engine = EngineParts {
            pool: PoolSize::fitting(1),
            compile: CompileCommand::this_program("compile"),
            cache_folder: folder.path().join("cache"),
            cache_key: opened.cache,
        };
        let engine = Engine::start(engine).unwrap();
        let egress = Egress::new(EgressSettings::default()).unwrap();
        let parts = HostParts { store: store.clone(), engine, keys: opened.keys, egress };
        let host = Host::start(parts, HostSettings::default()).await.unwrap();
        let admin = host.queries().caller(&shown.unwrap(), true).unwrap();
        Self { host, store, admin, _folder: folder }
    }

    async fn group(&self, slug: &str) -> CheckedGroup {
        let definition = json!({"slug": slug, "name": slug, "resource_type": "EXTERNAL"});
        let definition: GroupDefinition = serde_json::from_value(definition).unwrap();
        self.host.changes().check_group(self.scope(), None, definition).await.unwrap()
    }

    async fn connector(&self) -> CheckedConnector {
        let definition = json!({
            "name": "read", "type": "http", "input_schema": true, "output_schema": true,
            "http": {"method": "GET", "path": "/"},
        });
        self.host.changes().check_connector(&self.scope(), definition).await.unwrap()
    }

    /// The revision of the store, its groups, and the actions in its audit log.
    async fn stored(&self) -> (i64, usize, Vec<String>) {
        let mut reader = self.store.reader().await.unwrap();
        let (revision, groups) = (reader.revision().await.unwrap(), reader.groups().await.unwrap().len());
        drop(reader);
        let filter =
            AuditFilter { scope: self.scope(), exact: true, action: None, since: 0, before: i64::MAX, limit: 100 };
        let entries = self.store.audit(&filter).await.unwrap();
        (revision, groups, entries.into_iter().rev().map(|entry| entry.action).collect())
    }

    fn scope(&self) -> Scope {
        self.admin.scope
    }
}

fn own(slug: &str) -> GroupReference {
    GroupReference { origin: Origin::Own, slug: slug.parse().unwrap() }
}

fn installation(value: Value) -> InstallationGiven {
    serde_json::from_value(value).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn three_steps_are_one_revision_and_each_sees_those_before_it() {
    let started = Started::new().await;
    let (host, scope) = (&started.host, started.scope());
    let (revision, _, actions) = started.stored().await;
    let (group, connector) = (started.group("acme").await, started.connector().await);

    let mut unit = host.changes().begin(&started.admin).await.unwrap();
    unit.create_group(scope, &group).await.unwrap();
    unit.put_installation(&scope, &own("acme"), None, installation(json!({"enabled": true}))).await.unwrap();
    unit.create_connector(&scope, &own("acme"), &connector).await.unwrap();
    assert!(unit.catalog().group(&scope, &own("acme")).unwrap().connectors.contains_key("read"));
    assert!(host.queries().group(&scope, &own("acme")).is_err());
    unit.commit().await.unwrap();

    assert!(host.queries().group(&scope, &own("acme")).unwrap().connectors.contains_key("read"));
    assert_eq!(host.queries().installation(&scope, &own("acme")).unwrap().1.version, 1);
    let after = started.stored().await;
    assert_eq!((after.0, after.1), (revision + 1, 1));
    assert_eq!(after.2[actions.len()..], ["group.create", "installation.update", "connector.save"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_fails_in_the_store_takes_the_unit_with_it() {
    let started = Started::new().await;
    let (host, scope) = (&started.host, started.scope());
    let before = started.stored().await;
    let group = started.group("acme").await;

    let mut unit = host.changes().begin(&started.admin).await.unwrap();
    unit.create_group(scope, &group).await.unwrap();
    let second = unit.create_group(scope, &group).await;
    assert!(matches!(second, Err(FlowError::Store(StoreError::Exists(_)))), "{second:?}");
    let committed = unit.commit().await;
    assert!(matches!(committed, Err(FlowError::Store(StoreError::Unfinished))), "{committed:?}");

    assert!(host.queries().group(&scope, &own("acme")).is_err());
    assert_eq!(started.stored().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_does_not_end_is_cancelled_and_the_next_unit_begins() {
    let started = Started::new().await;
    let (host, scope) = (&started.host, started.scope());
    let before = started.stored().await;
    let (group, time) = (started.group("acme").await, Duration::from_millis(50));

    let mut unit = host.changes().begin(&started.admin).await.unwrap();
    let step = async {
        unit.create_group(scope, &group).await?;
        std::future::pending::<Result<(), FlowError>>().await
    };
    let ended = within(time, step).await;
    assert!(matches!(ended, Err(FlowError::Store(StoreError::Silent))), "{ended:?}");
    assert!(unit.end(ended).await.is_err());
    assert_eq!(started.stored().await, before);

    let mut next = host.changes().begin(&started.admin).await.unwrap();
    next.create_group(scope, &group).await.unwrap();
    next.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_that_is_dropped_or_rolled_back_leaves_nothing_and_no_lock() {
    let started = Started::new().await;
    let (host, scope) = (&started.host, started.scope());
    let before = started.stored().await;
    let (group, connector) = (started.group("acme").await, started.connector().await);

    // More often than the store has connections.
    for round in 0..10 {
        let mut unit = host.changes().begin(&started.admin).await.unwrap();
        unit.create_group(scope, &group).await.unwrap();
        let second = unit.create_connector(&scope, &own("other"), &connector).await;
        assert!(matches!(second, Err(FlowError::NotFound(_))), "{second:?}");
        if round % 2 == 0 {
            unit.rollback().await;
        }
    }
    assert!(host.queries().group(&scope, &own("acme")).is_err());
    assert_eq!(started.stored().await, before);

    let mut unit = host.changes().begin(&started.admin).await.unwrap();
    unit.create_group(scope, &group).await.unwrap();
    // What had to be found before anything was written leaves the unit as it was.
    assert!(unit.create_connector(&scope, &own("other"), &connector).await.is_err());
    unit.commit().await.unwrap();
    assert!(host.queries().group(&scope, &own("acme")).is_ok());
}
