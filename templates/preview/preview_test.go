package preview

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func options() Options {
	return Options{Owner: "acme", Repository: "shop.ml", URL: "oci://registry.example.com:5000/acme/shop", Name: "shop",
		Label: "preview", Secret: "github-token", Every: 5 * time.Minute}
}

func TestObjectsAreTheGoldenOnes(t *testing.T) {
	for _, tool := range Tools() {
		got, err := For(tool, options())
		if err != nil {
			t.Fatal(err)
		}
		golden := filepath.Join("testdata", tool+".yaml")
		if *update {
			if err := os.MkdirAll("testdata", 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(golden, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if want, err := os.ReadFile(golden); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s are others than the golden ones (%v):\n%s", tool, err, got)
		}
	}
}

// documents reads YAML, whatever is in it.
func documents(t *testing.T, text []byte) (out []map[string]any) {
	t.Helper()
	for d := yaml.NewDecoder(bytes.NewReader(text)); ; {
		var one map[string]any
		if err := d.Decode(&one); errors.Is(err, io.EOF) {
			return out
		} else if err != nil {
			t.Fatal(err)
		}
		out = append(out, one)
	}
}

// at follows the keys, and indexes of lists.
func at(v any, path ...any) any {
	for _, key := range path {
		switch k := key.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[k]
		case int:
			list, _ := v.([]any)
			if k >= len(list) {
				return nil
			}
			v = list[k]
		}
	}
	return v
}

func TestArgoCDDeletesWhatAClosedPullRequestDeployed(t *testing.T) {
	text, err := For("argocd", options())
	if err != nil {
		t.Fatal(err)
	}
	set := documents(t, text)[0]
	for want, path := range map[string][]any{
		"shop-pr-{{ .number }}":                  {"spec", "template", "metadata", "name"},
		"resources-finalizer.argocd.argoproj.io": {"spec", "template", "metadata", "finalizers", 0},
		"pr-{{ .number }}-{{ .head_sha }}":       {"spec", "template", "spec", "source", "targetRevision"},
		"preview":                                {"spec", "generators", 0, "pullRequest", "github", "labels", 0},
		"github-token": {"spec", "generators", 0, "pullRequest", "github",
			"tokenRef", "secretName"},
		"oci://registry.example.com:5000/acme/shop": {"spec", "template", "spec", "source", "repoURL"},
	} {
		if got := at(set, path...); got != want {
			t.Errorf("%v is %v, want %s", path, got, want)
		}
	}
}

func TestFluxPrunesWhatAClosedPullRequestApplied(t *testing.T) {
	text, err := For("flux", options())
	if err != nil {
		t.Fatal(err)
	}
	all := documents(t, text)
	if got := at(all[0], "spec", "filter", "labels", 0); got != "preview" {
		t.Errorf("label %v", got)
	}
	if got := at(all[1], "spec", "resources", 0, "spec", "ref", "tag"); got != "pr-<< inputs.id >>-<< inputs.sha >>" {
		t.Errorf("tag %v", got)
	}
	for i, want := range []string{"", "shop-pr-<< inputs.id >>-setup", "shop-pr-<< inputs.id >>-migrate"} {
		k := at(all[1], "spec", "resources", i+1)
		if got := at(k, "spec", "dependsOn", 0, "name"); got != any(want) && !(want == "" && got == nil) {
			t.Errorf("stage %d waits for %v, want %s", i, got, want)
		}
		if at(k, "spec", "prune") != true || at(k, "spec", "wait") != true {
			t.Errorf("stage %d is not pruned, or not waited for", i)
		}
	}
}

func TestWrongOptionsAreRefused(t *testing.T) {
	for name, edit := range map[string]func(*Options){
		"an owner":       func(o *Options) { o.Owner = "acme\n" },
		"a repository":   func(o *Options) { o.Repository = `shop"` },
		"a tag":          func(o *Options) { o.URL += ":v1" },
		"another scheme": func(o *Options) { o.URL = "https://registry.example.com/a" },
		"a name":         func(o *Options) { o.Name = "Shop" },
		"no name":        func(o *Options) { o.Name = "" },
		"a namespace":    func(o *Options) { o.Namespace = "a b" },
		"a label":        func(o *Options) { o.Label = `a"]` },
		"a secret":       func(o *Options) { o.Secret = "{{ .number }}" },
		"an interval":    func(o *Options) { o.Every = time.Second },
	} {
		o := options()
		edit(&o)
		if text, err := For("argocd", o); err == nil {
			t.Errorf("%s is written:\n%s", name, text)
		}
	}
	if _, err := For("helm", options()); err == nil || !strings.Contains(err.Error(), "argocd or flux") {
		t.Errorf("another tool: %v", err)
	}
}
