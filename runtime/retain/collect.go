package retain

import (
	"context"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// CollectConfig says which objects of a store Collect may remove.
type CollectConfig struct {
	Grace  time.Duration // how old an object must be
	Keep   time.Duration // how long a stage's result is kept that no run uses
	DryRun bool
	Now    func() time.Time
}

// Collect removes the objects that neither a run on record, nor a result of a stage
// that was used within Keep, nor a version of the registry needs. The store may be
// a folder or a bucket. It is safe beside runs whose stages take less than Grace.
// A registry that cannot be read ends it before anything is removed. References of
// stages are caches of results, those of parts and cancels are of runs that ended;
// runs and their records are never forgotten here.
func Collect(ctx context.Context, s *store.Store, r *registry.Registry, cfg CollectConfig) (store.Collected, error) {
	roots, err := r.Objects(ctx)
	if err != nil {
		return store.Collected{}, err
	}
	return s.Collect(ctx, store.Collection{
		Roots: roots, Grace: cfg.Grace, DryRun: cfg.DryRun, Now: cfg.Now,
		Forget: map[string]time.Duration{"stages/": cfg.Keep, "parts/": cfg.Keep, "cancel/": cfg.Keep},
	})
}
