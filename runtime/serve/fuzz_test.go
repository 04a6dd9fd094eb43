package serve_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ashlar-dev/ashlar/runtime/serve"
)

// FuzzPredict sends any body at all. What is refused must be the client's
// fault and say so in JSON; what is taken must mean the same to encoding/json,
// which writes it again.
func FuzzPredict(f *testing.F) {
	for _, body := range []string{
		positional, named, `{"features": [` + `[30, null, "own", 1, 1, null]` +
			`, {"Age": 3, "Band": true, "Member": false}]}`, `{"features": {}}`, `{"features": []}`,
		`{"features": [1e0, -1.5E-3, "\u00e9\ud83d\ude00", "\"", false, "1999-12-31T23:59:59.5-11:00"]}`,
		`{"features": {"Age": 1, "Age": 2}}`, `{"features": [[[]]]}`,
		`{"explain": true, "reasons": 2, "features": ` + applicant + `}`,
		`[]`, `{`, ``, "\xff", `{"features": [1e999]}`, `{"features": NaN}`,
		`{"features": {"Income": 123456789012345678901234567890, "Age": 9007199254740993, "Band": "", "Member": 1}}`,
	} {
		f.Add([]byte(body))
	}
	s := serving(f, loans(f), serve.Config{})
	f.Fuzz(func(t *testing.T, body []byte) {
		w := askIn(t.Context(), s, string(body))
		switch w.Code {
		case http.StatusOK:
		case http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge:
			p := refused(t, w, w.Code)
			if (len(p.Fields) > 0) != (w.Code == http.StatusUnprocessableEntity) {
				t.Errorf("%q: %d with %d fields", body, w.Code, len(p.Fields))
			}
			return
		default:
			t.Fatalf("%q: %d %s", body, w.Code, w.Body)
		}
		got := decode[answer](t, w.Body)
		d := json.NewDecoder(bytes.NewReader(body))
		d.UseNumber()
		var v any
		if err := d.Decode(&v); err != nil {
			t.Fatalf("%q was taken, yet it is no JSON: %v", body, err)
		}
		again, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(got, fine(t, s, string(again))); diff != "" {
			t.Errorf("%q and %s are answered differently\n%s", body, again, diff)
		}
	})
}

// FuzzInfer sends any inference request at all. What is refused must be the
// client's fault, and what is taken must be answered with as many rows as were
// sent.
func FuzzInfer(f *testing.F) {
	f.Add([]byte(`{"inputs": [`+columns+`]}`), 0)
	f.Add([]byte(`{"inputs": [`+columns+
		`], "parameters": {"explain": true, "reasons": 1}, "outputs": [{"name": "reasons"}]}`), 0)
	f.Add([]byte(`{"inputs": [{"name": "x", "shape": [1, 6], "datatype": "FP64", "data": [1, 2, 3, 4, 5, 6]}]}`), 0)
	body, header := binaryBody(`, "parameters": {"binary_data_output": true}`)
	n, err := strconv.Atoi(header)
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(body), n)
	s := serving(f, loans(f), serve.Config{})
	f.Fuzz(func(t *testing.T, body []byte, header int) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, inferPath, bytes.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		if header != 0 {
			r.Header.Set("Inference-Header-Content-Length", strconv.Itoa(header))
		}
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		switch w.Code {
		case http.StatusOK:
		case http.StatusBadRequest, http.StatusRequestEntityTooLarge:
			if decode[map[string]string](t, w.Body)["error"] == "" {
				t.Errorf("%q: %d without a reason", body, w.Code)
			}
			return
		default:
			t.Fatalf("%q: %d %s", body, w.Code, w.Body)
		}
		raw := w.Body.Bytes()
		if end := w.Header().Get("Inference-Header-Content-Length"); end != "" {
			n, err := strconv.Atoi(end)
			if err != nil {
				t.Fatal(err)
			}
			raw = raw[:n]
		}
		var got inferred
		if err := json.Unmarshal(raw, &got); err != nil {
			t.Fatal(err)
		}
		for _, o := range got.Outputs {
			elements := 1
			for _, k := range o.Shape {
				elements *= k
			}
			if o.Parameters == nil && elements != len(o.Data) {
				t.Errorf("%q: %+v", body, o)
			}
		}
	})
}
