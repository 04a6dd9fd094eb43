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
)

// Inferred is what the files of a dataset seem to hold.
type Inferred struct {
	// Dataset has Source, Format, CSV and Columns.
	Dataset plan.Dataset
	// Header is the first file's column names in their order.
	Header []string
	Rows   int64
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
// would declare for them, such that reading by the guess finds no problem. Of
// ds it takes Source, and Format and CSV.Delimiter where they are set. Broken
// records and a name that is twice in the header are the error, a *SchemaError.
func Infer(ctx context.Context, ds plan.Dataset, opt Options) (*Inferred, error) {
	ds = plan.Dataset{Source: ds.Source, Format: formatOf(ds), CSV: plan.CSVOptions{Delimiter: ds.CSV.Delimiter, NullValue: []string{}}}
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
	r, err := Open(ctx, ds, opt)
	if err != nil {
		return nil, err
	}
	guesses, err := r.guess()
	if err = errors.Join(err, r.Close()); err != nil {
		return nil, err
	}
	nulls := nullTexts(guesses)
	for name, g := range guesses {
		ds.Columns[name] = g.column(nulls)
	}
	ds.CSV.NullValue = slices.Sorted(maps.Keys(nulls))
	return &Inferred{Dataset: ds, Header: names, Rows: r.rows}, nil
}

// guess reads everything as text.
func (r *Reader) guess() (map[string]*guess, error) {
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
				g = newGuess()
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
func sniffDelimiter(ctx context.Context, ds plan.Dataset, opt Options) (string, error) {
	src, err := resolve(ctx, ds.Source, opt.withDefaults())
	if err != nil {
		return "", err
	}
	d, err := newDialect(ds.CSV)
	if err != nil {
		return "", errors.Join(err, src.close())
	}
	line, err := firstLine(ctx, src.files[0], d)
	if err = errors.Join(err, src.close()); err != nil {
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

func firstLine(ctx context.Context, f file, d dialect) ([]byte, error) {
	c, err := openText(ctx, f)
	if err != nil {
		return nil, err
	}
	s := &splitter{in: c, comma: d.comma, free: make(buffers, 1)}
	for {
		line, err := s.next(1)
		if errors.Is(err, io.EOF) {
			err = nil // blank lines only; the header's reader says so
		}
		if err != nil || len(bytes.Trim(line, "\r\n")) > 0 || line == nil {
			if err = errors.Join(err, c.Close()); err != nil {
				return nil, fmt.Errorf("%s: %w", f.path, err)
			}
			return line, nil
		}
	}
}
