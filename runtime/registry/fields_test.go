package registry

import (
	"fmt"
	"strings"
	"testing"
)

// TestNoFieldCanBeEdited edits every column of every row of every table, one
// at a time, in a copy. Whatever the registry answers from must not change
// unnoticed.
func TestNoFieldCanBeEdited(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func(*testing.T) place) {
		f := forge(t, withKey(t, written(t, fresh(t))))
		edits := 0
		for _, table := range f.tables {
			for _, column := range names(t, f.db, f.columns(table)) {
				column, kind, _ := strings.Cut(column, " ")
				for _, row := range names(t, f.db, fmt.Sprintf(`SELECT %s FROM %s`, f.rowID(), table)) {
					if table == "audit_head" && column == "id" {
						continue // always 1, by the table's own constraint
					}
					edits++
					for _, value := range f.edits(column, kind) {
						stmt := fmt.Sprintf(`UPDATE %[1]s SET %[2]s = %[3]s WHERE %[4]s = '%[5]s' AND %[2]s <> %[3]s`,
							table, column, value, f.rowID(), row)
						f.verifyFails(t, fmt.Sprintf("%s.%s of row %s", table, column, row), stmt)
					}
				}
			}
		}
		if edits < 69 { // what `written` makes today
			t.Errorf("only %d fields were edited; the test looks past most of them", edits)
		}
	})
}

// columns is the query for a table's columns, each with its type.
func (p place) columns(table string) string {
	if p.postgres {
		return fmt.Sprintf(`SELECT column_name || ' ' || data_type FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = '%s'`, table)
	}
	return fmt.Sprintf(`SELECT name || ' ' || type FROM pragma_table_info('%s')`, table)
}

func (p place) rowID() string {
	if p.postgres {
		return "ctid"
	}
	return "rowid"
}

// edits are a value that looks like the rest and one that empties the field.
func (p place) edits(column, kind string) []string {
	if p.postgres && kind != "text" {
		return []string{column + ` * 10 + 1`, `0`}
	}
	return []string{column + ` || '1'`, `''`}
}

// verifyFails runs the statement behind the registry's back, and undoes it.
func (f *forgery) verifyFails(t *testing.T, what, stmt string) {
	t.Helper()
	done, err := f.db.Exec(stmt)
	if err != nil && (strings.Contains(err.Error(), "constraint") || strings.Contains(err.Error(), "datatype")) {
		return // the schema itself refuses it
	}
	if err != nil {
		t.Fatalf("%s: %v", stmt, err)
	}
	if n, _ := done.RowsAffected(); n == 0 {
		return
	}
	if err := f.r.VerifyAudit(t.Context()); err == nil {
		t.Errorf("an edit of %s went unnoticed", what)
	}
	f.restore(t)
}
