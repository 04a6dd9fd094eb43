package oip

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// exchange is a request and its answer on the way through a mutant, which may
// change either; the answer is nil on the way in.
type exchange struct {
	path   string
	bytes  bool // the request holds tensors behind the JSON
	body   []byte
	answer *httptest.ResponseRecorder
}

// mutant is a server with one thing wrong, and the check that has to notice.
type mutant struct {
	wrong  string
	check  string
	change func(e *exchange)
}

// edit replaces a text in answers whose path ends so.
func edit(path, old, new string) func(e *exchange) {
	return func(e *exchange) {
		if e.answer != nil && strings.HasSuffix(e.path, path) && e.answer.Header().Get(lengthHeader) == "" {
			b := strings.ReplaceAll(e.answer.Body.String(), old, new)
			e.answer.Body = bytes.NewBufferString(b)
		}
	}
}

// say answers requests that hold a text with a status and a body.
func say(when func(e *exchange) bool, status int, body string) func(e *exchange) {
	return func(e *exchange) {
		if e.answer != nil && when(e) {
			e.answer.Code, e.answer.Body = status, bytes.NewBufferString(body)
			e.answer.Header().Del(lengthHeader)
		}
	}
}

func holds(text string) func(e *exchange) bool {
	return func(e *exchange) bool { return bytes.Contains(e.body, []byte(text)) }
}

func mutants() []mutant {
	turn := 0
	return []mutant{
		{"extensions are a text", "start", edit("/v2", `["binary_tensor_data","model_repository"]`, `"none"`)},
		{"live is called otherwise", "server live", edit("/live", `"live"`, `"alive"`)},
		{"ready is a text", "server ready", edit("/health/ready", `true`, `"yes"`)},
		{"the metadata names another model", "model metadata",
			edit("%2F%C3%BC", `"name":"default risk`, `"name":"Default risk`)},
		{"a ready model says no", "model ready", edit("/ready", `"ready":true`, `"ready":false`)},
		{"another version answers", "versions of a model",
			edit("/infer", `"model_version":"3"`, `"model_version":"4"`)},
		{"the model's name is left out", "inference", edit("/infer", `"model_name"`, `"model"`)},
		{"a type is not the metadata's", "inference", edit("/infer", `FP64`, `FP32`)},
		{"a shape is not the data's", "inference", edit("/infer", `"shape":[2]`, `"shape":[3]`)},
		{"the id is dropped", "the id comes back", edit("/infer", `"id"`, `"di"`)},
		{"all outputs come always", "outputs that are asked for", func(e *exchange) {
			if e.answer == nil {
				e.body = bytes.ReplaceAll(e.body, []byte(`"outputs"`), []byte(`"outputz"`))
			}
		}},
		{"lists in lists are refused", "data may nest by its shape",
			say(holds("[["), 400, `{"error": "flat, please"}`)},
		{"answers change", "a request says the same twice", func(e *exchange) {
			if e.answer != nil && strings.HasSuffix(e.path, "/infer") {
				turn++
				edit("/infer", `"probability"`, `"probability `+strconv.Itoa(turn)+`"`)(e)
			}
		}},
		{"the order matters", "fields in another order", say(holds(`[{"data"`), 400, `{"error": "name first"}`)},
		{"any model answers", "unknown models are refused", say(func(e *exchange) bool {
			return strings.Contains(e.path, "no-such-model")
		}, 200, `{}`)},
		{"errors have another form", "wrong requests are refused", edit("/infer", `"error"`, `"detail"`)},
		{"errors are successes", "wrong requests are refused", func(e *exchange) {
			if e.answer != nil {
				e.answer.Code = http.StatusOK
			}
		}},
		{"the index is empty", "repository index", say(func(e *exchange) bool {
			return strings.HasSuffix(e.path, "/index")
		}, 200, `[]`)},
		{"the server has no name", "server metadata", nil},
	}
}

// byteMutants are those of tensors behind the JSON.
func byteMutants() []mutant {
	return []mutant{
		{"bytes are read from the wrong end", "inputs as bytes", func(e *exchange) {
			if e.answer == nil && e.bytes {
				e.body[len(e.body)-1], e.body[len(e.body)-2] = e.body[len(e.body)-2], e.body[len(e.body)-1]
			}
		}},
		{"bytes have no length", "outputs as bytes", func(e *exchange) {
			if e.answer != nil {
				e.answer.Header().Del(lengthHeader)
			}
		}},
		{"bytes are of another order", "all outputs as bytes", func(e *exchange) {
			if e.answer != nil && e.answer.Header().Get(lengthHeader) != "" {
				b := e.answer.Body.Bytes()
				b[len(b)-1] ^= 1
			}
		}},
		{"outputs do not override", "an output overrides the request", func(e *exchange) {
			if e.answer == nil {
				e.body = bytes.ReplaceAll(e.body, []byte(`"binary_data":false`), []byte(`"binary_data":true `))
			}
		}},
		{"bytes are not counted", "wrong bytes are refused",
			say(func(e *exchange) bool { return e.bytes && e.answer.Code != 200 },
				200, `{"model_name": "m", "outputs": []}`)},
	}
}

// mutated is our server with the mutant's fault.
func mutated(next http.Handler, change func(e *exchange)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e := &exchange{path: r.URL.EscapedPath(), bytes: r.Header.Get(lengthHeader) != ""}
		var err error
		if e.body, err = io.ReadAll(r.Body); err != nil {
			return
		}
		change(e)
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(e.body)), int64(len(e.body))
		e.answer = httptest.NewRecorder()
		next.ServeHTTP(e.answer, r)
		change(e)
		for k, v := range e.answer.Header() {
			if k != "Content-Length" {
				w.Header()[k] = v
			}
		}
		w.WriteHeader(e.answer.Code)
		_, _ = w.Write(e.answer.Body.Bytes()) // a client that has gone needs no answer
	})
}

// TestTheSuiteNotices breaks our server in one way after the other.
func TestTheSuiteNotices(t *testing.T) {
	next := handler(t)
	noticed := map[string]bool{}
	for _, m := range slices.Concat(mutants(), byteMutants()) {
		change := m.change
		if change == nil { // only the second time, since the suite asks once at its start
			asked := 0
			change = func(e *exchange) {
				if e.path == "/v2" && e.answer != nil {
					if asked++; asked == 2 {
						edit("/v2", `"name"`, `"title"`)(e)
					}
				}
			}
		}
		web := httptest.NewServer(mutated(next, change))
		wrong, _ := findings(t.Context(), web.URL, ourModel, []byte(ourRequest))
		web.Close()
		if wrong[m.check] == nil {
			t.Errorf("%s: not noticed by %q: %v", m.wrong, m.check, wrong)
		}
		noticed[m.check] = true
	}
	for _, c := range suite() {
		if !noticed[c.name] {
			t.Errorf("no mutant is for %q", c.name)
		}
	}
}
