-- The descriptors of a group's gRPC messages: a FileDescriptorSet, compiled from what its definition has or told by its server.
CREATE TABLE descriptors (
    group_id BYTEA PRIMARY KEY REFERENCES groups (id) ON DELETE CASCADE,
    -- The digest of `protos` in the definition that they were made for.
    source BYTEA NOT NULL,
    -- That of `bytes`.
    digest BYTEA NOT NULL,
    bytes BYTEA NOT NULL,
    updated_at BIGINT NOT NULL
);
