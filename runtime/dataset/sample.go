package dataset

import (
	"hash/fnv"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// sampler chooses rows, each by the seed, its file's name and its place among the
// file's rows. What else there is does not matter: a file that is added, or rows at the
// end of one, leave the choice of all others as it is. A smaller share of the same
// seed chooses some of the rows of a larger one.
type sampler struct {
	share float64 // of the rows
	seed  uint64
	file  uint64 // of the current file
	row   uint64 // of the next row in it
	kept  []int  // rows of a frame; used again for the next
}

// newSampler returns nil where all rows are read.
func newSampler(ds plan.Dataset, seed uint64) *sampler {
	if !ds.Sampled() {
		return nil
	}
	return &sampler{share: ds.Sample, seed: seed}
}

// enter begins a file.
func (s *sampler) enter(name string) {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // it never fails
	s.file, s.row = scattered(h.Sum64()^scattered(s.seed)), 0
}

// chosen returns the chosen ones of a frame's rows, which follow those of the calls
// before. Nothing is shared with the frame, and texts that only other rows have are not
// in the dictionaries: what a sample leaves out is in no memory that goes further.
func (s *sampler) chosen(f *Frame) *Frame {
	s.kept = s.kept[:0]
	for row := range f.Rows {
		// 53 bits, so that the comparison with the share is exact.
		at := float64(scattered(s.file+s.row*golden)>>11) / (1 << 53)
		if s.row++; at < s.share {
			s.kept = append(s.kept, row)
		}
	}
	out := f.Select(s.kept)
	for i := range out.Columns {
		if out.Columns[i].Coded() {
			out.Columns[i].compact()
		}
	}
	return out
}

// compact makes the column's dictionary one of the texts that its rows use, in the
// order of first use.
func (c *Column) compact() {
	known := make([]int32, len(c.Dict)) // the new code of each, plus one
	var dict []string
	for row, code := range c.Codes {
		if code < 0 {
			continue
		}
		if known[code] == 0 {
			dict = append(dict, c.Dict[code])
			known[code] = int32(len(dict)) //nolint:gosec // no more than c.Dict has
		}
		c.Codes[row] = known[code] - 1
	}
	c.Dict = dict
}

// golden is 2^64 divided by the golden ratio: its multiples are spread evenly.
const golden = 0x9e3779b97f4a7c15

// scattered is the finaliser of SplitMix64 (Steele, Lea and Flood, 2014): each bit of
// what comes in changes about half of those that go out.
func scattered(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}
