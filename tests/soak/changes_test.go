//go:build integration

package soak

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/access"
	"github.com/ashlar-dev/ashlar/runtime/judge"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/serve"
)

// world is an endpoint under load, and what is counted of it.
type world struct {
	t        *testing.T
	server   *serve.Server
	registry *registry.Registry
	door     *access.Door
	certs    *certificates
	url      string

	key     atomic.Pointer[credential] // that clients send
	keyID   string
	version int

	asked, failed, swaps, promoted, aborted, keys atomic.Int64
	first                                         atomic.Value // what failed first
	serials                                       sync.Map     // of certificates that clients were shown
}

// credential is a key, and how many requests are under way with it.
type credential struct {
	key   string
	using atomic.Int64
}

// begin serves a first version, and makes a first key.
func (w *world) begin(ctx context.Context) {
	w.put(1)
	w.keyID = w.newKey(ctx)
	if err := w.door.Look(ctx); err != nil {
		w.t.Fatal(err)
	}
}

// load makes ready the next version, which always predicts the value.
func (w *world) load(value float64) *serve.Loaded {
	m := &model.Model{Name: "constant", Task: plan.Regression, Algorithm: plan.LinearRegression,
		Signature: model.Signature{Target: "y", Inputs: []model.Field{{Name: "x", Type: plan.Number, Max: 1}}},
		Encoder:   model.Encoder{Fields: []model.FieldEncoder{{Name: "x", Type: plan.Number, Impute: true}}},
		Linear:    &model.Linear{Weights: [][]float64{{0}}, Intercept: []float64{value}, Link: model.Identity}}
	w.version++
	err := m.Prepare()
	loaded, err2 := w.server.Load(serve.Served{Model: m, Version: w.version})
	if err != nil || err2 != nil {
		w.t.Fatal(err, err2)
	}
	return loaded
}

func (w *world) route(r serve.Routing) {
	if err := w.server.Route(r); err != nil {
		w.t.Error(err)
	}
}

// put has the next version answer everything.
func (w *world) put(value float64) *serve.Loaded {
	main := w.load(value)
	w.route(serve.Routing{Main: main})
	return main
}

// agreement is what a new version is judged by.
var agreement = &plan.Analysis{Confidence: 0.95, MinRequests: 100, Metrics: map[string]plan.Predicate{
	"agreement": {{Op: ">=", Value: 0.9}}}}

// release swaps versions, and every now and then begins a canary: a good one, which is
// promoted, or one that predicts something else, which is aborted.
func (w *world) release(ctx context.Context) {
	main := w.put(1)
	for n := 0; ctx.Err() == nil; n++ {
		for range 5 {
			main = w.put(1)
			w.swaps.Add(1)
			pause(ctx, 50*time.Millisecond)
		}
		value := []float64{1, 7}[n%2]
		was, is := serve.NewTally(nil), serve.NewTally(nil)
		canary := w.load(value)
		compares := serve.NewComparer(serve.CompareConfig{})
		w.route(serve.Routing{Main: main, Tally: was, Beside: []serve.Arm{{Loaded: canary, Percent: 20, Tally: is}},
			Compare: compares})
		began := time.Now()
		verdict := judge.Verdict{}
		for ctx.Err() == nil && verdict.Verdict != judge.Pass && verdict.Verdict != judge.Fail {
			pause(ctx, 20*time.Millisecond)
			verdict = judge.Judge(agreement, serve.Observed(was, is), 1)
			if time.Since(began) > 30*time.Second {
				w.t.Errorf("a version that predicts %g is not judged within %s: %+v", value, time.Since(began), verdict)
				break
			}
		}
		switch {
		case verdict.Verdict == judge.Pass && value == 1:
			main = canary
			w.promoted.Add(1)
		case verdict.Verdict == judge.Fail && value == 7:
			w.aborted.Add(1)
		case ctx.Err() == nil:
			w.t.Errorf("a version that predicts %g is judged %+v", value, verdict)
		}
		w.route(serve.Routing{Main: main})
		compares.Close()
	}
}

// newKey makes a key that clients send from now on, once servers know it.
func (w *world) newKey(ctx context.Context) string {
	key, kept := access.NewKey()
	kept.Caller, kept.Endpoints, kept.CreatedBy = "bank", []string{"scoring"}, "ada"
	kept.ExpiresAt = time.Now().Add(time.Hour)
	if _, err := w.registry.CreateAccessKey(ctx, kept); err != nil {
		if ctx.Err() == nil {
			w.t.Error(err)
		}
		return w.keyID
	}
	pause(ctx, 500*time.Millisecond) // five polls
	w.key.Store(&credential{key: key})
	w.keys.Add(1)
	return kept.ID
}

// rotate makes a key, and revokes the one before once no request is under way with it.
func (w *world) rotate(ctx context.Context) {
	for ctx.Err() == nil {
		was, old := w.keyID, w.key.Load()
		w.keyID = w.newKey(ctx)
		pause(ctx, time.Second)
		for old.using.Load() > 0 && ctx.Err() == nil {
			pause(ctx, 10*time.Millisecond)
		}
		if ctx.Err() != nil || was == w.keyID {
			return
		}
		if _, err := w.registry.RevokeAccessKey(ctx, was, "ada"); err != nil && ctx.Err() == nil {
			w.t.Error(err)
		}
	}
}

// renew replaces the certificate of the server.
func (w *world) renew(ctx context.Context) {
	for ctx.Err() == nil {
		pause(ctx, 2*time.Second)
		w.certs.renew()
	}
}

// ask asks for predictions one after the other, and connects anew after every thousand.
func (w *world) ask(ctx context.Context) {
	trust := x509.NewCertPool()
	trust.AddCert(w.certs.ca)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trust, MinVersion: tls.VersionTLS12}}
	client := &http.Client{Transport: transport, Timeout: 10 * time.Second}
	defer transport.CloseIdleConnections()
	for n := 1; ctx.Err() == nil; n++ {
		if err := w.one(client); err != nil {
			w.failed.Add(1)
			w.first.CompareAndSwap(nil, err.Error())
		}
		w.asked.Add(1)
		if n%1000 == 0 {
			transport.CloseIdleConnections()
		}
	}
}

// take returns the key of now, marked as used. One that was replaced meanwhile may be
// revoked already.
func (w *world) take() *credential {
	for {
		c := w.key.Load()
		c.using.Add(1)
		if w.key.Load() == c {
			return c
		}
		c.using.Add(-1)
	}
}

func (w *world) one(client *http.Client) error {
	r, err := http.NewRequest(http.MethodPost, w.url+"/predict", strings.NewReader(`{"features": [1]}`))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	with := w.take()
	defer with.using.Add(-1)
	r.Header.Set("Authorization", "Bearer "+with.key)
	got, err := client.Do(r)
	if err != nil {
		return err
	}
	defer got.Body.Close()
	w.serials.Store(got.TLS.PeerCertificates[0].SerialNumber.String(), true)
	text, err := io.ReadAll(got.Body)
	if err != nil || got.StatusCode != http.StatusOK {
		return fmt.Errorf("it is answered %d %s (%w)", got.StatusCode, text, err)
	}
	var a struct{ Prediction float64 }
	if err := json.Unmarshal(text, &a); err != nil || a.Prediction != 1 && a.Prediction != 7 {
		return fmt.Errorf("it is answered %s (%w)", text, err)
	}
	return nil
}

func (w *world) shown() (n int64) {
	w.serials.Range(func(any, any) bool { n++; return true })
	return n
}

// pause waits, or until ctx is done.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
