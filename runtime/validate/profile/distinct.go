package profile

import (
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

func (d distinct) merge(o distinct) {
	for i, rank := range o {
		d[i] = max(d[i], rank)
	}
}

// estimate is the improved raw estimator of O. Ertl, New cardinality estimation
// algorithms for HyperLogLog sketches (2017), algorithm 6.
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
