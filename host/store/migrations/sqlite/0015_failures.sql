-- Why a call failed: the code of the connector's own failure, the connection that it had, and the most attempts that one of
-- its requests took.
ALTER TABLE calls ADD COLUMN failure TEXT;
ALTER TABLE calls ADD COLUMN connection BLOB;
ALTER TABLE calls ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;

-- What guests logged in calls that failed, as JSON.
CREATE TABLE call_logs (
    call BLOB PRIMARY KEY,
    lines TEXT NOT NULL,
    bytes INTEGER NOT NULL
) STRICT;
