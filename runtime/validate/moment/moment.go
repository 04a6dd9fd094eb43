// Package moment keeps the count, the sum and the sum of squares of float64s
// without any rounding, so that a mean or a standard deviation does not depend
// on the order of the rows, on how many workers read them, or on how the data
// were cut into partitions.
//
// A float64 is an integer of 53 bits times a power of two. Values are added as
// integers to a bin of their exponent, 128 bits wide for sums and 192 for
// squares, which no number of rows can overflow; the bins are put together only
// when somebody asks. Rounding happens once, at the very end. This is the
// superaccumulator of R. M. Neal, Fast exact summation using small and large
// superaccumulators (2015), with wider bins in place of carries.
package moment

import (
	"math"
	"math/big"
	"math/bits"
)

const (
	mantissaBits = 52
	exponents    = 2048
	pageBins     = 64
	// unit is the exponent of the smallest float64: sums count in 2^-unit,
	// squares in 2^-2unit.
	unit = 1074
)

// Moments are the exact moments of the values that were added. The zero value
// has seen none.
type Moments struct {
	pages [exponents / pageBins]*[pageBins]bin
	// Infinities have no place in a sum; they are counted.
	positive, negative int64
	finite             int64
	// sum and squares hold what came from decoded moments and wide integers.
	sum, squares big.Int
}

// bin adds mantissas of one exponent: s in two's complement, q unsigned.
type bin struct {
	s0, s1, q0, q1, q2 uint64
}

// AddAll adds the values that are not NaN.
//
// Pages of bins are allocated when a value of their exponents comes: values of
// a column are mostly of similar size, and take a page or two of the 32.
//
// A subnormal number has the exponent of the smallest normal one and no leading
// one. A negative mantissa is added in two's complement: its bits are inverted
// by sign, the 1 is the carry in, and the upper half gets all ones.
func (m *Moments) AddAll(values []float64) {
	for _, v := range values {
		b := math.Float64bits(v)
		exponent := int(b >> mantissaBits & (exponents - 1))
		mantissa := b & (1<<mantissaBits - 1)
		switch exponent {
		case exponents - 1:
			m.addInfinite(v)
			continue
		case 0:
			exponent = 1
		default:
			mantissa |= 1 << mantissaBits
		}
		m.finite++
		if mantissa == 0 {
			continue
		}
		page := m.pages[exponent/pageBins]
		if page == nil {
			page = new([pageBins]bin)
			m.pages[exponent/pageBins] = page
		}
		x := &page[exponent%pageBins]
		hi, lo := bits.Mul64(mantissa, mantissa)
		var c uint64
		x.q0, c = bits.Add64(x.q0, lo, 0)
		x.q1, c = bits.Add64(x.q1, hi, c)
		x.q2 += c
		sign := uint64(int64(b) >> 63) // all ones for a negative value
		x.s0, c = bits.Add64(x.s0, mantissa^sign, sign&1)
		x.s1 += sign + c
	}
}

// AddWide adds integers beyond 2^53, each a float64 and what that is short of the
// integer: (v + l) is added to the sum and v^2 + 2vl + l^2 to the squares. The
// slices are equally long.
//
// AddAll adds v and v^2; here the rest is added, l and (2v + l) l.
func (m *Moments) AddWide(values []float64, low []int16) {
	m.AddAll(values)
	var v, l big.Int
	var f big.Float
	for i, short := range low {
		if short == 0 {
			continue
		}
		f.SetFloat64(values[i]).Int(&v)
		l.SetInt64(int64(short))
		m.sum.Add(&m.sum, new(big.Int).Lsh(&l, unit))
		v.Lsh(&v, 1).Add(&v, &l).Mul(&v, &l)
		m.squares.Add(&m.squares, v.Lsh(&v, 2*unit))
	}
}

// addInfinite counts an infinity. NaN has the same exponent and is neither.
func (m *Moments) addInfinite(v float64) {
	switch {
	case math.IsInf(v, 1):
		m.positive++
	case math.IsInf(v, -1):
		m.negative++
	}
}

// Merge adds what other has seen.
//
// other is not changed and shares no memory with m after it.
func (m *Moments) Merge(other *Moments) {
	m.positive += other.positive
	m.negative += other.negative
	m.finite += other.finite
	m.sum.Add(&m.sum, &other.sum)
	m.squares.Add(&m.squares, &other.squares)
	for i, page := range other.pages {
		if page == nil {
			continue
		}
		if m.pages[i] == nil {
			m.pages[i] = new([pageBins]bin)
		}
		for j := range page {
			m.pages[i][j].add(&page[j])
		}
	}
}

// add adds another bin limb by limb. Overflow beyond the last limb cannot
// happen: 2^74 values of 53 bits fit into a sum, and 2^86 into squares.
func (x *bin) add(y *bin) {
	var c uint64
	x.s0, c = bits.Add64(x.s0, y.s0, 0)
	x.s1, _ = bits.Add64(x.s1, y.s1, c)
	x.q0, c = bits.Add64(x.q0, y.q0, 0)
	x.q1, c = bits.Add64(x.q1, y.q1, c)
	x.q2, _ = bits.Add64(x.q2, y.q2, c)
}

// Count returns how many values were added, infinite ones included.
func (m *Moments) Count() int64 { return m.finite + m.positive + m.negative }

// totals returns the sum in units of 2^-1074 and the squares in 2^-2148.
//
// A bin of exponent e counts in 2^(e-1) units, since exponent 1 is that of the
// smallest number. A bin whose squares are 0 has no value and is skipped. The
// results are new and the caller's.
func (m *Moments) totals() (sum, squares *big.Int) {
	sum, squares = new(big.Int).Set(&m.sum), new(big.Int).Set(&m.squares)
	var t, limb big.Int
	for i, page := range m.pages {
		if page == nil {
			continue
		}
		for j := range page {
			x, shift := &page[j], uint(i*pageBins+j-1)
			if x.q0|x.q1|x.q2 == 0 {
				continue
			}
			t.Lsh(t.SetInt64(int64(x.s1)), 64)
			t.Add(&t, limb.SetUint64(x.s0))
			sum.Add(sum, t.Lsh(&t, shift))
			t.SetUint64(x.q2)
			t.Lsh(&t, 64).Add(&t, limb.SetUint64(x.q1))
			t.Lsh(&t, 64).Add(&t, limb.SetUint64(x.q0))
			squares.Add(squares, t.Lsh(&t, 2*shift))
		}
	}
	return sum, squares
}
