//go:build integration

package cluster

import (
	"crypto/rand"
	"maps"
	"strings"
	"testing"
	"time"
)

// TestAStackWhoseStateIsLostAdoptsItsObjects: without the key a preview says that all is
// created; with it each object is imported, none is made again or changed, and the preview
// after it is empty.
func TestAStackWhoseStateIsLostAdoptsItsObjects(t *testing.T) {
	p := shared(t)
	x := p.team(t, "lost-"+strings.ToLower(rand.Text()[:6])+"/models")
	s := x.configured(t, "dev")
	began := time.Now()
	x.up(t, "dev", s)
	t.Logf("the first pulumi up of the example took %.1f s (a whole deploy job may take 180 s)",
		time.Since(began).Seconds())
	before := s.versions(t)
	x.pulumi(t, "stack", "rm", "--force", "--yes", "--preserve-config", "dev")
	x.pulumi(t, "stack", "init", "dev")
	for key, value := range map[string]string{"databaseUrl": x.database,
		"storeSecretAccessKey": x.server.keys.secret} {
		x.pulumi(t, "config", "set", "--stack", "dev", "--secret", key, value)
	}
	for _, c := range x.preview(t, "dev") {
		if c.op != "create" {
			t.Errorf("without adopt a preview would %s %s", c.op, c.urn)
		}
	}
	x.pulumi(t, "config", "set", "--stack", "dev", "adopt", "true")
	imported := map[string]bool{}
	for _, c := range x.preview(t, "dev") {
		switch {
		case c.op == "import":
			imported[c.urn] = true
		case c.op == "update" && imported[c.urn]: // the cluster has filled in defaults
		case notImported(c.urn):
		case strings.Contains(c.urn, "kubernetes:") && !strings.Contains(c.urn, "pulumi:providers:"):
			t.Errorf("a preview would %s %s", c.op, c.urn)
		}
	}
	t.Logf("%d objects are imported", len(imported))
	if len(imported) < 40 {
		t.Errorf("only %d objects are imported", len(imported))
	}
	x.pulumi(t, "up", "--yes", "--skip-preview", "--stack", "dev")
	if changes := x.preview(t, "dev"); len(changes) != 0 {
		t.Errorf("a preview after it is not empty: %v", changes)
	}
	x.pulumi(t, "config", "rm", "--stack", "dev", "adopt")
	if changes := x.preview(t, "dev"); len(changes) != 0 {
		t.Errorf("without the key a preview is not empty: %v", changes)
	}
	if after := s.versions(t); !maps.Equal(before, after) {
		t.Errorf("objects were made again or changed: %v, then %v", before, after)
	}
	x.destroy(t, "dev")
	if left := x.traces(t, s.name); len(left) != 0 {
		t.Errorf("destroy left %v", left)
	}
}

// versions are the UIDs and generations of the objects of some kinds in the stack's
// namespaces, by name: they stay where nothing is made again and no spec is changed.
func (s *site) versions(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, namespace := range []string{s.namespace, s.system} {
		text := s.must(t, "", "-n", namespace, "get", "deployments,services,cronjobs,networkpolicies,serviceaccounts",
			"-l", "ashlar.dev/tenant="+s.name, "-o",
			`jsonpath={range .items[*]}{.kind}/{.metadata.name} {.metadata.uid} {.metadata.generation}{"\n"}{end}`)
		for line := range strings.Lines(text) {
			name, version, _ := strings.Cut(strings.TrimSpace(line), " ")
			out[namespace+"/"+name] = version
		}
	}
	if len(out) < 10 {
		t.Fatalf("there are only %d objects: %v", len(out), out)
	}
	return out
}

// notImported reports whether the URN is of a kind that is applied again as it is.
func notImported(urn string) bool {
	return strings.Contains(urn, "kubernetes:batch/v1:Job::") || strings.Contains(urn, "kubernetes:core/v1:Service::")
}
