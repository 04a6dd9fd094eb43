package blueprints

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/blueprints/source"
)

func load(t testing.TB, files map[string]string, environment string) *plan.Plan {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	p, err := Load(fsys, ".", environment)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func digest(t testing.TB, p *plan.Plan) string {
	t.Helper()
	d, err := p.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestExamples holds the examples' plans to golden files, so that a changed
// default shows in review.
func TestExamples(t *testing.T) {
	for _, name := range []string{"credit", "churn", "concrete", "concrete-xgboost"} {
		plans, err := LoadAllDir(filepath.Join("examples", name))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for env, p := range plans {
			got, err := p.Encode()
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join("testdata", name+"."+env+".json")
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("%s in %s (-want +got):\n%s", name, env, diff)
			}
			if again, err := plan.Decode(bytes.NewReader(got)); err != nil || digest(t, again) != digest(t, p) {
				t.Errorf("%s in %s does not decode to itself: %v", name, env, err)
			}
		}
	}
}

func TestTheDigestIsOfTheMeaning(t *testing.T) {
	want := digest(t, load(t, map[string]string{"p.cue": small}, ""))
	head := "package p\nimport \"ashlar.dev/blueprint\"\nblueprint.#Blueprint\n"
	body := strings.TrimSuffix(strings.SplitN(small, "blueprint.#Blueprint & {\n", 2)[1], "}\n")
	slos := "\tslos: s: {endpoint: \"e\", objective: 99.9, indicator: \"latency\", threshold: \"50ms\"}\n"
	for name, files := range map[string]map[string]string{
		"comments and spaces":  {"p.cue": "// A comment.\n\n" + strings.ReplaceAll(small, ": ", ":   ")},
		"another file name":    {"z.cue": small},
		"two files":            {"a.cue": head + strings.Replace(body, slos, "", 1), "b.cue": "package p\n" + slos},
		"two files, reordered": {"b.cue": head + strings.Replace(body, slos, "", 1), "a.cue": "package p\n" + slos},
		"other files beside": {"p.cue": small, "data.csv": "x", "README.md": "# hello",
			"_off.cue": "{{{", "sub/x.cue": "{{{"},
		"what the default is": {"p.cue": strings.Replace(small, `name: "p"`, "name: \"p\"\n\tseed: 42", 1)},
	} {
		if got := digest(t, load(t, files, "")); got != want {
			t.Errorf("%s changed the digest", name)
		}
	}
	if digest(t, load(t, map[string]string{"p.cue": strings.Replace(small, "max_depth: 10",
		"max_depth: 11", 1)}, "")) == want {
		t.Error("another depth has the same digest")
	}
}

func TestAnOverlayReplacesAndMerges(t *testing.T) {
	text := strings.Replace(small, `environments: {dev: {}, prod: endpoints: e: replicas: {min: 2, max: 3}}`, `
	environments: {
		dev: {}
		prod: {
			endpoints: e: {replicas: {min: 2, max: 3}, drift: null}
			models: m: {params: max_depth: 4, approval: "auto", require: metrics: roc_auc: >=0.9, algorithm: "random_forest"}
			datasets: d: expect: []
			pipelines: extra: model: "m"
		}
	}`, 1)
	dev, prod := load(t, map[string]string{"p.cue": text}, "dev"), load(t, map[string]string{"p.cue": text}, "prod")
	if d, p := dev.Endpoints["e"], prod.Endpoints["e"]; d.Replicas.Max != 1 ||
		p.Replicas != (plan.Replicas{Min: 2, Max: 3}) || d.Drift == nil || p.Drift != nil {
		t.Errorf("endpoints: %+v, %+v", d, p)
	}
	zero := strings.Replace(text, "{min: 2, max: 3}, drift", "{min: 0, max: 3}, drift", 1)
	if e := load(t, map[string]string{"p.cue": zero}, "prod").Endpoints["e"]; e.Replicas !=
		(plan.Replicas{Min: 0, Max: 3}) {
		t.Errorf("no pods at least: %+v", e.Replicas)
	}
	d, p := dev.Models["m"], prod.Models["m"]
	if d.Params.Int("max_depth", 0) != 10 || p.Params.Int("max_depth", 0) != 4 || d.Approval.Policy != "manual" ||
		p.Approval.Policy != "auto" {
		t.Errorf("models: %+v, %+v", d, p)
	}
	if got := p.Require.Metrics["roc_auc"].String(); got != ">=0.9" {
		t.Errorf("the overlay's gate is %s", got)
	}
	if len(dev.Datasets["d"].Expect) != 2 || len(prod.Datasets["d"].Expect) != 0 || len(dev.Pipelines) != 1 ||
		len(prod.Pipelines) != 2 {
		t.Error("a list was not replaced, or a new concept not added")
	}
}

func TestTheEnvironmentIsDevUnlessNamed(t *testing.T) {
	none := strings.Replace(small, `environments: {dev: {}, prod: endpoints: e: replicas: {min: 2, max: 3}}`, "", 1)
	other := strings.Replace(small, `dev: {}`, `alpha: {}`, 1)
	for text, want := range map[string]string{small: "dev", none: "dev", other: "alpha"} {
		if got := load(t, map[string]string{"p.cue": text}, "").Environment; got != want {
			t.Errorf("environment %q, want %q", got, want)
		}
	}
	_, err := Load(fstest.MapFS{"p.cue": {Data: []byte(small)}}, ".", "prd")
	if err == nil || !strings.Contains(err.Error(), `did you mean "prod"`) {
		t.Errorf("got %v", err)
	}
}

func TestHostileSourcesAreRefusedQuickly(t *testing.T) {
	for name, text := range map[string]string{
		"endless recursion": "package p\nimport \"ashlar.dev/blueprint\"\nblueprint.#Blueprint\na: b: a\nname: \"x\"",
		"deep brackets":     "package p\nx: " + strings.Repeat("[", 100000),
		"a large file":      "package p\n// " + strings.Repeat("x", source.MaxFileBytes),
		"no package at all": "",
		"binary":            "\x00\xff\xfe",
		"not a blueprint":   "package p\nx: 1\n",
		"a list":            "package p\n[1, 2]\n",
	} {
		if _, err := LoadAll(fstest.MapFS{"p.cue": {Data: []byte(text)}}, "."); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(small)
	for _, c := range wrong[:8] {
		f.Add(strings.Replace(small, c.from, c.to, 1))
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4096 {
			return
		}
		plans, err := LoadAll(fstest.MapFS{"p.cue": {Data: []byte(text)}}, ".")
		if err != nil && err.Error() == "" {
			t.Error("an error that says nothing")
		}
		for _, p := range plans {
			if err == nil && digest(t, p) == "" {
				t.Error("no digest")
			}
		}
	})
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := LoadDir("examples/credit", ""); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLoad1000(b *testing.B) {
	for b.Loop() {
		var l Loader
		for i := range 1000 {
			text := strings.Replace(small, `"p"`, fmt.Sprintf(`"p%d"`, i), 1)
			if _, err := l.LoadAll(fstest.MapFS{"p.cue": {Data: []byte(text)}}, "."); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func TestPositionsNameTheLineThatWasWritten(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "p.cue"), []byte(small), 0o644); err != nil {
		t.Fatal(err)
	}
	var l Loader
	all, err := l.LoadDir(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(small, "\n")
	for path, want := range map[string]string{
		"owner.team":                       "team",
		"endpoints.e.drift.window":         "drift: window",
		"endpoints.e.replicas.min":         "replicas: {min: 2",
		"endpoints.e.limits.timeout":       "endpoints: e",
		"models.m.approval.policy":         "models: m",
		"datasets.d.expect.1.kwargs.regex": "match_regex",
		"models.m.require.fairness.Age.metrics.demographic_parity_ratio": "demographic_parity_ratio",
	} {
		file, line, col := all["prod"].Positions.Of(strings.Split(path, ".")...)
		if file != "p.cue" || line == 0 || col == 0 || !strings.Contains(lines[line-1], want) {
			t.Errorf("%s is said to be at %s:%d:%d, want the line with %q", path, file, line, col, want)
		}
	}
	if _, line, _ := (Positions{}).Of("name"); line != 0 {
		t.Error("a place in nothing")
	}
}
