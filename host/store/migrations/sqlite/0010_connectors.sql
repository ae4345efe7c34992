-- Connectors without code. Those of plugins are in the plugins' manifests.
CREATE TABLE connectors (
    group_id BLOB NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    -- The number of the version that callers get.
    current INTEGER NOT NULL,
    -- The number of the last version that was saved.
    latest INTEGER NOT NULL,
    -- Counts the changes of the row; the ETag.
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (group_id, name)
) STRICT, WITHOUT ROWID;

-- Rows are never changed.
CREATE TABLE connector_versions (
    group_id BLOB NOT NULL,
    name TEXT NOT NULL,
    number INTEGER NOT NULL,
    definition TEXT NOT NULL,
    token BLOB,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (group_id, name, number),
    FOREIGN KEY (group_id, name) REFERENCES connectors (group_id, name) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
