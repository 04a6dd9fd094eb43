package report

import (
	"cmp"
	"io"
	"path"
	"strings"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/blueprints/source"
	"github.com/ashlar-dev/ashlar/policies"
)

const (
	home        = "https://github.com/ashlar-dev/ashlar"
	problemRule = "blueprint" // what problems of the blueprint itself are filed under
)

// SARIF writes problems and findings as one SARIF 2.1.0 run. Exempt findings
// are suppressed results, with the exemption as justification.
func SARIF(w io.Writer, rules []*policies.Rule, problems source.Problems, findings []policies.Finding) error {
	return sarifReport(rules, problems, findings).PrettyWrite(w)
}

// sarifReport builds the run. Rules are added once each and only those with a result;
// results must not be null in SARIF, hence the empty list.
func sarifReport(rules []*policies.Rule, problems source.Problems, findings []policies.Finding) *sarif.Report {
	run := sarif.NewRunWithInformationURI("ashlar", home)
	byID := map[string]*policies.Rule{}
	for _, r := range rules {
		byID[r.ID] = r
	}
	addProblemRules(run, problems)
	for _, f := range findings {
		if r := byID[f.Policy]; r != nil && run.GetRuleIndex(r.ID) < 0 {
			describe(run.AddRule(r.ID), r)
		}
	}
	for _, p := range problems {
		message := p.Message
		if p.Path != "" {
			message = p.Path + ": " + message
		}
		if p.Hint != "" {
			message += "; " + p.Hint
		}
		run.CreateResultForRule(ruleOf(p)).WithLevel("error").WithMessage(sarif.NewTextMessage(message)).
			WithLocations(place(p.File, p.Line, p.Col))
	}
	for _, f := range findings {
		add(run, f)
	}
	if run.Results == nil {
		run.Results = []*sarif.Result{}
	}
	return sarif.NewReport().AddRun(run)
}

// ruleOf is the rule that a problem is reported under: its code.
func ruleOf(p source.Problem) string { return cmp.Or(string(p.Code), problemRule) }

// addProblemRules tells code scanning of the kinds of problems that there are.
func addProblemRules(run *sarif.Run, problems source.Problems) {
	kinds := map[string]source.Kind{}
	for _, k := range source.Kinds() {
		kinds[string(k.Code)] = k
	}
	for _, p := range problems {
		id := ruleOf(p)
		if run.GetRuleIndex(id) >= 0 {
			continue
		}
		k, ok := kinds[id]
		if !ok {
			run.AddRule(id).WithDescription("The blueprint or a policy pack is wrong")
			continue
		}
		run.AddRule(id).WithDescription(k.Title).WithMarkdownHelp(k.Cause + "\n\n" + k.Remedy)
	}
}

// describe tells code scanning what a rule is.
// Reason and fix are the help that code scanning shows beside a result.
func describe(d *sarif.ReportingDescriptor, r *policies.Rule) {
	d.WithName(pascal(path.Base(r.ID))).WithDescription(r.Title)
	help := r.Reason + "\n\nFix: " + r.Fix
	d.WithMarkdownHelp(help)
	d.WithFullDescription(sarif.NewMultiformatMessageString().WithText(r.Reason))
	d.WithDefaultConfiguration(sarif.NewReportingConfiguration().WithLevel(level(r.Level)))
	tags := append([]string{path.Dir(r.ID), string(r.About)}, r.References...)
	d.WithProperties(sarif.NewPropertyBag().WithTags(tags).Add("digest", r.Digest).Add("level", string(r.Level)))
}

// add adds a finding as a result. An undecided one is of kind "open", whose level
// must be "none" by the standard. The fingerprint is over what the finding is about
// and not over its line, so that code scanning does not report it as new after an
// edit above it.
func add(run *sarif.Run, f policies.Finding) {
	result := run.CreateResultForRule(f.Policy).WithLevel(level(f.Level)).
		WithMessage(sarif.NewTextMessage(f.Message + ". " + f.Reason + ". Fix: " + f.Fix)).
		WithLocations(place(f.File, f.Line, f.Col))
	if f.Undecided {
		result.WithKind("open").WithLevel("none")
	}
	// What the finding is about stays when the line moves.
	identity := strings.Join([]string{f.Policy, string(f.About), f.Subject, f.Path}, "\x00")
	result.WithPartialFingerprints(map[string]string{"ashlar/v1": plan.DigestBytes([]byte(identity))})
	bag := sarif.NewPropertyBag().Add("ruleDigest", f.Digest).Add("environments", f.Environments)
	result.WithProperties(bag)
	if f.Exempt != nil {
		result.AddSuppression(sarif.NewSuppression().WithKind("external").WithStatus("accepted").
			WithJustification(f.Exempt.Reason + " (" + f.Exempt.Owner + ", until " + f.Exempt.Expires + ")"))
	}
}

// place is the finding's location, none where there is no file: SARIF's lines and
// columns begin at 1.
func place(file string, line, col int) []*sarif.Location {
	if file == "" {
		return []*sarif.Location{}
	}
	physical := sarif.NewPhysicalLocation().WithArtifactLocation(sarif.NewSimpleArtifactLocation(location(file)))
	if line > 0 {
		physical.WithRegion(sarif.NewRegion().WithStartLine(line).WithStartColumn(max(1, col)))
	}
	return []*sarif.Location{sarif.NewLocationWithPhysicalLocation(physical)}
}

// level is SARIF's level for that of a rule.
func level(l plan.Level) string {
	switch {
	case l.Refuses():
		return "error"
	case l == plan.Advisory:
		return "warning"
	}
	return "note"
}

// pascal writes a rule's name as code scanning wants it: FourEyes.
func pascal(name string) string {
	var out strings.Builder
	for _, word := range strings.Split(name, "-") {
		if word != "" {
			out.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
	}
	return out.String()
}
