package endpoint

import (
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/run"
)

// TestTheMemoryOfServingIsKept: the most of a version, whoever measured it, and nothing
// where nothing is served or measured.
func TestTheMemoryOfServingIsKept(t *testing.T) {
	h := newSystem(t)
	measured := func(e *Endpoint, bytes int64) {
		e.cfg.Memory = func() int64 { return bytes }
		e.Save(t.Context())
		h.clock.add(time.Second)
	}
	kept := func(version int, bytes int64) {
		t.Helper()
		all, err := run.ListServed(t.Context(), h.store, "scoring", 9)
		if err != nil {
			t.Fatal(err)
		}
		if version == 0 {
			if len(all) > 0 {
				t.Errorf("%+v is kept", all)
			}
			return
		}
		if len(all) != version || all[0].Version != version || all[0].PeakMemory != bytes ||
			all[0].Blueprint != h.plan.Name {
			t.Errorf("%+v is kept, want %d of version %d first", all, bytes, version)
		}
	}
	a, b := h.replica(t, "pod-a"), h.replica(t, "pod-b")
	measured(a, 900) // it serves nothing
	kept(0, 0)
	follow(t, a)
	follow(t, b)
	a.cfg.Memory = nil
	a.Save(t.Context())
	measured(a, 0)
	measured(b, 0)
	measured(a, 500)
	kept(1, 500)
	measured(b, 400)
	measured(a, 300)
	kept(1, 500)
	measured(b, 600)
	measured(a, 0)
	kept(1, 600)
	h.train(t, 9)
	follow(t, a)
	measured(a, 200)
	kept(2, 200)
}
