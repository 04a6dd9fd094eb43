package endpoint

import (
	"context"

	"github.com/ashlar-dev/ashlar/runtime/run"
)

// keepMemory keeps the most memory that the process held, for who sizes its pods. A record
// that cannot be kept now is kept with a later call: the most of this version is known
// here.
func (e *Endpoint) keepMemory(ctx context.Context) {
	if e.cfg.Memory == nil {
		return
	}
	bytes := e.cfg.Memory()
	e.mu.Lock()
	s := run.Served{Blueprint: e.cfg.Plan.Name, Endpoint: e.cfg.Name, Model: e.version.Model,
		Version: e.version.Version, PeakMemory: bytes, At: e.cfg.Now()}
	kept := e.memory
	if kept.Model == s.Model && kept.Version == s.Version {
		s.PeakMemory = max(bytes, kept.PeakMemory)
	}
	e.memory = s
	known := e.memoryKept
	e.mu.Unlock()
	if s.Version == 0 || s.PeakMemory == 0 || known.Model == s.Model && known.Version == s.Version &&
		known.PeakMemory >= s.PeakMemory {
		return
	}
	if err := run.SaveServed(ctx, e.cfg.Store, s); err != nil {
		e.cfg.Log.Warn("the memory of serving is not kept yet", "endpoint", e.cfg.Name, "error", err)
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.memoryKept = s
}
