package drift

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

// Gatherer notes live rows as a Monitor does, and judges nothing. It is for an
// endpoint with several replicas, none of which sees all of the traffic: each
// hands on what it has seen as segments, and one Monitor adds them up and
// judges. It is safe for concurrent use.
type Gatherer struct {
	layout *layout
	digest string
	most   int // rows of numbers kept of a segment
	seed   uint64
	now    func() time.Time

	mu    sync.Mutex
	live  *window // nil: nothing was seen since the last Take
	spare *window
	taken uint64
}

// segment is a window that was taken from a Gatherer, as JSON.
type segment struct {
	Version int    `json:"version"`
	Of      string `json:"of"` // digest of the reference and the watched columns
	Window  *live  `json:"window"`
}

// NewGatherer checks the reference and the configuration, as NewMonitor does.
func NewGatherer(r *Reference, d plan.Drift, now func() time.Time) (*Gatherer, error) {
	if r == nil || now == nil {
		return nil, errors.New("drift: a gatherer needs a reference and a clock")
	}
	l, _, digest, err := prepare(r, d)
	if err != nil {
		return nil, err
	}
	return &Gatherer{layout: l, digest: digest, most: d.MaxRows, seed: r.Seed, now: now}, nil
}

// Gathering takes the rows that one model was asked about into its gatherer.
type Gathering struct {
	gatherer *Gatherer
	inputs   []input
}

// Observer returns what the rows of a model are shown to.
func (g *Gatherer) Observer(of *model.Model) *Gathering {
	return &Gathering{gatherer: g, inputs: g.layout.inputs(of)}
}

// Observe notes one row in the form of serve.Observer, under the same terms as
// an Observer's.
//
// The clock is read before the lock is taken: it may be slow, and rows of one
// instant may be noted in any order.
func (o *Gathering) Observe(values []float64, texts []string, score model.Score) {
	g := o.gatherer
	now := g.now()
	g.mu.Lock()
	// Two windows take turns, so that the memory of one is used while the other
	// is written out.
	if g.live == nil {
		if g.live = g.spare; g.live == nil {
			g.live = newWindow(g.layout, g.most)
		}
		g.spare = nil
		g.taken++
		g.live.open(now, g.seed, g.taken)
	}
	g.live.see(now, o.inputs, values, texts, score)
	g.mu.Unlock()
}

// Pending returns how many rows the next segment has by now.
func (g *Gatherer) Pending() int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.live == nil {
		return 0
	}
	return g.live.rows
}

// Take returns what was seen since the last Take, for Monitor.Add, as JSON of at
// most 16 MiB; nil where nothing was.
//
// The lock is not held while the window is encoded, which takes long beside
// noting a row. That is safe since a window that is no longer live belongs to
// this call alone, until it becomes the spare one. An error loses the rows of
// the segment.
func (g *Gatherer) Take() ([]byte, error) {
	g.mu.Lock()
	w := g.live
	g.live = nil
	g.mu.Unlock()
	if w == nil {
		return nil, nil
	}
	b, err := json.Marshal(segment{Version: snapshotVersion, Of: g.digest, Window: w.save()})
	g.mu.Lock()
	g.spare = w
	g.mu.Unlock()
	if err != nil {
		return nil, fmt.Errorf("drift segment: %w", err)
	}
	if len(b) > maxSnapshot {
		return nil, fmt.Errorf("drift segment: %d bytes, at most %d; watch fewer columns", len(b), maxSnapshot)
	}
	return b, nil
}
