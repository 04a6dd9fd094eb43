package serve_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/runtime/serve"
)

var paths = []string{"/health", "/ready", "/metrics", "/schema", "/openapi.json", "/drift"}

func watched() serve.Config {
	return serve.Config{Drift: func() any { return map[string]any{"reports": []int{}} }}
}

func TestOnlyJSONIsTaken(t *testing.T) {
	s := serving(t, loans(t), serve.Config{})
	for _, fit := range []string{
		"application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8",
		"application/vnd.shop+json", "application/json ; x=y",
	} {
		if w := ask(s, http.MethodPost, "/predict", positional, "Content-Type", fit); w.Code != http.StatusOK {
			t.Errorf("%s: %d %s", fit, w.Code, w.Body)
		}
	}
	for _, unfit := range []string{
		"", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1", "application",
		"text/json", "image/x+json", ";", "application/json, text/plain",
	} {
		w := ask(s, http.MethodPost, "/predict", positional, "Content-Type", unfit)
		if p := refused(t, w, http.StatusUnsupportedMediaType); p.Code != "unsupported_media_type" ||
			!strings.Contains(p.Message, "Content-Type: application/json") {
			t.Errorf("%q: %+v", unfit, p)
		}
	}
	r := httptest.NewRequest(http.MethodPost, "/predict", strings.NewReader(positional))
	r.Header["Content-Type"] = []string{"application/json", "text/plain"}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	refused(t, w, http.StatusUnsupportedMediaType)
	for encoding, status := range map[string]int{"gzip": http.StatusUnsupportedMediaType,
		"br": http.StatusUnsupportedMediaType, "Identity": http.StatusOK} {
		if w := ask(s, http.MethodPost, "/predict", positional, "Content-Encoding", encoding); w.Code != status {
			t.Errorf("a body in %s: %d", encoding, w.Code)
		}
	}
}

func TestEachPathTakesItsMethods(t *testing.T) {
	s := serving(t, loans(t), watched())
	for _, path := range append(paths, "/predict") {
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut,
			http.MethodDelete, http.MethodPatch, http.MethodOptions, "BREW"} {
			body, allow, fit := "", "GET, HEAD", method == http.MethodGet || method == http.MethodHead
			if path == "/predict" {
				body, allow, fit = positional, "POST", method == http.MethodPost
			}
			w := ask(s, method, path, body)
			if fit != (w.Code == http.StatusOK) {
				t.Errorf("%s %s: %d %s", method, path, w.Code, w.Body)
			}
			if fit {
				continue
			}
			if p := refused(t, w, http.StatusMethodNotAllowed); w.Header().Get("Allow") != allow ||
				p.Code != "method_not_allowed" {
				t.Errorf("%s %s: Allow %q, %+v", method, path, w.Header().Get("Allow"), p)
			}
		}
	}
}

func TestAPathThatIsNotIsToldWhichAre(t *testing.T) {
	s := serving(t, loans(t), serve.Config{})
	for _, path := range []string{"/", "/predict/", "/Predict", "/v1/predict", "/secret-value"} {
		p := refused(t, ask(s, http.MethodGet, path, ""), http.StatusNotFound)
		if !strings.Contains(p.Message, "/drift, /health, /metrics, /openapi.json, /predict, /ready, /schema") ||
			strings.Contains(p.Message, "secret") {
			t.Errorf("%s: %s", path, p.Message)
		}
	}
}

func TestHeadIsGetWithoutABody(t *testing.T) {
	web := httptest.NewServer(serving(t, loans(t), watched()).Handler())
	defer web.Close()
	for _, path := range paths {
		r, err := web.Client().Head(web.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r.Body)
		if r.Body.Close(); err != nil || r.StatusCode != http.StatusOK || len(body) > 0 ||
			r.Header.Get("Content-Type") == "" {
			t.Errorf("HEAD %s: %d %v, %d bytes (%v)", path, r.StatusCode, r.Header, len(body), err)
		}
	}
}

func TestEveryAnswerIsSafeToShowAndHasAnID(t *testing.T) {
	n := 0
	cfg := watched()
	cfg.NewID = func() string { n++; return strings.Repeat("i", n) }
	s := serving(t, loans(t), cfg)
	for i, w := range []*httptest.ResponseRecorder{
		predict(s, positional), predict(s, "{"), ask(s, http.MethodGet, "/health", ""),
		ask(s, http.MethodGet, "/nothing", ""), ask(s, http.MethodGet, "/schema", ""),
	} {
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "X-Request-Id": strings.Repeat("i", i+1),
			"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "Referrer-Policy": "no-referrer",
			"X-Frame-Options": "DENY",
		} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("answer %d: %s is %q, want %q", i, name, got, want)
			}
		}
	}
	for given, kept := range map[string]bool{
		"abc-123_X.y:z": true, strings.Repeat("a", 128): true,
		"": false, strings.Repeat("a", 129): false, "a b": false, "a\tb": false, "é": false, `"`: false,
		"<script>": false, "a\nb": false,
	} {
		if got := ask(s, http.MethodGet, "/health", "", "X-Request-Id",
			given).Header().Get("X-Request-Id"); kept != (got == given) || got == "" {
			t.Errorf("request id %q became %q", given, got)
		}
	}
	own := serving(t, loans(t), serve.Config{})
	a, b := predict(own, positional).Header().Get("X-Request-Id"), predict(own, positional).Header().Get("X-Request-Id")
	if a == b || a == "" {
		t.Errorf("two requests have the ids %q and %q", a, b)
	}
}

func TestHTMLInLabelsAndNamesIsEscaped(t *testing.T) {
	m := loans(t)
	m.Name, m.Signature.Labels = "<b>", []string{"</script>", "&"}
	w := predict(serving(t, prepared(t, m), serve.Config{}), positional)
	if strings.ContainsAny(w.Body.String(), "<>&") {
		t.Errorf("%s", w.Body)
	}
	if a := decode[answer](t, w.Body); a.Model != "<b>" || len(a.Probabilities) != 2 {
		t.Errorf("%+v", a)
	}
	if p := refused(t, predict(serving(t, loans(t), serve.Config{}), `{"features": {"<b>": 1}}`),
		http.StatusUnprocessableEntity); p.Fields[0].Field != "<b>" {
		t.Errorf("%+v", p)
	}
}
