//! Changes that are made together on a PostgreSQL that hosts share: all of them hold or none, and another host takes them
//! over in one step.

use std::path::Path;

use lockgate_domain::{Caller, GroupDefinition, GroupReference, InstallationGiven, Origin, Scope};
use lockgate_egress::{Egress, EgressSettings};
use lockgate_engine::{CompileCommand, Engine, EngineParts, PoolSize};
use lockgate_flow::{CheckedConnector, CheckedGroup, Host, HostParts, HostSettings, Keys, bootstrap};
use lockgate_store::{DatabaseUrl, Place, Store};
use lockgate_tests::{Database, Postgres};
use lockgate_vault::{AccessToken, KeySource, TokenHash};
use serde_json::json;
use tempfile::TempDir;

/// The parts of two hosts on one database, in this process.
struct Two {
    one: Host,
    other: Host,
    admin: Caller,
    database: Database,
    _folder: TempDir,
}

impl Two {
    async fn start() -> Self {
        let database = Postgres::start().database("lockgate");
        let folder = tempfile::tempdir().unwrap();
        let mut shown = None;
        let one = host(folder.path(), "one", &database, &mut shown).await;
        let admin = one.queries().caller(&shown.unwrap(), true).unwrap();
        let other = host(folder.path(), "other", &database, &mut None).await;
        Self { one, other, admin, database, _folder: folder }
    }

    fn scope(&self) -> Scope {
        self.admin.scope
    }

    async fn checked(&self) -> (CheckedGroup, CheckedConnector) {
        let group = json!({"slug": "acme", "name": "Acme", "resource_type": "EXTERNAL"});
        let group: GroupDefinition = serde_json::from_value(group).unwrap();
        let connector = json!({
            "name": "read", "type": "http", "input_schema": true, "output_schema": true,
            "http": {"method": "GET", "path": "/"},
        });
        let changes = self.one.changes();
        (
            changes.check_group(self.scope(), None, group).await.unwrap(),
            changes.check_connector(&self.scope(), connector).await.unwrap(),
        )
    }

    /// The revision, and the number of entries in the audit log.
    fn counted(&self) -> (i64, i64) {
        let number = |statement| self.database.sql(statement).parse().unwrap();
        (number("SELECT number FROM revision"), number("SELECT count(*) FROM audit"))
    }
}

async fn host(folder: &Path, name: &str, database: &Database, shown: &mut Option<TokenHash>) -> Host {
    let own = folder.join(name);
    let url: DatabaseUrl = database.url().parse().unwrap();
    let (store, _) = Store::open(Place::Postgres(&url, &own)).await.unwrap();
    let opened = Keys::open(&store, KeySource::File(folder.join("master-keys"))).await.unwrap();
    let keep = |token: &AccessToken| {
        *shown = Some(token.hash());
        Ok(())
    };
    bootstrap(&store, keep).await.unwrap();
    let engine = EngineParts {
        pool: PoolSize::fitting(1),
        compile: CompileCommand::this_program("compile"),
        cache_folder: own.join("cache"),
        cache_key: opened.cache,
    };
    let egress = Egress::new(EgressSettings::default()).unwrap();
    let parts = HostParts { store, engine: Engine::start(engine).unwrap(), keys: opened.keys, egress };
    Host::start(parts, HostSettings::default()).await.unwrap()
}

fn acme() -> GroupReference {
    GroupReference { origin: Origin::Own, slug: "acme".parse().unwrap() }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_host_takes_a_unit_over_in_one_step() {
    let two = Two::start().await;
    let (scope, before) = (two.scope(), two.counted());
    let (group, connector) = two.checked().await;

    let mut unit = two.one.changes().begin(&two.admin).await.unwrap();
    unit.create_group(scope, &group).await.unwrap();
    let enabled: InstallationGiven = serde_json::from_value(json!({"enabled": true})).unwrap();
    unit.put_installation(&scope, &acme(), None, enabled).await.unwrap();
    unit.create_connector(&scope, &acme(), &connector).await.unwrap();
    two.other.queries().catch_up().await.unwrap();
    assert!(two.other.queries().group(&scope, &acme()).is_err());
    unit.commit().await.unwrap();

    two.other.queries().catch_up().await.unwrap();
    let found = two.other.queries().group(&scope, &acme()).unwrap();
    assert!(found.connectors.contains_key("read"));
    assert_eq!(two.other.queries().installation(&scope, &acme()).unwrap().1.version, 1);
    assert_eq!(two.counted(), (before.0 + 1, before.1 + 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_that_fails_leaves_nothing_and_gives_the_lock_to_the_other_host() {
    let two = Two::start().await;
    let (scope, before) = (two.scope(), two.counted());
    let (group, _) = two.checked().await;

    let mut unit = two.one.changes().begin(&two.admin).await.unwrap();
    unit.create_group(scope, &group).await.unwrap();
    assert!(unit.create_group(scope, &group).await.is_err());
    assert!(unit.commit().await.is_err());
    // More often than the store has connections, and without an end.
    for _ in 0..20 {
        let mut unit = two.one.changes().begin(&two.admin).await.unwrap();
        unit.create_group(scope, &group).await.unwrap();
    }
    assert!(two.one.queries().group(&scope, &acme()).is_err());
    assert_eq!(two.counted(), before);

    let mut unit = two.other.changes().begin(&two.admin).await.unwrap();
    unit.create_group(scope, &group).await.unwrap();
    unit.commit().await.unwrap();
    two.one.queries().catch_up().await.unwrap();
    assert!(two.one.queries().group(&scope, &acme()).is_ok());
}
