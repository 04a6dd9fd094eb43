package endpoint

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/govern"
	"github.com/ashlar-dev/ashlar/runtime/judge"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/release"
	"github.com/ashlar-dev/ashlar/runtime/serve"
)

// variants are those of an A/B test beside the first, by name.
type variants map[string]*variant

// variant is one of them. A closed one keeps its share of the entities, which the
// first variant answers: whose turn it is must not move for the others.
type variant struct {
	*candidate
	tally  *serve.Tally
	closed bool
}

// divided reports whether the endpoint's traffic is divided between variants here. The
// pods of a cluster are told by their templates which version each variant has.
func (e releaser) divided() bool {
	return e.spec.Strategy.AB != nil && (e.cfg.Replica == "" || e.cfg.Assigned != nil)
}

// followVariants brings each variant to the version that it should serve by now. The
// first by name is what the endpoint serves; without it nothing is served.
func (e releaser) followVariants(ctx context.Context) (bool, error) {
	ab, st := e.spec.Strategy.AB, e.release.state
	names := ab.Names()
	first, err := e.variantVersion(ctx, names[0])
	var none *govern.NotServableError
	if errors.As(err, &none) {
		e.closeVariants()
		return e.withdraw(ctx, none.Error(), none.Reasons)
	}
	if err != nil {
		return false, err
	}
	changed, err := e.serves(ctx, first)
	if err != nil {
		return changed, err
	}
	if e.release.was == nil || changed {
		e.release.was = serve.NewTally(judge.Thresholds(e.spec.Strategy))
	}
	if e.release.variants == nil {
		e.release.variants = variants{}
	}
	moved := changed
	for _, name := range names[1:] {
		v, err := e.variantVersion(ctx, name)
		if err != nil && !errors.As(err, &none) {
			return changed, err
		}
		was := e.release.variants[name]
		switch {
		case err != nil || st.Refuses(Named(v)) != "":
			moved = moved || was != nil && !was.closed
			e.endVariant(name, &variant{closed: true})
		case was != nil && was.candidate != nil && Named(was.version) == Named(v):
		default:
			c, err := e.prepare(ctx, v)
			if err != nil {
				return changed, err
			}
			e.endVariant(name, &variant{candidate: c, tally: serve.NewTally(judge.Thresholds(e.spec.Strategy))})
			moved = true
		}
	}
	if !moved {
		return changed, nil
	}
	return true, e.divide(ctx)
}

// variantVersion is the version that a variant should serve.
func (e releaser) variantVersion(ctx context.Context, name string) (registry.Version, error) {
	ask, v := e.asked(), e.spec.Strategy.AB.Variants[name]
	if e.cfg.Assigned == nil {
		return VariantVersion(ctx, e.cfg.Registry, e.cfg.Plan, ask, v)
	}
	if ask.PassedOver = e.unassigned; name != e.spec.Strategy.AB.Names()[0] {
		ask.PassedOver = otherThan(e.cfg.Within[name])
	}
	return VariantVersion(ctx, e.cfg.Registry, e.cfg.Plan, ask, plan.Variant{Model: v.Model})
}

// VariantVersion is the version that a variant of an A/B test should serve; ask is what
// a version of the endpoint must meet. A *govern.NotServableError says that there is
// none.
func VariantVersion(ctx context.Context, reg *registry.Registry, p *plan.Plan, ask govern.Requirements,
	v plan.Variant) (registry.Version, error) {
	ask.Model = cmp.Or(v.Model, ask.Model)
	ask.Approval, ask.Pin = p.Models[ask.Model].Approval, nil
	if pin, ok := p.Pins[ask.Model]; ok {
		ask.Pin = &pin
	}
	if v.Version == 0 {
		return govern.Choose(ctx, reg, ask)
	}
	found, err := reg.Version(ctx, ask.Model, v.Version)
	if errors.As(err, new(*registry.NotFoundError)) {
		return found, &govern.NotServableError{Model: ask.Model,
			Reasons: []string{fmt.Sprintf("version %d is not registered", v.Version)}}
	}
	if err != nil {
		return found, err
	}
	reasons, err := ask.Objections(found)
	if err == nil && len(reasons) > 0 {
		err = &govern.NotServableError{Model: ask.Model,
			Reasons: []string{fmt.Sprintf("version %d %s", v.Version, strings.Join(reasons, " and "))}}
	}
	return found, err
}

// divide routes to the variants as they are, and tells the registry.
func (e releaser) divide(ctx context.Context) error {
	ab, r := e.spec.Strategy.AB, &e.release
	to := serve.Routing{Main: r.main, Tally: r.was,
		By: &serve.Sticky{Seed: cmp.Or(ab.Seed, e.cfg.Name), Header: ab.Header()}}
	if to.By.Header == "" {
		to.By.Column = ab.By
	}
	pairs := map[string]pair{}
	for _, name := range ab.Names()[1:] {
		v, arm := r.variants[name], serve.Arm{Percent: float64(ab.Variants[name].Weight)}
		if v.closed {
			arm.Loaded, arm.Tally = r.main, &serve.Tally{}
		} else {
			arm.Loaded, arm.Tally = v.loaded, v.tally
			pairs[name] = pair{v.version.ModelDigest, r.was, v.tally}
		}
		if err := e.recordVariant(ctx, name, v); err != nil {
			return err
		}
		to.Beside = append(to.Beside, arm)
	}
	e.count(pairs)
	if wanted, tolerance := compares(e.spec.Strategy); wanted && r.compare == nil {
		r.compare = serve.NewComparer(serve.CompareConfig{Tolerance: tolerance, Now: e.cfg.Now})
	}
	to.Compare = r.compare
	return e.server.Route(to)
}

// recordVariant tells the registry what a variant serves, where nobody does so for all
// of the endpoint's pods (package rollout).
func (e releaser) recordVariant(ctx context.Context, name string, v *variant) error {
	if e.cfg.Assigned != nil {
		return nil
	}
	if v.closed {
		return e.cfg.Registry.StopServing(ctx, VariantSlot(e.cfg.Name, name))
	}
	at := v.version
	return e.cfg.Registry.RecordServing(ctx, VariantSlot(e.cfg.Name, name), at.Model, at.Version, at.ModelDigest)
}

// VariantSlot is what the serving of a variant beside the first is recorded as.
func VariantSlot(endpoint, variant string) string { return endpoint + "/" + variant }

// judgeVariants closes the variants that fail. A variant that was closed is open again
// with another version.
func (e releaser) judgeVariants(ctx context.Context) (bool, error) {
	ab, r := e.spec.Strategy.AB, &e.release
	if ab.Analysis == nil || r.was == nil || e.cfg.Assigned != nil {
		return false, nil
	}
	changed := false
	for _, name := range ab.Names()[1:] {
		v := r.variants[name]
		if v == nil || v.closed {
			continue
		}
		verdict := judge.Judge(ab.Analysis, serve.Observed(r.was, v.tally), len(ab.Variants)-1)
		if verdict.Verdict != judge.Fail {
			continue
		}
		why := fmt.Sprintf("variant %s: %s", name, verdict.Reason)
		r.state.Refused = append(r.state.Refused, release.Refused{Version: Named(v.version), At: e.cfg.Now(), Why: why})
		e.endVariant(name, &variant{closed: true})
		changed = true
		if err := e.divide(ctx); err != nil {
			return true, err
		}
		e.cfg.Notice(fmt.Sprintf("%s: %s: its traffic goes to %s", e.cfg.Name, why, ab.Names()[0]))
		err := e.cfg.Registry.Releases().Record(ctx, registry.Release{Endpoint: e.cfg.Name, Model: v.version.Model,
			Version: v.version.Version, What: string(release.Aborted), Reason: why})
		if err != nil {
			return true, err
		}
		if err := e.saveState(ctx); err != nil {
			return true, err
		}
	}
	return changed, nil
}

// endVariant puts another in the place of a variant, whose server outlives it for the
// requests under way.
func (e releaser) endVariant(name string, next *variant) {
	was := e.release.variants[name]
	e.release.variants[name] = next
	if was == nil || was.candidate == nil {
		return
	}
	was.server.end(drained)
	if was.watch != nil {
		e.mu.Lock()
		e.retired = append(e.retired, was.watch)
		e.mu.Unlock()
	}
}

// closeVariants ends all of them.
func (e releaser) closeVariants() {
	for name := range e.release.variants {
		e.endVariant(name, &variant{closed: true})
	}
	e.count(nil)
	e.release.variants = nil
}
