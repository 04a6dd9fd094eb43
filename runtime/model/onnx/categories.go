package onnx

import (
	"math"
	"slices"
	"strconv"
)

// key is an element as a map of categories has it: numbers by their text.
func (s *State) key(v value, i int) string {
	switch v.kind {
	case text:
		return s.texts[v.at][i]
	case float:
		return floatKey(s.floats[v.at][i])
	default:
		return strconv.FormatInt(s.whole(v)[i], 10)
	}
}

// floatKey is one text for every NaN and for zeros of both signs.
func floatKey(v float32) string { return strconv.FormatFloat(float64(v+0), 'g', -1, 32) }

// list is an attribute's values as keys; nil where it has none.
func list(n *node, name string) []string {
	if t := n.texts(name + "s_strings"); len(t) > 0 {
		return t
	}
	var out []string
	for _, v := range n.ints(name + "s_int64s") {
		out = append(out, strconv.FormatInt(v, 10))
	}
	for _, v := range n.floats(name + "s_floats") {
		out = append(out, floatKey(v))
	}
	if a := n.attributes[name+"s_tensor"]; len(out) == 0 && a != nil && a.tensor != nil {
		out = append(out, a.tensor.texts...)
		for _, v := range a.tensor.ints {
			out = append(out, strconv.FormatInt(v, 10))
		}
		for _, v := range a.tensor.floats {
			out = append(out, floatKey(v))
		}
	}
	return out
}

// labelEncoder maps each element to another, and one that it does not know to a
// default. Version 1 has one list of texts, whose places are the numbers.
func labelEncoder(c *compiler, n *node) ([]value, error) {
	v, err := c.data(n, 0, text, integer, float)
	if err != nil {
		return nil, err
	}
	keys, values := list(n, "key"), list(n, "value")
	to, otherwise := valueKind(n)
	if classes := n.texts("classes_strings"); len(classes) > 0 {
		keys, values = classes, make([]string, len(classes))
		for i := range values {
			values[i] = strconv.Itoa(i)
		}
		to, otherwise = integer, strconv.FormatInt(n.integer("default_int64", -1), 10)
		if v.kind != text {
			keys, values, to, otherwise = values, keys, text, n.string("default_string", "_Unused")
		}
	}
	if len(keys) != len(values) || len(keys) == 0 || to == unknown {
		return nil, unsupported("%d keys and %d values", len(keys), len(values))
	}
	places := make(map[string]int, len(keys))
	for i, k := range keys {
		places[k] = i
	}
	out, err := c.value(to, v.dims...)
	if err != nil {
		return nil, err
	}
	columns := v.columns()
	texts := append(slices.Clone(values), otherwise)
	floats, ints := make([]float32, len(texts)), make([]int64, len(texts))
	for i, t := range texts {
		f, _ := strconv.ParseFloat(t, 32)
		floats[i] = float32(f)
		ints[i], _ = strconv.ParseInt(t, 10, 64)
	}
	c.do(func(s *State, rows int) {
		for i := range rows * columns {
			at, ok := places[s.key(v, i)]
			if !ok {
				at = len(keys)
			}
			switch to {
			case text:
				s.texts[out.at][i] = texts[at]
			case float:
				s.floats[out.at][i] = floats[at]
			default:
				s.ints[out.at][i] = ints[at]
			}
		}
	})
	return []value{out}, nil
}

// valueKind is what a LabelEncoder makes, and its default.
func valueKind(n *node) (kind, string) {
	if a := n.attributes["values_tensor"]; a != nil && a.tensor != nil {
		otherwise := map[kind]string{text: "_Unused", integer: "-1", float: floatKey(float32(math.Copysign(0, -1)))}
		if d := n.attributes["default_tensor"]; d != nil && d.tensor != nil && d.tensor.size() == 1 {
			for _, v := range d.tensor.texts {
				return a.tensor.kind, v
			}
			for _, v := range d.tensor.ints {
				return a.tensor.kind, strconv.FormatInt(v, 10)
			}
			for _, v := range d.tensor.floats {
				return a.tensor.kind, floatKey(v)
			}
		}
		return a.tensor.kind, otherwise[a.tensor.kind]
	}
	switch {
	case len(n.texts("values_strings")) > 0:
		return text, n.string("default_string", "_Unused")
	case len(n.ints("values_int64s")) > 0:
		return integer, strconv.FormatInt(n.integer("default_int64", -1), 10)
	case len(n.floats("values_floats")) > 0:
		return float, floatKey(n.number("default_float", 0))
	}
	return unknown, ""
}

// oneHotEncoder makes a column a category of each element; one that it does not
// know has zeros, where the model says so.
func oneHotEncoder(c *compiler, n *node) ([]value, error) {
	v, err := c.data(n, 0, text, integer, float)
	if err != nil {
		return nil, err
	}
	keys := n.texts("cats_strings")
	for _, k := range n.ints("cats_int64s") {
		keys = append(keys, strconv.FormatInt(k, 10))
	}
	switch {
	case len(keys) == 0 || (len(n.texts("cats_strings")) > 0) != (v.kind == text):
		return nil, unsupported("%d categories of another type than its input's, %s", len(keys), v.kind)
	case n.integer("zeros", 1) == 0:
		return nil, unsupported("unknown categories are an error (zeros=0)")
	}
	places := make(map[string]int, len(keys))
	for i, k := range keys {
		places[k] = i
	}
	dims := append(append([]int(nil), v.dims...), len(keys))
	out, err := c.value(float, dims...)
	if err != nil {
		return nil, err
	}
	columns := v.columns()
	c.do(func(s *State, rows int) {
		to := s.floats[out.at][:rows*columns*len(keys)]
		clear(to)
		for i := range rows * columns {
			key := ""
			if v.kind == float { // cut off, as ONNX Runtime does
				key = strconv.FormatInt(int64(s.floats[v.at][i]), 10)
			} else {
				key = s.key(v, i)
			}
			if at, ok := places[key]; ok {
				to[i*len(keys)+at] = 1
			}
		}
	})
	return []value{out}, nil
}

// zipMap makes a map by class of each row's scores, which here keep their place.
func zipMap(c *compiler, n *node) ([]value, error) {
	v, err := c.data(n, 0, float)
	if err != nil {
		return nil, err
	}
	classes, whole := labels(n, "classlabels_int64s", "classlabels_strings")
	if len(classes) != v.columns() {
		return nil, unsupported("%d classes for %d scores", len(classes), v.columns())
	}
	v.classes, v.whole = classes, whole
	return []value{v}, nil
}
