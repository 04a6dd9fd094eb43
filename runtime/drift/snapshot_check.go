package drift

import (
	"encoding/binary"
	"fmt"
	"math"
)

// checkSnapshot returns the open window of a snapshot, nil where there is none,
// or why nothing of it can be taken over.
//
// The digest says that a snapshot is of this reference, not that nobody has
// changed it, so lengths and orders are checked before anything is indexed by
// them. Histograms are checked because pages draw them.
func (m *Monitor) checkSnapshot(s *snapshot) (*window, error) {
	if s.Sequence < 0 || s.Sequence > maxRows || len(s.Verdicts) > 1000 || len(s.Reports) > keptReports {
		return nil, fmt.Errorf("%d windows, %d verdicts and %d reports", s.Sequence, len(s.Verdicts), len(s.Reports))
	}
	last := int64(0)
	for i, r := range s.Reports {
		if r == nil || len(r.Columns) != len(m.layout.columns) || r.Window <= last || r.Window > s.Sequence ||
			r.Rows < 0 || r.Rows > maxRows {
			return nil, fmt.Errorf("report %d is not of these columns or is out of order", i)
		}
		last = r.Window
		for k := range r.Columns {
			if r.Columns[k].Column != m.layout.columns[k].profile.Column || !r.Columns[k].Histogram.whole() {
				return nil, fmt.Errorf("report %d: column %q is not column %q or has no whole histogram", i,
					r.Columns[k].Column, m.layout.columns[k].profile.Column)
			}
		}
		if !r.Predictions.Histogram.whole() || !r.Predictions.Labels.whole() {
			return nil, fmt.Errorf("report %d: the histogram of the predictions is not whole", i)
		}
	}
	if s.Live == nil {
		return nil, nil
	}
	return m.load(s.Live, s.Sequence)
}

// whole reports whether every bin has both sides and a name or edges.
func (h *Histogram) whole() bool {
	if h == nil {
		return true
	}
	n := len(h.Reference)
	return len(h.Current) == n && (len(h.Edges) == n+1 && len(h.Labels) == 0 || len(h.Labels) == n && len(h.Edges) == 0)
}

// load makes a window of a saved one.
//
// The random numbers are of another stream than those of a window that is
// opened, by the constant (the golden ratio in 64 bits): a restored window
// would otherwise draw the same numbers again as it did before the restart. NaN
// is a missing value and passes; infinities were never noted, so one is damage.
func (m *Monitor) load(l *live, sequence int64) (*window, error) {
	w := newWindow(m.layout, m.cfg.Drift.MaxRows)
	w.open(l.Opened, m.cfg.Reference.Seed^0x9e3779b97f4a7c15, uint64(sequence)) //nolint:gosec // a count
	all := m.layout.all()
	width := 8 * m.layout.width
	if len(l.Missing) != len(all) || len(l.Named) != len(all) || len(l.Counts) != m.layout.counts ||
		len(l.Numbers)%width != 0 {
		return nil, fmt.Errorf("open window: %d missing, %d counts and %d bytes do not fit the columns", len(l.Missing),
			len(l.Counts), len(l.Numbers))
	}
	kept := int64(len(l.Numbers) / width)
	if l.Rows < 1 || l.Rows > maxRows || kept > l.Rows || kept < 1 || kept > int64(w.capacity) ||
		l.Opened.After(m.cfg.Now()) || l.Last.Before(l.Opened) {
		return nil, fmt.Errorf("open window: %d of %d rows kept, from %s to %s", kept, l.Rows, l.Opened, l.Last)
	}
	w.last, w.rows, w.kept = l.Last, l.Rows, int(kept)
	if kept < l.Rows {
		w.capacity = int(kept) // a sample goes on at the size it has
	}
	for k, c := range all {
		if err := w.loadCounts(k, c, l); err != nil {
			return nil, fmt.Errorf("open window: column %q: %w", c.profile.Column, err)
		}
	}
	for i := range w.kept {
		row := w.row(i)
		for k := range row {
			v := math.Float64frombits(binary.LittleEndian.Uint64(l.Numbers[i*width+8*k:]))
			if math.IsInf(v, 0) {
				return nil, fmt.Errorf("open window: row %d holds an infinite number", i)
			}
			row[k] = v
		}
	}
	return w, nil
}

// loadCounts takes over the counts of column k. Those of categories and missing
// values make up the rows.
//
// Columns of numbers have no counts but of missing values; their rows need not
// add up, since a sample may hold fewer. add checks each count before it is
// added, so that the sum stays within twice the rows.
func (w *window) loadCounts(k int, c *column, l *live) error {
	sum := int64(0)
	add := func(n int64) error {
		if n < 0 || n > l.Rows || sum > l.Rows {
			return fmt.Errorf("a count of %d in %d rows", n, l.Rows)
		}
		sum += n
		return nil
	}
	if err := add(l.Missing[k]); err != nil {
		return err
	}
	w.missing[k] = l.Missing[k]
	if c.slot >= 0 {
		if len(l.Named[k]) > 0 {
			return fmt.Errorf("%d categories of numbers", len(l.Named[k]))
		}
		return nil
	}
	for i := c.offset; i <= c.offset+c.full; i++ {
		if err := add(l.Counts[i]); err != nil {
			return err
		}
		w.counts[i] = l.Counts[i]
	}
	for n, count := range l.Named[k] {
		if !nameable(n) || len(l.Named[k]) > newNames || w.names >= allNewNames || count == 0 {
			return fmt.Errorf("%d new categories, %q among them", len(l.Named[k]), n)
		}
		if err := add(count); err != nil {
			return err
		}
		if w.named[k] == nil {
			w.named[k] = map[string]int64{}
		}
		w.named[k][n] = count
		w.names++
	}
	if sum != l.Rows {
		return fmt.Errorf("counts make %d of %d rows", sum, l.Rows)
	}
	return nil
}
