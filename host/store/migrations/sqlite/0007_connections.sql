-- A tenant of '' is none. The group may be one of a package, which has no row.
CREATE TABLE connections (
    id BLOB PRIMARY KEY,
    organization BLOB NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    workspace BLOB REFERENCES workspaces (id) ON DELETE CASCADE,
    scope BLOB NOT NULL,
    tenant TEXT NOT NULL,
    group_id BLOB NOT NULL,
    name TEXT NOT NULL,
    enabled INTEGER NOT NULL,
    -- Taken when a call names none; at most one of an owner in a group.
    is_default INTEGER NOT NULL,
    needs_reauth INTEGER NOT NULL,
    -- JSON, without any secret: methods by credential, visible values by field, what is sealed.
    methods TEXT NOT NULL,
    visible TEXT NOT NULL,
    secret TEXT NOT NULL,
    -- What it was made for, as canonical JSON; null while it waits for its credentials.
    consent TEXT,
    ends_at INTEGER,
    credentials_at INTEGER,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (group_id, scope, tenant, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX connections_of_tenant ON connections (scope, tenant);

CREATE TABLE connection_values (
    connection BLOB NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    field TEXT NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (connection, field)
) STRICT, WITHOUT ROWID;
