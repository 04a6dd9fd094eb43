package histogram

// Cell is the sum of the gradients and hessians of the rows with one code of
// one feature, in units.
type Cell struct{ Gradient, Hessian int64 }

// Lane holds one feature's packed sums: 256 codes, and room that keeps the
// lanes of many small features out of the same cache lines.
type Lane [264]int64

// chunk is how many rows are added up for eight features before the next eight:
// their codes stay in the first-level cache, and so do the eight lanes.
const chunk = 512

// sparse is how far apart rows are on average before memory is read ahead.
const sparse = 3

// few is the number of rows below which packing is not worth clearing lanes for.
const few = 48

// Sum adds the gradients of the rows to cells (b.Cells of them), using lanes
// (b.Features of them) as scratch space.
//
// The cells are added to and not set; the caller clears them. rows must ascend,
// as pack takes their distance as a measure of how sparse they are. After span
// rows the packed sums are spread out, before the lower half could overflow
// into the upper.
func (b *Bins) Sum(cells []Cell, lanes []Lane, rows []int32, g *Gradients) {
	if len(rows) < few {
		b.sumFew(cells, rows, g)
		return
	}
	for len(rows) > 0 {
		n := min(span, len(rows))
		for f := range lanes {
			clear(lanes[f][:b.Missing(f)+1])
		}
		b.pack(lanes, rows[:n], g.Packed)
		b.spread(cells, lanes, g.Shift)
		rows = rows[n:]
	}
}

// sumFew adds a few rows straight to the cells. The gradient is the upper bits
// with their sign, as the hessian below is never negative.
func (b *Bins) sumFew(cells []Cell, rows []int32, g *Gradients) {
	mask := int64(1)<<g.Shift - 1
	for _, r := range rows {
		gradient, hessian := g.Packed[r]>>g.Shift, g.Packed[r]&mask
		for f, code := range b.Codes[int(r)*b.Features : (int(r)+1)*b.Features] {
			cell := &cells[b.Offset[f]+int(code)]
			cell.Gradient += gradient
			cell.Hessian += hessian
		}
	}
}

// spread adds the packed sums to the cells.
func (b *Bins) spread(cells []Cell, lanes []Lane, shift uint) {
	mask := int64(1)<<shift - 1
	for f := range lanes {
		n := b.Missing(f) + 1
		packed := lanes[f][:n]
		to := cells[b.Offset[f]:][:n]
		for i, v := range packed {
			to[i].Gradient += v >> shift
			to[i].Hessian += v & mask
		}
	}
}

// pack adds the rows' packed gradients to the lanes.
//
// Features are taken eight, four and one at a time. The codes of eight
// neighbouring features of a row are eight neighbouring bytes, one read from
// memory.
func (b *Bins) pack(lanes []Lane, rows []int32, packed []int64) {
	for len(rows) > 0 {
		n := min(chunk, len(rows))
		if int(rows[n-1]-rows[0]) > sparse*n {
			b.fetch(rows[:n], packed)
		}
		f := 0
		for ; f+8 <= b.Features; f += 8 {
			eight((*[8]Lane)(lanes[f:]), b.Codes[f:], b.Features, rows[:n], packed)
		}
		if f+4 <= b.Features {
			four((*[4]Lane)(lanes[f:]), b.Codes[f:], b.Features, rows[:n], packed)
			f += 4
		}
		for ; f < b.Features; f++ {
			one(&lanes[f], b.Codes[f:], b.Features, rows[:n], packed)
		}
		rows = rows[n:]
	}
}

// fetch reads a byte of each row, so that the memory system works on many rows at
// once while sums would make it wait for one after the other. The result only
// keeps the compiler from leaving the reads out.
//
//go:noinline
func (b *Bins) fetch(rows []int32, packed []int64) uint8 {
	seen := uint8(0)
	for _, r := range rows {
		seen |= b.Codes[int(r)*b.Features] | uint8(packed[r])
	}
	return seen
}

// eight adds the rows' gradients to eight features at a time. Fixed-size arrays
// let the compiler leave out every bounds check on the lanes.
func eight(lanes *[8]Lane, codes []uint8, stride int, rows []int32, packed []int64) {
	for _, r := range rows {
		v := packed[r]
		c := (*[8]uint8)(codes[int(r)*stride:])
		lanes[0][c[0]] += v
		lanes[1][c[1]] += v
		lanes[2][c[2]] += v
		lanes[3][c[3]] += v
		lanes[4][c[4]] += v
		lanes[5][c[5]] += v
		lanes[6][c[6]] += v
		lanes[7][c[7]] += v
	}
}

// four does as eight does, for what is left of fewer than eight features.
func four(lanes *[4]Lane, codes []uint8, stride int, rows []int32, packed []int64) {
	for _, r := range rows {
		v := packed[r]
		c := (*[4]uint8)(codes[int(r)*stride:])
		lanes[0][c[0]] += v
		lanes[1][c[1]] += v
		lanes[2][c[2]] += v
		lanes[3][c[3]] += v
	}
}

func one(lane *Lane, codes []uint8, stride int, rows []int32, packed []int64) {
	for _, r := range rows {
		lane[codes[int(r)*stride]] += packed[r]
	}
}
