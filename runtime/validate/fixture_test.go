package validate_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/validate"
)

// args are an expectation's arguments.
type args = map[string]any

// list is a JSON list.
type list = []any

// table is a dataset whose CSV text is available. Columns of the header have the
// type that their name begins with: n, i, b, c, t, w for number, integer,
// boolean, category, text and when; all are nullable.
func table(t testing.TB, text string, expect ...plan.Expectation) plan.Dataset {
	t.Helper()
	file := filepath.Join(t.TempDir(), "table.csv")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	types := map[byte]plan.ColumnType{'n': plan.Number, 'i': plan.Integer, 'b': plan.Boolean, 'c': plan.Category,
		't': plan.Text, 'w': plan.Timestamp}
	ds := plan.Dataset{Source: file, Columns: map[string]plan.Column{}, Expect: expect}
	header, _, _ := strings.Cut(text, "\n")
	for _, name := range strings.Split(header, ",") {
		ds.Columns[name] = plan.Column{Type: types[name[0]], Nullable: true}
	}
	return ds
}

// run validates and fails the test where that is not possible.
func run(t testing.TB, ds plan.Dataset, opt validate.Options) *validate.Report {
	t.Helper()
	r, err := try(context.Background(), ds, opt)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func try(ctx context.Context, ds plan.Dataset, opt validate.Options) (*validate.Report, error) {
	reader, err := dataset.Open(ctx, ds, dataset.Options{BatchRows: 3})
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	return validate.Run(ctx, reader, ds, opt)
}

// expect is an expectation; the column is empty for one about the table.
func expect(name, column string, kwargs args) plan.Expectation {
	return plan.Expectation{Expectation: name, Column: column, Kwargs: kwargs}
}

// lines makes a table of one column.
func lines(name string, values ...string) string {
	return name + "\n" + strings.Join(values, "\n") + "\n"
}
