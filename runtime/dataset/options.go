package dataset

import (
	"context"
	"fmt"
	"runtime"
	"strings"

	"gocloud.dev/blob"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset/origin"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// The bounds on what a hostile file can make a reader hold.
const (
	// MaxFieldBytes bounds one field; a longer one is a problem of its row.
	MaxFieldBytes = 1 << 20
	// MaxRecordBytes bounds one record; a longer one ends the reading.
	MaxRecordBytes = 16 << 20
	// MaxColumns bounds a header.
	MaxColumns = 10_000

	// DefaultBatchRows is Options.BatchRows where it is zero.
	DefaultBatchRows = 16_384
	// chunkBytes is about how much text one frame is made of, so that memory
	// follows bytes and not rows. It is a constant because frame boundaries
	// must depend on the file alone.
	chunkBytes = 1 << 20
)

// Options say where relative sources lie and how much is done at once. The
// zero value reads relative to the working directory on every core.
//
// Memory is bounded by about 2*(Workers+2) frames and as many chunks of text, of
// 1 MiB or of one longer record, whatever the size of the dataset.
type Options struct {
	// Dir is the folder that relative sources are relative to, or a blob URL such
	// as s3://bucket/prefix?region=eu-west-1 in place of one.
	Dir string
	// Part is what is read of a dataset of several files.
	Part Part
	// Seed decides which rows a dataset's sample has.
	Seed uint64
	// BatchRows is the most rows that a frame has (DefaultBatchRows where
	// zero). A frame of a CSV file ends sooner, after about 1 MiB of text.
	BatchRows int
	// Workers is how many goroutines parse (GOMAXPROCS where zero). Frames are
	// the same for every number.
	Workers int
	// OpenBucket opens the bucket of a blob URL (store.OpenBucket where nil).
	// The reader closes what it returns.
	OpenBucket func(ctx context.Context, url string) (*blob.Bucket, error)
}

// withDefaults fills in what is zero. It is applied once, by the function that
// is called from outside.
func (o Options) withDefaults() Options {
	if o.BatchRows <= 0 {
		o.BatchRows = DefaultBatchRows
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.OpenBucket == nil {
		o.OpenBucket = store.OpenBucket
	}
	return o
}

// where is what finding the files of a source needs of the options, which have
// their defaults.
func (o Options) where() origin.Where { return origin.Where{Dir: o.Dir, OpenBucket: o.OpenBucket} }

// dialect is a checked plan.CSVOptions.
type dialect struct {
	comma byte
}

// newDialect checks the options.
//
// Letters, digits, quotes and what numbers are written with cannot part fields:
// a number would then be two fields.
func newDialect(o plan.CSVOptions) (dialect, error) {
	d := dialect{comma: ','}
	if o.Delimiter != "" {
		d.comma = o.Delimiter[0]
		if len(o.Delimiter) != 1 || d.comma >= 0x80 || d.comma < '\t' ||
			strings.Contains("\"\r\n.-+", o.Delimiter) || alphanumeric(d.comma) {
			return d, fmt.Errorf("csv.delimiter %q: want one ASCII character such as \",\", \";\", \"|\" or a tab",
				o.Delimiter)
		}
	}
	return d, nil
}

func alphanumeric(c byte) bool {
	return c-'0' <= 9 || (c|0x20)-'a' <= 'z'-'a'
}
