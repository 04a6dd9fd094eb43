package model

import (
	"math"
	"math/bits"
)

// node is a tree node in 16 bytes, four to a cache line. The children lie side
// by side, so that a step goes to child, or to child+1 where the slot's value
// is above the threshold, with no branch that could be mispredicted.
//
// Thresholds and slots are order keys of their floats, because comparing
// integers leaves its answer in the carry. A leaf is its own child under a
// threshold that nothing is above, with the offset of its values in the low 32
// bits. So a walk may take steps after it has arrived, and several walks can go
// on together until the last has.
type node struct {
	threshold uint64
	child     uint32
	slot      uint32
}

// leafBits mark a leaf's threshold: above the key of every number and infinity.
const leafBits uint64 = 0xffff_ffff_0000_0000

func (n *node) leaf() int { return int(uint32(n.threshold)) }

// orderKey maps numbers and infinities to integers in the same order, zeros of
// both signs to one.
//
// The key of NaN means nothing: the slots of trees hold an infinity in its
// place.
func orderKey(v float64) uint64 {
	b := math.Float64bits(v + 0)
	return b ^ (uint64(int64(b)>>63) | 1<<63)
}

// walk takes four independent walks a step at a time until all have arrived,
// and returns their leaves' offsets; the processor overlaps their reads. Walk k
// reads the slots from rows[k*stride].
//
// bits.Sub64 with a borrow out is how Go is made to compile the comparison into
// a subtraction and an add with carry. The exclusive ors are all zero only when
// no walk has moved, which happens when all four are at leaves.
func walk(nodes []node, i0, i1, i2, i3 uint32, rows []uint64, stride int) (l0, l1, l2, l3 int) {
	for {
		n0, n1 := &nodes[i0], &nodes[i1]
		_, above0 := bits.Sub64(n0.threshold, rows[int(n0.slot)], 0)
		_, above1 := bits.Sub64(n1.threshold, rows[int(n1.slot)+stride], 0)
		j0, j1 := n0.child+uint32(above0), n1.child+uint32(above1)
		n2, n3 := &nodes[i2], &nodes[i3]
		_, above2 := bits.Sub64(n2.threshold, rows[int(n2.slot)+2*stride], 0)
		_, above3 := bits.Sub64(n3.threshold, rows[int(n3.slot)+3*stride], 0)
		j2, j3 := n2.child+uint32(above2), n3.child+uint32(above3)
		if (i0^j0)|(i1^j1)|(i2^j2)|(i3^j3) == 0 {
			return n0.leaf(), n1.leaf(), n2.leaf(), n3.leaf()
		}
		i0, i1, i2, i3 = j0, j1, j2, j3
	}
}
