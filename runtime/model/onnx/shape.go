package onnx

import (
	"fmt"
	"slices"
)

// same passes an input on, as Identity does.
func same(c *compiler, n *node) ([]value, error) {
	v, err := c.data(n, 0)
	return []value{v}, err
}

// constant is a node that holds a constant.
func constant(_ *compiler, n *node) ([]value, error) {
	t := &tensor{}
	switch {
	case n.attributes["value"] != nil && n.attributes["value"].tensor != nil:
		t = n.attributes["value"].tensor
	case n.attributes["value_float"] != nil:
		t.kind, t.floats = float, []float32{n.number("value_float", 0)}
	case n.attributes["value_int"] != nil:
		t.kind, t.ints = integer, []int64{n.integer("value_int", 0)}
	case n.attributes["value_floats"] != nil:
		t.kind, t.floats = float, n.floats("value_floats")
		t.dims = []int64{int64(len(t.floats))}
	case n.attributes["value_ints"] != nil:
		t.kind, t.ints = integer, n.ints("value_ints")
		t.dims = []int64{int64(len(t.ints))}
	}
	if t.kind == unknown {
		return nil, unsupported("its value is of a type that the runtime does not know")
	}
	return []value{{kind: t.kind, constant: t}}, nil
}

// reshape gives the elements of a row other dimensions. Rows stay rows: a shape
// that would mix them is refused.
func reshape(c *compiler, n *node) ([]value, error) {
	v, err := c.data(n, 0)
	if err != nil {
		return nil, err
	}
	shape := n.ints("shape") // an attribute before version 5
	if t, err := c.fixed(n, 1, integer); err != nil {
		return nil, err
	} else if t != nil {
		shape = t.ints
	}
	if len(shape) == 0 || len(shape) > 8 || shape[0] > 0 {
		return nil, unsupported("the shape %v, which would mix rows", shape)
	}
	dims, known, open := make([]int, len(shape)-1), 1, -1
	for i, d := range shape[1:] {
		switch {
		case d == -1 && open < 0 && shape[0] == 0:
			open, d = i, 1
		case d == 0 && i < len(v.dims):
			d = int64(v.dims[i])
		}
		if d < 1 || d > maxColumns || int64(known)*d > maxColumns {
			return nil, unsupported("the shape %v for %v elements a row", shape, v.dims)
		}
		dims[i] = int(d)
		known *= int(d)
	}
	if open >= 0 && v.columns()%known == 0 {
		dims[open] = v.columns() / known
		known *= dims[open]
	}
	if known != v.columns() {
		return nil, unsupported("the shape %v for %v elements a row, which would mix rows", shape, v.dims)
	}
	v.dims = dims
	return []value{v}, nil
}

// flatten makes one dimension of all of a row.
func flatten(c *compiler, n *node) ([]value, error) {
	v, err := c.data(n, 0)
	if axis := n.integer("axis", 1); axis != 1 {
		return nil, unsupported("axis %d", axis)
	}
	v.dims = []int{v.columns()}
	return []value{v}, err
}

// axes are the axes of a node: an attribute, or an input in later versions.
func (c *compiler) axes(n *node, rank int) ([]int, error) {
	list := n.ints("axes")
	if t, err := c.fixed(n, 1, integer); err != nil {
		return nil, err
	} else if t != nil {
		list = t.ints
	}
	out := make([]int, len(list))
	for i, a := range list {
		if a < 0 {
			a += int64(rank)
		}
		if a < 1 || a >= int64(rank) {
			return nil, unsupported("axis %d of %d dimensions", list[i], rank)
		}
		out[i] = int(a)
	}
	return out, nil
}

// squeeze takes dimensions of one element away.
func squeeze(c *compiler, n *node) ([]value, error) {
	v, err := c.data(n, 0)
	if err != nil {
		return nil, err
	}
	axes, err := c.axes(n, len(v.dims)+1)
	if err != nil {
		return nil, err
	}
	if len(axes) == 0 {
		return nil, unsupported("no axes, which would make rows of one row something else")
	}
	var dims []int
	for i, d := range v.dims {
		if !slices.Contains(axes, i+1) {
			dims = append(dims, d)
		} else if d != 1 {
			return nil, fmt.Errorf("axis %d has %d elements", i+1, d)
		}
	}
	v.dims = dims
	return []value{v}, nil
}

// unsqueeze adds dimensions of one element.
func unsqueeze(c *compiler, n *node) ([]value, error) {
	v, err := c.data(n, 0)
	if err != nil {
		return nil, err
	}
	axes, err := c.axes(n, len(v.dims)+1+1)
	if err != nil {
		return nil, err
	}
	if len(axes) != 1 {
		return nil, unsupported("%d axes", len(axes))
	}
	v.dims = slices.Insert(slices.Clone(v.dims), axes[0]-1, 1)
	return []value{v}, nil
}

// concat puts the columns of several values side by side.
func concat(c *compiler, n *node) ([]value, error) {
	var parts []value
	columns := 0
	for i := range n.inputs {
		v, err := c.data(n, i)
		if err != nil {
			return nil, err
		}
		if len(v.dims) != 1 || i > 0 && v.kind != parts[0].kind {
			return nil, unsupported("input %d is of type %s and %v elements a row", i, v.kind, v.dims)
		}
		parts = append(parts, v)
		columns = min(columns+v.columns(), maxColumns+1)
	}
	if axis := n.integer("axis", 1); len(parts) == 0 || axis != 1 && axis != -1 {
		return nil, unsupported("axis %d of %d inputs", axis, len(parts))
	}
	out, err := c.value(parts[0].kind, columns)
	if err != nil {
		return nil, err
	}
	to := 0
	for _, v := range parts {
		from := make([]int, v.columns())
		for j := range from {
			from[j] = j
		}
		c.columnsTo(v, from, out, to)
		to += len(from)
	}
	return []value{out}, nil
}

// columnsTo adds a step that copies the columns from of a value to those that
// begin with column to of another of the same kind.
func (c *compiler) columnsTo(v value, from []int, out value, to int) {
	switch v.kind {
	case float:
		c.do(func(s *State, rows int) { move(s.floats[v.at], v, from, s.floats[out.at], out, to, rows) })
	case double:
		c.do(func(s *State, rows int) { move(s.doubles[v.at], v, from, s.doubles[out.at], out, to, rows) })
	case text:
		c.do(func(s *State, rows int) { move(s.texts[v.at], v, from, s.texts[out.at], out, to, rows) })
	default:
		c.do(func(s *State, rows int) { move(s.whole(v), v, from, s.whole(out), out, to, rows) })
	}
}

func move[T any](in []T, v value, from []int, out []T, o value, to, rows int) {
	width, wide := v.columns(), o.columns()
	for r := range rows {
		for j, at := range from {
			out[r*wide+to+j] = in[r*width+at]
		}
	}
}

// pick is ArrayFeatureExtractor, and Gather of columns: it takes the columns that
// a constant says.
func pick(c *compiler, n *node) ([]value, error) {
	v, err := c.data(n, 0)
	if err != nil {
		return nil, err
	}
	t, err := c.fixed(n, 1, integer)
	if err != nil {
		return nil, err
	}
	axis := int64(1)
	if n.op == "Gather" {
		axis = n.integer("axis", 0)
	}
	if t == nil || len(v.dims) != 1 || axis != 1 && axis != -1 {
		return nil, unsupported("axis %d of %d dimensions", axis, len(v.dims)+1)
	}
	from := make([]int, len(t.ints))
	for i, at := range t.ints {
		if at < 0 && n.op == "Gather" {
			at += int64(v.columns())
		}
		if at < 0 || at >= int64(v.columns()) {
			return nil, fmt.Errorf("column %d of %d", t.ints[i], v.columns())
		}
		from[i] = int(at)
	}
	out, err := c.value(v.kind, len(from))
	if err != nil {
		return nil, err
	}
	c.columnsTo(v, from, out, 0)
	if n.op == "Gather" && len(t.dims) == 0 {
		out.dims = nil
	}
	return []value{out}, nil
}
