//! The migrations of both databases, in one list. They are part of the program.

use std::sync::LazyLock;

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

/// A migration has the same number and name in both folders.
///
/// `sqlx::migrate!` would read the folders itself, but its macros bring a second build of both drivers, of SQLite and of a
/// TLS stack into the compiler, which is a fifth of everything that a clean build compiles.
macro_rules! migrations {
    ($($version:literal $number:literal $name:literal;)*) => {
        pub(crate) static SQLITE: LazyLock<Migrator> = LazyLock::new(|| Migrator::with_migrations(vec![
            $(migration($version, $name, include_str!(concat!("../migrations/sqlite/", $number, "_", $name, ".sql")))),*
        ]));
        pub(crate) static POSTGRES: LazyLock<Migrator> = LazyLock::new(|| Migrator::with_migrations(vec![
            $(migration($version, $name, include_str!(concat!("../migrations/postgres/", $number, "_", $name, ".sql")))),*
        ]));
        #[cfg(test)]
        const FILES: &[&str] = &[$(concat!($number, "_", $name, ".sql")),*];
    };
}

migrations! {
    1 "0001" "first";
    2 "0002" "changed";
    3 "0003" "scopes";
    4 "0004" "tokens";
    5 "0005" "calls";
    6 "0006" "installations";
    7 "0007" "connections";
    8 "0008" "vault";
    9 "0009" "connect_sessions";
    10 "0010" "connectors";
    11 "0011" "calls_of_versions";
    13 "0013" "local_token";
    14 "0014" "history";
    15 "0015" "failures";
    16 "0016" "descriptors";
    17 "0017" "oauth";
    18 "0018" "uses";
    19 "0019" "idempotency";
    20 "0020" "console";
}

fn migration(version: i64, name: &str, statements: &'static str) -> Migration {
    // As sqlx derives it from the name of a file.
    let description = name.replace('_', " ").into();
    Migration::new(version, description, MigrationType::Simple, statements.into_sql_str(), false)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{FILES, POSTGRES, SQLITE};

    #[test]
    fn every_file_is_in_the_list() {
        for (folder, migrator) in [("sqlite", &SQLITE), ("postgres", &POSTGRES)] {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(folder);
            let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().file_name()).collect();
            files.sort();
            assert_eq!(files, FILES, "{}", folder.display());
            let versions: Vec<_> = migrator.iter().map(|migration| migration.version).collect();
            let numbers: Vec<_> =
                FILES.iter().map(|file| file.split_once('_').unwrap().0.parse::<i64>().unwrap()).collect();
            assert_eq!(versions, numbers);
        }
    }
}
