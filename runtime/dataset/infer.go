package dataset

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset/literal"
	"github.com/ashlar-dev/ashlar/runtime/dataset/origin"
)

// Inferred is what the files of a dataset seem to hold.
type Inferred struct {
	// Dataset has Source, Format, CSV and Columns.
	Dataset plan.Dataset
	// Header is the first file's column names in their order.
	Header []string
	Rows   int64
	// Seen is what was seen of each column beside its declaration.
	Seen map[string]Seen
}

// Seen is what was seen of a column's values.
type Seen struct {
	// Missing is how many rows hold nothing or a null.
	Missing int64
	// Nulls are the texts taken for missing, with their rows.
	Nulls map[string]int64
	// Kept are the texts that often mean missing but are taken for values here.
	Kept map[string]int64
	// Counts are rows by value; nil where there are more than a thousand values.
	Counts map[string]int64
	// LongDigits is set for whole numbers too long for a float64, read as text.
	LongDigits bool
	// Written is set for texts that are numbers or dates as people write them.
	Written *literal.Written
	// Unread is what could not be read by the type that was guessed first.
	Unread string
}

// Header returns all column names of the dataset's first file in their order.
func Header(ctx context.Context, ds plan.Dataset, opt Options) ([]string, error) {
	r, err := Open(ctx, ds, opt)
	if err != nil {
		return nil, err
	}
	return r.Header(), r.Close()
}

// Infer reads all of a dataset's files and guesses the columns that a blueprint
// would declare for them. It reads them again by the guess, so that reading by it
// finds no problem. Of ds it takes Source, and Format and CSV.Delimiter where they
// are set. Broken records and a name that is twice in the header are the error, a
// *SchemaError.
func Infer(ctx context.Context, ds plan.Dataset, opt Options) (*Inferred, error) {
	ds = plan.Dataset{Source: ds.Source, Format: formatOf(ds),
		CSV: plan.CSVOptions{Delimiter: ds.CSV.Delimiter, NullValue: []string{}}}
	if ds.Format == "csv" && ds.CSV.Delimiter == "" {
		var err error
		if ds.CSV.Delimiter, err = sniffDelimiter(ctx, ds, opt); err != nil {
			return nil, err
		}
	}
	names, err := Header(ctx, ds, opt)
	if err != nil {
		return nil, err
	}
	ds.Columns = make(map[string]plan.Column, len(names))
	for _, n := range names {
		ds.Columns[n] = plan.Column{Type: plan.Text, Nullable: true}
	}
	// The first pass reads all columns as nullable texts and with no null
	// texts, so that nothing is lost before it is judged.
	r, err := Open(ctx, ds, opt)
	if err != nil {
		return nil, err
	}
	guesses, err := r.guess(ds.Format != "csv")
	if err = errors.Join(err, r.Close()); err != nil {
		return nil, err
	}
	out := &Inferred{Dataset: ds, Header: names, Rows: r.rows, Seen: map[string]Seen{}}
	out.settle(guesses)
	return out, out.readBack(ctx, opt)
}

// settle declares the columns.
//
// A CSV dataset has one list of null texts for all columns, so a text that one
// column takes for missing is missing in all of them. That is why all columns'
// guesses are asked first.
func (in *Inferred) settle(guesses map[string]*guess) {
	nulls := map[string]bool{"": true}
	for _, g := range guesses {
		for text := range g.nulls {
			if !g.ownNulls && g.takes(text) {
				nulls[text] = true
			}
		}
	}
	for name, g := range guesses {
		c := g.column(nulls)
		in.Dataset.Columns[name] = c
		in.Seen[name] = g.seen(c, nulls)
	}
	if in.Dataset.Format == "csv" {
		in.Dataset.CSV.NullValue = slices.Sorted(maps.Keys(nulls))
	}
}

// seen returns what is worth saying of a column.
func (g *guess) seen(c plan.Column, nulls map[string]bool) Seen {
	s := Seen{Missing: g.missing, Nulls: map[string]int64{}, Kept: map[string]int64{}, Written: g.written(c.Type)}
	s.LongDigits = g.long && !g.fraction && !c.Type.Numeric()
	counts := maps.Clone(g.counts)
	for text, rows := range g.nulls {
		if nulls[text] || g.ownNulls && g.takes(text) {
			s.Nulls[text] = rows
		} else {
			s.Kept[text] = rows
			counts[text] = rows
		}
	}
	if !g.many {
		s.Counts = counts
	}
	return s
}

// readBack reads by the guess. A column that it does not hold of becomes a text.
//
// The guess goes by distinct texts and is bounded in what it remembers, so it
// may be wrong; the second pass decides. Problems hold at least one example of
// each column that has any, which is enough to find them.
func (in *Inferred) readBack(ctx context.Context, opt Options) error {
	r, err := Open(ctx, in.Dataset, opt)
	if err != nil {
		return err
	}
	for err == nil {
		var f *Frame
		if f, err = r.Next(); err == nil {
			r.Recycle(f)
		}
	}
	if !errors.Is(err, io.EOF) {
		return errors.Join(err, r.Close())
	}
	if p := r.Problems(); p != nil {
		for _, x := range p.Problems {
			c, ok := in.Dataset.Columns[x.Column]
			if s := in.Seen[x.Column]; ok && s.Unread == "" {
				s.Unread = fmt.Sprintf("%q is not of type %s", x.Value, c.Type)
				in.Seen[x.Column] = s
				in.Dataset.Columns[x.Column] = plan.Column{Type: plan.Text, Nullable: true}
			}
		}
	}
	return r.Close()
}

// guess reads everything as text.
//
// Frames are recycled after they were observed: guesses keep copies of texts
// only.
func (r *Reader) guess(ownNulls bool) (map[string]*guess, error) {
	out := map[string]*guess{}
	for {
		f, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		for i := range f.Columns {
			c := &f.Columns[i]
			g := out[c.Name]
			if g == nil {
				g = newGuess(ownNulls)
				out[c.Name] = g
			}
			g.observe(c)
		}
		r.Recycle(f)
	}
	if p := r.Problems(); p != nil {
		return nil, p
	}
	return out, nil
}

// sniffDelimiter returns the likeliest delimiter of the header.
//
// The header decides, as its names seldom hold delimiters. A header of one
// column has none of them and is taken to have commas.
func sniffDelimiter(ctx context.Context, ds plan.Dataset, opt Options) (string, error) {
	src, err := origin.Resolve(ctx, ds.Source, opt.withDefaults().where())
	if err != nil {
		return "", err
	}
	d, err := newDialect(ds.CSV)
	if err != nil {
		return "", errors.Join(err, src.Close())
	}
	line, err := firstLine(ctx, src.Files[0], d)
	if err = errors.Join(err, src.Close()); err != nil {
		return "", err
	}
	best, most := ",", 0
	for _, c := range []string{",", ";", "\t", "|"} {
		n, quoted := 0, false
		for _, b := range line {
			quoted = quoted != (b == '"')
			if !quoted && b == c[0] {
				n++
			}
		}
		if n > most {
			best, most = c, n
		}
	}
	return best, nil
}

// firstLine returns the first line of the file that is not blank, with the
// newline, or nil where there is none.
func firstLine(ctx context.Context, f origin.File, d dialect) ([]byte, error) {
	c, err := openText(ctx, f)
	if err != nil {
		return nil, err
	}
	s := &splitter{in: c, comma: d.comma, free: make(buffers, 1)}
	for {
		_, err := s.blank()
		if err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", f.Path, err), c.Close())
		}
		line, err := s.next(1)
		if errors.Is(err, io.EOF) {
			err = nil // blank lines only; the header's reader says so
		}
		if err != nil || len(bytes.Trim(line, "\r\n")) > 0 || line == nil {
			if err = errors.Join(err, c.Close()); err != nil {
				return nil, fmt.Errorf("%s: %w", f.Path, err)
			}
			return line, nil
		}
	}
}
