package endpoint

import (
	"context"
	"errors"
	"fmt"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/drift"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/serve"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// sole is the watch of the only process that serves an endpoint: it sees all
// traffic, and judges its windows itself.
type sole struct {
	cfg     Config
	version registry.Version
	monitor *drift.Monitor
}

// newSole gives the monitor back the windows that it had seen before this
// process started.
// A snapshot belongs to one version of one endpoint; a version served for the first
// time has none.
func newSole(ctx context.Context, cfg Config, v registry.Version, ref *drift.Reference, d plan.Drift) (*sole, error) {
	s := &sole{cfg: cfg, version: v}
	var err error
	s.monitor, err = drift.NewMonitor(drift.MonitorConfig{Reference: ref, Drift: d, Now: cfg.Now, OnReport: s.closed,
		OnRetrain: s.asksRetrain})
	if err != nil {
		return nil, err
	}
	snapshot, err := cfg.Store.GetRef(ctx, s.ref())
	if errors.Is(err, store.ErrNotFound) {
		return s, nil
	}
	if err != nil {
		return nil, err
	}
	// A snapshot that cannot be taken over costs at most a window.
	if err := s.monitor.Restore(snapshot); err != nil {
		cfg.Log.Warn("drift snapshot", "endpoint", cfg.Name, "error", err)
	}
	return s, nil
}

func (s *sole) ref() string { return versionRef(s.cfg.Name, s.version.Model, s.version.Version) }

func (s *sole) observer(m *model.Model) serve.Observer { return s.monitor.Observer(m) }

func (s *sole) reports() (closed []*drift.Report, open *drift.Report) {
	return s.monitor.Reports(), s.monitor.Open()
}

func (s *sole) pending() int64 { return s.monitor.Pending() }

// save keeps the monitor's state. A process that is killed loses the rows since the
// last save.
func (s *sole) save(ctx context.Context) error {
	snapshot, err := s.monitor.Snapshot()
	if err != nil {
		return err
	}
	return s.cfg.Store.PutRef(ctx, s.ref(), snapshot)
}

// closed is called by the monitor for each window that it judges, one at a time
// and on a goroutine of the monitor's, so that no request waits for the store.
// Saving here keeps a judged window from being judged again after a restart.
func (s *sole) closed(r *drift.Report) {
	s.cfg.Metrics.report(s.cfg.Name, s.version, r, 1)
	s.cfg.Notice(fmt.Sprintf("%s version %d: %s", s.version.Model, s.version.Version, r.Summary()))
	if err := s.save(context.Background()); err != nil {
		s.cfg.Log.Warn("drift snapshot", "endpoint", s.cfg.Name, "error", err)
	}
}

// asksRetrain is called by the monitor when drift lasts. Retrain must not block.
func (s *sole) asksRetrain(*drift.Report) {
	s.cfg.Notice(fmt.Sprintf("%s version %d: drift in enough windows, retraining through the same gates",
		s.version.Model, s.version.Version))
	s.cfg.Retrain(s.version.Model)
}
