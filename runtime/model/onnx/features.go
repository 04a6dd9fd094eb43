package onnx

import (
	"fmt"
	"math"
	"slices"
)

// perColumn returns the i-th of one number for all columns, or one a column.
func perColumn(list []float32, columns int, otherwise float32) ([]float32, error) {
	switch len(list) {
	case 0:
		return slices.Repeat([]float32{otherwise}, columns), nil
	case 1:
		return slices.Repeat(list, columns), nil
	case columns:
		return list, nil
	}
	return nil, unsupported("%d numbers for %d columns", len(list), columns)
}

// byColumn adds a step that computes each element from its column's number.
func byColumn(c *compiler, n *node, v value, f func(x float32, column int) float32) ([]value, error) {
	out, err := c.value(float, v.dims...)
	columns := v.columns()
	whole := v.kind == integer || v.kind == boolean
	c.do(func(s *State, rows int) {
		for i := range rows * columns {
			x := float32(0)
			if whole {
				x = float32(s.whole(v)[i])
			} else {
				x = s.floats[v.at][i]
			}
			s.floats[out.at][i] = f(x, i%columns)
		}
	})
	return []value{out}, err
}

// scaler is (x - offset) * scale.
func scaler(c *compiler, n *node) ([]value, error) {
	v, err := c.data(n, 0, float, integer)
	if err != nil {
		return nil, err
	}
	offset, err := perColumn(n.floats("offset"), v.columns(), 0)
	if err != nil {
		return nil, err
	}
	scale, err := perColumn(n.floats("scale"), v.columns(), 1)
	if err != nil {
		return nil, err
	}
	return byColumn(c, n, v, func(x float32, j int) float32 { return (x - offset[j]) * scale[j] })
}

// imputer replaces one number, which may be NaN, by another a column.
func imputer(c *compiler, n *node) ([]value, error) {
	v, err := c.data(n, 0, float)
	if err != nil {
		return nil, err
	}
	if len(n.floats("imputed_value_floats")) == 0 {
		return nil, unsupported("it fills in whole numbers")
	}
	fill, err := perColumn(n.floats("imputed_value_floats"), v.columns(), 0)
	if err != nil {
		return nil, err
	}
	replaced := n.number("replaced_value_float", 0)
	return byColumn(c, n, v, func(x float32, j int) float32 {
		if x == replaced || x != x && replaced != replaced {
			return fill[j]
		}
		return x
	})
}

// binarizer is 1 where a number is above the threshold.
func binarizer(c *compiler, n *node) ([]value, error) {
	v, err := c.data(n, 0, float)
	if err != nil {
		return nil, err
	}
	threshold := n.number("threshold", 0)
	return byColumn(c, n, v, func(x float32, _ int) float32 {
		if x > threshold {
			return 1
		}
		return 0
	})
}

// normalizer divides each row by its norm; a row of zeros stays as it is.
func normalizer(c *compiler, n *node) ([]value, error) {
	v, err := c.data(n, 0, float)
	if err != nil {
		return nil, err
	}
	norms := map[string]func(row []float32) float32{
		"MAX": func(row []float32) float32 { return slices.Max(row) },
		"L1": func(row []float32) float32 {
			sum := float32(0)
			for _, x := range row {
				sum += float32(math.Abs(float64(x)))
			}
			return sum
		},
		"L2": func(row []float32) float32 {
			sum := float32(0)
			for _, x := range row {
				sum += float32(x * x)
			}
			return float32(math.Sqrt(float64(sum)))
		},
	}
	norm := norms[n.string("norm", "MAX")]
	if norm == nil || len(v.dims) != 1 {
		return nil, unsupported("norm %q of %d dimensions", n.string("norm", "MAX"), len(v.dims)+1)
	}
	out, err := c.value(float, v.dims...)
	columns := v.columns()
	c.do(func(s *State, rows int) {
		for r := range rows {
			x, to := s.floats[v.at][r*columns:(r+1)*columns], s.floats[out.at][r*columns:(r+1)*columns]
			copy(to, x)
			if by := norm(x); by != 0 {
				for j := range to {
					to[j] /= by
				}
			}
		}
	})
	out.classes, out.whole = v.classes, v.whole
	return []value{out}, err
}

// featureVectorizer puts numbers side by side.
func featureVectorizer(c *compiler, n *node) ([]value, error) {
	at := *n
	at.inputs = nil
	for i, width := range n.ints("inputdimensions") {
		v, err := c.data(n, i, float, integer, boolean)
		if err != nil {
			return nil, err
		}
		if int64(v.columns()) != width {
			return nil, fmt.Errorf("input %d has %d columns, not %d", i, v.columns(), width)
		}
		if v.kind != float {
			if v, err = c.cast(v, float); err != nil {
				return nil, err
			}
		}
		name := fmt.Sprintf("\x00%d", len(c.values))
		c.values[name] = v
		at.inputs = append(at.inputs, name)
	}
	if len(at.inputs) != len(n.inputs) {
		return nil, unsupported("%d inputs, of which %d have a width", len(n.inputs), len(at.inputs))
	}
	return concat(c, &at)
}

// cast changes the type of numbers.
func cast(c *compiler, n *node) ([]value, error) {
	v, err := c.data(n, 0)
	if err != nil {
		return nil, err
	}
	to := kindOf(n.integer("to", 0))
	if to == v.kind {
		return []value{v}, nil
	}
	if to == unknown || to == text || v.kind == text {
		return nil, unsupported("from %s to %s", v.kind, to)
	}
	out, err := c.cast(v, to)
	out.classes, out.whole = v.classes, v.whole
	return []value{out}, err
}

// cast adds a step that makes numbers of another kind of numbers.
func (c *compiler) cast(v value, to kind) (value, error) {
	out, err := c.value(to, v.dims...)
	columns := v.columns()
	c.do(func(s *State, rows int) {
		for i := range rows * columns {
			x := 0.0
			switch v.kind {
			case float:
				x = float64(s.floats[v.at][i])
			case double:
				x = s.doubles[v.at][i]
			default:
				x = float64(s.whole(v)[i])
			}
			switch to {
			case float:
				s.floats[out.at][i] = float32(x)
			case double:
				s.doubles[out.at][i] = x
			case boolean:
				s.bools[out.at][i] = 0
				if x != 0 {
					s.bools[out.at][i] = 1
				}
			default:
				s.ints[out.at][i] = int64(x)
			}
		}
	})
	return out, err
}
