//go:build integration

package engine

import (
	"strings"
	"testing"
)

const issuerType = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"

// issuers are the identity providers that exist, by the stack that made each.
func (p *project) issuers() []string {
	p.t.Helper()
	var out []string
	for _, r := range p.exists() {
		if r.Type == issuerType {
			stack, _, _ := strings.Cut(strings.TrimPrefix(r.URN, "urn:pulumi:"), "::")
			out = append(out, stack)
		}
	}
	return out
}

// TestTwoFoundationsShareAnAccount: the account's identity provider for GitHub is
// made once, found by the second, survives the first, and is adopted by its next.
func TestTwoFoundationsShareAnAccount(t *testing.T) {
	p := newProject(t, "credit")
	for _, env := range []string{"dev", "prod"} {
		p.stack("foundation-"+env, map[string]string{"aws:region": "eu-central-1", "environment": env,
			"layer": "foundation", "github.repository": "acme/ml", "github.namespaces[0]": "credit-risk",
			"protect": "false"})
	}
	p.up("foundation-dev")
	said, err := p.try("up", "--yes", "--skip-preview", "--stack", "foundation-prod")
	if err == nil || !strings.Contains(said, "pulumi config set --path github.existingIssuer true") {
		t.Fatalf("a second provider: %v\n%s", err, tail(said))
	}
	p.pulumi("config", "set", "--stack", "foundation-prod", "--path", "github.existingIssuer", "true")
	p.up("foundation-prod")
	for _, name := range []string{"foundation-dev", "foundation-prod"} {
		if changes := p.preview(name); len(changes) != 0 {
			t.Errorf("a second preview of %s is not empty: %v", name, changes)
		}
	}
	p.pulumi("destroy", "--yes", "--skip-preview", "--stack", "foundation-dev")
	if left := p.issuers(); len(left) != 1 {
		t.Fatalf("prod lost its provider: %v", left)
	}
}
