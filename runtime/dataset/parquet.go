package dataset

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset/literal"
	"github.com/ashlar-dev/ashlar/runtime/dataset/origin"
)

// maxCells bounds a batch of a wide Parquet table.
const maxCells = 4 << 20

// parquetReader reads Parquet files batch by batch; a batch does not cross a
// row group. It decodes in the caller's goroutine: Parquet is binary already,
// and what it saves is worth more than what a second core would.
type parquetReader struct {
	opt      Options
	declared map[string]plan.Column
	source   *origin.Source
	targets  []target
	parser   *parser
	head     []string
	frames   chan *Frame

	current *openParquet
	at      int // index of the current file
}

// openParquet is a file whose footer has been read.
type openParquet struct {
	file    origin.File
	at      origin.ReaderAtCloser
	header  []string
	layout  *layout
	columns []*parquet.Column // by header field
	groups  []parquet.RowGroup
	meta    *format.FileMetaData
	group   int      // index of the next row group
	cursors []cursor // of the current row group, by target
	left    int64    // rows left in the current row group
	started bool
}

// newParquetReader opens the first file, from which the columns follow, and
// starts no goroutine. On an error nothing is left open but the source, which
// the caller closes.
func newParquetReader(ctx context.Context, ds plan.Dataset, src *origin.Source, opt Options) (*parquetReader, error) {
	r := &parquetReader{opt: opt, declared: ds.Columns, source: src, frames: make(chan *Frame, 4)}
	first, err := openParquetFile(ctx, src.Files[0])
	if err != nil {
		return nil, err
	}
	r.current, r.head = first, first.header
	r.targets = newTargets(r.head, ds, src.Many)
	r.parser = newParser(dialect{}, r.targets) // which sees values, no text
	r.layOut(first)
	return r, nil
}

// openParquetFile reads a file's footer. The library panics on some damaged
// files; that becomes an error.
//
// The footer is checked before the library reads it, since the library
// allocates by the lengths in it. Bloom filters and page indexes are skipped:
// whole columns are read.
func openParquetFile(ctx context.Context, f origin.File) (o *openParquet, err error) {
	if f.Size == 0 {
		return nil, fmt.Errorf("%s: the file is empty: export the table again", f.Path)
	}
	at, err := f.OpenAt(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Path, err)
	}
	defer func() {
		err = damaged(recover(), err)
		if err != nil {
			o, err = nil, fmt.Errorf("%s: %w", f.Path, errors.Join(err, at.Close()))
		}
	}()
	if err := checkFooter(at, f.Size); err != nil {
		return nil, fmt.Errorf("damaged Parquet file: %w", err)
	}
	p, err := parquet.OpenFile(at, f.Size, parquet.SkipBloomFilters(true), parquet.SkipPageIndex(true))
	if err != nil {
		return nil, fmt.Errorf("not a whole Parquet file: %w", err)
	}
	o = &openParquet{file: f, at: at, groups: p.RowGroups(), meta: p.Metadata()}
	if o.columns = p.Root().Columns(); len(o.columns) > MaxColumns {
		return nil, fmt.Errorf("over %d columns", MaxColumns)
	}
	for _, c := range o.columns {
		o.header = append(o.header, c.Name())
	}
	return o, nil
}

// damaged turns a panic into an error.
func damaged(panicked any, err error) error {
	if panicked != nil {
		return fmt.Errorf("damaged Parquet file: %v", panicked)
	}
	return err
}

// layOut finds the targets in a file and reports those that are no flat column.
func (r *parquetReader) layOut(o *openParquet) {
	o.layout = newLayout(o.file.Path, o.header, r.targets, r.declared)
	o.layout.name = o.file.Name
	for i, at := range o.layout.fields {
		c := o.columns[i]
		if at < 0 || flat(c) {
			continue
		}
		o.layout.fields[i] = -1
		o.layout.absent = append(o.layout.absent, at)
		o.layout.header.add(Problem{Kind: WrongType, Column: c.Name(), File: o.file.Path,
			Value: literal.Shown([]byte(c.String())),
			Want:  "a flat column", Hint: "lists, maps and groups are not read; write their parts as columns of their own"})
	}
}

func (r *parquetReader) header() []string { return r.head }

// next returns the next batch, opening one file after another. The library may
// panic on damaged pages as it does on footers.
func (r *parquetReader) next(ctx context.Context) (b *batch, err error) {
	defer func() {
		if err = damaged(recover(), err); err != nil && !errors.Is(err, io.EOF) && r.current != nil {
			b, err = nil, fmt.Errorf("%s: %w", r.current.file.Path, err)
		}
	}()
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if r.current == nil {
			if r.at++; r.at >= len(r.source.Files) {
				return nil, io.EOF
			}
			o, err := openParquetFile(ctx, r.source.Files[r.at])
			if err != nil {
				return nil, err
			}
			r.current = o
			r.layOut(o)
		}
		b, err := r.read(r.current)
		if !errors.Is(err, io.EOF) {
			return b, err
		}
		err = r.current.close()
		r.current = nil
		if err != nil {
			return nil, err
		}
	}
}

// read returns the next batch of a file: the first is empty where the file is.
//
// A batch fills one column after another, so p.row and p.records are set by
// fill for each value. The rows of a batch are bounded by cells too, since a
// table of 10,000 columns would otherwise take gigabytes.
func (r *parquetReader) read(o *openParquet) (*batch, error) {
	for o.left == 0 && len(o.groups) > 0 {
		if err := o.enter(o.groups[0]); err != nil {
			return nil, err
		}
		o.groups = o.groups[1:]
		o.group++
	}
	if o.left == 0 && o.started {
		return nil, io.EOF
	}
	rows := int(min(o.left, int64(r.opt.BatchRows), int64(max(maxCells/max(len(r.targets), 1), 64))))
	f := &Frame{}
	select {
	case f = <-r.frames:
	default:
	}
	p := r.parser
	p.row, p.records, p.text, p.found = 0, 0, nil, problems{}
	p.bind(o.layout, f, rows)
	for i := range o.cursors {
		if err := r.fill(&o.cursors[i], rows); err != nil {
			return nil, err
		}
	}
	for i := range f.Columns {
		if r.targets[i].coded() {
			f.Columns[i].Dict = p.words[i].texts
		}
	}
	f.Rows = rows
	b := &batch{frame: f, layout: o.layout, first: !o.started, records: int64(rows), found: p.found}
	o.left -= int64(rows)
	o.started = true
	return b, nil
}

// enter begins a row group. Where none of its columns is wanted, one is read all
// the same: the number of rows that a footer claims is proven by values only.
func (o *openParquet) enter(g parquet.RowGroup) (err error) {
	o.left = g.NumRows()
	_ = o.closeCursors() // they are read to their ends
	chunks := g.ColumnChunks()
	read := func(target int, c *parquet.Column) {
		err = errors.Join(err, o.bounded(c))
		o.cursors = append(o.cursors, cursor{target: target, meaning: meaningOf(c.Type()),
			pages: chunks[c.Index()].Pages()})
	}
	for i, at := range o.layout.fields {
		if at >= 0 {
			read(at, o.columns[i])
		}
	}
	if len(o.cursors) > 0 {
		return err
	}
	if any := slices.IndexFunc(o.columns, flat); any >= 0 {
		read(-1, o.columns[any])
	} else {
		o.left = 0
	}
	return err
}

// bounded checks the lengths in the headers of a column's pages in the row
// group, so that none is allocated by before it is known to be true.
func (o *openParquet) bounded(c *parquet.Column) error {
	m := o.meta.RowGroups[o.group].Columns[c.Index()].MetaData
	p := boundedPages{in: o.at, next: m.DataPageOffset}
	if at := m.DictionaryPageOffset; at > 0 && at < p.next {
		p.next = at
	}
	if p.next < 0 || m.TotalCompressedSize < 0 || m.TotalCompressedSize > o.file.Size-p.next {
		return fmt.Errorf("damaged Parquet file: column %q: %w", c.Name(), errTooMuch)
	}
	p.end = p.next + m.TotalCompressedSize
	if err := p.check(); err != nil {
		return fmt.Errorf("damaged Parquet file: column %q: %w", c.Name(), err)
	}
	return nil
}

// flat reports whether a column holds one value a row.
func flat(c *parquet.Column) bool { return c.Leaf() && !c.Repeated() && c.MaxRepetitionLevel() == 0 }

func (o *openParquet) closeCursors() error {
	var errs []error
	for i := range o.cursors {
		errs = append(errs, o.cursors[i].close())
	}
	o.cursors = o.cursors[:0]
	return errors.Join(errs...)
}

func (o *openParquet) close() error { return errors.Join(o.closeCursors(), o.at.Close()) }

func (r *parquetReader) recycle(f *Frame) {
	select {
	case r.frames <- f:
	default:
	}
}

func (r *parquetReader) close() error {
	var err error
	if r.current != nil {
		err = r.current.close()
		r.current = nil
	}
	return errors.Join(err, r.source.Close())
}
