package dataset

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// writeNumbers writes a table of random numbers, a small one unless
// ASHLAR_BENCH_ROWS says otherwise (1e6 rows of 29 are 235 MB).
func writeNumbers(tb testing.TB, columns int) plan.Dataset {
	rows, _ := strconv.Atoi(os.Getenv("ASHLAR_BENCH_ROWS"))
	if rows == 0 {
		rows = 50_000
	}
	ds := plan.Dataset{Source: filepath.Join(tb.TempDir(), "numbers.csv"), Columns: map[string]plan.Column{}}
	var text []byte
	for c := range columns {
		name := fmt.Sprintf("x%02d", c)
		ds.Columns[name] = plan.Column{Type: plan.Number}
		text = append(append(text, name...), ',')
	}
	text[len(text)-1] = '\n'
	random := rand.New(rand.NewPCG(1, 2))
	for range rows {
		for range columns {
			text = append(strconv.AppendFloat(text, random.NormFloat64(), 'f', 5, 64), ',')
		}
		text[len(text)-1] = '\n'
	}
	if err := os.WriteFile(ds.Source, text, 0o600); err != nil {
		tb.Fatal(err)
	}
	return ds
}

func BenchmarkReadCSV(b *testing.B) {
	ds := writeNumbers(b, 29)
	info, err := os.Stat(ds.Source)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(info.Size())
	b.ReportAllocs()
	b.ResetTimer()
	for b.Loop() {
		r, err := Open(context.Background(), ds, Options{})
		if err != nil {
			b.Fatal(err)
		}
		if err := r.Each(context.Background(), 1, func(int, *Frame) error { return nil }); err != nil {
			b.Fatal(err)
		}
		if err := r.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
