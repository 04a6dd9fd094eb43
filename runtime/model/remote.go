package model

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
)

// Remote is an estimator in a process of its own: a server that somebody else's
// code starts from an artifact. It is given rows as they are, not encoded.
type Remote struct {
	Serve    []string `json:"serve"`    // lines of the shell that start the server
	Path     string   `json:"path"`     // where the artifact lies for them
	Artifact string   `json:"artifact"` // its digest in the store
	Dir      bool     `json:"dir,omitempty"`
}

// Caller asks the server. It is safe for concurrent use.
type Caller interface {
	// Call scores rows of raw values in the order of the columns: texts, numbers,
	// booleans, times as RFC 3339, and nil where one is missing. It returns a
	// prediction a row, in one of the forms that type answers reads. The context is
	// that of whoever wants to know.
	Call(ctx context.Context, columns []string, rows [][]any) ([]any, error)
}

// remoteRows is how many rows are sent at a time.
const remoteRows = 1000

var errDetached = errors.New("model: its server has not been started")

// Attach gives a model with a Remote the server that scores for it. It must not
// run concurrently with scoring.
func (m *Model) Attach(c Caller) error {
	if m.Remote == nil {
		return errors.New("model: it scores by itself and has no server")
	}
	m.caller = c
	return m.Prepare()
}

// checkRemote wants what starting the server needs. Whether the artifact is
// there is only found when it starts.
func (m *Model) checkRemote() error {
	r := m.Remote
	if len(r.Serve) == 0 || r.Path == "" || r.Artifact == "" {
		return errors.New("estimator: a server needs a command, an artifact and a place for it")
	}
	return nil
}

func (m *Model) inputNames() []string {
	out := make([]string, len(m.Signature.Inputs))
	for i, in := range m.Signature.Inputs {
		out[i] = in.Name
	}
	return out
}

// predictRemote scores a frame by the server.
//
// Rows are sent one call after another; the server decides how parallel it is.
// The frame is bound only to check its columns: what is sent are raw values,
// since the foreign code has its own preprocessing. An error discards the rows
// that were answered before.
func (p *program) predictRemote(frame *dataset.Frame) (*Predictions, error) {
	m := p.model
	if m.caller == nil {
		return nil, errDetached
	}
	if _, err := m.Encoder.bind(frame); err != nil {
		return nil, err
	}
	names, out := m.inputNames(), p.predictions(frame.Rows)
	columns := make([]*dataset.Column, len(names))
	for i, n := range names {
		columns[i] = frame.Column(n)
	}
	scores := make([]float64, p.outputs)
	for from := 0; from < frame.Rows; from += remoteRows {
		to := min(from+remoteRows, frame.Rows)
		rows := make([][]any, 0, to-from)
		for r := from; r < to; r++ {
			row := make([]any, len(columns))
			for i, c := range columns {
				row[i] = raw(c, r)
			}
			rows = append(rows, row)
		}
		found, err := m.call(context.Background(), names, rows)
		if err != nil {
			return nil, err
		}
		for i, one := range found {
			if err := p.answers.read(one, scores); err != nil {
				return nil, err
			}
			if out.Value != nil {
				out.Value[from+i] = scores[0]
				continue
			}
			copy(out.Proba[(from+i)*p.outputs:], scores)
			out.Label[from+i] = p.label(scores)
		}
	}
	return out, nil
}

// call makes sure that there is a prediction a row, as they are matched by
// position.
func (m *Model) call(ctx context.Context, names []string, rows [][]any) ([]any, error) {
	found, err := m.caller.Call(ctx, names, rows)
	if err == nil && len(found) != len(rows) {
		err = fmt.Errorf("the model's server answered %d predictions of %d rows", len(found), len(rows))
	}
	return found, err
}

// raw is a column's value as it is sent.
//
// Numbers are sent as float64, which JSON writes so that they read back; an
// integer beyond 2^53 is sent as the float64 nearest to it.
func raw(c *dataset.Column, row int) any {
	if c.Missing(row) {
		return nil
	}
	switch c.Type {
	case plan.Category, plan.Text, plan.Timestamp:
		return c.Value(row)
	case plan.Boolean:
		return c.Floats[row] != 0
	default:
		return c.Floats[row]
	}
}

// remoteScorer keeps one row as it is sent.
type remoteScorer struct {
	ctx   context.Context //nolint:containedctx // of the request that the scorer is lent to; nil: none
	names []string
	row   []any
	err   error
}

// Err returns why the last Score has no result; nil where it has. A model that
// scores by itself never errs.
func (s *Scorer) Err() error {
	if s.remote == nil {
		return nil
	}
	return s.remote.err
}

// Within has the server asked in a context, as its trace belongs to; nil: in none. It
// makes no difference to a model that scores by itself.
func (s *Scorer) Within(ctx context.Context) {
	if s.remote != nil {
		s.remote.ctx = ctx
	}
}

// ask scores the row by the server.
//
// A Score with label -1 and an error to be asked for by Err is what a failure
// gives, since Score has no error to return.
func (s *Scorer) ask() Score {
	m := s.program.model
	var found []any
	if s.remote.err = errDetached; m.caller != nil {
		ctx := s.remote.ctx
		if ctx == nil {
			ctx = context.Background()
		}
		found, s.remote.err = m.call(ctx, s.remote.names, [][]any{s.remote.row})
	}
	if s.remote.err == nil {
		s.remote.err = s.program.answers.read(found[0], s.acc)
	}
	if s.remote.err != nil {
		return Score{Label: -1}
	}
	return s.result()
}

// asSent is a number as the field's type is sent.
func asSent(f *FieldEncoder, v float64) any {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	c := dataset.Column{Name: f.Name, Type: f.Type, Floats: []float64{v}}
	return raw(&c, 0)
}
