package drift_test

import (
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/stacks/drift"
)

func TestMarkdownIsHarmless(t *testing.T) {
	r := drift.Report{Findings: []drift.Finding{{Object: "Service n/x", Path: "a`b|c",
		Change: drift.Changed, Class: drift.Cost,
		Expected: "@everyone", Found: "<script>\n|", By: "me", Advice: "deploy `again`"}}, Notes: []string{"n`ote"}}
	text := r.Markdown()
	for _, want := range []string{"1 finding (1 cost)", "`a'b\\|c`", "`@everyone`", "`<script> \\|`",
		"`n'ote`", "`deploy 'again'`"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	for i := 0; i < 200; i++ {
		r.Findings = append(r.Findings, r.Findings[0])
	}
	if text := r.Markdown(); !strings.Contains(text, "101 more") {
		t.Errorf("a long report:\n%s", text)
	}
	if text := (drift.Report{}).Markdown(); text != "" {
		t.Errorf("nothing found is %q", text)
	}
}
