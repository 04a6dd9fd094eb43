package train

import (
	"hash/fnv"
	"math/bits"
	"math/rand/v2"
)

// dice draw from PCG-DXSM, whose sequence is specified. Ranges are done here
// rather than by math/rand/v2, so that a seed means the same in every Go version.
type dice struct{ source *rand.PCG }

// stream returns the dice of one use of a seed. Uses are independent: drawing
// more of one never moves another.
func stream(seed uint64, use string) dice {
	h := fnv.New64a()
	h.Write([]byte(use))
	return dice{rand.NewPCG(seed, h.Sum64())}
}

// Uint64 returns 64 random bits.
func (d dice) Uint64() uint64 { return d.source.Uint64() }

// below returns a number in [0, n), each equally likely (Lemire's method).
//
// Taking the remainder of 64 bits would favour small numbers a little; the loop
// draws again in the rare cases that would.
func (d dice) below(n int) int {
	limit := uint64(n)
	high, low := bits.Mul64(d.source.Uint64(), limit)
	if low < limit {
		for threshold := -limit % limit; low < threshold; {
			high, low = bits.Mul64(d.source.Uint64(), limit)
		}
	}
	return int(high)
}
