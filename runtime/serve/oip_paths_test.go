package serve_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/serve"
)

func TestTheFirstProtocolsPredict(t *testing.T) {
	s := serving(t, loans(t), serve.Config{})
	want := fine(t, s, `{"features": `+rows+`}`)
	w := ask(s, http.MethodPost, "/v1/models/default-risk:predict", `{"instances": `+rows+`}`)
	got := decode[map[string][]string](t, w.Body)
	if len(got["predictions"]) != 2 || got["predictions"][0] != want.Predictions[0].Prediction {
		t.Errorf("%v, want %+v", got, want)
	}
	for body, want := range map[string]string{
		`{"features": ` + rows + `}`:                     `the rows belong under \"instances\"`,
		`{"instances": [30, 1, "own", "1", true, null]}`: "want an array of rows",
		`{"instances": ` + rows + `, "explain": true}`:   "explain: is unknown",
		`{}`: "instances: is required",
	} {
		w := ask(s, http.MethodPost, "/v1/models/default-risk:predict", body)
		if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
	fine(t, s, `{"features": `+rows+`}`) // a worker does not keep the dialect
}

func TestWhatIsServedIsDescribed(t *testing.T) {
	s := serving(t, loans(t), serve.Config{})
	get := func(path string) *httptest.ResponseRecorder { return ask(s, http.MethodGet, path, "") }
	for path, want := range map[string]string{
		"/v2": `{"name":"scoring","version":"2",` +
			`"extensions":["binary_tensor_data","model_repository"]}`,
		"/v2/health/live":                          `{"live":true}`,
		"/v2/health/ready":                         `{"ready":true}`,
		"/v2/models":                               `{"models":["default-risk"]}`,
		"/v2/models/default-risk/ready":            `{"name":"default-risk","ready":true}`,
		"/v2/models/default-risk/versions/3/ready": `{"name":"default-risk","ready":true}`,
		"/v1/models":                               `{"models":["default-risk"]}`,
		"/v1/models/default-risk":                  `{"name":"default-risk","ready":true}`,
	} {
		if w := get(path); w.Code != http.StatusOK || strings.TrimSpace(w.Body.String()) != want {
			t.Errorf("GET %s: %d %s", path, w.Code, w.Body)
		}
	}
	tensors := func(of ...string) string { // name, type and shape by turns
		list := ""
		for i := 0; i < len(of); i += 3 {
			list += fmt.Sprintf(`,{"name":%q,"datatype":%q,"shape":%s}`, of[i], of[i+1], of[i+2])
		}
		return "[" + list[1:] + "]"
	}
	about := `{"name":"default-risk","versions":["3"],"platform":"ashlar_random_forest","inputs":` +
		tensors("Age", "INT64", "[-1]", "Income", "FP64", "[-1]", "Home", "BYTES", "[-1]", "Band", "BYTES", "[-1]",
			"Member", "BOOL", "[-1]", "Since", "BYTES", "[-1]") + `,"outputs":` +
		tensors("prediction", "BYTES", "[-1]", "probability", "FP64", "[-1]", "probabilities", "FP64", "[-1,2]") + "}"
	for _, path := range []string{"/v2/models/default-risk", "/v2/models/default-risk/versions/3",
		"/v2/models/default-risk/"} {
		if w := get(path); strings.TrimSpace(w.Body.String()) != about {
			t.Errorf("GET %s: %d %s", path, w.Code, w.Body)
		}
	}
	odd := serving(t, flowers(t), serve.Config{})
	if w := ask(odd, http.MethodGet, "/v2/models/iris%2F%C3%BC/ready", ""); w.Code != http.StatusOK {
		t.Errorf("a name with a slash: %d %s", w.Code, w.Body)
	}
	for path, want := range map[string]string{
		"/v2/models/other": `there is \"default-risk\"`, "/v2/models/default-risk/versions/2": "version 3 is",
		"/v2/nothing": "there is no such path", "/v2/models/default-risk/x": "no such path",
		"/v1/models/default-risk/x":                "no such path",
		"/v2/models/default-risk/versions/2/ready": "version 3 is",
	} {
		if w := get(path); w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), want) ||
			decode[map[string]string](t, w.Body)["error"] == "" {
			t.Errorf("GET %s: %d %s", path, w.Code, w.Body)
		}
	}
	if w := get(inferPath); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "POST" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestTheRepositoryIsListed(t *testing.T) {
	s := serving(t, loans(t), serve.Config{})
	const listed = `[{"name":"default-risk","version":"3","state":"READY","reason":""}]`
	for _, body := range []string{"", "{}", `{"ready": true}`} {
		if w := ask(s, http.MethodPost, "/v2/repository/index", body); strings.TrimSpace(w.Body.String()) != listed {
			t.Errorf("%q: %d %s", body, w.Code, w.Body)
		}
	}
	for _, body := range []string{`{"ready": 1}`, `[]`, `{} x`, strings.Repeat(" ", 5000)} {
		if w := ask(s, http.MethodPost, "/v2/repository/index", body); w.Code != http.StatusBadRequest {
			t.Errorf("%.10q: %d %s", body, w.Code, w.Body)
		}
	}
}

func TestWithoutAModelNothingIsReady(t *testing.T) {
	s, err := serve.New(serve.Config{Endpoint: "scoring"})
	if err != nil {
		t.Fatal(err)
	}
	for path, method := range map[string]string{
		"/v2/health/ready": http.MethodGet, "/v2/models/m": http.MethodGet, "/v2/models/m/ready": http.MethodGet,
		"/v2/models/m/infer": http.MethodPost, "/v1/models/m:predict": http.MethodPost, "/v1/models/m": http.MethodGet,
	} {
		w := ask(s, method, path, "")
		if w.Code != http.StatusServiceUnavailable || decode[map[string]string](t, w.Body)["error"] == "" {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	if w := ask(s, http.MethodPost, "/v2/repository/index", ""); strings.TrimSpace(w.Body.String()) != "[]" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := ask(s, http.MethodGet, "/v2/health/live", ""); w.Code != http.StatusOK {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestBytesNeedTheirHeader(t *testing.T) {
	s := serving(t, loans(t), serve.Config{})
	body, header := binaryBody("")
	for _, c := range []struct {
		kind, header, want string
		status             int
	}{
		{"application/octet-stream", "", "Content-Type: application/json", 415},
		{"text/plain", header, "Content-Type: application/json", 415},
		{"application/octet-stream", "-1", "want one number", 400},
		{"application/octet-stream", "x", "want one number", 400},
		{"application/octet-stream", "999999", "says 999999", 400},
		{"application/octet-stream", "10", "byte 10", 400},
	} {
		w := ask(s, http.MethodPost, inferPath, body, "Content-Type", c.kind,
			"Inference-Header-Content-Length", c.header)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("%+v: %d %s", c, w.Code, w.Body)
		}
	}
}

// TestProtocolsAreDocumented asks every path of the document in turn.
func TestProtocolsAreDocumented(t *testing.T) {
	for name, m := range map[string]*model.Model{"loans": loans(t), "flowers": flowers(t), "constant": constant(t, 1)} {
		s := serving(t, m, serve.Config{})
		doc := document(t, s)
		seen := 0
		for path, item := range doc.Paths.Map() {
			method, operation := http.MethodGet, item.Get
			if operation == nil {
				method, operation = http.MethodPost, item.Post
			}
			if !strings.HasPrefix(path, "/v") {
				continue
			}
			seen++
			for _, body := range []string{"", "{}", `{"inputs": [{}]}`, `{"instances": []}`} {
				w := ask(s, method, path, body)
				response := operation.Responses.Value(strconv.Itoa(w.Code))
				if response == nil {
					t.Errorf("%s: %s %s %s: status %d is not documented: %s", name, method, path, body, w.Code, w.Body)
					continue
				}
				var v any
				if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
					t.Fatal(err)
				}
				if err := response.Value.Content.Get("application/json").Schema.Value.VisitJSON(v); err != nil {
					t.Errorf("%s: %s %s %s: %v", name, method, path, body, err)
				}
			}
		}
		if seen != 16 {
			t.Errorf("%s: %d paths", name, seen)
		}
	}
	s := serving(t, loans(t), serve.Config{})
	doc := document(t, s)
	body := `{"id": "1", "inputs": [` + columns + `], "outputs": [{"name": "prediction"}]}`
	w := ask(s, http.MethodPost, inferPath, body)
	for schema, text := range map[string]string{"InferenceRequest": body, "InferenceResponse": w.Body.String(),
		"Instances": `{"instances": ` + rows + `}`} {
		if err := fits(t, doc, schema, text); err != nil {
			t.Errorf("%s: %v", schema, err)
		}
	}
}
