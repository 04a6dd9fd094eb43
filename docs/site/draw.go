package main

import (
	"fmt"
	"html"
	"strings"
)

// The sizes of a drawing, in pixels.
const (
	letter    = 7  // the width of a letter of a label, about
	lineStep  = 18 // from one line of a label to the next
	padding   = 12 // between a label and its box
	columnGap = 28
	rowGap    = 58 // it has room for the label of an edge
	margin    = 6
)

// draw writes the graph as SVG, from top to bottom. It has no scripts and no styles of
// its own: the classes are in style.css, so the colours follow the reader's system.
func (g *graph) draw() string {
	boxes := len(g.nodes)
	paths := g.paths()
	width, height := g.place(g.rows(paths), g.room(paths))
	var out strings.Builder
	fmt.Fprintf(&out, "<svg viewBox=\"0 0 %d %d\" width=\"%d\" role=\"img\" aria-label=\"%s\">\n", width, height, width,
		html.EscapeString(g.told()))
	for i, e := range g.edges {
		g.arrow(&out, paths[i], e)
	}
	for _, n := range g.nodes[:boxes] {
		fmt.Fprintf(&out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"6\"/>\n",
			n.x-n.width/2, n.y, n.width, n.height)
		for k, line := range n.lines {
			fmt.Fprintf(&out, "<text x=\"%d\" y=\"%d\">%s</text>\n", n.x,
				n.y+padding/2+(k+1)*lineStep-lineStep/4, html.EscapeString(line))
		}
	}
	for i, e := range g.edges {
		if e.label == "" {
			continue
		}
		// Three quarters along the curve, where edges from one box are apart; on top of
		// all lines.
		a, b := g.nodes[paths[i][0]], g.nodes[paths[i][1]]
		top := a.y + a.height
		fmt.Fprintf(&out, "<text class=\"label\" x=\"%d\" y=\"%d\">%s</text>\n",
			a.x+(b.x-a.x)*84/100, top+(b.y-top)*60/100+4, html.EscapeString(e.label))
	}
	out.WriteString("</svg>\n")
	return out.String()
}

// room is the width that the labels of edges need at each node that they lead to first.
func (g *graph) room(paths [][]int) []int {
	out := make([]int, len(g.nodes))
	for i, e := range g.edges {
		out[paths[i][1]] = max(out[paths[i][1]], len(e.label)*letter)
	}
	return out
}

// place gives each node its position and returns the size of the drawing.
func (g *graph) place(rows [][]int, room []int) (width, height int) {
	widths := make([]int, len(rows))
	for r, row := range rows {
		for _, i := range row {
			n := g.nodes[i]
			for _, line := range n.lines {
				n.width = max(n.width, len(line)*letter+2*padding)
			}
			n.height = len(n.lines)*lineStep + padding
			room[i] = max(room[i], n.width)
			widths[r] += room[i] + columnGap
		}
		width = max(width, widths[r]-columnGap+2*margin)
	}
	y := margin
	for r, row := range rows {
		x, tallest := (width-widths[r]+columnGap)/2, 0
		for _, i := range row {
			tallest = max(tallest, g.nodes[i].height)
		}
		for _, i := range row {
			n := g.nodes[i]
			n.x, n.y = x+room[i]/2, y+(tallest-n.height)/2
			x += room[i] + columnGap
		}
		y += tallest + rowGap
	}
	return width, y - rowGap + margin
}

// arrow draws an edge along its path, with a head where it ends.
func (g *graph) arrow(out *strings.Builder, path []int, e edge) {
	const head = 7
	first := g.nodes[path[0]]
	fmt.Fprintf(out, "<path d=\"M%d %d", first.x, first.y+first.height)
	y := first.y + first.height
	for _, i := range path[1:] {
		n, before := g.nodes[i], y
		y = n.y
		if i == path[len(path)-1] {
			y -= head
		}
		half := (before + y) / 2
		fmt.Fprintf(out, " C%d %d %d %d %d %d", first.x, half, n.x, half, n.x, y)
		first = n
	}
	class := ""
	if e.dashed {
		class = ` class="dashed"`
	}
	fmt.Fprintf(out, "\"%s/>\n<path class=\"head\" d=\"M%d %d l-5 -%d h10 z\"/>\n", class, first.x, first.y, head)
}

// told is the drawing in words.
func (g *graph) told() string {
	var out []string
	for _, e := range g.edges {
		one := strings.Join(g.nodes[e.from].lines, " ") + " leads to " + strings.Join(g.nodes[e.to].lines, " ")
		if e.label != "" {
			one += " (" + e.label + ")"
		}
		out = append(out, one)
	}
	return strings.Join(out, "; ")
}
