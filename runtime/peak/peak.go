// Package peak measures the most memory that this process holds while something
// runs in it.
//
// The kernel keeps one high-water mark of resident memory for a process, not one for
// each of its goroutines. So the measure of one span is that of the whole process
// while the span lasts: what else runs meanwhile, and what was not given back before,
// counts too. Where a process does one thing, as a pod of a stage does, it is exact.
package peak

import (
	"runtime/debug"
	"sync"
)

// process is the mark of this process, of which there is one.
var process = meter{read: highWater, reset: reset, release: debug.FreeOSMemory, spans: map[*span]struct{}{}}

// Begin begins a span. The function that it returns ends it, once, and returns the
// most bytes that the process held resident meanwhile; 0 where the system does not
// tell.
func Begin() func() int64 { return process.begin() }

// Watch measures what the process does beside its spans, such as serving beside training:
// the function that it returns says the most bytes that were held since it was last
// called, without what was held while spans lasted; 0 where that is not known. What a span
// leaves for the collector is given back at its end.
func Watch() func() int64 { return process.watch() }

// meter shares the mark between spans that overlap: whoever begins or ends one reads
// the mark for all, and sets it back to what is held at that moment.
type meter struct {
	read  func() int64 // bytes; 0: not known
	reset func() bool  // reports whether the mark could be set back
	// release gives unused memory back to the system.
	release func()

	mu    sync.Mutex
	spans map[*span]struct{}
}

// span is what is known of one span. Where the mark was not set back at its
// beginning, only a mark that has risen since is the span's.
type span struct {
	most, before int64
	beside       bool // it counts only while no other lasts
}

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
	m.goOn()
	return s.most
}

func (m *meter) watch() func() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.gather()
	s := &span{beside: true}
	m.spans[s] = struct{}{}
	m.goOn()
	return func() int64 {
		m.mu.Lock()
		defer m.mu.Unlock()
		mark := m.gather()
		most := s.most
		s.most = 0
		if !m.lasts() && !m.reset() {
			s.before = mark
		}
		return most
	}
}

// goOn lets those that watch begin anew, where nothing else lasts; m.mu is held.
func (m *meter) goOn() {
	if len(m.spans) == 0 || m.lasts() {
		return
	}
	m.release()
	if mark := m.read(); !m.reset() {
		for s := range m.spans {
			s.before = mark
		}
	}
}

// lasts reports whether a span lasts that those that watch leave out; m.mu is held.
func (m *meter) lasts() bool {
	for s := range m.spans {
		if !s.beside {
			return true
		}
	}
	return false
}

// gather reads the mark for all spans; m.mu is held.
func (m *meter) gather() int64 {
	mark, lasts := m.read(), m.lasts()
	for s := range m.spans {
		if mark > s.before && !(s.beside && lasts) {
			s.most = max(s.most, mark)
		}
	}
	return mark
}
