-- Ids are 16 bytes (UUID version 7), digests and hashes 32 bytes, times milliseconds since 1970 in UTC.

-- One row: raised in the transaction of every change.
CREATE TABLE revision (number INTEGER NOT NULL) STRICT;
INSERT INTO revision VALUES (0);

CREATE TABLE organizations (
    id BLOB PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE workspaces (
    id BLOB PRIMARY KEY,
    organization BLOB NOT NULL REFERENCES organizations (id),
    slug TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A scope is an organization (workspace is null) or a workspace; `scope` is the id of the one that is meant.
CREATE TABLE tokens (
    id BLOB PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    organization BLOB NOT NULL REFERENCES organizations (id),
    workspace BLOB REFERENCES workspaces (id),
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE groups (
    id BLOB PRIMARY KEY,
    organization BLOB NOT NULL REFERENCES organizations (id),
    workspace BLOB REFERENCES workspaces (id),
    scope BLOB NOT NULL,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    definition TEXT NOT NULL,
    -- Counts the changes of the row; the ETag.
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (scope, slug),
    UNIQUE (scope, name)
) STRICT, WITHOUT ROWID;

-- The bytes of a component, kept once however many groups have it.
CREATE TABLE components (
    digest BLOB PRIMARY KEY,
    bytes BLOB NOT NULL
) STRICT;

-- Rows are in the order of loading, which is the order of rolling back.
CREATE TABLE plugins (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    group_id BLOB NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    digest BLOB NOT NULL REFERENCES components (digest),
    -- The lineage: one row of a (group, name) is current, or none.
    name TEXT NOT NULL,
    manifest TEXT NOT NULL,
    imports TEXT NOT NULL,
    current INTEGER NOT NULL CHECK (current IN (0, 1)),
    loaded_at INTEGER NOT NULL,
    UNIQUE (group_id, digest)
) STRICT;
CREATE INDEX plugins_of_component ON plugins (digest);
CREATE UNIQUE INDEX one_current ON plugins (group_id, name) WHERE current = 1;

-- Who changed what. Rows are never changed.
CREATE TABLE audit (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    token BLOB,
    action TEXT NOT NULL,
    scope BLOB NOT NULL,
    subject TEXT NOT NULL
) STRICT;

-- Metadata of calls, never a body.
CREATE TABLE calls (
    id BLOB PRIMARY KEY,
    scope BLOB NOT NULL,
    group_id BLOB NOT NULL,
    connector TEXT NOT NULL,
    plugin BLOB,
    token BLOB NOT NULL,
    tenant TEXT,
    outcome TEXT NOT NULL,
    duration_us INTEGER NOT NULL,
    cpu_us INTEGER NOT NULL,
    peak_memory_bytes INTEGER NOT NULL,
    host_calls INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
