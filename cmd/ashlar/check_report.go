package main

import (
	"fmt"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/ashlar-dev/ashlar/policies/report"
)

// writeCheck writes the outcome in the form that was asked for. The error is
// the problems, or errFindings where a policy refuses something.
func (a *app) writeCheck(o outcome, several bool) error {
	o.findings = report.Merge(o.findings)
	counts := report.Count(o.findings)
	switch a.output {
	case "sarif":
		if err := report.SARIF(a.out, o.rules, o.problems, o.findings); err != nil {
			return err
		}
	case "github":
		if err := report.GitHub(a.out, o.problems, o.findings); err != nil {
			return err
		}
	}
	machine := a.output == "sarif" || a.output == "github"
	switch {
	case len(o.problems) > 0 && machine:
		fmt.Fprintln(a.err, o.problems)
		return silent{o.problems}
	case len(o.problems) > 0:
		return o.problems
	case a.json():
		body := map[string]any{"ok": counts.Mandatory == 0, "environments": o.checked, "findings": o.findings}
		if o.files != nil {
			delete(body, "environments")
			body["files"] = o.files
		}
		if err := a.writeJSON(body); err != nil {
			return err
		}
	case !machine:
		if err := a.writeFindings(o, several); err != nil {
			return err
		}
	}
	if counts.Mandatory > 0 {
		fmt.Fprintf(a.err, "ashlar: %s refused; see `ashlar policy explain RULE`\n",
			counted(counts.Mandatory, "finding"))
		return silent{errFindings}
	}
	return nil
}

func (a *app) writeFindings(o outcome, several bool) error {
	colours := map[string]text.Color{"mandatory": text.FgRed, "remediate": text.FgRed, "advisory": text.FgYellow,
		"undecided": text.FgYellow, "exempt": text.FgCyan}
	err := report.Text(a.out, o.findings,
		func(level, word string) string { return a.colour(a.out, colours[level], word) })
	if err != nil {
		return err
	}
	for _, r := range o.checked {
		line := fmt.Sprintf("%s %s  plan %s", a.verdict(r.Refused), r.Environment, r.Digest)
		if several {
			line += "  " + r.Dir
		}
		fmt.Fprintln(a.out, line)
	}
	for _, line := range unlearntLines(o.checked, several) {
		fmt.Fprintln(a.out, line)
	}
	for _, f := range o.files {
		fmt.Fprintf(a.out, "%s %s  %s\n", a.verdict(f.Refused), f.File, counted(f.Resources, "resource"))
	}
	return nil
}

func (a *app) verdict(refused int) string {
	if refused > 0 {
		return a.colour(a.out, text.FgRed, "refused")
	}
	return a.colour(a.out, text.FgGreen, "ok")
}
