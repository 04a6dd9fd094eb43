package serve

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/crash"
)

// express answers plain requests (see plainRequest) without net/http's server, of whose
// time on a prediction most is spent on what such a request has not: a body that may
// still come, a header that may say anything, an answer of unknown length. The first
// request of a connection that is not plain goes to net/http with all that follows it;
// nothing is read here that is not passed on as it came. So is every connection with
// TLS. Handlers cannot tell who called them, but for one thing: the context of a plain
// request does not end when its client goes, as nobody reads its connection meanwhile.
//
// It is the listener that net/http accepts from: what it is given are connections that
// are handed over.
type express struct {
	handler   http.Handler
	from      net.Listener
	log       *slog.Logger
	first     time.Duration // within which a connection's first request has to come
	timeout   time.Duration // of the endpoints: an answer may take twice that
	context   func(context.Context, net.Conn) context.Context
	handed    chan net.Conn
	failures  chan error
	closed    chan struct{} // nothing is handed over any more
	once      sync.Once
	accepting chan struct{} // closed when no connection comes any more
	ending    atomic.Bool
	clock     clock

	mu    sync.Mutex
	conns map[*exchange]struct{}
}

func newExpress(from net.Listener, web *http.Server, timeout time.Duration, log *slog.Logger) *express {
	return &express{handler: web.Handler, from: from, log: log, first: web.ReadHeaderTimeout, timeout: timeout,
		context: web.ConnContext, handed: make(chan net.Conn), failures: make(chan error),
		closed: make(chan struct{}), accepting: make(chan struct{}), conns: map[*exchange]struct{}{}}
}

// Accept returns a connection that is net/http's, or why there are none: net/http knows
// which failures pass.
func (x *express) Accept() (net.Conn, error) {
	select {
	case c := <-x.handed:
		return c, nil
	case err := <-x.failures:
		return nil, err
	case <-x.closed:
		return nil, net.ErrClosed
	}
}

func (x *express) Addr() net.Addr { return x.from.Addr() }

// Close ends the handing over.
func (x *express) Close() error {
	x.once.Do(func() { close(x.closed) })
	return nil
}

// accept takes connections until there are none.
func (x *express) accept() {
	defer close(x.accepting)
	for {
		c, err := x.from.Accept()
		if err == nil {
			go func() {
				defer crash.Guard()
				x.serve(c)
			}()
			continue
		}
		if x.ending.Load() {
			return
		}
		select {
		case x.failures <- err:
		case <-x.closed:
			return
		}
		if errors.Is(err, net.ErrClosed) {
			return
		}
	}
}

// hand gives a connection to net/http.
func (x *express) hand(c net.Conn) {
	select {
	case x.handed <- c:
	case <-x.closed:
		_ = c.Close()
	}
}

// serve answers what comes on a connection for as long as it is plain.
func (x *express) serve(c net.Conn) {
	g, ok := c.(*guest)
	if !ok {
		x.hand(c)
		return
	}
	e := newExchange(x.context(context.Background(), g), g, &x.clock)
	x.note(e, true)
	defer x.note(e, false)
	for patience := x.first; ; patience = idleTimeout {
		e.expect(patience)
		n, err := g.Conn.Read(e.in[:])
		if err != nil || !e.state.CompareAndSwap(waiting, busy) {
			_ = g.Close()
			return
		}
		r := e.request(e.in[:n])
		if r == nil {
			g.unread = slices.Clone(e.in[:n])
			_ = g.SetDeadline(time.Time{}) // net/http sets its own
			x.hand(g)
			return
		}
		if !x.answer(e, &r.Request) {
			_ = g.Close()
			return
		}
		r.body.Reset(nil) // whoever kept it reads nothing of the next request
		e.state.Store(waiting)
	}
}

// answer reports whether the connection may be kept. A handler that panics has its
// connection closed, as net/http does it.
func (x *express) answer(e *exchange, r *http.Request) (keep bool) {
	defer func() {
		if cause := recover(); cause != nil {
			keep = false
			if err, ok := cause.(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
				x.log.Debug("a handler panicked", "panic", cause, "stack", string(debug.Stack()))
			}
		}
	}()
	e.answer.begin(2 * x.timeout)
	x.handler.ServeHTTP(&e.answer, r)
	return e.answer.end()
}

// note keeps track of a connection, or no longer does.
func (x *express) note(e *exchange, open bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if open {
		x.conns[e] = struct{}{}
	} else {
		delete(x.conns, e)
	}
}

// shutdown closes the connections that wait for a request, and the others once they
// are answered. It reports whether all were within ctx; those that were not are closed.
func (x *express) shutdown(ctx context.Context) bool {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		late := ctx.Err() != nil
		x.mu.Lock()
		left := len(x.conns)
		for e := range x.conns {
			if late || e.state.CompareAndSwap(waiting, gone) {
				_ = e.guest.Close()
			}
		}
		x.mu.Unlock()
		if left == 0 || late {
			return left == 0
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}
