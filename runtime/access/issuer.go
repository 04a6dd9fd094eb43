package access

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"
)

const (
	fetchTimeout = 5 * time.Second // of one request to the issuer
	waitTimeout  = 2 * time.Second // of a caller for keys that are being fetched
	// refresh is how often the keys are read again, so that those which the issuer has
	// published but not signed with yet are known when it does.
	refresh = 5 * time.Minute
	// An unknown key's name has the keys read again, once in so long for all callers.
	unknownEvery = 10 * time.Second
	// stale is for how long keys are believed that could not be read again.
	stale     = 24 * time.Hour
	maxKeySet = 1 << 20 // bytes
	maxKeys   = 1000
)

// issuer knows the signing keys of an OpenID Connect issuer.
type issuer struct {
	url     string
	client  *http.Client
	now     func() time.Time
	log     *slog.Logger
	limit   *rate.Limiter // of fetches for keys that are not known
	flight  singleflight.Group
	reading atomic.Bool // a fetch is under way

	keys atomic.Pointer[keySet] // nil: the issuer has not been reached yet

	mu      sync.Mutex
	jwks    string // where the keys are; "": not known
	problem string // why not
}

// keySet is the issuer's keys as they were read.
type keySet struct {
	keys []jose.JSONWebKey
	at   time.Time
}

func newIssuer(url string, cfg Config) *issuer {
	return &issuer{url: url, client: cfg.Client, now: cfg.Now, log: cfg.Log.With("endpoint", cfg.Endpoint, "issuer", url),
		limit: rate.NewLimiter(rate.Every(unknownEvery), 1), problem: "it was not asked yet"}
}

// keep reads the keys until ctx is done: with growing pauses until it has them, then
// each so often.
func (i *issuer) keep(ctx context.Context) {
	pause := time.Duration(0)
	told := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		err := i.fetch(ctx)
		switch {
		case err == nil:
			pause, told = refresh, false
		case ctx.Err() != nil:
			return
		default:
			pause = min(max(2*pause, time.Second), 30*time.Second)
			if !told {
				i.log.Warn("the issuer of tokens cannot be reached; it is asked again", "error", err.Error())
			}
			told = true
		}
	}
}

// unready says why tokens cannot be verified, or "".
func (i *issuer) unready(now time.Time) string {
	k := i.keys.Load()
	if k == nil {
		i.mu.Lock()
		defer i.mu.Unlock()
		return "tokens cannot be verified yet: the issuer's keys could not be read: " + i.problem
	}
	if now.Sub(k.at) > stale {
		return "tokens cannot be verified: the issuer could not be reached for a day"
	}
	return ""
}

// fetch reads the issuer's document, if that was not done, and its keys.
func (i *issuer) fetch(ctx context.Context) error {
	return (<-i.fetching(ctx)).Err
}

// fetching begins to read, or joins who reads already. It ends by itself, whoever waits
// for it.
func (i *issuer) fetching(ctx context.Context) <-chan singleflight.Result {
	return i.flight.DoChan("", func() (any, error) {
		i.reading.Store(true)
		defer i.reading.Store(false)
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchTimeout)
		defer cancel()
		err := i.read(ctx)
		i.mu.Lock()
		defer i.mu.Unlock()
		if i.problem = ""; err != nil {
			i.problem = "it cannot be reached, or answers something else than a key set"
		}
		return nil, err
	})
}

func (i *issuer) read(ctx context.Context) error {
	i.mu.Lock()
	jwks := i.jwks
	i.mu.Unlock()
	if jwks == "" {
		p, err := oidc.NewProvider(oidc.ClientContext(ctx, i.client), i.url)
		if err != nil {
			return err
		}
		var doc struct {
			JWKS string `json:"jwks_uri"`
		}
		if err := p.Claims(&doc); err != nil || doc.JWKS == "" {
			return fmt.Errorf("its document names no jwks_uri (%w)", err)
		}
		jwks = doc.JWKS
	}
	set, err := i.get(ctx, jwks)
	if err != nil {
		i.mu.Lock()
		i.jwks = "" // it may have moved
		i.mu.Unlock()
		return err
	}
	i.mu.Lock()
	i.jwks = jwks
	i.mu.Unlock()
	i.keys.Store(&keySet{keys: set, at: i.now()})
	return nil
}

// get reads a key set. Keys that no token may be signed with are left out.
func (i *issuer) get(ctx context.Context, url string) ([]jose.JSONWebKey, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := i.client.Do(req)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxKeySet+1))
	switch err = errors.Join(err, resp.Body.Close()); {
	case err != nil:
		return nil, err
	case resp.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("the keys are answered %s", resp.Status)
	case len(body) > maxKeySet:
		return nil, fmt.Errorf("the keys have more than %d bytes", maxKeySet)
	}
	return signingKeys(body)
}

// signingKeys reads a key set. A key that does not read, or of a kind that is not known
// here, is left out, as RFC 7517 has it; a set without any is an error.
func signingKeys(body []byte) ([]jose.JSONWebKey, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(body, &set); err != nil {
		return nil, fmt.Errorf("the keys do not read: %w", err)
	}
	if len(set.Keys) > maxKeys {
		return nil, fmt.Errorf("there are %d keys; at most %d are read", len(set.Keys), maxKeys)
	}
	var out []jose.JSONWebKey
	for _, raw := range set.Keys {
		var k jose.JSONWebKey
		if k.UnmarshalJSON(raw) == nil && k.Valid() && k.IsPublic() && k.Use != "enc" {
			out = append(out, k)
		}
	}
	if len(out) == 0 {
		return nil, errors.New("there is no public key to verify with")
	}
	return out, nil
}

var errSignature = errors.New("no key of the issuer has signed the token")

// VerifySignature returns the payload of a token that one of the issuer's keys has
// signed. A token that names a key which is not known has the keys read again, at most
// each unknownEvery; it waits for that, and others do not.
func (i *issuer) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	allowed := make([]jose.SignatureAlgorithm, len(algorithms))
	for n, a := range algorithms {
		allowed[n] = jose.SignatureAlgorithm(a)
	}
	signed, err := jose.ParseSignedCompact(token, allowed)
	if err != nil || len(signed.Signatures) != 1 {
		return nil, errSignature
	}
	h := signed.Signatures[0].Header
	if payload, named := i.try(signed, h); named {
		return payload, orError(payload)
	}
	if !i.reading.Load() && !i.limit.AllowN(i.now(), 1) {
		return nil, errSignature
	}
	wait, cancel := context.WithTimeout(ctx, waitTimeout)
	defer cancel()
	select {
	case <-i.fetching(ctx):
	case <-wait.Done():
	}
	payload, _ := i.try(signed, h)
	return payload, orError(payload)
}

func orError(payload []byte) error {
	if payload == nil {
		return errSignature
	}
	return nil
}

// try verifies with each key that the header's name and algorithm are of, and reports
// whether there was one.
func (i *issuer) try(signed *jose.JSONWebSignature, h jose.Header) (payload []byte, named bool) {
	k := i.keys.Load()
	if k == nil {
		return nil, false
	}
	for n := range k.keys {
		key := &k.keys[n]
		if h.KeyID != "" && key.KeyID != h.KeyID || key.Algorithm != "" && key.Algorithm != h.Algorithm {
			continue
		}
		named = true
		if payload, err := signed.Verify(key); err == nil {
			return payload, true
		}
	}
	return nil, named
}
