package blueprints

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"cuelang.org/go/cue/parser"

	"github.com/ashlar-dev/ashlar/blueprints/source"
)

// otherwise are folders that no edit of the small blueprint gives.
var otherwise = map[string]fs.FS{
	"a file that is too large": fstest.MapFS{"p.cue": {Data: []byte("package p\n" +
		strings.Repeat("// line\n", source.MaxFileBytes/8+1))}},
	"too many brackets": fstest.MapFS{"p.cue": {Data: []byte("package p\nx: " +
		strings.Repeat("[", source.MaxNesting+1))}},
	"no file":          fstest.MapFS{"README.md": {}},
	"nothing declared": fstest.MapFS{"p.cue": {Data: []byte("package p\n")}},
	"two packages":     fstest.MapFS{"p.cue": {Data: []byte(small)}, "q.cue": {Data: []byte("package q\n")}},
	"OpenLineage in two places": fstest.MapFS{"p.cue": {Data: []byte(strings.Replace(small, `name: "p"`,
		"name: \"p\"\n\ttracking: openlineage: {url: \"https://lineage.example.com\", file: \"l.jsonl\"}", 1))}},
}

// problemsOf are the problems of every wrong input that the tests know, by name.
func problemsOf(t *testing.T) map[string]Problems {
	t.Helper()
	out := map[string]Problems{}
	add := func(name string, err error) {
		var found Problems
		if !errors.As(err, &found) {
			t.Fatalf("%s: got %v, want problems", name, err)
		}
		out[name] = found
	}
	for _, c := range wrong {
		add(c.name, loadAll(strings.Replace(small, c.from, c.to, 1)))
	}
	for name, files := range otherwise {
		_, err := LoadAll(files, ".")
		add(name, err)
	}
	_, err := Load(fstest.MapFS{"p.cue": {Data: []byte(small)}}, ".", "staging")
	add("an unknown environment", err)
	for _, c := range wrongStages {
		add(c.name, loadAll(strings.Replace(staged, c.from, c.to, 1)))
	}
	return out
}

func TestEveryProblemHasACodeAndEveryCodeAProblem(t *testing.T) {
	unseen := map[source.Code]bool{}
	for _, k := range source.Kinds() {
		if unseen[k.Code] {
			t.Errorf("%s is listed twice", k.Code)
		}
		unseen[k.Code] = true
		for what, text := range map[string]string{"title": k.Title, "cause": k.Cause, "remedy": k.Remedy,
			"wrong example": k.Wrong, "right example": k.Right} {
			if strings.TrimSpace(text) == "" {
				t.Errorf("%s has no %s", k.Code, what)
			}
		}
		if _, err := parser.ParseFile("right", k.Right); err != nil {
			t.Errorf("the right example of %s does not parse: %v", k.Code, err)
		}
		if _, err := parser.ParseFile("wrong", k.Wrong); (err != nil) != (k.Code == source.Syntax) &&
			k.Code != source.TwoPackages {
			t.Errorf("the wrong example of %s: %v", k.Code, err)
		}
	}
	known := len(unseen)
	seen := map[source.Code]bool{}
	for name, found := range problemsOf(t) {
		for _, p := range found {
			if p.Code == "" {
				t.Errorf("%s: no code: %s", name, p)
			}
			seen[p.Code] = true
			delete(unseen, p.Code)
		}
	}
	delete(unseen, source.WrongPack) // package policies has its cases
	for code := range unseen {
		t.Errorf("no wrong input gives %s", code)
	}
	if len(seen) > known {
		t.Errorf("%d codes are given and %d are listed", len(seen), known)
	}
}
