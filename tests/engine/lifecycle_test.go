//go:build integration

package engine

import (
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/examples"
	"github.com/ashlar-dev/ashlar/tests/stack"
)

func TestBothLayersStandUpSettleAndGo(t *testing.T) {
	for _, env := range []string{"dev", "prod"} {
		t.Run(env, func(t *testing.T) {
			p := newProject(t, examples.Names()...)
			began := time.Now()
			foundation := p.foundation(env)
			workloads := p.workloads(env)
			p.up(workloads)
			t.Logf("both layers were deployed in %s", time.Since(began).Round(time.Second))
			for _, name := range []string{foundation, workloads} {
				began := time.Now()
				if changes := p.preview(name); len(changes) != 0 {
					t.Errorf("a second preview of %s is not empty: %v", name, changes)
				}
				t.Logf("%s: a second preview took %s", name, time.Since(began).Round(100*time.Millisecond))
			}
			for _, name := range []string{workloads, foundation} {
				p.destroyed(name, env == "prod")
			}
		})
	}
}

// dataBearing are types that a destroy must leave.
var dataBearing = map[string][]string{
	"foundation": {"aws:s3/bucketV2:BucketV2", "aws:rds/instance:Instance", "aws:kms/key:Key",
		"aws:ecr/repository:Repository"},
	"workloads": {"aws:s3/bucketV2:BucketV2", "aws:s3/bucketObjectv2:BucketObjectv2",
		"aws:s3/bucketPolicy:BucketPolicy"},
}

// destroyed destroys a stack and checks that exactly what its state retains is
// still in the cloud. A protected stack refuses first.
func (p *project) destroyed(name string, protected bool) {
	p.t.Helper()
	before, _ := p.state(name)
	keep := retained(before)
	if protected {
		if said, err := p.try("destroy", "--yes", "--skip-preview", "--stack", name); err == nil ||
			!strings.Contains(said, "protect") {
			p.t.Errorf("%s has protected resources and was destroyed (%v):\n%s", name, err, tail(said))
		}
		p.pulumi("state", "unprotect", "--all", "--yes", "--stack", name)
	}
	p.pulumi("destroy", "--yes", "--skip-preview", "--stack", name)
	mine := func(urn string) bool { return strings.HasPrefix(urn, "urn:pulumi:"+name+"::") }
	left := map[string]bool{}
	types := map[string]bool{}
	for _, r := range p.exists() {
		if mine(r.URN) {
			left[r.URN], types[r.Type] = true, true
		}
	}
	for urn := range left {
		if !keep[urn] {
			p.t.Errorf("%s left %s, which nobody asked to retain", name, urn)
		}
	}
	for urn := range keep {
		// What is in a namespace goes with it.
		if !left[urn] && !strings.Contains(urn, "kubernetes:") {
			p.t.Errorf("%s deleted %s, which is retained", name, urn)
		}
	}
	layer, _, _ := strings.Cut(name, "-")
	if layer != "foundation" {
		layer = "workloads"
	}
	for _, typ := range dataBearing[layer] {
		if !types[typ] {
			p.t.Errorf("%s left no %s", name, typ)
		}
	}
	if all, _ := p.state(name); len(all) != 0 {
		p.t.Errorf("the state of %s still holds %d resources", name, len(all))
	}
}

func TestWorkloadsStandOnAnyCluster(t *testing.T) {
	p := newProject(t, examples.Names()...)
	stack := p.anywhere("dev")
	p.up(stack)
	if changes := p.preview(stack); len(changes) != 0 {
		t.Errorf("a second preview is not empty: %v", changes)
	}
	for _, r := range p.exists() {
		if strings.HasPrefix(r.Type, "aws:") {
			t.Errorf("there is an AWS resource: %s", r.URN)
		}
	}
	_, text := p.state(stack)
	outputs := p.pulumi("stack", "output", "--json", "--stack", stack)
	for where, said := range map[string]string{"the state": text, "the outputs": outputs} {
		if strings.Contains(said, password) {
			t.Errorf("%s hold the database's password", where)
		}
	}
	if shown := p.pulumi("stack", "export", "--show-secrets", "--stack", stack); !strings.Contains(shown, password) {
		t.Error("the state has no password even for who may see it; the test proves nothing")
	}
	p.pulumi("destroy", "--yes", "--skip-preview", "--stack", stack)
	if left := p.exists(); len(left) != 0 {
		t.Errorf("%d objects are left, the first %s", len(left), left[0].URN)
	}
}

func TestAFailureLeavesAStateFromWhichTheNextUpRecovers(t *testing.T) {
	p := newProject(t, "credit")
	p.checkpoints()
	p.stack("foundation-dev", map[string]string{"aws:region": "eu-central-1",
		"environment": "dev", "layer": "foundation", "image": stack.Image})
	p.recovers("foundation-dev", "create", "aws:rds/instance:Instance", "aws:eks/addon:Addon::cluster-coredns")
	p.recovers(p.workloads("dev"), "create", "aws:s3/bucketVersioningV2:BucketVersioningV2",
		"argoproj.io/v1alpha1:Rollout")
	p.edit("credit/credit.cue", "replicas: {min: 1, max: 1}", "replicas: {min: 1, max: 3}")
	p.edit("credit/credit.cue", `schedule: "@daily"`, `schedule: "@weekly"`)
	p.recovers("dev", "update", "argoproj.io/v1alpha1:CronWorkflow")
}

// recovers makes operations on resources fail, each in a run of its own, and
// checks that the run after them finishes the work and leaves none undone.
func (p *project) recovers(name, op string, resources ...string) {
	p.t.Helper()
	for _, resource := range resources {
		before := len(p.operations(0))
		p.must(p.cloud.Fail(resource))
		said, err := p.try("up", "--yes", "--skip-preview", "--stack", name)
		if err == nil || !strings.Contains(said, "was made to fail") {
			p.t.Fatalf("%s of %s did not fail (%v):\n%s", op, resource, err, tail(said))
		}
		if n := count(p.operations(before), op, resource); n != 0 {
			p.t.Errorf("%s was done to %s although it failed", op, resource)
		}
	}
	p.must(p.cloud.Fail())
	p.up(name)
	if changes := p.preview(name); len(changes) != 0 {
		p.t.Errorf("after the recovery of %s a preview is not empty: %v", name, changes)
	}
	all, _ := p.state(name)
	urns := map[string]bool{}
	for _, one := range all {
		urns[one.URN] = true
	}
	for _, r := range p.exists() {
		if strings.HasPrefix(r.URN, "urn:pulumi:"+name+"::") && !urns[r.URN] {
			p.t.Errorf("%s is in the cloud and in nobody's state", r.URN)
		}
	}
}
