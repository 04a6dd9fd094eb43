package pipeline

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/run"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// TestTheRecordIsKeptByTheGivenClock: while stages begin and end, at most twice a second, and never where other
// processes run stages of the same run.
func TestTheRecordIsKeptByTheGivenClock(t *testing.T) {
	s, err := store.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	cfg := Config{Store: s, Now: func() time.Time { return now }}
	stages := []stage{{name: "a"}, {name: "b"}}
	kept := func() string {
		r, err := run.Load(context.Background(), s, "m", "1")
		if err != nil {
			return "none"
		}
		var out []string
		for _, one := range r.Stages {
			out = append(out, one.Stage+" "+string(one.Status))
		}
		return strings.Join(out, ", ")
	}
	j := newJournal(cfg, &run.Run{ID: "1", Unit: "m", Pipeline: "l"}, stages, false)
	steps := []struct {
		after time.Duration
		do    func()
		want  string
	}{
		{0, func() { j.begin(t.Context(), run.Result{Stage: "b", Status: run.Running, Started: now}) }, "b running"},
		{400 * time.Millisecond, func() {
			j.end(t.Context(),
				run.Result{Stage: "b", Status: run.Failed, Started: now})
		}, "b running"},
		{100 * time.Millisecond, func() { j.begin(t.Context(), run.Result{Stage: "a", Started: now}) }, "b failed, a "},
		{0, func() { j.end(t.Context(), run.Result{Stage: "a", Status: run.Succeeded, Started: now}) }, "b failed, a "},
		{0, func() { err = j.save(t.Context()) }, "b failed, a succeeded"},
	}
	for i, step := range steps {
		now = now.Add(step.after)
		if step.do(); err != nil || kept() != step.want {
			t.Errorf("after step %d %q is kept (%v), want %q", i, kept(), err, step.want)
		}
	}
	j = newJournal(cfg, &run.Run{ID: "1", Unit: "m"}, stages, true)
	j.begin(t.Context(), run.Result{Stage: "a", Status: run.Running})
	if got := kept(); got != "b failed, a succeeded" {
		t.Errorf("one of several processes has kept %q", got)
	}
	if res, begun := j.result("b"); begun || res.Stage != "" || j.output("b", "x") != "" || !j.madeAt("b").IsZero() {
		t.Errorf("a stage that has not begun has the result %+v", res)
	}
}

func TestEventsSayWhereAStageIsInTheRun(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	var events []Event
	cfg := Config{Now: func() time.Time { return now }, Observe: func(e Event) { events = append(events, e) }}
	j := newJournal(cfg, &run.Run{ID: "1", Unit: "m", Pipeline: "l"}, []stage{{name: "a"}, {name: "b"}}, true)
	for _, name := range []string{"b", "a"} { // side by side, the second one first
		j.begin(t.Context(), run.Result{Stage: name, Started: now})
		now = now.Add(100 * time.Millisecond)
	}
	j.tell(StageDone, "b", "well")
	j.progress("a", "half", 1, 2)
	want := []Event{
		{Kind: StageDone, Unit: "m", Pipeline: "l", Stage: "b", Index: 1, Count: 2, Detail: "well",
			Elapsed: 200 * time.Millisecond},
		{Kind: StageProgress, Unit: "m", Pipeline: "l", Stage: "a", Count: 2, Detail: "half", Done: 1,
			Total: 2, Elapsed: 100 * time.Millisecond},
	}
	if len(events) != 2 || events[0] != want[0] || events[1] != want[1] {
		t.Errorf("told %+v, want %+v", events, want)
	}
}
