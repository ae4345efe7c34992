-- Calls with an `Idempotency-Key`: the intent before a call runs, what came of it before it is answered.
CREATE TABLE idempotent_calls (
    -- The id of the call.
    id BYTEA PRIMARY KEY,
    organization BYTEA NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    workspace BYTEA REFERENCES workspaces (id) ON DELETE CASCADE,
    scope BYTEA NOT NULL,
    group_id BYTEA NOT NULL,
    connector TEXT NOT NULL,
    -- Empty for none.
    tenant TEXT NOT NULL,
    -- The SHA-256 of the key, and one of what was asked.
    key BYTEA NOT NULL,
    fingerprint BYTEA NOT NULL,
    -- The process that runs it, until when it has ended, and whether it has.
    holder BYTEA NOT NULL,
    runs_until BIGINT NOT NULL,
    ended BIGINT NOT NULL,
    -- Of the sealed outcome; 0 if there is none.
    bytes BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (scope, group_id, connector, tenant, key)
);
CREATE INDEX idempotent_calls_by_age ON idempotent_calls (created_at);

CREATE TABLE idempotent_values (
    call BYTEA NOT NULL REFERENCES idempotent_calls (id) ON DELETE CASCADE,
    field TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (call, field)
);
