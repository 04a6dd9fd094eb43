package local

import (
	"fmt"
	"strings"

	"github.com/ashlar-dev/ashlar/runtime/judge"
	"github.com/ashlar-dev/ashlar/runtime/release"
	"github.com/ashlar-dev/ashlar/stacks/local/page"
)

// viewRelease is the release that is under way, or the last one; nil: there was none.
func viewRelease(s *release.State) *page.Release {
	if s == nil {
		return nil
	}
	c := s.Current
	if c == nil && len(s.Past) > 0 {
		c = &s.Past[0]
	}
	if c == nil {
		return nil
	}
	out := &page.Release{Title: fmt.Sprintf("Release of version %d in the place of %d (%s)", c.To.Version,
		c.From.Version, c.Strategy), Phase: string(c.Phase), Why: c.Why}
	for i, step := range c.Steps {
		state := "done"
		switch {
		case step.Began.IsZero():
			state = "next"
		case i == c.Stage && c.Over():
			state = string(c.Phase)
		case i == c.Stage:
			state = "now"
		}
		out.Steps = append(out.Steps, page.ReleaseStep{Name: step.Name, State: state, Verdict: verdicts(step.Verdicts),
			Weight: page.Bar{Text: fmt.Sprintf("%d %%", step.Weight), Percent: float64(step.Weight)}})
	}
	return out
}

// verdicts are what the judge said of a step, with the numbers.
func verdicts(all []judge.Verdict) string {
	var out []string
	for _, v := range all {
		text := string(v.Verdict)
		for _, m := range v.Metrics {
			if m.N > 0 {
				text += fmt.Sprintf("; %s %s (%s to %s of %d), want %s", m.Metric, number(m.Estimate), number(m.Low),
					number(m.High), m.N, m.Bound)
			} else {
				text += "; " + m.Metric + ": " + m.Reason
			}
		}
		out = append(out, text)
	}
	return strings.Join(out, " | ")
}
