package model

// walkRows takes four rows, side by side in rows, from one root to their
// leaves and returns the leaves' offsets.
func (e *forestEngine) walkRows(root int32, rows []float64) (l0, l1, l2, l3 int) {
	w := e.width
	r0, r1, r2, r3 := rows[:w], rows[w:2*w], rows[2*w:3*w], rows[3*w:4*w]
	return walk(e.nodes, [4]int32{root, root, root, root}, r0, r1, r2, r3)
}

// walkTrees takes one row from four roots to their leaves.
func (e *forestEngine) walkTrees(t0, t1, t2, t3 int32, row []float64) (l0, l1, l2, l3 int) {
	return walk(e.nodes, [4]int32{t0, t1, t2, t3}, row, row, row, row)
}

// walk takes four independent walks a step at a time until all have arrived:
// the processor overlaps their memory reads.
func walk(nodes []node, at [4]int32, r0, r1, r2, r3 []float64) (l0, l1, l2, l3 int) {
	i0, i1, i2, i3 := at[0], at[1], at[2], at[3]
	for {
		n0, n1, n2, n3 := &nodes[i0], &nodes[i1], &nodes[i2], &nodes[i3]
		j0, j1, j2, j3 := n0.child, n1.child, n2.child, n3.child
		if r0[n0.slot] > n0.threshold {
			j0++
		}
		if r1[n1.slot] > n1.threshold {
			j1++
		}
		if r2[n2.slot] > n2.threshold {
			j2++
		}
		if r3[n3.slot] > n3.threshold {
			j3++
		}
		if (i0^j0)|(i1^j1)|(i2^j2)|(i3^j3) == 0 {
			return n0.leaf(), n1.leaf(), n2.leaf(), n3.leaf()
		}
		i0, i1, i2, i3 = j0, j1, j2, j3
	}
}
