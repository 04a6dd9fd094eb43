// Package accounttest is an AWS account behind HTTP, for tests: it keeps what STS, KMS,
// IAM and S3 are asked to make, and fails on demand as AWS does. A client finds it by
// AWS_ENDPOINT_URL, which New sets.
package accounttest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// ID is the account's.
const ID = "123456789012"

// Account keeps what was made.
type Account struct {
	// Before is called with each action before it is looked at.
	Before func(action string)

	mu      sync.Mutex
	changed []string                     // actions that changed something, in order
	fail    map[string][]string          // action -> codes that it fails with, the next first
	keys    map[string]*key              // by id
	alias   map[string]string            // -> id
	issuers map[string]*issuer           // by ARN
	buckets map[string]map[string]string // -> setting -> text as it was put
}

// New starts an account for the test, and points the AWS SDK of this process to it.
func New(t testing.TB) *Account {
	t.Helper()
	a := &Account{}
	a.Reset()
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": server.URL, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
		"AWS_SESSION_TOKEN": "", "AWS_PROFILE": "", "AWS_REGION": "", "AWS_DEFAULT_REGION": "",
		"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_EC2_METADATA_DISABLED": "true",
	} {
		if setter, ok := t.(interface{ Setenv(key, value string) }); ok {
			setter.Setenv(name, value)
		}
	}
	return a
}

// Reset empties the account.
func (a *Account) Reset() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.changed, a.fail, a.keys, a.alias = nil, map[string][]string{}, map[string]*key{}, map[string]string{}
	a.issuers, a.buckets = map[string]*issuer{}, map[string]map[string]string{}
}

// Fail makes the action fail with a code of AWS' as often as it is named.
func (a *Account) Fail(action string, codes ...string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.fail[action] = codes
}

// Changes are the actions that changed something, in order, such as "CreateKey" and
// "PUT encryption".
func (a *Account) Changes() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.changed)
}

// ServeHTTP answers for every service: S3 has paths, the others say what they want in
// a header or a form.
func (a *Account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	_, target, isKMS := strings.Cut(r.Header.Get("X-Amz-Target"), "TrentService.")
	switch {
	case isKMS:
		a.do(r.Context(), target, jsonAnswer{w}, func() (any, string) { return a.kms(target, body) })
	case r.URL.Path != "/":
		a.object(w, r, body)
	default:
		a.query(w, r.Context(), string(body))
	}
}

// answer writes what a service says in its form.
type answer interface {
	right(v any)
	wrong(code string)
}

// do runs one action, unless it is to fail.
func (a *Account) do(ctx context.Context, action string, w answer, run func() (any, string)) {
	if a.Before != nil {
		a.Before(action)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if ctx.Err() != nil {
		return
	}
	if codes := a.fail[action]; len(codes) > 0 {
		a.fail[action] = codes[1:]
		w.wrong(codes[0])
		return
	}
	v, code := run()
	if code != "" {
		w.wrong(code)
		return
	}
	w.right(v)
}

func (a *Account) change(format string, args ...any) {
	a.changed = append(a.changed, fmt.Sprintf(format, args...))
}

// status is the HTTP status of a code.
func status(code string) int {
	switch {
	case strings.Contains(code, "Throttl") || code == "SlowDown":
		return http.StatusServiceUnavailable
	case strings.Contains(code, "Denied") || code == "ExpiredToken":
		return http.StatusForbidden
	case strings.HasPrefix(code, "NoSuch") || strings.Contains(code, "NotFound"):
		return http.StatusNotFound
	}
	return http.StatusBadRequest
}
