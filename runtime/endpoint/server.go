package endpoint

import (
	"context"
	"sync"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/confine"
	"github.com/ashlar-dev/ashlar/runtime/crash"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/pyfunc"
)

// drained is how long a server outlives the model that it scores for, so that
// requests which are under way are answered.
const drained = time.Minute

// behind is the server of a model that does not score by itself; nil is that of
// one that does.
type behind struct{ process *pyfunc.Process }

// start starts the server that the model needs, and attaches it.
// Such a model is a Python function of somebody else's, so its process is confined
// by the endpoint's policy; the log says what the confinement could not hold.
func (e *Endpoint) start(ctx context.Context, m *model.Model) (*behind, error) {
	if m.Remote == nil {
		return nil, nil
	}
	p, err := pyfunc.Start(ctx, m, pyfunc.Config{Store: e.cfg.Store, TempDir: e.cfg.TempDir,
		Getenv: e.cfg.Getenv, Confine: e.cfg.Confine,
		Memory: e.spec.Stated().MemoryBytes()})
	if err != nil {
		return nil, err
	}
	held := p.Confinement()
	e.cfg.Log.Info("the server of the model is confined", "endpoint", e.cfg.Name, "held", held.Held, "open", held.Open)
	if err := m.Attach(p); err != nil {
		p.Stop() // nobody else knows of the process
		return nil, err
	}
	return &behind{p}, nil
}

// end stops the server after the delay.
// With a delay it returns at once and the process stops later on a timer, which a
// shutdown of this process does not wait for.
func (b *behind) end(after time.Duration) {
	if b == nil {
		return
	}
	if after == 0 {
		b.process.Stop()
		return
	}
	time.AfterFunc(after, crash.Guarded(b.process.Stop))
}

// servers are an endpoint's servers: the one that scores, and before it those
// that answer what is left.
type servers struct {
	mu  sync.Mutex
	now *behind
}

// next puts the server in the place of the one before.
// The one before gets drained more time; nil is a model without a server.
func (s *servers) next(b *behind) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now.end(drained)
	s.now = b
}

// confinement is what holds the server that scores; nil where there is none.
func (s *servers) confinement() *confine.Report {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now == nil {
		return nil
	}
	held := s.now.process.Confinement()
	return &held
}

// stop ends the server at once.
func (s *servers) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now.end(0)
	s.now = nil
}

// Close ends what the endpoint has started. It serves nothing that needs it then.
// Call it after the HTTP server has drained.
func (e *Endpoint) Close() { e.servers.stop() }
