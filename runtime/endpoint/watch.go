package endpoint

import (
	"context"

	"github.com/ashlar-dev/ashlar/runtime/drift"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/serve"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// watch gathers what one version is asked.
//
// There are two: sole judges what it sees, replica hands it on to Judge.
type watch interface {
	// observer is what the server shows every predicted row to.
	observer(m *model.Model) serve.Observer
	// save keeps what was seen where it outlives this process.
	save(ctx context.Context) error
	// reports are the verdicts on the last windows, oldest first, and how the one that is
	// still open compares so far, nil while it has too few rows to say.
	reports() (closed []*drift.Report, open *drift.Report)
	// pending is how many rows no verdict and nobody else has.
	pending() int64
}

// newWatch is nil where the blueprint asks for no drift watch.
// The reference belongs to the version, so drift is always measured against what
// that version was trained on.
func (e *Endpoint) newWatch(ctx context.Context, v registry.Version) (watch, error) {
	if e.spec.Drift == nil {
		return nil, nil
	}
	ref, err := reference(ctx, e.cfg.Store, v)
	if err != nil {
		return nil, err
	}
	if e.cfg.Replica != "" {
		return newReplica(ctx, e.cfg, v, ref, *e.spec.Drift)
	}
	return newSole(ctx, e.cfg, v, ref, *e.spec.Drift)
}

// reference is the distribution that was kept when the version was evaluated.
func reference(ctx context.Context, s *store.Store, v registry.Version) (*drift.Reference, error) {
	var ref drift.Reference
	if err := s.GetJSON(ctx, v.Evidence["reference"], &ref); err != nil {
		return nil, err
	}
	return &ref, nil
}

// Save keeps the windows of what was seen so far, and the memory of it. A window that cannot be kept
// now is kept with the next call; the log says so.
//
// The lock is not held while the store is written to. The watch of a replica that
// was retired is kept until all of its rows are in the store; a sole one is saved
// once and let go.
func (e *Endpoint) Save(ctx context.Context) {
	e.keepMemory(ctx)
	e.keepObserved(ctx)
	e.mu.Lock()
	all := append([]watch{}, e.retired...)
	if e.watch != nil {
		all = append(all, e.watch)
	}
	e.mu.Unlock()
	for _, w := range all {
		if err := w.save(ctx); err != nil {
			e.cfg.Log.Warn("windows of live traffic are not kept yet", "endpoint", e.cfg.Name, "error", err)
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	kept := e.retired[:0:0]
	for _, w := range e.retired {
		if _, judgesItself := w.(*sole); !judgesItself && w.pending() > 0 {
			kept = append(kept, w)
		}
	}
	e.retired = kept
}

// Reports are the judged windows, oldest first, and last the open one if it has rows
// enough; false where nothing is watched. A watched endpoint that serves nothing has
// none, and is still watched.
func (e *Endpoint) Reports() ([]*drift.Report, bool) {
	e.mu.Lock()
	w := e.watch
	e.mu.Unlock()
	if w == nil {
		return nil, e.spec.Drift != nil
	}
	return reported(w), true
}

// reported are the reports of a watch, that of the open window last.
func reported(w watch) []*drift.Report {
	closed, open := w.reports()
	if open != nil {
		closed = append(closed, open)
	}
	return closed
}

// driftView is what GET /drift answers.
func (e *Endpoint) driftView() any {
	e.mu.Lock()
	w, v := e.watch, e.version
	e.mu.Unlock()
	view := map[string]any{"endpoint": e.cfg.Name, "model": e.spec.Model, "version": v.Version, "reports": []any{}}
	if w != nil {
		view["reports"], view["pending_rows"] = reported(w), w.pending()
	}
	return view
}
