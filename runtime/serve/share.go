package serve

import (
	"context"
	"net/http"
	"sync/atomic"
)

// A client may hold three quarters of what is shared.
// shareOf is that bound. One client alone can then use most of an idle server,
// and yet a quarter stays free for others. Small limits round in the client's
// favour: of 1, 2 or 3 it may hold all.
func shareOf(most int64) int64 { return most - most/4 }

// clientKey is where a request's context has its client.
type clientKey struct{}

// clientIn is the client that a request is from; nil where the server was
// handed the request by somebody else than Run.
func clientIn(ctx context.Context) *client {
	c, _ := ctx.Value(clientKey{}).(*client)
	return c
}

// slots and memory are where a client's own are counted; nil for nobody's.
// A request that did not pass through Run has no client; only the totals bound
// it then.
func (c *client) slots() *atomic.Int64 {
	if c == nil {
		return nil
	}
	return &c.inFlight
}

// memory is where the bytes that a client's requests hold are counted.
func (c *client) memory() *atomic.Int64 {
	if c == nil {
		return nil
	}
	return &c.held
}

// hold adds n to what all hold and to what the client does, where there is room
// for both.
// It adds first and looks afterwards, without a lock: two requests that race for
// the last place may both be refused, but the limit is never exceeded for longer
// than that.
func hold(all *atomic.Int64, most int64, own *atomic.Int64, n int64) bool {
	if all.Add(n) > most {
		all.Add(-n)
		return false
	}
	if own != nil && own.Add(n) > shareOf(most) {
		own.Add(-n)
		all.Add(-n)
		return false
	}
	return true
}

// drop undoes a hold that succeeded.
func drop(all, own *atomic.Int64, n int64) {
	all.Add(-n)
	if own != nil {
		own.Add(-n)
	}
}

// enter takes a slot for a prediction, where there is one for the client. A slot
// is held from when the body is there until the answer is ready, so that neither
// a client that sends slowly nor one that does not read takes one.
func (s *Server) enter(g *generation, c *client) *Problem {
	if !hold(&s.inFlight, int64(s.cfg.MaxInFlight), c.slots(), 1) {
		return problem(http.StatusServiceUnavailable, "overloaded",
			"%d predictions are under way; try again shortly", s.inFlight.Load())
	}
	g.metrics.inFlight.Inc()
	return nil
}

// leave gives back what enter took. It must run on every path, panics included,
// or the slot is lost until the process ends.
func (s *Server) leave(g *generation, c *client) {
	g.metrics.inFlight.Dec()
	drop(&s.inFlight, c.slots(), 1)
}

// memoryPerSlot is what bodies and answers may take for each prediction that
// may be under way, beyond the first read of each body.
// In bytes. It is what a pooled worker may keep, so idle workers and busy ones
// have the same bound.
const memoryPerSlot = 64 << 10

// claim is the memory that a request's body and answer take.
// A claim belongs to one request's goroutine; only the counters are shared.
type claim struct {
	server *Server
	own    *atomic.Int64
	bytes  int64
}

// claim returns a claim of nothing yet, charged to the server and to c.
func (s *Server) claim(c *client) claim {
	return claim{server: s, own: c.memory()}
}

// grow claims n bytes more.
func (c *claim) grow(n int) *Problem {
	if !hold(&c.server.held, c.server.limits.held, c.own, int64(n)) {
		return problem(http.StatusServiceUnavailable, "overloaded", "too much is being sent at once; try again shortly")
	}
	c.bytes += int64(n)
	return nil
}

// add claims n bytes more that are taken already.
// It may exceed the limit: the answer exists, and refusing it now would waste
// the prediction. New bodies are refused until it is sent.
func (c *claim) add(n int) {
	c.server.held.Add(int64(n))
	if c.own != nil {
		c.own.Add(int64(n))
	}
	c.bytes += int64(n)
}

// release gives all of it back, at the end of the request.
func (c *claim) release() {
	if c.bytes > 0 {
		drop(&c.server.held, c.own, c.bytes)
	}
}
