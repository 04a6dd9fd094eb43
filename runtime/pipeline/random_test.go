//go:build unix

package pipeline

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/run"
)

// garden is a random graph of stages that changes by random edits.
type garden struct {
	r      *rand.Rand
	stages map[string]plan.Stage
	params map[string]any
	files  map[string]string
}

func newGarden(seed uint64) *garden {
	g := &garden{r: rand.New(rand.NewPCG(seed, 1)), stages: map[string]plan.Stage{}, params: map[string]any{},
		files: map[string]string{}} //nolint:gosec // a test's own randomness
	for i := range 3 {
		g.files[fmt.Sprintf("f%d", i)] = fmt.Sprint(g.r.IntN(4))
	}
	for i := range 3 + g.r.IntN(6) {
		g.grow(i)
	}
	return g
}

func name(i int) string { return fmt.Sprintf("s%d", i) }

// grow adds stage i, which reads some of the stages before it.
func (g *garden) grow(i int) {
	var deps []string
	for j := range i {
		if _, there := g.stages[name(j)]; there && g.r.IntN(3) == 0 {
			deps = append(deps, "o"+name(j))
		}
	}
	if len(deps) == 0 || g.r.IntN(2) == 0 {
		deps = append(deps, fmt.Sprintf("f%d", g.r.IntN(3)))
	}
	param := fmt.Sprintf("p%d", g.r.IntN(4))
	if _, ok := g.params[param]; !ok {
		g.params[param] = 0.0
	}
	g.stages[name(i)] = plan.Stage{
		Cmd: []string{g.cmd(i, deps)}, Deps: deps, Params: []string{param}, Outs: []string{"o" + name(i)},
	}
}

// cmd digests what it reads; every second one forgets half of it, so that an
// edit often ends at a stage whose result stays what it was.
func (g *garden) cmd(i int, deps []string) string {
	read := "cat " + strings.Join(deps, " ") + "; cat params.json"
	if g.r.IntN(2) == 0 {
		read = "cat " + strings.Join(deps, " ") + " | head -c 1"
	}
	return fmt.Sprintf("(%s) | cksum > o%s", read, name(i))
}

// edit changes one thing.
func (g *garden) edit() {
	pick := func(keys []string) string { return keys[g.r.IntN(len(keys))] }
	stage := pick(slices.Sorted(maps.Keys(g.stages)))
	switch g.r.IntN(6) {
	case 0:
		g.files[pick(slices.Sorted(maps.Keys(g.files)))] = fmt.Sprint(g.r.IntN(4))
	case 1, 2:
		g.params[pick(slices.Sorted(maps.Keys(g.params)))] = float64(g.r.IntN(3))
	case 3:
		s := g.stages[stage]
		s.Cmd = []string{s.Cmd[0] + " && true"}
		g.stages[stage] = s
	case 4:
		g.grow(g.r.IntN(10)) // a new stage, or one with other edges
		g.prune()
	case 5:
		if len(g.stages) > 2 {
			delete(g.stages, stage)
			g.prune()
		}
	}
}

// prune takes deps on stages that are gone, or come later, away.
func (g *garden) prune() {
	for n, s := range g.stages {
		s.Deps = slices.DeleteFunc(slices.Clone(s.Deps), func(d string) bool {
			maker, made := strings.CutPrefix(d, "o")
			_, there := g.stages[maker]
			return made && (!there || maker >= n)
		})
		if len(s.Deps) == 0 {
			s.Deps = []string{"f0"}
		}
		var i int
		if _, err := fmt.Sscanf(n, "s%d", &i); err == nil {
			s.Cmd = []string{"cat " + strings.Join(s.Deps, " ") + " params.json | cksum > o" + n}
		}
		g.stages[n] = s
	}
}

func (g *garden) plan() *plan.Plan {
	return line(maps.Clone(g.stages), func(l *plan.Pipeline) { l.Params = maps.Clone(g.params) })
}

// results are the digests of everything that the run made.
func results(r *run.Run) map[string]string {
	out := map[string]string{}
	for _, s := range r.Stages {
		for path, a := range s.Files {
			out[path] = a.Digest
		}
	}
	return out
}

// TestAnyEditsGiveWhatAFullRerunGives is the promise of the cache: whatever the
// graph and the edits, what a run takes over is what it would have made.
func TestAnyEditsGiveWhatAFullRerunGives(t *testing.T) {
	gardens, edits := 25, 8
	if testing.Short() {
		gardens = 5
	}
	reused := 0
	for seed := range uint64(gardens) {
		g, kept := newGarden(seed), newWorld(t)
		for n := range edits {
			fresh := newWorld(t)
			for file, text := range g.files {
				kept.write(file, text)
				fresh.write(file, text)
			}
			p := g.plan()
			got, want := kept.must(p), fresh.must(p)
			if !maps.Equal(results(got), results(want)) {
				t.Fatalf("garden %d after %d edits: %v, a full rerun gives %v", seed, n, results(got), results(want))
			}
			for _, s := range got.Stages {
				if s.Reused {
					reused++
				}
			}
			if again := ran(kept.must(p)); again != "" {
				t.Fatalf("garden %d: a rerun with nothing changed ran %s", seed, again)
			}
			g.edit()
		}
	}
	if reused < gardens*edits {
		t.Errorf("%d results were taken over, too few to prove anything", reused)
	}
}
