package serve_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/ashlar-dev/ashlar/runtime/assign"
	"github.com/ashlar-dev/ashlar/runtime/serve"
)

// experiment serves versions 1 and 2, half the entities each.
func experiment(t *testing.T, by *serve.Sticky) (s *serve.Server, tallies [2]*serve.Tally) {
	s = newServer(t)
	tallies = [2]*serve.Tally{{}, {}}
	versions := [2]*serve.Loaded{}
	for i := range versions {
		m := constant(t, float64(i+1))
		m.Signature.Dropped = []string{"Customer"}
		versions[i] = load(t, s, i+1, prepared(t, m))
	}
	route(t, s, serve.Routing{Main: versions[0], Tally: tallies[0], By: by,
		Beside: []serve.Arm{{Loaded: versions[1], Percent: 50, Tally: tallies[1]}}})
	return s, tallies
}

// variantOf is the version that an entity has by package assign alone.
func variantOf(entity string) int {
	return 1 + assign.Variant(assign.Bucket("seed", entity), []float64{50, 50})
}

func versionsOf(t *testing.T, s *serve.Server, path, body string, header ...string) string {
	t.Helper()
	w := ask(s, http.MethodPost, path, body, header...)
	var a struct {
		Version any
		V2      any `json:"model_version"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &a); w.Code != http.StatusOK || err != nil {
		t.Fatalf("%s\nis answered %d %s", body, w.Code, w.Body)
	}
	if a.V2 != nil {
		return fmt.Sprint(a.V2)
	}
	return fmt.Sprint(a.Version)
}

func TestAnEntityHasTheSameVariantHoweverItIsSent(t *testing.T) {
	s, tallies := experiment(t, &serve.Sticky{Seed: "seed", Column: "Customer"})
	split := map[int]int{}
	for i := range 200 {
		id := fmt.Sprintf("c-%d é", i)
		want := variantOf(id)
		split[want]++
		for path, body := range map[string]string{
			"/predict":                  fmt.Sprintf(`{"features": {"Customer": %q, "x": 1}}`, id),
			"/v2/models/constant/infer": fmt.Sprintf(`{"inputs": [{"name": "x", "datatype": "FP64", "shape": [1], "data": [1]}, {"name": "Customer", "datatype": "BYTES", "shape": [1], "data": [%q]}]}`, id),
		} {
			if got := versionsOf(t, s, path, body); got != fmt.Sprint(want) {
				t.Fatalf("%s: %s has version %s, want %d", path, id, got, want)
			}
		}
		batch := fmt.Sprintf(`{"features": [{"x": 1, "Customer": %q}, {"Customer": %q, "x": 2}]}`, id, id)
		if got := versionsOf(t, s, "/predict", batch); got != fmt.Sprint(want) {
			t.Fatalf("a batch of %s has version %s, want %d", id, got, want)
		}
	}
	if split[1] < 80 || split[2] < 80 {
		t.Errorf("the entities are divided %v", split)
	}
	if a, b := tallies[0].Counts().Requests, tallies[1].Counts().Requests; a != int64(3*split[1]) ||
		b != int64(3*split[2]) {
		t.Errorf("%d and %d requests count, want three for each of %v", a, b, split)
	}
}

func TestNumbersNameAnEntityHoweverTheyAreWritten(t *testing.T) {
	s, _ := experiment(t, &serve.Sticky{Seed: "seed", Column: "x"})
	for i := range 100 {
		want := fmt.Sprint(variantOf(fmt.Sprint(i)))
		for _, body := range []string{fmt.Sprintf(`{"features": [%d]}`, i), fmt.Sprintf(`{"features": [%d.0]}`, i),
			fmt.Sprintf(`{"features": [[%de0]]}`, i), fmt.Sprintf(`{"features": {"x": %d}}`, i)} {
			if got := versionsOf(t, s, "/predict", body); got != want {
				t.Fatalf("%s has version %s, want %s", body, got, want)
			}
		}
	}
}

func TestWhoNamesNobodyHasTheFirstVariantAndDoesNotCount(t *testing.T) {
	s, tallies := experiment(t, &serve.Sticky{Seed: "seed", Column: "Customer"})
	a, b := "", ""
	for i := 0; a == "" || b == ""; i++ {
		if id := fmt.Sprint("c", i); variantOf(id) == 1 {
			a = id
		} else {
			b = id
		}
	}
	for name, body := range map[string]string{
		"no column":        oneX,
		"null":             `{"features": {"x": 1, "Customer": null}}`,
		"empty":            `{"features": {"x": 1, "Customer": ""}}`,
		"by position":      `{"features": [1]}`,
		"a row without it": fmt.Sprintf(`{"features": [{"x": 1, "Customer": %q}, {"x": 1}]}`, b),
		"of two variants":  fmt.Sprintf(`{"features": [{"x": 1, "Customer": %q}, {"x": 1, "Customer": %q}]}`, b, a),
	} {
		if got := versionsOf(t, s, "/predict", body); got != "1" {
			t.Errorf("%s: version %s", name, got)
		}
	}
	if x, y := tallies[0].Counts().Requests, tallies[1].Counts().Requests; x+y != 0 {
		t.Errorf("%d and %d requests count", x, y)
	}
}

func TestAHeaderNamesTheEntityOfEachProtocol(t *testing.T) {
	s, _ := experiment(t, &serve.Sticky{Seed: "seed", Header: "X-User"})
	for i := range 100 {
		id := fmt.Sprint("user-", i)
		for path, body := range map[string]string{"/predict": oneX, "/v1/models/constant:predict": `{"instances": [[1]]}`} {
			w := ask(s, http.MethodPost, path, body, "X-User", id)
			want := fmt.Sprint(variantOf(id))
			if got := w.Body.String(); w.Code != http.StatusOK || !contains(got, want) {
				t.Fatalf("%s: %s is answered %d %s, want version %s", path, id, w.Code, got, want)
			}
		}
	}
}

// contains reports whether a body holds the prediction of the version.
func contains(body, version string) bool {
	return body == `{"predictions":[`+version+"]}\n" ||
		body == `{"prediction":`+version+`,"model":"constant","version":`+version+"}\n"
}
