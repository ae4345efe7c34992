//! The outside system: PostgreSQL with a table of orders. It logs no statement, as one in use.

use super::super::Upstream;
use anyhow::Result;
use lockgate_tests::{
    Authority,
    database_servers::{Options, PostgreSql},
};
use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

#[derive(Debug)]
pub(super) struct Database(PostgreSql);

impl Database {
    pub(super) fn start() -> Self {
        let arguments = ["-c", "log_statement=none", "-c", "shared_buffers=64MB"].map(str::to_owned);
        let options = Options { arguments: arguments.into(), ..Options::default() };
        let server = PostgreSql::with(&Authority::new(), &options);
        server.sql(
            "CREATE TABLE orders (number varchar(64) PRIMARY KEY, sku varchar(64) NOT NULL, quantity integer NOT NULL); \
             INSERT INTO orders SELECT 'A-' || n, 'sku-' || n, 3 FROM generate_series(1, 10000) AS n; \
             CREATE INDEX orders_of_sku ON orders (sku, number); GRANT ALL ON orders TO ada; ANALYZE orders",
        );
        Self(server)
    }

    pub(super) fn port(&self) -> u16 {
        self.0.port()
    }

    pub(super) fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port()))
    }

    /// What clients trust, as a file.
    pub(super) fn authority(&self) -> PathBuf {
        self.0.authority()
    }
}

impl Upstream for Database {
    fn opened(&self) -> Result<u64> {
        Ok(self.0.sessions().try_into()?)
    }
}
