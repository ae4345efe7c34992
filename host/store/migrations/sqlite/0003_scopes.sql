ALTER TABLE organizations ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE organizations ADD COLUMN enabled INTEGER NOT NULL DEFAULT 1;
ALTER TABLE organizations ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE organizations ADD COLUMN updated_at INTEGER NOT NULL DEFAULT 0;
UPDATE organizations SET name = slug, updated_at = created_at;

ALTER TABLE workspaces ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE workspaces ADD COLUMN enabled INTEGER NOT NULL DEFAULT 1;
ALTER TABLE workspaces ADD COLUMN known_tenants_only INTEGER NOT NULL DEFAULT 0;
ALTER TABLE workspaces ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE workspaces ADD COLUMN updated_at INTEGER NOT NULL DEFAULT 0;
UPDATE workspaces SET name = slug, updated_at = created_at;

-- End customers of a workspace, by the name that callers give them.
CREATE TABLE tenants (
    workspace BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    enabled INTEGER NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (workspace, name)
) STRICT, WITHOUT ROWID;

-- What an admin of an organization may read; the scope of an entry may be deleted.
ALTER TABLE audit ADD COLUMN organization BLOB;
UPDATE audit SET organization = COALESCE((SELECT organization FROM workspaces WHERE id = audit.scope), scope);
CREATE INDEX audit_of_organization ON audit (organization, sequence);
CREATE INDEX audit_of_scope ON audit (scope, sequence);
