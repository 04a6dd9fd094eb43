//go:build integration

package engine

import (
	"strings"
	"testing"
)

// TestAFoundationWhoseNodesKarpenterMakes, and whose CI is GitLab's: deployed, settled, changed by a pool, and gone
// without a rest.
func TestAFoundationWhoseNodesKarpenterMakes(t *testing.T) {
	p := newProject(t, "credit")
	p.stack("foundation-dev", map[string]string{"aws:region": "eu-central-1", "environment": "dev",
		"layer": "foundation", "nodes.pools.batch.capacity": "spot", "nodes.pools.batch.limits.cpu": "64",
		"nodes.pools.batch.limits.memory": "256Gi", "gitlab.repository": "acme/risk/ml",
		"gitlab.namespaces[0]": "credit-risk", "database.backupRegion": "eu-west-1"})
	p.up("foundation-dev")
	if changes := p.preview("foundation-dev"); len(changes) != 0 {
		t.Errorf("a second preview is not empty: %v", changes)
	}
	seen := map[string]bool{}
	for _, r := range p.exists() {
		kind, _ := r.Inputs["kind"].(string)
		seen[kind+r.Type[strings.LastIndex(r.Type, ":")+1:]] = true
	}
	for _, kind := range []string{"InstanceAutomatedBackupsReplication", "OpenIdConnectProvider",
		"NodePoolNodePool", "EC2NodeClassEC2NodeClass", "Queue", "InstanceProfile"} {
		if !seen[kind] {
			t.Errorf("there is no %s: %v", kind, seen)
		}
	}
	p.pulumi("config", "set", "--stack", "foundation-dev", "--path", "nodes.pools.arm.architecture", "arm64")
	p.pulumi("config", "set", "--stack", "foundation-dev", "--path", "nodes.pools.arm.limits.cpu", "8")
	p.pulumi("config", "set", "--stack", "foundation-dev", "--path", "nodes.pools.arm.limits.memory", "32Gi")
	if changes := p.preview("foundation-dev"); len(changes) != 1 {
		t.Errorf("another pool is %v", changes)
	}
	p.destroyed("foundation-dev", false)
}
