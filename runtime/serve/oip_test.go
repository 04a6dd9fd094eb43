package serve_test

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/serve"
)

const inferPath = "/v2/models/default-risk/infer"

// tensor is an output as JSON has it.
type tensor struct {
	Name       string         `json:"name"`
	Datatype   string         `json:"datatype"`
	Shape      []int          `json:"shape"`
	Parameters map[string]int `json:"parameters"`
	Data       []any          `json:"data"`
}

type inferred struct {
	ModelName    string   `json:"model_name"`
	ModelVersion string   `json:"model_version"`
	ID           string   `json:"id"`
	Outputs      []tensor `json:"outputs"`
}

func (r inferred) output(t *testing.T, name string) tensor {
	t.Helper()
	for _, o := range r.Outputs {
		if o.Name == name {
			return o
		}
	}
	t.Fatalf("no output %q in %+v", name, r)
	return tensor{}
}

// infer answers a request that must be accepted.
func infer(t *testing.T, s *serve.Server, body string) inferred {
	t.Helper()
	w := ask(s, http.MethodPost, inferPath, body)
	if w.Code != http.StatusOK {
		t.Fatalf("%s\nwas answered %d: %s", body, w.Code, w.Body)
	}
	return decode[inferred](t, w.Body)
}

// columns are two applicants, a tensor a column.
const columns = `{"name": "Age", "shape": [2], "datatype": "INT64", "data": [30, 50]},
	{"name": "Income", "shape": [2, 1], "datatype": "FP64", "data": [[12.5], [null]]},
	{"name": "Home", "shape": [2], "datatype": "BYTES", "data": ["rent", "castle"]},
	{"name": "Band", "shape": [2], "datatype": "BYTES", "data": ["1", "2"]},
	{"name": "Member", "shape": [2], "datatype": "BOOL", "data": [true, false]}`

const rows = `[{"Age": 30, "Income": 12.5, "Home": "rent", "Band": "1", "Member": true},
	{"Age": 50, "Income": null, "Home": "castle", "Band": "2", "Member": false}]`

func TestTensorsAreAnsweredAsRowsAre(t *testing.T) {
	s := serving(t, loans(t), serve.Config{})
	want := fine(t, s, `{"features": `+rows+`}`)
	got := infer(t, s, `{"id": "a-1", "inputs": [`+columns+`]}`)
	if got.ID != "a-1" || got.ModelName != "default-risk" || got.ModelVersion != "3" || len(got.Outputs) != 3 {
		t.Errorf("%+v", got)
	}
	label, p, all := got.output(t, "prediction"), got.output(t, "probability"), got.output(t, "probabilities")
	if label.Datatype != "BYTES" || p.Datatype != "FP64" || !cmp.Equal(all.Shape, []int{2, 2}) ||
		!cmp.Equal(p.Shape, []int{2}) {
		t.Errorf("%+v", got)
	}
	for i, row := range want.Predictions {
		if label.Data[i] != row.Prediction || p.Data[i] != row.Probability ||
			all.Data[2*i] != row.Probabilities["bad"] || all.Data[2*i+1] != row.Probabilities["good"] {
			t.Errorf("row %d: %v %v %v, want %+v", i, label.Data, p.Data, all.Data, row)
		}
	}
	only := infer(t, s, `{"inputs": [`+columns+`], "outputs": [{"name": "probability"}, {"name": "prediction"}]}`)
	if len(only.Outputs) != 2 || only.Outputs[0].Name != "probability" || only.Outputs[1].Name != "prediction" {
		t.Errorf("%+v", only)
	}
}

func TestOneTensorMayHoldAllColumns(t *testing.T) {
	m := constant(t, 1)
	m.Signature.Inputs = append(m.Signature.Inputs, model.Field{Name: "z", Type: plan.Number})
	m.Encoder.Fields = append(m.Encoder.Fields, model.FieldEncoder{Name: "z", Type: plan.Number, Impute: true})
	m.Linear.Weights[0] = []float64{10, 100}
	s := serving(t, prepared(t, m), serve.Config{})
	for _, data := range []string{`[1, 2, 3, 4]`, `[[1, 2], [3, 4]]`} {
		w := ask(s, http.MethodPost, "/v2/models/constant/infer",
			`{"inputs": [{"name": "input-0", "shape": [2, 2], "datatype": "FP32", "data": `+data+`}]}`)
		got := decode[inferred](t, w.Body)
		if fmt.Sprint(got.Outputs) != "[{prediction FP64 [2] map[] [211 431]}]" {
			t.Errorf("%s: %+v", data, got)
		}
	}
}

// binaryBody puts the tensors behind the JSON.
func binaryBody(more string) (string, string) {
	le := binary.LittleEndian
	age := le.AppendUint64(le.AppendUint64(nil, 30), 50)
	income := le.AppendUint64(le.AppendUint64(nil, math.Float64bits(12.5)), math.Float64bits(math.NaN()))
	home := []byte("\x04\x00\x00\x00rent\x06\x00\x00\x00castle")
	text := fmt.Sprintf(`{"inputs": [
		{"name": "Age", "shape": [2], "datatype": "INT64", "parameters": {"binary_data_size": %d}},
		{"name": "Income", "shape": [2, 1], "datatype": "FP64", "parameters": {"binary_data_size": %d}},
		{"name": "Home", "shape": [2], "datatype": "BYTES", "parameters": {"binary_data_size": %d}},
		{"name": "Band", "shape": [2], "datatype": "BYTES", "data": ["1", "2"]},
		{"name": "Member", "shape": [2], "datatype": "UINT8", "parameters": {"binary_data_size": 2}}]%s}`,
		len(age), len(income), len(home), more)
	return text + string(age) + string(income) + string(home) + "\x01\x00", strconv.Itoa(len(text))
}

func TestTensorsMayComeAndGoAsBytes(t *testing.T) {
	s := serving(t, loans(t), serve.Config{})
	want := fine(t, s, `{"features": `+rows+`}`)
	body, header := binaryBody(`, "parameters": {"binary_data_output": true},
		"outputs": [{"name": "probabilities"}, {"name": "prediction"},
			{"name": "probability", "parameters": {"binary_data": false}}]`)
	w := ask(s, http.MethodPost, inferPath, body, "Content-Type", "application/octet-stream",
		"Inference-Header-Content-Length", header)
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/octet-stream" {
		t.Fatalf("%d %s %s", w.Code, w.Header(), w.Body)
	}
	n, err := strconv.Atoi(w.Header().Get("Inference-Header-Content-Length"))
	if err != nil {
		t.Fatal(err)
	}
	raw := w.Body.Bytes()
	var got inferred
	if err := json.Unmarshal(raw[:n], &got); err != nil {
		t.Fatal(err)
	}
	raw = raw[n:]
	if size := got.Outputs[0].Parameters["binary_data_size"]; size != 32 || got.Outputs[0].Data != nil {
		t.Errorf("%+v", got.Outputs[0])
	}
	for i, row := range want.Predictions {
		if p := math.Float64frombits(binary.LittleEndian.Uint64(raw[16*i+8:])); p != row.Probabilities["good"] {
			t.Errorf("row %d: %v, want %+v", i, p, row)
		}
		if got.Outputs[2].Data[i] != row.Probability {
			t.Errorf("row %d: %v, want %+v", i, got.Outputs[2], row)
		}
	}
	labels := ""
	for _, row := range want.Predictions {
		text := row.Prediction.(string)
		labels += string(binary.LittleEndian.AppendUint32(nil, uint32(len(text)))) + text
	}
	if string(raw[32:]) != labels {
		t.Errorf("%q, want %q", raw[32:], labels)
	}

	// All as JSON is JSON, whatever the request was.
	body, header = binaryBody("")
	w = ask(s, http.MethodPost, inferPath, body, "Content-Type", "application/octet-stream",
		"Inference-Header-Content-Length", header)
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/json" ||
		w.Header().Get("Inference-Header-Content-Length") != "" {
		t.Errorf("%d %s %s", w.Code, w.Header(), w.Body)
	}
}

func TestAnyTypeThatHoldsTheValueIsTaken(t *testing.T) {
	s := serving(t, loans(t), serve.Config{})
	change := func(name, with string) string {
		kept := ""
		for _, line := range strings.Split(columns, "\n") {
			if !strings.Contains(line, `"`+name+`"`) {
				kept += strings.TrimSuffix(line, ",") + ","
			}
		}
		return `{"inputs": [` + kept + `{"name": "` + name + `", "shape": [2], ` + with + `}]}`
	}
	want := infer(t, s, `{"inputs": [`+columns+`]}`)
	for name, with := range map[string]string{
		"Age":    `"datatype": "FP64", "data": [30, 50.0]`,
		"Band":   `"datatype": "INT32", "data": [1, 2]`,
		"Member": `"datatype": "INT8", "data": [1, 0]`,
		"Income": `"datatype": "FP32", "data": [12.5, null]`,
	} {
		if d := cmp.Diff(want, infer(t, s, change(name, with))); d != "" {
			t.Errorf("%s as %s: %s", name, with, d)
		}
	}
	for _, c := range []struct{ name, with, want string }{
		{"Age", `"datatype": "FP64", "data": [30, 50.5]`, "row 1: Age: want an integer, got a number with a fraction"},
		{"Age", `"datatype": "BYTES", "data": ["30", "50"]`, "row 0: Age: want an integer, got a text"},
		{"Age", `"datatype": "FP64", "data": [30, null]`, "row 1: Age: must not be missing"},
		{"Band", `"datatype": "FP64", "data": [1, 7]`, "row 1: Band: want a text in double quotes, got a number"},
		{"Member", `"datatype": "INT8", "data": [1, 2]`, "row 1: Member: want true or false, got a number"},
		{"Income", `"datatype": "INT64", "data": [9007199254740993, 1]`,
			"row 0: Income: a 64-bit float would lose digits"},
	} {
		w := ask(s, http.MethodPost, inferPath, change(c.name, c.with))
		if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("%s as %s: %d %s, want %q", c.name, c.with, w.Code, w.Body, c.want)
		}
	}
}

func TestRequestsOfTensorsThatAreWrong(t *testing.T) {
	s := serving(t, loans(t), serve.Config{Limits: plan.Limits{MaxBatchRows: 2}})
	age := func(shape, data string) string {
		return `{"inputs": [{"name": "Age", "shape": ` + shape + `, "datatype": "INT64", "data": ` + data + `}]}`
	}
	for _, c := range []struct {
		body, want string
		status     int
	}{
		{`{`, "want a string", 400}, {`{"inputs": []}`, `"inputs\" is required`, 400},
		{age(`[1]`, `[1]`), "Band: is required; there is no tensor of this name", 400},
		{age(`[0]`, `[]`), "is required", 400},
		{age(`[1, 1, 1]`, `[1]`), "of the shape [rows] or [rows, 1]", 400},
		{age(`[1, 2]`, `[1, 2]`), "a column for each of the 6 inputs, and this has 2", 400},
		{`{"inputs": [` + columns + `, {"name": "Age", "shape": [2], "datatype": "INT64", "data": [1, 2]}]}`,
			"given twice", 400},
		{`{"inputs": [` + columns + `, {"name": "Agee", "shape": [2], "datatype": "INT64", "data": [1, 2]}]}`,
			"did you mean", 400},
		{`{"inputs": [` + columns + `, {"name": "Since", "shape": [1], "datatype": "BYTES", "data": ["2024-01-31"]}]}`,
			"has 1 rows", 400},
		{`{"inputs": [` + columns + `], "outputs": [{"name": "score"}]}`,
			`there are prediction, probability, probabilities`, 400},
		{`{"inputs": [` + columns + `], "outputs": [{"name": "margin"}]}`, `it is part of an explanation`, 400},
		{`{"inputs": [` + columns + `], "outputs": [{"name": "prediction"}, {"name": "prediction"}]}`,
			`asked for twice`, 400},
		{`{"inputs": [` + columns + `], "parameters": {"explain": true, "reasons": 7}}`, `from 1 to 6`, 400},
		{age(`[3]`, `[1, 2, 3]`), "Band: is required", 400},
		{age(`[13]`, `[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]`), "at most 2 rows", 413},
	} {
		w := ask(s, http.MethodPost, inferPath, c.body)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("%s: %d %s, want %d %q", c.body, w.Code, w.Body, c.status, c.want)
		}
		if failure := decode[map[string]string](t, w.Body); failure["error"] == "" || len(failure) != 1 {
			t.Errorf("%s: the error is %v", c.body, failure)
		}
	}
}

func TestTensorsAreExplainedToo(t *testing.T) {
	s := serving(t, loans(t), serve.Config{})
	want := fine(t, s, `{"explain": true, "reasons": 2, "features": `+rows+`}`)
	got := infer(t, s, `{"inputs": [`+columns+`], "parameters": {"explain": true, "reasons": 2}}`)
	contributions, reasons := got.output(t, "contributions"), got.output(t, "reasons")
	if !cmp.Equal(contributions.Shape, []int{2, 6}) || !cmp.Equal(reasons.Shape, []int{2, 2}) {
		t.Errorf("%+v %+v", contributions, reasons)
	}
	for i, row := range want.Predictions {
		for k, name := range []string{"Age", "Income", "Home", "Band", "Member", "Since"} {
			if contributions.Data[6*i+k] != row.Explanation.Contributions[name] {
				t.Errorf("row %d, %s: %v, want %v", i, name, contributions.Data[6*i+k], row.Explanation)
			}
		}
		if got.output(t, "margin").Data[i] != row.Explanation.Margin ||
			got.output(t, "base").Data[i] != row.Explanation.Base {
			t.Errorf("row %d: %+v", i, got)
		}
		for k := range 2 {
			name := ""
			if k < len(row.Explanation.Reasons) {
				name = row.Explanation.Reasons[k].Feature
			}
			if reasons.Data[2*i+k] != name {
				t.Errorf("row %d: reasons %v, want %+v", i, reasons.Data, row.Explanation.Reasons)
			}
		}
	}
}

func TestTheObserverHearsOfTensorsToo(t *testing.T) {
	seen := &listener{}
	s, err := serve.New(serve.Config{Endpoint: "scoring"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Swap(&serve.Served{Model: loans(t), Version: 3, Observer: seen}); err != nil {
		t.Fatal(err)
	}
	fine(t, s, `{"features": `+rows+`}`)
	n := len(seen.lines)
	infer(t, s, `{"inputs": [`+columns+`]}`)
	if n != 2 || len(seen.lines) != 4 || !cmp.Equal(seen.lines[:2], seen.lines[2:]) {
		t.Errorf("%d lines: %q", len(seen.lines), seen.lines)
	}
	ask(s, http.MethodPost, inferPath, `{"inputs": [`+strings.Replace(columns, "50", "50.5", 1)+`]}`)
	if len(seen.lines) != 4 {
		t.Errorf("a row was observed that was not answered")
	}
}

// listener writes down what an observer hears.
type listener struct{ lines []string }

func (l *listener) Observe(values []float64, texts []string, score model.Score) {
	l.lines = append(l.lines, fmt.Sprintf("%v %q %+v", values, texts, score))
}
