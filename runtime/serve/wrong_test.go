package serve_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ashlar-dev/ashlar/runtime/serve"
)

// failure is what an error's answer holds.
type failure struct {
	Error serve.Problem `json:"error"`
}

// refused reads an answer that must be an error with that status.
func refused(t testing.TB, w *httptest.ResponseRecorder, status int) serve.Problem {
	t.Helper()
	if w.Code != status || w.Header().Get("Content-Type") != "application/json" {
		t.Fatalf("answered %d %s: %s; want %d", w.Code, w.Header().Get("Content-Type"), w.Body, status)
	}
	p := decode[failure](t, w.Body).Error
	if p.Code == "" || p.Message == "" || p.RequestID == "" || p.RequestID != w.Header().Get("X-Request-Id") {
		t.Errorf("an error without code, message or request id: %+v", p)
	}
	return p
}

// said lists a problem's fields as "row.field: message", row only of a batch.
func said(p serve.Problem) []string {
	var out []string
	for _, f := range p.Fields {
		at := f.Field
		if f.Row != nil {
			at = fmt.Sprint(*f.Row, ".", f.Field)
		}
		out = append(out, at+": "+f.Message)
	}
	return out
}

// wrongRows are bodies, each with all that is wrong with it.
var wrongRows = map[string][]string{
	`{"features": ["x", 1, "own", "1", true, null]}`:                     {"Age: want an integer, got a text"},
	`{"features": [1.5, 1, "own", "1", true, null]}`:                     {"Age: want an integer, got a number with a fraction"},
	`{"features": [1e20, 1, "own", "1", true, null]}`:                    {"Age: want an integer of at most 64 bits"},
	`{"features": [1, 9007199254740993, "own", "1", true, null]}`:        {"Income: a 64-bit float would lose digits of the number"},
	`{"features": ["NA", 1, "own", "NULL", " ", "NaN"]}`:                 {"Age: must not be missing: the column is not nullable", "Band: must not be missing: the column is not nullable", "Member: must not be missing: the column is not nullable"},
	`{"features": [null, 1, "own", "1", true, null]}`:                    {"Age: must not be missing: the column is not nullable"},
	`{"features": [true, 1, "own", "1", true, null]}`:                    {"Age: want an integer, got true or false"},
	`{"features": [1, [2], "own", "1", true, null]}`:                     {"Income: want a number, got an array"},
	`{"features": [1, {"a": 2}, "own", "1", 1, null]}`:                   {"Income: want a number, got an object"},
	`{"features": [1, 1e400, "own", "1", true, null]}`:                   {"Income: the number is beyond what a 64-bit float holds"},
	`{"features": [1, "2", "own", "1", true, null]}`:                     {"Income: want a number, got a text"},
	`{"features": [1, 2, 3, "1", true, null]}`:                           {"Home: want a text in double quotes, got a number"},
	`{"features": [1, 2, true, true, true, null]}`:                       {"Home: want a text in double quotes, got true or false"},
	`{"features": [1, 2, "own", null, true, null]}`:                      {"Band: must not be missing: the column is not nullable"},
	`{"features": [1, 2, "own", "1", 2, null]}`:                          {"Member: want true or false, got a number"},
	`{"features": [1, 2, "own", "1", "yes", null]}`:                      {"Member: want true or false, got a text"},
	`{"features": [1, 2, "own", "1", true, 3]}`:                          {"Since: want a timestamp in double quotes: RFC 3339 or YYYY-MM-DD, got a number"},
	`{"features": [1, 2, "own", "1", true, "soon"]}`:                     {"Since: want a timestamp: RFC 3339 or YYYY-MM-DD"},
	`{"features": [1, 2, "own", "1", true, "2024"]}`:                     {"Since: want a timestamp: RFC 3339 or YYYY-MM-DD"},
	`{"features": [1, 2, "own"]}`:                                        {`Band: the row has 3 values, want 6: the first without one is this field; GET /schema lists the order`},
	`{"features": []}`:                                                   {`Age: the row has 0 values, want 6: the first without one is this field; GET /schema lists the order`},
	`{"features": [1, 2, "own", "1", true, null, 7]}`:                    {`: the row has 7 values, want 6: the last is "Since"; GET /schema lists the order`},
	`{"features": {"Age": 1, "Age": 2, "Band": "1", "Member": true}}`:    {"Age: is given twice"},
	`{"features": {"Agee": 1, "Age": 1, "Band": "1", "Member": true}}`:   {`Agee: is not an input of the model; did you mean "Age"?`},
	`{"features": {"xyzzy": 1, "Age": 1, "Band": "1", "Member": true}}`:  {"xyzzy: is not an input of the model"},
	`{"features": {"Status": 1, "Age": 1, "Band": "1", "Member": true}}`: {"Status: is what the model predicts, no input of it"},
	`{"features": {"Age": 1, "Member": true}}`:                           {"Band: is required; it is not in the row"},
	`{"features": {}}`: {
		"Age: is required; it is not in the row", "Band: is required; it is not in the row",
		"Member: is required; it is not in the row",
	},
	// all at once, each where it is
	`{"features": {"age": "x", "Income": "y", "Home": 1, "Band": [], "Member": 3, "Since": true}}`: {
		`age: is not an input of the model; did you mean "Age"?`, "Income: want a number, got a text",
		"Home: want a text in double quotes, got a number",
		"Band: want a text in double quotes, got an array", "Member: want true or false, got a number",
		"Since: want a timestamp in double quotes: RFC 3339 or YYYY-MM-DD, got true or false",
		"Age: is required; it is not in the row",
	},
	`{"features": [[1, 2, "own", "1", true, null], [1, 2, "own", "1", true], 7, {"Age": "x", "Band": "1", "Member": true}]}`: {
		"1.Since: the row has 5 values, want 6: the first without one is this field; GET /schema lists the order",
		"2.: want a row as an array or an object", "3.Age: want an integer, got a text",
	},
	// around the rows
	`{"feature": [1, 2, "own", "1", true, null]}`:                  {`feature: is unknown; the rows belong under "features"`},
	`{"features": [1, 2, "own", "1", true, null], "x": [[]]}`:      {`x: is unknown; the rows belong under "features"`},
	`{"features": [1, 2, "own", "1", true, null], "features": {}}`: {"features: is given twice"},
	`{}`:                             {"features: is required: a row as an array or an object, or an array of rows"},
	`{"features": 7}`:                {"features: want a row as an array or an object, or an array of rows"},
	`{"features": null}`:             {"features: want a row as an array or an object, or an array of rows"},
	`[1, 2, "own", "1", true, null]`: {`: want an object such as {"features": [...]}`},
	`"features"`:                     {`: want an object such as {"features": [...]}`},
}

func TestWrongRowsAreToldByFieldAndRow(t *testing.T) {
	s := serving(t, loans(t), serve.Config{})
	for body, want := range wrongRows {
		w := predict(s, body)
		if w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s\nwas answered %d: %s", body, w.Code, w.Body)
			continue
		}
		p := refused(t, w, http.StatusUnprocessableEntity)
		if diff := cmp.Diff(want, said(p)); diff != "" || p.Code != "invalid_features" {
			t.Errorf("%s\n%s: %s", body, p.Code, diff)
		}
		count := "1 problem with the features"
		if len(want) > 1 {
			count = fmt.Sprint(len(want), " problems with the features")
		}
		if p.Message != count {
			t.Errorf("%s\n%q, want %q", body, p.Message, count)
		}
	}
}

func TestABodyThatIsNoJSONIsToldLineAndColumn(t *testing.T) {
	s := serving(t, loans(t), serve.Config{})
	for body, want := range map[string]string{
		"":                                    "line 1, column 1: the text ends where a value should be",
		"{\n\"features\": [1,\n  NaN]}":       "line 3, column 3: NaN and Infinity are not valid JSON",
		`{"features": [1, Infinity]}`:         "line 1, column 18: NaN and Infinity",
		`{"features": [1, -Infinity]}`:        "line 1, column 19: NaN and Infinity",
		"{\"features\": [\"\xff\"]}":          "line 1, column 16: the text is not UTF-8",
		"{\"features\": {\"\xc3\x28\": 1}}":   "line 1, column 16: the text is not UTF-8",
		`{"features": [1, 2]} x`:              "line 1, column 22: something follows",
		`{"features": [1, 2]}{"features": 1}`: "line 1, column 21: something follows",
		`{"features": [1, 2`:                  "line 1, column 19: the text ends",
		`{"features": [1, 2,]}`:               "line 1, column 20: a comma",
		`{'features': [1]}`:                   "line 1, column 2: strings need double quotes",
		`{"features": [01]}`:                  "line 1, column 15: a number has no zero before its other digits",
		"\ufeff{}":                            "line 1, column 1: want a value",
	} {
		w := ask(s, http.MethodPost, "/predict", body, "Content-Type", "application/json")
		if p := refused(t, w, http.StatusBadRequest); p.Code != "malformed_json" ||
			!strings.HasPrefix(p.Message, want) || p.Fields != nil {
			t.Errorf("%q: %+v, want %q", body, p, want)
		}
	}
}

func TestARowThatPredictsNoNumberIsRefused(t *testing.T) {
	m := constant(t, 1)
	m.Linear.Weights[0][0] = 1e308
	s := serving(t, prepared(t, m), serve.Config{})
	if p := refused(t, predict(s, `{"features": [1e300]}`),
		http.StatusUnprocessableEntity); !strings.Contains(said(p)[0], "not a finite number") {
		t.Errorf("%v", said(p))
	}
	p := refused(t, predict(s, `{"features": [[0], [1e300], [0], [-1e300]]}`), http.StatusUnprocessableEntity)
	if len(p.Fields) != 2 || *p.Fields[0].Row != 1 || *p.Fields[1].Row != 3 {
		t.Errorf("%v", said(p))
	}
	if a := fine(t, s, `{"features": [0]}`); a.Prediction != 1.0 {
		t.Errorf("the next row is predicted %v", a.Prediction)
	}
}
