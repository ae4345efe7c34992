-- When a call ended; 0 for the records of earlier versions.
ALTER TABLE calls ADD COLUMN ended_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX calls_of_scope ON calls (scope, id);
