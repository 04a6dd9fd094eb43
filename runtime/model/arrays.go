package model

// arraysOf lays an estimator out in flat arrays. A tree's nodes and leaves
// follow those of the tree before.
//
// The order of the arrays is part of the file's format; readLinear and
// readEnsemble expect the same. Weights are laid out output after output.
func arraysOf(m *Model) arrays {
	if m.Remote != nil {
		return arrays{}
	}
	if m.Graph != nil {
		return arrays{byteArray("onnx", m.Graph.File)}
	}
	if l := m.Linear; l != nil {
		var weights []float64
		for _, w := range l.Weights {
			weights = append(weights, w...)
		}
		out := arrays{floatArray("weights", weights), floatArray("intercept", l.Intercept)}
		if l.Means != nil {
			out = append(out, floatArray("means", l.Means))
		}
		return out
	}
	return ensembleArrays(m.Ensemble)
}

// ensembleArrays joins the trees' arrays, with the numbers of nodes and leaves
// a tree beside them to cut them apart again. Node and leaf indexes stay
// relative to their tree.
func ensembleArrays(e *Ensemble) arrays {
	n := 0
	for i := range e.Trees {
		n += len(e.Trees[i].Feature)
	}
	var all Tree
	all.Feature, all.Left, all.Right = make([]int32, 0, n), make([]int32, 0, n), make([]int32, 0, n)
	all.Threshold, all.MissingLeft = make([]float64, 0, n), make([]bool, 0, n)
	output := make([]int32, len(e.Trees))
	nodes := make([]int32, len(e.Trees))
	leaves := make([]int32, len(e.Trees))
	for i := range e.Trees {
		t := &e.Trees[i]
		output[i], nodes[i], leaves[i] = t.Output, int32(len(t.Feature)), int32(len(t.Leaf))
		all.Feature = append(all.Feature, t.Feature...)
		all.Threshold = append(all.Threshold, t.Threshold...)
		all.MissingLeft = append(all.MissingLeft, t.MissingLeft...)
		all.Left = append(all.Left, t.Left...)
		all.Right = append(all.Right, t.Right...)
		all.Leaf = append(all.Leaf, t.Leaf...)
		all.Cover = append(all.Cover, t.Cover...)
		all.Set = append(all.Set, t.Set...)
	}
	out := arrays{
		floatArray("base", e.Base),
		intArray("tree_output", output),
		intArray("tree_nodes", nodes),
		intArray("tree_leaves", leaves),
		intArray("feature", all.Feature),
		floatArray("threshold", all.Threshold),
		flagArray("missing_left", all.MissingLeft),
		intArray("left", all.Left),
		intArray("right", all.Right),
		floatArray("leaf", all.Leaf),
	}
	if all.Cover != nil || len(e.Sets) > 0 {
		out = append(out, floatArray("cover", all.Cover))
	}
	if len(e.Sets) > 0 {
		out = append(out, setArrays(all.Set, e.Sets)...)
	}
	return out
}

// setArrays lays out what splits by categories are by.
func setArrays(nodes []int32, sets []Set) arrays {
	sizes, bounds := make([]int32, len(sets)), []float64(nil)
	for i, s := range sets {
		sizes[i], bounds = int32(len(s)), append(bounds, s...)
	}
	return arrays{intArray("set", nodes), intArray("set_sizes", sizes), floatArray("bounds", bounds)}
}
