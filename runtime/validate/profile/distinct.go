package profile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"math/bits"
)

const (
	// registerBits gives 4096 registers and a standard error of 1.04/64.
	registerBits = 12
	registers    = 1 << registerBits
)

// distinct is a HyperLogLog sketch of a set of hashes: each register holds the
// most leading zeros, plus one, among the hashes that fall to it. It depends on
// the set alone and merges exactly.
type distinct []byte

func newDistinct() distinct { return make(distinct, registers) }

// encode writes few registers as gaps and ranks after a 0, many as they are after
// a 1.
//
// Whichever is shorter is written; a nil sketch is nil bytes, and the form
// depends on the registers alone.
func (d distinct) encode() []byte {
	if d == nil {
		return nil
	}
	out := []byte{0}
	before := 0
	for i, rank := range d {
		if rank > 0 {
			out = append(binary.AppendUvarint(out, uint64(i-before)), rank)
			before = i
		}
	}
	if len(out) > registers {
		return append([]byte{1}, d...)
	}
	return out
}

// decodeDistinct reads what encode wrote.
//
// Ranks beyond what a hash can have are let through; estimate caps them.
func decodeDistinct(b []byte) (distinct, error) {
	bad := errors.New("state: damaged registers")
	switch {
	case len(b) == 0:
		return nil, nil
	case b[0] == 1 && len(b) == registers+1:
		return distinct(bytes.Clone(b[1:])), nil
	case b[0] != 0:
		return nil, bad
	}
	d, at := newDistinct(), uint64(0)
	for b = b[1:]; len(b) > 0; {
		gap, n := binary.Uvarint(b)
		if n <= 0 || n == len(b) || gap >= registers-at {
			return nil, bad
		}
		at += gap
		d[at] = b[n]
		b = b[n+1:]
	}
	return d, nil
}

// add takes the upper 12 bits of the hash for the register and counts leading
// zeros of the rest. The bit that is set below them bounds the count at 52, so
// that the rank is 53 at most.
func (d distinct) add(hash uint64) {
	at := hash >> (64 - registerBits)
	rank := byte(bits.LeadingZeros64(hash<<registerBits|1<<(registerBits-1)) + 1)
	if rank > d[at] {
		d[at] = rank
	}
}

// addCells adds the numbers of cells that hold one each.
func (d distinct) addCells(list []cell) {
	for _, x := range list {
		d.add(mix(x.key))
	}
}

// merge takes the larger rank of each register, which is what one sketch of
// both sets would have.
func (d distinct) merge(o distinct) {
	for i, rank := range o {
		d[i] = max(d[i], rank)
	}
}

// estimate is the improved raw estimator of O. Ertl, New cardinality estimation
// algorithms for HyperLogLog sketches (2017), algorithm 6.
//
// It needs neither the correction tables nor the change of methods of the
// original HyperLogLog: it is nearly unbiased from one value on.
func (d distinct) estimate() int64 {
	const q = 64 - registerBits
	var count [q + 2]float64
	for _, rank := range d {
		count[min(int(rank), q+1)]++
	}
	z := registers * tau(1-count[q+1]/registers)
	for k := q; k >= 1; k-- {
		z = 0.5 * (z + count[k])
	}
	z += registers * sigma(count[0]/registers)
	if v := math.Round(registers * registers / (2 * math.Ln2) / z); v < 1<<62 {
		return int64(v)
	}
	return math.MaxInt64
}

// sigma is the paper's sum x + sum over k of x^(2^k) 2^(k-1), summed until it
// no longer changes; it is infinite where all registers are 0, for which the
// estimate is 0.
func sigma(x float64) float64 {
	if x == 1 {
		return math.Inf(1)
	}
	y, z := 1.0, x
	for {
		x *= x
		before := z
		z += x * y
		y += y
		if z == before {
			return z
		}
	}
}

// tau corrects for registers that are at their largest rank; it is 0 where none
// or all are.
func tau(x float64) float64 {
	if x == 0 || x == 1 {
		return 0
	}
	y, z := 1.0, 1-x
	for {
		x = math.Sqrt(x)
		before := z
		y /= 2
		z -= (1 - x) * (1 - x) * y
		if z == before {
			return z / 3
		}
	}
}

// mix spreads a number over 64 bits (the finaliser of splitmix64).
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// hashText is FNV-1a, spread.
func hashText(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return mix(h)
}
