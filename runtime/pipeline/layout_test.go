//go:build unix

package pipeline

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/pipeline/cache"
)

var update = flag.Bool("update", false, "rewrite golden files")

// TestTheLayoutOfAStore compares what runs leave in a store with what they have always left there: the names of the
// refs, the keys of stages in them, and the JSON of records and results. A difference means that stores of earlier
// versions are not read, or that everything in them is made again.
func TestTheLayoutOfAStore(t *testing.T) {
	w := newWorld(t)
	w.write("in.txt", "1\n")
	p := searched(w, 2)
	p.Pipelines["d"] = plan.Pipeline{
		Stages: diamond(), Params: map[string]any{"train": map[string]any{"depth": 3.0}},
		RetryDelay: "1ms", Parallelism: 1,
	}
	p.Pipelines["f"] = plan.Pipeline{Stages: map[string]plan.Stage{"a": {Cmd: []string{"seq 1 3; exit 7"}}}}
	r := w.runner(p)
	r.cfg.Now = func() time.Time { return time.Date(2026, 11, 30, 6, 0, 0, 0, time.UTC) }
	r.cache = cache.New(w.store, r.cfg.Now)
	r.cfg.Trigger, r.cfg.Commit = "up", "c0ffee"
	jobs := []Job{
		{Unit: plan.Unit{Pipeline: "d"}, ID: "1"},
		{Unit: plan.Unit{Pipeline: "d"}, ID: "2", Only: "a"},
	}
	built := plan.Unit{Pipeline: "l", Model: "m"}
	for _, stage := range []string{plan.StageIngest, plan.StageValidate, plan.StagePrepare} {
		jobs = append(jobs, Job{Unit: built, ID: "3", Only: stage})
	}
	jobs = append(jobs,
		Job{Unit: built, ID: "3", Only: "count"},
		Job{Unit: built, ID: "3", Only: plan.StageTrain, Part: dataset.Part{Index: 1, Of: 2}})
	for _, job := range jobs {
		if _, err := r.Do(t.Context(), job); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.Do(t.Context(), Job{Unit: plan.Unit{Pipeline: "f"}, ID: "4"}); err == nil {
		t.Error("a command that fails did not fail its run")
	}
	if err := Cancel(t.Context(), w.store, "l", "5", "ada"); err != nil {
		t.Fatal(err)
	}
	got := layout(t, w)
	const file = "testdata/layout.golden"
	if *update {
		if err := os.WriteFile(file, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("the store has\n%s\nwant\n%s", got, want)
	}
}

// layout is all refs of the store, without what differs between machines.
func layout(t *testing.T, w *world) []byte {
	t.Helper()
	names, err := w.store.ListRefs(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for _, name := range names {
		b, err := w.store.GetRef(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		var v any
		if json.Unmarshal(b, &v) == nil {
			plain(v)
			if b, err = json.MarshalIndent(v, "", "  "); err != nil {
				t.Fatal(err)
			}
		}
		if strings.Contains(name, ".parts/") {
			b = []byte("a digest")
		}
		fmt.Fprintf(&out, "-- %s --\n%s\n", name, b)
	}
	return out.Bytes()
}

// plain takes away what this machine and this moment say: the environment of a run, what held its commands, how long
// they worked, and the digests of reports, whose numbers not every processor rounds alike.
func plain(v any) {
	switch v := v.(type) {
	case map[string]any:
		delete(v, "environment")
		delete(v, "peak_memory_bytes")
		delete(v, "confinement")
		if text, ok := v["detail"].(string); ok && strings.Contains(text, " of CPU") {
			v["detail"] = "0s of CPU"
		}
		if objects, ok := v["objects"].([]any); ok {
			slices.SortFunc(objects, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		}
		if outputs, ok := v["outputs"].(map[string]any); ok && outputs["report"] != nil {
			outputs["report"] = "a digest"
		}
		for _, below := range v {
			plain(below)
		}
	case []any:
		for _, below := range v {
			plain(below)
		}
	}
}
