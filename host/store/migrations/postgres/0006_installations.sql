-- What a scope sets for a group that it sees. The group may be one of a package, which has no row.
CREATE TABLE installations (
    id BYTEA PRIMARY KEY,
    organization BYTEA NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    workspace BYTEA REFERENCES workspaces (id) ON DELETE CASCADE,
    scope BYTEA NOT NULL,
    group_id BYTEA NOT NULL,
    -- JSON, without any secret; it says which values are sealed.
    definition TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (scope, group_id)
);
CREATE INDEX installations_of_group ON installations (group_id);

CREATE TABLE installation_values (
    installation BYTEA NOT NULL REFERENCES installations (id) ON DELETE CASCADE,
    field TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (installation, field)
);
