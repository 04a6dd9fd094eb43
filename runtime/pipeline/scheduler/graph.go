package scheduler

import (
	"fmt"
	"slices"
	"strings"
)

// Node is one thing to run.
type Node struct {
	Name  string
	After []string // names of the nodes that must have succeeded before it
}

// Graph is a set of nodes without a cycle. It does not change and is safe for concurrent use.
type Graph struct {
	nodes []Node
	index map[string]int // the place of each node in nodes, by its name
	next  [][]int        // by a node's index: the indices of the nodes that wait for it, in ascending order
}

// CycleError says that nodes wait for each other.
type CycleError struct {
	Names []string // each waits for the one after it, the last for the first
}

// Error names the nodes in the order in which they wait, the first one twice.
func (e *CycleError) Error() string {
	return fmt.Sprintf("nodes wait for each other: %s -> %s", strings.Join(e.Names, " -> "), e.Names[0])
}

// New checks the nodes and connects them. Two nodes of one name are an error, and so is an edge to a node that is not
// among them; a cycle is a *CycleError. The nodes may be in any order.
func New(nodes []Node) (*Graph, error) {
	g := &Graph{nodes: slices.Clone(nodes), index: make(map[string]int, len(nodes)), next: make([][]int, len(nodes))}
	for i, n := range nodes {
		if _, taken := g.index[n.Name]; taken {
			return nil, fmt.Errorf("two nodes are called %q; rename one", n.Name)
		}
		g.index[n.Name] = i
	}
	for i, n := range nodes {
		for _, name := range n.After {
			before, ok := g.index[name]
			if !ok {
				return nil, fmt.Errorf("node %q waits for %q, which is not among the nodes", n.Name, name)
			}
			g.next[before] = append(g.next[before], i)
		}
	}
	if cycle := g.cycle(); cycle != nil {
		return nil, &CycleError{cycle}
	}
	return g, nil
}

// waits is by a node's index for how many others it waits. The slice is the caller's to count down.
func (g *Graph) waits() []int {
	out := make([]int, len(g.nodes))
	for i, n := range g.nodes {
		out[i] = len(n.After)
	}
	return out
}

// cycle names the nodes of one cycle, nil where there is none. It takes away what could run, as Run would; a node that
// is left waits for another that is left, so that following these edges leads around a cycle.
func (g *Graph) cycle() []string {
	waits := g.waits()
	done := roots(waits)
	for i := 0; i < len(done); i++ {
		for _, next := range g.next[done[i]] {
			if waits[next]--; waits[next] == 0 {
				done = append(done, next)
			}
		}
	}
	at := slices.IndexFunc(waits, func(n int) bool { return n > 0 })
	if at < 0 {
		return nil
	}
	left := func(name string) bool { return waits[g.index[name]] > 0 }
	var path []string
	for name := g.nodes[at].Name; ; {
		if i := slices.Index(path, name); i >= 0 {
			return path[i:]
		}
		path = append(path, name)
		after := g.nodes[g.index[name]].After
		name = after[slices.IndexFunc(after, left)]
	}
}

// Needed are the indices, in ascending order, of the named node and of all that it waits for, directly or through
// others. It is nil where no node has the name.
func (g *Graph) Needed(name string) []int {
	last, ok := g.index[name]
	if !ok {
		return nil
	}
	needed := map[int]bool{last: true}
	for todo := []int{last}; len(todo) > 0; todo = todo[1:] {
		for _, before := range g.nodes[todo[0]].After {
			if i := g.index[before]; !needed[i] {
				needed[i] = true
				todo = append(todo, i)
			}
		}
	}
	out := make([]int, 0, len(needed))
	for i := range g.nodes {
		if needed[i] {
			out = append(out, i)
		}
	}
	return out
}
