ALTER TABLE tokens ADD COLUMN enabled BIGINT NOT NULL DEFAULT 1;
ALTER TABLE tokens ADD COLUMN expires_at BIGINT;
-- JSON arrays; null is no limit.
ALTER TABLE tokens ADD COLUMN groups TEXT;
ALTER TABLE tokens ADD COLUMN tenants TEXT;
ALTER TABLE tokens ADD COLUMN requests_per_second BIGINT NOT NULL DEFAULT 500;
ALTER TABLE tokens ADD COLUMN burst BIGINT NOT NULL DEFAULT 1000;
ALTER TABLE tokens ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE tokens ADD COLUMN updated_at BIGINT NOT NULL DEFAULT 0;
-- Written at most once a minute, and without raising version or revision.
ALTER TABLE tokens ADD COLUMN used_at BIGINT;
UPDATE tokens SET updated_at = created_at;
