//go:build integration

package engine

import (
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
