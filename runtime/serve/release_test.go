package serve_test

import (
	"io"
	"net/http"
	"reflect"
	"testing"

	"github.com/ashlar-dev/ashlar/runtime/serve"
)

// Whoever judges a version hears of requests for predictions in every protocol, and of
// nothing else.
func TestRequestsForPredictionsAreCounted(t *testing.T) {
	var failed []bool
	s, err := serve.New(serve.Config{Endpoint: "e", Answered: func(seconds float64, bad bool) {
		if seconds < 0 {
			t.Errorf("a request took %g seconds", seconds)
		}
		failed = append(failed, bad)
	}, Release: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "asked "+r.URL.Path) //nolint:errcheck // of a test
	})})
	if err != nil {
		t.Fatal(err)
	}
	status := func(method, path, body string) (int, string) {
		w := ask(s, method, path, body, "Content-Type", "application/json")
		return w.Code, w.Body.String()
	}
	status("POST", "/predict", `{"features": [{"x": 1}]}`) // no model is loaded
	if err := s.Swap(&serve.Served{Model: constant(t, 1), Version: 1}); err != nil {
		t.Fatal(err)
	}
	status("POST", "/predict", `{"features": [{"x": 1}]}`)
	status("POST", "/predict", `{"features": "none"}`) // the client's fault
	status("POST", "/v2/models/constant/infer",
		`{"inputs": [{"name": "x", "shape": [1], "datatype": "FP64", "data": [1]}]}`)
	status("POST", "/v1/models/constant:predict", `{"instances": [{"x": 1}]}`)
	status("GET", "/health", "")
	for path, method := range map[string]string{"/release/judge": "POST", "/release/observations": "GET"} {
		if code, body := status(method, path, ""); code != http.StatusOK || body != "asked "+path {
			t.Errorf("%s: %d %s", path, code, body)
		}
	}
	if want := []bool{true, false, false, false, false}; !reflect.DeepEqual(failed, want) {
		t.Errorf("counted as failed: %v, want %v", failed, want)
	}
	if code, _ := status("GET", "/release/judge", ""); code != http.StatusMethodNotAllowed {
		t.Errorf("GET of a verdict is answered %d", code)
	}
}
