package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/crash"
)

const (
	headerTimeout  = 5 * time.Second
	idleTimeout    = 2 * time.Minute
	maxHeaderBytes = 32 << 10
)

// Run serves this endpoint alone; see the function Run.
func (s *Server) Run(ctx context.Context, l net.Listener) error { return Run(ctx, l, s.Handler(), s) }

// Run serves a handler, behind which the servers are, until ctx is done. Then
// the servers are no longer ready and ask clients to close their connections;
// after the longest grace of any, no new connections are taken, and Run returns
// nil as soon as the requests under way are answered. Those that are not within
// the longest drain time are cut off, and the error says so. The listener is
// closed in any case.
func Run(ctx context.Context, l net.Listener, handler http.Handler, servers ...*Server) error {
	p := patience(servers)
	web := &http.Server{
		Handler: handler, ReadHeaderTimeout: headerTimeout, ReadTimeout: p.timeout, WriteTimeout: 2 * p.timeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes, ErrorLog: slog.NewLogLogger(p.log.Handler(), slog.LevelDebug),
	}
	failed := make(chan error, 1)
	go func() {
		defer crash.Guard()
		failed <- web.Serve(l)
	}()
	select {
	case err := <-failed:
		return fmt.Errorf("serve %s: %w", l.Addr(), err)
	case <-ctx.Done():
	}
	for _, s := range servers {
		s.draining.Store(true)
	}
	select {
	case err := <-failed:
		return fmt.Errorf("serve %s: %w", l.Addr(), err)
	case <-time.After(p.grace):
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.drain)
	defer cancel()
	if err := web.Shutdown(end); err != nil {
		return errors.Join(fmt.Errorf("serve %s: requests were still under way after %s and were cut off", l.Addr(), p.drain), web.Close())
	}
	return nil
}

// waits are the longest waits that any server wants.
type waits struct {
	timeout, grace, drain time.Duration
	log                   *slog.Logger
}

func patience(servers []*Server) waits {
	w := waits{log: slog.New(slog.DiscardHandler)}
	for _, s := range servers {
		w.timeout = max(w.timeout, s.limits.timeout)
		w.grace = max(w.grace, s.cfg.Grace)
		w.drain = max(w.drain, s.cfg.Drain)
		w.log = s.cfg.Log
	}
	if len(servers) == 0 {
		w.timeout, w.drain = 10*time.Second, defaultDrain
	}
	return w
}
