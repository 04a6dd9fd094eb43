package drift

import (
	"time"

	"github.com/ashlar-dev/ashlar/runtime/crash"
)

// current returns the open window, closing one that is due and opening the next
// where there is none. The lock is held.
//
// The window is seeded by the number of windows that were judged, so the sample
// of a window is repeatable for the same traffic.
func (m *Monitor) current(now time.Time) *window {
	m.closeDue(now)
	if m.live == nil {
		w := m.spare
		if w == nil {
			w = newWindow(m.layout, m.cfg.Drift.MaxRows)
		}
		m.spare = nil
		w.open(now, m.cfg.Reference.Seed, uint64(m.sequence)) //nolint:gosec // a count
		m.live = w
		m.wakeAt(m.length)
	}
	return m.live
}

// closeDue closes the window if its time is up and it has enough rows.
//
// The lock is held. A window without enough rows stays open whatever its age:
// its p-values could hardly be small, and its verdict would be an all-clear
// that means nothing.
func (m *Monitor) closeDue(now time.Time) {
	if m.live != nil && m.live.rows >= int64(m.cfg.Drift.MinRows) && now.Sub(m.live.opened) >= m.length {
		m.close()
	}
}

// closeFull closes the window if it has all the rows it may have, or if its time
// was up and it now has enough.
func (m *Monitor) closeFull(now time.Time) {
	if m.live.rows >= int64(m.cfg.Drift.MaxRows) {
		m.close()
		return
	}
	m.closeDue(now)
}

// close hands the window over to be judged unless another waits already.
//
// The lock is held. While another window waits, this one stays live and grows;
// it is closed by the next row or by settle.
func (m *Monitor) close() {
	if m.closed != nil {
		return
	}
	m.closed, m.live = m.live, nil
	m.startDelivery()
}

// wakeAt has the clock looked at after d; one call under way is enough.
func (m *Monitor) wakeAt(d time.Duration) {
	if !m.waking {
		m.waking = true
		m.cfg.After(d, m.wake)
	}
}

// wake closes a window that no row came to close.
//
// It runs on the clock's goroutine. It must not judge, which takes long; it
// only closes, and close starts the goroutine that judges.
func (m *Monitor) wake() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.waking = false
	now := m.cfg.Now()
	m.closeDue(now)
	if m.live == nil {
		return
	}
	// A window that is short of rows closes with the row it lacks.
	if left := m.length - now.Sub(m.live.opened); left > 0 {
		m.wakeAt(left)
	}
}

// settle judges the windows that are closed. It is called without the lock.
//
// It returns when no closed window is left, also where another goroutine judged
// them: the lock on judging makes it wait for that one. The locks are taken in
// the order judging, then mu.
func (m *Monitor) settle() {
	m.judging.Lock()
	defer m.judging.Unlock()
	for {
		m.mu.Lock()
		w, sequence := m.closed, m.sequence+1
		m.mu.Unlock()
		if w == nil {
			return
		}
		// m.mu is not held here: rows are noted while a window is judged. The
		// window that is judged is m.closed and no row is added to it.
		r := m.judge.report(w, sequence)
		m.mu.Lock()
		m.record(r)
		m.closed, m.spare = nil, w
		// The open window may have become due while m.closed was taken.
		m.closeDue(m.cfg.Now())
		if m.live != nil && m.live.rows >= int64(m.cfg.Drift.MaxRows) {
			m.close()
		}
		m.mu.Unlock()
	}
}

// record keeps the report and lets the alert know. The lock is held.
func (m *Monitor) record(r *Report) {
	m.sequence = r.Window
	m.alert.judged(r)
	r.Retrain = r.Raised && m.cfg.Drift.Retrain
	m.reports = m.trim(append(m.reports, r))
	m.outbox = append(m.outbox, r)
	m.startDelivery()
}

// trim drops the oldest reports.
//
// The rest is copied into new memory: a slice of the old would keep the dropped
// reports reachable.
func (m *Monitor) trim(reports []*Report) []*Report {
	most := min(keptReports, max(1, keptColumns/max(1, len(m.layout.columns))))
	if extra := len(reports) - most; extra > 0 {
		return append(reports[:0:0], reports[extra:]...)
	}
	return reports
}

// startDelivery judges and tells in the background. The lock is held.
//
// At most one goroutine delivers, so reports are told of in order. It ends when
// nothing is left, and holds nothing while idle.
func (m *Monitor) startDelivery() {
	if !m.delivering {
		m.delivering = true
		go crash.Guarded(m.deliver)()
	}
}

// deliver tells of every window in order, until there is nothing left to tell.
//
// The check for more work and the reset of delivering are under one lock: a
// window that closes between them would otherwise wait for the next one to be
// judged. The callbacks run without a lock, so they may call the monitor's
// methods.
func (m *Monitor) deliver() {
	for {
		m.settle()
		m.mu.Lock()
		if len(m.outbox) == 0 && m.closed == nil {
			m.delivering = false
			m.mu.Unlock()
			return
		}
		told := m.outbox
		m.outbox = nil
		m.mu.Unlock()
		for _, r := range told {
			if m.cfg.OnReport != nil {
				m.cfg.OnReport(r)
			}
			if r.Retrain && m.cfg.OnRetrain != nil {
				m.cfg.OnRetrain(r)
			}
		}
	}
}
