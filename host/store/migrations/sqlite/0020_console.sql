-- Sessions of the console: who signed in with a token. The value of the cookie is kept as its SHA-256. A session ends with its token.
CREATE TABLE console_sessions (
    id BLOB PRIMARY KEY,
    token BLOB NOT NULL REFERENCES tokens (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    -- Written at most once a minute.
    used_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX console_sessions_by_token ON console_sessions (token, created_at);
CREATE INDEX console_sessions_by_end ON console_sessions (expires_at);

-- Links by which a session begins, once. The code of the link is kept as its SHA-256.
CREATE TABLE console_links (
    code BLOB PRIMARY KEY,
    token BLOB NOT NULL REFERENCES tokens (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX console_links_by_token ON console_links (token, created_at);
CREATE INDEX console_links_by_end ON console_links (expires_at);
