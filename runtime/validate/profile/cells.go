package profile

import (
	"cmp"
	"encoding/binary"
	"errors"
	"math/bits"
	"slices"

	"github.com/ashlar-dev/ashlar/runtime/validate/spill"
)

// cells count numbers by the leading bits of their keys, which are in the order
// of the numbers: two numbers are in one cell where their keys agree but for the
// last shift bits. The shift is the least that gives no more cells than the
// limit. As cells only ever grow together, that depends on the numbers as a set
// and not on the order in which they came.
type cells struct {
	limit int
	shift uint
	// keys and counts are an open hash table with a power of two of slots; a
	// count of 0 is an empty slot.
	keys   []uint64
	counts []int64
	used   int
	high   uint // 64 less the binary logarithm of the slots
}

// cell is a cell outside the table.
type cell struct {
	key   uint64
	count int64
}

// put counts a cell n times. The caller then makes the cells fit.
//
// The table is at most half full, so that probing one slot after another stays
// short.
func (c *cells) put(key uint64, n int64) {
	if 2*c.used >= len(c.keys) {
		c.resize(max(64, 2*len(c.keys)))
	}
	at := c.slot(key)
	for c.counts[at] != 0 && c.keys[at] != key {
		at = (at + 1) & (len(c.keys) - 1)
	}
	if c.counts[at] == 0 {
		c.used++
		c.keys[at] = key
	}
	c.counts[at] += n
}

// slot is where a key would be, by Fibonacci hashing.
//
// The multiplier is 2^64 divided by the golden ratio. high is below 64, as
// there are at least 64 slots; the mask spares the compiler's check of the
// shift.
func (c *cells) slot(key uint64) int {
	return int(key * 0x9e3779b97f4a7c15 >> (c.high & 63))
}

// resize moves all cells into a new table of so many slots, a power of two.
func (c *cells) resize(slots int) {
	keys, counts := c.keys, c.counts
	c.keys, c.counts, c.used = make([]uint64, slots), make([]int64, slots), 0
	c.high = 64 - uint(bits.Len(uint(slots-1)))
	for i, n := range counts {
		if n > 0 {
			c.put(keys[i], n)
		}
	}
}

// coarsen joins cells until the shift is as given.
//
// Shifting keeps the order of keys, and keys that become equal are added up.
func (c *cells) coarsen(shift uint) {
	if shift <= c.shift {
		return
	}
	keys, counts, by := c.keys, c.counts, shift-c.shift
	c.keys, c.counts, c.used, c.shift = make([]uint64, len(keys)), make([]int64, len(keys)), 0, shift
	for i, n := range counts {
		if n > 0 {
			c.put(keys[i]>>by, n)
		}
	}
}

// fit makes the cells coarser until they keep to the limit. Neighbours are in one
// cell once all the bits in which they differ are shifted out, so one look at the
// cells in order tells how many there are at every shift.
//
// differ[n] neighbours become one when n bits are shifted out, and not before.
// The loop ends, since with all 64 bits out one cell is left.
func (c *cells) fit() {
	if c.used <= c.limit {
		return
	}
	var differ [65]int // neighbours by the length of their difference
	list := c.list()
	for i := range list[1:] {
		differ[bits.Len64(list[i].key^list[i+1].key)]++
	}
	by, left := uint(0), len(list)
	for left > c.limit {
		by++
		left -= differ[by]
	}
	c.coarsen(c.shift + by)
}

// join adds another's cells. The caller then makes the cells fit.
//
// Both are brought to the larger shift: the finer cells can be joined, the
// coarser ones not divided.
func (c *cells) join(o *cells) {
	c.limit = min(c.limit, o.limit)
	c.coarsen(o.shift)
	for _, x := range o.list() {
		c.put(x.key>>(c.shift-o.shift), x.count)
	}
}

// list returns the cells in order.
func (c *cells) list() []cell {
	out := make([]cell, 0, c.used)
	for i, n := range c.counts {
		if n > 0 {
			out = append(out, cell{c.keys[i], n})
		}
	}
	slices.SortFunc(out, func(a, b cell) int { return cmp.Compare(a.key, b.key) })
	return out
}

// bounds are the least and the greatest number of a cell.
func (c *cells) bounds(key uint64) (low, high float64) {
	first := key << c.shift
	return spill.Number(first).Value(), spill.Number(first | (1<<c.shift - 1)).Value()
}

// encode writes the cells as differences of keys and counts.
//
// Keys ascend, so the differences are small and take few bytes as varints.
func (c *cells) encode() []byte {
	var out []byte
	before := uint64(0)
	for _, x := range c.list() {
		out = binary.AppendUvarint(out, x.key-before)
		out = binary.AppendUvarint(out, uint64(x.count))
		before = x.key
	}
	return out
}

// decode reads what encode wrote.
//
// Everything is checked: keys that ascend and fit the shift, counts above 0
// whose sum does not overflow, and no more cells than the limit. c must be
// empty, with limit and shift set.
func (c *cells) decode(b []byte) (total int64, err error) {
	bad := errors.New("damaged cells")
	before := uint64(0)
	for first := true; len(b) > 0; first = false {
		step, n := binary.Uvarint(b)
		if n <= 0 {
			return 0, bad
		}
		count, m := binary.Uvarint(b[n:])
		key := before + step
		if m <= 0 || count == 0 || count > 1<<62 || total > 1<<62 || key < before || step == 0 && !first ||
			key > ^uint64(0)>>c.shift || c.used >= c.limit {
			return 0, bad
		}
		c.put(key, int64(count))
		total += int64(count)
		before, b = key, b[n+m:]
	}
	return total, nil
}
