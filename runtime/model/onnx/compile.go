package onnx

import (
	"fmt"
	"slices"
	"strconv"
)

// Program is a graph compiled to the steps that one of its outputs needs. It is
// immutable and safe for concurrent use; each goroutine needs a State.
type Program struct {
	Inputs  []Input
	Columns int      // numbers that it makes of a row
	Classes []string // of each column; nil where the graph does not say
	Whole   bool     // the classes are whole numbers
	Rows    int      // that a State takes at a time

	output value
	sizes  [boolean + 1][]int // columns of each value, by kind
	steps  []step
}

// Input is what the graph is given. Each row has so many elements of the kind.
type Input struct {
	Name    string
	Columns int
	kind    kind
	at      int
}

// Text reports whether the input takes texts, and Whole whether it takes whole
// numbers; else it takes numbers.
func (in Input) Text() bool { return in.kind == text }

// Whole reports whether the input takes whole numbers or booleans, of which none
// can be missing.
func (in Input) Whole() bool { return in.kind == integer || in.kind == boolean }

// value is what a name of the graph stands for: a constant, or elements of each
// row.
type value struct {
	kind     kind
	dims     []int // of a row: none, one, or more
	at       int   // its place among the state's values of the kind
	constant *tensor
	classes  []string
	whole    bool // classes are whole numbers
}

// columns is the number of elements of a row.
func (v value) columns() int {
	n := 1
	for _, d := range v.dims {
		n *= d
	}
	return n
}

// step computes one operator for the first rows of a state.
type step func(s *State, rows int)

// operator compiles a node: it adds steps and returns the node's outputs.
type operator func(c *compiler, n *node) ([]value, error)

type compiler struct {
	*Graph
	values map[string]value
	total  int
	p      *Program
}

// Compile finds the output with the scores and compiles what it needs.
//
// classify says that the model tells classes apart, and width is how many columns
// an input has whose shape does not say. What is not needed, such as the
// computation of labels, may use any operator.
func (g *Graph) Compile(classify bool, width int) (*Program, error) {
	c := &compiler{Graph: g, values: map[string]value{}, p: &Program{}}
	name, err := g.scores(classify)
	if err != nil {
		return nil, err
	}
	needed := g.needed(name)
	if err := c.addInputs(needed, width); err != nil {
		return nil, err
	}
	for i := range g.nodes {
		n := &g.nodes[i]
		if !slices.ContainsFunc(n.outputs, func(out string) bool { return needed[out] }) {
			continue
		}
		if err := c.add(n); err != nil {
			return nil, err
		}
	}
	out, ok := c.values[name]
	switch {
	case !ok:
		return nil, fmt.Errorf("nothing makes its output %q", name)
	case out.constant != nil:
		return nil, fmt.Errorf("its output %q is a constant", name)
	case out.kind != float && out.kind != double:
		return nil, unsupported("its output %q is of type %s, not a float", name, out.kind)
	}
	p := c.p
	p.output, p.Columns, p.Classes, p.Whole = out, out.columns(), out.classes, out.whole
	if p.Classes != nil && len(p.Classes) != p.Columns {
		p.Classes = nil
	}
	p.Rows = max(1, min(64, 1<<16/max(1, c.total)))
	return p, nil
}

// add compiles one node.
func (c *compiler) add(n *node) error {
	if n.domain != "" && n.domain != "ai.onnx" && n.domain != "ai.onnx.ml" {
		return unsupported("%s is of a domain that the runtime does not know", n)
	}
	compile := operators[n.op]
	if compile == nil {
		return unsupported("%s is not one that the runtime computes", n)
	}
	for _, name := range n.inputs {
		if _, ok := c.values[name]; name == "" || ok {
			continue
		}
		t := c.constants[name]
		if t == nil {
			return fmt.Errorf("%s: nothing before it makes its input %q", n, name)
		}
		if t.kind == unknown {
			return unsupported("constant %q is of a type that the runtime does not know", name)
		}
		c.values[name] = value{kind: t.kind, constant: t}
	}
	outs, err := compile(c, n)
	if err != nil {
		return fmt.Errorf("%s: %w", n, err)
	}
	for i, name := range n.outputs {
		if i < len(outs) && name != "" {
			c.values[name] = outs[i]
		}
	}
	return nil
}

// needed are the names that an output is made from, itself among them.
func (g *Graph) needed(output string) map[string]bool {
	needed := map[string]bool{output: true}
	for i := len(g.nodes) - 1; i >= 0; i-- {
		n := &g.nodes[i]
		if slices.ContainsFunc(n.outputs, func(out string) bool { return needed[out] }) {
			for _, in := range n.inputs {
				needed[in] = true
			}
		}
	}
	return needed
}

// scores is the name of the output with the scores: of classes the one that
// holds numbers or maps of them beside the labels, else the only one.
func (g *Graph) scores(classify bool) (string, error) {
	var found, all []string
	for _, out := range g.outputs {
		all = append(all, out.name)
		if out.isMap || out.kind == float || out.kind == double {
			found = append(found, out.name)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) == 0 && classify:
		return "", unsupported("its outputs %q have no probabilities", all)
	case len(found) == 0:
		return "", unsupported("its outputs %q have no numbers", all)
	}
	return "", unsupported("its outputs %q: more than one holds numbers, and one would have to be chosen", found)
}

// addInputs makes the inputs that are needed. Those with a constant of the same
// name have a default, which is taken.
func (c *compiler) addInputs(needed map[string]bool, width int) error {
	for _, in := range c.inputs {
		if !needed[in.name] || c.constants[in.name] != nil {
			continue
		}
		if in.isMap || in.kind == unknown {
			return unsupported("its input %q is of a type that the runtime does not give", in.name)
		}
		if len(in.dims) > 2 {
			return unsupported("its input %q has %d dimensions", in.name, len(in.dims))
		}
		if len(in.dims) > 0 && in.dims[0] > 1 {
			return unsupported("its input %q takes %d rows at a time, no more and no fewer: convert it with a shape of "+
				"[None, columns]", in.name, in.dims[0])
		}
		var dims []int
		if len(in.dims) == 2 || len(in.dims) == 0 {
			dims = []int{width}
			if len(in.dims) == 2 && in.dims[1] > 0 {
				dims[0] = int(min(in.dims[1], maxColumns+1))
			}
		}
		v, err := c.value(in.kind, dims...)
		if err != nil {
			return err
		}
		if _, ok := c.values[in.name]; ok {
			return fmt.Errorf("two inputs are called %q", in.name)
		}
		c.values[in.name] = v
		c.p.Inputs = append(c.p.Inputs, Input{Name: in.name, Columns: v.columns(), kind: in.kind, at: v.at})
	}
	return nil
}

// value makes room for elements of each row.
func (c *compiler) value(k kind, dims ...int) (value, error) {
	v := value{kind: k, dims: slices.Clone(dims)}
	n := 1
	for _, d := range dims {
		if d < 1 || d > maxColumns || n*d > maxColumns {
			return v, fmt.Errorf("a value of %v elements a row, at most %d in all", dims, maxColumns)
		}
		n *= d
	}
	if c.total += n; c.total > maxColumns {
		return v, fmt.Errorf("more than %d elements a row in all values", maxColumns)
	}
	v.at = len(c.p.sizes[k])
	c.p.sizes[k] = append(c.p.sizes[k], n)
	return v, nil
}

// do adds a step.
func (c *compiler) do(f step) { c.p.steps = append(c.p.steps, f) }

// data returns an input of a node that has a value for each row.
func (c *compiler) data(n *node, i int, kinds ...kind) (value, error) {
	v, ok := c.values[n.input(i)]
	switch {
	case !ok:
		return v, fmt.Errorf("input %d is missing", i)
	case v.constant != nil:
		return v, unsupported("input %d is a constant", i)
	case len(kinds) > 0 && !slices.Contains(kinds, v.kind):
		return v, unsupported("input %d is of type %s", i, v.kind)
	}
	return v, nil
}

// fixed returns an input of a node that is a constant; nil where it has none.
func (c *compiler) fixed(n *node, i int, kinds ...kind) (*tensor, error) {
	v, ok := c.values[n.input(i)]
	switch {
	case !ok:
		return nil, nil
	case v.constant == nil:
		return nil, unsupported("input %d is computed, not a constant", i)
	case len(kinds) > 0 && !slices.Contains(kinds, v.kind):
		return nil, unsupported("input %d is of type %s", i, v.kind)
	}
	return v.constant, nil
}

// opset is the version of the operators of the domain.
func (c *compiler) opset(domain string) int64 { return c.opsets[domain] }

// labels are a classifier's classes by whichever attribute has them.
func labels(n *node, whole, texts string) ([]string, bool) {
	if ints := n.ints(whole); len(ints) > 0 {
		out := make([]string, len(ints))
		for i, v := range ints {
			out[i] = strconv.FormatInt(v, 10)
		}
		return out, true
	}
	return n.texts(texts), false
}
