package registry

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestNoFieldCanBeEdited edits every column of every row of every table, one
// at a time, in a copy of the file. Whatever the registry answers from must
// not change unnoticed.
func TestNoFieldCanBeEdited(t *testing.T) {
	file := written(t)
	db := raw(t, file)
	edits := 0
	for _, table := range names(t, db, `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'goose%' AND name NOT LIKE 'sqlite%'`) {
		for _, column := range names(t, db, fmt.Sprintf(`SELECT name FROM pragma_table_info('%s')`, table)) {
			for _, row := range names(t, db, `SELECT rowid FROM `+table) {
				if table == "audit_head" && column == "id" {
					continue // always 1, by the table's own constraint
				}
				edits++
				where := fmt.Sprintf("%s.%s of row %s", table, column, row)
				// Both an edit that looks like the rest and one that empties the field.
				for _, value := range []string{column + ` || '1'`, `''`} {
					stmt := fmt.Sprintf(`UPDATE %s SET %s = %s WHERE rowid = %s AND %s <> %s`, table, column, value, row, column, value)
					verifyFails(t, where, edited(t, file, stmt))
				}
			}
		}
	}
	if edits < 58 { // what `written` makes today
		t.Errorf("only %d fields were edited; the test looks past most of them", edits)
	}
}

// edited copies the file and runs the statement in the copy, behind the
// registry's back. It returns "" where the statement changed nothing.
func edited(t *testing.T, file, stmt string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), "r.db")
	if err := os.WriteFile(copied, content, 0o600); err != nil {
		t.Fatal(err)
	}
	db := raw(t, copied)
	for _, s := range []string{`DROP TRIGGER audit_no_update`, `DROP TRIGGER audit_no_delete`} {
		if _, err := db.Exec(s); err != nil {
			t.Fatal(err)
		}
	}
	done, err := db.Exec(stmt)
	if err != nil && (strings.Contains(err.Error(), "constraint") || strings.Contains(err.Error(), "datatype")) {
		return "" // the schema itself refuses it
	}
	if err != nil {
		t.Fatalf("%s: %v", stmt, err)
	}
	if n, _ := done.RowsAffected(); n == 0 {
		return ""
	}
	return copied
}

func verifyFails(t *testing.T, what, file string) {
	t.Helper()
	if file == "" {
		return
	}
	r, err := Open(t.Context(), file, Options{Now: clock()})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.VerifyAudit(t.Context()); err == nil {
		t.Errorf("an edit of %s went unnoticed", what)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
}

func raw(t *testing.T, file string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func names(t *testing.T, db *sql.DB, query string) []string {
	t.Helper()
	out, err := texts(t.Context(), handle{db, sqlite()}, query)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
