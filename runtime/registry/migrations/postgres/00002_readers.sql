-- Which programs work with each version of the schema. From here on a migration
-- adds its own row: see schema.go.

-- +goose Up
CREATE TABLE schema_readers (
    version       BIGINT           NOT NULL PRIMARY KEY, -- of the schema
    kind          TEXT COLLATE "C" NOT NULL,             -- expand or contract
    oldest_reader BIGINT           NOT NULL -- the oldest version whose programs read and write it
);
INSERT INTO schema_readers (version, kind, oldest_reader) VALUES (1, 'expand', 1);
INSERT INTO schema_readers (version, kind, oldest_reader) VALUES (2, 'expand', 1);

-- +goose Down
DROP TABLE schema_readers;
