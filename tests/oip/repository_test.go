package oip

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/serve"
)

// asked is what an address answers.
func asked(ctx context.Context, t *testing.T, method, at string, body []byte) (int, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, method, at, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }() // it was read
	got, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, got
}

// TestAServerLoadsAndUnloads follows the model repository extension: an unloaded model is
// not ready, is listed as such or not at all, and is refused with {"error": text}; a
// loaded one is ready again. With -url it changes what that server serves for a moment,
// and does so only where -operators says at which address.
func TestAServerLoadsAndUnloads(t *testing.T) {
	target, operators, model, request := steerable(t)
	about := target + "/v2/models/" + url.PathEscape(model)
	steer := func(verb string) (int, []byte) {
		return asked(t.Context(), t, http.MethodPost, operators+"/v2/repository/models/"+url.PathEscape(model)+"/"+verb,
			[]byte("{}"))
	}
	state := func() string {
		code, body := asked(t.Context(), t, http.MethodPost, target+"/v2/repository/index", []byte("{}"))
		var list []struct{ Name, State string }
		if err := json.Unmarshal(body, &list); err != nil || code != http.StatusOK {
			t.Fatalf("index: %d %s", code, body)
		}
		for _, m := range list {
			if m.Name == model {
				return m.State
			}
		}
		return ""
	}
	infer := func() (int, []byte) { return asked(t.Context(), t, http.MethodPost, about+"/infer", request) }
	if code, body := infer(); code != http.StatusOK {
		t.Fatalf("before: %d %s", code, body)
	}
	if code, body := steer("unload"); code != http.StatusOK {
		t.Fatalf("unload: %d %s", code, body)
	}
	until(t, func() bool { code, _ := asked(t.Context(), t, http.MethodGet, about+"/ready", nil); return code != 200 })
	code, body := infer()
	var failure struct{ Error string }
	if err := json.Unmarshal(body, &failure); code < 400 || err != nil || failure.Error == "" {
		t.Errorf("an unloaded model: %d %s", code, body)
	}
	if s := state(); s == "READY" {
		t.Errorf("an unloaded model is listed as %s", s)
	}
	if code, body := steer("load"); code != http.StatusOK {
		t.Fatalf("load: %d %s", code, body)
	}
	until(t, func() bool { code, _ := asked(t.Context(), t, http.MethodGet, about+"/ready", nil); return code == 200 })
	if code, body := infer(); code != http.StatusOK {
		t.Errorf("after: %d %s", code, body)
	}
	if s := state(); s != "READY" {
		t.Errorf("a loaded model is listed as %q", s)
	}
	code, body = asked(t.Context(), t, http.MethodPost, operators+"/v2/repository/models/no-such-model/load", []byte("{}"))
	failure.Error = ""
	if err := json.Unmarshal(body, &failure); code < 400 || err != nil || failure.Error == "" {
		t.Errorf("a model that there is not: %d %s", code, body)
	}
}

// steerable is a server with the address at which it loads and unloads: ours, or that of
// the flags.
func steerable(t *testing.T) (target, operators, model string, request []byte) {
	t.Helper()
	target, operators, model, request = *address, *steered, *name, []byte(ourRequest)
	switch {
	case target == "":
		s := server(t)
		callers, others := httptest.NewServer(serve.Callers(s)), httptest.NewServer(serve.Operators(s))
		t.Cleanup(callers.Close)
		t.Cleanup(others.Close)
		target, operators, model = callers.URL, others.URL, ourModel
	case operators == "" || model == "" || *example == "":
		t.Skip("skipped: loading and unloading another's model takes -operators, -model and -request")
	default:
		b, err := os.ReadFile(*example)
		if err != nil {
			t.Fatal(err)
		}
		request = b
	}
	return target, operators, model, request
}

// until waits until something holds, for half a minute.
func until(t *testing.T, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !holds(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it did not come about within 30 s")
		}
	}
}
