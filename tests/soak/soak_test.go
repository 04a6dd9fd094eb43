//go:build integration

package soak

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/access"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/serve"
)

// long is how long the endpoint is under load: ASHLAR_TEST_SOAK, such as 10m.
func long(t *testing.T) time.Duration {
	text := os.Getenv("ASHLAR_TEST_SOAK")
	if text == "" {
		return 30 * time.Second
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 10*time.Second {
		t.Fatalf("ASHLAR_TEST_SOAK %q: want a duration of 10s or more", text)
	}
	return d
}

// TestNothingFailsWhileEverythingChanges has eight clients ask over TLS, each with a key,
// while versions are swapped, good ones promoted and bad ones aborted by their judge, keys
// rotated and revoked, and the certificate renewed.
func TestNothingFailsWhileEverythingChanges(t *testing.T) {
	length := long(t)
	reg, err := registry.Open(t.Context(), filepath.Join(t.TempDir(), "r.db"), registry.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer reg.Close()
	door, err := access.New(access.Config{Endpoint: "scoring", Access: plan.Access{Keys: &plan.AccessKeys{}}, Keys: reg,
		Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	certs := newCertificates(t)
	secured, err := access.ServerTLS(certs.cert, certs.key, time.Now, nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := serve.New(serve.Config{Endpoint: "scoring", Access: door, Drain: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, serve.Secured(l, secured)) }()
	w := &world{t: t, server: s, registry: reg, door: door, certs: certs, url: "https://" + l.Addr().String()}
	w.begin(ctx)

	var clients, changes sync.WaitGroup
	done, cancel := context.WithTimeout(ctx, length)
	defer cancel()
	for range 8 {
		clients.Go(func() { w.ask(done) })
	}
	changes.Go(func() { door.Keep(done, 100*time.Millisecond) })
	for _, change := range []func(context.Context){w.release, w.rotate, w.renew} {
		changes.Go(func() { change(done) })
	}
	flat := w.watch(done, length)
	changes.Wait()
	clients.Wait()
	stop()
	if err := <-ended; err != nil {
		t.Errorf("the end: %v", err)
	}
	t.Logf("%s: %d requests in %s, %d failed; %d swaps, %d promoted, %d aborted, %d keys, %d certificates shown; %s",
		runtime.Version(), w.asked.Load(), length, w.failed.Load(), w.swaps.Load(), w.promoted.Load(), w.aborted.Load(),
		w.keys.Load(), w.shown(), flat)
	w.judge(t)
	flat.judge(t)
}

// judge wants no failure, and that everything has happened.
func (w *world) judge(t *testing.T) {
	t.Helper()
	if w.failed.Load() > 0 {
		t.Errorf("%d of %d requests failed; the first: %v", w.failed.Load(), w.asked.Load(), w.first.Load())
	}
	for what, n := range map[string]int64{"requests": w.asked.Load() / 100, "swaps": w.swaps.Load(),
		"promotions": w.promoted.Load(), "aborts": w.aborted.Load(), "keys": w.keys.Load() - 1, "certificates": w.shown() - 1} {
		if n < 2 {
			t.Errorf("hardly any %s: %d", what, n)
		}
	}
}
