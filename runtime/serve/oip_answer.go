package serve

import (
	"cmp"
	"math"
	"net/http"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/oip"
)

// The tensors of an answer. The last four are there where the request asks for
// an explanation.
const (
	predictionOutput    = "prediction"
	probabilityOutput   = "probability"
	probabilitiesOutput = "probabilities"
	contributionsOutput = "contributions"
	baseOutput          = "base"
	marginOutput        = "margin"
	reasonsOutput       = "reasons"
)

// outputs are the names of the tensors that the request can be answered with.
func (w inferring) outputs() []string {
	if !w.explain.wanted {
		return w.gen.outputs
	}
	names := append(slices.Clone(w.gen.outputs), contributionsOutput, baseOutput, marginOutput)
	if w.gen.Model.Task == plan.Binary {
		names = append(names, reasonsOutput)
	}
	return names
}

// outputsOf are the names of the tensors that a model of the task answers.
func outputsOf(task plan.Task) []string {
	if task == plan.Regression {
		return []string{predictionOutput}
	}
	return []string{predictionOutput, probabilityOutput, probabilitiesOutput}
}

// answering is the memory of an answer's tensors.
type answering struct {
	outputs []oip.Output
	answers []oip.Answer
	shapes  []int
	numbers []float64
	texts   [][]byte
}

// release lets go of what is too large to be kept.
func (a *answering) release() {
	if cap(a.numbers) > maxKept/8 {
		a.numbers = nil
	}
	if cap(a.texts) > maxKept/24 {
		a.texts = nil
	}
	clear(a.answers[:cap(a.answers)])
}

// shape is a shape of one or two dimensions. There is room for those of all outputs.
func (a *answering) shape(n ...int) []int {
	from := len(a.shapes)
	a.shapes = append(a.shapes, n...)
	return a.shapes[from:len(a.shapes):len(a.shapes)]
}

// wanted are the outputs that the request asks for, or all.
func (w inferring) wanted() ([]oip.Output, *Problem) {
	names := w.outputs()
	if w.message.Outputs == nil {
		all := w.reply.outputs[:0]
		for _, n := range names {
			all = append(all, oip.Output{Name: n, Binary: w.message.Binary})
		}
		w.reply.outputs = all
		return all, nil
	}
	for i, o := range w.message.Outputs {
		if !slices.Contains(names, o.Name) {
			hint := ""
			if slices.Contains([]string{contributionsOutput, baseOutput, marginOutput, reasonsOutput}, o.Name) {
				hint = `; it is part of an explanation: add the parameter "explain": true`
			}
			return nil, problem(http.StatusBadRequest, "unknown_output", "there is no output %q; there are %s%s",
				shown(o.Name), strings.Join(names, ", "), hint)
		}
		for _, before := range w.message.Outputs[:i] {
			if before.Name == o.Name {
				return nil, problem(http.StatusBadRequest, "unknown_output", "output %q is asked for twice", o.Name)
			}
		}
	}
	return w.message.Outputs, nil
}

// explained gathers explanations row by row; nil where nobody asks.
type explained struct {
	w             *worker
	contributions []float64
	bases         []float64
	margins       []float64
	reasons       [][]byte
}

func newExplained(w *worker, rows int) *explained {
	if !w.explain.wanted {
		return nil
	}
	return &explained{w: w, contributions: make([]float64, 0, rows*len(w.gen.inputs))}
}

// add explains the row that was scored last. It reports false for what is beyond
// a finite number.
func (e *explained) add(score model.Score) bool {
	if e == nil {
		return true
	}
	ex, output := &e.w.explain, max(0, int(score.Label))
	if e.w.gen.Model.Task != plan.Multiclass {
		output = 0
	}
	ex.row, ex.margin = e.w.scorer.Encoded(ex.row[:0]), e.w.scorer.Margin(ex.margin[:0])
	ex.worker.Inputs(ex.row, output, ex.inputs)
	sum := ex.margin[output] - ex.margin[output]
	for _, v := range ex.inputs {
		sum += v - v
	}
	if math.IsNaN(sum) {
		return false
	}
	e.contributions = append(e.contributions, ex.inputs...)
	e.bases, e.margins = append(e.bases, ex.worker.Base(output)), append(e.margins, ex.margin[output])
	if e.w.gen.Model.Task == plan.Binary {
		e.w.against()
		for k := range ex.reasons { // a tensor has rows of one length: what is left is empty
			name := ""
			if k < len(ex.order) {
				name = e.w.gen.names[ex.order[k]]
			}
			e.reasons = append(e.reasons, []byte(name))
		}
	}
	return true
}

// against leaves the inputs that count against the positive class in order, the
// heaviest first.
func (w *worker) against() {
	e := &w.explain
	e.order = e.order[:0]
	for i, v := range e.inputs {
		if v < 0 {
			e.order = append(e.order, i)
		}
	}
	slices.SortFunc(e.order, func(a, b int) int {
		return cmp.Or(cmp.Compare(e.inputs[a], e.inputs[b]), cmp.Compare(a, b))
	})
}

// writeTensors writes the answer from the scores that were kept.
func (w inferring) writeTensors(outputs []oip.Output, rows int, e *explained) {
	labels := w.gen.Model.Signature.Labels
	t := &w.reply
	t.answers, t.shapes, t.numbers = t.answers[:0], t.shapes[:0], t.numbers[:0]
	binary := false
	for _, o := range outputs {
		a := oip.Answer{Name: o.Name, Binary: o.Binary}
		switch o.Name {
		case probabilitiesOutput:
			a.Shape, a.Numbers = t.shape(rows, len(labels)), w.proba
		case contributionsOutput:
			a.Shape, a.Numbers = t.shape(rows, len(w.gen.inputs)), e.contributions
		case baseOutput:
			a.Numbers = e.bases
		case marginOutput:
			a.Numbers = e.margins
		case reasonsOutput:
			a.Shape, a.Texts = t.shape(rows, w.explain.reasons), e.reasons
		default:
			w.ofScores(&a, labels)
		}
		if a.Shape == nil {
			a.Shape = t.shape(rows)
		}
		t.answers, binary = append(t.answers, a), binary || a.Binary
	}
	name, version, answers := w.gen.Model.Name, w.gen.number, t.answers
	if w.message.Model != "" { // a call, which names it
		message := oip.AppendProtoResponse(nil, name, version, w.message.ID, answers, w.message.Raw || binary)
		w.out = append(prefix(w.out[:0], len(message)), message...)
		return
	}
	header := 0
	w.out, header = oip.AppendResponse(w.out[:0], name, version, w.message.ID, answers)
	if binary {
		w.header = header
	}
}

// ofScores fills in a number or a label a row.
func (w inferring) ofScores(a *oip.Answer, labels []string) {
	if a.Name == predictionOutput && len(labels) > 0 {
		a.Texts = w.reply.texts[:0]
		for _, s := range w.scores {
			a.Texts = append(a.Texts, w.gen.classes[s.Label])
		}
		w.reply.texts = a.Texts
		return
	}
	a.Numbers = w.reply.numbers[:0]
	for row, s := range w.scores {
		v := s.Value
		if a.Name == probabilityOutput {
			v = w.proba[row*len(labels)+int(s.Label)]
		}
		a.Numbers = append(a.Numbers, v)
	}
	w.reply.numbers = a.Numbers
}
