package dataset

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"sync"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset/origin"
)

// table reads the batches of one file format, in order.
type table interface {
	header() []string
	next(ctx context.Context) (*batch, error) // io.EOF at the end
	recycle(f *Frame)
	close() error
}

// Reader reads a dataset frame by frame. Its methods may be called from several
// goroutines at once.
type Reader struct {
	ctx   context.Context //nolint:containedctx // a reader is one operation, ended by Close
	name  string
	part  bool // of a larger dataset
	table table

	mu       sync.Mutex
	sample   *sampler // nil: all rows are read
	rows     int64
	read     int64 // rows before the sample was taken
	records  int64
	row      int64 // records of the current file before the next batch
	line     int64
	found    problems
	notices  problems
	lastFile string
	err      error // what Next goes on returning
	closed   bool
}

// Open finds the dataset's files, reads the first header and begins to read
// ahead. The error says what is wrong with the source as a whole (missing,
// empty, a folder, not a table); what is wrong with its contents is for
// Problems. ctx ends all reading when it is done.
//
// The reader must be closed. src.Many stays that of the whole dataset when a part
// is taken: whether a column may be absent depends on the dataset, or two parts
// would give frames of different columns.
func Open(ctx context.Context, ds plan.Dataset, opt Options) (*Reader, error) {
	opt = opt.withDefaults()
	src, err := origin.Resolve(ctx, ds.Source, opt.where())
	if err != nil {
		return nil, err
	}
	r := &Reader{ctx: ctx, name: ds.Source, part: !opt.Part.Whole(), sample: newSampler(ds, opt.Seed)}
	if src.Files, err = opt.Part.of(src.Files); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", ds.Source, err), src.Close())
	}
	ds.Format = formatOf(ds)
	switch ds.Format {
	case "csv":
		r.table, err = newCSVReader(ctx, ds, src, opt)
	case "parquet":
		r.table, err = newParquetReader(ctx, ds, src, opt)
	default:
		err = fmt.Errorf("%s: format %q: want csv or parquet", ds.Source, ds.Format)
	}
	if err != nil {
		return nil, errors.Join(err, src.Close())
	}
	return r, nil
}

// formatOf returns the declared format, or the one that the source's name tells.
func formatOf(ds plan.Dataset) string {
	if ds.Format != "" {
		return ds.Format
	}
	name, _, _ := strings.Cut(strings.ToLower(ds.Source), "?")
	if ext := path.Ext(name); ext == ".parquet" || ext == ".pq" {
		return "parquet"
	}
	return "csv"
}

// Header returns all column names of the first file, undeclared ones included.
func (r *Reader) Header() []string { return r.table.header() }

// Next returns the next frame, which is the caller's, or io.EOF. Frames come in
// row order and their boundaries depend on the files and BatchRows alone. They
// hold the declared columns in the order of the first header; columns that the
// only file lacks are not there, those that one of many lacks are missing in
// its rows. A dictionary may hold texts that no row of the frame uses.
//
// A row that is not a record of the header's length is skipped; a cell that is
// not a value of its column's type is missing; a category outside the declared
// values is kept. Problems tells of all these, also in rows that the dataset's sample
// leaves out. A table or a sample without any row is an error here.
//
// It holds the lock while it waits, so frames are handed out in order; a second
// caller waits for the first. After an error all calls return that error.
func (r *Reader) Next() (*Frame, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.err == nil {
		b, err := r.table.next(r.ctx)
		if err != nil {
			r.err = r.ended(err)
			break
		}
		r.account(b)
		r.read += int64(b.frame.Rows)
		f := b.frame
		if r.sample != nil {
			f = r.sample.chosen(b.frame)
			r.table.recycle(b.frame)
		}
		if f.Rows > 0 {
			f.Offset = r.rows
			r.rows += int64(f.Rows)
			return f, nil
		}
		r.table.recycle(f)
	}
	return nil, r.err
}

// account adds up what a batch says of itself.
//
// Rows and lines in a batch's problems count from its own beginning; what came
// before in the same file is added here, where the order is known.
func (r *Reader) account(b *batch) {
	if b.first {
		if r.sample != nil {
			r.sample.enter(b.layout.name)
		}
		r.row, r.line = 0, b.line
		r.found.merge(&b.layout.header, b.layout.file, 0, 0)
		r.notices.merge(&b.layout.notices, b.layout.file, 0, 0)
	}
	r.found.merge(&b.found, b.layout.file, r.row, r.line)
	r.row += b.records
	r.line += b.lines
	r.records += b.records
	r.lastFile = b.layout.file
}

// ended turns the end of a table without rows into an error.
func (r *Reader) ended(err error) error {
	if errors.Is(err, io.EOF) && r.read > 0 && r.rows == 0 && !r.part {
		return EmptySample(r.name, r.sample.share, r.read)
	}
	if errors.Is(err, io.EOF) && r.records == 0 && !r.part {
		return fmt.Errorf("%s: no rows after the header: export the table again, or point source at the right file",
			r.lastFile)
	}
	return err
}

// EmptySample is the error of a sample that holds none of the rows.
func EmptySample(source string, share float64, rows int64) error {
	return fmt.Errorf("%s: a sample of %g holds none of %s: raise sample", source, share, plan.Counted(rows, "row"))
}

// SourceRows returns how many rows the frames that Next has returned were chosen from;
// 0 where the dataset has no sample.
func (r *Reader) SourceRows() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sample == nil {
		return 0
	}
	return r.read
}

// Recycle takes back a frame that nobody will use again, its columns' slices
// included. Dictionaries' texts are not reused. It spares allocation; calling it is optional.
func (r *Reader) Recycle(f *Frame) { r.table.recycle(f) }

// Problems returns what differs from the declaration in all that Next has
// returned so far, or nil. After io.EOF that is the whole dataset.
func (r *Reader) Problems() *SchemaError {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.found.schemaError(r.name, r.read)
}

// Notices returns what is worth saying and no problem: undeclared columns.
func (r *Reader) Notices() []Problem {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Problem(nil), r.notices.list...)
}

// Close ends the reading and waits for its goroutines. Next returns an error
// afterwards. Closing twice is no error.
func (r *Reader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil
	}
	r.closed = true
	if r.err == nil {
		r.err = errors.New("the dataset's reader is closed")
	}
	return r.table.close()
}
