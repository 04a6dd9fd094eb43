package validate

import (
	"maps"
	"slices"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/validate/profile"
	"github.com/ashlar-dev/ashlar/runtime/validate/spill"
)

// profiler asks for the profile of every column that goes further.
type profiler struct {
	columns   map[string]handle[*sketched]
	protected map[string]bool // hashed or masked: how many values there are is all that is told
}

// sketched is the measure of one column's profile.
type sketched struct {
	column *finder
	sketch *profile.Sketch
	err    error
}

func (m *sketched) see(f *dataset.Frame) error {
	m.sketch.See(m.column.in(f))
	return nil
}

// merge keeps the error for profile to return, as measure.merge has none to
// return. Sketches of one maker always go together.
func (m *sketched) merge(other measure) {
	o, _ := other.(*sketched)
	if err := m.sketch.Merge(o.sketch); err != nil {
		m.err = err
	}
}

// profile asks for a sketch of every column that goes further than validation;
// columns that are dropped have none.
func (p *prepared) profile() {
	p.profiler = &profiler{columns: map[string]handle[*sketched]{}}
	limit := profile.LimitFor(len(p.dataset.Columns))
	p.profiler.protected = map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(p.dataset.Columns)) { // parts keep measures in this order
		spec := p.dataset.Columns[name]
		if spec.Protection() == plan.Drop {
			continue
		}
		p.profiler.protected[name] = spec.Protection() != ""
		p.profiler.columns[name] = ask(p, "", func(*spill.Room) *sketched {
			return &sketched{column: p.finder(name), sketch: profile.NewSketch(name, spec, limit)}
		})
	}
}

// profile returns the columns that are in the data, in their order there.
//
// Of hashed and masked columns all figures but the counts are left out, since
// the profile is of the values as they came in.
func (p *profiler) profile(s *seen) (*profile.Profile, error) {
	out := &profile.Profile{Rows: s.rows}
	for _, name := range s.columns {
		h, ok := p.columns[name]
		if !ok {
			continue // dropped
		}
		m := h.of(s)
		if m.err != nil {
			return nil, m.err
		}
		c := m.sketch.Column()
		if p.protected[name] {
			c = profile.Column{Name: c.Name, Type: c.Type, Sensitive: true, Count: c.Count, Missing: c.Missing,
				MissingPercent: c.MissingPercent, Distinct: c.Distinct}
		}
		out.Columns = append(out.Columns, c)
	}
	return out, nil
}
