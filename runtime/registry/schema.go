package registry

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/pressly/goose/v3"
)

// The schema is changed in two steps, so that programs of two releases work with
// one database while a rollout goes on, and the image can be rolled back after it.
// A migration that expands adds what older programs do not look at, and needs no
// value from them. One that contracts removes what the release before no longer
// uses. Each adds a row to schema_readers, in its own transaction: its version,
// which of the two it is, and the oldest version whose programs read and write
// the schema from then on. tests/architecture compares what a migration does
// with what it says.
const readersTable = "schema_readers"

// oldestSchema is the oldest version on which every statement of this program
// runs. It is raised by the change that first uses what a newer version has added.
//
// On a schema from there on the program works although migrations are missing, so
// the order of a rollout and its migration does not matter. On an older one it
// ends with an error and does not wait: Kubernetes starts it again and shows the
// error meanwhile, the rollout does not go on, and the pods before it serve.
const oldestSchema = 1

// Schemas are the newest version of the schema that this program migrates to, and the
// oldest that it works with.
func Schemas() (newest, oldest int64) {
	// SQLite's are as many as PostgreSQL's, by a test.
	files, _ := fs.Glob(migrations, "migrations/sqlite/*.sql") // the pattern is sound
	return int64(len(files)), oldestSchema
}

// schemaVersions are what a database has and what this program knows.
type schemaVersions struct {
	have   int64 // 0: the database was never migrated
	known  int64 // the newest migration of this program
	reader int64 // where have is newer: the oldest version whose programs work with it; 0: it does not say
}

// newer reports whether a newer program has migrated the database.
func (s schemaVersions) newer() bool { return s.have > s.known }

// check returns an error unless this program works with the schema as it is.
func (s schemaVersions) check(d *dialect) error {
	switch {
	case s.newer() && s.reader == 0:
		return fmt.Errorf("its schema is version %d, written by a newer Ashlar than this one, which knows %d, and does not say whether this one may use it: %s",
			s.have, s.known, upgrade)
	case s.newer() && s.reader > s.known:
		return fmt.Errorf("its schema is version %d, written by a newer Ashlar, which works with programs that know version %d or later; this one knows %d: %s",
			s.have, s.reader, s.known, upgrade)
	case s.have < oldestSchema:
		how := "run `ashlar-runtime migrate` on it"
		if d.inFile {
			how = "open it once where it may be written to, such as with `ashlar model list`"
		}
		return fmt.Errorf("its schema is version %d and this Ashlar needs %d: %s", s.have, oldestSchema, how)
	}
	return nil
}

// upgrade is what to do about a schema that is too new.
const upgrade = "upgrade the image that the workloads run (`image` in Pulumi's config), or the ashlar on this machine"

// schemaOf reads the versions without writing. It works with the right to read
// the two tables about the schema and nothing else.
func (d *dialect) schemaOf(ctx context.Context, db *sql.DB) (schemaVersions, error) {
	p, err := d.provider(ctx, db)
	if err != nil {
		return schemaVersions{}, err
	}
	s := schemaVersions{known: latest(p)}
	err = db.QueryRowContext(ctx, `SELECT COALESCE(MAX(version_id), 0) FROM `+goose.DefaultTablename+
		` WHERE is_applied`).Scan(&s.have)
	if err != nil && !d.noTable(err) {
		return s, err
	}
	if s.newer() {
		s.reader, err = d.oldestReader(ctx, db, s.have)
		return s, err
	}
	return s, nil
}

// oldestReader is the oldest version whose programs work with the version, or 0
// where the database does not say: the row is missing, or the whole table.
func (d *dialect) oldestReader(ctx context.Context, db *sql.DB, version int64) (out int64, err error) {
	h := handle{db, d}
	err = h.QueryRowContext(ctx, `SELECT oldest_reader FROM `+readersTable+` WHERE version = ?`, version).Scan(&out)
	if errors.Is(err, sql.ErrNoRows) || d.noTable(err) {
		return 0, nil
	}
	return out, err
}

// noTable reports whether the database says that a table is not there.
func (d *dialect) noTable(err error) bool {
	if err == nil {
		return false
	}
	return d.inFile && strings.Contains(err.Error(), "no such table") || sqlState(err) == undefinedTable
}

// missing reports whether the database says that a table or a column is not there.
func (d *dialect) missing(err error) bool {
	return d.noTable(err) || sqlState(err) == undefinedColumn ||
		d.inFile && (strings.Contains(err.Error(), "no such column") ||
			strings.Contains(err.Error(), "has no column named"))
}

// latest is the newest version that the program's migrations lead to.
func latest(p *goose.Provider) int64 {
	sources := p.ListSources()
	return sources[len(sources)-1].Version
}
