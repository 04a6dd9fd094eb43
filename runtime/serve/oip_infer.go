package serve

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/oip"
)

// dialect is a way in which rows come and predictions go.
type dialect struct {
	form       form // of errors
	acceptable func(http.Header) *Problem
	predict    func(w *worker, ctx context.Context, h http.Header) (int, *Problem)
	finish     func(h http.Header) // sets what follows an answer; nil: nothing does
	// version is the one that the body names, nil: bodies name none. entities calls
	// take with a column's value of each row, and reports whether the body has any.
	version  func(w *worker) string
	entities func(w *worker, h http.Header, column string, take func([]byte)) bool
}

// The dialects. inference is that of the Open Inference Protocol, instances that
// of KServe's protocol before it.
var (
	features = dialect{acceptable: acceptable,
		predict: func(w *worker, ctx context.Context, _ http.Header) (int, *Problem) {
			w.rowsKey, w.bare = "features", false
			return w.predict(ctx)
		},
		entities: func(w *worker, _ http.Header, column string, take func([]byte)) bool {
			return w.rowEntities("features", column, take)
		}}
	instances = dialect{form: asText, acceptable: acceptable,
		predict: func(w *worker, ctx context.Context, _ http.Header) (int, *Problem) {
			w.rowsKey, w.bare = "instances", true
			return w.predict(ctx)
		},
		entities: func(w *worker, _ http.Header, column string, take func([]byte)) bool {
			return w.rowEntities("instances", column, take)
		}}
	inference = dialect{form: asText, acceptable: tensors,
		predict: func(w *worker, ctx context.Context, h http.Header) (int, *Problem) {
			return inferring{w}.infer(ctx, h)
		},
		entities: func(w *worker, h http.Header, column string, take func([]byte)) bool {
			in := inferring{w}
			in.begin()
			return in.tensors(h) == nil && in.tensorEntities(column, take)
		}}
)

// inferring is a worker at an inference request.
type inferring struct{ *worker }

// headerLength is the header that says how much of a body is JSON.
const headerLength = "Inference-Header-Content-Length"

// tensors returns what is wrong with a request's header. Bytes behind the JSON
// have a type of their own; browsers send neither across sites without asking.
func tensors(h http.Header) *Problem {
	if h.Get(headerLength) == "" || !strings.EqualFold(h.Get("Content-Type"), "application/octet-stream") {
		return acceptable(h)
	}
	if len(h["Content-Type"]) > 1 || h.Get("Content-Encoding") != "" {
		return problem(http.StatusUnsupportedMediaType, "unsupported_media_type",
			"send one header Content-Type, and the body as it is, not compressed")
	}
	return nil
}

// infer reads w.body as an inference request, scores it and leaves the answer in
// w.out. It returns the number of rows, or what is wrong; then nothing was
// observed.
func (w inferring) infer(ctx context.Context, h http.Header) (int, *Problem) {
	w.begin()
	if p := w.tensors(h); p != nil {
		return 0, p
	}
	return w.score(ctx)
}

// begin forgets the request before.
func (w inferring) begin() {
	w.found.reset()
	w.scan.reset(nil) // nothing of the request before is malformed any more
	w.explain.reset()
	w.row, w.header = -1, 0
	w.scores, w.proba = w.scores[:0], w.proba[:0]
}

// score scores the request that was decoded.
//
// Rows are set and scored in one go, some at a time where nobody asks for more. A model whose server is asked is the
// exception: there all rows are looked at first, so that a bad one costs no call.
func (w inferring) score(ctx context.Context) (int, *Problem) {
	t, p := w.bind()
	if p != nil {
		return 0, p
	}
	outputs, p := w.wanted()
	if p != nil {
		return 0, p
	}
	if w.explainable(t.rows); w.found.total > 0 {
		return 0, w.found.problem()
	}
	if w.gen.Model.Remote != nil {
		if p := w.each(ctx, t, func() bool { return true }); p != nil || w.found.total > 0 {
			return 0, first(p, w.worker)
		}
	}
	ex := newExplained(w.worker, t.rows)
	if ex == nil && w.gen.Model.Remote == nil && t.rows > 1 {
		p = w.scoreBlocks(ctx, t)
	} else {
		p = w.scoreEach(ctx, t, ex)
	}
	if p = w.refused(p); p != nil {
		return 0, p
	}
	w.writeTensors(outputs, t.rows, ex)
	if t.rows == 1 { // it is still set
		w.observe(w.kept(0))
		return 1, nil
	}
	p = w.each(context.WithoutCancel(ctx), t, func() bool {
		w.observe(w.kept(w.row))
		return true
	})
	return t.rows, p
}

// scoreEach scores the rows one by one, and explains them if they are to be.
func (w inferring) scoreEach(ctx context.Context, t table, ex *explained) *Problem {
	return w.each(ctx, t, func() bool {
		if w.found.total > 0 { // the rest is looked at, and not scored
			return true
		}
		score := w.scorer.Score()
		if w.scorer.Err() != nil {
			return false
		}
		if !finite(score) || !ex.add(score) {
			w.found.add(w.row, "", notFinite)
			return true
		}
		w.keep(score)
		return true
	})
}

// scoreBlocks scores some rows at a time.
func (w inferring) scoreBlocks(ctx context.Context, t table) *Problem {
	w.scorer.Unstage() // of a request that was given up
	return w.each(ctx, t, func() bool {
		if w.found.total > 0 {
			return true
		}
		n := w.scorer.Stage()
		if n < model.StageRows && w.row+1 < t.rows {
			return true
		}
		from := w.row + 1 - n
		w.scorer.ScoreStaged(func(i int, score model.Score) {
			if !finite(score) {
				w.found.add(from+i, "", notFinite)
				return
			}
			w.keep(score)
		})
		return true
	})
}

// first is p, or what was found.
func first(p *Problem, w *worker) *Problem {
	if p != nil {
		return p
	}
	return w.found.problem()
}

// tensors decodes the body.
func (w inferring) tensors(h http.Header) *Problem {
	header := len(w.body)
	if given := h[headerLength]; len(given) > 0 {
		n, err := strconv.Atoi(given[0])
		if err != nil || n < 0 || len(given) > 1 {
			return problem(http.StatusBadRequest, "malformed_header", "%s: want one number of bytes", headerLength)
		}
		header = n
	}
	return w.understood(oip.Decode(&w.message, w.body, header, w.bounds()))
}

// bounds are the most tensors and elements that a request may have: those of all
// columns, and some more tensors, to be told by name that they are none.
func (w inferring) bounds() oip.Limits {
	columns := len(w.gen.inputs) + len(w.gen.dropped)
	return oip.Limits{Tensors: columns + 8, Elements: w.limits.rows * columns}
}

// understood turns what is wrong with a message into a problem, or takes over what
// it asks for.
func (w inferring) understood(err error) *Problem {
	if err != nil {
		if _, over := errors.AsType[*oip.TooLargeError](err); over {
			return problem(http.StatusRequestEntityTooLarge, "too_many_rows",
				"%v; a request has at most %d rows: send several", err, w.limits.rows)
		}
		return problem(http.StatusBadRequest, "malformed_request", "%v", err)
	}
	w.explain.wanted = w.message.Explain
	if w.message.Reasons > 0 {
		w.explain.reasons = w.message.Reasons
		if w.explain.reasons > len(w.gen.inputs) {
			w.found.add(-1, "reasons", "want a whole number from 1 to %d, the number of inputs", len(w.gen.inputs))
		}
	}
	return nil
}
