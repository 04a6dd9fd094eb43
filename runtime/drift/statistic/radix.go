package statistic

import (
	"math"
	"runtime"
)

// A radix sort, because sorting is what two-sample tests of numbers spend their
// time on, and comparing is several times slower than counting for keys of 64 bits.
//
// Eleven bits make six passes over 64, with a table of 8 KiB each, which fits
// into the first-level cache; sixteen bits would take four passes with tables
// of 256 KiB, which do not.
const (
	digitBits = 11
	digits    = 1 << digitBits
	passes    = (64 + digitBits - 1) / digitBits
)

// Sorter sorts numbers without allocating again each time. It is for one
// goroutine at a time; the zero value is ready.
type Sorter struct {
	keys, other []uint64
	counts      [passes][digits]uint32
}

// Sort writes the finite numbers of v in ascending order into out[:0], which may
// be v itself, and returns them. NaN and infinities are left out. Between its
// passes it lets others run: windows are judged beside requests, which would
// otherwise wait for the ten milliseconds that the scheduler grants.
//
// The result is in out's memory, grown where it is too short; the keys stay in
// the sorter's own. Equal numbers are indistinguishable but for -0 and 0, of
// which -0 comes first.
func (s *Sorter) Sort(v, out []float64) []float64 {
	keys := s.load(v)
	if len(s.other) < len(keys) {
		s.other = make([]uint64, len(keys))
	}
	other := s.other[:len(keys)]
	for p := range passes {
		runtime.Gosched()
		count := &s.counts[p]
		if len(keys) > 0 && count[digit(keys[0], p)] == uint32(len(keys)) { //nolint:gosec // below 2^32 rows
			continue // all keys agree on this digit
		}
		// Counts become the places at which the keys of each digit begin. Each
		// pass is stable, so the order by lower digits is kept.
		at := uint32(0)
		for d, c := range count {
			count[d], at = at, at+c
		}
		shift := uint(p*digitBits) & 63 //nolint:gosec // below 64
		for _, k := range keys {
			d := k >> shift & (digits - 1)
			to := count[d]
			other[to] = k
			count[d] = to + 1
		}
		keys, other = other, keys
	}
	out = out[:0]
	for _, k := range keys {
		out = append(out, unkey(k))
	}
	return out
}

// load turns the finite numbers into keys and counts every digit of them.
//
// All counts are made in one pass over the numbers, since the counts of a digit
// do not depend on the order of the keys.
func (s *Sorter) load(v []float64) []uint64 {
	if len(s.keys) < len(v) {
		s.keys = make([]uint64, len(v))
	}
	for p := range s.counts {
		clear(s.counts[p][:])
	}
	n := 0
	for _, x := range v {
		if x-x != 0 { // NaN or infinite
			continue
		}
		k := key(x)
		s.keys[n] = k
		n++
		s.counts[0][digit(k, 0)]++ // written out: a loop takes half as long again
		s.counts[1][digit(k, 1)]++
		s.counts[2][digit(k, 2)]++
		s.counts[3][digit(k, 3)]++
		s.counts[4][digit(k, 4)]++
		s.counts[5][digit(k, 5)]++
	}
	return s.keys[:n]
}

func digit(k uint64, pass int) uint64 { return k >> (pass * digitBits) & (digits - 1) }

// key maps numbers to integers of the same order: negative ones have all bits
// turned, the others their sign.
func key(x float64) uint64 {
	b := math.Float64bits(x)
	return b ^ (uint64(int64(b)>>63) | 1<<63) //nolint:gosec // the sign bit spread over all bits
}

// unkey is the inverse of key: the top bit of the key is set for numbers that
// were not negative.
func unkey(k uint64) float64 {
	return math.Float64frombits(k ^ ((k>>63 - 1) | 1<<63))
}
