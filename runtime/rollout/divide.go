package rollout

import (
	"context"
	"errors"
	"fmt"

	"github.com/ashlar-dev/ashlar/runtime/endpoint"
	"github.com/ashlar-dev/ashlar/runtime/govern"
	"github.com/ashlar-dev/ashlar/runtime/judge"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/release"
)

// divide sees to it that pods have the version of each variant of an A/B test, and
// closes those that fail.
func (r *Releaser) divide(ctx context.Context, name string, st *release.State, at Standing) error {
	if err := r.drop(ctx, name, st, "the endpoint's traffic is divided between variants"); err != nil {
		return err
	}
	ab := r.cfg.Plan.Endpoints[name].Strategy.AB
	names := ab.Names()
	ask := govern.For(r.cfg.Plan, name, r.cfg.Rules, r.cfg.Now())
	versions := map[string]release.Version{} // the open ones
	for i, variant := range names {
		v, err := endpoint.VariantVersion(ctx, r.cfg.Registry, r.cfg.Plan, ask, ab.Variants[variant])
		var none *govern.NotServableError
		switch {
		case errors.As(err, &none) && i == 0:
			r.nothing(name, none.Error())
			return nil
		case errors.As(err, &none) || err == nil && i > 0 && st.Refuses(endpoint.Named(v)) != "":
		case err != nil:
			return err
		default:
			versions[variant] = endpoint.Named(v)
		}
	}
	delete(r.said, name)
	want := Assignment{Digest: versions[names[0]].Digest, Within: endpoint.Within{}}
	for _, variant := range names[1:] {
		want.Within[variant] = versions[variant].Digest
	}
	if !at.Assignment.Same(want) {
		if err := r.recordVariants(ctx, name, names[1:], versions); err != nil {
			return err
		}
	}
	if err := r.place(ctx, name, st, at, want, versions[names[0]]); err != nil {
		return err
	}
	if ab.Analysis == nil || !at.settledOn(want) || r.cfg.Now().Sub(r.ticked[name]) < askEvery {
		return nil
	}
	r.ticked[name] = r.cfg.Now()
	return r.judgeVariants(ctx, name, st, versions, want.Within)
}

// recordVariants tells the registry which versions the variants beside the first have,
// before pods have them: what may not be served is refused there.
func (r *Releaser) recordVariants(ctx context.Context, name string, variants []string,
	versions map[string]release.Version) error {
	var all []error
	for _, variant := range variants {
		slot := endpoint.VariantSlot(name, variant)
		if v, open := versions[variant]; open {
			all = append(all, r.cfg.Registry.RecordServing(ctx, slot, v.Model, v.Version, v.Digest))
		} else {
			all = append(all, r.cfg.Registry.StopServing(ctx, slot))
		}
	}
	return errors.Join(all...)
}

// judgeVariants refuses the versions of variants that fail: with the next round their
// share is the first one's. A variant is open again with another version.
func (r *Releaser) judgeVariants(ctx context.Context, name string, st *release.State,
	versions map[string]release.Version, within endpoint.Within) error {
	seen, err := r.observed(ctx, name, st, within, 0)
	if err != nil {
		return err
	}
	ab := r.cfg.Plan.Endpoints[name].Strategy.AB
	for _, variant := range ab.Names()[1:] {
		v, open := versions[variant]
		if !open {
			continue
		}
		verdict := seen.verdict(variant, len(ab.Variants)-1)(ab.Analysis)
		if verdict.Verdict != judge.Fail {
			continue
		}
		why := fmt.Sprintf("variant %s: %s", variant, verdict.Reason)
		if err := r.tell(ctx, name, v, string(release.Aborted), why); err != nil {
			return err
		}
		st.Refused = append(st.Refused, release.Refused{Version: v, At: r.cfg.Now(), Why: why})
	}
	return nil
}

// decided does what people decided since it last looked about releases within pods.
// What cannot be done is logged: the audit log has who asked for it.
func (r *Releaser) decided(ctx context.Context, name string, st *release.State) error {
	if st.Decided == 0 && st.Current == nil && len(st.Refused) == 0 {
		return nil // there was no release yet
	}
	wanted, head, err := r.cfg.Registry.Releases().Steered(ctx, name, st.Decided)
	if err != nil {
		return err
	}
	for _, w := range wanted {
		if err := decide(st, w, r); err != nil {
			r.cfg.Log.Warn("release is not steered", "endpoint", name, "what", w.What, "by", w.By, "error", err)
		}
	}
	st.Decided = head
	return nil
}

func decide(st *release.State, w registry.Steering, r *Releaser) error {
	if w.What == release.WantRetry {
		return st.Retry(w.Version)
	}
	c := st.Current
	if c == nil || c.Over() || w.Version != 0 && w.Version != c.To.Version {
		return fmt.Errorf("no release of version %d is under way", w.Version)
	}
	switch w.What {
	case release.WantAbort:
		why := w.Reason
		if why == "" {
			why = "aborted by " + w.By
		}
		return c.Abort(r.cfg.Now(), w.By, why)
	case release.WantPromote, release.WantFull:
		return c.Promote(r.cfg.Now(), w.By, w.What == release.WantFull)
	}
	return fmt.Errorf("%q is not known", w.What)
}
