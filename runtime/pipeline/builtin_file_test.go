package pipeline

import (
	"slices"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// TestThePlansBuiltinStagesAreTheOnesThatRun holds the plan's list, which
// blueprints are checked by, to the stages and the files that there are.
func TestThePlansBuiltinStagesAreTheOnesThatRun(t *testing.T) {
	var names []string
	files := 0
	for _, b := range plan.BuiltinStages {
		names = append(names, b.Name)
		for _, f := range b.Files {
			if files++; fileOf(b.Name, f) == nil {
				t.Errorf("%s:%s is let by, and nothing makes it", b.Name, f)
			}
		}
	}
	if !slices.Equal(names, Stages()) {
		t.Errorf("the plan has %v, and %v run", names, Stages())
	}
	if n := len(builtinFiles()); n != files {
		t.Errorf("%d files are made, and the plan lets %d by", n, files)
	}
}
