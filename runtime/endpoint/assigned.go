package endpoint

import (
	"context"

	"github.com/ashlar-dev/ashlar/runtime/govern"
	"github.com/ashlar-dev/ashlar/runtime/registry"
)

// unassigned says why a version is not the one that this replica was started for; empty:
// it is.
func (e *Endpoint) unassigned(v registry.Version) string {
	if *e.cfg.Assigned == "" {
		return "has not been released to any pod yet"
	}
	return otherThan(*e.cfg.Assigned)(v)
}

// otherThan passes over every version but the one with the digest.
func otherThan(digest string) func(registry.Version) string {
	return func(v registry.Version) string {
		if v.ModelDigest == digest {
			return ""
		}
		return "is not the one that this pod was started for"
	}
}

// record tells the registry that the version is served, and reports whether it is the
// champion by that. deciding is held.
//
// A replica that was started for a version beside the one that has the traffic serves a
// release that is under way: its end, for which all replicas count, is recorded by who
// moves them (package rollout).
func (e *Endpoint) record(ctx context.Context, v registry.Version) (bool, error) {
	reg := e.cfg.Registry
	if e.cfg.Within[Next] != "" {
		return false, nil // who releases the other records the traffic of both
	}
	if e.cfg.Assigned != nil {
		now, err := reg.ServedAt(ctx, e.cfg.Name, e.cfg.Now())
		if err != nil {
			return false, err
		}
		if len(now) > 0 && now[0].Digest != v.ModelDigest {
			return false, reg.RecordServing(ctx, Slot(e.cfg.Name), v.Model, v.Version, v.ModelDigest)
		}
	}
	if err := reg.RecordServing(ctx, e.cfg.Name, v.Model, v.Version, v.ModelDigest); err != nil {
		return false, err
	}
	e.leaving = registry.Version{} // the record of this version ended the one before
	return true, reg.SetAlias(ctx, v.Model, govern.Champion, v.Version, e.cfg.Author)
}
