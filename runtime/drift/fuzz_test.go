package drift

import (
	"encoding/json"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

// tinyReference keeps the documents that are mutated short.
func tinyReference(t testing.TB) *Reference {
	t.Helper()
	ref, err := NewReference(&dataset.Frame{Rows: 3, Columns: []dataset.Column{
		{Name: "age", Type: plan.Number, Floats: []float64{1, 2, 2}},
		{Name: "home", Type: plan.Text, Codes: []int32{0, 1, -1}, Dict: []string{"a", "b"}},
	}}, &model.Predictions{Classes: 2, Proba: []float64{0, 1, 1}, Label: []int32{0, 1, 1}},
		ReferenceOptions{Labels: []string{"n", "y"}})
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

func tinyWatch(t testing.TB, ref *Reference, tests string) *watch {
	t.Helper()
	d := shopDrift()
	d.MinRows, d.Tests = 1, tests
	return newWatch(t, ref, d)
}

func FuzzRestore(f *testing.F) {
	ref := tinyReference(f)
	w := tinyWatch(f, ref, "auto")
	w.see(newPeople(3), 2)
	f.Add(saved(f, w))
	w.hour()
	f.Add(saved(f, w))
	f.Add([]byte(`{"version":1}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		w := tinyWatch(t, ref, "auto")
		w.clock.now = w.clock.now.AddDate(1, 0, 0)
		if w.Restore(b) != nil {
			return
		}
		w.see(newPeople(3), 20)
		w.hour()
		next := tinyWatch(t, ref, "auto")
		next.clock.now = w.clock.Now()
		if err := next.Restore(saved(t, w)); err != nil {
			t.Errorf("what was restored cannot be saved and restored again: %v", err)
		}
	})
}

func FuzzReference(f *testing.F) {
	b, err := json.Marshal(tinyReference(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"version":1,"rows":1,"columns":[{"column":"age","type":"number","rows":1,"values":[1e308],"counts":[1],"distinct":1}],"score":{"type":"number","rows":1,"missing":1}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var ref Reference
		if json.Unmarshal(b, &ref) != nil || ref.Check() != nil {
			return
		}
		for _, name := range append(Tests(), "auto") {
			w := tinyWatch(t, &ref, name)
			w.see(newPeople(3), 20)
			text(t, w.hour())
		}
	})
}
