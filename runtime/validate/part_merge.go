package validate

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/validate/spill"
)

// Merge makes the report of all parts, which come in their order: the same, to
// the byte, that Run makes in one pass over the whole dataset. An error means
// that there is no verdict: a part that is missing, damaged, or of another
// dataset or other expectations.
//
// Each state is added to the measures as soon as it is read, so memory does not
// grow with the number of parts.
func Merge(ctx context.Context, ds plan.Dataset, opt Options, parts ...io.Reader) (report *Report, err error) {
	opt = opt.withDefaults()
	p, err := opt.prepared(ds)
	if err != nil {
		return nil, err
	}
	m := merging{prepared: p, all: &seen{absent: map[string]bool{}}, of: len(parts)}
	if m.asked, err = asked(ds, opt); err != nil {
		return nil, err
	}
	room := spill.NewRoom(ctx, opt.TempDir, opt.MemoryBytes/max(1, p.spilling))
	defer func() { err = errors.Join(err, room.Close()) }()
	for _, maker := range p.makers {
		m.all.measures = append(m.all.measures, maker(room))
	}
	for i, r := range parts {
		if err := m.add(ctx, i, r); err != nil {
			return nil, fmt.Errorf("validate: part %d: %w", i, err)
		}
	}
	m.finish()
	schema := dataset.MergeSchemaErrors(ds.Source, max(m.all.rows, m.source), m.schemas...)
	if m.all.rows == 0 && m.source > 0 {
		return nil, fmt.Errorf("validate: %w", dataset.EmptySample(ds.Source, ds.Sample, m.source))
	}
	if m.all.rows == 0 && schema == nil {
		return nil, fmt.Errorf("validate: %s: no rows after the headers: export the table again, or point source at the right files", ds.Source)
	}
	if report, err = p.judge(ctx, m.all); err != nil {
		return nil, fmt.Errorf("validate: %w", err)
	}
	report.Dataset, report.SourceRows = opt.Dataset, m.source
	report.Schema, report.Notices = schema, dataset.MergeNotices(m.notices...)
	report.finish()
	return report, nil
}

// merging is what the parts so far add up to.
type merging struct {
	*prepared
	all     *seen
	asked   string
	of      int
	source  int64 // rows before a sample was taken; 0: there is none
	schemas []*dataset.SchemaError
	notices [][]dataset.Problem
}

// add reads one part to its end. The measures read their states in the order of
// RunPart; asked has made sure that they are the same ones. Rows of this part
// follow those of the parts before.
func (m *merging) add(ctx context.Context, i int, r io.Reader) error {
	z, err := gzip.NewReader(r)
	if err != nil {
		return fmt.Errorf("this is not part of a validation: %w", cutShort(err))
	}
	in := &partReader{r: bufio.NewReader(z), shift: m.all.rows}
	var h partHeader
	if err := in.state(&h); err != nil {
		return err
	}
	if err := m.check(h, i); err != nil {
		return err
	}
	in.rows = h.Rows
	for _, one := range m.all.measures {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := one.load(in); err != nil {
			return err
		}
	}
	if n, err := io.Copy(io.Discard, in.r); err != nil || n > 0 { // the end proves the checksum
		return errors.Join(err, fmt.Errorf("%d bytes follow the last measure", n))
	}
	if i == 0 {
		m.all.header, m.all.columns = h.Header, h.Columns
	}
	m.all.rows += h.Rows
	m.source += h.Source
	m.schemas, m.notices = append(m.schemas, h.Schema), append(m.notices, h.Notices)
	return nil
}

// check checks a part's header against what is merged.
func (m *merging) check(h partHeader, i int) error {
	if h.Format != partFormat {
		return fmt.Errorf("format %d: this version reads %d; validate the part again", h.Format, partFormat)
	}
	if h.Asked != m.asked {
		return errors.New("it was validated by other expectations or columns; validate the part again")
	}
	if h.Part.Index != i || max(h.Part.Of, 1) != m.of {
		return fmt.Errorf("it is part %d of %d, where part %d of %d is wanted", h.Part.Index,
			max(h.Part.Of, 1), i, m.of)
	}
	if !slices.Equal(m.declared(h.Columns), h.Columns) {
		return fmt.Errorf("its columns %q are not the dataset's", h.Columns)
	}
	if h.Rows < 0 || h.Rows > math.MaxInt64-m.all.rows {
		return fmt.Errorf("%d rows", h.Rows)
	}
	if h.Source < 0 || h.Source > math.MaxInt64-m.source || m.dataset.Sampled() && h.Source < h.Rows ||
		!m.dataset.Sampled() && h.Source > 0 {
		return fmt.Errorf("%d rows of %d", h.Rows, h.Source)
	}
	return nil
}

// finish says which columns there are: of several files all that are declared,
// in the first one's order.
//
// That is what dataset.Open gives as the columns of a dataset of several files.
func (m *merging) finish() {
	if m.of > 1 {
		m.all.columns = m.declared(m.all.header)
		for _, name := range slices.Sorted(maps.Keys(m.dataset.Columns)) {
			if !slices.Contains(m.all.columns, name) {
				m.all.columns = append(m.all.columns, name)
			}
		}
	}
	m.absences(m.all)
}
