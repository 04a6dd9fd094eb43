package local

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/judge"
	"github.com/ashlar-dev/ashlar/runtime/release"
	"github.com/ashlar-dev/ashlar/stacks/local/page"
)

func TestThePageShowsAReleaseWithItsNumbers(t *testing.T) {
	noon := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	ten := 10
	strategy := plan.Strategy{Canary: &plan.Canary{Steps: []plan.Step{{SetWeight: &ten}, {Pause: "5m"}, {Pause: "9m"}}}}
	s := &release.State{Stable: release.Version{Model: "m", Version: 1}}
	if viewRelease(nil) != nil || viewRelease(s) != nil {
		t.Error("a release is shown where there was none")
	}
	if _, err := s.Wants(strategy, release.Version{Model: "m", Version: 2}, noon); err != nil {
		t.Fatal(err)
	}
	s.Current.Promote(noon, "ada", false)
	s.Current.Why = "it waits for more"
	s.Current.Steps[1].Verdicts = []judge.Verdict{{Verdict: judge.Inconclusive, Metrics: []judge.Metric{
		{Metric: "agreement", Bound: ">=0.98", N: 412, Estimate: 0.97, Low: 0.93, High: 0.99}}}}
	var out bytes.Buffer
	view := page.View{Endpoints: []page.Endpoint{{Name: "scoring", Version: 1, Release: viewRelease(s)}}}
	if err := page.Render(&out, view); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Release of version 2 in the place of 1 (canary)", "it waits for more",
		`<tr class="done"><td class="name">setWeight 10`, `<tr class="now"><td class="name">pause 5m`,
		`<tr class="next"><td class="name">pause 9m`, "agreement 0.97 (0.93 to 0.99 of 412), want &gt;=0.98", "10 %"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in the page", want)
		}
	}
}
