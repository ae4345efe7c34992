-- Connectors without code. Those of plugins are in the plugins' manifests.
CREATE TABLE connectors (
    group_id BYTEA NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    -- The number of the version that callers get.
    current BIGINT NOT NULL,
    -- The number of the last version that was saved.
    latest BIGINT NOT NULL,
    -- Counts the changes of the row; the ETag.
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (group_id, name)
);

-- Rows are never changed.
CREATE TABLE connector_versions (
    group_id BYTEA NOT NULL,
    name TEXT NOT NULL,
    number BIGINT NOT NULL,
    definition TEXT NOT NULL,
    token BYTEA,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (group_id, name, number),
    FOREIGN KEY (group_id, name) REFERENCES connectors (group_id, name) ON DELETE CASCADE
);
