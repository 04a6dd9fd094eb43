// Package validate judges a dataset by the expectations that its blueprint
// states, in one pass over rows that need not fit into memory.
//
// Names and meanings are those of Great Expectations 1.2, because that is what
// people have written down already. A verdict is never an estimate: what needs
// every value of a column (uniqueness, distinct counts, medians, quantiles) goes
// to disk where it outgrows its share of memory. And a verdict is never only
// true or false: the report counts, gives percentages and shows rows to look at.
// Integers keep their digits where they are compared and counted; a median, a
// quantile, a mean or a sum of integers beyond 2^53 is that of their float64.
//
// Every measure can be merged, so rows are spread over workers, and the report
// is the same whatever their number.
package validate

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/validate/spill"
)

// DefaultMemoryBytes is Options.MemoryBytes where it is zero.
const DefaultMemoryBytes = 64 << 20

// Options say where validation may spill and how much it does at once. The zero
// value is usable.
type Options struct {
	// Dataset is the dataset's name, for the report.
	Dataset string
	// TempDir is where values that outgrow memory go (the system's folder for
	// temporary files where empty). Spill files are unlinked as they are opened.
	TempDir string
	// MemoryBytes is shared by everything that can spill (DefaultMemoryBytes
	// where zero).
	MemoryBytes int
	// Workers is how many goroutines look at rows (GOMAXPROCS where zero). The
	// report is the same for every number.
	Workers int
	// Profile adds a profile of every column.
	Profile bool
}

// withDefaults fills in what is zero. The number of workers changes how memory
// is divided, and so when something is spilled, but not the report.
func (o Options) withDefaults() Options {
	if o.MemoryBytes <= 0 {
		o.MemoryBytes = DefaultMemoryBytes
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	return o
}

// prepared is what is asked of the dataset, the profile where it is asked for.
func (o Options) prepared(ds plan.Dataset) (*prepared, error) {
	p, err := prepare(ds)
	if err == nil && o.Profile {
		p.profile()
	}
	return p, err
}

// Check returns what is wrong with the dataset's expectations themselves:
// unknown names and columns, and arguments that are missing, unknown or of the
// wrong kind, as joined MistakeErrors. Nothing is read.
func Check(ds plan.Dataset) error {
	_, err := prepare(ds)
	return err
}

// Run reads all that is left of the reader, which must be of ds, and judges it.
// An error means that there is no verdict: a mistake in an expectation (see
// Check), unreadable data, a full disk or a cancelled context. Data that are not
// as expected are no error; the report says so. The caller closes the reader.
//
// The memory is divided by the workers and by the measures that may spill,
// since each of them has a tally of its own.
func Run(ctx context.Context, reader *dataset.Reader, ds plan.Dataset, opt Options) (report *Report, err error) {
	opt = opt.withDefaults()
	p, err := opt.prepared(ds)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	room := spill.NewRoom(ctx, opt.TempDir, opt.MemoryBytes/(opt.Workers*max(1, p.spilling)))
	defer func() { err = errors.Join(err, room.Close()) }()
	s, err := p.pass(ctx, reader, opt.Workers, room)
	if err != nil {
		return nil, fmt.Errorf("validate: %w", err)
	}
	report, err = p.judge(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("validate: %w", err)
	}
	report.Dataset, report.SourceRows = opt.Dataset, reader.SourceRows()
	report.Schema, report.Notices = schemaOf(ds, reader)
	report.finish()
	return report, nil
}
