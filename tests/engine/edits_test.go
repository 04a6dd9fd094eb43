//go:build integration

package engine

import (
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/examples"
)

// replicas are, by example, an edit of an endpoint's replica count in prod.
var replicas = map[string][2]string{
	"credit":   {"replicas: min: 3", "replicas: min: 4"},
	"churn":    {"replicas: {min: 2", "replicas: {min: 3"},
	"concrete": {"replicas: {min: 2", "replicas: {min: 3"},
}

func TestAnEditedReplicaCountChangesOneResourceOnly(t *testing.T) {
	p := newProject(t, examples.Names()...)
	foundation := p.foundation("prod")
	stack := p.workloads("prod")
	p.up(stack)
	for _, name := range examples.Names() {
		p.edit(name+"/"+name+".cue", replicas[name][0], replicas[name][1])
		began := time.Now()
		changes := p.preview(stack)
		t.Logf("a preview of three blueprints' workloads took %s", time.Since(began).Round(100*time.Millisecond))
		if len(changes) != 1 || changes[0].op != "update" {
			t.Errorf("%s: another replica count changes %v", name, changes)
		}
		before := len(p.operations(0))
		p.up(stack)
		if done := p.operations(before); len(done) != 1 || !strings.HasPrefix(done[0], "update ") {
			t.Errorf("%s: the cloud saw %v", name, done)
		}
	}
	if changes := p.preview(foundation); len(changes) != 0 {
		t.Errorf("an edited blueprint touches the foundation: %v", changes)
	}
}

func TestARenamedDatasetNeverDeletesTheOldBucket(t *testing.T) {
	p := newProject(t, "credit")
	p.foundation("dev")
	p.foundation("prod")
	for _, env := range []string{"dev", "prod"} {
		p.up(p.workloads(env))
	}
	before := p.buckets("applications")
	if len(before) != 2 {
		t.Fatalf("there are buckets %v of the dataset, want one an environment", before)
	}
	since := len(p.operations(0))
	p.edit("credit/credit.cue", "applications", "requests")
	p.up("dev")

	// In production the old bucket is protected: somebody must say that it is
	// no longer the stack's, and even then it stays.
	said, err := p.try("up", "--yes", "--skip-preview", "--stack", "prod")
	if err == nil || !strings.Contains(said, "protect") {
		t.Errorf("a protected bucket left the stack unasked (%v):\n%s", err, tail(said))
	}
	p.pulumi("state", "unprotect", "--all", "--yes", "--stack", "prod")
	p.up("prod")

	if after := p.buckets("applications"); strings.Join(after, " ") != strings.Join(before, " ") {
		t.Errorf("the old buckets were %v and are %v", before, after)
	}
	if added := p.buckets("requests"); len(added) != 2 {
		t.Errorf("the renamed dataset has buckets %v", added)
	}
	if n := count(p.operations(since), "delete ", "aws:s3/"); n != 0 {
		t.Errorf("%d S3 resources were deleted: %v", n, p.operations(since))
	}
	for _, env := range []string{"dev", "prod"} {
		if changes := p.preview(env); len(changes) != 0 {
			t.Errorf("%s has not settled: %v", env, changes)
		}
	}
}

// buckets are the names of the buckets that were registered under a name which contains
// the text; their own are cut.
func (p *project) buckets(text string) []string {
	p.t.Helper()
	var out []string
	for _, r := range p.exists() {
		if r.Type == "aws:s3/bucketV2:BucketV2" && strings.Contains(r.URN[strings.LastIndex(r.URN, "::"):], text) {
			out = append(out, r.ID)
		}
	}
	return out
}
