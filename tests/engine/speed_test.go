//go:build integration

package engine

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/examples"
)

// maxPreview is what a person waits for without looking away.
const maxPreview = 15 * time.Second

func TestAPreviewOfTheExamplesIsQuick(t *testing.T) {
	p := newProject(t, examples.Names()...)
	p.foundation("prod")
	stack := p.workloads("prod")
	began := time.Now()
	changes := p.preview(stack)
	took := time.Since(began)
	if len(changes) < 100 {
		t.Fatalf("only %d changes were previewed; the figure means little", len(changes))
	}
	t.Logf("preview of the three examples' workloads, engine included, %d resources %8.2f s   (budget %s)",
		len(changes), took.Seconds(), maxPreview)
	if took > maxPreview {
		t.Errorf("it took %s, the budget is %s", took, maxPreview)
	}
}

// maxPreviewOfOne is what a preview of one changed blueprint among a hundred may take.
const maxPreviewOfOne = 10 * time.Second

// TestAPreviewOfOneChangedOfAHundred previews a stack of a hundred blueprints that runs,
// one of which has changed, whole and as `ashlar-stack preview` does. `make bench` runs it.
func TestAPreviewOfOneChangedOfAHundred(t *testing.T) {
	if os.Getenv("ASHLAR_TEST_HUNDRED") == "" {
		t.Skip("skipped: ASHLAR_TEST_HUNDRED is not set; `make bench` runs this")
	}
	p := newProject(t)
	source, err := fs.Sub(examples.Files, "credit")
	p.must(err)
	for i := range 100 {
		name := fmt.Sprintf("credit-%03d", i)
		p.must(os.CopyFS(filepath.Join(p.dir, "blueprints", name), source))
		p.edit(name+"/credit.cue", `"credit-risk"`, strconv.Quote(name))
	}
	stack := p.anywhere("dev")
	began := time.Now()
	p.committed()
	p.up(stack)
	t.Logf("up of a hundred blueprints, %d objects %8.2f s", len(p.exists()), time.Since(began).Seconds())
	p.edit("credit-042/credit.cue", "replicas: {min: 1, max: 1}", "replicas: {min: 1, max: 2}")
	began = time.Now()
	said := p.pulumi("preview", "--stack", stack)
	if !strings.Contains(said, "1 to update") || !strings.Contains(said, " unchanged") {
		t.Fatalf("it previewed something else:\n%s", tail(said))
	}
	t.Logf("preview of everything, engine included %8.2f s", time.Since(began).Seconds())
	began = time.Now()
	changes, said := p.partly(stack)
	took := time.Since(began)
	if len(changes) != 1 || !strings.Contains(said, "previewing credit-042 alone") {
		t.Fatalf("it previewed something else: %v\n%s", changes, said)
	}
	t.Logf("preview of one changed blueprint of a hundred, engine included %8.2f s   (budget %s)", took.Seconds(),
		maxPreviewOfOne)
}
