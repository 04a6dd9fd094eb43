package validate

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/privacy"
	"github.com/ashlar-dev/ashlar/runtime/validate/spill"
)

// measure looks at rows. Every worker has its own, which sees frames in
// increasing order but not all of them.
type measure interface {
	see(f *dataset.Frame) error
	// merge adds what other, made by the same maker, has seen. The outcome
	// must not depend on which worker saw which frame.
	merge(other measure)
	// save writes the state, and load adds to it what save wrote.
	save(w *partWriter) error
	load(r *partReader) error
}

// seen is all that a pass has found out.
type seen struct {
	rows     int64
	header   []string        // of the first file
	columns  []string        // declared ones that are in the data, in order
	absent   map[string]bool // declared, not optional and not there
	measures []measure
}

// handle is a measure that an expectation has asked for.
type handle[M measure] int

// of returns the measure once the pass is over.
func (h handle[M]) of(s *seen) M {
	m, _ := s.measures[h].(M)
	return m
}

// verdict judges one expectation after the pass, by filling in the result.
type verdict func(ctx context.Context, s *seen, r *Result) error

// prepared is everything to be measured and judged.
type prepared struct {
	dataset  plan.Dataset
	verdicts []verdict
	columns  [][]string // that each expectation is about
	makers   []func(*spill.Room) measure
	keys     map[string]int // of measures that expectations share
	spilling int            // measures that may spill
	profiler *profiler
}

// prepare reads all expectations and returns what they ask for, or all that is
// mistaken in them. The dataset it keeps has protected columns marked
// sensitive, so that every example hides their values.
func prepare(ds plan.Dataset) (*prepared, error) {
	ds.Expect = slices.Concat(ds.Expect, valuesMostly(ds))
	p := &prepared{dataset: privacy.Guarded(ds), keys: map[string]int{}}
	known := map[string]definition{}
	for _, d := range definitions() {
		known[d.name] = d
	}
	var problems []error
	for i, e := range ds.Expect {
		rq := &request{prepared: p, expectation: e}
		v, err := rq.prepare(known)
		if err != nil {
			problems = append(problems, &MistakeError{Index: i, Expectation: e, Err: err})
			continue
		}
		p.verdicts, p.columns = append(p.verdicts, v), append(p.columns, rq.columns)
	}
	return p, errors.Join(problems...)
}

// valuesMostly are the expectations that columns with values_mostly state, after
// all others in the report.
func valuesMostly(ds plan.Dataset) []plan.Expectation {
	var out []plan.Expectation
	for _, name := range slices.Sorted(maps.Keys(ds.Columns)) {
		c := ds.Columns[name]
		if c.ValuesMostly == 0 {
			continue
		}
		var set []any
		for _, v := range c.Values {
			set = append(set, v)
		}
		out = append(out, plan.Expectation{Expectation: "column_values_to_be_in_set",
			Column: name, Severity: "critical",
			Kwargs: map[string]any{"value_set": set, "mostly": c.ValuesMostly}})
	}
	return out
}

// ask returns the measure with that key, made where nobody has asked for it
// yet. An empty key is shared with nobody.
//
// The maker is called once for each worker. A shared key means that two
// expectations read one measure: the key must name the column and everything
// else that the measure depends on.
func ask[M measure](p *prepared, key string, maker func(*spill.Room) M) handle[M] {
	if at, ok := p.keys[key]; ok && key != "" {
		return handle[M](at)
	}
	p.keys[key] = len(p.makers)
	p.makers = append(p.makers, func(r *spill.Room) measure { return maker(r) })
	return handle[M](len(p.makers) - 1)
}

// team is one worker's measures.
type team struct {
	measures []measure
	rows     int64
	columns  []string // of the frames
}

// pass reads everything once.
//
// Measures of one worker are called by one goroutine at a time and need no
// locks. They are merged into those of the first worker, in the order of the
// workers, though no result depends on that.
func (p *prepared) pass(ctx context.Context, reader *dataset.Reader, workers int, room *spill.Room) (*seen, error) {
	teams := make([]team, workers)
	for i := range teams {
		for _, m := range p.makers {
			teams[i].measures = append(teams[i].measures, m(room))
		}
	}
	err := reader.Each(ctx, workers, func(worker int, f *dataset.Frame) error {
		t := &teams[worker]
		// All frames of a dataset have the same columns, so the first one
		// tells.
		if t.rows == 0 {
			for i := range f.Columns {
				t.columns = append(t.columns, f.Columns[i].Name)
			}
		}
		t.rows += int64(f.Rows)
		for _, m := range t.measures {
			if err := m.see(f); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	s := &seen{header: reader.Header(), measures: teams[0].measures, absent: map[string]bool{}}
	for i, t := range teams {
		s.rows += t.rows
		if t.rows > 0 {
			s.columns = t.columns
		}
		for j := range t.measures {
			if i > 0 {
				s.measures[j].merge(t.measures[j])
			}
		}
	}
	if s.rows == 0 { // all rows are broken
		s.columns = p.declared(s.header)
	}
	p.absences(s)
	return s, nil
}

// absences notes which declared columns are not in the data.
func (p *prepared) absences(s *seen) {
	for name, c := range p.dataset.Columns {
		s.absent[name] = !c.Optional
	}
	for _, name := range s.columns {
		s.absent[name] = false
	}
}

// declared returns the names that are declared, once each.
func (p *prepared) declared(names []string) []string {
	var out []string
	had := map[string]bool{}
	for _, name := range names {
		if _, ok := p.dataset.Columns[name]; ok && !had[name] {
			had[name] = true
			out = append(out, name)
		}
	}
	return out
}

// judge asks every verdict.
//
// An expectation about a column that is not in the data fails without being
// judged; an optional column counts as all missing instead. Verdicts run one
// after another, as each may read a whole spill file.
func (p *prepared) judge(ctx context.Context, s *seen) (*Report, error) {
	report := &Report{Rows: s.rows, Results: []Result{}}
	for i, v := range p.verdicts {
		r := Result{Expectation: p.dataset.Expect[i], ElementCount: s.rows}
		if gone := absentColumn(s, p.columns[i]); gone != "" {
			r.Reason = fmt.Sprintf("column %s is not in the data", gone)
		} else if err := v(ctx, s, &r); err != nil {
			return nil, fmt.Errorf("%s: %w", r.Expectation, err)
		} else if p.protects(p.columns[i]) {
			r.conceal()
		}
		r.finish()
		report.Results = append(report.Results, r)
	}
	if p.profiler == nil {
		return report, nil
	}
	var err error
	report.Profile, err = p.profiler.profile(s)
	return report, err
}

// protects reports whether values of one of the columns may not be told.
func (p *prepared) protects(columns []string) bool {
	return slices.ContainsFunc(columns, func(c string) bool { return p.dataset.Columns[c].Protection() != "" })
}

func absentColumn(s *seen, columns []string) string {
	for _, c := range columns {
		if s.absent[c] {
			return c
		}
	}
	return ""
}
