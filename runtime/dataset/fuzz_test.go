package dataset

import (
	"context"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"gocloud.dev/blob"
	"gocloud.dev/blob/memblob"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// FuzzCSV feeds any bytes as the rows of two columns: reading never panics,
// accounts for every record, does not depend on the number of workers, and
// agrees with encoding/csv wherever that accepts the text.
func FuzzCSV(f *testing.F) {
	for _, text := range []string{"1,2\n", "\"a\"\"b\",\"c\nd\"\r\n,\n", "1\n1,2,3\n", "\"open,1\n2,3\n",
		"\"a\"b,1\n\"c\",\"d\"", "\x1f\x8b\x00", "a\x00,\xff\n\n\r\n\r", "1,2\r\r\n"} {
		f.Add(text, false)
		f.Add(text, true)
	}
	f.Fuzz(func(t *testing.T, text string, numbers bool) {
		ds := texts("mem://b/t.csv", 2)
		if numbers {
			ds.Columns["c0"] = plan.Column{Type: plan.Number, Nullable: true}
		}
		one, problems := fuzzRead(t, ds, text, 1)
		three, again := fuzzRead(t, ds, text, 3)
		equalFrames(t, three, one)
		if d := cmp.Diff(problems, again); d != "" {
			t.Fatalf("problems depend on the number of workers:\n%s", d)
		}
		theirs := csv.NewReader(strings.NewReader("c0,c1\n" + text))
		rows, err := theirs.ReadAll()
		if err != nil || numbers || !utf8.ValidString(text) || strings.ContainsAny(text, "\r\x00") {
			return
		}
		if problems != nil {
			t.Fatalf("encoding/csv reads it, we find %v", problems)
		}
		if d := cmp.Diff(rows[1:], rowsOf(one), cmpEmpty); d != "" {
			t.Fatalf("differs from encoding/csv (-theirs +ours):\n%s", d)
		}
	})
}

// FuzzParquet feeds any bytes as a Parquet file: reading ends, without a panic.
func FuzzParquet(f *testing.F) {
	rows, _ := persons(40)
	whole := parquetFile(f, rows)
	f.Add([]byte(whole))
	f.Add([]byte(parquetFile(f, []odd{{Digits: "1", Tags: []string{"a", "b"}}})))
	f.Add([]byte(whole[:len(whole)/2]))
	f.Fuzz(func(_ *testing.T, data []byte) {
		r, err := Open(context.Background(), people("mem://b/p.parquet"),
			Options{OpenBucket: func(ctx context.Context, _ string) (*blob.Bucket, error) {
				b := memblob.OpenBucket(nil)
				return b, b.WriteAll(ctx, "p.parquet", data, nil)
			}})
		for err == nil {
			var f *Frame
			if f, err = r.Next(); err == nil {
				err = f.Check()
			}
		}
		if r != nil {
			_ = r.Close()
		}
	})
}

// cmpEmpty takes no rows for no rows.
var cmpEmpty = cmp.Transformer("rows", func(rows [][]string) string {
	var b strings.Builder
	for _, r := range rows {
		b.WriteString(strings.Join(r, "\x01") + "\x02")
	}
	return b.String()
})

func fuzzRead(t *testing.T, ds plan.Dataset, text string, workers int) ([]*Frame, *SchemaError) {
	r, err := Open(context.Background(), ds,
		Options{BatchRows: 2, Workers: workers, OpenBucket: func(ctx context.Context, _ string) (*blob.Bucket, error) {
			b := memblob.OpenBucket(nil)
			return b, b.WriteAll(ctx, "t.csv", []byte("c0,c1\n"+text), nil)
		}})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var frames []*Frame
	for {
		f, err := r.Next()
		if err != nil {
			if !errors.Is(err, io.EOF) && !strings.Contains(err.Error(), "no rows") {
				t.Fatal(err)
			}
			break
		}
		if err := f.Check(); err != nil {
			t.Fatal(err)
		}
		frames = append(frames, f)
	}
	p := r.Problems()
	var skipped int64
	if p != nil {
		skipped = p.Skipped
	}
	if r.records != r.rows+skipped {
		t.Fatalf("%d records, %d rows kept and %d skipped", r.records, r.rows, skipped)
	}
	return frames, p
}
