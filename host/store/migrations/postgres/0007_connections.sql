-- A tenant of '' is none. The group may be one of a package, which has no row.
CREATE TABLE connections (
    id BYTEA PRIMARY KEY,
    organization BYTEA NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    workspace BYTEA REFERENCES workspaces (id) ON DELETE CASCADE,
    scope BYTEA NOT NULL,
    tenant TEXT NOT NULL,
    group_id BYTEA NOT NULL,
    name TEXT NOT NULL,
    enabled BIGINT NOT NULL,
    -- Taken when a call names none; at most one of an owner in a group.
    is_default BIGINT NOT NULL,
    needs_reauth BIGINT NOT NULL,
    -- JSON, without any secret: methods by credential, visible values by field, what is sealed.
    methods TEXT NOT NULL,
    visible TEXT NOT NULL,
    secret TEXT NOT NULL,
    -- What it was made for, as canonical JSON; null while it waits for its credentials.
    consent TEXT,
    ends_at BIGINT,
    credentials_at BIGINT,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (group_id, scope, tenant, name)
);
CREATE INDEX connections_of_tenant ON connections (scope, tenant);

CREATE TABLE connection_values (
    connection BYTEA NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    field TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (connection, field)
);
