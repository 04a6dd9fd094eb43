package endpoint

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/judge"
	"github.com/ashlar-dev/ashlar/runtime/release"
	"github.com/ashlar-dev/ashlar/runtime/serve"
)

// saveEvery is how often what was observed is kept, at most: a process that is killed
// loses the observations since.
const saveEvery = time.Second

// Slot is what the new version's serving is recorded as while both have traffic.
func Slot(endpoint string) string { return endpoint + "/canary" }

// Advance takes the release that is under way further: it does what people decided,
// asks the judge, and moves the traffic. It reports whether anything changed, and
// must be called about every second. Without a release it looks for decisions about
// the last one.
func (e *Endpoint) Advance(ctx context.Context) (bool, error) {
	e.deciding.Lock()
	defer e.deciding.Unlock()
	r := releaser{e}
	if r.carried() {
		return r.standNext(ctx)
	}
	if !r.stepped() && !r.divided() || e.release.state == nil {
		return false, nil
	}
	step := r.advance
	if r.divided() {
		step = r.judgeVariants
	}
	changed, err := step(ctx)
	e.mu.Lock()
	e.shown = e.release.state.Clone()
	e.mu.Unlock()
	return changed, err
}

func (e releaser) advance(ctx context.Context) (bool, error) {
	r, now := &e.release, e.cfg.Now()
	changed, err := e.steered(ctx, now)
	c := r.state.Current
	if err != nil || c == nil || !c.Over() && r.next == nil {
		return changed, err
	}
	if !c.Over() {
		reasons, err := e.asked().Objections(r.next.version)
		if err != nil {
			return changed, err
		}
		if len(reasons) > 0 {
			return true, e.dropRelease(ctx, "it "+strings.Join(reasons, " and "))
		}
		stage := c.Stage
		if c.Tick(r.stages, now, now.Sub(r.ticked), r.verdict) {
			changed, r.dirty = true, true
		}
		r.ticked = now
		if c.Stage != stage && c.Stage < len(r.stages) {
			e.cfg.Notice(fmt.Sprintf("%s: release of version %d: %s", e.cfg.Name, c.To.Version, r.stages[c.Stage].Name))
			if r.stages[c.Stage].Fresh {
				r.clear()
				r.restore(e.spec.Strategy)
			}
		}
	}
	if c.Over() {
		return true, e.finish(ctx)
	}
	if r.dirty || now.Sub(r.saved) >= saveEvery {
		if err := e.saveState(ctx); err != nil {
			return changed, err
		}
	}
	return changed, e.place(ctx)
}

// steered does what people decided since it last looked.
func (e releaser) steered(ctx context.Context, now time.Time) (bool, error) {
	r := &e.release
	wanted, head, err := e.cfg.Registry.Releases().Steered(ctx, e.cfg.Name, r.state.Decided)
	if err != nil {
		return false, err
	}
	changed := false
	for _, w := range wanted {
		c := r.state.Current
		about := c != nil && (w.Version == 0 || w.Version == c.To.Version)
		switch {
		case w.What == release.WantRetry:
			if err := r.state.Retry(w.Version); err != nil {
				e.cfg.Notice(fmt.Sprintf("%s: retry by %s: %v", e.cfg.Name, w.By, err))
				continue
			}
		case !about:
			e.cfg.Notice(fmt.Sprintf("%s: %s by %s: no release of version %d is under way", e.cfg.Name, w.What, w.By,
				w.Version))
			continue
		case w.What == release.WantAbort:
			err = c.Abort(now, w.By, cmp.Or(w.Reason, "aborted by "+w.By))
		case w.What == release.WantPromote || w.What == release.WantFull:
			err = c.Promote(now, w.By, w.What == release.WantFull)
		}
		if err != nil {
			e.cfg.Notice(fmt.Sprintf("%s: %s by %s: %v", e.cfg.Name, w.What, w.By, err))
			err = nil
			continue
		}
		changed = true
		if c != nil && !c.Over() && c.Stage < len(r.stages) && r.stages[c.Stage].Fresh {
			r.clear()
			r.restore(e.spec.Strategy)
		}
	}
	if head == r.state.Decided {
		return changed, nil
	}
	r.state.Decided = head
	if !changed { // the number alone is kept with the next thing that happens
		return false, nil
	}
	return true, e.saveState(ctx)
}

// place puts the new version where its stage says.
func (e releaser) place(ctx context.Context) error {
	r := &e.release
	st, ok := r.state.Current.Place(r.stages)
	if !ok || r.next == nil || r.stands(st) {
		return nil
	}
	if err := e.recordTraffic(ctx, st.Weight); err != nil {
		return err
	}
	return e.stand(st)
}

// stands reports whether the new version is where the stage says.
func (r *steering) stands(st release.Stage) bool {
	return r.placed != nil && r.placed.Weight == st.Weight && r.placed.Preview == st.Preview &&
		r.placed.Shadow == st.Shadow
}

// stand routes to the new version as the stage says.
func (e releaser) stand(st release.Stage) error {
	r := &e.release
	arm := serve.Arm{Loaded: r.next.loaded, Percent: float64(st.Weight), Tally: r.is}
	if wanted, tolerance := compares(e.spec.Strategy); wanted && r.compare == nil {
		cfg := serve.CompareConfig{Tolerance: tolerance, Now: e.cfg.Now}
		if st.Shadow {
			cfg.Queue, cfg.Shadow = e.spec.Strategy.Shadow.Queue, &arm
		}
		r.compare = serve.NewComparer(cfg)
	}
	to := serve.Routing{Main: r.main, Tally: r.was, Compare: r.compare}
	switch {
	case st.Shadow:
	case st.Preview:
		to.Preview = &arm
	default:
		to.Beside = []serve.Arm{arm}
	}
	if err := e.server.Route(to); err != nil {
		return err
	}
	r.placed = &st
	return nil
}

// recordTraffic tells the registry which versions have traffic. It is told first:
// what may not be served is refused there.
func (e releaser) recordTraffic(ctx context.Context, weight int) error {
	reg, from, to := e.cfg.Registry, e.release.state.Current.From, e.release.state.Current.To
	if weight == 100 {
		from = to
	}
	if weight > 0 && weight < 100 {
		if err := reg.RecordServing(ctx, Slot(e.cfg.Name), to.Model, to.Version, to.Digest); err != nil {
			return err
		}
	} else if err := reg.StopServing(ctx, Slot(e.cfg.Name)); err != nil {
		return err
	}
	return reg.RecordServing(ctx, e.cfg.Name, from.Model, from.Version, from.Digest)
}

// finish does what is left to do for a release that has ended. After an error it is
// called again.
func (e releaser) finish(ctx context.Context) error {
	r := &e.release
	c := r.state.Current
	if c.Phase == release.Promoted {
		if r.next != nil {
			if err := e.take(ctx, r.next); err != nil {
				return err
			}
			r.next = nil
		}
	} else if err := e.goBack(ctx, c); err != nil {
		return err
	}
	if err := e.cfg.Registry.StopServing(ctx, Slot(e.cfg.Name), c.Why); err != nil {
		return err
	}
	if err := e.tell(ctx, c, string(c.Phase), c.Why); err != nil {
		return err
	}
	e.forget()
	r.state.Settle()
	return e.saveState(ctx)
}

// goBack gives the version before all of the traffic; the registry hears of it
// afterwards.
func (e releaser) goBack(ctx context.Context, c *release.Release) error {
	r := &e.release
	e.mu.Lock()
	serving := Named(e.version) == c.From
	e.mu.Unlock()
	if !serving {
		return nil // it was withdrawn
	}
	if err := e.server.Route(serve.Routing{Main: r.main}); err != nil {
		return err
	}
	return e.cfg.Registry.RecordServing(ctx, e.cfg.Name, c.From.Model, c.From.Version, c.From.Digest)
}

// forget lets go of what took part in a release, but for what serves now.
func (e releaser) forget() {
	r := &e.release
	if r.compare != nil {
		r.compare.Close()
	}
	if r.next != nil {
		r.next.server.end(drained)
		if r.next.watch != nil {
			e.mu.Lock()
			e.retired = append(e.retired, r.next.watch)
			e.mu.Unlock()
		}
	}
	r.next, r.compare, r.placed, r.was, r.is = nil, nil, nil, nil, nil
}

// dropRelease ends a release that is under way because another version is to be
// served, or none.
func (e releaser) dropRelease(ctx context.Context, why string) error {
	st := e.release.state
	if st == nil || st.Current == nil {
		return nil
	}
	if err := st.Current.Supersede(e.cfg.Now(), why); err != nil && !st.Current.Over() {
		return err
	}
	return e.finish(ctx)
}

// clear forgets what was observed.
func (r *steering) clear() {
	r.state.Observed, r.was, r.is, r.placed = nil, nil, nil, nil
}

// observed is what State.Observed holds.
type observed struct {
	Was serve.Counts `json:"was"`
	Is  serve.Counts `json:"is"`
}

// restore makes the tallies, with what was observed before this process.
func (r *steering) restore(s plan.Strategy) {
	thresholds := judge.Thresholds(s)
	r.was, r.is = serve.NewTally(thresholds), serve.NewTally(thresholds)
	var o observed
	if len(r.state.Observed) > 0 && json.Unmarshal(r.state.Observed, &o) == nil {
		r.was.Restore(o.Was)
		r.is.Restore(o.Is)
	}
}

// observe takes what was counted over into the state.
func (r *steering) observe() error {
	if r.was == nil || r.state.Current == nil {
		return nil
	}
	b, err := json.Marshal(observed{r.was.Counts(), r.is.Counts()})
	if err != nil {
		return errors.Join(errors.New("what was observed"), err)
	}
	r.state.Observed = b
	return nil
}

// verdict asks the judge about what was observed so far.
func (r *steering) verdict(a *plan.Analysis) judge.Verdict {
	return judge.Judge(a, serve.Observed(r.was, r.is), 1)
}

// keepObserved keeps what was observed of a release that is under way.
func (e *Endpoint) keepObserved(ctx context.Context) {
	e.deciding.Lock()
	defer e.deciding.Unlock()
	if e.release.state == nil || e.release.state.Current == nil {
		return
	}
	if err := (releaser{e}).saveState(ctx); err != nil {
		e.cfg.Log.Warn("what was observed of the release is not kept yet", "endpoint", e.cfg.Name, "error", err)
	}
}
