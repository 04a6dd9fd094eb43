package dataset

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/blueprints/plan/nearest"
	"github.com/ashlar-dev/ashlar/runtime/dataset/literal"
)

// target is a column that frames have.
type target struct {
	name  string
	plan  plan.Column
	nulls Nulls
}

// coded reports whether the column is dictionary-coded.
func (t *target) coded() bool { return t.plan.Type == plan.Category || t.plan.Type == plan.Text }

// layout is where one file keeps the columns of the frames.
type layout struct {
	file string
	name string // of the file within its source
	// fields holds a column's index among the targets, or -1 for a field that
	// nobody declared, one a header field.
	fields []int
	// absent are the targets that the file lacks.
	absent []int
	// header are the problems of the header, notices what is only worth saying.
	header, notices problems
}

// newTargets returns the declared columns in the order of the header. Where
// more files follow, which may have what the first lacks, the absent ones
// follow in the order of their names.
func newTargets(header []string, ds plan.Dataset, more bool) []target {
	var out []target
	seen := map[string]bool{}
	add := func(name string) {
		if c, ok := ds.Columns[name]; ok && !seen[name] {
			seen[name] = true
			out = append(out, target{name, c, NewNulls(ds.NullTexts(name), c.Type)})
		}
	}
	for _, name := range header {
		add(name)
	}
	if more {
		for _, name := range slices.Sorted(maps.Keys(ds.Columns)) {
			add(name)
		}
	}
	return out
}

// newLayout finds the targets in a file's header and checks the header against
// the declaration.
//
// Of two header fields of one name the first counts and the other is left out,
// an error only where the column is declared. A declared column that is missing
// is a problem of each file that lacks it.
func newLayout(f string, header []string, targets []target, declared map[string]plan.Column) *layout {
	l := &layout{file: f, fields: make([]int, len(header))}
	where := map[string]int{}
	for i, t := range targets {
		where[t.name] = i
	}
	seen := map[string]bool{}
	for i, name := range header {
		l.fields[i] = -1
		at, ok := where[name]
		switch {
		case seen[name] && !ok:
			l.notices.add(Problem{Kind: DuplicateColumn, Column: name, File: f, Line: 1,
				Want: "a column name once", Hint: "it is left out"})
		case seen[name]:
			l.header.add(Problem{Kind: DuplicateColumn, Column: name, File: f, Line: 1, Want: "a column name once",
				Hint: fmt.Sprintf("field %d is left out; rename it", i+1)})
		case ok:
			l.fields[i] = at
		default:
			l.notices.add(Problem{Kind: ExtraColumn, Column: name, File: f, Line: 1,
				Want: "a declared column", Hint: "it is left out"})
		}
		seen[name] = true
	}
	for i, t := range targets {
		if !seen[t.name] {
			l.absent = append(l.absent, i)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(declared)) {
		if !seen[name] && !declared[name].Optional {
			l.header.add(Problem{Kind: MissingColumn, Column: name, File: f, Line: 1, Want: "a column in the header",
				Value: headerText(header), Hint: missingHint(name, header, declared)})
		}
	}
	return l
}

func headerText(header []string) string { return literal.Shown([]byte(strings.Join(header, ", "))) }

// missingHint guesses why a column is not in the header.
//
// The guesses go from the surest to the vaguest: another delimiter, a name that
// was mistyped, a file without a header.
func missingHint(name string, header []string, declared map[string]plan.Column) string {
	if len(header) == 1 {
		for _, c := range []string{";", "\t", "|", ","} {
			if strings.Contains(header[0], c) {
				return fmt.Sprintf("the header is one field; set csv.delimiter to %q", c)
			}
		}
	}
	var free []string
	numbers := 0
	for _, h := range header {
		if _, ok := literal.ParseNumber([]byte(h)); ok {
			numbers++
		}
		if _, ok := declared[h]; !ok {
			free = append(free, h)
		}
	}
	if hint := nearest.Hint(name, free); hint != "" {
		return hint
	}
	if numbers > 0 && len(free) == len(header) {
		return "the first line contains values; is the header missing?"
	}
	return "declare the column optional if it may be absent"
}
