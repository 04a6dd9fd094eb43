package train

import (
	"fmt"
	"hash/fnv"
	"math"

	"github.com/ashlar-dev/ashlar/runtime/dataset"
)

// identities returns a hash of what each row is: of the value of the plan's key
// column, or of all of its columns, whatever their order. A missing value adds
// nothing, so that a new column moves only the rows that have a value in it. The
// hashes do not depend on the seed.
//
// Where most rows have copies, as in a table of a few categories, copies are no
// mistake of the data, and to keep them together would keep whole kinds of rows
// from the training part. There a row's identity is its content and how many
// copies come before it.
//
// The result is kept, as the split and the folds ask for the same. It is not
// safe for concurrent use.
func (t *target) identities(spec Spec) ([]uint64, error) {
	if t.ids != nil {
		return t.ids, nil
	}
	ids := make([]uint64, t.frame.Rows)
	key := spec.Model.Split.Key
	if key != "" {
		c := t.frame.Column(key)
		if c == nil {
			return nil, fmt.Errorf("split: key %q: the data has no such column", key)
		}
		for _, row := range t.known {
			if c.Missing(row) {
				return nil, fmt.Errorf("split: key %q: row %d has no value, and its side follows from it: fill it in, or leave split.key out", key, row+1)
			}
		}
	}
	for i := range t.frame.Columns {
		if c := &t.frame.Columns[i]; key == "" || c.Name == key {
			identify(c, ids)
		}
	}
	if key == "" {
		t.tellCopiesApart(ids)
	}
	t.ids = ids
	return ids, nil
}

// tellCopiesApart gives copies identities of their own where fewer than half of
// the rows differ. Copies are numbered in the order of the rows; as they are
// equal, it does not matter which is which.
func (t *target) tellCopiesApart(ids []uint64) {
	copies := make(map[uint64]uint64, len(t.known))
	for _, row := range t.known {
		copies[ids[row]]++
	}
	if 2*len(copies) >= len(t.known) {
		return
	}
	clear(copies)
	for _, row := range t.known {
		id := ids[row]
		ids[row] = id + mix(copies[id])
		copies[id]++
	}
}

// identify adds a column's values to the rows' hashes. Sums do not depend on the
// order of columns.
//
// The column's name salts its values, or equal values of two columns could
// change places. Dictionaries are hashed once an entry and not once a row.
// Numbers are hashed as the float64 that Floats holds, and integers beyond 2^53
// with what they are short of it, so that two identifiers are never one entity.
func identify(c *dataset.Column, ids []uint64) {
	salt := hashed(c.Name)
	if c.Coded() {
		dict := make([]uint64, len(c.Dict))
		for i, text := range c.Dict {
			dict[i] = mix(mix(hashed(text)) ^ salt)
		}
		for row, code := range c.Codes {
			if code >= 0 {
				ids[row] += dict[code]
			}
		}
		return
	}
	for row, v := range c.Floats {
		if !math.IsNaN(v) {
			h := mix(math.Float64bits(v + 0)) // + 0: both zeros are one
			if c.Low != nil && c.Low[row] != 0 {
				h = mix(h ^ uint64(c.Low[row]))
			}
			ids[row] += mix(h ^ salt)
		}
	}
}

// useOf is the part that a seed plays in one use of identities.
func useOf(seed uint64, use string) uint64 { return mix(mix(seed) ^ hashed(use)) }

// place puts an identity somewhere in [0, 1), evenly and for each use again.
//
// 53 bits are what a float64 holds below 1, so each step is as likely as any
// other.
func place(id, use uint64) float64 { return float64(mix(mix(id)^use)>>11) / (1 << 53) }

// hashed is FNV-1a, whose result is the same in every process; Go's own hash of
// maps has another seed in each.
func hashed(text string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(text))
	return h.Sum64()
}

// mix is the finaliser of SplitMix64 (Steele, Lea and Flood, Fast splittable
// pseudorandom number generators, 2014), which changes half of the bits
// for every one that changes.
func mix(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
