package scheduler

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// span is when a node ran, in the bubble's time.
type span struct{ from, to time.Duration }

// work is a graph whose nodes take so long each, of which some fail.
type work struct {
	nodes []Node
	takes []time.Duration
	fails []bool
	limit int
}

// expect says by brute force when each node runs: at every moment at which one ends, it looks at all nodes again. It
// returns nil for a node that never begins, and which nodes fail, in order.
func (w work) expect() (spans []*span, failed []int) {
	spans = make([]*span, len(w.nodes))
	index := map[string]int{}
	for i, n := range w.nodes {
		index[n.Name] = i
	}
	for now := time.Duration(0); ; {
		// since is from when on the node may begin, -1 where it may not yet.
		since := func(i int) time.Duration {
			var at time.Duration
			for _, a := range w.nodes[i].After {
				s := spans[index[a]]
				if s == nil || s.to > now || w.fails[index[a]] {
					return -1
				}
				at = max(at, s.to)
			}
			return at
		}
		for {
			running, next := 0, -1
			for i, s := range spans {
				if s != nil && s.to > now {
					running++
				}
				if s == nil && since(i) >= 0 && (next < 0 || since(i) < since(next)) {
					next = i
				}
			}
			if next < 0 || running >= w.limit || len(failed) > 0 {
				break
			}
			spans[next] = &span{now, now + w.takes[next]}
		}
		later := -1
		for i, s := range spans {
			if s != nil && s.to > now && (later < 0 || s.to < spans[later].to) {
				later = i
			}
		}
		if later < 0 {
			return spans, failed
		}
		if now = spans[later].to; w.fails[later] {
			failed = append(failed, later)
		}
	}
}

// check runs the work in a bubble, whose clock moves when everything in it waits, and compares it with expect.
func (w work) check(t *testing.T) {
	t.Helper()
	g, err := New(w.nodes)
	if err != nil {
		t.Fatal(err)
	}
	want, wantFailed := w.expect()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var mu sync.Mutex
		got := make([]*span, len(w.nodes))
		failures := g.Run(t.Context(), w.limit, func(_ context.Context, i int) error {
			from := time.Since(began)
			time.Sleep(w.takes[i])
			mu.Lock()
			defer mu.Unlock()
			if got[i] != nil {
				t.Errorf("%+v: node %d runs twice", w, i)
			}
			got[i] = &span{from, time.Since(began)}
			if w.fails[i] {
				return fmt.Errorf("node %d", i)
			}
			return nil
		})
		for i := range got {
			if (got[i] == nil) != (want[i] == nil) || got[i] != nil && *got[i] != *want[i] {
				t.Errorf("%+v: node %d ran %v, want %v", w, i, got[i], want[i])
			}
		}
		var failed []int
		for _, f := range failures {
			failed = append(failed, f.Node)
			if f.Err == nil || f.Err.Error() != fmt.Sprint("node ", f.Node) {
				t.Errorf("%+v: failure %+v", w, f)
			}
		}
		if !slices.Equal(failed, wantFailed) {
			t.Errorf("%+v: %v failed, want %v", w, failed, wantFailed)
		}
	})
}

// TestEveryGraphOfFourNodes runs all graphs whose nodes wait for earlier ones, with every limit, and each node failing
// in turn.
func TestEveryGraphOfFourNodes(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 1)) //nolint:gosec // a test's own randomness
	for edges := range 1 << 6 {
		for limit := 1; limit <= 4; limit++ {
			for failing := -1; failing < 4; failing++ {
				w := work{limit: limit, fails: make([]bool, 4)}
				edge := 0
				for i := range 4 {
					n := Node{Name: fmt.Sprint("n", i)}
					for j := range i {
						if edges>>edge&1 == 1 {
							n.After = append(n.After, fmt.Sprint("n", j))
						}
						edge++
					}
					w.nodes, w.takes = append(w.nodes, n), append(w.takes, time.Duration(1+r.Int64N(1e9)))
				}
				if failing >= 0 {
					w.fails[failing] = true
				}
				w.check(t)
			}
		}
	}
}

// TestRandomGraphs runs larger graphs whose nodes are in any order, and of which several may fail.
func TestRandomGraphs(t *testing.T) {
	failed := 0
	for seed := range uint64(1500) {
		r := rand.New(rand.NewPCG(seed, 3)) //nolint:gosec // a test's own randomness
		order := r.Perm(2 + r.IntN(11))
		w := work{nodes: make([]Node, len(order)), limit: 1 + r.IntN(5)}
		edges := 2 + r.IntN(6)
		for i, at := range order {
			w.nodes[at].Name = fmt.Sprint("n", i)
			for j := range i {
				if r.IntN(edges) == 0 {
					w.nodes[at].After = append(w.nodes[at].After, fmt.Sprint("n", j))
				}
			}
		}
		for range order {
			w.takes = append(w.takes, time.Duration(1+r.Int64N(1e9)))
			w.fails = append(w.fails, r.IntN(8) == 0)
		}
		if _, f := w.expect(); len(f) > 1 {
			failed++
		}
		w.check(t)
	}
	if failed < 20 {
		t.Errorf("in %d runs several nodes failed, too few to prove anything", failed)
	}
}

func TestTheEndOfTheContextKeepsNodesFromBeginning(t *testing.T) {
	g, err := New(parse("c:b, a, b:a"))
	if err != nil {
		t.Fatal(err)
	}
	enough := errors.New("enough")
	for name, c := range map[string]struct {
		heeds bool // whether the nodes end with the context
		want  []Failure
		takes time.Duration
	}{
		"a node that ends well":     {false, []Failure{{0, enough}}, 5 * time.Second},
		"a node that heeds the end": {true, []Failure{{2, context.Canceled}}, 4 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			began := time.Now()
			time.AfterFunc(4*time.Second, func() { cancel(enough) })
			got := g.Run(ctx, 2, func(ctx context.Context, i int) error {
				if i == 0 {
					t.Error("a node has begun after the end")
				}
				select {
				case <-time.After(2500 * time.Millisecond):
					return nil
				case <-ctx.Done():
					if c.heeds {
						return ctx.Err()
					}
					time.Sleep(time.Second)
					return nil
				}
			})
			same := func(a, b Failure) bool { return a.Node == b.Node && errors.Is(a.Err, b.Err) }
			if !slices.EqualFunc(got, c.want, same) {
				t.Errorf("%s: %v, want %v", name, got, c.want)
			}
			if took := time.Since(began); took != c.takes {
				t.Errorf("%s: it took %s, want %s", name, took, c.takes)
			}
		})
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(enough)
	if got := g.Run(ctx, 1, nil); len(got) != 1 || got[0].Node != 0 || !errors.Is(got[0].Err, enough) {
		t.Errorf("a context that has ended before: %v", got)
	}
}

func TestALimitBelowOneIsOne(t *testing.T) {
	work{nodes: parse("a, b"), takes: []time.Duration{1, 2}, fails: []bool{false, false}, limit: 1}.check(t)
	g, err := New(parse("a, b"))
	if err != nil {
		t.Fatal(err)
	}
	at := 0
	if got := g.Run(t.Context(), 0, func(_ context.Context, i int) error {
		if at++; i != at-1 {
			t.Errorf("node %d comes as number %d", i, at)
		}
		return nil
	}); got != nil || at != 2 {
		t.Errorf("%v after %d nodes", got, at)
	}
}
