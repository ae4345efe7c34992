-- The descriptors of a group's gRPC messages: a FileDescriptorSet, compiled from what its definition has or told by its server.
CREATE TABLE descriptors (
    group_id BLOB PRIMARY KEY REFERENCES groups (id) ON DELETE CASCADE,
    -- The digest of `protos` in the definition that they were made for.
    source BLOB NOT NULL,
    -- That of `bytes`.
    digest BLOB NOT NULL,
    bytes BLOB NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
