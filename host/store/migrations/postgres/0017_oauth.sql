-- Whether it waits for a person to agree at a provider of OAuth.
ALTER TABLE connections ADD COLUMN awaits_grant BIGINT NOT NULL DEFAULT 0;

-- The tokens of a credential, apart from what the connection was given: a renewal changes no connection.
CREATE TABLE oauth_tokens (
    connection BYTEA NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    credential TEXT NOT NULL,
    -- Raised by each change of the tokens. Who renews writes only over the generation that was read.
    generation BIGINT NOT NULL,
    issued_at BIGINT NOT NULL,
    lifetime_ms BIGINT,
    refresh_ends_at BIGINT,
    -- Raised by each lease. Who has it longer than the lease lasts finds another number, and writes nothing.
    fence BIGINT NOT NULL,
    -- The process that renews the tokens now, and until when others leave it to that.
    holder BYTEA,
    leased_until BIGINT NOT NULL,
    -- Whether what is good for one use was sent, and there is no answer yet.
    sent BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    retry_at BIGINT NOT NULL,
    -- The last failure: its code, its text, when it began, and whether a person must act.
    failure TEXT,
    failure_text TEXT,
    failed_at BIGINT,
    dead BIGINT NOT NULL,
    PRIMARY KEY (connection, credential)
);

CREATE TABLE oauth_token_values (
    connection BYTEA NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    field TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (connection, field)
);

-- Authorizations that have begun. The nonce of the address is kept as its SHA-256, whose first half is the id.
CREATE TABLE oauth_authorizations (
    id BYTEA PRIMARY KEY,
    nonce BYTEA NOT NULL,
    connection BYTEA NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    credential TEXT NOT NULL,
    -- The connect page that it belongs to, as the SHA-256 of its nonce, and the step there.
    session BYTEA,
    step BIGINT,
    -- Who made it; what it does is audited as theirs.
    token BYTEA NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX oauth_authorizations_by_end ON oauth_authorizations (expires_at);
