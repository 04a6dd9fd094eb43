package dataset

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// texts is a dataset of nothing but text columns in which nothing is missing.
func texts(source string, columns int) plan.Dataset {
	ds := plan.Dataset{Source: source, CSV: plan.CSVOptions{NullValue: []string{}}, Columns: map[string]plan.Column{}}
	for c := range columns {
		ds.Columns[fmt.Sprintf("c%d", c)] = plan.Column{Type: plan.Text}
	}
	return ds
}

// rowsOf turns frames of coded columns back into rows of text.
func rowsOf(frames []*Frame) [][]string {
	var out [][]string
	for _, f := range frames {
		for r := range f.Rows {
			row := make([]string, len(f.Columns))
			for i := range f.Columns {
				row[i] = f.Columns[i].Value(r)
			}
			out = append(out, row)
		}
	}
	return out
}

// randomTable writes random rows as CSV, quoting by whim where it may choose.
func randomTable(random *rand.Rand) (text string, rows [][]string, columns int) {
	columns = 1 + random.IntN(4)
	end := []string{"\n", "\r\n"}[random.IntN(2)]
	alphabet := []string{"a", "7", "\"", ",", "\n", "é", " ", ".", "-", ";", "bcd"}
	var b strings.Builder
	line := func(fields []string, mayQuote bool) {
		for i, f := range fields {
			if i > 0 {
				b.WriteByte(',')
			}
			if mayQuote && (random.IntN(3) == 0 || strings.ContainsAny(f, "\",\r\n") || f == "" && len(fields) == 1) {
				f = `"` + strings.ReplaceAll(f, `"`, `""`) + `"`
			}
			b.WriteString(f)
		}
		b.WriteString(end)
	}
	var header []string
	for c := range columns {
		header = append(header, fmt.Sprintf("c%d", c))
	}
	line(header, false)
	for range 1 + random.IntN(40) {
		row := make([]string, columns)
		for c := range row {
			for range random.IntN(5) {
				row[c] += alphabet[random.IntN(len(alphabet))]
			}
		}
		rows = append(rows, row)
		line(row, true)
		if random.IntN(5) == 0 {
			b.WriteString(end)
		}
	}
	text = b.String()
	if random.IntN(2) == 0 {
		text = strings.TrimSuffix(text, end)
	}
	return text, rows, columns
}

func TestRandomTablesReadAsEncodingCSVReadsThem(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for i := range 300 {
		text, rows, columns := randomTable(random)
		dir := write(t, map[string]string{"t.csv": text})
		frames, problems := drain(t, texts("t.csv", columns),
			Options{Dir: dir, BatchRows: 1 + random.IntN(8), Workers: 1 + random.IntN(3)})
		if problems != nil {
			t.Fatalf("table %d: %v\n%q", i, problems, text)
		}
		theirs, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		if err != nil {
			t.Fatalf("table %d: encoding/csv: %v\n%q", i, err, text)
		}
		got := rowsOf(frames)
		if d := cmp.Diff(theirs[1:], got); d != "" {
			t.Fatalf("table %d differs from encoding/csv (-theirs +ours):\n%s\n%q", i, d, text)
		}
		if d := cmp.Diff(rows, got); d != "" {
			t.Fatalf("table %d differs from what was written (-want +got):\n%s\n%q", i, d, text)
		}
	}
}

// dribble reads one to seven bytes at a time.
type dribble struct {
	r io.Reader
	n int
}

func (d *dribble) Read(p []byte) (int, error) {
	d.n = d.n%7 + 1
	return d.r.Read(p[:min(len(p), d.n)])
}

func TestChunksAreWholeRecordsWhateverTheReads(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for range 100 {
		text, _, _ := randomTable(random)
		text += "\nx\"y,\"broken\"z\n\"never closed\n"
		most := 1 + random.IntN(5)
		whole := chunksOf(t, strings.NewReader(text), most)
		if d := cmp.Diff(whole, chunksOf(t, &dribble{r: strings.NewReader(text)}, most)); d != "" {
			t.Fatalf("chunks depend on the sizes of reads:\n%s", d)
		}
		if got := strings.Join(whole, ""); got != text {
			t.Fatalf("chunks make %q, want %q", got, text)
		}
	}
}

func chunksOf(t *testing.T, in io.Reader, most int) []string {
	t.Helper()
	s := &splitter{in: in, comma: ',', free: make(buffers, 2)}
	var out []string
	for {
		chunk, err := s.next(most)
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(chunk))
	}
}

func TestFramesAreTheSameForAnyNumberOfWorkers(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	var text bytes.Buffer
	text.WriteString("name,age,income,member,status,since\n")
	for i := range 60_000 { // several chunks
		fmt.Fprintf(&text, "\"n%d, or \"\"so\"\"\",%d,%.3f,%t,%s,2024-01-%02d\n", random.IntN(100),
			random.IntN(90), random.NormFloat64(),
			i%3 == 0, []string{"good", "bad", "ugly"}[random.IntN(3)], 1+random.IntN(33))
		if i%1000 == 0 {
			text.WriteString("short,1\nquoted,\"oops,1,1,1,1\n")
		}
	}
	dir := write(t, map[string]string{"people.csv": text.String()})
	var first []*Frame
	var firstProblems *SchemaError
	for _, workers := range []int{1, 2, 7} {
		frames, problems := drain(t, people("people.csv"), Options{Dir: dir, Workers: workers, BatchRows: 5000})
		if first == nil {
			first, firstProblems = frames, problems
			if len(frames) < 10 || problems.Skipped != 120 {
				t.Fatalf("%d frames, %d rows skipped: the table is not what the test is about",
					len(frames), problems.Skipped)
			}
			continue
		}
		equalFrames(t, frames, first)
		if d := cmp.Diff(firstProblems, problems); d != "" {
			t.Errorf("problems differ with %d workers:\n%s", workers, d)
		}
	}
	var offset int64
	for _, f := range first {
		if f.Offset != offset {
			t.Fatalf("a frame's offset is %d after %d rows", f.Offset, offset)
		}
		offset += int64(f.Rows)
	}
}

func TestEachVisitsEveryRowOnce(t *testing.T) {
	ds := writeNumbers(t, 3)
	r, err := Open(context.Background(), ds, Options{BatchRows: 1000})
	if err != nil {
		t.Fatal(err)
	}
	var rows [4]int64
	err = r.Each(context.Background(), 4, func(w int, f *Frame) error {
		rows[w] += int64(f.Rows)
		return nil
	})
	if total := rows[0] + rows[1] + rows[2] + rows[3]; err != nil || total != 50_000 {
		t.Errorf("visited %d rows, error %v; want 50000", total, err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if _, err := r.Next(); err == nil {
		t.Error("a closed reader went on")
	}
}
