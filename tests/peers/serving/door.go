package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/access"
	"github.com/ashlar-dev/ashlar/runtime/registry"
)

// oneKey is a registry of one key.
type oneKey struct{ key registry.AccessKey }

func (o oneKey) Head(context.Context) (int64, error) { return 1, nil }

func (o oneKey) AccessKeys(context.Context) ([]registry.AccessKey, error) {
	return []registry.AccessKey{o.key}, nil
}

// newDoor is a door that takes a key and the tokens of an issuer of its own, with a rate
// and a quota that are not reached, and a header for each.
func newDoor(ctx context.Context) (d *access.Door, key, token string, err error) {
	secret, kept := access.NewKey()
	kept.Caller, kept.Endpoints = "bank", []string{"scoring"}
	kept.CreatedAt, kept.ExpiresAt = time.Now(), time.Now().Add(24*time.Hour)
	signing, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, "", "", err
	}
	issuer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var answer any = map[string]string{"issuer": "http://" + r.Host, "jwks_uri": "http://" + r.Host + "/keys"}
		if r.URL.Path == "/keys" {
			answer = jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: signing.Public(), KeyID: "k"}}}
		}
		_ = json.NewEncoder(w).Encode(answer)
	}))
	context.AfterFunc(ctx, issuer.Close)
	d, err = access.New(access.Config{Endpoint: "scoring", Keys: oneKey{kept}, Now: time.Now,
		Access: plan.Access{Keys: &plan.AccessKeys{},
			JWT: &plan.AccessJWT{Issuer: issuer.URL, Audience: "a", Caller: "sub"},
			Allowance: plan.Allowance{Rate: &plan.RateLimit{RequestsPerSecond: 1e9, Burst: 1e9},
				Quota: &plan.Quota{Requests: 1e12, Per: "day"}}}})
	if err != nil {
		return nil, "", "", err
	}
	go d.Keep(ctx, time.Second)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: signing},
		(&jose.SignerOptions{}).WithHeader("kid", "k"))
	if err != nil {
		return nil, "", "", err
	}
	claims, err := json.Marshal(map[string]any{"iss": issuer.URL, "aud": "a", "sub": "bank",
		"exp": time.Now().Add(24 * time.Hour).Unix(), "scope": "a b c", "email": "someone@example.com"})
	if err != nil {
		return nil, "", "", err
	}
	signed, err := signer.Sign(claims)
	if err != nil {
		return nil, "", "", err
	}
	if token, err = signed.CompactSerialize(); err != nil {
		return nil, "", "", err
	}
	for range 200 { // until the issuer is found
		r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/predict", http.NoBody)
		r.Header.Set("Authorization", "Bearer "+token)
		if _, no := d.Admit(r); no == nil {
			return d, "Authorization: Bearer " + secret + "\r\n", "Authorization: Bearer " + token + "\r\n", nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return nil, "", "", errors.New("the door does not find its issuer")
}
