package rollout

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/endpoint"
	"github.com/ashlar-dev/ashlar/runtime/govern"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/release"
)

// Where the plan that pods have says how versions stand beside each other, every pod has
// all of them: a caller meets the same variant in each, a shadow is asked the very rows
// that were answered, and the weight of a canary is that of requests, without a router
// that knows of any of it. What pods have counted is gathered here and judged for all of
// them, and the state of the release in the store tells them where the new version
// stands. It takes no Argo Rollouts.

// askEvery is how often pods are asked what they have counted.
const askEvery = 10 * time.Second

// within follows an endpoint whose pods have several versions.
func (r *Releaser) within(ctx context.Context, name string, st *release.State, at Standing) error {
	if err := r.decided(ctx, name, st); err != nil {
		return err
	}
	if c := st.Current; c != nil && c.Over() {
		if err := r.finish(ctx, name, st); err != nil {
			return err
		}
	}
	if r.cfg.Plan.Endpoints[name].Strategy.AB != nil {
		return r.divide(ctx, name, st, at)
	}
	return r.carry(ctx, name, st, at)
}

// carry takes the version that is wanted through the stages of the strategy, in pods that
// have the one before as well.
func (r *Releaser) carry(ctx context.Context, name string, st *release.State, at Standing) error {
	wanted, ok, err := r.wanted(ctx, name, st)
	if err != nil || !ok {
		return err
	}
	holds, err := r.holds(ctx, name, st.Stable)
	if err != nil {
		return err
	}
	if !holds || wanted == st.Stable {
		if err := r.drop(ctx, name, st, fmt.Sprintf("version %d is to be served, and no other", wanted.Version)); err != nil {
			return err
		}
		return r.place(ctx, name, st, at, Assignment{Digest: wanted.Digest}, wanted)
	}
	if err := r.beginWith(ctx, name, st, wanted); err != nil {
		return err
	}
	want := Assignment{Digest: st.Stable.Digest, Within: endpoint.Within{endpoint.Next: wanted.Digest}}
	if err := r.place(ctx, name, st, at, want, st.Stable); err != nil {
		return err
	}
	if !at.settledOn(want) {
		st.Current.Why = "pods that have both versions are being started"
		r.ticked[name] = r.cfg.Now()
		return nil
	}
	return r.judged(ctx, name, st)
}

// wanted is the version that is to be served; false: none may be.
func (r *Releaser) wanted(ctx context.Context, name string, st *release.State) (release.Version, bool, error) {
	v, err := govern.Choose(ctx, r.cfg.Registry, r.asked(name, st))
	var none *govern.NotServableError
	if !errors.As(err, &none) {
		if err == nil {
			delete(r.said, name)
		}
		return endpoint.Named(v), err == nil, err
	}
	// A version that was aborted keeps nobody from being served by the one before.
	if holds, err := r.holds(ctx, name, st.Stable); err != nil || holds {
		return st.Stable, holds, err
	}
	r.nothing(name, none.Error())
	return release.Version{}, false, nil
}

// nothing logs once why nothing is released.
func (r *Releaser) nothing(name, why string) {
	if r.said[name] != why {
		r.said[name] = why
		r.cfg.Log.Info("nothing is released", "endpoint", name, "reason", why)
	}
}

// holds reports whether the version may still be served.
func (r *Releaser) holds(ctx context.Context, name string, v release.Version) (bool, error) {
	if v.Zero() {
		return false, nil
	}
	found, err := r.cfg.Registry.Version(ctx, v.Model, v.Version)
	if errors.As(err, new(*registry.NotFoundError)) || err == nil && found.ModelDigest != v.Digest {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	reasons, err := govern.For(r.cfg.Plan, name, r.cfg.Rules, r.cfg.Now()).Objections(found)
	return len(reasons) == 0, err
}

// beginWith sees to it that the release of the version is under way.
func (r *Releaser) beginWith(ctx context.Context, name string, st *release.State, to release.Version) error {
	if c := st.Current; c != nil && c.To != to {
		if err := r.drop(ctx, name, st, fmt.Sprintf("version %d is to be released in its place", to.Version)); err != nil {
			return err
		}
	}
	if st.Decided == 0 {
		var err error
		if st.Decided, err = r.cfg.Registry.Head(ctx); err != nil {
			return err
		}
	}
	strategy := r.cfg.Plan.Endpoints[name].Strategy
	began, err := st.Wants(strategy, to, r.cfg.Now())
	if err != nil || !began {
		return err
	}
	if err := r.tell(ctx, name, to, begun, strategy.Kind()); err != nil {
		st.Current = nil // it begins again, and is told then
		return err
	}
	return nil
}

// drop ends the release that is under way, if one is.
func (r *Releaser) drop(ctx context.Context, name string, st *release.State, why string) error {
	if st.Current == nil {
		return nil
	}
	if err := r.tell(ctx, name, st.Current.To, string(release.Superseded), why); err != nil {
		return err
	}
	st.Supersede(r.cfg.Now(), why)
	return nil
}

// place sees to it that the workload's pods have these versions, and notes that main has
// the traffic when they do.
func (r *Releaser) place(ctx context.Context, name string, st *release.State, at Standing, want Assignment,
	main release.Version) error {
	if !at.Assignment.Same(want) {
		r.cfg.Log.Info("assigned", "endpoint", name, "digest", want.Digest, "beside", want.Within.String())
		return r.cfg.Workloads.Assign(ctx, name, want)
	}
	if st.Stable == main || !at.settledOn(want) {
		return nil
	}
	if err := r.serves(ctx, name, main); err != nil {
		return err
	}
	st.Stable = main
	return nil
}

// judged takes the release further by what pods have counted.
func (r *Releaser) judged(ctx context.Context, name string, st *release.State) error {
	c, now := st.Current, r.cfg.Now()
	passed := now.Sub(r.ticked[name])
	_, known := r.ticked[name]
	if known && passed < askEvery {
		return nil
	}
	stages, err := release.Stages(r.cfg.Plan.Endpoints[name].Strategy)
	if err != nil {
		return err
	}
	if !known {
		passed = 0
		if err := r.traffic(ctx, name, c, stages); err != nil {
			return err
		}
	}
	seen, err := r.observed(ctx, name, st, endpoint.Within{endpoint.Next: c.To.Digest}, freshAt(c, stages))
	if err != nil {
		return err
	}
	r.ticked[name] = now
	stage := c.Stage
	c.Tick(stages, now, passed, seen.verdict(endpoint.Next, 1))
	if c.Over() {
		return r.finish(ctx, name, st)
	}
	if c.Stage == stage {
		return nil
	}
	return errors.Join(r.traffic(ctx, name, c, stages),
		r.tell(ctx, name, c.To, stepped, fmt.Sprintf("%s (%d of %d)", c.Steps[c.Stage].Name, c.Stage+1, len(c.Steps))))
}

// freshAt is the number of the newest stage from whose beginning on counts count; 0: all
// count.
func freshAt(c *release.Release, stages []release.Stage) int {
	at := 0
	for i := range stages[:min(c.Stage+1, len(stages))] {
		if stages[i].Fresh {
			at = i
		}
	}
	return at
}

// traffic tells the registry which versions have traffic, before pods hear of it: what
// may not be served is refused there.
func (r *Releaser) traffic(ctx context.Context, name string, c *release.Release, stages []release.Stage) error {
	at, ok := c.Place(stages)
	if !ok {
		return nil
	}
	reg, main := r.cfg.Registry, c.From
	if at.Weight == 100 {
		main = c.To
	}
	var err error
	if at.Weight > 0 && at.Weight < 100 {
		err = reg.RecordServing(ctx, endpoint.Slot(name), c.To.Model, c.To.Version, c.To.Digest)
	} else {
		err = reg.StopServing(ctx, endpoint.Slot(name))
	}
	return errors.Join(err, reg.RecordServing(ctx, name, main.Model, main.Version, main.Digest))
}

// finish does what is left to do for a release that has ended. After an error it is
// called again.
func (r *Releaser) finish(ctx context.Context, name string, st *release.State) error {
	c := st.Current
	var err error
	if c.Phase == release.Promoted {
		err = r.serves(ctx, name, c.To)
	} else {
		err = errors.Join(r.cfg.Registry.StopServing(ctx, endpoint.Slot(name), c.Why),
			r.cfg.Registry.RecordServing(ctx, name, c.From.Model, c.From.Version, c.From.Digest))
	}
	if err != nil {
		return err
	}
	if err := r.tell(ctx, name, c.To, string(c.Phase), c.Why); err != nil {
		return err
	}
	st.Settle()
	return nil
}
