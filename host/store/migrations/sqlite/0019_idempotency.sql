-- Calls with an `Idempotency-Key`: the intent before a call runs, what came of it before it is answered.
CREATE TABLE idempotent_calls (
    -- The id of the call.
    id BLOB PRIMARY KEY,
    organization BLOB NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    workspace BLOB REFERENCES workspaces (id) ON DELETE CASCADE,
    scope BLOB NOT NULL,
    group_id BLOB NOT NULL,
    connector TEXT NOT NULL,
    -- Empty for none.
    tenant TEXT NOT NULL,
    -- The SHA-256 of the key, and one of what was asked.
    key BLOB NOT NULL,
    fingerprint BLOB NOT NULL,
    -- The process that runs it, until when it has ended, and whether it has.
    holder BLOB NOT NULL,
    runs_until INTEGER NOT NULL,
    ended INTEGER NOT NULL,
    -- Of the sealed outcome; 0 if there is none.
    bytes INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (scope, group_id, connector, tenant, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotent_calls_by_age ON idempotent_calls (created_at);

CREATE TABLE idempotent_values (
    call BLOB NOT NULL REFERENCES idempotent_calls (id) ON DELETE CASCADE,
    field TEXT NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (call, field)
) STRICT, WITHOUT ROWID;
