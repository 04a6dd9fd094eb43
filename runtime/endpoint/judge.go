package endpoint

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/drift"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// JudgeConfig is what Judge needs. All but Log is required.
type JudgeConfig struct {
	Plan     *plan.Plan
	Name     string // of the endpoint
	Store    *store.Store
	Registry *registry.Registry
	Now      func() time.Time
	Log      *slog.Logger // nil: silent
}

// Verdict is what judging the traffic of one version came to.
type Verdict struct {
	Endpoint string          `json:"endpoint"`
	Model    string          `json:"model"`
	Version  int             `json:"version"`
	Segments int             `json:"segments"` // taken in now
	Pending  int64           `json:"pending"`  // rows of the open window
	Windows  []*drift.Report `json:"windows"`  // judged now, oldest first
	Alert    bool            `json:"alert"`    // drift lasts
	Retrain  bool            `json:"retrain"`  // is asked for, and not done yet
}

// Judge adds up what the endpoint's replicas have gathered, judges the windows
// that are complete and leaves the verdicts for the replicas to show. Each
// segment counts once, also when a judge is killed on the way; run one judge
// at a time. A retrain stays asked for until Settle.
//
// The error joins those of single versions, whose segments stay for the next run;
// the verdicts of the others are returned beside it.
func Judge(ctx context.Context, cfg JudgeConfig) ([]Verdict, error) {
	spec, ok := cfg.Plan.Endpoints[cfg.Name]
	if !ok {
		return nil, fmt.Errorf("endpoint %q is not in the plan; it has %s", cfg.Name, names(cfg.Plan.Endpoints))
	}
	if spec.Drift == nil {
		return nil, fmt.Errorf("endpoint %s: its drift is not watched; give it a drift section in the blueprint",
			cfg.Name)
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	found, err := cfg.subjects(ctx)
	if err != nil {
		return nil, err
	}
	out := []Verdict{}
	var problems []error
	for _, s := range found {
		v, err := s.judge(ctx, cfg, *spec.Drift)
		if err != nil {
			problems = append(problems, fmt.Errorf("endpoint %s: %s version %d: %w", cfg.Name, s.model, s.version, err))
			continue
		}
		out = append(out, v)
	}
	return out, errors.Join(problems...)
}

// Settle notes that what the verdict asked for is done.
// Until then each Judge repeats the request, so that a retrain which could not be
// started is not forgotten. Do not run it beside Judge: both write the same state.
func Settle(ctx context.Context, cfg JudgeConfig, v Verdict) error {
	name := judgedRef(v.Endpoint, v.Model, v.Version)
	var state judged
	if err := read(ctx, cfg.Store, name, &state); err != nil {
		return err
	}
	state.Retrain = false
	return write(ctx, cfg.Store, name, state)
}

// subject is a version with traffic to judge.
type subject struct {
	model    string
	version  int
	segments []string // in order of time
	served   bool     // by the endpoint, now
}

// subjects are the versions that replicas have left segments of, and the one
// that is served, whose open window may have become due.
// A version that is served no more is among them as long as its replicas' last
// segments are in the store.
func (cfg JudgeConfig) subjects(ctx context.Context) ([]*subject, error) {
	refs, err := cfg.Store.ListRefs(ctx, "drift/"+cfg.Name+"/")
	if err != nil {
		return nil, err
	}
	now, err := cfg.Registry.ServedAt(ctx, cfg.Name, cfg.Now())
	if err != nil {
		return nil, err
	}
	var out []*subject
	of := func(model string, version int) *subject {
		for _, s := range out {
			if s.model == model && s.version == version {
				return s
			}
		}
		out = append(out, &subject{model: model, version: version})
		return out[len(out)-1]
	}
	for _, s := range now {
		of(s.Model, s.Version).served = true
	}
	for _, name := range refs {
		if model, version, ok := segmentOf(cfg.Name, name); ok {
			s := of(model, version)
			s.segments = append(s.segments, name)
		}
	}
	return out, nil
}

// judge takes in the version's segments and judges the windows that they complete.
// Segments that were consumed by a run that was killed before it deleted them are
// skipped; keep explains how.
func (s *subject) judge(ctx context.Context, cfg JudgeConfig, d plan.Drift) (Verdict, error) {
	out := Verdict{Endpoint: cfg.Name, Model: s.model, Version: s.version, Windows: []*drift.Report{}}
	monitor, state, err := s.monitor(ctx, cfg, d)
	if err != nil {
		return out, err
	}
	for _, name := range s.segments {
		if slices.Contains(state.Consumed, name) {
			continue
		}
		segment, err := cfg.Store.GetRef(ctx, name)
		if err != nil && !errors.Is(err, store.ErrDamaged) {
			return out, err
		}
		if err == nil {
			err = monitor.Add(segment)
		}
		if err != nil {
			// Of a reference or of columns that are watched no more: it can never count.
			cfg.Log.Warn("segment of live traffic is left out", "endpoint", cfg.Name, "segment", name, "error", err)
		} else {
			out.Segments++
		}
	}
	reports := monitor.Reports()
	for _, r := range reports {
		// The monitor also returns windows that an earlier run has reported.
		if r.Window > state.Window {
			out.Windows = append(out.Windows, r)
			state.Retrain = state.Retrain || r.Retrain
		}
	}
	if n := len(reports); n > 0 {
		state.Window = reports[n-1].Window
	}
	out.Pending, out.Alert = monitor.Pending(), len(reports) > 0 && reports[len(reports)-1].Alert
	state.Retrain = state.Retrain && s.served // another version may be what the data asks for
	out.Retrain = state.Retrain
	return out, s.keep(ctx, cfg, monitor, state, reports)
}

// monitor is the monitor of the version, with what it knew.
// It also returns the state of the last run, which keeps a retrain that was asked
// for until Settle; hence AskOnce: the restored monitor need not ask again.
func (s *subject) monitor(ctx context.Context, cfg JudgeConfig, d plan.Drift) (*drift.Monitor, judged, error) {
	var state judged
	v, err := cfg.Registry.Version(ctx, s.model, s.version)
	if err != nil {
		return nil, state, err
	}
	ref, err := reference(ctx, cfg.Store, v)
	if err != nil {
		return nil, state, fmt.Errorf("drift reference: %w", err)
	}
	m, err := drift.NewMonitor(drift.MonitorConfig{Reference: ref, Drift: d, Now: cfg.Now, AskOnce: true})
	if err != nil {
		return nil, state, err
	}
	if err := read(ctx, cfg.Store, judgedRef(cfg.Name, s.model, s.version), &state); err != nil {
		return nil, state, err
	}
	if len(state.Snapshot) == 0 {
		return m, state, nil
	}
	// What is of other columns, since the blueprint was edited, begins again.
	if err := m.Restore(state.Snapshot); err != nil {
		cfg.Log.Warn("what was judged before is left out", "endpoint", cfg.Name, "model", s.model,
			"version", s.version, "error", err)
		state.Window = 0
	}
	return m, state, nil
}

// keep writes what is known, then takes the segments away that are in it.
//
// The order is what makes a segment count once. The state, written in one piece,
// names the segments that are in its snapshot. A process killed before that write
// leaves everything as it was; one killed after it leaves segments that the next
// run skips by Consumed and deletes here.
func (s *subject) keep(ctx context.Context, cfg JudgeConfig, m *drift.Monitor, state judged,
	reports []*drift.Report) error {
	snapshot, err := m.Snapshot()
	if err != nil {
		return err
	}
	state.Snapshot, state.Consumed = json.RawMessage(snapshot), append([]string{}, s.segments...)
	if err := write(ctx, cfg.Store, judgedRef(cfg.Name, s.model, s.version), state); err != nil {
		return err
	}
	if err := write(ctx, cfg.Store, verdictsRef(cfg.Name, s.model, s.version), verdicts{Reports: reports}); err != nil {
		return err
	}
	open := openWindow{m.Open()}
	if err := write(ctx, cfg.Store, openRef(cfg.Name, s.model, s.version), open); err != nil {
		return err
	}
	for _, name := range s.segments {
		if err := cfg.Store.DeleteRef(ctx, name); err != nil {
			return err
		}
	}
	return nil
}
