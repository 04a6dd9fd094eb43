package model

// readLinear takes a linear model out of its arrays.
//
// The rows of weights are slices of one array; the third index keeps an append
// to one from writing into the next.
func readLinear(s shape, a arrays, version uint32) (*Linear, error) {
	want := []string{"weights", "float64", "intercept", "float64"}
	if version == coverVersion {
		want = append(want, "means", "float64")
	}
	if err := a.expect(want...); err != nil {
		return nil, err
	}
	weights, intercept := a[0].floats, a[1].floats
	if s.Average || s.Outputs != len(intercept) || s.Outputs == 0 || len(weights)%s.Outputs != 0 {
		return nil, damaged("%d weights and %d intercepts for %d outputs", len(weights), len(intercept), s.Outputs)
	}
	l := &Linear{Link: s.Link, Intercept: intercept, Weights: make([][]float64, s.Outputs)}
	if version == coverVersion {
		l.Means = a[2].floats
	}
	n := len(weights) / s.Outputs
	for k := range l.Weights {
		l.Weights[k] = weights[k*n : (k+1)*n : (k+1)*n]
	}
	return l, nil
}

// readEnsemble takes the trees out of their arrays. Whether they are trees is
// for Check to say; here they are only cut.
//
// There are at least as many nodes as trees, which bounds the slice of trees by
// what the file holds.
func readEnsemble(s shape, a arrays, version uint32) (*Ensemble, error) {
	want := []string{"base", "float64", "tree_output", "int32", "tree_nodes", "int32", "tree_leaves", "int32",
		"feature", "int32", "threshold", "float64", "missing_left", "uint8", "left", "int32", "right", "int32",
		"leaf", "float64"}
	if version >= coverVersion {
		want = append(want, "cover", "float64")
	}
	if version == FormatVersion {
		want = append(want, "set", "int32", "set_sizes", "int32", "bounds", "float64")
	}
	if err := a.expect(want...); err != nil {
		return nil, err
	}
	output, nodes, leaves := a[1].ints, a[2].ints, a[3].ints
	all := Tree{Feature: a[4].ints, Threshold: a[5].floats, MissingLeft: a[6].flags, Left: a[7].ints,
		Right: a[8].ints, Leaf: a[9].floats}
	if len(nodes) != len(output) || len(leaves) != len(output) {
		return nil, damaged("trees: %d outputs, %d and %d sizes", len(output), len(nodes), len(leaves))
	}
	n := len(all.Feature)
	if len(output) > n {
		return nil, damaged("%d trees of %d nodes", len(output), n)
	}
	if len(all.Threshold) != n || len(all.MissingLeft) != n || len(all.Left) != n || len(all.Right) != n {
		return nil, damaged("trees: node arrays of different lengths")
	}
	e := &Ensemble{Outputs: s.Outputs, Average: s.Average, Link: s.Link, Base: a[0].floats,
		Trees: make([]Tree, len(output))}
	if err := e.readMore(&all, a, version); err != nil {
		return nil, err
	}
	for i := range e.Trees {
		t, ok := all.cut(int(nodes[i]), int(leaves[i]))
		if !ok {
			return nil, damaged("tree %d: %d nodes and %d leaf values are not there", i, nodes[i], leaves[i])
		}
		t.Output = output[i]
		e.Trees[i] = t
	}
	if len(all.Feature) != 0 || len(all.Leaf) != 0 {
		return nil, damaged("%d nodes and %d leaf values belong to no tree", len(all.Feature), len(all.Leaf))
	}
	return e, nil
}

// cut takes the first nodes and leaf values off the arrays.
func (t *Tree) cut(nodes, leaves int) (Tree, bool) {
	if nodes < 0 || leaves < 0 || nodes > len(t.Feature) || leaves > len(t.Leaf) {
		return Tree{}, false
	}
	out := Tree{
		Feature: t.Feature[:nodes:nodes], Threshold: t.Threshold[:nodes:nodes],
		MissingLeft: t.MissingLeft[:nodes:nodes],
		Left:        t.Left[:nodes:nodes], Right: t.Right[:nodes:nodes], Leaf: t.Leaf[:leaves:leaves],
	}
	t.Feature, t.Threshold, t.MissingLeft = t.Feature[nodes:], t.Threshold[nodes:], t.MissingLeft[nodes:]
	t.Left, t.Right, t.Leaf = t.Left[nodes:], t.Right[nodes:], t.Leaf[leaves:]
	if t.Cover != nil {
		out.Cover, t.Cover = t.Cover[:nodes:nodes], t.Cover[nodes:]
	}
	if t.Set != nil {
		out.Set, t.Set = t.Set[:nodes:nodes], t.Set[nodes:]
	}
	return out, true
}

// readMore reads the arrays that the later formats have.
func (e *Ensemble) readMore(all *Tree, a arrays, version uint32) error {
	n := len(all.Feature)
	if version >= coverVersion {
		all.Cover = a[10].floats
		if version == FormatVersion && len(all.Cover) == 0 {
			all.Cover = nil
		}
		if len(all.Cover) != n && (version == coverVersion || all.Cover != nil) {
			return damaged("trees: %d covers of %d nodes", len(all.Cover), n)
		}
	}
	if version < FormatVersion {
		return nil
	}
	if all.Set = a[11].ints; len(all.Set) != n {
		return damaged("trees: %d sets of %d nodes", len(all.Set), n)
	}
	var err error
	e.Sets, err = cutSets(a[12].ints, a[13].floats)
	return err
}

// cutSets takes sets of so many bounds each off the bounds.
func cutSets(sizes []int32, bounds []float64) ([]Set, error) {
	sets := make([]Set, len(sizes))
	for i, size := range sizes {
		if size < 0 || int(size) > len(bounds) {
			return nil, damaged("set %d: %d bounds are not there", i, size)
		}
		sets[i], bounds = Set(bounds[:size:size]), bounds[size:]
	}
	if len(bounds) != 0 {
		return nil, damaged("%d bounds belong to no set", len(bounds))
	}
	return sets, nil
}
