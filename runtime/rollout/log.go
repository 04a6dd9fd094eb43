package rollout

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/release"
)

// Logged returns what the registry's log and its record of servings say of the releases
// of every endpoint that has had one, in order of the endpoint's name. It needs no right
// on the store or the cluster, as the whole state of a release does.
func Logged(ctx context.Context, r *registry.Registry, now time.Time) ([]*release.State, error) {
	entries, err := r.Audit(ctx, registry.Filter{Action: registry.ActionRelease})
	if err != nil {
		return nil, err
	}
	served, err := r.ServedAt(ctx, "", now)
	if err != nil {
		return nil, err
	}
	states := map[string]*release.State{}
	for _, e := range entries {
		name, _ := e.Details["endpoint"].(string)
		if states[name] == nil {
			states[name] = &release.State{Endpoint: name}
		}
		note(states[name], e)
	}
	for _, s := range served {
		if st := states[s.Endpoint]; st != nil {
			st.Stable = release.Version{Model: s.Model, Version: s.Version, Digest: s.Digest}
		}
	}
	out := make([]*release.State, 0, len(states))
	for _, name := range slices.Sorted(maps.Keys(states)) {
		st := states[name]
		if st.Current != nil {
			st.Current.From = st.Stable
		}
		out = append(out, st)
	}
	return out, nil
}

// note takes one entry over into the state.
func note(st *release.State, e registry.Entry) {
	what, _ := e.Details["what"].(string)
	why, _ := e.Details["reason"].(string)
	of := release.Version{Model: e.Model, Version: e.Version}
	switch phase := release.Phase(what); {
	case what == begun:
		st.Current = &release.Release{Strategy: why, From: st.Stable, To: of, Phase: release.Progressing, Began: e.Time}
	case st.Current == nil || st.Current.To != of:
	case what == stepped:
		st.Current.Why = why
	case phase == release.Promoted || phase == release.Aborted || phase == release.Superseded:
		st.Current.Phase, st.Current.Why, st.Current.Ended = phase, why, e.Time
		st.Settle()
	}
}

// What the log says of a release besides how it ended.
const (
	begun   = "begin"
	stepped = "step"
)
