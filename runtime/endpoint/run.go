package endpoint

import (
	"context"
	"fmt"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/registry"
)

// Keep looks, at once and then each poll, for decisions made anywhere and for
// what may not be served any more, until ctx is done. A registry or a store
// that cannot be reached changes nothing; it is looked at again.
//
// The head of the log is one cheap query; only when it has moved are versions read.
// Evidence ages without an entry, which is why recheck runs on each poll. It
// returns when ctx is done, and runs on the caller's goroutine.
func Keep(ctx context.Context, reg *registry.Registry, poll time.Duration, endpoints []*Endpoint) {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	// No log has that head, so the first round always follows.
	var seen int64 = -1
	for {
		head, err := reg.Head(ctx)
		changed := err == nil && head != seen
		if changed {
			seen = head
		}
		for _, e := range endpoints {
			if err != nil {
				e.unreachable(ctx, err)
				continue
			}
			moved := e.notedAdvance(ctx)
			if e.recheck(ctx) || changed || moved || e.isBehind() {
				e.notedFollow(ctx)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// isBehind reports whether the last attempt failed, so that the next poll tries
// again even though the log has not moved.
func (e *Endpoint) isBehind() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.behind
}

// unreachable notes, once, that nothing is known of the registry.
// Further failures are silent: a registry that is down for an hour would otherwise
// write a line at each poll.
func (e *Endpoint) unreachable(ctx context.Context, err error) {
	e.mu.Lock()
	was := e.behind
	e.behind = true
	v := e.version.Version
	if v == 0 {
		e.waiting = err.Error()
	}
	e.mu.Unlock()
	if !was && ctx.Err() == nil {
		e.cfg.Notice(fmt.Sprintf("%s keeps serving version %d: %v", e.cfg.Name, v, err))
	}
}

// recheck calls Recheck and says what came of it. It reports whether the endpoint
// stopped serving, so that Keep looks for another version at once.
func (e *Endpoint) recheck(ctx context.Context) bool {
	stopped, err := e.Recheck(ctx)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		e.cfg.Notice(fmt.Sprintf("%s cannot be checked again: %v", e.cfg.Name, err))
	case stopped:
		e.cfg.Notice(fmt.Sprintf("%s no longer serves a model: %s", e.cfg.Name, e.Status().Waiting))
	}
	return stopped
}

// notedFollow calls Follow and writes a line where something changed, the first
// failure and the first success after one included. An error caused by the end of
// ctx is none.
func (e *Endpoint) notedFollow(ctx context.Context) {
	was := e.isBehind()
	changed, err := e.Follow(ctx)
	now := e.Status()
	switch {
	case ctx.Err() != nil:
	case err != nil && was:
		e.cfg.Log.Debug("still behind", "endpoint", now.Name, "error", err)
	case err != nil:
		e.cfg.Notice(fmt.Sprintf("%s keeps serving version %d: %v", now.Name, now.Version, err))
	case changed && now.Version > 0:
		e.cfg.Notice(fmt.Sprintf("%s now serves %s version %d", now.Name, now.Model, now.Version))
	case changed:
		e.cfg.Notice(fmt.Sprintf("%s no longer serves a model: %s", now.Name, now.Waiting))
	case was:
		e.cfg.Notice(fmt.Sprintf("%s is up to date again, at version %d", now.Name, now.Version))
	}
}

// notedAdvance calls Advance, and writes a line where it cannot be done. It reports
// whether anything changed.
func (e *Endpoint) notedAdvance(ctx context.Context) bool {
	changed, err := e.Advance(ctx)
	if err != nil && ctx.Err() == nil {
		e.cfg.Log.Warn("the release does not get on", "endpoint", e.cfg.Name, "error", err)
	}
	return changed
}
