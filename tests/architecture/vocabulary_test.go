package architecture

import (
	"slices"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints"
	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/evaluate"
	"github.com/ashlar-dev/ashlar/runtime/validate"
)

// The loader and the runtime may not import each other, so nothing but this
// keeps one from promising what the other does not know.

func TestTheLoaderAndTheRuntimeKnowTheSameExpectations(t *testing.T) {
	runtime := validate.Expectations()
	slices.Sort(runtime)
	if loader := blueprints.Expectations(); !slices.Equal(loader, runtime) {
		t.Errorf("a blueprint may ask for\n%q\nand the runtime checks\n%q", loader, runtime)
	}
}

func TestEveryMetricOfTheVocabularyIsMeasured(t *testing.T) {
	for _, task := range []plan.Task{plan.Binary, plan.Multiclass, plan.Regression} {
		for _, name := range plan.MetricNames(task) {
			if !slices.Contains(evaluate.Names(task), name) {
				t.Errorf("%s of %s is in the vocabulary and cannot be measured", name, task)
			}
		}
	}
}
