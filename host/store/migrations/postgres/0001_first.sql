-- Ids are 16 bytes (UUID version 7), digests and hashes 32 bytes, times milliseconds since 1970 in UTC.

-- One row: raised in the transaction of every change.
CREATE TABLE revision (number BIGINT NOT NULL);
INSERT INTO revision VALUES (0);

CREATE TABLE organizations (
    id BYTEA PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    created_at BIGINT NOT NULL
);

CREATE TABLE workspaces (
    id BYTEA PRIMARY KEY,
    organization BYTEA NOT NULL REFERENCES organizations (id),
    slug TEXT NOT NULL UNIQUE,
    created_at BIGINT NOT NULL
);

-- A scope is an organization (workspace is null) or a workspace; `scope` is the id of the one that is meant.
CREATE TABLE tokens (
    id BYTEA PRIMARY KEY,
    hash BYTEA NOT NULL UNIQUE,
    organization BYTEA NOT NULL REFERENCES organizations (id),
    workspace BYTEA REFERENCES workspaces (id),
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE groups (
    id BYTEA PRIMARY KEY,
    organization BYTEA NOT NULL REFERENCES organizations (id),
    workspace BYTEA REFERENCES workspaces (id),
    scope BYTEA NOT NULL,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    definition TEXT NOT NULL,
    -- Counts the changes of the row; the ETag.
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (scope, slug),
    UNIQUE (scope, name)
);

-- The bytes of a component, kept once however many groups have it.
CREATE TABLE components (
    digest BYTEA PRIMARY KEY,
    bytes BYTEA NOT NULL
);

-- Rows are in the order of loading, which is the order of rolling back.
CREATE TABLE plugins (
    sequence BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    group_id BYTEA NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    digest BYTEA NOT NULL REFERENCES components (digest),
    -- The lineage: one row of a (group, name) is current, or none.
    name TEXT NOT NULL,
    manifest TEXT NOT NULL,
    imports TEXT NOT NULL,
    current BIGINT NOT NULL CHECK (current IN (0, 1)),
    loaded_at BIGINT NOT NULL,
    UNIQUE (group_id, digest)
);
CREATE INDEX plugins_of_component ON plugins (digest);
CREATE UNIQUE INDEX one_current ON plugins (group_id, name) WHERE current = 1;

-- Who changed what. Rows are never changed.
CREATE TABLE audit (
    sequence BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at BIGINT NOT NULL,
    token BYTEA,
    action TEXT NOT NULL,
    scope BYTEA NOT NULL,
    subject TEXT NOT NULL
);

-- Metadata of calls, never a body.
CREATE TABLE calls (
    id BYTEA PRIMARY KEY,
    scope BYTEA NOT NULL,
    group_id BYTEA NOT NULL,
    connector TEXT NOT NULL,
    plugin BYTEA,
    token BYTEA NOT NULL,
    tenant TEXT,
    outcome TEXT NOT NULL,
    duration_us BIGINT NOT NULL,
    cpu_us BIGINT NOT NULL,
    peak_memory_bytes BIGINT NOT NULL,
    host_calls BIGINT NOT NULL
);
