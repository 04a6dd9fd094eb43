package onnx

// linear is a matrix of weights: a row an output, or transposed as it comes.
type linear struct {
	in, out   int
	weights   []float32 // output after output
	intercept []float32 // nil, or one an output
	alpha     float32
	beta      float32
}

// step adds a step that computes it, with a last touch of each row.
func (l *linear) step(c *compiler, v value, columns int, last func(row []float32)) (value, error) {
	out, err := c.value(float, columns)
	if err != nil {
		return out, err
	}
	c.do(func(s *State, rows int) {
		for r := range rows {
			x, to := s.floats[v.at][r*l.in:(r+1)*l.in], s.floats[out.at][r*columns:(r+1)*columns]
			for k := range l.out {
				sum := float32(0)
				for j, w := range l.weights[k*l.in : (k+1)*l.in] {
					sum += float32(w * x[j])
				}
				if sum = float32(sum * l.alpha); l.intercept != nil {
					sum += float32(l.intercept[k] * l.beta)
				}
				to[k] = sum
			}
			last(to)
		}
	})
	return out, nil
}

// linearOf reads coefficients and intercepts for an input of numbers.
func linearOf(c *compiler, n *node, outputs int) (*linear, value, error) {
	v, err := c.data(n, 0, float)
	if err != nil {
		return nil, v, err
	}
	l := &linear{in: v.columns(), weights: n.floats("coefficients"), intercept: n.floats("intercepts"), alpha: 1, beta: 1}
	if l.out = len(l.weights) / l.in; len(v.dims) != 1 || l.out*l.in != len(l.weights) || l.out == 0 ||
		outputs > 0 && l.out != outputs {
		return nil, v, unsupported("%d coefficients for %v columns and %d outputs", len(l.weights), v.dims, outputs)
	}
	if len(l.intercept) == 0 {
		l.intercept = nil
	} else if len(l.intercept) != l.out {
		return nil, v, unsupported("%d intercepts of %d outputs", len(l.intercept), l.out)
	}
	return l, v, nil
}

func linearRegressor(c *compiler, n *node) ([]value, error) {
	l, v, err := linearOf(c, n, int(n.integer("targets", 1)))
	if err != nil {
		return nil, err
	}
	_, post, err := postOf(n)
	if err != nil {
		return nil, err
	}
	out, err := l.step(c, v, l.out, post)
	return []value{out}, err
}

// linearClassifier makes no labels: whoever needs them is not computed.
func linearClassifier(c *compiler, n *node) ([]value, error) {
	l, v, err := linearOf(c, n, 0)
	if err != nil {
		return nil, err
	}
	name, post, err := postOf(n)
	if err != nil {
		return nil, err
	}
	classes, whole := labels(n, "classlabels_ints", "classlabels_strings")
	columns := l.out
	switch {
	case l.out == 1 && len(classes) == 2 && name != "LOGISTIC" && name != "NONE":
		return nil, unsupported("one row of coefficients for two classes and post_transform %s", name)
	case l.out == 1 && len(classes) == 2:
		columns, post = 2, second(name, post, false)
	case len(classes) != l.out:
		return nil, unsupported("classes %q for coefficients of %d outputs", classes, l.out)
	}
	out, err := l.step(c, v, columns, post)
	out.classes, out.whole = classes, whole
	return []value{{}, out}, err
}

// matMul multiplies rows by a constant matrix.
func matMul(c *compiler, n *node) ([]value, error) { return product(c, n, false, 1, 0) }

// gemm is matMul with an intercept and factors.
func gemm(c *compiler, n *node) ([]value, error) {
	if n.integer("transA", 0) != 0 {
		return nil, unsupported("transA, which would mix rows")
	}
	return product(c, n, n.integer("transB", 0) != 0, n.number("alpha", 1), n.number("beta", 1))
}

func product(c *compiler, n *node, turned bool, alpha, beta float32) ([]value, error) {
	v, err := c.data(n, 0, float)
	if err != nil {
		return nil, err
	}
	m, err := c.fixed(n, 1, float)
	if err != nil {
		return nil, err
	}
	if m == nil || len(v.dims) != 1 || len(m.dims) < 1 || len(m.dims) > 2 || m.size() == 0 {
		return nil, unsupported("%v columns by a matrix that is not one", v.dims)
	}
	rows, columns := int(m.dims[0]), 1
	if len(m.dims) == 2 {
		columns = int(m.dims[1])
	}
	if turned {
		rows, columns = columns, rows
	}
	if rows != v.columns() {
		return nil, unsupported("%v columns by a matrix of %v", v.dims, m.dims)
	}
	l := &linear{in: rows, out: columns, weights: m.floats, alpha: alpha, beta: beta}
	if !turned {
		l.weights = make([]float32, len(m.floats))
		for i, w := range m.floats {
			l.weights[i%columns*rows+i/columns] = w
		}
	}
	if t, err := c.fixed(n, 2, float); err != nil {
		return nil, err
	} else if t != nil {
		k, ok := t.row()
		if !ok || k != 1 && k != columns {
			return nil, unsupported("an intercept of shape %v for %d outputs", t.dims, columns)
		}
		l.intercept = make([]float32, columns)
		for i := range l.intercept {
			l.intercept[i] = t.floats[i%k]
		}
	}
	out, err := l.step(c, v, columns, func([]float32) {})
	if len(m.dims) == 1 {
		out.dims = nil
	}
	return []value{out}, err
}

// reduce makes one number of all columns of a row.
func reduce(f func(sum, v float32) float32, mean bool) operator {
	return func(c *compiler, n *node) ([]value, error) {
		v, err := c.data(n, 0, float)
		if err != nil {
			return nil, err
		}
		axes, err := c.axes(n, len(v.dims)+1)
		if err != nil {
			return nil, err
		}
		if len(v.dims) != 1 || len(axes) != 1 {
			return nil, unsupported("%d axes of %d dimensions", len(axes), len(v.dims)+1)
		}
		out, err := c.value(float, 1)
		columns := v.columns()
		c.do(func(s *State, rows int) {
			for r := range rows {
				x := s.floats[v.at][r*columns : (r+1)*columns]
				sum := x[0]
				for _, one := range x[1:] {
					sum = f(sum, one)
				}
				if mean {
					sum /= float32(columns)
				}
				s.floats[out.at][r] = sum
			}
		})
		if n.integer("keepdims", 1) == 0 {
			out.dims = nil
		}
		return []value{out}, err
	}
}

// argMax is the first column with the greatest number.
func argMax(c *compiler, n *node) ([]value, error) {
	v, err := c.data(n, 0, float)
	if err != nil {
		return nil, err
	}
	if axis := n.integer("axis", 0); len(v.dims) != 1 || axis != 1 && axis != -1 || n.integer("select_last_index", 0) != 0 {
		return nil, unsupported("axis %d of %d dimensions", axis, len(v.dims)+1)
	}
	out, err := c.value(integer, 1)
	columns := v.columns()
	c.do(func(s *State, rows int) {
		for r := range rows {
			x, best := s.floats[v.at][r*columns:(r+1)*columns], 0
			for j, one := range x {
				if one > x[best] {
					best = j
				}
			}
			s.ints[out.at][r] = int64(best)
		}
	})
	if n.integer("keepdims", 1) == 0 {
		out.dims = nil
	}
	return []value{out}, err
}
