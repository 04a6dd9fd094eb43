package plan

import (
	"encoding/json"
	"strings"
	"testing"
)

type heavy struct {
	Name  string            `json:"name"`
	Room  [1000]byte        `json:"-"`
	Below []heavy           `json:"below"`
	Maps  map[string]string `json:"maps"`
	Any   any               `json:"any"`
	Raw   json.RawMessage   `json:"raw"`
	light
}

type light struct {
	Numbers []float64
	Texts   []string `json:"texts"`
}

func TestJSONThatTakesFarMoreThanItHasIsRefused(t *testing.T) {
	list := func(of string, n int) string { return "[" + strings.Repeat(of+",", n-1) + of + "]" }
	nested := func(n int) string {
		return strings.Repeat(`{"any":`, 1) + strings.Repeat("[", n) + strings.Repeat("]", n) + "}"
	}
	for name, c := range map[string]struct {
		text, want string
	}{
		"structs":                       {`{"below":` + list("0", 20_000) + `}`, "a list is too long"},
		"structs in structs":            {list(`{"below":[1,2,3]}`, 5000), "a list is too long"},
		"structs under another case":    {`{"BELOW":` + list("{}", 20_000) + `}`, "a list is too long"},
		"structs under an escaped name": {`{"\u0062elow" : ` + list(" null ", 20_000) + `}`, "a list is too long"},
		"structs behind a long text": {`{"name":"\"]},{\\","below":` + list(`{"name":"x"}`, 20_000) +
			`}`, "a list is too long"},
		"maps":              {`{"maps":{` + strings.Repeat(`"":"",`, 200_000) + `"":""}}`, ""},
		"nesting":           {nested(maxJSONNesting + 1), "nested deeper than 200"},
		"nesting that fits": {nested(maxJSONNesting - 1), ""},
		"a few structs":     {`{"below":` + list("{}", 500) + `}`, ""},
		"what is left out":  {`{"other":` + list("0", 200_000) + `}`, ""},
		"what reads itself": {`{"raw":` + list("0", 200_000) + `}`, ""},
		"numbers": {`{"numbers":` + list("0", 200_000) + `,"texts":` +
			list(`""`, 100_000) + `}`, ""},
		"any":      {`{"any":` + list("0", 50_000) + `}`, ""},
		"no JSON":  {`{"below":` + list("0", 20_000), ""},
		"nothing":  {"", ""},
		"a number": {" 1 ", ""},
	} {
		var into any = &heavy{}
		if strings.HasPrefix(c.text, "[") {
			into = &[]heavy{}
		}
		if err := Weigh([]byte(c.text), into); (c.want == "") != (err == nil) || err != nil &&
			!strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	var h heavy
	if err := Unmarshal([]byte(`{"name":"a","numbers":[1]}`), &h); err != nil || h.Name != "a" || len(h.Numbers) != 1 {
		t.Errorf("%v, %v", h.Name, err)
	}
}

func FuzzWeigh(f *testing.F) {
	f.Add([]byte(`{"below":[{"name":"\"x"},{}], "any":[[1,true,null]] , "maps":{"a":"b"}}`))
	f.Add([]byte(` [ ] `))
	f.Fuzz(func(_ *testing.T, text []byte) {
		if err := Weigh(text, &heavy{}); err == nil && len(text) < 1000 {
			_ = json.Unmarshal(text, &heavy{})
		}
	})
}
