-- Pages on which somebody gives the values of connections. A tenant of '' is none. The nonce of the address is kept as its SHA-256.
CREATE TABLE connect_sessions (
    nonce BLOB PRIMARY KEY,
    organization BLOB NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    workspace BLOB REFERENCES workspaces (id) ON DELETE CASCADE,
    tenant TEXT NOT NULL,
    -- JSON: the groups that are still to be connected, and those that are.
    steps TEXT NOT NULL,
    return_url TEXT,
    -- Who made it; what it does is audited as theirs.
    token BLOB NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX connect_sessions_by_end ON connect_sessions (expires_at);
