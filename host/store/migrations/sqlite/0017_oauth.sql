-- Whether it waits for a person to agree at a provider of OAuth.
ALTER TABLE connections ADD COLUMN awaits_grant INTEGER NOT NULL DEFAULT 0;

-- The tokens of a credential, apart from what the connection was given: a renewal changes no connection.
CREATE TABLE oauth_tokens (
    connection BLOB NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    credential TEXT NOT NULL,
    -- Raised by each change of the tokens. Who renews writes only over the generation that was read.
    generation INTEGER NOT NULL,
    issued_at INTEGER NOT NULL,
    lifetime_ms INTEGER,
    refresh_ends_at INTEGER,
    -- Raised by each lease. Who has it longer than the lease lasts finds another number, and writes nothing.
    fence INTEGER NOT NULL,
    -- The process that renews the tokens now, and until when others leave it to that.
    holder BLOB,
    leased_until INTEGER NOT NULL,
    -- Whether what is good for one use was sent, and there is no answer yet.
    sent INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    retry_at INTEGER NOT NULL,
    -- The last failure: its code, its text, when it began, and whether a person must act.
    failure TEXT,
    failure_text TEXT,
    failed_at INTEGER,
    dead INTEGER NOT NULL,
    PRIMARY KEY (connection, credential)
) STRICT, WITHOUT ROWID;

CREATE TABLE oauth_token_values (
    connection BLOB NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    field TEXT NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (connection, field)
) STRICT, WITHOUT ROWID;

-- Authorizations that have begun. The nonce of the address is kept as its SHA-256, whose first half is the id.
CREATE TABLE oauth_authorizations (
    id BLOB PRIMARY KEY,
    nonce BLOB NOT NULL,
    connection BLOB NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    credential TEXT NOT NULL,
    -- The connect page that it belongs to, as the SHA-256 of its nonce, and the step there.
    session BLOB,
    step INTEGER,
    -- Who made it; what it does is audited as theirs.
    token BLOB NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX oauth_authorizations_by_end ON oauth_authorizations (expires_at);
