-- A token that works from the host's own machine only.
ALTER TABLE tokens ADD COLUMN local BIGINT NOT NULL DEFAULT 0;
UPDATE tokens SET local = 1 WHERE name = 'first admin';
