package access

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/op"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// signingStorage gives a service tokens that others can verify.
type signingStorage struct{ *storage.Storage }

func (s signingStorage) ClientCredentials(ctx context.Context, id, secret string) (op.Client, error) {
	c, err := s.Storage.ClientCredentials(ctx, id, secret)
	return signedClient{c}, err
}

type signedClient struct{ op.Client }

func (signedClient) AccessTokenType() op.AccessTokenType { return op.AccessTokenTypeJWT }

// zitadel runs the OpenID Connect provider of zitadel/oidc on the loopback.
func zitadel(t *testing.T) string {
	t.Helper()
	var handler http.Handler
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(s.Close)
	handler = exampleop.SetupServer(s.URL, signingStorage{storage.NewStorage(storage.NewUserStore(s.URL))},
		slog.New(slog.DiscardHandler), false)
	return s.URL
}

// granted asks the provider for a token, as a service does.
func granted(t *testing.T, issuer string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, issuer+"/oauth/token",
		strings.NewReader(url.Values{"grant_type": {"client_credentials"}, "scope": {"openid"}}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth("sid1", "verysecret")
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	body, err := io.ReadAll(a.Body)
	var answer struct {
		Token string `json:"access_token"`
	}
	if err != nil || json.Unmarshal(body, &answer) != nil || strings.Count(answer.Token, ".") != 2 {
		t.Fatalf("the provider answers %d: %s (%v)", a.StatusCode, body, err)
	}
	return answer.Token
}

func TestTokensOfARealProviderAreAdmitted(t *testing.T) {
	issuer := zitadel(t)
	at := func(cfg *Config) { cfg.Now = time.Now }
	d := open(t, plan.Access{JWT: &plan.AccessJWT{Issuer: issuer, Audience: "sid1", Caller: "sub"}}, at)
	other := open(t, plan.Access{JWT: &plan.AccessJWT{Issuer: issuer, Audience: "sid2", Caller: "sub"}}, at)
	d.know(t)
	other.know(t)
	token := granted(t, issuer)
	d.fine(t, "sid1", bearer(token)...)
	d.fine(t, "sid1", bearer(token)...) // which is remembered
	other.no(t, http.StatusUnauthorized, "invalid_token", bearer(token)...)
	d.no(t, http.StatusUnauthorized, "invalid_token", bearer(token[:len(token)-8]+"AAAAAAAA")...)
	elsewhere := zitadel(t) // another provider, of the same make
	d.no(t, http.StatusUnauthorized, "invalid_token", bearer(granted(t, elsewhere))...)
}

// An issuer that is not there when a server starts stops nobody, and is found later.
func TestAnIssuerMayComeLater(t *testing.T) {
	p := newProvider(t)
	p.down.Store(true)
	d := open(t, plan.Access{Keys: &plan.AccessKeys{}, JWT: &plan.AccessJWT{Issuer: p.URL, Audience: "scoring-api",
		Caller: "sub"}})
	key, token := d.keys.add("clerk"), p.token(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { d.Keep(ctx, 10*time.Millisecond); close(done) }()
	defer func() { cancel(); <-done }()
	eventually(t, "the key is known", func() bool { _, no := d.ask(bearer(key)...); return no == nil })
	_, no := d.ask(bearer(token)...)
	if no == nil || no.Status != http.StatusServiceUnavailable || !strings.Contains(no.Message, "issuer") ||
		no.RetryAfter == 0 {
		t.Errorf("a token that nobody can verify: %+v", no)
	}
	d.fine(t, "clerk", bearer(key)...)
	p.down.Store(false)
	eventually(t, "the issuer is found", func() bool { _, no := d.ask(bearer(token)...); return no == nil })
	p.down.Store(true) // what is known goes on
	d.fine(t, "bank", bearer(p.token(t, map[string]any{"jti": "2"}))...)
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it never comes to be that %s", what)
		}
	}
}
