package dataset

import (
	"cmp"
	"slices"
)

// Kind says what sort of problem a problem is.
type Kind string

// The kinds. Extra is a notice: a column that nobody declared is left out. The
// kinds from Ragged to NoQuote cost the whole row, which is skipped; those of a
// cell leave the cell missing, except Category, which keeps the text.
const (
	MissingColumn   Kind = "missing_column"   // declared, not optional and not in the header
	ExtraColumn     Kind = "extra_column"     // in the header and not declared
	DuplicateColumn Kind = "duplicate_column" // twice in the header; the first counts
	WrongType       Kind = "type"             // not a value of the declared type
	NullValue       Kind = "null"             // missing where the column is not nullable
	UnknownCategory Kind = "category"         // outside the declared values, all of which must be among them
	Encoding        Kind = "encoding"         // not UTF-8
	NULByte         Kind = "nul"              // a zero byte inside a text
	TooLong         Kind = "too_long"         // over MaxFieldBytes
	Ragged          Kind = "ragged"           // more or fewer fields than the header
	Quote           Kind = "quote"            // a quote without its partner, or text after it
)

// MaxExamples is how many problems of one kind and column are kept. Every one
// is counted.
const MaxExamples = 20

// Problem is one thing that differs from what the dataset declares.
type Problem struct {
	Kind   Kind   `json:"kind"`
	Column string `json:"column,omitempty"` // empty for a problem of the whole row
	File   string `json:"file"`
	Row    int64  `json:"row,omitempty"`   // 1-based record within the file, the header not counted; 0 for the header
	Line   int64  `json:"line,omitempty"`  // 1-based line where the record begins; 0 in Parquet
	Value  string `json:"value,omitempty"` // what was found, at most 80 bytes
	Want   string `json:"want"`            // what would have been right
	Hint   string `json:"hint,omitempty"`  // the likely way out
}

// Count is how often a kind of problem befell a column.
type Count struct {
	Kind   Kind   `json:"kind"`
	Column string `json:"column,omitempty"`
	Count  int64  `json:"count"`
}

// SchemaError holds everything in which a dataset differs from its
// declaration, after all of it has been read.
type SchemaError struct {
	Source   string    `json:"source"`
	Rows     int64     `json:"rows"`    // rows kept
	Skipped  int64     `json:"skipped"` // records left out as broken
	Total    int64     `json:"total"`   // problems, examples or not
	Counts   []Count   `json:"counts"`  // sorted by column, then kind
	Problems []Problem `json:"problems"`
}

// problemKey is by what problems are counted, and by what their examples are
// limited.
type problemKey struct {
	kind   Kind
	column string
}

// problems collects examples and counts. The zero value is ready to use.
type problems struct {
	list    []Problem
	count   map[problemKey]int64
	skipped int64
}

func (p *problems) add(x Problem) {
	if p.room(x.Kind, x.Column) {
		p.list = append(p.list, x)
	}
}

// room counts one problem and reports whether it is to be kept as an example,
// so that a file of bad cells costs no text beyond the first few.
func (p *problems) room(kind Kind, column string) bool {
	if p.count == nil {
		p.count = map[problemKey]int64{}
	}
	k := problemKey{kind, column}
	p.count[k]++
	return p.count[k] <= MaxExamples
}

// merge appends the problems of a later part, whose rows and lines are counted
// from its own beginning.
//
// The list is cloned before files and rows are filled in, as it still belongs
// to the part.
func (p *problems) merge(part *problems, file string, row, line int64) {
	list := slices.Clone(part.list)
	for i := range list {
		x := &list[i]
		x.File, x.Row = file, x.Row+row
		if x.Line > 0 {
			x.Line += line
		}
	}
	p.mergeAs(part, list)
}

// mergeAs appends the counts of a later part, and of its examples, which the
// list holds as they are to be told, as many as there is room for.
//
// Counts of the part are its totals, examples or not, so room is computed from
// the counts before it.
func (p *problems) mergeAs(part *problems, list []Problem) {
	p.skipped += part.skipped
	before := make(map[problemKey]int64, len(part.count))
	for k, n := range part.count {
		if p.count == nil {
			p.count = map[problemKey]int64{}
		}
		before[k] = p.count[k]
		p.count[k] += n
	}
	for _, x := range list {
		k := problemKey{x.Kind, x.Column}
		if before[k]++; before[k] <= MaxExamples {
			p.list = append(p.list, x)
		}
	}
}

// schemaError returns everything collected, or nil.
//
// The error shares the list with the collector, which may grow after it but
// does not change what is there.
func (p *problems) schemaError(source string, rows int64) *SchemaError {
	if len(p.list) == 0 {
		return nil
	}
	e := &SchemaError{Source: source, Rows: rows, Skipped: p.skipped, Problems: p.list}
	for k, n := range p.count {
		e.Counts = append(e.Counts, Count{k.kind, k.column, n})
		e.Total += n
	}
	slices.SortFunc(e.Counts, func(a, b Count) int {
		return cmp.Or(cmp.Compare(a.Column, b.Column), cmp.Compare(a.Kind, b.Kind))
	})
	return e
}
