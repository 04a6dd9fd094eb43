package access

import (
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/registry"
)

func byKey() plan.Access { return plan.Access{Keys: &plan.AccessKeys{}} }

func TestRightCredentialsAreAdmitted(t *testing.T) {
	p := newProvider(t)
	d := open(t, plan.Access{Keys: &plan.AccessKeys{}, JWT: &plan.AccessJWT{Issuer: p.URL, Audience: "scoring-api",
		Caller: "client.id", Claims: map[string]string{"scope": "score", "verified": "true", "roles": "caller"}}})
	every := d.keys.add("auditor", func(k *registry.AccessKey) { k.Endpoints = []string{registry.EveryEndpoint} })
	one := d.keys.add("clerk")
	d.know(t)
	d.fine(t, "clerk", bearer(one)...)
	d.fine(t, "clerk", "X-Api-Key", one)
	d.fine(t, "clerk", "Authorization", "bearer  "+one)
	d.fine(t, "auditor", bearer(every)...)
	claims := map[string]any{"aud": []string{"other", "scoring-api"}, "client": map[string]any{"id": "app-7"},
		"scope": "read score", "verified": true, "roles": []string{"a", "caller"}, "exp": float64(noon.Unix()) - 30.5}
	for name, token := range map[string]string{
		"RS256":        p.token(t, claims),
		"PS384":        sign(t, jose.PS384, "rsa", p.rsa, p.claims(claims)),
		"ES256":        sign(t, jose.ES256, "ec", p.ec, p.claims(claims)),
		"EdDSA":        sign(t, jose.EdDSA, "ed", p.ed, p.claims(claims)),
		"without name": sign(t, jose.RS256, "", p.rsa, p.claims(claims)),
	} {
		if got, no := d.ask(bearer(token)...); no != nil || got != "app-7" {
			t.Errorf("%s: admitted %q, %+v", name, got, no)
		}
	}
	own := d.Own()
	d.fine(t, ownName, "Authorization", own)
	next := d.Own()
	d.no(t, http.StatusUnauthorized, "invalid_token", "Authorization", own)
	d.fine(t, ownName, "Authorization", next)
}

func TestARevokedKeyIsRefusedAtOnceAndARegistryThatIsDownChangesNothing(t *testing.T) {
	d := open(t, byKey())
	key := d.keys.add("clerk")
	d.no(t, http.StatusServiceUnavailable, "access_unavailable", bearer(key)...)
	d.know(t)
	d.fine(t, "clerk", bearer(key)...)
	d.keys.down = errors.New("down")
	if d.Look(t.Context()) == nil {
		t.Error("a registry that is down is not said to be")
	}
	d.fine(t, "clerk", bearer(key)...)
	d.keys.down = nil
	d.keys.edit(func(k *registry.AccessKey) { k.RevokedAt = noon })
	d.know(t)
	d.no(t, http.StatusUnauthorized, "revoked_key", bearer(key)...)
}

func TestARotatedKeyAndTheNextOneOpenBothUntilTheOverlapEnds(t *testing.T) {
	d := open(t, byKey())
	was := d.keys.add("clerk")
	d.keys.edit(func(k *registry.AccessKey) { k.ExpiresAt = noon.Add(time.Hour) })
	next := d.keys.add("clerk")
	d.know(t)
	d.fine(t, "clerk", bearer(was)...)
	d.fine(t, "clerk", bearer(next)...)
	d.now.Store(int64(time.Hour))
	d.no(t, http.StatusUnauthorized, "expired_key", bearer(was)...)
	d.fine(t, "clerk", bearer(next)...)
}

func TestAnIssuersNextKeyIsFoundAndOneThatIsGoneIsNotBelieved(t *testing.T) {
	p := newProvider(t)
	d := open(t, plan.Access{JWT: &plan.AccessJWT{Issuer: p.URL, Audience: "scoring-api", Caller: "sub"}})
	d.know(t)
	was := p.token(t, nil)
	d.fine(t, "bank", bearer(was)...)
	next, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p.mu.Lock()
	p.set.Keys = []jose.JSONWebKey{{Key: next.Public(), KeyID: "next", Algorithm: "RS256"}}
	p.mu.Unlock()
	d.fine(t, "bank", bearer(sign(t, jose.RS256, "next", next, p.claims(nil)))...)
	d.fine(t, "bank", bearer(was)...) // it was verified a moment ago
	d.now.Store(int64(remembered))
	d.no(t, http.StatusUnauthorized, "invalid_token", bearer(was)...)
	before := p.fetches.Load()
	for i := range 50 { // names that nobody has
		d.no(t, http.StatusUnauthorized, "invalid_token",
			bearer(sign(t, jose.RS256, fmt.Sprint("none", i), next, p.claims(nil)))...)
	}
	if n := p.fetches.Load() - before; n > 1 {
		t.Errorf("50 unknown names had the keys read %d times", n)
	}
	d.now.Store(int64(stale + time.Hour))
	d.no(t, http.StatusServiceUnavailable, "access_unavailable", bearer(p.token(t, nil))...)
}

func TestATokenIsForgottenWhenItExpires(t *testing.T) {
	p := newProvider(t)
	d := open(t, plan.Access{JWT: &plan.AccessJWT{Issuer: p.URL, Audience: "scoring-api", Caller: "sub"}})
	d.know(t)
	token := p.token(t, map[string]any{"exp": noon.Add(10 * time.Second).Unix()})
	d.fine(t, "bank", bearer(token)...)
	d.now.Store(int64(10*time.Second + skew - 1))
	d.fine(t, "bank", bearer(token)...)
	d.now.Store(int64(10*time.Second + skew))
	d.no(t, http.StatusUnauthorized, "expired_token", bearer(token)...)
}

func TestRatesAndQuotasAreACallersOwn(t *testing.T) {
	a := byKey()
	a.Rate = &plan.RateLimit{RequestsPerSecond: 0.5, Burst: 2}
	a.Callers = map[string]plan.Allowance{"bulk": {Quota: &plan.Quota{Requests: 3, Per: "day"}}}
	d := open(t, a)
	clerk, bulk := d.keys.add("clerk"), d.keys.add("bulk")
	again := d.keys.add("clerk") // another key of the same caller
	d.know(t)
	d.fine(t, "clerk", bearer(clerk)...)
	d.fine(t, "clerk", bearer(again)...)
	_, no := d.ask(bearer(clerk)...)
	if no == nil || no.Status != http.StatusTooManyRequests || no.Code != "rate_limited" ||
		no.RetryAfter != 2*time.Second {
		t.Errorf("the third within a moment: %+v", no)
	}
	for range 3 {
		d.fine(t, "bulk", bearer(bulk)...)
	}
	_, no = d.ask(bearer(bulk)...)
	if no == nil || no.Code != "quota_exceeded" || no.RetryAfter != 12*time.Hour {
		t.Errorf("the fourth of a day, at noon: %+v", no)
	}
	d.now.Store(int64(2 * time.Second)) // what was refused cost nothing
	d.fine(t, "clerk", bearer(clerk)...)
	d.no(t, http.StatusTooManyRequests, "rate_limited", bearer(clerk)...)
	d.now.Store(int64(12 * time.Hour))
	d.fine(t, "bulk", bearer(bulk)...)
}

func TestAPublicEndpointAsksForNothingAndLimitsAddresses(t *testing.T) {
	d := open(t, plan.Access{Public: true,
		Allowance: plan.Allowance{Rate: &plan.RateLimit{RequestsPerSecond: 1, Burst: 1}}})
	d.fine(t, "")
	d.no(t, http.StatusTooManyRequests, "rate_limited", bearer("whatever")...)
}

func TestMemoryAndLabelsOfCallersAreBounded(t *testing.T) {
	reg := prometheus.NewRegistry()
	m, err := NewMetrics(reg)
	if err != nil {
		t.Fatal(err)
	}
	a := byKey()
	a.Rate = &plan.RateLimit{RequestsPerSecond: 1, Burst: 5}
	meter := newMeter(a, "scoring", m)
	for i := range 2 * maxCallers {
		meter.take(fmt.Sprint("caller", i), fmt.Sprint("caller", i), noon)
	}
	if n := len(meter.callers.young) + len(meter.callers.old); n > maxCallers {
		t.Errorf("%d callers are held", n)
	}
	if n := testutil.CollectAndCount(m.requests); n > 2*(maxLabels+1) {
		t.Errorf("there are %d series", n)
	}
	if got := testutil.ToFloat64(m.requests.WithLabelValues("scoring", otherCallers, "admitted")); got != 2*maxCallers-maxLabels {
		t.Errorf("%v requests of others are counted", got)
	}
	meter.take("caller1", "caller1", noon)
	meter.refused(refuse(401, "invalid_key", ""))
	if testutil.ToFloat64(m.requests.WithLabelValues("scoring", "caller1", "admitted")) != 2 ||
		testutil.ToFloat64(m.refusals.WithLabelValues("scoring", "invalid_key")) != 1 {
		t.Error("a caller or a refusal is not counted")
	}
}

func TestWhatADoorIsMadeOfIsChecked(t *testing.T) {
	for want, a := range map[string]plan.Access{
		"says nothing":   {},
		"keys.max_age":   {Keys: &plan.AccessKeys{MaxAge: "long"}},
		"no file":        {MTLS: &plan.AccessMTLS{}},
		"do not read as": {MTLS: &plan.AccessMTLS{CA: "x"}},
	} {
		if _, err := New(Config{Endpoint: "scoring", Access: a, Now: time.Now}); err == nil ||
			!strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "scoring") {
			t.Errorf("want %q: %v", want, err)
		}
	}
}
