package serve_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/runtime/access"
	"github.com/ashlar-dev/ashlar/runtime/serve"
)

// sent is the answer of a side to a request.
func sent(h http.Handler, method, path, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://localhost"+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// nobody admits no caller.
type nobody struct{}

func (nobody) Admit(*http.Request) (string, *access.Refusal) {
	return "", &access.Refusal{Status: http.StatusUnauthorized, Code: "no_credential", Message: "who are you?"}
}

const repository = "/v2/repository/models/default-risk/"

// TestOperatorsAloneLoadAndUnload: callers, with whatever credential, and whoever asks a
// server whose operators have no address of their own, do not; operators need no
// credential of a caller.
func TestOperatorsAloneLoadAndUnload(t *testing.T) {
	s := serving(t, loans(t), serve.Config{})
	for _, verb := range []string{"load", "unload"} {
		if w := sent(serve.Callers(s), "POST", repository+verb, ""); w.Code != http.StatusNotFound {
			t.Errorf("%s by a caller: %d %s", verb, w.Code, w.Body)
		}
		if w := sent(s.Handler(), "POST", repository+verb, ""); w.Code != http.StatusForbidden ||
			!strings.Contains(w.Body.String(), "--listen-operators") {
			t.Errorf("%s without an address of operators: %d %s", verb, w.Code, w.Body)
		}
	}
	if err := s.Ready(); err != nil {
		t.Errorf("somebody has unloaded it: %v", err)
	}
	closed := serving(t, loans(t), serve.Config{Access: nobody{}})
	if w := sent(serve.Operators(closed), "POST", repository+"unload", ""); w.Code != http.StatusOK {
		t.Errorf("an operator without a caller's credential: %d %s", w.Code, w.Body)
	}
	if w := sent(serve.Callers(closed), "POST", "/predict", positional); w.Code != http.StatusUnauthorized {
		t.Errorf("a caller of an unloaded model: %d %s", w.Code, w.Body)
	}
}

func TestAnUnloadedModelAnswersNobodyUntilItIsLoaded(t *testing.T) {
	s := serving(t, loans(t), serve.Config{})
	callers, operators := serve.Callers(s), serve.Operators(s)
	expect := func(predicts int, index string) {
		t.Helper()
		for path, method := range map[string]string{"/predict": "POST", "/ready": "GET", "/v2/health/ready": "GET",
			"/v2/models/default-risk/ready": "GET"} {
			if w := sent(callers, method, path, positional); w.Code != predicts {
				t.Errorf("%s: %d %s, want %d", path, w.Code, w.Body, predicts)
			}
		}
		if w := sent(callers, "POST", "/v2/repository/index", ""); strings.TrimSpace(w.Body.String()) != index {
			t.Errorf("the index is %s, want %s", w.Body, index)
		}
	}
	const entry = `[{"name":"default-risk","version":"%d","state":"%s","reason":"%s"}]`
	expect(200, fmt.Sprintf(entry, 3, "READY", ""))
	for range 2 { // unloading twice is no error
		w := sent(operators, "POST", repository+"unload", `{"parameters": {"unload_dependents": false}}`)
		if w.Code != http.StatusOK || strings.TrimSpace(w.Body.String()) != `{"name":"default-risk","unload":true}` {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	off := fmt.Sprintf(entry, 3, "UNAVAILABLE", "the model was unloaded; an operator loads it again")
	expect(503, off)
	if w := sent(callers, "POST", "/v2/repository/index", `{"ready": true}`); strings.TrimSpace(w.Body.String()) != "[]" {
		t.Errorf("ready is %s", w.Body)
	}
	// What the endpoint's strategy moves meanwhile answers nobody, and is what is loaded then.
	if err := s.Swap(&serve.Served{Model: loans(t), Version: 4, Digest: "sha256:def"}); err != nil {
		t.Fatal(err)
	}
	expect(503, strings.Replace(off, `"3"`, `"4"`, 1))
	w := sent(operators, "POST", repository+"load", "")
	if w.Code != http.StatusOK || strings.TrimSpace(w.Body.String()) != `{"load":true,"name":"default-risk"}` {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	expect(200, fmt.Sprintf(entry, 4, "READY", ""))
}

// TestALoadNamesNoVersion: a request cannot say what is loaded, for that would pass by the
// endpoint's strategy.
func TestALoadNamesNoVersion(t *testing.T) {
	s := serving(t, loans(t), serve.Config{})
	operators := serve.Operators(s)
	for body, want := range map[string]int{
		`{"parameters": {"config": "{}"}}`: 400, `{"parameters": {"file:1/model.json": "e30="}}`: 400, `[]`: 400,
		strings.Repeat(" ", 5000): 400, `{}`: 200,
	} {
		if w := sent(operators, "POST", repository+"load", body); w.Code != want {
			t.Errorf("%.30s: %d %s", body, w.Code, w.Body)
		}
	}
	for _, verb := range []string{"load", "unload"} {
		if w := sent(operators, "POST", "/v2/repository/models/other/"+verb, ""); w.Code != http.StatusNotFound {
			t.Errorf("%s of another model: %d %s", verb, w.Code, w.Body)
		}
	}
	empty, err := serve.New(serve.Config{Endpoint: "scoring", Model: "default-risk"})
	if err != nil {
		t.Fatal(err)
	}
	if w := sent(serve.Operators(empty), "POST", repository+"load", ""); w.Code != http.StatusServiceUnavailable {
		t.Errorf("nothing may be served yet: %d %s", w.Code, w.Body)
	}
	if w := sent(serve.Operators(empty), "POST", "/v2/repository/models/o/unload", ""); w.Code != http.StatusNotFound {
		t.Errorf("another model before any is served: %d %s", w.Code, w.Body)
	}
}
