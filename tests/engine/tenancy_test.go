//go:build integration

package engine

import (
	"maps"
	"strings"
	"testing"
)

// TestAnotherStacksNamespaceIsRefusedBeforeTheFirstResource: also one that nobody's stack
// has made, and a cluster that the kubeconfig does not have.
func TestAnotherStacksNamespaceIsRefusedBeforeTheFirstResource(t *testing.T) {
	p := newProject(t, "credit")
	p.up(p.anywhere("dev"))
	before := len(p.operations(0))
	same := map[string]string{
		"environment": "dev", "provider": "kubernetes", "image": good["image"], "context": "dev",
		"storeUrl":    "s3://models/ashlar?region=eu-central-1",
		"databaseUrl": "postgres://u:p@db.example.com:5432/ashlar",
	}
	for name, c := range map[string]struct {
		edit map[string]string
		want []string
	}{
		"theirs": {nil, []string{"namespace ashlar-credit-risk-dev is managed by stack ashlar/dev",
			"namespace ashlar-dev-system is managed"}},
		"nowhere":   {map[string]string{"context": "staging"}, []string{`no context "staging"; it has dev, prod`}},
		"undecided": {map[string]string{"context": ""}, []string{"pulumi config set context NAME` (dev, prod)"}},
		"by address": {map[string]string{"context": "", "server": "https://cluster.example.com"},
			[]string{"no context of the cluster at https://cluster.example.com"}},
	} {
		config := maps.Clone(same)
		maps.Copy(config, c.edit)
		maps.DeleteFunc(config, func(_, value string) bool { return value == "" })
		p.stack(strings.ReplaceAll(name, " ", "-"), config)
		said, err := p.try("up", "--yes", "--skip-preview", "--stack", strings.ReplaceAll(name, " ", "-"))
		for _, want := range c.want {
			if err == nil || !strings.Contains(said, want) {
				t.Errorf("%s: %q is not said (%v):\n%s", name, want, err, tail(said))
			}
		}
	}
	if did := p.operations(before); len(did) != 0 {
		t.Errorf("what was refused did %v", did)
	}
	other := maps.Clone(same)
	other["name"] = "other"
	p.stack("other", other)
	p.up("other")
}
