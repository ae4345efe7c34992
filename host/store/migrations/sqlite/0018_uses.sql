-- The call whose code made this one; null for one that a caller made.
ALTER TABLE calls ADD COLUMN parent BLOB;
CREATE INDEX calls_of_parent ON calls (parent) WHERE parent IS NOT NULL;

-- What an operator of a scope has granted of a group's `uses`. The group may be one of a package, which has no row.
CREATE TABLE use_grants (
    scope BLOB NOT NULL,
    organization BLOB NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    workspace BLOB REFERENCES workspaces (id) ON DELETE CASCADE,
    group_id BLOB NOT NULL,
    name TEXT NOT NULL,
    -- The digest of the entry, and the group that it named then: another entry or another group waits for a new grant.
    entry BLOB NOT NULL,
    target BLOB NOT NULL,
    token BLOB,
    granted_at INTEGER NOT NULL,
    PRIMARY KEY (scope, group_id, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX use_grants_of_group ON use_grants (group_id);
