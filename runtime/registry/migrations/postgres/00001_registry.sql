-- The same tables as SQLite's, compared byte by byte (COLLATE "C") as SQLite
-- does, so that both databases order names and times alike.

-- +goose Up
CREATE TABLE versions (
    model        TEXT COLLATE "C" NOT NULL,
    version      INTEGER          NOT NULL,
    model_digest TEXT COLLATE "C" NOT NULL,
    status       TEXT COLLATE "C" NOT NULL,
    author       TEXT COLLATE "C" NOT NULL,
    created_at   TEXT COLLATE "C" NOT NULL,
    body         TEXT COLLATE "C" NOT NULL, -- the candidate as canonical JSON
    PRIMARY KEY (model, version),
    UNIQUE (model, model_digest)
);

CREATE TABLE decisions (
    seq      BIGINT           NOT NULL PRIMARY KEY, -- of the audit entry
    model    TEXT COLLATE "C" NOT NULL,
    version  INTEGER          NOT NULL,
    verdict  TEXT COLLATE "C" NOT NULL,
    decider  TEXT COLLATE "C" NOT NULL,
    note     TEXT COLLATE "C" NOT NULL,
    at       TEXT COLLATE "C" NOT NULL,
    FOREIGN KEY (model, version) REFERENCES versions (model, version)
);

CREATE TABLE aliases (
    model   TEXT COLLATE "C" NOT NULL,
    alias   TEXT COLLATE "C" NOT NULL,
    version INTEGER          NOT NULL,
    PRIMARY KEY (model, alias),
    FOREIGN KEY (model, version) REFERENCES versions (model, version)
);

CREATE TABLE servings (
    seq      BIGINT           NOT NULL PRIMARY KEY, -- of the audit entry that began it
    endpoint TEXT COLLATE "C" NOT NULL,
    model    TEXT COLLATE "C" NOT NULL,
    version  INTEGER          NOT NULL,
    digest   TEXT COLLATE "C" NOT NULL,
    since    TEXT COLLATE "C" NOT NULL,
    until    TEXT COLLATE "C" NOT NULL DEFAULT '',
    FOREIGN KEY (model, version) REFERENCES versions (model, version)
);
CREATE INDEX servings_endpoint ON servings (endpoint, seq);

CREATE TABLE audit (
    seq   BIGINT           NOT NULL PRIMARY KEY,
    body  TEXT COLLATE "C" NOT NULL, -- the entry as canonical JSON, its hash left out
    hash  TEXT COLLATE "C" NOT NULL
);

-- One row: how long the log is and the hash of its last entry. Writers lock
-- this table, so that the chain grows by one of them at a time.
CREATE TABLE audit_head (
    id    INTEGER          NOT NULL PRIMARY KEY CHECK (id = 1),
    seq   BIGINT           NOT NULL,
    hash  TEXT COLLATE "C" NOT NULL
);
INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, '');

-- +goose StatementBegin
CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only';
END;
$$;
-- +goose StatementEnd
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit FOR EACH ROW EXECUTE FUNCTION audit_append_only();
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_append_only();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only();

-- +goose Down
DROP TABLE audit_head;
DROP TABLE audit;
DROP FUNCTION audit_append_only();
DROP TABLE servings;
DROP TABLE aliases;
DROP TABLE decisions;
DROP TABLE versions;
