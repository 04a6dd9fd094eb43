package plan

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func is(op Op, v any) Constraint { return Constraint{Compare: []Comparison{{Op: op, Value: v}}} }

func kinds(k ...Kind) Constraint { return Constraint{Kinds: k} }

func fields(closed bool, named map[string]Field) Constraint {
	return Constraint{Fields: &Fields{Named: named, Closed: closed}}
}

func matcher(t testing.TB, c Constraint) *Matcher {
	t.Helper()
	m, err := c.Compile()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func value(t testing.TB, text string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func whole(n int) *int { return &n }

func TestAValueIsAnInstanceOfAConstraint(t *testing.T) {
	replicas := fields(false, map[string]Field{"min": {Is: is(GreaterEqual, 2.0)},
		"max": {Optional: true, Is: kinds(IntKind)}})
	anyOf := Constraint{Any: []Constraint{is(Equal, "a"), kinds(NullKind)}}
	cases := []struct {
		name string
		c    Constraint
		yes  string // values, as a JSON list
		no   string
	}{
		{"nothing asked", Constraint{}, `[1, null, {}, [], "x"]`, `[]`},
		{"nothing allowed", Constraint{Never: true}, `[]`, `[1, null, {}]`},
		{"kinds", kinds(IntKind, StringKind), `[1, 2.0, "x"]`, `[1.5, true, null, [], {}]`},
		{"a bound", is(GreaterEqual, 2.0), `[2, 2.5]`, `[1, "2", null, {}]`},
		{"not a number", is(NotEqual, 2.0), `[1, 2.5]`, `[2, "a"]`},
		{"text in order", is(Less, "b"), `["a", ""]`, `["b", "c", 1]`},
		{"an expression", is(Matches, "^a.c$"), `["abc"]`, `["abcd", 1]`},
		{"no expression", is(NotMatches, "^a"), `["b"]`, `["a", 1]`},
		{"true", is(Equal, true), `[true]`, `[false, 1]`},
		{"anything but null", is(NotEqual, nil), `[1, "a", {}, false]`, `[null]`},
		{"fields", replicas, `[{"min": 2}, {"min": 3, "max": 4, "x": 1}]`,
			`[{}, {"min": 1}, {"min": 2, "max": "x"}, [], 1]`},
		{"a closed struct", fields(true, map[string]Field{"a": {Is: Constraint{}}}), `[{"a": 1}]`,
			`[{"a": 1, "b": 2}, {}]`},
		{"a field that must not be", fields(false,
			map[string]Field{"a": {Optional: true, Is: Constraint{Never: true}}}), `[{}, {"b": 1}]`, `[{"a": 1}]`},
		{"a pattern", Constraint{Fields: &Fields{Patterns: []Pattern{{Name: is(Matches, "^x"), Is: kinds(IntKind)}}}},
			`[{"x1": 1, "y": "a"}, {}]`, `[{"x1": "a"}]`},
		{"a closed pattern", Constraint{Fields: &Fields{Closed: true,
			Patterns: []Pattern{{Name: is(Matches, "^x"), Is: Constraint{}}}}}, `[{"x1": 1}]`, `[{"y": 1}]`},
		{"items", Constraint{Items: &Items{First: []Constraint{is(Equal, 1.0)},
			Rest: &Constraint{Kinds: []Kind{StringKind}}}}, `[[1], [1, "a"]]`, `[[], [2], [1, 2], {}]`},
		{"so many items", Constraint{Items: &Items{First: []Constraint{{}}}}, `[[1]]`, `[[], [1, 2]]`},
		{"sizes", Constraint{Size: &Size{Of: StringKind, Min: whole(2), Max: whole(3)}},
			`["éa", "abc"]`, `["é", "abcd", [1, 2]]`},
		{"alternatives", anyOf, `["a", null]`, `["b", 1]`},
		{"all of them", Constraint{All: []Constraint{replicas, anyOf}}, `[]`, `["a", {"min": 2}]`},
		{"a count of items", Constraint{Count: &Count{Each: &Constraint{Kinds: []Kind{IntKind}},
			N: is(GreaterEqual, 2.0)}}, `[[1, 2, "a"]]`, `[[1, "a"], 1]`},
		{"none of them", Constraint{Count: &Count{Of: []Constraint{is(Equal, "a"), kinds(IntKind)}, N: is(Equal, 0.0)}},
			`["b", null]`, `["a", 1]`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { judges(t, c.c, c.yes, c.no) })
	}
}

// judges checks the constraint on both lists, and that JSON carries it.
func judges(t *testing.T, c Constraint, yes, no string) {
	t.Helper()
	m := matcher(t, c)
	for want, list := range map[Truth]string{Yes: yes, No: no} {
		for _, v := range value(t, list).([]any) {
			if got := m.Judge(v); got != want {
				t.Errorf("%s of %v: %d, want %d", c, v, got, want)
			}
			if why := m.Explain(v); (len(why) == 0) != (want == Yes) {
				t.Errorf("%s of %v is explained by %v", c, v, why)
			}
		}
	}
	b, err := Canonical(c)
	if err != nil {
		t.Fatal(err)
	}
	var again Constraint
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&again); err != nil || again.String() != c.String() {
		t.Errorf("JSON makes %s of %s (%v)", again, c, err)
	}
}

func TestWhatIsNotKnownLeavesAVerdictOpen(t *testing.T) {
	c := fields(false, map[string]Field{"a": {Is: is(Equal, 1.0)}, "b": {Is: kinds(StringKind)}})
	for name, check := range map[string]struct {
		v    any
		want Truth
	}{
		"it would have to be a":       {map[string]any{"a": Unknown{}, "b": "x"}, Open},
		"the other part fails anyway": {map[string]any{"a": Unknown{}, "b": 1}, No},
		"nobody asks for it":          {map[string]any{"a": 1, "b": "x", "c": Unknown{}}, Yes},
		"all of it":                   {Unknown{}, Open},
	} {
		m := matcher(t, c)
		if got := m.Judge(check.v); got != check.want {
			t.Errorf("%s: %d, want %d", name, got, check.want)
		}
		for _, miss := range m.Explain(check.v) {
			if miss.Open != (miss.Found == "not known") {
				t.Errorf("%s: %+v", name, miss)
			}
		}
	}
	either := Constraint{Any: []Constraint{is(Equal, 1.0), {}}}
	if matcher(t, either).Judge(Unknown{}) != Yes {
		t.Error("a value that may be anything is not known, and that is fine")
	}
	two := Constraint{Count: &Count{Each: &Constraint{Compare: []Comparison{{Equal, 1.0}}}, N: is(LessEqual, 1.0)}}
	if got := matcher(t, two).Judge([]any{1, Unknown{}}); got != Open {
		t.Errorf("one or two of them: %d", got)
	}
	if got := matcher(t, two).Judge([]any{1, 1, Unknown{}}); got != No {
		t.Errorf("two or three of them: %d", got)
	}
}

func TestReasonsNameTheValueAndTheConstraint(t *testing.T) {
	c := fields(false, map[string]Field{
		"replicas": {Is: fields(false, map[string]Field{"min": {Is: is(GreaterEqual, 2.0)}})},
		"strategy": {Is: Constraint{Any: []Constraint{
			fields(false, map[string]Field{"canary": {Is: fields(false,
				map[string]Field{"steps": {Is: Constraint{Size: &Size{Of: ListKind, Min: whole(1)}}}})}}),
			is(Equal, "none"),
		}}},
		"gone":     {Optional: true, Is: Constraint{Never: true}},
		"password": {Is: is(Equal, "x")},
	})
	misses := matcher(t, c).Explain(map[string]any{
		"replicas": map[string]any{"min": 1.0}, "gone": 1, "password": Secret{"hunter2"},
		"strategy": map[string]any{"canary": map[string]any{"steps": []any{}}},
	})
	var got []string
	for _, m := range misses {
		got = append(got, m.String())
	}
	want := `gone is 1, must not be there
password is a secret, must be "x"
replicas.min is 1, must be >=2
strategy.canary.steps is a list of 0 items, must be list.MinItems(1)`
	if text := strings.Join(got, "\n"); text != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
	needed := matcher(t, fields(false, map[string]Field{"a": {Is: Constraint{}}}))
	if got := needed.Explain(map[string]any{})[0].String(); got != "a is missing" {
		t.Errorf("got %q", got)
	}
	guarded := Constraint{Any: []Constraint{
		fields(false, map[string]Field{"sensitive": {Is: is(Equal, false)}}),
		fields(false, map[string]Field{"anonymise": {Is: kinds(StringKind)}}),
	}}
	columns := matcher(t, Constraint{Fields: &Fields{Patterns: []Pattern{{Is: guarded}}}})
	if got := columns.Explain(value(t, `{"Age": {"sensitive": true}}`)); len(got) != 1 ||
		got[0].String() != "Age: sensitive is true, must be false; or anonymise is missing, must be string" {
		t.Errorf("got %v", got)
	}
	deep := matcher(t, is(Equal, "x")).Explain(Secret{map[string]any{"k": "hunter2"}})
	if len(deep) != 1 || strings.Contains(deep[0].String(), "hunter2") {
		t.Errorf("a secret was shown: %v", deep)
	}
}

func TestAConstraintThatMeansNothingIsAnError(t *testing.T) {
	deep := Constraint{}
	for range 200 {
		deep = Constraint{All: []Constraint{deep}}
	}
	wide := Constraint{Any: make([]Constraint, 20000)}
	for name, c := range map[string]Constraint{
		"unknown kind":    kinds("number"),
		"RE2":             is(Matches, "(?=a)"),
		`operator ">="`:   is(GreaterEqual, true),
		`operator "=~"`:   is(Matches, 1.0),
		"cannot compare":  is(Equal, []any{}),
		"has no size":     {Size: &Size{Of: IntKind}},
		"nested deeper":   deep,
		"more than 10000": wide,
	} {
		if _, err := c.Compile(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzConstraint(f *testing.F) {
	f.Add(`{"fields":{"named":{"a":{"is":{"compare":[{"op":">=","value":1}]}}}}}`, `{"a":1}`)
	f.Add(`{"any":[{"kinds":["int"]},{"items":{"rest":{}}}],"count":{"of":[{}],"n":{}}}`, `[1,"a"]`)
	f.Fuzz(func(t *testing.T, constraint, text string) {
		var c Constraint
		var v any
		if json.Unmarshal([]byte(constraint), &c) != nil || json.Unmarshal([]byte(text), &v) != nil {
			return
		}
		m, err := c.Compile()
		if err != nil {
			return
		}
		if yes, why := m.Judge(v) == Yes, m.Explain(v); yes != (len(why) == 0) {
			t.Errorf("%s of %v: %t, but %v", c, v, yes, why)
		}
	})
}
