-- The call whose code made this one; null for one that a caller made.
ALTER TABLE calls ADD COLUMN parent BYTEA;
CREATE INDEX calls_of_parent ON calls (parent) WHERE parent IS NOT NULL;

-- What an operator of a scope has granted of a group's `uses`. The group may be one of a package, which has no row.
CREATE TABLE use_grants (
    scope BYTEA NOT NULL,
    organization BYTEA NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    workspace BYTEA REFERENCES workspaces (id) ON DELETE CASCADE,
    group_id BYTEA NOT NULL,
    name TEXT NOT NULL,
    -- The digest of the entry, and the group that it named then: another entry or another group waits for a new grant.
    entry BYTEA NOT NULL,
    target BYTEA NOT NULL,
    token BYTEA,
    granted_at BIGINT NOT NULL,
    PRIMARY KEY (scope, group_id, name)
);
CREATE INDEX use_grants_of_group ON use_grants (group_id);
