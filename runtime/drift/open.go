package drift

import "maps"

// openRows is from how many rows an open window is compared, if the blueprint does not
// close windows with fewer.
const openRows = 100

// Open compares the rows of the window that is still open, from its first hundred on; it
// is nil before. Nothing is recorded, nobody is told, and no alert is moved by it.
//
// The rate of false alarms is that of one look at each window. Whoever looks at an open
// window over and over looks more often, so that a column which drifts by chance is
// seen more often than the rate says: the verdict that counts is that of the closed one.
//
// A window is compared again when it has a tenth more rows than at the last look, so that
// looking costs at most some ten times what closing does, however often one looks.
func (m *Monitor) Open() *Report {
	m.mu.Lock()
	m.closeDue(m.cfg.Now())
	m.mu.Unlock()
	m.settle()
	m.judging.Lock()
	defer m.judging.Unlock()
	m.mu.Lock()
	sequence := m.sequence + 1
	if m.closed != nil {
		sequence++
	}
	w := m.live
	if w == nil || w.rows < min(openRows, int64(m.cfg.Drift.MinRows)) {
		m.mu.Unlock()
		return nil
	}
	if seen := m.seen; seen != nil && seen.Window == sequence && w.rows-seen.Rows < max(1, seen.Rows/10) {
		m.mu.Unlock()
		return seen
	}
	var last *Report
	if n := len(m.reports); n > 0 {
		last = m.reports[n-1]
	}
	w = w.copied()
	m.mu.Unlock()
	r := m.judge.report(w, sequence)
	r.Open = true
	if last != nil {
		r.Alert, r.DriftedWindows, r.OfWindows = last.Alert, last.DriftedWindows, last.OfWindows
	}
	m.seen = r
	return r
}

// copied is the window as it is now, with the numbers of at most as many of its rows as
// a snapshot keeps.
func (w *window) copied() *window {
	rows := w.kept
	if most := max(snapshotNumbers/w.layout.width, 1); rows > most {
		w.shuffle(most)
		rows = most
	}
	out := newWindow(w.layout, rows)
	out.opened, out.last, out.rows, out.kept = w.opened, w.last, w.rows, rows
	copy(out.missing, w.missing)
	copy(out.counts, w.counts)
	for i, names := range w.named {
		out.named[i] = maps.Clone(names)
	}
	for i := range rows {
		copy(out.row(i), w.row(i))
	}
	return out
}
