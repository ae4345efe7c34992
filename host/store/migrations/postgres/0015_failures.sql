-- Why a call failed: the code of the connector's own failure, the connection that it had, and the most attempts that one of
-- its requests took.
ALTER TABLE calls ADD COLUMN failure TEXT;
ALTER TABLE calls ADD COLUMN connection BYTEA;
ALTER TABLE calls ADD COLUMN attempts BIGINT NOT NULL DEFAULT 0;

-- What guests logged in calls that failed, as JSON.
CREATE TABLE call_logs (
    call BYTEA PRIMARY KEY,
    lines TEXT NOT NULL,
    bytes BIGINT NOT NULL
);
