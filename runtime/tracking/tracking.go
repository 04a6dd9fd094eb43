// Package tracking tells other systems of runs: an MLflow server, Weights &
// Biases, a server or a file of OpenLineage. The registry needs none of them; they are for the people who
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
	"path"
	"slices"
	"strings"
	"time"

	"github.com/sethvargo/go-retry"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/outbound"
	"github.com/ashlar-dev/ashlar/runtime/run"
	"github.com/ashlar-dev/ashlar/runtime/store"
	"github.com/ashlar-dev/ashlar/runtime/tuning"
)

const (
	prefix = "tracking/"
	// patience is how long all telling of one run may take: training is done, and
	// whoever waits for it does not wait for a tracker.
	patience = 20 * time.Second
	// most is how many kept records are told at once, the oldest first.
	most = 200
	// maxKept bounds what is kept for a tracker that never hears.
	maxKept = 10_000
	// refusedPrefix is where what a tracker refuses is put aside, with why, for
	// people to look at.
	refusedPrefix = prefix + "refused/"
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
	Tags        map[string]string  `json:"tags,omitempty"` // digests, version, environment
	// Points are metrics over steps: folds of a cross-validation, trials of a search.
	Points    []Point           `json:"points,omitempty"`
	Training  *tuning.Report    `json:"training,omitempty"`  // trials with their parameters, and folds
	Artifacts map[string]string `json:"artifacts,omitempty"` // file name -> digest in the store
	Source    string            `json:"source,omitempty"`
	Dataset   string            `json:"dataset,omitempty"`
}

// Point is a metric at a step.
type Point struct {
	Name  string  `json:"name"`
	Step  int64   `json:"step"`
	Value float64 `json:"value"`
}

// key names the run among all runs of all blueprints.
// Ids of runs are unique within a model of a blueprint only.
func (r *Record) key() string { return r.Blueprint + "/" + r.Model + "/" + r.ID }

// tracker is one system that hears of runs. Send may be called twice for a run.
type tracker interface {
	name() string
	send(ctx context.Context, r Record) error
}

// Config is what telling needs. Secrets come from the environment alone.
type Config struct {
	Plan   *plan.Plan
	Store  *store.Store
	Dir    string // that files are relative to
	Commit string // of the source; empty: not known
	Getenv func(string) string
	Log    *slog.Logger
	Notice func(string) // hears of what could not be told; may be nil
	Client *http.Client // nil: one that keeps the rules of package outbound
	Sleep  time.Duration
}

// Tracking tells the trackers of a plan. Nil tells nobody.
type Tracking struct {
	cfg      Config
	trackers []tracker
}

// New returns nil where the plan tells nobody.
// It connects to nothing and checks nothing: a tracker that is wrongly configured
// shows as one that does not hear.
func New(cfg Config) *Tracking {
	t := cfg.Plan.Tracking
	if t == nil {
		return nil
	}
	if cfg.Client == nil {
		cfg.Client = outbound.Client(outbound.Config{Timeout: patience / 2})
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
	if t.WandB != nil {
		out.trackers = append(out.trackers, newWandB(cfg, *t.WandB))
	}
	if t.OpenLineage != nil && t.OpenLineage.File != "" {
		out.trackers = append(out.trackers, newLineageFile(cfg, *t.OpenLineage))
	} else if t.OpenLineage != nil {
		out.trackers = append(out.trackers, newOpenLineage(cfg, *t.OpenLineage))
	}
	return out
}

// Run tells of a run of the plan, unless it found everything made: nothing
// happened then.
// The training report is read even where ctx is done, as with Tell.
func (t *Tracking) Run(ctx context.Context, one *run.Run) error {
	if t == nil || one == nil || one.Status == run.Succeeded && one.Reused() {
		return nil
	}
	r := Of(*one, t.cfg.Plan, t.cfg.Commit)
	r.learnt(context.WithoutCancel(ctx), t.cfg.Store, one)
	return t.Tell(ctx, r)
}

// Tell keeps the record for every tracker and tells them all that is kept. An
// error means that the record could not be kept; what a tracker did not hear is
// no error but a notice.
//
// The record is in the store before the first attempt to send it, and goes only
// after the tracker took it: a process killed in between tells it again.
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
		if err := t.cfg.Store.PutRef(keep, prefix+one.name()+"/"+r.key(), text); err != nil {
			problems = append(problems, fmt.Errorf("track run %s: keep it for %s: %w", r.ID, one.name(), err))
		}
	}
	if ctx.Err() == nil { // whoever presses Ctrl-C does not wait for a tracker
		t.flush(ctx)
	}
	return errors.Join(problems...)
}

// flush tells each tracker what is kept for it, the oldest first. A tracker that
// is down is left alone till the next run; a record that it cannot take keeps no
// other from being told.
// All trackers share the patience. Ids of runs begin with their time, so ordering
// by the last part of the name is ordering by age, across models.
func (t *Tracking) flush(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for _, one := range t.trackers {
		names, err := t.cfg.Store.ListRefs(ctx, prefix+one.name()+"/")
		if err != nil {
			t.cfg.Notice(fmt.Sprintf("what is kept for %s cannot be listed: %v", one.name(), err))
			continue
		}
		slices.SortFunc(names, func(a, b string) int { return strings.Compare(path.Base(a), path.Base(b)) })
		// Before sending, so that a tracker which is down cannot fill the store.
		names = t.bound(ctx, one, names)
		left, last := len(names), error(nil)
		for _, name := range names[:min(len(names), most)] {
			err := t.tell(ctx, one, name)
			if err == nil {
				left--
				continue
			}
			last = err
			// The tracker is down or refuses everybody: the others would fail alike.
			if !answered(err) {
				break
			}
		}
		if last != nil {
			t.cfg.Log.Warn("not tracked", "tracker", one.name(), "runs", left, "error", last)
			t.cfg.Notice(fmt.Sprintf("%s does not accept records: %v; %d kept, to be sent with the next run",
				one.name(), last, left))
		}
	}
}

// answered reports whether the tracker is up and said no, rather than nothing.
// 401 and 403 are about the token and 429 about the rate: every other record would
// get the same answer.
func answered(err error) bool {
	var f *failure
	return errors.As(err, &f) && f.status >= 400 && f.status < 500 && f.status != 401 &&
		f.status != 403 && f.status != 429
}

// bound takes the oldest records away where a tracker has not heard for so long
// that there are too many.
// names is sorted, oldest first; the rest is returned.
func (t *Tracking) bound(ctx context.Context, one tracker, names []string) []string {
	over := len(names) - maxKept
	if over <= 0 {
		return names
	}
	for _, name := range names[:over] {
		if err := t.cfg.Store.DeleteRef(ctx, name); err != nil {
			t.cfg.Log.Warn("not tracked", "tracker", one.name(), "error", err)
		}
	}
	t.cfg.Notice(fmt.Sprintf("%s has not heard of more than %d runs; the oldest %d are given up, the store still has them", one.name(), maxKept, over))
	return names[over:]
}

// tell tells one kept record and takes it away once it was heard. What is
// refused for good, or cannot be read, is put aside with the reason.
// It is tried three times in all, with pauses from cfg.Sleep on. Of a record that was
// damaged in the store nothing is left to look at but its name, which is the run's.
func (t *Tracking) tell(ctx context.Context, one tracker, name string) error {
	text, err := t.cfg.Store.GetRef(ctx, name)
	if errors.Is(err, store.ErrNotFound) { // another process has told it meanwhile
		return nil
	}
	if errors.Is(err, store.ErrDamaged) {
		return t.aside(ctx, one, name, nil, "its bytes in the store were changed")
	}
	if err != nil {
		return err
	}
	var r Record
	if err := json.Unmarshal(text, &r); err != nil {
		return t.aside(ctx, one, name, text, "it cannot be read: "+err.Error())
	}
	backOff := retry.WithMaxRetries(2, retry.WithJitterPercent(30, retry.NewExponential(t.cfg.Sleep)))
	err = retry.Do(ctx, backOff, func(ctx context.Context) error { return one.send(ctx, r) })
	var refused *refusedError
	if errors.As(err, &refused) {
		return t.aside(ctx, one, name, text, refused.why)
	}
	if err != nil {
		return err
	}
	return t.cfg.Store.DeleteRef(ctx, name)
}

// aside keeps the record where it blocks nobody.
// The reference is made before the old one is deleted: a crash in between leaves
// both, and the record is refused once more.
func (t *Tracking) aside(ctx context.Context, one tracker, name string, text []byte, why string) error {
	to := refusedPrefix + strings.TrimPrefix(name, prefix)
	kept, err := json.Marshal(map[string]string{"why": why, "record": string(text)})
	if err == nil {
		err = t.cfg.Store.PutRef(ctx, to, kept)
	}
	if err != nil {
		return err
	}
	t.cfg.Notice(fmt.Sprintf("%s refuses a run: %s; it is put aside as %s of the store", one.name(), why, to))
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
