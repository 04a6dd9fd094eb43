// Package assign gives an entity, such as a customer, the same variant of an A/B
// test each time, with nothing kept.
//
// The hash is version 2 of GrowthBook's, so that its SDKs, in whatever language,
// give the same variant to the same value. Bytes are those of the text in UTF-8.
package assign

import (
	"hash/fnv"
	"strconv"
)

// buckets is how many there are: a share of traffic is exact to a basis point.
const buckets = 10000

// Bucket is where a value falls, in [0, 1), in steps of 1/10000.
//
// Source: GrowthBook's SDKs, hash version 2: fnv1a32 of the decimal text of
// fnv1a32(seed + value), modulo 10000.
func Bucket(seed, value string) float64 {
	first := fnv1a(seed + value)
	return float64(fnv1a(strconv.FormatUint(uint64(first), 10))%buckets) / buckets
}

// fnv1a is the 32-bit FNV-1a hash.
func fnv1a(text string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(text)) //nolint:errcheck // never errs, by its contract
	return h.Sum32()
}

// Variant is the index of the variant whose range a bucket is in, where each has
// the share of [0, 1) that its weight says, in order. Weights are of any unit.
// It returns -1 where all weights are 0; a bucket that rounding leaves beyond the
// last range is in the last that has any.
func Variant(bucket float64, weights []float64) int {
	total := 0.0
	for _, w := range weights {
		total += w
	}
	at, last := 0.0, -1
	for i, w := range weights {
		if w <= 0 {
			continue
		}
		last = i
		if at += w; bucket*total < at {
			return i
		}
	}
	return last
}
