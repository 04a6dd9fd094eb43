package serve

import (
	"context"
	"errors"
	"math"
	"net/http"

	"github.com/ashlar-dev/ashlar/runtime/model"
)

// checkEvery is how many rows pass between looks at the clock.
const checkEvery = 256

// eachRow reads the rows of a batch and calls each after every one, until it
// says no.
func (w *worker) eachRow(ctx context.Context, each func() bool) (int, *Problem) {
	w.row = -1
	for more := w.scan.first(']'); more; more = w.scan.next(']') {
		w.row++
		if w.row >= w.limits.rows {
			return 0, problem(http.StatusRequestEntityTooLarge, "too_many_rows",
				"the batch has more than %d rows; send several", w.limits.rows)
		}
		if w.row%checkEvery == 0 && ctx.Err() != nil {
			return 0, w.late(ctx)
		}
		switch w.scan.space() {
		case '[':
			w.positional()
		case '{':
			w.named()
		default:
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
func (w *worker) scoreBatch(ctx context.Context, at int) (int, *Problem) {
	w.out, w.scores = append(w.out[:0], `{"predictions":[`...), w.scores[:0]
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
		w.out = append(w.out, '{')
		w.out = append(w.gen.appendScore(w.out, score), '}')
		w.keep(score)
		return true
	})
	switch {
	case p != nil:
		return 0, p
	case w.scorer.Err() != nil:
		return 0, w.unanswered()
	case w.found.total > 0:
		return 0, w.found.problem()
	}
	w.out = append(w.out, ']')
	w.out = append(w.out, w.gen.tail...)
	w.scan.pos = at
	_, p = w.eachRow(context.WithoutCancel(ctx), func() bool {
		w.observe(w.kept(w.row))
		return true
	})
	return n, p
}

// unanswered is the problem of a row that the model's own server did not answer.
func (w *worker) unanswered() *Problem {
	return problem(http.StatusBadGateway, "model_failed", "the model's server did not answer: %v", w.scorer.Err())
}

// keep keeps a batch's score, whose probabilities are the scorer's own.
func (w *worker) keep(s model.Score) {
	if len(w.scores) == 0 {
		w.proba = w.proba[:0]
	}
	w.proba = append(w.proba, s.Proba...)
	s.Proba = nil
	w.scores = append(w.scores, s)
}

// kept returns the score of a batch's row.
func (w *worker) kept(row int) model.Score {
	s := w.scores[row]
	if n := len(w.proba) / len(w.scores); n > 0 {
		s.Proba = w.proba[row*n : (row+1)*n]
	}
	return s
}

const notFinite = "the row's prediction is not a finite number; its values are far outside what the model was trained on"

func finite(s model.Score) bool {
	// A sum is finite only where every part is: x-x is NaN for an infinity.
	sum := (s.Value - s.Value) + (s.Probability - s.Probability)
	return !math.IsNaN(sum)
}
