//go:build integration

package engine

import (
	"slices"
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

// TestASecondUpTakesOverWhatADestroyKept: the buckets are the same ones, with what is
// in them, and one of somebody else's stays theirs.
func TestASecondUpTakesOverWhatADestroyKept(t *testing.T) {
	p := newProject(t, "credit")
	p.foundation("dev")
	stack := p.workloads("dev")
	p.up(stack)
	before := p.buckets("")
	if len(before) < 2 {
		t.Fatalf("buckets %v", before)
	}
	p.pulumi("destroy", "--yes", "--skip-preview", "--stack", stack)
	if kept := p.buckets(""); !slices.Equal(kept, before) {
		t.Fatalf("destroying changed %v to %v", before, kept)
	}
	since := len(p.operations(0))
	p.up(stack)
	for _, done := range p.operations(since) {
		if strings.HasPrefix(done, "create ") && strings.Contains(done, "bucketV2:BucketV2") {
			t.Errorf("a bucket was made again: %s", done)
		}
	}
	if now := p.buckets(""); !slices.Equal(now, before) {
		t.Errorf("buckets %v became %v", before, now)
	}
	if changes := p.preview(stack); len(changes) != 0 {
		t.Errorf("a preview after it is not empty: %v", changes)
	}
	p.pulumi("destroy", "--yes", "--skip-preview", "--stack", stack)
	p.must(p.cloud.Retag("aws:s3/bucketV2:BucketV2", "ashlar:blueprint", "somebody-elses"))
	if said, err := p.try("up", "--yes", "--skip-preview", "--stack", stack); err == nil ||
		!strings.Contains(said, "it belongs to another stack") {
		t.Errorf("somebody else's bucket was taken over: %v\n%s", err, tail(said))
	}
}

// TestASecondFoundationTakesOverWhatADestroyKept: its database with the same keys, its
// images and its network; a stack's own is not imported twice, and with two of one name
// none is.
func TestASecondFoundationTakesOverWhatADestroyKept(t *testing.T) {
	p := newProject(t, "credit")
	foundation := p.foundation("dev")
	kinds := []string{"rds/instance:", "rds/subnetGroup:", "rds/parameterGroup:", "ec2/vpc:", "ec2/securityGroup:",
		"ec2/subnet:", "kms/key:", "ecr/repository:"}
	kept := func() (out []string) {
		for _, r := range p.exists() {
			if slices.ContainsFunc(kinds, func(kind string) bool { return strings.HasPrefix(r.Type, "aws:"+kind) }) {
				out = append(out, r.Type+" "+r.ID)
			}
		}
		return out
	}
	if changes := p.preview(foundation); len(changes) != 0 {
		t.Fatalf("a second preview is not empty: %v", changes)
	}
	p.pulumi("destroy", "--yes", "--skip-preview", "--stack", foundation)
	before, since := kept(), len(p.operations(0))
	if len(before) < 11 {
		t.Fatalf("kept are only %v", before)
	}
	p.up(foundation)
	for _, id := range before {
		typ, _, _ := strings.Cut(id, " ")
		for _, done := range p.operations(since) {
			if strings.HasPrefix(done, "create ") && strings.Contains(done, typ+"::") &&
				!strings.Contains(done, "-public-") &&
				!strings.Contains(done, "endpoints") {
				t.Errorf("%s was kept, and made again: %s", id, done)
			}
		}
	}
	if changes := p.preview(foundation); len(changes) != 0 {
		t.Errorf("a preview after it is not empty: %v", changes)
	}
	p.pulumi("destroy", "--yes", "--skip-preview", "--stack", foundation)
	if after := kept(); !slices.Equal(after, before) {
		t.Errorf("kept are %v, and were %v", after, before)
	}
}
