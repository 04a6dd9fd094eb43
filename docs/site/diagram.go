package main

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// What a drawing has room for. A larger diagram is shown as text.
const (
	maxNodes = 14
	maxEdges = 40
)

// graph is a diagram of Mermaid, as far as our pages use its notation: flowcharts and
// states, without subgraphs.
type graph struct {
	nodes []*node
	edges []edge
}

// node is a box, or a bend of an edge that passes a row: then its label is empty.
type node struct {
	id    string
	lines []string // of the label
	rank  int      // the row, from 0

	x, y, width, height int // the middle of the top side, and the size, in pixels
}

// edge is an arrow between two nodes, given by their places in the graph.
type edge struct {
	from, to int
	label    string
	dashed   bool
}

const (
	idPattern   = `([A-Za-z0-9_]+|\[\*\])`
	nodePattern = idPattern + `(?:\["([^"]*)"\]|\{([^}]*)\})?`
)

var (
	edgeLine = regexp.MustCompile(`^` + nodePattern + ` +(?:-->|-\. *([^.]*?) *\.->)(?:\|([^|]*)\|)? +` +
		nodePattern + `(?:: *(.*))?$`)
	nodeLine = regexp.MustCompile(`^` + nodePattern + `$`)
)

// parseDiagram reads a diagram; ok is false where it has something else in it, has
// too many nodes to draw, or goes in a circle.
func parseDiagram(text string) (g *graph, ok bool) {
	g = &graph{}
	at := map[string]int{}
	for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
		line = strings.TrimSpace(line)
		if len(g.nodes) > maxNodes || len(g.edges) > maxEdges {
			return nil, false
		}
		if i == 0 {
			if !strings.HasPrefix(line, "flowchart ") && line != "stateDiagram-v2" {
				return nil, false
			}
			continue
		}
		if m := edgeLine.FindStringSubmatch(line); m != nil {
			g.edges = append(g.edges, edge{
				from: g.node(at, m[1], m[2]+m[3]), to: g.node(at, m[6], m[7]+m[8]),
				label: cmp.Or(m[4], m[5], m[9]), dashed: strings.Contains(line, ".->"),
			})
		} else if m := nodeLine.FindStringSubmatch(line); m != nil {
			g.node(at, m[1], m[2]+m[3])
		} else {
			return nil, false
		}
	}
	return g, len(g.nodes) > 0 && len(g.nodes) <= maxNodes && len(g.edges) <= maxEdges && g.rank()
}

// node is the place of the node of that id, which is added if it is new. A label that
// is given later replaces the id.
func (g *graph) node(at map[string]int, id, label string) int {
	i, ok := at[id]
	if !ok {
		i, at[id] = len(g.nodes), len(g.nodes)
		g.nodes = append(g.nodes, &node{id: id, lines: wrapped(strings.Replace(id, "[*]", "start", 1))})
	}
	if label != "" {
		g.nodes[i].lines = wrapped(label)
	}
	return i
}

// wrapped breaks a label into lines of about the same width.
func wrapped(label string) (lines []string) {
	const most = 24 // letters
	for _, word := range strings.Fields(label) {
		if n := len(lines); n > 0 && len(lines[n-1])+1+len(word) <= most {
			lines[n-1] += " " + word
			continue
		}
		lines = append(lines, word)
	}
	return lines
}

// rank gives each node a row below all nodes that lead to it. It reports false for a
// circle.
func (g *graph) rank() bool {
	for range len(g.nodes) + 1 {
		changed := false
		for _, e := range g.edges {
			if from, to := g.nodes[e.from], g.nodes[e.to]; to.rank <= from.rank {
				to.rank, changed = from.rank+1, true
			}
		}
		if !changed {
			return true
		}
	}
	return false
}

// paths are the edges as chains of nodes, one for each row that they pass: bends are
// added to the graph, so that a long edge goes around the boxes between its ends.
func (g *graph) paths() [][]int {
	out := make([][]int, len(g.edges))
	for i, e := range g.edges {
		out[i] = []int{e.from}
		for rank := g.nodes[e.from].rank + 1; rank < g.nodes[e.to].rank; rank++ {
			out[i] = append(out[i], len(g.nodes))
			g.nodes = append(g.nodes, &node{rank: rank})
		}
		out[i] = append(out[i], e.to)
	}
	return out
}

// rows are the nodes of each row, ordered by the middle of what leads to them, so that
// few edges cross.
func (g *graph) rows(paths [][]int) [][]int {
	var rows [][]int
	for i, n := range g.nodes {
		for len(rows) <= n.rank {
			rows = append(rows, nil)
		}
		rows[n.rank] = append(rows[n.rank], i)
	}
	place := make([]float64, len(g.nodes))
	for _, row := range rows {
		middle := map[int]float64{}
		for k, i := range row {
			sum, count := 0.0, 0.0
			for _, p := range paths {
				for step := 1; step < len(p); step++ {
					if p[step] == i {
						sum, count = sum+place[p[step-1]], count+1
					}
				}
			}
			middle[i] = float64(k)
			if count > 0 {
				middle[i] = sum / count
			}
		}
		slices.SortStableFunc(row, func(a, b int) int { return cmp.Compare(middle[a], middle[b]) })
		for k, i := range row {
			place[i] = float64(k) - float64(len(row)-1)/2 // rows are drawn around one middle
		}
	}
	return rows
}
