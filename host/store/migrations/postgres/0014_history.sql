-- What was current when, of plugins (`kind` 'plugin', `version` a digest) and of declarative connectors ('connector', a
-- number as text). A null `version` is none: the current one was deleted. Rows are never changed.
CREATE TABLE history (
    sequence BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    group_id BYTEA NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT,
    -- 'load', 'save', 'switch', 'rollback', 'delete'.
    action TEXT NOT NULL,
    token BYTEA,
    at BIGINT NOT NULL,
    -- The row whose version was current before. A rollback goes there, and takes over that row's own `back`.
    back BIGINT
);
CREATE INDEX history_of_lineage ON history (group_id, kind, name, sequence);

-- No rollback goes to such a version.
ALTER TABLE plugins ADD COLUMN bad BIGINT NOT NULL DEFAULT 0;
ALTER TABLE connector_versions ADD COLUMN bad BIGINT NOT NULL DEFAULT 0;

-- Of a store without history nothing is known but the order of loading and saving.
INSERT INTO history (group_id, kind, name, version, action, at)
    SELECT p.group_id, 'plugin', p.name, 'sha256:' || encode(p.digest, 'hex'), 'load', p.loaded_at
    FROM plugins p JOIN plugins c ON c.group_id = p.group_id AND c.name = p.name AND c.current = 1
    WHERE p.sequence <= c.sequence ORDER BY p.sequence;
INSERT INTO history (group_id, kind, name, version, action, token, at)
    SELECT v.group_id, 'connector', v.name, CAST(v.number AS TEXT), 'save', v.token, v.created_at
    FROM connector_versions v JOIN connectors c ON c.group_id = v.group_id AND c.name = v.name
    WHERE v.number <= c.current ORDER BY v.group_id, v.name, v.number;
UPDATE history SET back = (SELECT max(h.sequence) FROM history h WHERE h.group_id = history.group_id
    AND h.kind = history.kind AND h.name = history.name AND h.sequence < history.sequence);
