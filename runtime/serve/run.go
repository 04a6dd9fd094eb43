package serve

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/crash"
)

const (
	// headerTimeout bounds the header and, until pace extends it, the body.
	headerTimeout  = 5 * time.Second
	idleTimeout    = 2 * time.Minute
	maxHeaderBytes = 32 << 10
	// lingering is how long clients are waited for that keep their connection
	// and ask now and then: their next request is answered before it is closed.
	lingering = time.Second
)

// Run serves this endpoint alone; see the function Run.
func (s *Server) Run(ctx context.Context, l net.Listener) error { return Run(ctx, l, s.Handler(), s) }

// Run serves a handler, behind which the servers are, until ctx is done. Then
// the servers are no longer ready, and every answer asks its client to close the
// connection. After the longest grace of any, no new connections are taken;
// clients that go on asking are answered once more and told to go, for a second
// at most, and Run returns nil as soon as the requests under way are answered.
// Those that are not within the longest drain time are cut off, and the error
// says so. The listener is closed in any case.
//
// Connections are bounded, in all and for each client, and one whose request
// does not come at a decent pace is closed: see Config.MaxInFlight. Every answer
// carries the security headers of this package, also those of the handler that
// know nothing of them.
//
// The order of the shutdown matters. First /ready fails while everything still
// works, so that load balancers stop sending. Then the listener closes, and only
// after clients on open connections had their last answer does Shutdown close
// those that are idle. Closing in another order loses requests that are on their
// way.
func Run(ctx context.Context, l net.Listener, handler http.Handler, servers ...*Server) error {
	p := patienceOf(servers)
	room := newDoor(l, connectionsPerSlot*p.inFlight, p.log)
	f := &frame{next: handler}
	web := webServer(f, p)
	x := newExpress(encrypted(l, room), web, p.timeout, p.log)
	go func() {
		defer crash.Guard()
		x.accept()
	}()
	// Buffered: after an early return nobody receives.
	failed := make(chan error, 1)
	go func() {
		defer crash.Guard()
		failed <- web.Serve(x)
	}()
	select {
	case err := <-failed:
		return fmt.Errorf("serve %s: %w", l.Addr(), err)
	case <-ctx.Done():
	}
	f.leaving.Store(true)
	for _, s := range servers {
		s.draining.Store(true)
	}
	select {
	case err := <-failed:
		return fmt.Errorf("serve %s: %w", l.Addr(), err)
	case <-time.After(p.grace):
	}
	// ctx is done already; what remains runs on a deadline of its own.
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.drain)
	defer cancel()
	x.ending.Store(true)
	_ = l.Close() // net/http would drop requests whose header has just come, if it closed it
	<-x.accepting
	room.empty(end, lingering)
	_ = x.Close()
	<-failed
	answered := x.shutdown(end)
	if err := web.Shutdown(end); !answered || err != nil && !errors.Is(err, net.ErrClosed) {
		return errors.Join(fmt.Errorf("serve %s: requests were still under way after %s and were cut off",
			l.Addr(), p.drain), web.Close())
	}
	return nil
}

// webServer is net/http's server with the bounds of all connections.
func webServer(f http.Handler, p waits) *http.Server {
	web := &http.Server{
		Handler: f, ReadHeaderTimeout: min(headerTimeout, p.timeout), ReadTimeout: min(headerTimeout, p.timeout),
		// From the end of the header: the body and the prediction may each take
		// the endpoint's timeout.
		WriteTimeout: 2 * p.timeout,
		IdleTimeout:  idleTimeout, MaxHeaderBytes: maxHeaderBytes,
		ErrorLog: slog.NewLogLogger(p.log.Handler(), slog.LevelDebug),
		// Requests of a connection are charged to the client that opened it.
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			if over, ok := c.(*tls.Conn); ok {
				c = over.NetConn()
			}
			if g, ok := c.(*guest); ok {
				return context.WithValue(ctx, clientKey{}, g.client)
			}
			return ctx
		},
	}
	// HTTP/2 without TLS is what gRPC's clients speak.
	web.Protocols = new(http.Protocols)
	web.Protocols.SetHTTP1(true)
	web.Protocols.SetHTTP2(true)
	web.Protocols.SetUnencryptedHTTP2(true)
	return web
}

// frame puts what all answers have in common around a handler's.
type frame struct {
	next    http.Handler
	leaving atomic.Bool
}

// ServeHTTP sets the headers first, so that a handler may say more.
// A handler of another package gets them too, and so do its 404s.
func (f *frame) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	secure(h)
	if f.leaving.Load() {
		h["Connection"] = closing
	}
	f.next.ServeHTTP(w, r)
}

// waits are the longest waits that any server wants.
type waits struct {
	timeout, grace, drain time.Duration
	inFlight              int
	log                   *slog.Logger
}

// patienceOf returns the longest wait and the largest limit of the servers: they
// share a listener, whose timeouts cannot differ by path. Each server enforces
// its own, shorter timeout on long bodies. The log is the last server's.
func patienceOf(servers []*Server) waits {
	w := waits{log: slog.New(slog.DiscardHandler)}
	for _, s := range servers {
		w.timeout = max(w.timeout, s.limits.timeout)
		w.grace = max(w.grace, s.cfg.Grace)
		w.drain = max(w.drain, s.cfg.Drain)
		w.inFlight = max(w.inFlight, s.cfg.MaxInFlight)
		w.log = s.cfg.Log
	}
	if len(servers) == 0 {
		w.timeout, w.drain, w.inFlight = 10*time.Second, defaultDrain, defaultInFlight
	}
	return w
}
