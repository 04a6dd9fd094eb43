package explain

// path is a worker's memory: what is known of each node on the way from the
// root to where the walk is, by depth. Rows of products, sums and inverses have
// a number a point of the rule.
type path struct {
	points   int
	products []float64
	sums     []float64
	inverses []float64
	nodes    []*node
	hot      []bool // the row takes all edges of the node's column up to here
	left     []bool // the row goes left at the node
}

func newPath(depth, points int) path {
	n := (depth + 1) * points
	return path{points: points, products: make([]float64, n), sums: make([]float64, n), inverses: make([]float64, n),
		nodes: make([]*node, depth+1), hot: make([]bool, depth+1), left: make([]bool, depth+1)}
}

// explain adds the contributions of one tree to phi.
//
// A leaf's share in the Shapley value of a column i that its path has is
//
//	leaf (o_i - z_i) W_i,  W_i = sum over sets S of the other columns j of the path
//	                             |S|! (d-1-|S|)! / d!  prod_{S} o_j  prod_{not S} z_j
//
// where d is their number, o_j is 1 where the row takes all edges of the column
// and 0 otherwise, and z_j is the share of training rows that do. The weight is a
// Beta integral, the integral of t^|S| (1-t)^(d-1-|S|) over [0, 1], so
//
//	W_i = integral of prod_{j != i} (o_j t + z_j (1-t)) dt
//
// which is a polynomial of degree d-1: a Gauss-Legendre rule of d/2 points is
// exact, for every leaf of a tree if it is for the longest path. At each point the
// product is carried down the tree, and the sums over leaves up, as in Linear
// TreeSHAP (Yu, Xu, Deng and Bifet, 2022), so that a node costs O(d) and no node
// is visited twice. All terms are of one sign, so nothing cancels.
//
// Where a column comes again further down, the edge there takes the place of the
// one above: its contribution is added, and that of the one above taken back.
func (t *tree) explain(row []float64, output int, p *path, phi []float64) {
	k := len(t.rule.at)
	for j := range k {
		p.products[j], p.sums[j] = 1, 0
	}
	p.hot[0] = true
	for i := range t.nodes {
		n := &t.nodes[i]
		d := int(n.depth)
		p.nodes[d] = n
		if d > 0 {
			p.enter(n, d, t.rule)
		}
		sums := p.sums[d*k : (d+1)*k]
		if n.column >= 0 {
			v := row[n.column]
			p.left[d] = v <= n.threshold || v != v && n.missingLeft
			if n.leaf > 0 && v == v {
				p.left[d] = t.sets[n.leaf-1].Has(v)
			}
			clear(sums)
			continue
		}
		value := t.value(n, output)
		for j, product := range p.products[d*k : (d+1)*k] {
			sums[j] = value * product
		}
		for range n.ends {
			phi[p.nodes[d-1].column] += p.leave(d, t.rule)
			d--
		}
	}
}

// enter multiplies the product by what the edge to node n at depth d changes.
func (p *path) enter(n *node, d int, r *rule) {
	k := len(r.at)
	above := p.products[(d-1)*k : d*k : d*k]
	out := p.products[d*k : (d+1)*k : (d+1)*k]
	a := int(n.above)
	switch {
	case a > 0 && !p.hot[a]: // it stays cold
		p.hot[d] = false
		for j := range out {
			out[j] = above[j] * n.ratio
		}
		return
	case p.left[d-1] == n.right: // the row goes the other way
		p.hot[d] = false
		for j := range out {
			out[j] = above[j] * (n.share * r.rest[j])
		}
	default:
		p.hot[d] = true
		inverse := p.inverses[d*k : (d+1)*k : (d+1)*k]
		for j := range out {
			f := n.share*r.rest[j] + r.at[j]
			inverse[j] = 1 / f
			out[j] = above[j] * f
		}
	}
	if a > 0 {
		inverse := p.inverses[a*k : (a+1)*k : (a+1)*k]
		for j := range out {
			out[j] *= inverse[j]
		}
	}
}

// leave returns the contribution of the edge to the node at depth d, below which
// nothing is left, and adds its sum to that of its parent.
func (p *path) leave(d int, r *rule) float64 {
	k := len(r.at)
	n := p.nodes[d]
	sums := p.sums[d*k : (d+1)*k : (d+1)*k]
	parent := p.sums[(d-1)*k : d*k : d*k]
	a := int(n.above)
	if a > 0 && !p.hot[a] { // what is added and what is taken back are the same
		for j, s := range sums {
			parent[j] += s
		}
		return 0
	}
	out := 0.0
	if p.hot[d] {
		inverse := p.inverses[d*k : (d+1)*k : (d+1)*k]
		for j, s := range sums {
			parent[j] += s
			out += r.weight[j] * inverse[j] * s
		}
		out *= 1 - n.share
	} else {
		for j, s := range sums {
			parent[j] += s
			out -= r.cold[j] * s
		}
	}
	if a == 0 {
		return out
	}
	inverse := p.inverses[a*k : (a+1)*k : (a+1)*k]
	back := 0.0
	for j, s := range sums {
		back += r.weight[j] * inverse[j] * s
	}
	return out - back*(1-p.nodes[a].share)
}
