package registry

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// forgery is a copy in which nothing protects the tables, so that a test can
// edit them as somebody with the database's own tools could.
type forgery struct {
	place
	db     *sql.DB   // behind the registry's back
	r      *Registry // on the copy
	tables []string
}

// forge copies the original. Each table is kept once more beside the copy, for
// restore.
func forge(t *testing.T, original place) *forgery {
	t.Helper()
	f := &forgery{}
	if original.postgres {
		f.place = emptySchema(t)
		f.tables = original.tables(t)
		from, to := original.schema(t), f.schema(t)
		for _, table := range append(f.tables, "goose_db_version", readersTable) {
			run(t, original.raw(t), fmt.Sprintf(`CREATE TABLE %[2]s.%[3]s (LIKE %[1]s.%[3]s INCLUDING ALL); INSERT INTO %[2]s.%[3]s SELECT * FROM %[1]s.%[3]s`, from, to, table))
		}
		f.db = f.raw(t)
	} else {
		f.place = copiedFile(t, original)
		f.tables, f.db = f.place.tables(t), f.raw(t)
		run(t, f.db, `DROP TRIGGER audit_no_update`, `DROP TRIGGER audit_no_delete`)
	}
	for _, table := range f.tables {
		run(t, f.db, fmt.Sprintf(`CREATE TABLE kept_%[1]s AS SELECT * FROM %[1]s`, table))
	}
	f.r = f.open(t)
	verify(t, f.r)
	return f
}

func copiedFile(t *testing.T, original place) place {
	t.Helper()
	content, err := os.ReadFile(original.location)
	if err != nil {
		t.Fatal(err)
	}
	out := place{location: filepath.Join(t.TempDir(), "r.db")}
	if err := os.WriteFile(out.location, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return out
}

// restore undoes whatever was edited.
func (f *forgery) restore(t *testing.T) {
	t.Helper()
	empty := `DELETE FROM `
	if f.postgres {
		empty = `TRUNCATE ` // rows come back where they were
	}
	for _, table := range f.tables {
		run(t, f.db, empty+table, fmt.Sprintf(`INSERT INTO %[1]s SELECT * FROM kept_%[1]s`, table))
	}
}

// tables are the registry's own.
func (p place) tables(t *testing.T) []string {
	t.Helper()
	if p.postgres {
		return names(t, p.raw(t), `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_name NOT LIKE 'goose%' AND table_name <> 'schema_readers'`)
	}
	return names(t, p.raw(t), `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'goose%' AND name <> 'schema_readers' AND name NOT LIKE 'sqlite%'`)
}
