package registry

import (
	"bytes"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// dump is a registry's rows by table, and of what state they are.
type dump struct {
	Snapshot
	lines map[string][]string
}

func export(t *testing.T, r *Registry) dump {
	t.Helper()
	var out dump
	var err error
	out.Snapshot, err = r.Export(t.Context(), func() { out.lines = map[string][]string{} },
		func(table string, line []byte) error {
			out.lines[table] = append(out.lines[table], string(line))
			return nil
		})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (e dump) rows(table string, take func([]byte) error) error {
	for _, l := range e.lines[table] {
		if err := take([]byte(l)); err != nil {
			return err
		}
	}
	return nil
}

func (e dump) equal(other dump) bool {
	same := e.Snapshot == other.Snapshot
	for _, table := range Tables(0) {
		same = same && slices.Equal(e.lines[table], other.lines[table])
	}
	return same
}

// filled registers, approves, names and serves something in the registry.
func filled(t *testing.T, r *Registry) {
	t.Helper()
	ctx := t.Context()
	c := candidate("m", "1")
	c.Params = map[string]any{"note": "größer als 9007199254740993 \u2028 \"quoted\""}
	register(t, r, c)
	keep(t, r, "one", "bank")
	for _, err := range []error{
		second(r.Approve(ctx, "m", 1, Decision{By: "grace", Comment: "a line\nand \\ more"})),
		r.SetAlias(ctx, "m", "candidate", 1, "grace"),
		r.RecordServing(ctx, "scoring", "m", 1, c.ModelDigest),
		r.RecordForgotten(ctx, "grace", "rows", map[string]any{"object": c.Data.Digest}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestRowsGoFromOneDatabaseToAnother(t *testing.T) {
	everywhere(t, func(t *testing.T, from func(*testing.T) place) {
		everywhere(t, func(t *testing.T, to func(*testing.T) place) {
			r := from(t).open(t)
			filled(t, r)
			was := export(t, r)
			for _, table := range Tables(0) {
				if len(was.lines[table]) == 0 {
					t.Errorf("the test has no row of table %s", table)
				}
			}
			other := to(t).open(t)
			if err := other.Import(t.Context(), was.Snapshot, was.rows); err != nil {
				t.Fatal(err)
			}
			if is := export(t, other); !is.equal(was) {
				t.Errorf("what was imported is exported as\n%v, want\n%v", is, was)
			}
			verify(t, other)
			register(t, other, candidate("m", "2")) // and it goes on from there
			verify(t, other)
		})
	})
}

func TestAnImportFillsAnEmptyRegistryOrNone(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func(*testing.T) place) {
		r := fresh(t).open(t)
		filled(t, r)
		was := export(t, r)
		if err := r.Import(t.Context(), was.Snapshot, was.rows); err != nil {
			t.Errorf("the same import once more: %v", err)
		}
		other := fresh(t).open(t)
		register(t, other, candidate("another", "1"))
		before := export(t, other)
		err := other.Import(t.Context(), was.Snapshot, was.rows)
		if there := new(NotEmptyError); !errors.As(err, &there) || !strings.Contains(err.Error(), "versions 1") {
			t.Errorf("a registry with content: %v", err)
		}
		if !export(t, other).equal(before) {
			t.Error("a refused import has changed the registry")
		}
		newer := was.Snapshot
		newer.Schema++
		if err := fresh(t).open(t).Import(t.Context(), newer, was.rows); err == nil ||
			!strings.Contains(err.Error(), "upgrade") {
			t.Errorf("rows of a newer schema: %v", err)
		}
	})
}

func TestAnImportOfEditedRowsLeavesNothing(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func(*testing.T) place) {
		r := fresh(t).open(t)
		filled(t, r)
		edits := map[string]func(*dump){
			"a version is pending": func(e *dump) {
				e.lines["versions"][0] = strings.Replace(e.lines["versions"][0], Approved, Pending, 1)
			},
			"the log's last entry is cut off": func(e *dump) {
				e.lines["audit"] = e.lines["audit"][:len(e.lines["audit"])-1]
			},
			"the log's end is another": func(e *dump) { e.Log.Hash = "sha256:" + strings.Repeat("0", 64) },
			"an alias is gone":         func(e *dump) { e.lines["aliases"] = nil },
			"a column is missing":      func(e *dump) { e.lines["servings"] = []string{`{"seq": 1}`} },
		}
		for what, edit := range edits {
			e := export(t, r)
			edit(&e)
			other := fresh(t).open(t)
			if err := other.Import(t.Context(), e.Snapshot, e.rows); err == nil {
				t.Errorf("%s: imported", what)
			}
			if err := other.Empty(t.Context()); err != nil {
				t.Errorf("%s: %v", what, err)
			}
		}
	})
}

// An export is of one moment, whatever is written while it goes on.
func TestAnExportIsOfOneMoment(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func(*testing.T) place) {
		p := fresh(t)
		r, writer := p.open(t), p.open(t)
		filled(t, r)
		was := export(t, r)
		var during dump
		var err error
		during.Snapshot, err = r.Export(t.Context(), func() { during.lines = map[string][]string{} },
			func(table string, line []byte) error {
				if table == "versions" {
					register(t, writer, candidate("m", "2"))
				}
				during.lines[table] = append(during.lines[table], string(line))
				return nil
			})
		if err != nil || !during.equal(was) {
			t.Errorf("an export during a change is\n%v, want\n%v (%v)", during, was, err)
		}
	})
}

func TestEveryTableIsExported(t *testing.T) {
	r := freshFile(t).open(t)
	rows, err := r.db.Query(`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var have []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		have = append(have, name)
	}
	want := append(Tables(0), "audit_head", "goose_db_version", readersTable) // the log's end, and the migrations'
	slices.Sort(want)
	if !slices.Equal(have, want) {
		t.Errorf("the tables are %v, and %v are exported or made by the migrations", have, want)
	}
	for _, c := range content {
		rows, err := r.db.Query(`SELECT * FROM ` + c.name)
		if err != nil {
			t.Fatal(err)
		}
		columns, err := rows.Columns()
		if got := strings.Join(columns, ", "); err != nil || got != c.names() {
			t.Errorf("table %s has the columns %s, exported are %s (%v)", c.name, got, c.names(), err)
		}
		_ = rows.Close()
	}
}

func FuzzDecodeRow(f *testing.F) {
	f.Add(4, []byte(`{"body":"{}","hash":"sha256:0","seq":1}`))
	f.Add(2, []byte(`{"alias":"champion","model":"m","version":1}`))
	f.Add(2, []byte(`{"alias":"champion","model":"m","version":1e3}`))
	f.Add(4, []byte(`{"body":"\ud800","hash":"","seq":9223372036854775808}`))
	db, err := connect(f.Context(), filepath.Join(f.TempDir(), "r.db"), Options{Now: time.Now})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = db.Close() })
	f.Fuzz(func(t *testing.T, n int, line []byte) {
		table := content[uint(n)%uint(len(content))]
		values, err := table.decode(line)
		if err != nil {
			return
		}
		var marks []string
		for _, c := range table.columns {
			marks = append(marks, "? AS "+c.name)
		}
		rows, err := db.db.Query(`SELECT `+strings.Join(marks, ", "), values...)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		if !rows.Next() {
			t.Fatal("no row")
		}
		again, err := table.encode(rows)
		if err != nil {
			t.Fatalf("a row that was decoded is not encoded: %v", err)
		}
		if next, err := table.decode(again); err != nil || !slices.Equal(next, values) {
			t.Errorf("%q is decoded as %q, and then as %q (%v)", bytes.TrimSpace(line), values, next, err)
		}
	})
}
