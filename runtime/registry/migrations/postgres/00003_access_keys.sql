-- Keys by which callers ask endpoints. A key itself is kept nowhere: digest is its
-- SHA-256.

-- +goose Up
CREATE TABLE access_keys (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY, -- the part of the key that is no secret
    caller     TEXT COLLATE "C" NOT NULL,
    digest     TEXT COLLATE "C" NOT NULL,
    endpoints  TEXT COLLATE "C" NOT NULL, -- names, separated by spaces; * is every endpoint
    created_by TEXT COLLATE "C" NOT NULL,
    created_at TEXT COLLATE "C" NOT NULL,
    expires_at TEXT COLLATE "C" NOT NULL,
    revoked_at TEXT COLLATE "C" NOT NULL DEFAULT ''
);
INSERT INTO schema_readers (version, kind, oldest_reader) VALUES (3, 'expand', 1);

-- +goose Down
DROP TABLE access_keys;
