package scheduler

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// parse makes nodes of a text such as "a, b:a, c:a+b".
func parse(text string) []Node {
	var out []Node
	for _, one := range strings.Split(text, ", ") {
		name, after, waits := strings.Cut(one, ":")
		n := Node{Name: name}
		if waits {
			n.After = strings.Split(after, "+")
		}
		out = append(out, n)
	}
	return out
}

func TestAGraphThatCannotRunIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"a, b:a":              "",
		"b:a, a":              "", // in any order
		"a, b:a+a":            "",
		"a, a":                `two nodes are called "a"`,
		"a, b:c":              `node "b" waits for "c", which is not among the nodes`,
		"a:a":                 "a -> a",
		"a, b:a+d, c:b, d:c":  "b -> d -> c -> b",
		"a:b, b:c, c:b, d":    "b -> c -> b",
		"z, x:z+y, y:z+x, w:": `node "w" waits for ""`,
	} {
		_, err := New(parse(text))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

// reaches reports by searching every path whether one of the nodes waits for the other.
func reaches(nodes []Node, from, to string) bool {
	for _, n := range nodes {
		if n.Name != from {
			continue
		}
		for _, a := range n.After {
			if a == to || reaches(nodes, a, to) {
				return true
			}
		}
	}
	return false
}

// TestEveryCycleIsFound makes random graphs of up to seven nodes, of which some have cycles, and compares what New says
// with a search of all walks as long as the graph.
func TestEveryCycleIsFound(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1)) //nolint:gosec // a test's own randomness
	cycles := 0
	for range 3000 {
		nodes := make([]Node, 1+r.IntN(7))
		for i := range nodes {
			nodes[i].Name = fmt.Sprint("n", i)
			for j := range nodes {
				if r.IntN(2*len(nodes)) == 0 {
					nodes[i].After = append(nodes[i].After, fmt.Sprint("n", j))
				}
			}
		}
		_, err := New(nodes)
		var cycle *CycleError
		if found := errors.As(err, &cycle); found != walks(nodes, len(nodes)) {
			t.Fatalf("%v: %v", nodes, err)
		} else if !found {
			continue
		}
		cycles++
		for i, name := range cycle.Names {
			next := cycle.Names[(i+1)%len(cycle.Names)]
			at := slices.IndexFunc(nodes, func(n Node) bool { return n.Name == name })
			if !slices.Contains(nodes[at].After, next) || slices.Contains(cycle.Names[:i], name) {
				t.Fatalf("%v: %v is not a cycle", nodes, cycle.Names)
			}
		}
	}
	if cycles < 300 || cycles > 2700 {
		t.Errorf("%d of 3000 graphs have a cycle, so one side is hardly tested", cycles)
	}
}

// walks reports whether a walk of so many edges exists: one that long visits a node twice.
func walks(nodes []Node, edges int) bool {
	index := map[string]int{}
	for i, n := range nodes {
		index[n.Name] = i
	}
	at := make([]bool, len(nodes)) // where walks of the length so far may end
	for i := range at {
		at[i] = true
	}
	for range edges {
		next := make([]bool, len(nodes))
		for i, n := range nodes {
			for _, a := range n.After {
				next[index[a]] = next[index[a]] || at[i]
			}
		}
		at = next
	}
	return slices.Contains(at, true)
}

func TestNeededIsTheNodeAndAllThatItWaitsFor(t *testing.T) {
	nodes := parse("d:b+c, a, b:a, c:a, e:d, f")
	g, err := New(nodes)
	if err != nil {
		t.Fatal(err)
	}
	for i, last := range nodes {
		var want []int
		for j, n := range nodes {
			if i == j || reaches(nodes, last.Name, n.Name) {
				want = append(want, j)
			}
		}
		if got := g.Needed(last.Name); !slices.Equal(got, want) {
			t.Errorf("%s needs %v, want %v", last.Name, got, want)
		}
	}
	if got := g.Needed("z"); got != nil {
		t.Errorf("a node that there is not needs %v", got)
	}
}
