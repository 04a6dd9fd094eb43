package serve

import (
	"context"
	"errors"
	"math"
	"net/http"

	"github.com/ashlar-dev/ashlar/runtime/model"
)

// checkEvery is how many rows pass between looks at the clock.
// Reading the clock for each row would cost more than a small model's score. An
// explanation costs a thousand times that, so there each row looks.
const checkEvery = 256

// eachRow reads the rows of a batch and calls each after every one, until it
// says no.
// w.scan must be at the opening bracket. It returns the number of rows seen.
// What is wrong with single rows goes into w.found and what is wrong with the
// JSON into w.scan; the Problem is only for a batch that must not be read on: one
// with too many rows, or one that is out of time.
func (w *worker) eachRow(ctx context.Context, each func() bool) (int, *Problem) {
	w.row = -1
	for more := w.scan.first(']'); more; more = w.scan.next(']') {
		w.row++
		if w.row >= w.limits.rows {
			return 0, problem(http.StatusRequestEntityTooLarge, "too_many_rows",
				"the batch has more than %d rows; send several", w.limits.rows)
		}
		if (w.row%checkEvery == 0 || w.explain.wanted) && ctx.Err() != nil {
			return 0, w.late(ctx)
		}
		switch w.scan.space() {
		case '[':
			w.positional()
		case '{':
			w.named()
		default:
			// Skipped rather than given up on, so that the rows after it are
			// checked too and the client learns of all problems at once.
			w.scan.skip(maxDepth)
			w.found.add(w.row, "", "want a row as an array or an object")
		}
		if !w.scan.ok() || !each() {
			break
		}
	}
	return w.row + 1, nil
}

// late describes a request that there is no time left for. A client that has
// gone is none of the server's failures.
func (w *worker) late(ctx context.Context) *Problem {
	if errors.Is(ctx.Err(), context.Canceled) {
		return problem(http.StatusRequestTimeout, "cancelled", "the client closed the connection")
	}
	return problem(http.StatusServiceUnavailable, "timeout",
		"the batch took more than %s; send smaller ones", w.limits.timeout)
}

// scoreBatch scores the rows of a batch that has no problems. Observers hear of
// them in a third reading, once all of the batch is sure to be answered.
// at is the position of the batch's opening bracket in w.body. The whole body was
// checked by envelope, so no row can be malformed here; what can fail is the
// model itself, by a prediction that is not finite or a remote server that does
// not answer. Answers are built in w.out, which predict discards with the
// Problem: a batch is answered in full or not at all.
func (w *worker) scoreBatch(ctx context.Context, at int) (int, *Problem) {
	w.out, w.scores = append(w.out[:0], `{"predictions":[`...), w.scores[:0]
	tail := w.gen.tail
	if w.bare {
		tail = []byte("}\n")
	}
	w.scan.pos = at
	n, p := w.eachRow(ctx, func() bool {
		score := w.scorer.Score()
		if w.scorer.Err() != nil {
			return false
		}
		if !finite(score) {
			w.found.add(w.row, "", notFinite)
			return w.found.total < maxProblems
		}
		if w.row > 0 {
			w.out = append(w.out, ',')
		}
		if w.bare {
			w.out = w.gen.appendPrediction(w.out, score)
			w.keep(score)
			return true
		}
		w.out = append(w.out, '{')
		w.out = w.gen.appendScore(w.out, score)
		if w.explain.wanted {
			if w.appendExplanation(score); w.found.total > 0 {
				return w.found.total < maxProblems
			}
		}
		w.out = append(w.out, '}')
		w.keep(score)
		return true
	})
	if p = w.refused(p); p != nil {
		return 0, p
	}
	w.out = append(w.out, ']')
	w.out = append(w.out, tail...)
	// The third reading sets w.values and w.texts again, row by row, which is
	// cheaper than keeping every row of the second. It ignores cancellation: the
	// rows were predicted, so drift has to count all of them or none.
	w.scan.pos = at
	_, p = w.eachRow(context.WithoutCancel(ctx), func() bool {
		w.observe(w.kept(w.row))
		return true
	})
	return n, p
}

// refused is why rows that were gone through are not answered: what ended the reading,
// the model's server, or what was found in them; nil where nothing is wrong.
func (w *worker) refused(p *Problem) *Problem {
	switch {
	case p != nil:
		return p
	case w.scorer.Err() != nil:
		return w.unanswered()
	case w.found.total > 0:
		return w.found.problem()
	}
	return nil
}

// unanswered is the problem of a row that the model's own server did not answer.
func (w *worker) unanswered() *Problem {
	return problem(http.StatusBadGateway, "model_failed", "the model's server did not answer: %v", w.scorer.Err())
}

// keep keeps a batch's score, whose probabilities are the scorer's own.
// The scorer overwrites its Proba with the next row, so the probabilities of all
// rows are copied into one slice, w.proba: rows times labels, row after row.
func (w *worker) keep(s model.Score) {
	if len(w.scores) == 0 {
		w.proba = w.proba[:0]
	}
	w.proba = append(w.proba, s.Proba...)
	s.Proba = nil
	w.scores = append(w.scores, s)
}

// kept returns the score of a batch's row.
// Every score of a batch has the same number of probabilities, 0 for a
// regression, so the stride is the quotient of the lengths.
func (w *worker) kept(row int) model.Score {
	s := w.scores[row]
	if n := len(w.proba) / len(w.scores); n > 0 {
		s.Proba = w.proba[row*n : (row+1)*n]
	}
	return s
}

const notFinite = "the row's prediction is not a finite number; its values are far outside what the model was trained on"

// finite reports whether a score can be written as JSON. Extrapolating far
// outside the training range overflows in linear models and in exp.
func finite(s model.Score) bool {
	// A sum is finite only where every part is: x-x is NaN for an infinity.
	sum := (s.Value - s.Value) + (s.Probability - s.Probability)
	return !math.IsNaN(sum)
}
