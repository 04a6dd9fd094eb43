package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/confine"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/pyfunc"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// trained is the model that a run has trained, with the server that scores for it where it does not score itself. Both
// are there once a stage first asks for them. It is safe for concurrent use.
type trained struct {
	cfg    Config
	record *journal

	mu     sync.Mutex // guards what follows
	model  *model.Model
	memory int64           // limit of the server, in bytes; 0: none
	server *pyfunc.Process // nil: the model scores itself, or nobody has asked
}

// estimator returns the trained model, from memory or from the store.
func (t *trained) estimator(ctx context.Context) (*model.Model, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.model == nil {
		m, err := LoadModel(ctx, t.cfg.Store, t.record.output(plan.StageTrain, "model"))
		if err != nil {
			return nil, err
		}
		t.model = m
	}
	// One server scores for all stages of the run, and ends with it.
	if t.model.Remote != nil && t.server == nil {
		server, err := pyfunc.Start(ctx, t.model,
			pyfunc.Config{Store: t.cfg.Store, TempDir: t.cfg.TempDir, Getenv: t.cfg.Getenv,
				Confine: *t.cfg.Confine.For(nil, t.cfg.closed()...), Memory: t.memory})
		if err != nil {
			return nil, err
		}
		t.server = server
		if err := t.model.Attach(server); err != nil {
			return nil, err
		}
	}
	return t.model, nil
}

// set keeps the model, which the stage train has just made, for the stages that follow.
func (t *trained) set(m *model.Model) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.model = m
}

// confinement is what holds the server; nil where none scores for the model.
func (t *trained) confinement() *confine.Report {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.server == nil {
		return nil
	}
	report := t.server.Confinement()
	return &report
}

// close ends the server. No stage may run any more.
func (t *trained) close() {
	if t.server != nil {
		t.server.Stop()
	}
}

// LoadModel reads a model file from the store and verifies its digest.
func LoadModel(ctx context.Context, s *store.Store, digest string) (*model.Model, error) {
	r, err := s.Get(ctx, digest)
	if err != nil {
		return nil, fmt.Errorf("model file %s: %w", plan.ShortDigest(digest), err)
	}
	m, err := model.Decode(r)
	if err == nil {
		// The store reports a wrong digest at the end of the object.
		_, err = io.Copy(io.Discard, r)
	}
	if err := errors.Join(err, r.Close()); err != nil {
		return nil, fmt.Errorf("model file %s: %w", plan.ShortDigest(digest), err)
	}
	return m, nil
}
