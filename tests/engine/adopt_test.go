//go:build integration

package engine

import (
	"slices"
	"strings"
	"testing"
)

// TestAStackWhoseStateIsLostAdoptsWhatStands: without the key a preview says that
// everything is created; with it, that everything is imported, an up creates and changes
// nothing, and the preview after it is empty.
func TestAStackWhoseStateIsLostAdoptsWhatStands(t *testing.T) {
	p := newProject(t, "credit")
	stack := p.anywhere("dev")
	p.up(stack)
	before := p.exists()
	p.pulumi("stack", "rm", "--force", "--yes", "--preserve-config", stack)
	p.pulumi("stack", "init", stack)
	p.pulumi("config", "set", "--secret", "databaseUrl", "postgres://ashlar:"+password+
		"@db.example.com:5432/ashlar?sslmode=verify-full", "--stack", stack)
	for _, c := range p.preview(stack) {
		if c.op != "create" {
			t.Errorf("without adopt a preview would %s %s", c.op, c.urn)
		}
	}
	p.pulumi("config", "set", "adopt", "true", "--stack", stack)
	p.showsWhatDiffers(stack)
	imports := 0
	for _, c := range p.preview(stack) {
		switch {
		case c.op == "import":
			imports++
		case notImported(c.urn):
		case strings.Contains(c.urn, "kubernetes:") && !strings.Contains(c.urn, "pulumi:providers:"):
			t.Errorf("a preview would %s %s", c.op, c.urn)
		}
	}
	if imports < len(before)-4 { // a Job and two Services are applied again
		t.Errorf("%d of %d objects are imported", imports, len(before))
	}
	since := len(p.operations(0))
	p.up(stack)
	for _, done := range p.operations(since) {
		if !notImported(done) {
			t.Errorf("the cluster saw %s", done)
		}
	}
	if changes := p.preview(stack); len(changes) != 0 {
		t.Errorf("a preview after it is not empty: %v", changes)
	}
	p.pulumi("config", "rm", "adopt", "--stack", stack)
	if changes := p.preview(stack); len(changes) != 0 {
		t.Errorf("without the key a preview is not empty: %v", changes)
	}
	p.pulumi("destroy", "--yes", "--skip-preview", "--stack", stack)
	if left := p.exists(); len(left) != 0 {
		t.Errorf("%d objects are left, the first %s", len(left), left[0].URN)
	}
}

// showsWhatDiffers changes an object by hand, and back once a preview has shown the update
// that follows its import.
func (p *project) showsWhatDiffers(stack string) {
	p.t.Helper()
	for _, r := range p.exists() {
		if r.Type != "kubernetes:core/v1:ConfigMap" {
			continue
		}
		p.must(p.cloud.Change(r.Type, r.ID, "data", map[string]any{"plan.json": "somebody's"}))
		if changes := p.preview(stack); !slices.Contains(changes, change{"update", r.URN}) {
			p.t.Errorf("nothing says that %s is changed: %v", r.URN, changes)
		}
		p.must(p.cloud.Change(r.Type, r.ID, "data", r.Inputs["data"]))
		return
	}
	p.t.Error("there is no ConfigMap to differ")
}

// notImported reports whether the URN is of a kind that is applied again as it is.
func notImported(urn string) bool {
	return strings.Contains(urn, "kubernetes:batch/v1:Job::") || strings.Contains(urn, "kubernetes:core/v1:Service::")
}
