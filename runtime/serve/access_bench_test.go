package serve_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/access"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/serve"
)

// oneKey is a registry of one key.
type oneKey struct{ key registry.AccessKey }

func (o oneKey) Head(context.Context) (int64, error) { return 1, nil }

func (o oneKey) AccessKeys(context.Context) ([]registry.AccessKey, error) {
	return []registry.AccessKey{o.key}, nil
}

// benchDoor is a door that takes keys and tokens, and a header for each.
func benchDoor(b *testing.B) (d *access.Door, key, token string) {
	b.Helper()
	secret, kept := access.NewKey()
	kept.Caller, kept.Endpoints = "bank", []string{"scoring"}
	kept.CreatedAt, kept.ExpiresAt = time.Now(), time.Now().Add(time.Hour)
	signing, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	issuer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var answer any = map[string]string{"issuer": "http://" + r.Host, "jwks_uri": "http://" + r.Host + "/keys"}
		if r.URL.Path == "/keys" {
			answer = jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: signing.Public(), KeyID: "k"}}}
		}
		_ = json.NewEncoder(w).Encode(answer)
	}))
	b.Cleanup(issuer.Close)
	d, err = access.New(access.Config{Endpoint: "scoring", Keys: oneKey{kept}, Now: time.Now,
		Access: plan.Access{Keys: &plan.AccessKeys{},
			JWT: &plan.AccessJWT{Issuer: issuer.URL, Audience: "a", Caller: "sub"},
			Allowance: plan.Allowance{Rate: &plan.RateLimit{RequestsPerSecond: 1e9, Burst: 1e9},
				Quota: &plan.Quota{Requests: 1e12, Per: "day"}}}})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { d.Keep(ctx, time.Second); close(done) }()
	b.Cleanup(func() { cancel(); <-done })
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: signing},
		(&jose.SignerOptions{}).WithHeader("kid", "k"))
	if err != nil {
		b.Fatal(err)
	}
	claims, _ := json.Marshal(map[string]any{"iss": issuer.URL, "aud": "a", "sub": "bank", //nolint:errcheck // texts
		"exp": time.Now().Add(time.Hour).Unix(), "scope": "a b c", "email": "someone@example.com"})
	signed, err := s.Sign(claims)
	if err != nil {
		b.Fatal(err)
	}
	if token, err = signed.CompactSerialize(); err != nil {
		b.Fatal(err)
	}
	for range 200 { // until the issuer is found
		r := httptest.NewRequest(http.MethodPost, "/predict", http.NoBody)
		r.Header.Set("Authorization", "Bearer "+token)
		if _, no := d.Admit(r); no == nil {
			return d, "Authorization: Bearer " + secret + "\r\n", "Authorization: Bearer " + token + "\r\n"
		}
		time.Sleep(10 * time.Millisecond)
	}
	b.Fatal("the issuer is not found")
	return nil, "", ""
}

// askWith posts the body n times, with the header, over a connection, and returns what is wrong.
func askWith(addr, header, path, body string, n int) error {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer c.Close()
	request := []byte("POST " + path + " HTTP/1.1\r\nHost: " + addr + "\r\n" + header +
		"Content-Type: application/json\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body)
	in := bufio.NewReader(c)
	for range n {
		if _, err := c.Write(request); err != nil {
			return err
		}
		line, err := in.ReadSlice('\n')
		if err != nil || !bytes.Contains(line, []byte(" 200 ")) {
			return fmt.Errorf("%s: %w", line, err)
		}
		length := 0
		for len(bytes.TrimSpace(line)) > 0 {
			if line, err = in.ReadSlice('\n'); err != nil {
				return err
			}
			if rest, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
				if length, err = strconv.Atoi(string(bytes.TrimSpace(rest))); err != nil {
					return err
				}
			}
		}
		if _, err := in.Discard(length); err != nil {
			return err
		}
	}
	return nil
}

// BenchmarkAccess is what knowing the caller costs of a prediction of one row, by 16
// connections. Rounds with and without take turns, so that what else the machine does
// meets both. key-cost and jwt-cost are medians: the time with, as a share of the mean of
// the rounds without before and after, less one.
func BenchmarkAccess(b *testing.B) {
	m := loans(b)
	m.Ensemble = forest(mathrand.New(mathrand.NewPCG(3, 3)), 100, 10, m.Encoder.Width())
	prepared(b, m)
	door, key, token := benchDoor(b)
	addresses := map[string]string{}
	for name, by := range map[string]serve.Access{"open": nil, "door": door} {
		s := serving(b, m, serve.Config{Access: by})
		addresses[name] = listening(b, func(ctx context.Context, l net.Listener) error { return s.Run(ctx, l) })
	}
	round := func(addr, header string) time.Duration { return asks(b, addr, header, "/predict", positional) }
	var costs [3][]float64
	b.ResetTimer()
	for range b.N {
		before := round(addresses["open"], "")
		for i, header := range []string{key, token} {
			with := round(addresses["door"], header)
			after := round(addresses["open"], "")
			costs[i] = append(costs[i], 2*with.Seconds()/(before+after).Seconds()-1)
			before = after
		}
		costs[2] = append(costs[2], 4000/before.Seconds())
	}
	for i, what := range []string{"key-cost", "jwt-cost", "requests/s"} {
		slices.Sort(costs[i])
		b.ReportMetric(costs[i][len(costs[i])/2], what)
	}
}

// BenchmarkAdmit is the decision alone.
func BenchmarkAdmit(b *testing.B) {
	door, key, token := benchDoor(b)
	for name, header := range map[string]string{"key": key, "jwt": token} {
		b.Run(name, func(b *testing.B) {
			r := httptest.NewRequest(http.MethodPost, "/predict", http.NoBody)
			r.Header.Set("Authorization", string(bytes.TrimSpace([]byte(header[len("Authorization: "):]))))
			b.ReportAllocs()
			for range b.N {
				if _, no := door.Admit(r); no != nil {
					b.Fatal(no)
				}
			}
		})
	}
}
