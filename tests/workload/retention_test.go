//go:build integration

package workload

import (
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/retain"
)

// stored are the files below the S3 server's folder.
func (g *gateway) stored(t *testing.T) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	err := filepath.WalkDir(g.folder, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			out[filepath.ToSlash(path)] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestTheRetentionJobDeletesWhatIsDue runs what the daily job of a cluster runs,
// as the user of its duty: on a dataset that may be kept for a second, and first
// on one that may be kept for a day.
func TestTheRetentionJobDeletesWhatIsDue(t *testing.T) {
	p := newPlace(t)
	p.upload("../../blueprints/examples/credit/data/credit_data.csv", "data/data/credit_data.csv")
	keep := func(retention string) {
		p.deploy(func(deployed *plan.Plan) {
			for name, d := range deployed.Datasets {
				d.Retention = retention
				deployed.Datasets[name] = d
			}
		})
	}
	keep("1d")
	p.migrates()
	p.run(0, nil, "run", "--model", "default-risk")
	before := p.gateway.stored(t)
	var gone []retain.Deletion
	if p.run(0, &gone, "retain"); len(gone) != 0 {
		t.Errorf("of what may be kept for a day it deleted %+v", gone)
	}
	keep("1s")
	time.Sleep(1100 * time.Millisecond)
	if p.run(0, &gone, "retain"); len(gone) == 0 {
		t.Fatal("nothing was deleted")
	}
	after, objects := p.gateway.stored(t), 0
	for _, d := range gone {
		name := strings.TrimPrefix(d.Name, "sha256:")
		if d.What != "object" {
			continue
		}
		objects++
		for file := range after {
			if strings.Contains(file, "/objects/") && strings.Contains(strings.ReplaceAll(file, "/", ""), name) {
				t.Errorf("%s is said to be deleted, and is there as %s", d.Name, file)
			}
		}
	}
	if objects == 0 || len(after) >= len(before) {
		t.Errorf("%d objects deleted; %d files, %d before", objects, len(after), len(before))
	}
	if said := p.ashlar("model", "audit"); !strings.Contains(said, "forget") {
		t.Errorf("the log has no line of it: %s", said)
	}
	if said := p.ashlar("model", "audit", "--verify"); !strings.Contains(said, "is whole") {
		t.Error(said)
	}
	if said := p.ashlar("model", "show", "default-risk", "1"); !strings.Contains(said, "roc_auc") {
		t.Errorf("the version went too: %s", said)
	}
	if p.run(0, &gone, "retain"); len(gone) != 0 {
		t.Errorf("a second sweep finds %+v", gone)
	}
}
