-- +goose Up
CREATE TABLE versions (
    model        TEXT    NOT NULL,
    version      INTEGER NOT NULL,
    model_digest TEXT    NOT NULL,
    status       TEXT    NOT NULL,
    author       TEXT    NOT NULL,
    created_at   TEXT    NOT NULL,
    body         TEXT    NOT NULL, -- the candidate as canonical JSON
    PRIMARY KEY (model, version),
    UNIQUE (model, model_digest)
);

CREATE TABLE decisions (
    seq      INTEGER NOT NULL PRIMARY KEY, -- of the audit entry
    model    TEXT    NOT NULL,
    version  INTEGER NOT NULL,
    verdict  TEXT    NOT NULL,
    decider  TEXT    NOT NULL,
    note     TEXT    NOT NULL,
    at       TEXT    NOT NULL,
    FOREIGN KEY (model, version) REFERENCES versions (model, version)
);

CREATE TABLE aliases (
    model   TEXT    NOT NULL,
    alias   TEXT    NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (model, alias),
    FOREIGN KEY (model, version) REFERENCES versions (model, version)
);

CREATE TABLE servings (
    seq      INTEGER NOT NULL PRIMARY KEY, -- of the audit entry that began it
    endpoint TEXT    NOT NULL,
    model    TEXT    NOT NULL,
    version  INTEGER NOT NULL,
    digest   TEXT    NOT NULL,
    since    TEXT    NOT NULL,
    until    TEXT    NOT NULL DEFAULT '',
    FOREIGN KEY (model, version) REFERENCES versions (model, version)
);
CREATE INDEX servings_endpoint ON servings (endpoint, seq);

CREATE TABLE audit (
    seq       INTEGER NOT NULL PRIMARY KEY,
    body      TEXT    NOT NULL, -- the entry as canonical JSON, its hash left out
    hash      TEXT    NOT NULL
);

-- One row: how long the log is and the hash of its last entry.
CREATE TABLE audit_head (
    id    INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    seq   INTEGER NOT NULL,
    hash  TEXT    NOT NULL
);
INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, '');

-- +goose StatementBegin
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
-- +goose StatementEnd

-- +goose Down
DROP TABLE audit_head;
DROP TABLE audit;
DROP TABLE servings;
DROP TABLE aliases;
DROP TABLE decisions;
DROP TABLE versions;
