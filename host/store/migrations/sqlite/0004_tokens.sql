ALTER TABLE tokens ADD COLUMN enabled INTEGER NOT NULL DEFAULT 1;
ALTER TABLE tokens ADD COLUMN expires_at INTEGER;
-- JSON arrays; null is no limit.
ALTER TABLE tokens ADD COLUMN groups TEXT;
ALTER TABLE tokens ADD COLUMN tenants TEXT;
ALTER TABLE tokens ADD COLUMN requests_per_second INTEGER NOT NULL DEFAULT 500;
ALTER TABLE tokens ADD COLUMN burst INTEGER NOT NULL DEFAULT 1000;
ALTER TABLE tokens ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE tokens ADD COLUMN updated_at INTEGER NOT NULL DEFAULT 0;
-- Written at most once a minute, and without raising version or revision.
ALTER TABLE tokens ADD COLUMN used_at INTEGER;
UPDATE tokens SET updated_at = created_at;
