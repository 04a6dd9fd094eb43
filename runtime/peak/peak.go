// Package peak measures the most memory that this process holds while something
// runs in it.
//
// The kernel keeps one high-water mark of resident memory for a process, not one for
// each of its goroutines. So the measure of one span is that of the whole process
// while the span lasts: what else runs meanwhile, and what was not given back before,
// counts too. Where a process does one thing, as a pod of a stage does, it is exact.
package peak

import "sync"

// process is the mark of this process, of which there is one.
var process = meter{read: highWater, reset: reset, spans: map[*span]struct{}{}}

// Begin begins a span. The function that it returns ends it, once, and returns the
// most bytes that the process held resident meanwhile; 0 where the system does not
// tell.
func Begin() func() int64 { return process.begin() }

// meter shares the mark between spans that overlap: whoever begins or ends one reads
// the mark for all, and sets it back to what is held at that moment.
type meter struct {
	read  func() int64 // bytes; 0: not known
	reset func() bool  // reports whether the mark could be set back

	mu    sync.Mutex
	spans map[*span]struct{}
}

// span is what is known of one span. Where the mark was not set back at its
// beginning, only a mark that has risen since is the span's.
type span struct{ most, before int64 }

func (m *meter) begin() func() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	mark := m.gather()
	s := &span{}
	if !m.reset() {
		s.before = mark
	}
	m.spans[s] = struct{}{}
	return func() int64 { return m.end(s) }
}

func (m *meter) end(s *span) int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.gather()
	delete(m.spans, s)
	return s.most
}

// gather reads the mark for all spans; m.mu is held.
func (m *meter) gather() int64 {
	mark := m.read()
	for s := range m.spans {
		if mark > s.before {
			s.most = max(s.most, mark)
		}
	}
	return mark
}
