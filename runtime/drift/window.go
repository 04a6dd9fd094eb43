package drift

import (
	"math"
	"math/rand/v2"
	"strings"
	"time"
)

const (
	blockRows = 512
	// liveNumbers is how many numbers a window keeps: 16 MiB of them.
	liveNumbers = 1 << 21
	// leastRows are kept of a window however many columns there are.
	leastRows = 200
	// newNames bounds the categories unknown to the reference that a window
	// counts by name: of one column and of all. Beyond, they are counted together.
	newNames, allNewNames = 100, 2_000
)

// window is the traffic since it was opened: exact counts of rows, of missing
// values, of categories and of labels, and of the numbers every row or, beyond
// the capacity, a uniform sample of the rows (J. Vitter's algorithm R).
type window struct {
	layout   *layout
	opened   time.Time
	last     time.Time // when the last row came
	rows     int64
	capacity int // rows of numbers kept at most, by this window
	full     int // rows of numbers kept at most, by any
	kept     int
	blocks   [][]float64 // rows of numbers, NaN for missing, blockRows a block
	missing  []int64     // a column in the order of layout.all
	counts   []int64
	named    []map[string]int64 // unknown categories a column
	names    int                // entries of named
	random   *rand.Rand
}

// Only counts are allocated here; rows of numbers are allocated a block at a
// time as they come, so a window with little traffic stays small. The layout
// has one number a row at least, the score.
func newWindow(l *layout, maxRows int) *window {
	n, full := len(l.all()), min(max(liveNumbers/l.width, leastRows), maxRows)
	return &window{
		layout: l, missing: make([]int64, n), counts: make([]int64, l.counts), named: make([]map[string]int64, n),
		capacity: full, full: full,
	}
}

// open empties the window for its use from now on.
//
// The blocks are kept: rows up to kept are overwritten before they are read.
func (w *window) open(now time.Time, seed, sequence uint64) {
	w.opened, w.last, w.rows, w.kept, w.names = now, now, 0, 0, 0
	w.capacity = w.full // a restored or a merged window may have had less
	clear(w.missing)
	clear(w.counts)
	clear(w.named)
	w.random = rand.New(rand.NewPCG(seed, sequence)) //nolint:gosec // sampling, not secrets
}

// next counts a row and returns the place for its numbers, or nil where the
// sample goes without it.
//
// Once the capacity is reached, row number w.rows stays with the probability
// capacity/rows and replaces a kept one at random, which keeps each row seen so
// far equally likely to be in the sample.
func (w *window) next(now time.Time) []float64 {
	w.last = now
	w.rows++
	if w.kept < w.capacity {
		w.kept++
		return w.row(w.kept - 1)
	}
	if at := w.random.Int64N(w.rows); at < int64(w.capacity) {
		return w.row(int(at))
	}
	return nil
}

// row returns the numbers of a kept row.
//
// The slice is valid until the window is merged, and is written through: it is
// the window's memory and no copy.
func (w *window) row(i int) []float64 {
	for i/blockRows >= len(w.blocks) {
		w.blocks = append(w.blocks, make([]float64, blockRows*w.layout.width))
	}
	at := i % blockRows * w.layout.width
	return w.blocks[i/blockRows][at : at+w.layout.width]
}

// number notes a value of a numeric column; i is its place in layout.all.
func (w *window) number(i int, c *column, row []float64, v float64) {
	if v-v != 0 {
		w.missing[i]++
		v = math.NaN()
	}
	if row != nil {
		row[c.slot] = v
	}
}

// unknown counts a category that the reference does not name, n times. Where
// the reference itself has categories without a name, it may be one of those.
//
// New names are bounded, since a column of free text or identifiers would
// otherwise grow the window with every row. The name is cloned: it may be a
// part of a request's memory, which a map entry would keep alive.
func (w *window) unknown(i int, c *column, name string, n int64) {
	m := w.named[i]
	if seen, ok := m[name]; ok {
		m[name] = seen + n
		return
	}
	if c.profile.Other > 0 || len(m) >= newNames || w.names >= allNewNames || !nameable(name) {
		w.counts[c.offset+c.full] += n
		return
	}
	if m == nil {
		m = map[string]int64{}
		w.named[i] = m
	}
	m[strings.Clone(name)] = n
	w.names++
}

// numbers appends the kept values of a slot, NaN where missing.
func (w *window) numbers(slot int, out []float64) []float64 {
	for i := range w.kept {
		out = append(out, w.blocks[i/blockRows][i%blockRows*w.layout.width+slot])
	}
	return out
}

// category counts a value of a column of categories known to the reference.
func (w *window) category(c *column, index int) { w.counts[c.offset+index]++ }
