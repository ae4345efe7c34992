//! The outside system: a server with a table of orders. It logs no statement, as one in use.

use super::super::Upstream;
use anyhow::Result;
use lockgate_tests::{
    Authority,
    database_servers::{MariaDb, Options, PostgreSql},
};
use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

const TABLE: &str =
    "CREATE TABLE orders (number varchar(64) PRIMARY KEY, sku varchar(64) NOT NULL, quantity integer NOT NULL)";
const INDEX: &str = "CREATE INDEX orders_of_sku ON orders (sku, number)";

#[derive(Debug)]
pub(super) enum Database {
    PostgreSql(PostgreSql),
    MariaDb(MariaDb),
}

impl Database {
    pub(super) fn postgresql() -> Self {
        let arguments = ["-c", "log_statement=none", "-c", "shared_buffers=64MB"];
        let server = PostgreSql::with(&Authority::new(), &with(&arguments));
        server.sql(&format!(
            "{TABLE}; INSERT INTO orders SELECT 'A-' || n, 'sku-' || n, 3 FROM generate_series(1, 10000) AS n; {INDEX}; \
             GRANT ALL ON orders TO ada; ANALYZE orders"
        ));
        Self::PostgreSql(server)
    }

    pub(super) fn mariadb() -> Self {
        let arguments = ["--general-log=0", "--innodb-buffer-pool-size=64M"];
        let server = MariaDb::with(&Authority::new(), &with(&arguments));
        server.sql(&format!(
            "{TABLE}; INSERT INTO orders SELECT CONCAT('A-', seq), CONCAT('sku-', seq), 3 FROM seq_1_to_10000; {INDEX}; \
             ANALYZE TABLE orders"
        ));
        Self::MariaDb(server)
    }

    /// As destinations name it.
    pub(super) fn engine(&self) -> &'static str {
        match self {
            Self::PostgreSql(_) => "postgresql",
            Self::MariaDb(_) => "mysql",
        }
    }

    pub(super) fn port(&self) -> u16 {
        match self {
            Self::PostgreSql(server) => server.port(),
            Self::MariaDb(server) => server.port(),
        }
    }

    pub(super) fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port()))
    }

    /// What clients trust, as a file.
    pub(super) fn authority(&self) -> PathBuf {
        match self {
            Self::PostgreSql(server) => server.authority(),
            Self::MariaDb(server) => server.authority(),
        }
    }
}

/// A server of the tests with other arguments.
fn with(arguments: &[&str]) -> Options {
    Options { arguments: arguments.iter().map(|&argument| argument.to_owned()).collect(), ..Options::default() }
}

impl Upstream for Database {
    fn opened(&self) -> Result<u64> {
        let sessions = match self {
            Self::PostgreSql(server) => server.sessions(),
            Self::MariaDb(server) => server.sessions(),
        };
        Ok(sessions.try_into()?)
    }
}
