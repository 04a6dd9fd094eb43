// Package tracking tells other systems of runs: an MLflow server, a server of
// OpenLineage. The registry needs none of them; they are for the people who
// look there.
//
// A tracker that is down must not fail a run, and must not miss one either. So
// what is to be told is kept in the store first and taken away once it was
// heard; whatever is left is told with the next run. Telling twice is as good
// as once: a tracker is asked whether it knows the run before it is told.
package tracking

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/sethvargo/go-retry"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/pipeline"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

const (
	prefix = "tracking/"
	// patience is how long all telling of one run may take: training is done, and
	// whoever waits for it does not wait for a tracker.
	patience = 20 * time.Second
	// most is how many kept records are told at once, the oldest first.
	most = 200
)

// Record is what is told of a run.
type Record struct {
	ID          string             `json:"id"`
	Blueprint   string             `json:"blueprint"`
	Environment string             `json:"environment"`
	Model       string             `json:"model"`
	Status      string             `json:"status"` // succeeded, failed or interrupted
	Error       string             `json:"error,omitempty"`
	Author      string             `json:"author"`
	Started     time.Time          `json:"started"`
	Finished    time.Time          `json:"finished"`
	Params      map[string]string  `json:"params,omitempty"`
	Metrics     map[string]float64 `json:"metrics,omitempty"`
	Tags        map[string]string  `json:"tags,omitempty"` // digests, version, algorithm
	Source      string             `json:"source,omitempty"`
	Dataset     string             `json:"dataset,omitempty"`
}

// tracker is one system that hears of runs. Send may be called twice for a run.
type tracker interface {
	name() string
	send(ctx context.Context, r Record) error
}

// Config is what telling needs. Secrets come from the environment alone.
type Config struct {
	Plan   *plan.Plan
	Store  *store.Store
	Commit string // of the source; empty: not known
	Getenv func(string) string
	Log    *slog.Logger
	Notice func(string) // hears of what could not be told; may be nil
	Client *http.Client // nil: one with time limits
	Sleep  time.Duration
}

// Tracking tells the trackers of a plan. Nil tells nobody.
type Tracking struct {
	cfg      Config
	trackers []tracker
}

// New returns nil where the plan tells nobody.
func New(cfg Config) *Tracking {
	t := cfg.Plan.Tracking
	if t == nil {
		return nil
	}
	if cfg.Client == nil {
		cfg.Client = &http.Client{Timeout: patience / 2}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Notice == nil {
		cfg.Notice = func(string) {}
	}
	if cfg.Sleep == 0 {
		cfg.Sleep = 500 * time.Millisecond
	}
	out := &Tracking{cfg: cfg}
	if t.MLflow != nil {
		out.trackers = append(out.trackers, newMLflow(cfg, *t.MLflow))
	}
	if t.OpenLineage != nil {
		out.trackers = append(out.trackers, newOpenLineage(cfg, *t.OpenLineage))
	}
	return out
}

// Run tells of a run of the plan, unless it found everything made: nothing
// happened then.
func (t *Tracking) Run(ctx context.Context, run *pipeline.Run) error {
	if t == nil || run == nil || run.Status == pipeline.Succeeded && run.Reused() {
		return nil
	}
	return t.Tell(ctx, Of(*run, t.cfg.Plan, t.cfg.Commit))
}

// Tell keeps the record for every tracker and tells them all that is kept. An
// error means that the record could not be kept; what a tracker did not hear is
// no error but a notice.
func (t *Tracking) Tell(ctx context.Context, r Record) error {
	if t == nil {
		return nil
	}
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("track run %s: %w", r.ID, err)
	}
	var problems []error
	keep := context.WithoutCancel(ctx) // that a run was interrupted is told too
	for _, one := range t.trackers {
		if err := t.cfg.Store.PutRef(keep, prefix+one.name()+"/"+r.Model+"/"+r.ID, text); err != nil {
			problems = append(problems, fmt.Errorf("track run %s: keep it for %s: %w", r.ID, one.name(), err))
		}
	}
	if ctx.Err() == nil { // whoever presses Ctrl-C does not wait for a tracker
		t.flush(ctx)
	}
	return errors.Join(problems...)
}

// flush tells each tracker what is kept for it, until one record fails.
func (t *Tracking) flush(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for _, one := range t.trackers {
		names, err := t.cfg.Store.ListRefs(ctx, prefix+one.name()+"/")
		if err != nil {
			t.cfg.Notice(fmt.Sprintf("what is kept for %s cannot be listed: %v", one.name(), err))
			continue
		}
		slices.Sort(names)
		for i, name := range names[:min(len(names), most)] {
			if err := t.tell(ctx, one, name); err != nil {
				t.cfg.Log.Warn("not tracked", "tracker", one.name(), "runs", len(names)-i, "error", err)
				t.cfg.Notice(fmt.Sprintf("%s does not hear: %v; %d kept, and told with the next run", one.name(), err, len(names)-i))
				break
			}
		}
	}
}

// tell tells one kept record and takes it away once it was heard. One that
// cannot be read was never whole, and is taken away too.
func (t *Tracking) tell(ctx context.Context, one tracker, name string) error {
	text, err := t.cfg.Store.GetRef(ctx, name)
	if err != nil {
		return err
	}
	var r Record
	if err := json.Unmarshal(text, &r); err == nil {
		backOff := retry.WithMaxRetries(2, retry.WithJitterPercent(30, retry.NewExponential(t.cfg.Sleep)))
		err = retry.Do(ctx, backOff, func(ctx context.Context) error { return one.send(ctx, r) })
		var refused *refusedError
		if errors.As(err, &refused) {
			t.cfg.Notice(fmt.Sprintf("%s refuses run %s of %s: %v; it is not told again", one.name(), r.ID, r.Model, err))
		} else if err != nil {
			return err
		}
	}
	return t.cfg.Store.DeleteRef(ctx, name)
}

// refusedError is an answer that trying again does not change.
type refusedError struct{ why string }

// Error says why.
func (e *refusedError) Error() string { return e.why }

// cut bounds a text in bytes, at a rune's end.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "")
}
