package serve

import (
	"cmp"
	"math"
	"net/http"
	"slices"
	"strconv"
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
	names := []string{predictionOutput}
	if w.gen.Model.Task != plan.Regression {
		names = append(names, probabilityOutput, probabilitiesOutput)
	}
	if w.explain.wanted {
		names = append(names, contributionsOutput, baseOutput, marginOutput)
		if w.gen.Model.Task == plan.Binary {
			names = append(names, reasonsOutput)
		}
	}
	return names
}

// wanted are the outputs that the request asks for, or all.
func (w inferring) wanted() ([]oip.Output, *Problem) {
	names := w.outputs()
	if w.message.Outputs == nil {
		all := make([]oip.Output, len(names))
		for i, n := range names {
			all[i] = oip.Output{Name: n, Binary: w.message.Binary}
		}
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
	answers := make([]oip.Answer, len(outputs))
	binary := false
	for i, o := range outputs {
		a := oip.Answer{Name: o.Name, Shape: []int{rows}, Binary: o.Binary}
		switch o.Name {
		case probabilitiesOutput:
			a.Shape, a.Numbers = []int{rows, len(labels)}, w.proba
		case contributionsOutput:
			a.Shape, a.Numbers = []int{rows, len(w.gen.inputs)}, e.contributions
		case baseOutput:
			a.Numbers = e.bases
		case marginOutput:
			a.Numbers = e.margins
		case reasonsOutput:
			a.Shape, a.Texts = []int{rows, w.explain.reasons}, e.reasons
		default:
			w.ofScores(&a, labels)
		}
		answers[i], binary = a, binary || a.Binary
	}
	name, version := w.gen.Model.Name, strconv.Itoa(w.gen.Version)
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
		a.Texts = make([][]byte, len(w.scores))
		for row, s := range w.scores {
			a.Texts[row] = w.gen.classes[s.Label]
		}
		return
	}
	a.Numbers = make([]float64, len(w.scores))
	for row, s := range w.scores {
		if a.Numbers[row] = s.Value; a.Name == probabilityOutput {
			a.Numbers[row] = w.proba[row*len(labels)+int(s.Label)]
		}
	}
}
