package main

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/ashlar-dev/ashlar/stacks/cluster/clustertest"
	"github.com/ashlar-dev/ashlar/stacks/drift"
)

// deployed is a cluster that has what the line renders, as far as the double knows its
// kinds; KUBECONFIG names it by the contexts it and other, of which other is empty.
func deployed(t *testing.T, line string) *clustertest.Server {
	t.Helper()
	dir := t.TempDir()
	code, said := command(t, strings.Fields(strings.ReplaceAll(line, "$out", dir)+" --only manifests --secrets")...)
	if code != 0 {
		t.Fatal(said)
	}
	s, other := clustertest.New(t), clustertest.New(t)
	s.Forbid = []string{"PATCH"} // the double has no defaults: fields are compared as they are written
	all := files(t, dir)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		var o map[string]any
		if err := yaml.Unmarshal([]byte(all[name]), &o); err != nil || !s.Has(o) {
			continue
		}
		text, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		s.Put(t, string(text))
	}
	var kubeconfigs []string
	for name, one := range map[string]*clustertest.Server{"it": s, "other": other} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(one.Kubeconfig(t, name)), 0o600); err != nil {
			t.Fatal(err)
		}
		kubeconfigs = append(kubeconfigs, file)
	}
	t.Setenv("KUBECONFIG", strings.Join(kubeconfigs, string(os.PathListSeparator)))
	return s
}

// TestDriftComparesWhatIsRendered: of the kinds that the double knows, nothing differs
// until somebody edits an object or makes one.
func TestDriftComparesWhatIsRendered(t *testing.T) {
	s := deployed(t, onOther)
	look := func() (found []string) {
		t.Helper()
		code, said := command(t, strings.Fields(strings.NewReplacer("render --out $out/a", "drift").Replace(onOther)+
			" --config context=it")...)
		var report drift.Report
		if err := json.Unmarshal([]byte(said), &report); err != nil || code != 0 {
			t.Fatalf("exit code %d, %v\n%s", code, err, said)
		}
		if strings.Contains(said, "postgres://") {
			t.Errorf("the report tells a secret:\n%s", said)
		}
		for _, f := range report.Findings {
			kind, _, _ := strings.Cut(f.Object, " ")
			if s.Knows(kind) {
				found = append(found, strings.TrimSpace(f.Change+" "+f.Object+" "+f.Path))
			}
		}
		return found
	}
	if found := look(); len(found) > 0 {
		t.Errorf("nothing was changed, and %v", found)
	}
	s.Put(t, `{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "mine", "namespace": "ashlar-credit-risk-dev"}}`)
	if found := look(); !slices.Equal(found, []string{"unknown Secret ashlar-credit-risk-dev/mine"}) {
		t.Errorf("a Secret was made, and %v", found)
	}
}

func TestDriftNeedsACluster(t *testing.T) {
	deployed(t, onOther)
	line := strings.Fields(strings.ReplaceAll(onOther, "render --out $out/a", "drift"))
	for more, want := range map[string]string{
		"":                                       "--context NAME",
		"--context none":                         `no context "none"`,
		"--config server=https://db.example.com": "no context of the cluster at",
		"--config a=b":                           "config a: unknown key",
	} {
		code, said := command(t, append(line, strings.Fields(more)...)...)
		if code != 2 || !strings.Contains(said, want) {
			t.Errorf("%s: exit code %d\n%s", more, code, said)
		}
	}
}
