package local

import (
	"context"
	"fmt"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/retain"
)

// sweepEvery is how often what is due is looked for while a stack serves.
// Retentions are of days, so an hour late is soon enough.
const sweepEvery = time.Hour

// Sweep deletes what is kept of a dataset for longer than its retention, and
// says how much that was.
func (s *Stack) Sweep(ctx context.Context) error {
	gone, err := retain.Sweep(ctx, retain.Config{
		Plan: s.cfg.Plan, Store: s.state.Store, Registry: s.state.Registry, Author: s.cfg.Author,
		Now: s.cfg.Now, Log: s.cfg.Log,
	})
	if len(gone) > 0 {
		s.cfg.Notice(retain.Summary(gone, false))
	}
	return err
}

// keepRetention sweeps now and then. What could not be deleted is tried again.
// It does not sweep at once, as Open has. An error does not end it.
func (h *server) keepRetention(ctx context.Context) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := h.stack.Sweep(ctx); err != nil && ctx.Err() == nil {
				h.stack.cfg.Notice(fmt.Sprint(err))
			}
		}
	}
}
