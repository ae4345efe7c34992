-- What a scope sets for a group that it sees. The group may be one of a package, which has no row.
CREATE TABLE installations (
    id BLOB PRIMARY KEY,
    organization BLOB NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    workspace BLOB REFERENCES workspaces (id) ON DELETE CASCADE,
    scope BLOB NOT NULL,
    group_id BLOB NOT NULL,
    -- JSON, without any secret; it says which values are sealed.
    definition TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (scope, group_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX installations_of_group ON installations (group_id);

CREATE TABLE installation_values (
    installation BLOB NOT NULL REFERENCES installations (id) ON DELETE CASCADE,
    field TEXT NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (installation, field)
) STRICT, WITHOUT ROWID;
