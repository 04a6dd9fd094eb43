package validate

import (
	"context"
	"fmt"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/validate/spill"
)

// distinctInSet: every value is of the set; a null set is kept by any values.
func distinctInSet(rq *request) verdict { return rq.distinctSet(true, false) }

// distinctContainSet: every value of the set is found.
func distinctContainSet(rq *request) verdict { return rq.distinctSet(false, true) }

// distinctEqualSet: both.
func distinctEqualSet(rq *request) verdict { return rq.distinctSet(true, true) }

// within asks that no other values are found, and all that every value of the
// set is. The measure's memory is that of the set and of a few examples,
// however many values the column has.
func (rq *request) distinctSet(within, all bool) verdict {
	c := rq.column()
	set := rq.valueSet(c)
	if set == nil {
		set = &valueSet{}
		within = false
	}
	h := ask(rq.prepared, "", func(*spill.Room) *members {
		return &members{column: rq.finder(c.name), set: set, found: make([]bool, len(set.names)),
			outside: map[string]Example{}}
	})
	return func(_ context.Context, s *seen, r *Result) error {
		m := h.of(s)
		r.MissingCount = m.missing
		var missing []string
		for i, name := range set.names {
			if !m.found[i] {
				missing = append(missing, cut(name))
			}
		}
		if within {
			r.UnexpectedCount, r.Examples = m.wrong, m.examples()
		}
		r.Success = (!within || m.wrong == 0) && (!all || len(missing) == 0)
		if all {
			r.Reason = lists("not found", missing)
			r.Observed = fmt.Sprintf("%d of %d values found", len(set.names)-len(missing), len(set.names))
		}
		if all && within {
			r.Observed += ", " + plan.Counted(m.wrong, "row") + " with others"
		}
		return nil
	}
}

// members notes which values of a set are found, and which others.
type members struct {
	column  *finder
	set     *valueSet
	found   []bool
	missing int64
	wrong   int64              // rows with a value outside the set
	outside map[string]Example // the first such values, by where they are first
}

// see looks a text of the dictionary up once a frame, and a number once a row.
func (m *members) see(f *dataset.Frame) error {
	c := m.column.in(f)
	index := m.indexOf(c)
	for row := range f.Rows {
		if c.Missing(row) {
			m.missing++
			continue
		}
		if at := index(row); at >= 0 {
			m.found[at] = true
			continue
		}
		m.wrong++
		m.note(c, f.Offset, row)
	}
	return nil
}

// indexOf returns a function from a row to its value's index in the set, or -1.
func (m *members) indexOf(c *dataset.Column) func(row int) int {
	if !c.Coded() {
		return func(row int) int { return m.set.find(c, row) }
	}
	byCode := make([]int, len(c.Dict))
	for code, s := range c.Dict {
		byCode[code] = find(m.set.texts, s)
	}
	return func(row int) int { return byCode[c.Codes[row]] }
}

func find[K comparable](index map[K]int, v K) int {
	if at, ok := index[v]; ok {
		return at
	}
	return -1
}

// note keeps a value outside the set. A worker sees rows in order, so the first
// ones that it meets are the first that it has.
func (m *members) note(c *dataset.Column, offset int64, row int) {
	if len(m.outside) >= MaxExamples {
		return
	}
	text := valueText(c, row)
	if _, had := m.outside[text]; !had {
		m.outside[text] = Example{Row: offset + int64(row) + 1, Value: m.column.shown(text)}
	}
}

// A value keeps the smaller of its first rows. The map may have more than
// MaxExamples values after it; examples takes the first of them. That none of
// the overall first is lost follows from each worker keeping its own first
// ones.
func (m *members) merge(other measure) {
	o, _ := other.(*members)
	m.missing += o.missing
	m.wrong += o.wrong
	for i, found := range o.found {
		m.found[i] = m.found[i] || found
	}
	for text, e := range o.outside {
		if mine, ok := m.outside[text]; !ok || e.Row < mine.Row {
			m.outside[text] = e
		}
	}
}

// examples returns the first rows of the values that come first.
func (m *members) examples() []Example {
	var all []Example
	for _, e := range m.outside {
		all = append(all, e)
	}
	return firstExamples(all, nil)
}
