package edit

import (
	"errors"
	"strings"
	"testing"
)

func TestOneValueChangesAndNothingElse(t *testing.T) {
	for name, c := range map[string]struct {
		text, path string
		value      Value
		want       string
	}{
		"a number": {"a: b: 3 // why\n", "a.b", Int(5), "a: b: 5 // why\n"},
		"a text":   {"a: {b: \"1Gi\", c: 1}\n", "a.b", String("2Gi"), "a: {b: \"2Gi\", c: 1}\n"},
		"a text that CUE would read otherwise": {"a: b: \"x\"\n", "a.b", String(`"\(a)`),
			"a: b: \"\\\"\\\\(a)\"\n"},
		"a name that needs quotes":   {"a: \"b-c\": d: 1\n", "a.b-c.d", Int(2), "a: \"b-c\": d: 2\n"},
		"twice":                      {"a: b: 1\na: {\n\tb: 1\n}\n", "a.b", Int(2), "a: b: 2\na: {\n\tb: 2\n}\n"},
		"beside one in a line":       {"a: b: 1 // why\n", "a.c", Int(2), "a: {b: 1, c: 2} // why\n"},
		"within braces in a line":    {"a: {b: 1}\n", "a.c", Int(2), "a: {b: 1, c: 2}\n"},
		"within empty braces":        {"a: {}\n", "a.c", Int(2), "a: {c: 2}\n"},
		"after a comma":              {"a: {b: 1,}\n", "a.c", Int(2), "a: {b: 1, c: 2}\n"},
		"on a line of its own":       {"a: {\n\tb: 1 // why\n}\n", "a.c.d", Int(2), "a: {\n\tb: 1 // why\n\tc: d: 2\n}\n"},
		"within what is embedded":    {"#D & {\n\ta: 1\n}\n", "b.c-d", Int(2), "#D & {\n\ta: 1\n\tb: \"c-d\": 2\n}\n"},
		"at the end":                 {"a: 1", "b", Int(2), "a: 1\nb: 2\n"},
		"one of a name, not the one": {"_b: 1\nb?: 1\n#b: 1\n", "b", Int(2), "_b: 1\nb?: 1\n#b: 1\nb: 2\n"},
		"a chain that goes on": {"a: b: {\n\tc: 1\n}\n", "a.d", Int(2),
			"a: {b: {\n\tc: 1\n}, d: 2}\n"},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string][]byte{"x.cue": []byte("package x\n" + c.text), "y.cue": []byte("package x\n")}
			got, err := Set(files, strings.Split(c.path, "."), c.value)
			if err != nil || string(got["x.cue"]) != "package x\n"+c.want || string(got["y.cue"]) != "package x\n" {
				t.Errorf("%v\n%s%s", err, got["x.cue"], got["y.cue"])
			}
			if string(files["x.cue"]) != "package x\n"+c.text {
				t.Errorf("the text that was given is now\n%s", files["x.cue"])
			}
		})
	}
}

func TestTheFileWithTheDeepestStructGetsTheField(t *testing.T) {
	files := map[string][]byte{"a.cue": []byte("package x\n\na: 1\n"), "b.cue": []byte("package x\n\nb: c: d: 1\n")}
	got, err := Set(files, []string{"b", "c", "e"}, Int(2))
	if err != nil || string(got["b.cue"]) != "package x\n\nb: c: {d: 1, e: 2}\n" || string(got["a.cue"]) != string(files["a.cue"]) {
		t.Errorf("%v %s", err, got)
	}
}

func TestAnExpressionIsNotOverwritten(t *testing.T) {
	for _, text := range []string{"n: 1\na: b: n", "a: b: *1 | int", "a: b: 1 + 1", "a: {b: {c: 1}}"} {
		_, err := Set(map[string][]byte{"x.cue": []byte(text)}, []string{"a", "b"}, Int(2))
		var computed *ComputedError
		if !errors.As(err, &computed) || computed.File != "x.cue" {
			t.Errorf("%s: %v", text, err)
		}
	}
	if _, err := Set(map[string][]byte{"x.cue": []byte("a: {")}, []string{"a"}, Int(2)); err == nil {
		t.Error("a file that does not parse was changed")
	}
	if _, err := Set(nil, []string{"a"}, Int(2)); err == nil {
		t.Error("a field was written into no file")
	}
}
