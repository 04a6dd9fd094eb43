package model

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/crash"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
)

// Rows are scored in blocks that fit the first-level cache, and handed to
// workers in stretches of blocks.
const (
	blockRows   = 64
	stretchRows = 16 * blockRows
)

// Predict scores every row of the frame on all cores. A row's result depends on
// that row alone, so it is the same however many cores there are. The error
// names every input that is absent or of a wrong type.
//
// It may be called by several goroutines at once, each of which then uses all
// cores.
func (m *Model) Predict(frame *dataset.Frame) (*Predictions, error) {
	p, err := m.ready()
	if err != nil {
		return nil, err
	}
	if m.Remote != nil {
		return p.predictRemote(frame)
	}
	sources, err := m.Encoder.bind(frame)
	if err != nil {
		return nil, err
	}
	out := p.predictions(frame.Rows)
	p.each(frame.Rows, func(from, to int, s *scratch) {
		p.block(sources, from, to, s, out)
	})
	if m.Graph != nil {
		return out, p.checkFinite(out)
	}
	return out, nil
}

// checkFinite names the first row without a score, which only a graph can have:
// one that fills in no missing values, say.
func (p *program) checkFinite(out *Predictions) error {
	for _, list := range [][]float64{out.Value, out.Proba} {
		for i, v := range list {
			if !finite(v) {
				return fmt.Errorf("row %d: the model's score is %g: does it take missing values?", i/p.outputs, v)
			}
		}
	}
	return nil
}

// scratch is a worker's memory.
type scratch struct {
	rows []uint64
	acc  []float64
}

// predictions allocates the results of so many rows. Several goroutines write
// to it at once, each to its own rows.
func (p *program) predictions(rows int) *Predictions {
	out := &Predictions{Classes: len(p.model.Signature.Labels)}
	if p.model.Task == plan.Regression {
		out.Value = make([]float64, rows)
		return out
	}
	out.Proba = make([]float64, rows*p.outputs)
	out.Label = make([]int32, rows)
	return out
}

// each calls score for every block of rows, on all cores where there is enough
// to do.
//
// Workers take the next stretch from a counter, so that a slow core holds up no
// other. Each has scratch memory of its own, which score may use freely. A
// block never crosses the end of its stretch.
func (p *program) each(rows int, score func(from, to int, s *scratch)) {
	var next atomic.Int64
	work := func() {
		s := &scratch{
			rows: make([]uint64, blockRows*len(p.slots)),
			acc:  make([]float64, blockRows*p.outputs),
		}
		for {
			end := int(next.Add(stretchRows))
			start := end - stretchRows
			if start >= rows {
				return
			}
			for from := start; from < min(end, rows); from += blockRows {
				score(from, min(from+blockRows, rows), s)
			}
		}
	}
	workers := min(runtime.GOMAXPROCS(0), (rows+stretchRows-1)/stretchRows)
	if workers <= 1 {
		work()
		return
	}
	var wg sync.WaitGroup
	for range workers {
		wg.Go(crash.Guarded(work))
	}
	wg.Wait()
}

// block fills the slots of some rows, scores them and writes their results.
// With the block's slots and the scores in the first-level cache, trees are
// what is read from memory.
func (p *program) block(sources []source, from, to int, s *scratch, out *Predictions) {
	n := to - from
	p.fill(sources, from, to, s.rows)
	p.engine.score(s.rows[:n*len(p.slots)], n, s.acc)
	for r := range n {
		scores := s.acc[r*p.outputs : (r+1)*p.outputs]
		p.finish(scores)
		if out.Value != nil {
			out.Value[from+r] = scores[0]
			continue
		}
		copy(out.Proba[(from+r)*p.outputs:], scores)
		out.Label[from+r] = p.label(scores)
	}
}
