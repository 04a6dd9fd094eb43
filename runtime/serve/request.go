package serve

import (
	"bytes"
	"context"
	"net/http"
)

// shape is what the value of "features" was.
type shape int

const (
	nothing shape = iota
	oneRow
	manyRows
)

// predict reads w.body, scores it and leaves the answer in w.out. It returns
// the number of rows, or what is wrong; then nothing was observed.
//
// One row is read straight into the scorer. A batch is read three times, to
// find its problems, to score it and to tell of it, so that nothing of a bad
// batch is scored, nothing of an unanswered one observed, and no row is held.
//
// A row is observed before the answer is written: see Observer.
func (w *worker) predict(ctx context.Context) (int, *Problem) {
	w.found.reset()
	w.scan.reset(w.body)
	w.explain.reset()
	w.row = -1
	kind, at, p := w.envelope(ctx)
	switch {
	case p != nil:
		return 0, p
	case !w.scan.ok():
		return 0, w.malformed()
	}
	if w.bare && kind == oneRow && w.found.total == 0 {
		w.found.add(-1, w.rowsKey, "want an array of rows, each an array or an object")
	}
	w.explainable(w.row + 1)
	switch {
	case w.found.total > 0:
		return 0, w.found.problem()
	case kind == oneRow:
		w.out = w.out[:0]
		score := w.scorer.Score()
		if w.scorer.Err() != nil {
			return 0, w.unanswered()
		}
		if !finite(score) {
			w.found.add(-1, "", notFinite)
			return 0, w.found.problem()
		}
		w.out = append(w.out, '{')
		w.out = w.gen.appendScore(w.out, score)
		if w.explain.wanted {
			if w.appendExplanation(score); w.found.total > 0 {
				return 0, w.found.problem()
			}
		}
		w.out = append(w.out, w.gen.tail...)
		w.observe(score)
		return 1, nil
	}
	return w.scoreBatch(ctx, at)
}

// malformed describes a body that is no JSON.
// Line and column are 1-based and count bytes. The text around the place is not
// repeated, as it may be personal.
func (w *worker) malformed() *Problem {
	before := w.body[:min(w.scan.faultAt, len(w.body))]
	line := bytes.Count(before, []byte{'\n'}) + 1
	column := len(before) - bytes.LastIndexByte(before, '\n')
	return problem(http.StatusBadRequest, "malformed_json", "line %d, column %d: %s", line, column, w.scan.fault)
}

// envelope reads the whole request, and returns where the rows of a batch begin.
// at is the position in w.body of the value under "features". A Problem ends the
// reading at once; other faults are in w.scan and w.found, and the reading goes
// through to the end so that a client learns of all. Features that are given
// twice are refused, because parsers differ in which of the two they keep.
func (w *worker) envelope(ctx context.Context) (kind shape, at int, p *Problem) {
	if w.scan.space() != '{' {
		w.scan.skip(maxDepth)
		w.end()
		w.found.add(-1, "", `want an object such as {"%s": [...]}`, w.rowsKey)
		return nothing, 0, nil
	}
	for more := w.scan.first('}'); more; more = w.scan.next('}') {
		key := w.scan.key()
		switch {
		// key has noted the fault; the loop ends as next reports false.
		case !w.scan.ok():
		case !w.bare && (string(key) == "explain" || string(key) == "reasons"):
			w.explainOption(string(key))
		case string(key) != w.rowsKey:
			w.found.add(-1, string(key), `is unknown; the rows belong under "%s"`, w.rowsKey)
			w.scan.skip(maxDepth)
		case kind != nothing:
			w.found.add(-1, w.rowsKey, "is given twice")
			w.scan.skip(maxDepth)
		default:
			w.scan.space()
			at = w.scan.pos
			if kind, p = w.features(ctx); p != nil {
				return kind, at, p
			}
		}
	}
	w.end()
	if kind == nothing && w.found.total == 0 {
		w.found.add(-1, w.rowsKey, "is required: a row as an array or an object, or an array of rows")
	}
	return kind, at, nil
}

// end wants nothing to follow.
// A NUL byte is what space also returns at the end, hence the look at pos.
func (w *worker) end() {
	if w.scan.ok() && (w.scan.space() != 0 || w.scan.pos < len(w.scan.data)) {
		w.scan.fail(w.scan.pos, "something follows the request's end")
	}
}

// features reads the value of "features": one row into the scorer, or a batch
// for its problems only.
// For a batch, this first reading sets the scorer's row over and over and scores
// nothing.
func (w *worker) features(ctx context.Context) (shape, *Problem) {
	w.row = -1
	switch w.scan.space() {
	case '{':
		w.named()
		return oneRow, nil
	case '[':
	default:
		w.scan.skip(maxDepth)
		w.found.add(-1, w.rowsKey, "want a row as an array or an object, or an array of rows")
		return oneRow, nil
	}
	// The first element decides: an array of arrays or objects is a batch, anything
	// else a row by position, also the empty array, which then has too few values.
	start := w.scan.pos
	w.scan.pos++
	c := w.scan.space()
	w.scan.pos = start
	if c != '[' && c != '{' {
		w.positional()
		return oneRow, nil
	}
	_, p := w.eachRow(ctx, func() bool { return true })
	return manyRows, p
}
