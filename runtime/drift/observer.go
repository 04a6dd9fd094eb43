package drift

import (
	"math"
	"sort"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/model"
)

// Observer takes the rows that one model was asked about into its monitor.
type Observer struct {
	monitor *Monitor
	inputs  []input
}

// input is the position of a watched column among the model's inputs.
type input struct {
	at    int     // -1 where the model has no such input
	codes []int32 // of the encoder's category in the reference; -1 where it has none
}

// Observer returns what the rows of a model are shown to. A watched column that
// the model does not have counts as missing in every row.
func (m *Monitor) Observer(of *model.Model) *Observer {
	return &Observer{monitor: m, inputs: m.layout.inputs(of)}
}

// inputs returns the position of each watched column among the model's inputs.
//
// The work by name is done here, once, so that noting a row needs no lookup. A
// column that the model's encoder has twice takes its last place.
func (l *layout) inputs(of *model.Model) []input {
	out := make([]input, len(l.columns))
	for k := range out {
		out[k].at = -1
		c := &l.columns[k]
		for i := range of.Encoder.Fields {
			if f := &of.Encoder.Fields[i]; f.Name == c.profile.Column {
				out[k] = input{at: i, codes: translate(f.Categories, c.profile.Categories)}
			}
		}
	}
	return out
}

// translate returns the index of each name among sorted ones, or -1.
//
// The names among which it looks are in ascending order, as Reference.Check has
// verified.
func translate(names, among []string) []int32 {
	out := make([]int32, len(names))
	for i, n := range names {
		out[i] = -1
		if at := sort.SearchStrings(among, n); at < len(among) && among[at] == n {
			out[i] = int32(at) //nolint:gosec // a profile's names are few
		}
	}
	return out
}

// Observe notes one row in the form of serve.Observer: an entry an input, NaN
// where missing, categories as their index among the encoder's in values and as
// themselves in texts. It may be called from many goroutines, holds a lock for
// well under a microsecond, never waits for a judgement and allocates nothing
// but the window's memory and the names of new categories.
func (o *Observer) Observe(values []float64, texts []string, score model.Score) {
	m := o.monitor
	now := m.cfg.Now()
	m.mu.Lock()
	w := m.current(now)
	w.see(now, o.inputs, values, texts, score)
	m.closeFull(now)
	m.mu.Unlock()
}

// see notes one row.
//
// The window's lock is held by the caller. row is nil where the sample goes
// without the row; the counts are made all the same.
func (w *window) see(now time.Time, inputs []input, values []float64, texts []string, score model.Score) {
	row := w.next(now)
	for k := range inputs {
		w.take(k, &w.layout.columns[k], &inputs[k], row, values, texts)
	}
	w.answer(w.layout, row, score)
}

// take notes the value of watched column k.
//
// Every branch counts the row once for the column, as a value, as a category or
// as missing. Snapshots are refused where these do not add up to the rows.
func (w *window) take(k int, c *column, in *input, row, values []float64, texts []string) {
	v := math.NaN()
	if in.at >= 0 && in.at < len(values) {
		v = values[in.at]
	}
	switch {
	case c.slot >= 0:
		w.number(k, c, row, v)
	// Neither NaN nor an infinity is 0 after subtracting itself.
	case v-v != 0:
		w.missing[k]++
	case !c.coded():
		at := 0
		if v != 0 {
			at = 1
		}
		w.category(c, at)
	default:
		if code := int(v); v >= 0 && v < float64(len(in.codes)) && in.codes[code] >= 0 {
			w.category(c, int(in.codes[code]))
		} else if in.at < len(texts) { // a value came, so in.at is one
			w.unknown(k, c, texts[in.at], 1)
		} else {
			w.missing[k]++
		}
	}
}

// answer notes what was answered.
//
// A label outside the reference's classes counts as missing: it can come only
// from a model of another training than the reference.
func (w *window) answer(l *layout, row []float64, score model.Score) {
	k := len(l.columns)
	if l.label.profile == nil {
		w.number(k, &l.score, row, score.Value)
		return
	}
	w.number(k, &l.score, row, score.Probability)
	if at := int(score.Label); at >= 0 && at < l.label.full {
		w.category(&l.label, at)
	} else {
		w.missing[k+1]++
	}
}
