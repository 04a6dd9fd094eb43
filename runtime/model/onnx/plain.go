package onnx

import (
	"fmt"
	"math"
	"slices"
)

// unary computes each element by itself.
func unary(f func(float32) float32) operator {
	return func(c *compiler, n *node) ([]value, error) {
		in, err := c.data(n, 0, float)
		if err != nil {
			return nil, err
		}
		out, err := c.value(float, in.dims...)
		if err != nil {
			return nil, err
		}
		columns := in.columns()
		c.do(func(s *State, rows int) {
			to := s.floats[out.at]
			for i, v := range s.floats[in.at][:rows*columns] {
				to[i] = f(v)
			}
		})
		out.classes, out.whole = in.classes, in.whole
		return []value{out}, nil
	}
}

// wide makes a function of 32-bit numbers of one of 64-bit ones.
func wide(f func(float64) float64) func(float32) float32 {
	return func(v float32) float32 { return float32(f(float64(v))) }
}

// operand is one side of a binary operator: a constant of one element or one a
// column, or a value of one column or as many as the result.
type operand struct {
	row     []float32
	at      int
	columns int
}

func (o operand) of(s *State, row int) []float32 {
	if o.row != nil {
		return o.row
	}
	return s.floats[o.at][row*o.columns : (row+1)*o.columns]
}

// operand reads an input as a side of a binary operator.
func (c *compiler) operand(n *node, i int) (operand, []int, error) {
	v, ok := c.values[n.input(i)]
	if !ok {
		return operand{}, nil, fmt.Errorf("input %d is missing", i)
	}
	if v.constant == nil {
		if v.kind != float {
			return operand{}, nil, unsupported("input %d is of type %s", i, v.kind)
		}
		return operand{at: v.at, columns: v.columns()}, v.dims, nil
	}
	columns, ok := v.constant.row()
	if !ok || v.kind == text {
		return operand{}, nil, unsupported("input %d is a constant of shape %v", i, v.constant.dims)
	}
	return operand{row: v.constant.numbers()}, []int{columns}, nil
}

// sides reads two inputs that are computed element by element. Numbers that
// stand beside each other must be of the same row, so a value without columns
// goes with a constant of one element only.
func (c *compiler) sides(n *node, i, j int) (a, b operand, dims []int, err error) {
	a, left, err := c.operand(n, i)
	if err != nil {
		return a, b, nil, err
	}
	b, right, err := c.operand(n, j)
	if err != nil {
		return a, b, nil, err
	}
	if a.row != nil && b.row != nil {
		return a, b, nil, unsupported("both inputs are constants")
	}
	// One element goes with any number of columns: of a constant in any shape, of a
	// row where both have one dimension.
	alone := func(o operand, own, other []int) bool {
		return value{dims: own}.columns() == 1 && (o.row != nil || len(own) == 1 && len(other) == 1)
	}
	dims = left
	switch {
	case alone(b, right, left):
	case alone(a, left, right):
		dims = right
	case slices.Equal(left, right) && (len(left) == 1 || a.row == nil && b.row == nil):
	default:
		return a, b, nil, unsupported("shapes of %v and %v elements a row", left, right)
	}
	return a, b, dims, nil
}

// pairwise computes two inputs element by element.
func pairwise(f func(a, b float32) float32) operator {
	return func(c *compiler, n *node) ([]value, error) {
		a, b, dims, err := c.sides(n, 0, 1)
		if err != nil {
			return nil, err
		}
		out, err := c.value(float, dims...)
		if err != nil {
			return nil, err
		}
		columns := out.columns()
		c.do(func(s *State, rows int) {
			for r := range rows {
				x, y, to := a.of(s, r), b.of(s, r), s.floats[out.at][r*columns:(r+1)*columns]
				for j := range to {
					to[j] = f(x[j%len(x)], y[j%len(y)])
				}
			}
		})
		return []value{out}, nil
	}
}

// variadic computes any number of inputs from left to right.
func variadic(f func(a, b float32) float32) operator {
	return func(c *compiler, n *node) ([]value, error) {
		if len(n.inputs) == 1 {
			v, err := c.data(n, 0, float)
			return []value{v}, err
		}
		at := *n
		for len(at.inputs) > 1 {
			outs, err := pairwise(f)(c, &at)
			if err != nil {
				return nil, err
			}
			name := "\x00" + fmt.Sprint(len(c.values)) // no name of the file begins so
			c.values[name] = outs[0]
			at.inputs = append([]string{name}, at.inputs[2:]...)
		}
		return []value{c.values[at.inputs[0]]}, nil
	}
}

// compare computes a boolean of two inputs.
func compare(f func(a, b float32) bool) operator {
	return func(c *compiler, n *node) ([]value, error) {
		a, b, dims, err := c.sides(n, 0, 1)
		if err != nil {
			return nil, err
		}
		out, err := c.value(boolean, dims...)
		if err != nil {
			return nil, err
		}
		columns := out.columns()
		c.do(func(s *State, rows int) {
			for r := range rows {
				x, y, to := a.of(s, r), b.of(s, r), s.bools[out.at][r*columns:(r+1)*columns]
				for j := range to {
					to[j] = 0
					if f(x[j%len(x)], y[j%len(y)]) {
						to[j] = 1
					}
				}
			}
		})
		return []value{out}, nil
	}
}

// where takes each element from one of two inputs.
func where(c *compiler, n *node) ([]value, error) {
	by, err := c.data(n, 0, boolean)
	if err != nil {
		return nil, err
	}
	a, left, err := c.operand(n, 1)
	if err != nil {
		return nil, err
	}
	b, right, err := c.operand(n, 2)
	if err != nil {
		return nil, err
	}
	for _, dims := range [][]int{left, right} {
		if len(by.dims) != 1 || !slices.Equal(dims, by.dims) && !slices.Equal(dims, []int{1}) {
			return nil, unsupported("shapes of %v, %v and %v elements a row", by.dims, left, right)
		}
	}
	out, err := c.value(float, by.dims...)
	columns := by.columns()
	c.do(func(s *State, rows int) {
		for r := range rows {
			x, y, to := a.of(s, r), b.of(s, r), s.floats[out.at][r*columns:(r+1)*columns]
			for j := range to {
				if to[j] = y[j%len(y)]; s.bools[by.at][r*columns+j] != 0 {
					to[j] = x[j%len(x)]
				}
			}
		}
	})
	return []value{out}, err
}

// logic computes booleans element by element; not has one input.
func logic(inputs int, f func(a, b int64) int64) operator {
	return func(c *compiler, n *node) ([]value, error) {
		a, err := c.data(n, 0, boolean)
		if err != nil {
			return nil, err
		}
		b, err := c.data(n, inputs-1, boolean)
		if err != nil {
			return nil, err
		}
		if !slices.Equal(a.dims, b.dims) {
			return nil, unsupported("shapes of %v and %v elements a row", a.dims, b.dims)
		}
		out, err := c.value(boolean, a.dims...)
		columns := a.columns()
		c.do(func(s *State, rows int) {
			for i := range rows * columns {
				s.bools[out.at][i] = f(s.bools[a.at][i], s.bools[b.at][i])
			}
		})
		return []value{out}, err
	}
}

// isNaN reports of each element whether it is missing.
func isNaN(c *compiler, n *node) ([]value, error) {
	in, err := c.data(n, 0, float)
	if err != nil {
		return nil, err
	}
	out, err := c.value(boolean, in.dims...)
	columns := in.columns()
	c.do(func(s *State, rows int) {
		for i, v := range s.floats[in.at][:rows*columns] {
			s.bools[out.at][i] = 0
			if v != v {
				s.bools[out.at][i] = 1
			}
		}
	})
	return []value{out}, err
}

// softmax is over the last dimension, which rows of one dimension have.
func softmaxOf(c *compiler, n *node) ([]value, error) {
	in, err := c.data(n, 0, float)
	if err != nil {
		return nil, err
	}
	if axis := n.integer("axis", -1); len(in.dims) != 1 || axis != -1 && axis != 1 {
		return nil, unsupported("axis %d of %d dimensions", axis, len(in.dims)+1)
	}
	out, err := c.value(float, in.dims...)
	columns := in.columns()
	c.do(func(s *State, rows int) {
		for r := range rows {
			to := s.floats[out.at][r*columns : (r+1)*columns]
			copy(to, s.floats[in.at][r*columns:])
			softmax(to)
		}
	})
	out.classes, out.whole = in.classes, in.whole
	return []value{out}, err
}

// clip bounds each element by constants, which are inputs, or attributes in older
// versions.
func clip(c *compiler, n *node) ([]value, error) {
	low, high := n.number("min", -math.MaxFloat32), n.number("max", math.MaxFloat32)
	for i, to := range []*float32{&low, &high} {
		t, err := c.fixed(n, i+1, float)
		if err != nil {
			return nil, err
		}
		if t != nil && len(t.floats) == 1 {
			*to = t.floats[0]
		} else if t != nil {
			return nil, unsupported("a bound of %d elements", t.size())
		}
	}
	return unary(func(v float32) float32 {
		switch {
		case v < low:
			return low
		case v > high:
			return high
		}
		return v
	})(c, n)
}
