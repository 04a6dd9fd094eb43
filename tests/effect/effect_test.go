package effect

import (
	"fmt"
	"io/fs"
	"maps"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/ashlar-dev/ashlar/blueprints/schema"
)

// TestEveryFieldHasAnEffect changes each field and looks for what else changes.
func TestEveryFieldHasAnEffect(t *testing.T) {
	for _, e := range entries() {
		t.Run(e.field, func(t *testing.T) {
			t.Parallel()
			if seen := e.effect(t); seen == "" {
				t.Errorf("%s: nothing but the plan changes with %q", e.field, e.change)
			}
		})
	}
}

// effect returns what the probe sees of the change, or "". What the probe sees
// must not differ between two looks at the same.
func (e entry) effect(t *testing.T) string {
	t.Helper()
	base := e.base
	if base == "" {
		base = "base.cue"
	}
	after := newLab(t, base, e.with, e.change)
	after.changed = true
	looks := e.unchanged(t, base)
	a, b := looks.first(), e.seen(after)
	if a == "" {
		t.Fatalf("%s: nothing was seen before the change", e.field)
	}
	if a == b {
		return ""
	}
	if again := looks.second(); again != a {
		t.Fatalf("%s: the probe sees a difference where there is none:\n%s", e.field, difference(a, again))
	}
	return difference(a, b)
}

// unchanged are two looks at the blueprint before the change. Entries that
// differ in the change alone, and look by a function of the package, share them.
func (e entry) unchanged(t *testing.T, base string) *looks {
	look := func() string { return e.seen(newLab(t, base, e.with)) }
	l := &looks{first: sync.OnceValue(look), second: sync.OnceValue(look)}
	name := runtime.FuncForPC(reflect.ValueOf(e.seen).Pointer()).Name()
	if strings.Contains(name, ".func") {
		return l // a closure: its name does not say what it has captured
	}
	shared, _ := unchangedLooks.LoadOrStore(fmt.Sprintf("%s %s %q", name, base, e.with), l)
	return shared.(*looks)
}

type looks struct{ first, second func() string }

var unchangedLooks sync.Map // of *looks

// difference is the first lines that differ.
func difference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return "- " + strings.Join(x[i:min(i+8, len(x))], "\n- ") + "\n+ " +
				strings.Join(y[i:min(i+8, len(y))], "\n+ ")
		}
	}
	return "one has more lines than the other"
}

// TestTheListIsTheSchemas holds the entries to the fields that there are.
func TestTheListIsTheSchemas(t *testing.T) {
	for _, problem := range unlisted(t, schema.Files) {
		t.Error(problem)
	}
}

// unlisted compares the schema with the entries and the documentation.
func unlisted(t *testing.T, files fs.FS) []string {
	t.Helper()
	fields, docs := schemaFields(t, files), documentation()
	if len(fields) < 150 {
		t.Fatalf("only %d fields were found; the walk over the schema is broken", len(fields))
	}
	listed := map[string]bool{}
	for _, e := range entries() {
		listed[e.field] = true
	}
	var out []string
	for _, f := range slices.Sorted(maps.Keys(fields)) {
		_, documents := docs[f]
		switch {
		case documents && listed[f]:
			out = append(out, f+" is both documentation and acted on")
		case documents && !strings.Contains(fields[f], "for people"):
			out = append(out, f+" is documentation: its doc comment in the schema must say that it is for people")
		case !documents && !listed[f]:
			out = append(out, f+": nothing shows that it has an effect; add an entry, or take the field out of the schema")
		}
		delete(listed, f)
	}
	for _, f := range slices.Sorted(maps.Keys(listed)) {
		if _, ok := fields[f]; !ok {
			out = append(out, f+" is listed, and the schema has no such field")
		}
	}
	return out
}

// TestDocumentationIsNoMoreThanThat changes all that is said to be documentation
// and wants nothing to follow: it also proves that the probes look at effects
// and not at the plan, whose digest these changes move.
func TestDocumentationIsNoMoreThanThat(t *testing.T) {
	probes := map[string]probe{
		"check": verdict, "build": built,
		"answers":   answers(predict(row), get("/schema"), get("/drift"), get("/health")),
		"manifests": manifests(anywhere()), "terraform": manifests(onAWS()),
		"alerts": file("alerts.yaml", "generate", "alerts", "--out", "alerts.yaml"),
	}
	var all []string
	for _, field := range slices.Sorted(maps.Keys(documentation())) {
		all = append(all, documentation()[field]...)
	}
	for name, look := range probes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := entry{field: "documentation", change: all, seen: look}
			if seen := e.effect(t); seen != "" {
				t.Errorf("a field that is said to be for people alone has an effect:\n%s", seen)
			}
		})
	}
}

// TestTheLawBites feeds it what it must find.
func TestTheLawBites(t *testing.T) {
	t.Run("a field without effect", func(t *testing.T) {
		e := entry{field: "#Column.unit", change: documentation()["#Column.unit"], seen: built}
		if seen := e.effect(t); seen != "" {
			t.Errorf("went unnoticed: %s", seen)
		}
	})
	t.Run("a new field without an entry", func(t *testing.T) {
		files := fstest.MapFS{"new.cue": {Data: []byte("package blueprint\n\n#Dataset: {colour?: string, inner: {depth: *1 | int}}\n")}}
		names, err := fs.Glob(schema.Files, "*.cue")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			text, err := schema.Files.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			files[name] = &fstest.MapFile{Data: text}
		}
		found := strings.Join(unlisted(t, files), "\n")
		for _, want := range []string{"#Dataset.colour: nothing shows", "#Dataset.inner.depth: nothing shows"} {
			if !strings.Contains(found, want) {
				t.Errorf("it does not say %q:\n%s", want, found)
			}
		}
	})
}
