package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/ashlar-dev/ashlar/runtime/drift"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/pipeline"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// newMonitor makes the drift monitor of a version from the reference that was
// kept when it was evaluated, and gives it back the windows it had seen before
// this process started. It is nil where the blueprint asks for no drift watch.
func (e *endpoint) newMonitor(ctx context.Context, v registry.Version, m *model.Model) (*drift.Monitor, error) {
	if e.spec.Drift == nil {
		return nil, nil
	}
	var ref drift.Reference
	if err := pipeline.ReadJSON(ctx, e.stack.state.Store, v.Evidence["reference"], &ref); err != nil {
		return nil, err
	}
	monitor, err := drift.NewMonitor(drift.MonitorConfig{
		Reference: &ref, Drift: *e.spec.Drift, Now: e.stack.cfg.Now,
		OnReport:  func(r *drift.Report) { e.reported(v, r) },
		OnRetrain: func(r *drift.Report) { e.asksRetrain(v, r) },
	})
	if err != nil {
		return nil, err
	}
	snapshot, err := e.stack.state.Store.GetRef(ctx, e.driftRef(v))
	if errors.Is(err, store.ErrNotFound) {
		return monitor, nil
	}
	if err != nil {
		return nil, err
	}
	// A snapshot that cannot be taken over costs at most a window.
	if err := monitor.Restore(snapshot); err != nil {
		e.stack.cfg.Log.Warn("drift snapshot", "endpoint", e.name, "error", err)
	}
	return monitor, nil
}

func (e *endpoint) driftRef(v registry.Version) string {
	return fmt.Sprintf("drift/%s/%s-%d", e.name, v.Model, v.Version)
}

func (e *endpoint) reported(v registry.Version, r *drift.Report) {
	line := fmt.Sprintf("%s version %d: window of %d rows, %d of %d columns drifted", v.Model, v.Version, r.Rows, r.Drifted, len(r.Columns))
	if r.DatasetDrift {
		line += ": the dataset has drifted"
	}
	e.metrics.report(e.name, v, r)
	e.stack.cfg.Notice(line)
	e.save(v)
}

func (e *endpoint) asksRetrain(v registry.Version, _ *drift.Report) {
	e.stack.cfg.Notice(fmt.Sprintf("%s version %d: drift in enough windows, retraining through the same gates", v.Model, v.Version))
	e.retrain(e.spec.Model)
}

// save keeps the monitor's windows for the next process.
func (e *endpoint) save(v registry.Version) {
	e.mu.Lock()
	monitor := e.monitor
	e.mu.Unlock()
	if monitor == nil {
		return
	}
	snapshot, err := monitor.Snapshot()
	if err == nil {
		err = e.stack.state.Store.PutRef(context.Background(), e.driftRef(v), snapshot)
	}
	if err != nil {
		e.stack.cfg.Log.Warn("drift snapshot", "endpoint", e.name, "error", err)
	}
}

// reports are the judged windows, oldest first; false where nothing is watched.
func (e *endpoint) reports() ([]*drift.Report, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.monitor == nil {
		return nil, e.spec.Drift != nil
	}
	return e.monitor.Reports(), true
}

// driftView is what GET /drift answers.
func (e *endpoint) driftView() any {
	e.mu.Lock()
	monitor, v := e.monitor, e.version
	e.mu.Unlock()
	view := map[string]any{"endpoint": e.name, "model": e.spec.Model, "version": v.Version, "reports": []any{}}
	if monitor != nil {
		view["reports"], view["pending_rows"] = monitor.Reports(), monitor.Pending()
	}
	return view
}

// exampleRequest is a request body that the model answers: the middle of each
// numeric feature's range and a category it knows.
func exampleRequest(m *model.Model) (string, error) {
	features := map[string]any{}
	for _, f := range m.Signature.Inputs {
		switch {
		case len(f.Categories) > 0:
			features[f.Name] = f.Categories[0]
		case f.Type == "boolean":
			features[f.Name] = true
		default:
			features[f.Name] = float64(int((f.Min + f.Max) / 2))
		}
	}
	b, err := json.Marshal(map[string]any{"features": features})
	return string(b), err
}
