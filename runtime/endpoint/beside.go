package endpoint

import (
	"context"
	"errors"

	"github.com/ashlar-dev/ashlar/runtime/judge"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/serve"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// beside is the version that has the traffic, in a replica that serves the one which is
// released in its place: it is asked what the new one has answered, so that every
// comparison is of the same row, wherever the pods of both are.
type beside struct {
	*candidate
	compare *serve.Comparer
	tally   *serve.Tally
}

// Compared are the rows that both versions of a release were asked here, and those of
// them that got the same answer. Replicas that compare nothing have none.
func (e *Endpoint) Compared() judge.Pairs {
	e.mu.Lock()
	b := e.beside
	e.mu.Unlock()
	if b == nil {
		return judge.Pairs{}
	}
	return b.tally.Counts().Pairs
}

// compareAssigned has the replica compare its version with the one that has the traffic,
// as long as they differ. deciding is held.
func (e releaser) compareAssigned(ctx context.Context) error {
	if e.cfg.Assigned == nil || e.spec.Strategy.Beside() || e.cfg.Compare == nil || e.release.main == nil {
		return nil
	}
	now, err := e.cfg.Registry.ServedAt(ctx, e.cfg.Name, e.cfg.Now())
	if err != nil {
		return err
	}
	e.mu.Lock()
	own, b := Named(e.version), e.beside
	e.mu.Unlock()
	if own.Version == 0 || len(now) == 0 || now[0].Digest == own.Digest || now[0].Model != own.Model {
		return e.endBeside()
	}
	if b != nil && b.version.Version == now[0].Version {
		return nil
	}
	if err := e.endBeside(); err != nil {
		return err
	}
	return e.besides(ctx, now[0], *e.cfg.Compare)
}

// besides begins to compare with the version.
func (e releaser) besides(ctx context.Context, served registry.Serving, tolerance float64) error {
	v, err := e.cfg.Registry.Version(ctx, served.Model, served.Version)
	if err != nil {
		return err
	}
	c, err := e.prepare(ctx, v)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrDamaged) {
		e.cfg.Log.Warn("nothing to compare with", "endpoint", e.cfg.Name, "version", v.Version, "error", err)
		return nil
	}
	if err != nil {
		return err
	}
	next := &beside{candidate: c, tally: serve.NewTally(nil)}
	next.compare = serve.NewComparer(serve.CompareConfig{Tolerance: tolerance, Now: e.cfg.Now,
		Shadow: &serve.Arm{Loaded: c.loaded, Tally: next.tally}})
	if err := e.server.Route(serve.Routing{Main: e.release.main, Compare: next.compare}); err != nil {
		next.end()
		return err
	}
	e.cfg.Log.Info("compares", "endpoint", e.cfg.Name, "with", v.Version)
	e.mu.Lock()
	e.beside = next
	e.mu.Unlock()
	return nil
}

// endBeside ends the comparison, if there is one.
func (e releaser) endBeside() error {
	e.mu.Lock()
	b := e.beside
	e.beside = nil
	main := e.release.main
	serves := e.version.Version > 0
	e.mu.Unlock()
	if b == nil {
		return nil
	}
	var err error
	if serves {
		err = e.server.Route(serve.Routing{Main: main})
	}
	b.end()
	return err
}

func (b *beside) end() {
	b.compare.Close()
	b.server.end(drained)
}
