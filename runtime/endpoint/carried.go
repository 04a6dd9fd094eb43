package endpoint

import (
	"context"
	"errors"

	"github.com/ashlar-dev/ashlar/runtime/govern"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/release"
	"github.com/ashlar-dev/ashlar/runtime/serve"
)

// carried reports whether this is a pod that has the version which is being released
// beside its own. It stands where the state of the release says, which who judges all
// of the pods keeps in the store (package rollout).
func (e releaser) carried() bool {
	return e.cfg.Assigned != nil && e.spec.Strategy.Beside() && e.spec.Strategy.AB == nil
}

// followNext sees to it that the pod has the version that is being released, and that
// it stands where it should. deciding is held.
func (e releaser) followNext(ctx context.Context) error {
	if !e.carried() {
		return nil
	}
	e.mu.Lock()
	own := Named(e.version)
	e.mu.Unlock()
	v, err := e.nextVersion(ctx, own)
	if err != nil {
		return err
	}
	r := &e.release
	if v.Version == 0 {
		return e.endNext()
	}
	if r.next == nil || Named(r.next.version) != Named(v) {
		if err := e.endNext(); err != nil {
			return err
		}
		if err := e.resume(ctx, v); err != nil {
			return err
		}
		e.count(map[string]pair{Next: {v.ModelDigest, r.was, r.is}})
	}
	_, err = e.standsNext(ctx)
	return err
}

// nextVersion is the one that the pod was started for beside its own; Version 0: there
// is none, or it may not be served any more.
func (e releaser) nextVersion(ctx context.Context, own release.Version) (registry.Version, error) {
	digest := e.cfg.Within[Next]
	if own.Version == 0 || digest == "" || digest == own.Digest {
		return registry.Version{}, nil
	}
	ask := e.asked()
	ask.PassedOver = otherThan(digest)
	v, err := govern.Choose(ctx, e.cfg.Registry, ask)
	if errors.As(err, new(*govern.NotServableError)) {
		return registry.Version{}, nil
	}
	return v, err
}

// standNext is what Advance does in such a pod.
func (e releaser) standNext(ctx context.Context) (bool, error) {
	if e.release.next == nil {
		return false, nil
	}
	return e.standsNext(ctx)
}

// standsNext puts the new version where the release is by now. A store that cannot be
// read leaves it where it is.
func (e releaser) standsNext(ctx context.Context) (bool, error) {
	r := &e.release
	st, err := ReadReleases(ctx, e.cfg.Store, e.cfg.Name)
	if err != nil {
		return false, err
	}
	var at release.Stage
	begun, next := false, Named(r.next.version)
	switch {
	case st != nil && st.Stable == next: // promoted; pods of its own are on their way
		at, begun = release.Stage{Weight: 100}, true
	case st != nil && st.Current != nil && st.Current.To == next:
		at, begun = st.Current.Place(r.stages)
	}
	switch {
	case !begun && r.placed == nil || begun && r.stands(at):
		return false, nil
	case !begun:
		r.placed = nil
		return true, e.server.Route(serve.Routing{Main: r.main})
	}
	return true, e.stand(at)
}

// endNext lets go of the new version.
func (e releaser) endNext() error {
	r := &e.release
	if r.next == nil {
		return nil
	}
	var err error
	e.mu.Lock()
	serves := e.version.Version > 0
	e.mu.Unlock()
	if serves {
		err = e.server.Route(serve.Routing{Main: r.main})
	}
	e.count(nil)
	e.forget()
	return err
}
