package endpoint

import (
	"context"
	"sync"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/drift"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/serve"
)

// replica is the watch of one of several processes that serve an endpoint. It
// puts what it has seen into the store as segments, for Judge, and shows the
// verdicts that Judge left there.
type replica struct {
	cfg      Config
	version  registry.Version
	gatherer *drift.Gatherer

	saving sync.Mutex // one save at a time
	unsent []byte     // a segment that was taken and could not be put yet
	count  int        // of segments

	mu     sync.Mutex
	judged []*drift.Report
	open   *drift.Report
	shown  int64 // the newest window in the metrics
}

// newReplica returns the watch of version v, with the verdicts so far.
func newReplica(ctx context.Context, cfg Config, v registry.Version, ref *drift.Reference,
	d plan.Drift) (*replica, error) {
	g, err := drift.NewGatherer(ref, d, cfg.Now)
	if err != nil {
		return nil, err
	}
	r := &replica{cfg: cfg, version: v, gatherer: g}
	// Verdicts that cannot be read now are shown with the next save.
	if err := r.refresh(ctx); err != nil {
		cfg.Log.Warn("verdicts on live traffic", "endpoint", cfg.Name, "error", err)
	}
	return r, nil
}

func (r *replica) observer(m *model.Model) serve.Observer { return r.gatherer.Observer(m) }

// reports returns a copy of the slice; the reports themselves are never changed.
func (r *replica) reports() (closed []*drift.Report, open *drift.Report) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]*drift.Report{}, r.judged...), r.open
}

// pending are the rows that are not in the store yet.
func (r *replica) pending() int64 {
	n := r.gatherer.Pending()
	r.saving.Lock()
	defer r.saving.Unlock()
	if r.unsent != nil {
		n++ // at least
	}
	return n
}

// save puts the next segment, and looks for new verdicts. While one segment
// cannot be put the next is not taken: its rows go on being gathered, so that
// an outage costs neither rows nor memory.
// A segment's name holds the time, the replica and a count, so no two replicas
// write the same reference and none is ever overwritten.
func (r *replica) save(ctx context.Context) error {
	r.saving.Lock()
	defer r.saving.Unlock()
	for r.unsent != nil || r.gatherer.Pending() > 0 {
		if r.unsent == nil {
			segment, err := r.gatherer.Take()
			if err != nil {
				return err
			}
			r.unsent = segment
		}
		name := segmentRef(r.cfg.Name, r.version.Model, r.version.Version, r.cfg.Now(), r.cfg.Replica, r.count)
		if err := r.cfg.Store.PutRef(ctx, name, r.unsent); err != nil {
			return err
		}
		r.unsent = nil
		r.count++
	}
	return r.refresh(ctx)
}

// refresh takes over what was judged since.
// The counter of windows grows by those that are new here. After a restart, shown
// is 0 and at most the windows that the verdicts still list are counted.
func (r *replica) refresh(ctx context.Context) error {
	var said verdicts
	if err := read(ctx, r.cfg.Store, verdictsRef(r.cfg.Name, r.version.Model, r.version.Version), &said); err != nil {
		return err
	}
	var open openWindow
	if err := read(ctx, r.cfg.Store, openRef(r.cfg.Name, r.version.Model, r.version.Version), &open); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.judged, r.open = said.Reports, open.Report
	if n := len(said.Reports); n > 0 && said.Reports[n-1].Window > r.shown {
		newest := said.Reports[n-1]
		r.cfg.Metrics.report(r.cfg.Name, r.version, newest, newest.Window-max(r.shown, newest.Window-int64(n)))
		r.shown = newest.Window
	}
	return nil
}
