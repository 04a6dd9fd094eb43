package serve

import (
	"context"
	"net/http"
	"sync/atomic"
)

// A client may hold three quarters of what is shared.
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
func (c *client) slots() *atomic.Int64 {
	if c == nil {
		return nil
	}
	return &c.inFlight
}

func (c *client) memory() *atomic.Int64 {
	if c == nil {
		return nil
	}
	return &c.held
}

// hold adds n to what all hold and to what the client does, where there is room
// for both.
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

func (s *Server) leave(g *generation, c *client) {
	g.metrics.inFlight.Dec()
	drop(&s.inFlight, c.slots(), 1)
}

// memoryPerSlot is what bodies and answers may take for each prediction that
// may be under way, beyond the first read of each body.
const memoryPerSlot = 64 << 10

// claim is the memory that a request's body and answer take.
type claim struct {
	server *Server
	own    *atomic.Int64
	bytes  int64
}

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
func (c *claim) add(n int) {
	c.server.held.Add(int64(n))
	if c.own != nil {
		c.own.Add(int64(n))
	}
	c.bytes += int64(n)
}

func (c *claim) release() {
	if c.bytes > 0 {
		drop(&c.server.held, c.own, c.bytes)
	}
}
