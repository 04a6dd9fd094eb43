package onnx

import (
	"fmt"
	"math"
	"slices"
)

// place is a node by its tree and its number in it.
type place struct{ tree, node int64 }

// floatsOf is a list of numbers, which later versions may have as a tensor.
func floatsOf(n *node, name string) ([]float32, error) {
	a := n.attributes[name+"_as_tensor"]
	if a == nil || a.tensor == nil {
		return n.floats(name), nil
	}
	if a.tensor.kind != float {
		return nil, unsupported("%s_as_tensor is of type %s", name, a.tensor.kind)
	}
	return a.tensor.floats, nil
}

// forestOf reads the lists of versions 1 to 3: nodes, and weights whose lists
// begin with the prefix.
func forestOf(n *node, prefix string, outputs int) (*forest, error) {
	f := &forest{outputs: outputs}
	places, err := f.addNodes(n)
	if err != nil {
		return nil, err
	}
	trees, nodes, ids := n.ints(prefix+"_treeids"), n.ints(prefix+"_nodeids"), n.ints(prefix+"_ids")
	values, err := floatsOf(n, prefix+"_weights")
	if err != nil {
		return nil, err
	}
	if len(trees) != len(nodes) || len(trees) != len(ids) || len(trees) != len(values) {
		return nil, fmt.Errorf("%d, %d, %d and %d of the weights' lists", len(trees), len(nodes), len(ids), len(values))
	}
	byNode := make([][]weight, len(f.nodes))
	for i := range trees {
		at, ok := places[place{trees[i], nodes[i]}]
		if !ok || f.nodes[at].mode != leaf || ids[i] < 0 || ids[i] > maxColumns {
			return nil, fmt.Errorf("weight %d is of node %d of tree %d, which is not a leaf", i, nodes[i], trees[i])
		}
		byNode[at] = append(byNode[at], weight{int32(ids[i]), values[i]})
	}
	for i, w := range byNode {
		if f.nodes[i].mode == leaf {
			f.nodes[i].yes = int32(len(f.weights))
			f.weights = append(f.weights, w...)
			f.nodes[i].no = int32(len(f.weights))
		}
	}
	if f.base, err = floatsOf(n, "base_values"); len(f.base) == 0 {
		f.base = nil
	}
	return f, err
}

// addNodes reads the nodes. The first of a tree is its root.
func (f *forest) addNodes(n *node) (map[place]int32, error) {
	trees, ids, features := n.ints("nodes_treeids"), n.ints("nodes_nodeids"), n.ints("nodes_featureids")
	yes, no, kinds := n.ints("nodes_truenodeids"), n.ints("nodes_falsenodeids"), n.texts("nodes_modes")
	missing := n.ints("nodes_missing_value_tracks_true")
	values, err := floatsOf(n, "nodes_values")
	if err != nil {
		return nil, err
	}
	count := len(trees)
	for _, size := range []int{len(ids), len(features), len(yes), len(no), len(kinds), len(values)} {
		if size != count || count == 0 {
			return nil, fmt.Errorf("its nodes' lists have %d and %d values", count, size)
		}
	}
	if len(missing) != count && len(missing) != 0 {
		return nil, fmt.Errorf("nodes_missing_value_tracks_true has %d values of %d nodes", len(missing), count)
	}
	places, started := make(map[place]int32, count), map[int64]bool{}
	for i := range count {
		at := place{trees[i], ids[i]}
		if _, ok := places[at]; ok {
			return nil, fmt.Errorf("node %d of tree %d is there twice", at.node, at.tree)
		}
		places[at] = int32(i)
		if !started[at.tree] {
			started[at.tree] = true
			f.roots = append(f.roots, int32(i))
		}
	}
	f.nodes = make([]branch, count)
	for i := range count {
		kind, ok := modes[kinds[i]]
		if !ok {
			return nil, unsupported("nodes_modes %q", kinds[i])
		}
		f.nodes[i] = branch{mode: kind, value: values[i], missing: len(missing) > 0 && missing[i] != 0}
		if kind == leaf {
			continue
		}
		left, ok := places[place{trees[i], yes[i]}]
		right, also := places[place{trees[i], no[i]}]
		if !ok || !also || features[i] < 0 || features[i] > maxColumns || values[i] != values[i] {
			return nil, fmt.Errorf("node %d of tree %d: children %d and %d, feature %d", ids[i], trees[i], yes[i], no[i],
				features[i])
		}
		f.nodes[i].yes, f.nodes[i].no, f.nodes[i].feature = left, right, int32(features[i])
	}
	return places, nil
}

// treeRegressor is TreeEnsembleRegressor.
func treeRegressor(c *compiler, n *node) ([]value, error) {
	outputs := n.integer("n_targets", 1)
	if outputs < 1 || outputs > maxColumns {
		return nil, fmt.Errorf("n_targets %d", outputs)
	}
	f, err := forestOf(n, "target", int(outputs))
	if err != nil {
		return nil, err
	}
	v, err := c.trees(n, f)
	if err != nil {
		return nil, err
	}
	_, post, err := postOf(n)
	if err != nil {
		return nil, err
	}
	if name := n.string("post_transform", "NONE"); outputs == 1 && name != "NONE" && name != "PROBIT" {
		post = posts["NONE"] // of one target ONNX Runtime applies none but PROBIT
	}
	out, err := f.step(c, v, n.string("aggregate_function", "SUM"), int(outputs), post)
	return []value{out}, err
}

// trees returns the input of a node of trees, as 32-bit numbers, and checks the
// base values.
func (c *compiler) trees(n *node, f *forest) (value, error) {
	v, err := c.data(n, 0, float, integer, boolean)
	if err == nil && v.kind != float {
		v, err = c.cast(v, float)
	}
	if err == nil && f.base != nil && len(f.base) != f.outputs {
		err = unsupported("%d base_values for %d outputs", len(f.base), f.outputs)
	}
	return v, err
}

// treeClassifier is TreeEnsembleClassifier. Of two classes each leaf may hold one
// weight: that of the positive class.
func treeClassifier(c *compiler, n *node) ([]value, error) {
	classes, whole := labels(n, "classlabels_int64s", "classlabels_strings")
	if len(classes) < 2 {
		return nil, unsupported("%d classes", len(classes))
	}
	f, err := forestOf(n, "class", len(classes))
	if err != nil {
		return nil, err
	}
	name, post, err := postOf(n)
	if err != nil {
		return nil, err
	}
	ids := map[int32]bool{}
	positive := true
	for _, w := range f.weights {
		ids[w.output] = true
		positive = positive && w.value >= 0
	}
	if len(classes) == 2 && len(ids) == 1 {
		switch {
		case len(f.base) > 1:
			return nil, unsupported("%d base_values with one weight a leaf", len(f.base))
		case ids[1]: // the weights are of the positive class, as they are where they are said to be of class 0
			for i := range f.weights {
				f.weights[i].output = 0
			}
		}
		f.outputs, post = 1, second(name, post, positive)
	} else if len(classes) == 2 && f.base != nil {
		return nil, unsupported("base_values with two weights a leaf")
	}
	v, err := c.trees(n, f)
	if err != nil {
		return nil, err
	}
	out, err := f.step(c, v, "SUM", len(classes), post)
	out.classes, out.whole = classes, whole
	return []value{{}, out}, err
}

// treeEnsemble is TreeEnsemble of version 5, whose nodes are numbered and whose
// leaves stand apart.
func treeEnsemble(c *compiler, n *node) ([]value, error) {
	outputs := n.integer("n_targets", 1)
	if outputs < 1 || outputs > maxColumns {
		return nil, fmt.Errorf("n_targets %d", outputs)
	}
	f := &forest{outputs: int(outputs)}
	if err := f.addNumbered(n); err != nil {
		return nil, err
	}
	v, err := c.trees(n, f)
	if err != nil {
		return nil, err
	}
	names := []string{"NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"}
	joins := []string{"AVERAGE", "SUM", "MIN", "MAX"}
	post, join := n.integer("post_transform", 0), n.integer("aggregate_function", 1)
	if post < 0 || post >= int64(len(names)) || join < 0 || join >= int64(len(joins)) {
		return nil, unsupported("post_transform %d and aggregate_function %d", post, join)
	}
	if outputs == 1 && post != 4 {
		post = 0
	}
	out, err := f.step(c, v, joins[join], int(outputs), posts[names[post]])
	return []value{out}, err
}

// tensorOf is an attribute's tensor of the kind; empty where there is none.
func tensorOf(n *node, name string, k kind) (*tensor, error) {
	a := n.attributes[name]
	if a == nil || a.tensor == nil {
		return &tensor{}, nil
	}
	if a.tensor.kind != k {
		return nil, unsupported("%s is of type %s", name, a.tensor.kind)
	}
	return a.tensor, nil
}

// addNumbered reads version 5. Branches come first and leaves after them; the
// root of a tree that is a leaf alone is a branch both of whose ways are that
// leaf.
func (f *forest) addNumbered(n *node) error {
	splits, err := tensorOf(n, "nodes_splits", float)
	if err != nil {
		return err
	}
	kinds, err := tensorOf(n, "nodes_modes", integer)
	if err != nil {
		return err
	}
	weights, err := tensorOf(n, "leaf_weights", float)
	if err != nil {
		return err
	}
	features, targets := n.ints("nodes_featureids"), n.ints("leaf_targetids")
	count := len(features)
	if len(splits.floats) != count || len(kinds.ints) != count || len(weights.floats) != len(targets) ||
		len(targets) == 0 || count == 0 {
		return fmt.Errorf("%d features, %d splits and %d modes; %d targets and %d weights", count, len(splits.floats),
			len(kinds.ints), len(targets), len(weights.floats))
	}
	f.nodes = make([]branch, count)
	for i := range f.nodes {
		kind := kinds.ints[i]
		if kind < 0 || kind > int64(member) || features[i] < 0 || features[i] > maxColumns {
			return fmt.Errorf("node %d: mode %d, feature %d", i, kind, features[i])
		}
		f.nodes[i] = branch{mode: mode(kind), value: splits.floats[i], feature: int32(features[i])}
	}
	if err := f.addSets(n); err != nil {
		return err
	}
	if err := f.addWays(n, len(targets)); err != nil {
		return err
	}
	for i, target := range targets {
		if target < 0 || target >= int64(f.outputs) {
			return fmt.Errorf("leaf %d: target %d of %d", i, target, f.outputs)
		}
		f.nodes = append(f.nodes, branch{mode: leaf, yes: int32(i), no: int32(i + 1)})
		f.weights = append(f.weights, weight{int32(target), weights.floats[i]})
	}
	return nil
}

// addSets reads membership_values: a set for each member, in order, each ended by
// NaN.
func (f *forest) addSets(n *node) error {
	values, err := tensorOf(n, "membership_values", float)
	if err != nil {
		return err
	}
	rest := values.floats
	for i := range f.nodes {
		if f.nodes[i].mode != member {
			continue
		}
		end := slices.IndexFunc(rest, func(v float32) bool { return math.IsNaN(float64(v)) })
		if end < 0 {
			return fmt.Errorf("node %d: its set is not there", i)
		}
		f.nodes[i].set = int32(len(f.sets))
		f.sets = append(f.sets, slices.Sorted(slices.Values(rest[:end])))
		rest = rest[end+1:]
	}
	return nil
}

// addWays reads the children and the roots.
func (f *forest) addWays(n *node, leaves int) error {
	count := len(f.nodes)
	yes, no := n.ints("nodes_truenodeids"), n.ints("nodes_falsenodeids")
	yesLeaf, noLeaf := n.ints("nodes_trueleafs"), n.ints("nodes_falseleafs")
	missing, roots := n.ints("nodes_missing_value_tracks_true"), n.ints("tree_roots")
	for _, size := range []int{len(yes), len(no), len(yesLeaf), len(noLeaf)} {
		if size != count {
			return fmt.Errorf("%d children of %d nodes", size, count)
		}
	}
	if len(missing) != count && len(missing) != 0 {
		return fmt.Errorf("nodes_missing_value_tracks_true has %d values of %d nodes", len(missing), count)
	}
	way := func(at, isLeaf int64) (int32, bool) {
		if isLeaf != 0 {
			return int32(count) + int32(max(min(at, int64(leaves)), -1)), at >= 0 && at < int64(leaves)
		}
		return int32(max(min(at, int64(count)), -1)), at >= 0 && at < int64(count)
	}
	for i := range f.nodes {
		left, ok := way(yes[i], yesLeaf[i])
		right, also := way(no[i], noLeaf[i])
		if !ok || !also {
			return fmt.Errorf("node %d: children %d and %d", i, yes[i], no[i])
		}
		f.nodes[i].yes, f.nodes[i].no = left, right
		f.nodes[i].missing = len(missing) > 0 && missing[i] != 0
	}
	for _, at := range roots {
		if at < 0 || at >= int64(count) {
			return fmt.Errorf("root %d of %d", at, count)
		}
		root := int32(at)
		if n := &f.nodes[at]; n.yes == n.no && n.yes >= int32(count) {
			root = n.yes
		}
		f.roots = append(f.roots, root)
	}
	return nil
}
