package histogram

import "math"

// key returns an integer that orders as the number does; both zeros are one.
//
// v + 0 turns -0 into 0, which are equal and must have one code.
func key(v float64) uint64 {
	bits := math.Float64bits(v + 0)
	return bits ^ (uint64(int64(bits)>>63) | 1<<63)
}

// value is the inverse of key.
func value(key uint64) float64 {
	return math.Float64frombits(key ^ (uint64(int64(^key)>>63) | 1<<63))
}

// sortKeys sorts by radix, eleven bits at a time, and skips digits that all keys
// share, as the low ones of numbers that once were float32. It may return
// either of the two slices, which must be of one length.
//
// Each pass is stable. How many passes run depends on the keys, so the caller
// must take what is returned.
func sortKeys(keys, scratch []uint64) []uint64 {
	const digit, digits = 11, 6
	var counts [digits][1 << digit]int32
	for _, k := range keys {
		for d := range digits {
			counts[d][k>>(d*digit)&(1<<digit-1)]++
		}
	}
	for d := range digits {
		count := &counts[d]
		if len(keys) == 0 || int(count[keys[0]>>(d*digit)&(1<<digit-1)]) == len(keys) {
			continue
		}
		total := int32(0)
		for i, n := range count {
			count[i] = total
			total += n
		}
		for _, k := range keys {
			at := &count[k>>(d*digit)&(1<<digit-1)]
			scratch[*at] = k
			*at++
		}
		keys, scratch = scratch, keys
	}
	return keys
}
