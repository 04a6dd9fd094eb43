package validate

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/validate/spill"
)

// partFormat is the version of a part's file.
const partFormat = 1

// maxState bounds one state that is not counted values, which come one by one.
const maxState = 64 << 20

// partHeader is what a part says of itself before its measures.
type partHeader struct {
	Format  int                  `json:"format"`
	Asked   string               `json:"asked"` // digest of what is asked of the dataset
	Part    dataset.Part         `json:"part"`
	Rows    int64                `json:"rows"`
	Source  int64                `json:"source_rows,omitempty"` // as in Report
	Header  []string             `json:"header"`
	Columns []string             `json:"columns"`
	Schema  *dataset.SchemaError `json:"schema,omitempty"`
	Notices []dataset.Problem    `json:"notices,omitempty"`
}

// RunPart reads what is left of the reader, which must be of that part of ds,
// and writes what Merge makes a report of together with the other parts. The
// same rows give the same bytes. Like the data, a part may be personal: it holds
// values of the columns whose uniqueness or quantiles are asked for.
//
// The format is gzip of the header and then each measure's state, in the order
// in which the expectations asked for them. Nothing in it depends on the number
// of workers.
func RunPart(ctx context.Context, reader *dataset.Reader, ds plan.Dataset, part dataset.Part, opt Options,
	w io.Writer) (err error) {
	opt = opt.withDefaults()
	p, err := opt.prepared(ds)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	room := spill.NewRoom(ctx, opt.TempDir, opt.MemoryBytes/(opt.Workers*max(1, p.spilling)))
	defer func() { err = errors.Join(err, room.Close()) }()
	s, err := p.pass(ctx, reader, opt.Workers, room)
	if err != nil {
		return fmt.Errorf("validate part %d: %w", part.Index, err)
	}
	h := partHeader{Format: partFormat, Part: part, Rows: s.rows, Source: reader.SourceRows(), Header: s.header,
		Columns: s.columns}
	h.Schema, h.Notices = schemaOf(ds, reader)
	if h.Asked, err = asked(ds, opt); err != nil {
		return err
	}
	z, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
	if err != nil {
		return err
	}
	out := &partWriter{ctx: ctx, w: bufio.NewWriter(z)}
	err = out.state(h)
	for i := 0; i < len(s.measures) && err == nil; i++ {
		err = s.measures[i].save(out)
	}
	// cmp.Or evaluates all three: the gzip stream is closed even after an
	// error, and its end is what proves the part whole.
	if err = cmp.Or(err, out.w.Flush(), z.Close()); err != nil {
		return fmt.Errorf("write part %d: %w", part.Index, err)
	}
	return nil
}

// asked is the digest of everything that decides what is measured and how.
//
// The source's name is left out, as parts may be read from another place than
// the whole.
func asked(ds plan.Dataset, opt Options) (string, error) {
	all := map[string]any{"columns": ds.Columns, "csv": ds.CSV, "expect": ds.Expect, "profile": opt.Profile}
	if ds.Sampled() {
		all["sample"] = ds.Sample
	}
	text, err := plan.Canonical(all)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("sha256:%x", sha256.Sum256(text)), nil
}

// partWriter writes states one after the other.
type partWriter struct {
	ctx context.Context //nolint:containedctx // a writer is one operation
	w   *bufio.Writer
}

// state writes a value as JSON, its length before it.
func (p *partWriter) state(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = p.w.Write(binary.AppendUvarint(nil, uint64(len(text))))
	if err == nil {
		_, err = p.w.Write(text)
	}
	return err
}

// partReader reads states in the order in which they were written.
type partReader struct {
	r     *bufio.Reader
	rows  int64 // of the part
	shift int64 // rows of the parts before
}

// state reads a value into v. The length bounds what is read, Weigh what its
// JSON may take in memory, and unknown fields and trailing text are errors: a
// part comes from a store and is not trusted.
func (p *partReader) state(v any) error {
	n, err := binary.ReadUvarint(p.r)
	if err != nil {
		return cutShort(err)
	}
	if n > maxState {
		return fmt.Errorf("a state of %d bytes: at most %d are read", n, maxState)
	}
	text, err := io.ReadAll(io.LimitReader(p.r, int64(n)))
	if err == nil && len(text) < int(n) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return cutShort(err)
	}
	if err := plan.Weigh(text, v); err != nil {
		return fmt.Errorf("a state: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return cutShort(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("a state is followed by something else")
	}
	return nil
}

// cutShort makes an early end of the input an error of its own.
func cutShort(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// moved are examples of a part as rows of the whole.
//
// The list is changed in place and returned.
func (p *partReader) moved(list []Example) ([]Example, error) {
	if len(list) > MaxExamples {
		return nil, errors.New("too many examples")
	}
	for i := range list {
		if list[i].Row < 1 || list[i].Row > p.rows {
			return nil, fmt.Errorf("an example in row %d of %d", list[i].Row, p.rows)
		}
		list[i].Row += p.shift
	}
	return list, nil
}

// counts errs where a count is negative or beyond the part's rows.
func (p *partReader) counts(list ...int64) error {
	for _, n := range list {
		if n < 0 || n > p.rows {
			return fmt.Errorf("a count of %d in %d rows", n, p.rows)
		}
	}
	return nil
}
