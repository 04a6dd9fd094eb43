package dataset

import (
	"context"
	"errors"
	"fmt"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset/origin"
)

// Part is one of several runs of a dataset's files, in their order, so that
// several processes read a dataset together. The zero value is the whole.
type Part struct {
	Index int `json:"index"` // from 0
	Of    int `json:"of"`    // how many parts there are
}

// Whole reports whether the part is all there is.
func (p Part) Whole() bool { return p.Of <= 1 }

// check returns what is wrong with the part itself.
func (p Part) check() error {
	if p == (Part{}) || p.Of >= 1 && p.Index >= 0 && p.Index < p.Of {
		return nil
	}
	return fmt.Errorf("part %d of %d: want an index from 0 to one below the number of parts", p.Index, p.Of)
}

// of returns the part's share of the files; each part has one at least.
//
// The borders are i*n/of, so that the sizes differ by one file at most and
// every file is in exactly one part.
func (p Part) of(files []origin.File) ([]origin.File, error) {
	if err := p.check(); err != nil || p.Whole() {
		return files, err
	}
	if p.Of > len(files) {
		return nil, fmt.Errorf("%d parts of %d files: a file is not divided; want at most as many parts as files", p.Of,
			len(files))
	}
	return files[p.Index*len(files)/p.Of : (p.Index+1)*len(files)/p.Of], nil
}

// Files returns how many files the dataset has now, which is as many parts as
// it can be read in.
func Files(ctx context.Context, ds plan.Dataset, opt Options) (n int, err error) {
	src, err := origin.Resolve(ctx, ds.Source, opt.withDefaults().where())
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	return len(src.Files), nil
}

// MergeSchemaErrors returns what one reader of all parts would have found; nil
// stands for a part, and the outcome, without problems. Rows are those of all
// parts, those without problems included.
//
// The parts must be in their order, since examples are kept from the first
// ones. Each part's list holds at most MaxExamples of a kind and column, so no
// example is missed that one reader would have kept.
func MergeSchemaErrors(source string, rows int64, parts ...*SchemaError) *SchemaError {
	var all problems
	for _, e := range parts {
		if e == nil {
			continue
		}
		p := problems{skipped: e.Skipped, count: map[problemKey]int64{}}
		for _, c := range e.Counts {
			p.count[problemKey{c.Kind, c.Column}] = c.Count
		}
		all.mergeAs(&p, e.Problems)
	}
	return all.schemaError(source, rows)
}

// MergeNotices returns the notices that one reader of all parts would have given.
func MergeNotices(parts ...[]Problem) []Problem {
	var all problems
	for _, list := range parts {
		p := problems{count: map[problemKey]int64{}}
		for _, x := range list {
			p.count[problemKey{x.Kind, x.Column}]++
		}
		all.mergeAs(&p, list)
	}
	return all.list
}
