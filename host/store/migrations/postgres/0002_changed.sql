-- What each of the last changes concerned, for the other hosts of the store. Written in the transaction of the change.
CREATE TABLE changed (
    revision BIGINT NOT NULL,
    kind TEXT NOT NULL,
    object BYTEA NOT NULL
);
CREATE INDEX changed_by_revision ON changed (revision);
