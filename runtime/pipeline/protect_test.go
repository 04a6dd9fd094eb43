package pipeline

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/privacy"
)

// numbered is a table of so many rows: a number, a category and a text to be dropped.
func numbered(t *testing.T, rows int) (*table, dataset.Options) {
	t.Helper()
	var text strings.Builder
	text.WriteString("n,kind,note\n")
	for i := range rows {
		fmt.Fprintf(&text, "%d,k%d,a note of some length that nobody may see %d\n", i, i%7, i)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "n.csv"), []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	ds := plan.Dataset{Source: "n.csv", Format: "csv", Columns: map[string]plan.Column{
		"n": {Type: plan.Integer}, "kind": {Type: plan.Category}, "note": {Type: plan.Text, Anonymise: plan.Drop},
	}}
	return &table{recipe: &recipe{dataset: ds, model: plan.Model{Dataset: "d"}}}, dataset.Options{Dir: dir}
}

func TestKeptRowsAreThoseOfTheSource(t *testing.T) {
	const rows = 300_000
	table, opt := numbered(t, rows)
	guard, err := privacy.NewGuard(table.recipe.dataset, nil)
	if err != nil {
		t.Fatal(err)
	}
	f, _, err := table.guarded(context.Background(), guard, opt)
	if err != nil || f == nil || f.Rows != rows || f.Column("note") != nil {
		t.Fatalf("%v, %v", f, err)
	}
	n, kind := f.Column("n"), f.Column("kind")
	for row := range rows {
		if want := fmt.Sprintf("k%d", row%7); n.Floats[row] != float64(row) || kind.Value(row) != want {
			t.Fatalf("row %d is kept as %v, %s; want %s", row, n.Floats[row], kind.Value(row), want)
		}
	}
}
