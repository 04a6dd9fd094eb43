package drift

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Add takes a segment of a Gatherer of the same reference and columns into the
// open window, and judges windows that this closes. Time is the segment's: give
// segments in the order of their rows. Counts add up exactly; numbers do until
// a window is full, and then stay a uniform sample. An error leaves the monitor
// as it was.
func (m *Monitor) Add(data []byte) error {
	if len(data) > maxSnapshot {
		return fmt.Errorf("drift segment: %d bytes, at most %d", len(data), maxSnapshot)
	}
	var s segment
	if err := plan.Unmarshal(data, &s); err != nil {
		return fmt.Errorf("drift segment: %w", err)
	}
	switch {
	case s.Version != snapshotVersion:
		return fmt.Errorf("drift segment of version %d, this program reads version %d", s.Version, snapshotVersion)
	case s.Of != m.digest:
		return errors.New("drift segment: it is of another reference or of other columns")
	case s.Window == nil:
		return errors.New("drift segment: it has no window")
	}
	// The clocks of two machines differ a little; nothing was seen in the future.
	now := m.cfg.Now()
	s.Window.Opened, s.Window.Last = earlier(s.Window.Opened, now), earlier(s.Window.Last, now)
	// Whatever can fail is done before join, which cannot: so an error leaves
	// the open window unchanged.
	m.mu.Lock()
	w, err := m.load(s.Window, m.sequence)
	if err == nil && m.live != nil && w.rows > maxRows-m.live.rows {
		err = fmt.Errorf("%d rows and %d rows", m.live.rows, w.rows)
	}
	if err == nil {
		m.join(w)
	}
	m.mu.Unlock()
	if err != nil {
		return fmt.Errorf("drift segment: %w", err)
	}
	m.settle()
	return nil
}

// earlier is the earlier of two times.
func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// join makes the window part of the open one, which is closed before if it was
// due when the other was opened. The lock is held.
func (m *Monitor) join(w *window) {
	m.closeDue(w.opened)
	last := w.last
	if m.live == nil {
		m.live = w
		m.wakeAt(max(0, m.length-m.cfg.Now().Sub(w.opened)))
	} else {
		m.live.merge(w, m.cfg.Drift.MaxRows)
	}
	m.closeFull(last)
}

// merge adds the other window's rows. The other is used up.
//
// The order matters: mergeNumbers needs the numbers of rows of both sides as
// they were before they are added up.
func (w *window) merge(o *window, maxRows int) {
	w.mergeNumbers(o, newWindow(w.layout, maxRows).capacity)
	w.opened = earlier(w.opened, o.opened)
	if o.last.After(w.last) {
		w.last = o.last
	}
	w.rows += o.rows
	for i, n := range o.missing {
		w.missing[i] += n
	}
	for i, n := range o.counts {
		w.counts[i] += n
	}
	for i, c := range w.layout.all() {
		// In order, since what is beyond the bounds is counted without a name.
		for _, name := range slices.Sorted(maps.Keys(o.named[i])) {
			w.unknown(i, c, name, o.named[i][name])
		}
	}
}

// mergeNumbers leaves all rows of numbers of both where they fit, and else a
// uniform sample of the rows that both have seen: rows are drawn from the one
// or the other as their numbers of rows say, without putting back. It ends when
// the side to draw from has none kept, so it may be smaller than there is room.
//
// The side of the next row is drawn by how many rows of each side are left,
// which makes each set of rows of the whole as likely as any other, as if one
// sample had been drawn of all rows. Both sides are shuffled first, so that
// taking rows from the front takes a random subset.
func (w *window) mergeNumbers(o *window, capacity int) {
	if int64(w.kept) == w.rows && int64(o.kept) == o.rows && w.kept+o.kept <= capacity {
		for i := range o.kept {
			w.kept++
			copy(w.row(w.kept-1), o.row(i))
		}
		w.capacity = capacity
		return
	}
	w.shuffle(w.kept)
	o.shuffle(o.kept)
	left, right := w.rows, o.rows
	// The rows move into new blocks: writing into the old ones would overwrite
	// rows that are still to be drawn.
	from := &window{layout: w.layout, blocks: w.blocks}
	w.blocks = nil
	mine, theirs, kept := 0, 0, 0
	for kept < capacity && left+right > 0 {
		var row []float64
		if w.random.Int64N(left+right) < left {
			if mine == w.kept {
				break
			}
			row, left, mine = from.row(mine), left-1, mine+1
		} else {
			if theirs == o.kept {
				break
			}
			row, right, theirs = o.row(theirs), right-1, theirs+1
		}
		copy(w.row(kept), row)
		kept++
	}
	w.kept, w.capacity = kept, max(kept, 1)
}
