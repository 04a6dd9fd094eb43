//go:build integration

package engine

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
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
// one of which has changed. `make bench` runs it and prints the figure beside its budget,
// which it misses.
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
	p.up(stack)
	t.Logf("up of a hundred blueprints, %d objects %8.2f s", len(p.exists()), time.Since(began).Seconds())
	p.edit("credit-042/credit.cue", "replicas: {min: 1, max: 1}", "replicas: {min: 1, max: 2}")
	began, used := time.Now(), processor(t)
	said := p.pulumi("preview", "--stack", stack)
	took := time.Since(began)
	used = processor(t) - used
	if !strings.Contains(said, "1 to update") || !strings.Contains(said, " unchanged") {
		t.Fatalf("it previewed something else:\n%s", tail(said))
	}
	t.Logf("preview of one changed blueprint of a hundred, engine included %8.2f s, of a processor %6.2f s   (budget %s)",
		took.Seconds(), used.Seconds(), maxPreviewOfOne)
}

// processor is the processor time of the programs that have ended so far: what a busy
// machine does not lengthen.
func processor(t *testing.T) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
