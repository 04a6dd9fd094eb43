package serve_test

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/serve"
)

// flowers is a multiclass forest, whose classes and columns have odd names.
func flowers(t testing.TB) *model.Model {
	t.Helper()
	m := &model.Model{
		Name: "iris/ü", Task: plan.Multiclass, Algorithm: plan.RandomForest,
		Signature: model.Signature{Target: "kind of flower",
			Labels: []string{"a \"b\"", "", "ç"}, Inputs: []model.Field{
				{Name: "sepal length, cm", Type: plan.Number, Min: -2, Max: 8.5},
				{Name: "$ref", Type: plan.Text, Nullable: true, Categories: []string{}},
			}},
		Encoder: model.Encoder{Fields: []model.FieldEncoder{
			{Name: "sepal length, cm", Type: plan.Number, Impute: true},
			{Name: "$ref", Type: plan.Text, OneHot: true, Categories: []string{}},
		}},
	}
	m.Ensemble = forest(rand.New(rand.NewPCG(1, 2)), 4, 3, m.Encoder.Width())
	m.Ensemble.Outputs, m.Ensemble.Base = 3, []float64{0, 0, 0}
	for i := range m.Ensemble.Trees {
		tree := &m.Ensemble.Trees[i]
		tree.Output = -1
		tree.Leaf = nil
		for n := range tree.Feature {
			if tree.Feature[n] < 0 {
				tree.Left[n] = int32(len(tree.Leaf))
				tree.Leaf = append(tree.Leaf, 0.25, 0.5, 0.25)
			}
		}
	}
	return prepared(t, m)
}

// document reads and validates the document that a server shows.
func document(t testing.TB, s *serve.Server) *openapi3.T {
	t.Helper()
	a, b := ask(s, http.MethodGet, "/schema", ""), ask(s, http.MethodGet, "/openapi.json", "")
	if a.Code != http.StatusOK || a.Body.String() != b.Body.String() ||
		a.Header().Get("Content-Type") != "application/json" {
		t.Fatalf("/schema %d and /openapi.json %d are not the same document", a.Code, b.Code)
	}
	doc, err := openapi3.NewLoader().LoadFromData(a.Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context(), openapi3.EnableExamplesValidation(),
		openapi3.EnableSchemaDefaultsValidation()); err != nil {
		t.Fatal(err)
	}
	return doc
}

// fits reports what is wrong with a JSON text by a schema of the document.
func fits(t testing.TB, doc *openapi3.T, schema, text string) error {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return doc.Components.Schemas[schema].Value.VisitJSON(v)
}

func TestTheDocumentsExamplesAreAnsweredAsDocumented(t *testing.T) {
	for name, m := range map[string]*model.Model{"binary": loans(t), "multiclass": flowers(t),
		"regression": constant(t, -1e-9)} {
		s := serving(t, m, serve.Config{})
		doc := document(t, s)
		if doc.Info.Title != "scoring" || doc.Info.Version != "3" {
			t.Errorf("%s: the document is called %s %s", name, doc.Info.Title, doc.Info.Version)
		}
		operation := doc.Paths.Value("/predict").Post
		examples := operation.RequestBody.Value.Content["application/json"].Examples
		if len(examples) != 3 {
			t.Errorf("%s: %d examples", name, len(examples))
		}
		for kind, example := range examples {
			body, err := json.Marshal(example.Value.Value)
			if err != nil {
				t.Fatal(err)
			}
			if err := fits(t, doc, "PredictRequest", string(body)); err != nil {
				t.Errorf("%s, %s: %v", name, kind, err)
			}
			w := predict(s, string(body))
			if w.Code != http.StatusOK {
				t.Errorf("%s, %s: %s\nis answered %d %s", name, kind, body, w.Code, w.Body)
				continue
			}
			schema := map[string]string{"batch": "Predictions"}[kind]
			if schema == "" {
				schema = "Prediction"
			}
			if err := fits(t, doc, schema, w.Body.String()); err != nil {
				t.Errorf("%s, %s: the answer is not the %s that is documented: %v", name, kind, schema, err)
			}
		}
	}
}

func TestErrorsAndStandingsAreAsDocumented(t *testing.T) {
	s := serving(t, loans(t), serve.Config{})
	doc := document(t, s)
	for _, body := range []string{"{", `{"features": {"x": 1}}`, `{"features": [[1], 2]}`, strings.Repeat(" ", 2<<20)} {
		w := predict(s, body)
		if err := fits(t, doc, "Error", w.Body.String()); err != nil {
			t.Errorf("%d: %v", w.Code, err)
		}
		if doc.Paths.Value("/predict").Post.Responses.Value(strconv.Itoa(w.Code)) == nil {
			t.Errorf("status %d is not documented", w.Code)
		}
	}
	for path := range doc.Paths.Map() {
		if doc.Paths.Value(path).Get == nil {
			continue
		}
		w := ask(s, http.MethodGet, path, "")
		if doc.Paths.Value(path).Get.Responses.Value(strconv.Itoa(w.Code)) == nil {
			t.Errorf("GET %s: status %d is not documented", path, w.Code)
		}
		if path == "/health" || path == "/ready" {
			if err := fits(t, doc, "Health", w.Body.String()); err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
}

func TestTheDocumentAndTheServerAgreeOnRequests(t *testing.T) {
	s := serving(t, loans(t), serve.Config{Limits: plan.Limits{MaxBatchRows: 2}})
	doc := document(t, s)
	row, dict := `[30, null, "rent", "1", true, null]`, `{"Age": 30, "Band": "1", "Member": false}`
	for features, good := range map[string]bool{
		row: true, dict: true, `[` + row + `]`: true, `[` + dict + `, ` + row + `]`: true,
		`[30, 1.5, null, "zzz", true, "2024-01-31"]`:                                            true,
		`{"Age": 30, "Income": null, "Home": null, "Band": "1", "Member": true, "Since": null}`: true,

		`{"Age": 30, "Band": "1"}`: false, `{"Age": "30", "Band": "1", "Member": true}`: false,
		`{"Age": 1.5, "Band": "1", "Member": true}`:  false,
		`{"Age": null, "Band": "1", "Member": true}`: false, `{"Age": 30, "Band": "1", "Member": true, "x": 1}`: false,
		`{"Age": 30, "Band": "1", "Member": "true"}`: false,
		`{"Age": 1e20, "Band": "1", "Member": true}`: false, `[30, null, "rent", "1", true]`: false,
		`[30, null, "rent", "1", true, null, 1]`: false,
		`[30, null, "rent", "1", true, {}]`:      false, `[]`: false, `null`: false,
		`7`: false, `[` + row + `, ` + row +
			`, ` + row + `]`: false, `[` + row + `, 7]`: false,
	} {
		body := `{"features": ` + features + `}`
		w := predict(s, body)
		if err := fits(t, doc, "PredictRequest", body); (w.Code == http.StatusOK) != good || (err == nil) != good {
			t.Errorf("%s\nserver: %d %s\ndocument: %v", body, w.Code, w.Body, err)
		}
	}
	for _, body := range []string{`{}`, `{"features": ` + row + `, "x": 1}`, `[]`} {
		if w := predict(s, body); w.Code == http.StatusOK || fits(t, doc, "PredictRequest", body) == nil {
			t.Errorf("%s: server %d, or the document, takes it", body, w.Code)
		}
	}
}
