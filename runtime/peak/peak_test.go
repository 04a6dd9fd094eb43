package peak

import (
	"runtime"
	"runtime/debug"
	"testing"
)

// mark is a high-water mark as the kernel keeps one.
type mark struct {
	held, most int64
	needed     int64 // what is left when the rest is released
	stuck      bool  // it cannot be set back
}

func (k *mark) hold(n int64) { k.held, k.most = n, max(k.most, n) }

func (k *mark) meter() *meter {
	return &meter{read: func() int64 { return k.most }, spans: map[*span]struct{}{}, reset: func() bool {
		if !k.stuck {
			k.most = k.held
		}
		return !k.stuck
	}, release: func() { k.held = min(k.held, k.needed) }}
}

func TestSpansThatOverlapHaveTheirOwnPeaks(t *testing.T) {
	k := &mark{}
	m := k.meter()
	k.hold(900)
	k.hold(100)
	first := m.begin() // the 900 are of the time before
	k.hold(300)
	k.hold(150)
	second := m.begin()
	k.hold(200)
	k.hold(10)
	if got := second(); got != 200 {
		t.Errorf("the second span held %d, want 200", got)
	}
	if got := first(); got != 300 {
		t.Errorf("the first span held %d, want 300", got)
	}
	if len(m.spans) != 0 {
		t.Errorf("%d spans are left", len(m.spans))
	}
}

func TestAMarkThatCannotBeSetBackIsASpansWhereItRises(t *testing.T) {
	k := &mark{stuck: true}
	m := k.meter()
	k.hold(500)
	end := m.begin()
	k.hold(400)
	if got := end(); got != 0 {
		t.Errorf("a span below the mark held %d, which nobody knows", got)
	}
	end = m.begin()
	k.hold(600)
	if got := end(); got != 600 {
		t.Errorf("a span that raised the mark held %d", got)
	}
}

// hold touches so many bytes at once.
func hold(size int) {
	block := make([]byte, size)
	for i := 0; i < size; i += 4096 {
		block[i] = 1
	}
	runtime.KeepAlive(block)
}

func TestTheProcessIsMeasured(t *testing.T) {
	if runtime.GOOS != "linux" {
		if got := Begin()(); got != 0 {
			t.Errorf("%d bytes are known of a system that does not tell", got)
		}
		return
	}
	const size = 192 << 20
	large := Begin()
	hold(size)
	most := large()
	if most < size {
		t.Fatalf("%d bytes were held, and %d measured", size, most)
	}
	debug.FreeOSMemory()
	if small := Begin()(); small <= 0 || small > most-size/2 {
		t.Errorf("%d bytes are measured after %d were given back", small, size)
	}
}

func TestWhoWatchesLeavesSpansOut(t *testing.T) {
	k := &mark{needed: 100}
	m := k.meter()
	k.hold(900) // of the time before
	most := m.watch()
	k.hold(200)
	k.hold(150)
	if got := most(); got != 200 {
		t.Errorf("it held %d, want 200", got)
	}
	k.hold(120)
	end := m.begin()
	k.hold(800)
	if got := most(); got != 150 {
		t.Errorf("beside a span it held %d, want the 150 of before", got)
	}
	k.hold(700) // garbage of the span's
	if got := end(); got != 800 {
		t.Errorf("the span held %d, want 800", got)
	}
	k.hold(130)
	if got := most(); got != 130 {
		t.Errorf("after the span it held %d, want 130", got)
	}
	k.stuck = true
	k.hold(90)
	most()
	if got := most(); got != 0 {
		t.Errorf("below a mark that is stuck it held %d, which nobody knows", got)
	}
}
