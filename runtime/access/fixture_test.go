package access

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/registry"
)

// noon is when tests happen.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// kept is a registry of keys in memory.
type kept struct {
	mu   sync.Mutex
	head int64
	keys []registry.AccessKey
	down error
}

func (k *kept) Head(context.Context) (int64, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.head, k.down
}

func (k *kept) AccessKeys(context.Context) ([]registry.AccessKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.keys, k.down
}

// add makes a key of the caller for the endpoint scoring, and edits it.
func (k *kept) add(caller string, edits ...func(*registry.AccessKey)) string {
	key, a := NewKey()
	a.Caller, a.Endpoints, a.CreatedAt, a.ExpiresAt = caller, []string{"scoring"}, noon.Add(-time.Hour), noon.AddDate(0, 1, 0)
	for _, edit := range edits {
		edit(&a)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.keys, k.head = append(k.keys, a), k.head+1
	return key
}

// edit changes the key that was added last.
func (k *kept) edit(f func(*registry.AccessKey)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	all := append([]registry.AccessKey{}, k.keys...)
	f(&all[len(all)-1])
	k.keys, k.head = all, k.head+1
}

// provider is an issuer on the loopback that signs whatever it is told to.
type provider struct {
	*httptest.Server
	mu      sync.Mutex
	rsa     *rsa.PrivateKey
	ec      *ecdsa.PrivateKey
	ed      ed25519.PrivateKey
	set     jose.JSONWebKeySet
	fetches atomic.Int64 // of keys
	down    atomic.Bool
}

func newProvider(t testing.TB) *provider {
	t.Helper()
	p := &provider{}
	var err error
	if p.rsa, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	if p.ec, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	if _, p.ed, err = ed25519.GenerateKey(rand.Reader); err != nil {
		t.Fatal(err)
	}
	p.set.Keys = []jose.JSONWebKey{
		{Key: p.rsa.Public(), KeyID: "rsa", Use: "sig"}, {Key: p.ec.Public(), KeyID: "ec", Algorithm: "ES256"},
		{Key: p.ed.Public(), KeyID: "ed"},
	}
	mux := http.NewServeMux()
	answer := func(path string, what func() any) {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			if p.down.Load() {
				http.Error(w, "down", http.StatusBadGateway)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(what())
		})
	}
	answer("/.well-known/openid-configuration", func() any {
		return map[string]any{"issuer": p.URL, "jwks_uri": p.URL + "/keys"}
	})
	answer("/keys", func() any {
		p.fetches.Add(1)
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.set
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

// claims are those of a token that is right, with changes; nil takes one away.
func (p *provider) claims(change map[string]any) map[string]any {
	c := map[string]any{"iss": p.URL, "aud": "scoring-api", "sub": "bank", "exp": noon.Add(time.Hour).Unix(),
		"iat": noon.Add(-time.Minute).Unix(), "team": "lending"}
	maps.Copy(c, change)
	maps.DeleteFunc(c, func(_ string, v any) bool { return v == nil })
	return c
}

// sign signs claims with a key under a name.
func sign(t testing.TB, alg jose.SignatureAlgorithm, kid string, key any, claims any) string {
	t.Helper()
	o := (&jose.SignerOptions{}).WithType("JWT")
	if kid != "" {
		o = o.WithHeader("kid", kid)
	}
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, o)
	if err != nil {
		t.Fatal(err)
	}
	body, raw := claims.(json.RawMessage)
	if !raw {
		if body, err = json.Marshal(claims); err != nil {
			t.Fatal(err)
		}
	}
	signed, err := s.Sign(body)
	if err != nil {
		t.Fatal(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// token signs claims by RS256.
func (p *provider) token(t testing.TB, change map[string]any) string {
	t.Helper()
	return sign(t, jose.RS256, "rsa", p.rsa, p.claims(change))
}

// door is a door to the endpoint scoring with what a test needs to know of it.
type door struct {
	*Door
	keys *kept
	now  atomic.Int64 // nanoseconds after noon
	log  bytes.Buffer
}

// lock is where a log may be read while it is written.
type lock struct {
	mu  sync.Mutex
	out *bytes.Buffer
}

func (l *lock) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.Write(b)
}

func open(t testing.TB, a plan.Access, edits ...func(*Config)) *door {
	t.Helper()
	d := &door{keys: &kept{}}
	cfg := Config{Endpoint: "scoring", Access: a, Keys: d.keys,
		Now: func() time.Time { return noon.Add(time.Duration(d.now.Load())) },
		Log: slog.New(slog.NewTextHandler(&lock{out: &d.log}, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	for _, edit := range edits {
		edit(&cfg)
	}
	var err error
	if d.Door, err = New(cfg); err != nil {
		t.Fatal(err)
	}
	return d
}

// know reads all that there is to know.
func (d *door) know(t testing.TB) {
	t.Helper()
	if err := d.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	if d.tokens != nil {
		if err := d.tokens.issuer.fetch(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// ask admits a request with the headers.
func (d *door) ask(header ...string) (string, *Refusal) {
	r := httptest.NewRequest(http.MethodPost, "/predict", http.NoBody)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	return d.Admit(r)
}

func bearer(secret string) []string { return []string{"Authorization", "Bearer " + secret} }

// fine expects the caller to be admitted.
func (d *door) fine(t testing.TB, caller string, header ...string) {
	t.Helper()
	if got, no := d.ask(header...); no != nil || got != caller {
		t.Errorf("admitted %q, %+v; want %q", got, no, caller)
	}
}

// no expects a refusal.
func (d *door) no(t testing.TB, status int, code string, header ...string) {
	t.Helper()
	if got, no := d.ask(header...); no == nil || no.Status != status || no.Code != code {
		t.Errorf("admitted %q, %+v; want %d %s", got, no, status, code)
	}
}
