package serve

import (
	"math"

	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/oip"
)

// worker is the memory that one request takes: a scorer of the generation, the
// row as observers see it, and buffers. Workers are pooled by generation.
//
// A worker belongs to one request at a time and is never shared, so nothing in it
// is locked. Slices that it hands out, such as Observer's, are valid until the
// next row.
type worker struct {
	gen    *generation
	limits limits
	scorer *model.Scorer
	scan   scanner
	found  problems
	body   []byte
	out    []byte

	rowsKey string // of the request: what its rows are under
	bare    bool   // predictions alone are answered, as KServe's first protocol does
	message oip.Request
	cells   []cells  // of the message, one an input
	header  int      // bytes of JSON in an answer with tensors behind it; 0: all of it
	digits  [32]byte // a number as text

	explain explanation

	reply answering // of the answer to a message

	scores []model.Score // of a batch that is not answered yet
	proba  []float64     // what their Proba point into

	// addressed is whose name and version a request may give; nil: gen's.
	addressed *generation
	noting    bool       // noted is wanted
	noted     []answered // what each row was answered
	quiet     bool       // nobody hears of the rows, since nobody has their answers
	traced    bool       // somebody wants to see when it is scored
	patient   bool       // another version that may have to answer asks a server

	row    int // of the request; -1 where it has one row only
	values []float64
	texts  []string
	seen   []uint64 // stamp of the named row that set the input last
	stamp  uint64
}

// newWorker allocates what a request of this generation needs; buffers grow with
// the first requests and are kept.
func newWorker(g *generation, lim limits) *worker {
	n := len(g.inputs)
	return &worker{
		gen: g, limits: lim, scorer: g.Model.NewScorer(), row: -1,
		values: make([]float64, n), texts: make([]string, n), seen: make([]uint64, n),
	}
}

// maxKept bounds the buffers that a pooled worker keeps.
// In bytes. One large batch would otherwise keep its memory for as long as small
// requests reuse the worker.
const maxKept = 64 << 10

// release puts the worker back into its pool.
// The worker must not be used afterwards: another request may have it already.
// proba holds 8-byte numbers, scores structs of about 64 bytes, hence the
// divisors.
func (w *worker) release() {
	if cap(w.body) > maxKept {
		w.body = nil
	}
	if cap(w.out) > maxKept {
		w.out = nil
	}
	if cap(w.scan.scratch) > maxKept {
		w.scan.scratch = nil
	}
	if cap(w.proba) > maxKept/8 || cap(w.scores) > maxKept/64 {
		w.proba, w.scores = nil, nil
	}
	w.reply.release()
	if cap(w.noted) > maxKept/64 {
		w.noted = nil
	}
	w.addressed, w.noting, w.quiet, w.patient, w.traced = nil, false, false, false, false
	// It points into the body, and would keep one alive that was dropped above.
	w.scan.data = nil
	w.message.Forget()
	clear(w.cells)
	w.gen.workers.Put(w)
}

// setFloat sets input i, after the anonymisation that its column asks for:
// neither scorer nor observers see the value that was sent.
func (w *worker) setFloat(i int, v float64) {
	if mask := w.gen.inputs[i].cell.Number; mask != nil {
		v = mask(v)
	}
	w.values[i] = v
	w.scorer.SetFloat(i, v)
}

// setMissing sets input i missing. values holds NaN for it whatever the type;
// what the scorer puts in its place is the model's own imputation.
func (w *worker) setMissing(i int) {
	w.values[i], w.texts[i] = math.NaN(), ""
	w.scorer.SetMissing(i)
}

// setText sets a coded input. A known category hands observers the model's own
// string, so that only texts that training never saw are allocated.
func (w *worker) setText(i int, text []byte) {
	in := &w.gen.inputs[i]
	if in.cell.Text != nil {
		text = []byte(in.cell.Text(string(text)))
	}
	if k, known := in.known[string(text)]; known {
		w.values[i], w.texts[i] = float64(k), in.categories[k]
	} else {
		w.values[i], w.texts[i] = float64(len(in.categories)), string(text)
	}
	w.scorer.SetText(i, w.texts[i])
}

// observe tells metrics and the observer of a row that was scored.
// The index of an unknown category is the number of known ones; see Observer.
func (w *worker) observe(score model.Score) {
	if w.noting {
		w.noted = append(w.noted, answered{score.Class, score.Value})
	}
	if w.quiet {
		return
	}
	for i := range w.gen.inputs {
		if in := &w.gen.inputs[i]; in.coded && w.values[i] == float64(len(in.categories)) {
			w.gen.metrics.unknown[i].Inc()
		}
	}
	if w.gen.Observer != nil {
		w.gen.Observer.Observe(w.values, w.texts, score)
	}
}
