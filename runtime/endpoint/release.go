package endpoint

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/govern"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/release"
	"github.com/ashlar-dev/ashlar/runtime/serve"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// ReleasesRef is what the state of an endpoint's releases is called in the store.
func ReleasesRef(endpoint string) string { return releasesPrefix + endpoint }

const releasesPrefix = "releases/"

// Released returns the endpoints that have had a release, in order.
func Released(ctx context.Context, s *store.Store) ([]string, error) {
	names, err := s.ListRefs(ctx, releasesPrefix)
	for i, name := range names {
		names[i] = strings.TrimPrefix(name, releasesPrefix)
	}
	return names, err
}

// ReadReleases returns what is known of an endpoint's releases; nil where there were
// none.
func ReadReleases(ctx context.Context, s *store.Store, endpoint string) (*release.State, error) {
	var st release.State
	if err := read(ctx, s, ReleasesRef(endpoint), &st); err != nil {
		return nil, err
	}
	if st.Endpoint == "" {
		return nil, nil
	}
	return &st, nil
}

// KeepReleases keeps what is known of an endpoint's releases for ReadReleases.
func KeepReleases(ctx context.Context, s *store.Store, st *release.State) error {
	if err := write(ctx, s, ReleasesRef(st.Endpoint), st); err != nil {
		return fmt.Errorf("its releases: %w", err)
	}
	return nil
}

// steering is the release of an endpoint, and what takes part in it.
type steering struct {
	state  *release.State // nil: not read yet
	stages []release.Stage
	main   *serve.Loaded // what serves
	next   *candidate    // what is being released; nil: nothing is
	// Of the version before and of the new one.
	was, is *serve.Tally
	compare *serve.Comparer
	placed  *release.Stage // where the new version stands; nil: nowhere
	ticked  time.Time
	saved   time.Time
	dirty   bool
	// variants are those of an A/B test, which no release is under way beside.
	variants variants
}

// releaser is an endpoint at a release; its methods are called with deciding held.
type releaser struct{ *Endpoint }

// stepped reports whether a version replaces another by steps here. Replicas do not
// take them: on a cluster, Argo Rollouts moves the traffic between pods.
func (e releaser) stepped() bool {
	s := e.spec.Strategy
	return e.cfg.Replica == "" && (s.Canary != nil || s.BlueGreen != nil || s.Shadow != nil)
}

// follow is Follow with deciding held.
//
// A version that may not be served any more leaves at once, strategy or not. What
// then is the newest that may be served has nothing to be compared with, and takes
// all traffic, as the first version of an endpoint does.
func (e releaser) follow(ctx context.Context) (bool, error) {
	if err := e.readState(ctx); err != nil {
		return false, err
	}
	if e.divided() {
		return e.followVariants(ctx)
	}
	st := e.release.state
	ask := e.asked()
	switch {
	case e.stepped():
		ask.PassedOver = func(v registry.Version) string { return st.Refuses(Named(v)) }
	case e.cfg.Assigned != nil:
		ask.PassedOver = e.unassigned
	}
	stable, err := e.stable(ctx, ask)
	if err != nil {
		return false, err
	}
	v, err := govern.Choose(ctx, e.cfg.Registry, ask)
	var none *govern.NotServableError
	if errors.As(err, &none) {
		// A version that was aborted keeps nobody from being served by the one before.
		if ask.PassedOver = nil; stable.Version > 0 {
			if _, err := govern.Choose(ctx, e.cfg.Registry, ask); err == nil {
				return e.keep(ctx, stable)
			}
		}
		return e.withdraw(ctx, none.Error(), none.Reasons)
	}
	if err != nil {
		return false, err
	}
	if stable.Version == 0 || Named(stable) == Named(v) {
		return e.keep(ctx, v)
	}
	changed, err := e.serves(ctx, stable)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrDamaged) {
		e.cfg.Notice(fmt.Sprintf("%s has nothing to release version %d beside: %v", e.cfg.Name, v.Version, err))
		return e.keep(ctx, v)
	}
	if err != nil {
		return changed, err
	}
	return changed, e.begin(ctx, v)
}

// stable is the version that is to keep the traffic while another is released; its
// number is 0 where there is none. It is what is served, or was when the endpoint
// last was, and may still be.
func (e releaser) stable(ctx context.Context, ask govern.Requirements) (registry.Version, error) {
	if !e.stepped() {
		return registry.Version{}, nil
	}
	e.mu.Lock()
	at := Named(e.version)
	e.mu.Unlock()
	if at.Version == 0 && e.release.state.Current != nil {
		at = e.release.state.Stable // a release may have had all traffic
	}
	if at.Version == 0 {
		served, err := e.cfg.Registry.ServedAt(ctx, e.cfg.Name, e.cfg.Now())
		if err != nil {
			return registry.Version{}, err
		}
		if len(served) > 0 {
			at = release.Version{Model: served[0].Model, Version: served[0].Version, Digest: served[0].Digest}
		}
	}
	if at.Version == 0 || at.Model != e.spec.Model { // another model is another interface
		return registry.Version{}, nil
	}
	v, err := e.cfg.Registry.Version(ctx, at.Model, at.Version)
	if errors.As(err, new(*registry.NotFoundError)) || err == nil && v.ModelDigest != at.Digest {
		return registry.Version{}, nil
	}
	if err != nil {
		return registry.Version{}, err
	}
	reasons, err := ask.Objections(v)
	if err != nil || len(reasons) > 0 {
		return registry.Version{}, err
	}
	return v, nil
}

// serves sees to it that the version is what the endpoint serves.
func (e releaser) serves(ctx context.Context, v registry.Version) (bool, error) {
	e.mu.Lock()
	same := Named(e.version) == Named(v)
	e.mu.Unlock()
	if same {
		return false, nil
	}
	return e.swap(ctx, v)
}

// keep serves the version, and releases none. It is served before a release ends
// that is under way, whose version before may be one that must not be served any more.
func (e releaser) keep(ctx context.Context, v registry.Version) (bool, error) {
	st := e.release.state
	changed, err := e.serves(ctx, v)
	if err != nil {
		return changed, err
	}
	if err := e.dropRelease(ctx, fmt.Sprintf("version %d is to be served, and no other", v.Version)); err != nil {
		return changed, err
	}
	if st.Stable != Named(v) && (e.stepped() || !st.Stable.Zero()) {
		st.Stable = Named(v)
		return changed, e.saveState(ctx)
	}
	return changed, nil
}

// begin sees to it that the version is being released.
func (e releaser) begin(ctx context.Context, v registry.Version) error {
	r, now := &e.release, e.cfg.Now()
	if c := r.state.Current; c != nil && !c.Over() && c.To != Named(v) {
		if err := e.dropRelease(ctx, fmt.Sprintf("version %d is to be released in its place", v.Version)); err != nil {
			return err
		}
	}
	r.state.Stable = Named(e.version)
	began, err := r.state.Wants(e.spec.Strategy, Named(v), now)
	if err != nil {
		return err
	}
	if began {
		if r.state.Decided, err = e.cfg.Registry.Head(ctx); err != nil {
			r.state.Current = nil
			return err
		}
		e.forget()
		r.dirty = true
	}
	if r.next == nil {
		if err := e.resume(ctx, v); err != nil {
			return err
		}
	}
	if began {
		if err := e.tell(ctx, r.state.Current, "begin", r.state.Current.Strategy); err != nil {
			return err
		}
		if err := e.saveState(ctx); err != nil {
			return err
		}
	}
	return e.place(ctx)
}

// resume makes what takes part in the release ready, at its beginning or after a
// restart.
func (e releaser) resume(ctx context.Context, v registry.Version) error {
	r := &e.release
	var err error
	if r.stages, err = release.Stages(e.spec.Strategy); err != nil {
		return err
	}
	c, err := e.prepare(ctx, v)
	if err != nil {
		return err
	}
	r.next, r.placed, r.ticked = c, nil, e.cfg.Now()
	r.restore(e.spec.Strategy)
	return nil
}

// readState reads what is known of the releases, once.
func (e releaser) readState(ctx context.Context) error {
	if e.release.state != nil {
		return nil
	}
	st := &release.State{}
	if e.cfg.Replica == "" {
		found, err := ReadReleases(ctx, e.cfg.Store, e.cfg.Name)
		if err != nil {
			return fmt.Errorf("endpoint %s: its releases: %w", e.cfg.Name, err)
		}
		if found != nil {
			st = found
			st.Settle() // it had ended, and the process before did not get any further
		}
	}
	st.Endpoint = e.cfg.Name
	e.release.state = st
	return nil
}

// saveState keeps what is known of the releases.
func (e releaser) saveState(ctx context.Context) error {
	r := &e.release
	r.dirty = true
	if err := r.observe(); err != nil {
		return err
	}
	if err := KeepReleases(ctx, e.cfg.Store, r.state); err != nil {
		return fmt.Errorf("endpoint %s: %w", e.cfg.Name, err)
	}
	r.dirty, r.saved = false, e.cfg.Now()
	return nil
}

// tell notes in the audit log what happens to a release, and says so.
func (e releaser) tell(ctx context.Context, c *release.Release, what, why string) error {
	e.cfg.Notice(fmt.Sprintf("%s: release of version %d: %s: %s", e.cfg.Name, c.To.Version, what, why))
	return e.cfg.Registry.Releases().Record(ctx, registry.Release{Endpoint: e.cfg.Name, Model: c.To.Model,
		Version: c.To.Version, What: what, Reason: why})
}

// compares reports whether the strategy asks for answers to be compared, and within
// which tolerance.
func compares(s plan.Strategy) (bool, float64) {
	for _, a := range s.Analyses() {
		if _, asks := a.Metrics[plan.Agreement]; asks {
			return true, a.Tolerance
		}
	}
	return s.Shadow != nil, 0
}

// Releases is what is known of the endpoint's releases, as a copy; nil: nothing.
func (e *Endpoint) Releases() *release.State {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.shown
}
