package serve

import (
	"math"
	"strconv"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/explain"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

const (
	// defaultReasons is how many a lender in the United States states as a rule
	// (Regulation B, appendix C).
	defaultReasons = 4
	// maxExplained bounds the contributions of one answer, some 8 MiB of text.
	maxExplained = 1 << 18
)

// explainKey is what a body holds that asks for an explanation. A body that
// holds it for another reason merely gets the time of a slow one.
var explainKey = []byte(`"explain"`)

// explanation is the part of a worker that explains. Its buffers are made with
// the first request that asks.
type explanation struct {
	wanted  bool
	reasons int             // at most so many; -1: the request does not say
	said    map[string]bool // options that the request has given; nil: none
	worker  *explain.Worker
	row     []float64 // encoded
	margin  []float64
	inputs  []float64 // contributions
	order   []int     // inputs that count against the favourable outcome
}

// reset forgets what the request before has asked for.
func (e *explanation) reset() { e.wanted, e.reasons, e.said = false, -1, nil }

// explainOption reads the value of "explain" or "reasons".
func (w *worker) explainOption(key string) {
	c := w.scan.space()
	if w.explain.said[key] {
		w.scan.skip(maxDepth)
		w.found.add(-1, key, "is given twice")
		return
	}
	if w.explain.said == nil {
		w.explain.said = map[string]bool{}
	}
	w.explain.said[key] = true
	switch {
	case key == "explain" && c == 't':
		w.explain.wanted = w.scan.word("true")
	case key == "explain" && c == 'f':
		w.scan.word("false")
	case key == "reasons" && c-'0' <= 9:
		text, _, ok := w.scan.number()
		n, err := strconv.Atoi(string(text))
		if ok && (err != nil || n < 1 || n > len(w.gen.inputs)) {
			w.found.add(-1, key, "want a whole number from 1 to %d, the number of inputs", len(w.gen.inputs))
		}
		w.explain.reasons = n
	case key == "explain":
		w.scan.skip(maxDepth)
		w.found.add(-1, key, "want true or false")
	default:
		w.scan.skip(maxDepth)
		w.found.add(-1, key, "want a whole number")
	}
}

// explainable notes why the request cannot be explained, and makes what
// explaining takes.
func (w *worker) explainable(rows int) {
	e := &w.explain
	if !e.wanted {
		if e.reasons >= 0 {
			w.found.add(-1, "reasons", `are part of an explanation; ask for one with "explain": true`)
		}
		return
	}
	binary := w.gen.Model.Task == plan.Binary
	if !binary && e.reasons >= 0 {
		w.found.add(-1, "reasons", "count against the favourable of two classes, and this is a %s model",
			w.gen.Model.Task)
	}
	if most := max(1, maxExplained/len(w.gen.inputs)); rows > most {
		w.found.add(-1, "explain", "at most %d rows of %d inputs are explained at once", most, len(w.gen.inputs))
	}
	if e.worker == nil {
		explainer, err := w.gen.explainer()
		if err != nil {
			w.found.add(-1, "explain", "%v", err)
			return
		}
		e.worker = explainer.NewWorker()
		e.inputs = make([]float64, len(w.gen.inputs))
	}
	if e.reasons < 0 && binary {
		e.reasons = min(defaultReasons, len(w.gen.inputs))
	}
}

// appendExplanation appends the explanation of the row that was scored last, or
// notes that it is beyond what JSON can hold.
//
// The output that is explained is that of the positive class of two, of the
// predicted class of more, or the value.
func (w *worker) appendExplanation(score model.Score) {
	e, m := &w.explain, w.gen.Model
	output := 0
	if m.Task == plan.Multiclass {
		output = int(score.Label)
	}
	e.row, e.margin = w.scorer.Encoded(e.row[:0]), w.scorer.Margin(e.margin[:0])
	e.worker.Inputs(e.row, output, e.inputs)
	sum := e.margin[output] - e.margin[output]
	for _, v := range e.inputs {
		sum += v - v // 0 for a finite number, else NaN
	}
	if math.IsNaN(sum) {
		w.found.add(w.row, "", notFinite)
		return
	}
	out := append(w.out, `,"explanation":{"of":`...)
	switch m.Task {
	case plan.Binary:
		out = append(out, w.gen.labels[1]...)
	case plan.Multiclass:
		out = append(out, w.gen.labels[output]...)
	default:
		out = append(out, w.gen.target...)
	}
	out = append(append(out, `,"link":"`...), w.gen.link()...)
	out = appendNumber(append(out, `","base":`...), e.worker.Base(output))
	out = appendNumber(append(out, `,"margin":`...), e.margin[output])
	out = append(out, `,"contributions":{`...)
	for i, v := range e.inputs {
		if i > 0 {
			out = append(out, ',')
		}
		out = appendNumber(append(append(out, w.gen.quoted[i]...), ':'), v)
	}
	out = append(out, '}')
	if m.Task == plan.Binary {
		out = w.appendReasons(out)
	}
	w.out = append(out, '}')
}

// appendReasons appends the inputs that count most against the positive class,
// which is the favourable outcome, the heaviest first.
func (w *worker) appendReasons(out []byte) []byte {
	e := &w.explain
	w.against()
	out = append(out, `,"reasons":[`...)
	for k, i := range e.order[:min(len(e.order), e.reasons)] {
		if k > 0 {
			out = append(out, ',')
		}
		out = append(append(out, `{"feature":`...), w.gen.quoted[i]...)
		if about := w.gen.about[i]; about != nil {
			out = append(append(out, `,"description":`...), about...)
		}
		out = append(appendNumber(append(out, `,"contribution":`...), e.inputs[i]), '}')
	}
	return append(out, ']')
}

// link is how a margin becomes a prediction.
func (g *generation) link() model.Link {
	if g.Model.Linear != nil {
		return g.Model.Linear.Link
	}
	if g.Model.Ensemble == nil {
		return model.Identity // nothing that is explained
	}
	return g.Model.Ensemble.Link
}
