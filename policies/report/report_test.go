package report

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/blueprints/source"
	"github.com/ashlar-dev/ashlar/policies"
)

func rules(t *testing.T) []*policies.Rule {
	t.Helper()
	s, err := policies.New(policies.Shipped()...)
	if err != nil {
		t.Fatal(err)
	}
	return s.Rules()
}

// findings are one of each sort, the first in two environments.
func findings() []policies.Finding {
	replicas := policies.Finding{
		Policy: "reliability/production-replicas", Level: plan.Mandatory, About: policies.Endpoint, Subject: "scoring",
		Digest: "sha256:aa", Path: "replicas.min",
		Message: "endpoint scoring: replicas.min is 1, must be >=2", Reason: "one, 100% of it: gone", Fix: "set two",
		File: "./credit/credit.cue", Line: 64, Col: 3, Environments: []string{"prod"},
	}
	stage := replicas
	stage.Environments = []string{"stage"}
	advice, open, exempt := replicas, replicas, replicas
	advice.Policy, advice.Level, advice.Line = "governance/purpose", plan.Advisory, 5
	open.Policy, open.Undecided, open.Line, open.File = "security/bucket-acl", true, 0, ""
	exempt.Policy, exempt.Line = "reliability/drift-watched", 90
	exempt.Exempt = &plan.Exemption{Expires: "2030-01-31", Owner: "ada", Reason: "it serves nobody"}
	return []policies.Finding{replicas, advice, open, exempt, stage}
}

func problems() source.Problems {
	return source.Problems{{File: "credit/credit.cue", Line: 3, Col: 7, Path: "models.m",
		Message: "unknown dataset \"a\", 50%", Hint: "did you mean \"b\"?"}}
}

func TestFindingsOfSeveralEnvironmentsAreOne(t *testing.T) {
	merged := Merge(findings())
	if len(merged) != 4 || strings.Join(merged[2].Environments, " ") != "prod stage" {
		t.Errorf("%+v", merged)
	}
	if merged[0].File != "" || merged[1].Line != 5 || merged[3].Line != 90 {
		t.Error("not in order of place")
	}
	if c := Count(merged); c != (Counts{Mandatory: 1, Advisory: 1, Exempt: 1, Undecided: 1}) {
		t.Errorf("%+v", c)
	}
}

func TestSARIFIsWhatItsSchemaAllows(t *testing.T) {
	report := sarifReport(rules(t), problems(), Merge(findings()))
	if err := report.Validate(); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := SARIF(&out, rules(t), problems(), Merge(findings())); err != nil {
		t.Fatal(err)
	}
	read, err := sarif.FromBytes(out.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	run := read.Runs[0]
	if read.Version != "2.1.0" || len(run.Results) != 5 || *run.Tool.Driver.Name != "ashlar" {
		t.Fatalf("%d results", len(run.Results))
	}
	byRule := map[string]*sarif.Result{}
	for _, r := range run.Results {
		byRule[*r.RuleID] = r
		if rule := run.Tool.Driver.Rules[r.RuleIndex]; *rule.ID != *r.RuleID {
			t.Errorf("%s is described as %s", *r.RuleID, *rule.ID)
		}
	}
	refused := byRule["reliability/production-replicas"]
	place := refused.Locations[0].PhysicalLocation
	if refused.Level != "error" || *place.ArtifactLocation.URI != "credit/credit.cue" || *place.Region.StartLine != 64 {
		t.Errorf("%+v at %+v", refused, place)
	}
	if got := byRule["reliability/drift-watched"].Suppressions; len(got) != 1 ||
		!strings.Contains(*got[0].Justification, "ada, until 2030-01-31") {
		t.Errorf("an exempt finding is not suppressed: %+v", got)
	}
	if byRule["governance/purpose"].Level != "warning" || byRule["security/bucket-acl"].Kind != "open" ||
		byRule[problemRule].Level != "error" {
		t.Error("wrong levels")
	}
	if !strings.Contains(out.String(), ruleDigest(t, "reliability/production-replicas")) {
		t.Error("the rule's digest is not in the report")
	}
	empty := sarifReport(nil, nil, nil)
	if err := empty.Validate(); err != nil {
		t.Errorf("nothing to report: %v", err)
	}
}

func ruleDigest(t *testing.T, id string) string {
	for _, r := range rules(t) {
		if r.ID == id {
			return r.Digest
		}
	}
	return "no such rule"
}

func TestAnnotationsAreEscaped(t *testing.T) {
	var out strings.Builder
	if err := GitHub(&out, problems(), Merge(findings())); err != nil {
		t.Fatal(err)
	}
	want := `::error file=credit/credit.cue,line=3,col=7,title=blueprint::models.m: unknown dataset "a", 50%25; did you mean "b"?
::warning title=security/bucket-acl::endpoint scoring: replicas.min is 1, must be >=2%0Aone, 100%25 of it: gone%0Afix: set two%0Arule sha256:aa
::warning file=credit/credit.cue,line=5,col=3,title=governance/purpose::endpoint scoring: replicas.min is 1, must be >=2%0Aone, 100%25 of it: gone%0Afix: set two%0Arule sha256:aa
::error file=credit/credit.cue,line=64,col=3,title=reliability/production-replicas::endpoint scoring: replicas.min is 1, must be >=2%0Aone, 100%25 of it: gone%0Afix: set two%0Arule sha256:aa
::notice file=credit/credit.cue,line=90,col=3,title=reliability/drift-watched::endpoint scoring: replicas.min is 1, must be >=2%0Aone, 100%25 of it: gone%0Afix: set two%0Arule sha256:aa
`
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
	out.Reset()
	odd := policies.Finding{Policy: "a/b", File: "x,y:z%.cue", Line: 1, Message: "m"}
	if err := GitHub(&out, nil, []policies.Finding{odd}); err != nil ||
		!strings.Contains(out.String(), "file=x%2Cy%3Az%25.cue,") {
		t.Errorf("%s, %v", out.String(), err)
	}
}

func TestTextSaysWhyAndWhatToDo(t *testing.T) {
	var out strings.Builder
	if err := Text(&out, Merge(findings()),
		func(level, word string) string { return "<" + level + " " + word + ">" }); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"./credit/credit.cue:64:3: <mandatory mandatory> reliability/production-replicas: endpoint scoring: replicas.min is 1, must be >=2 (prod, stage)\n    one, 100% of it: gone\n    fix: set two\n",
		"<exempt exempt> reliability/drift-watched", "    until 2030-01-31: it serves nobody (ada)\n",
		"<undecided undecided> security/bucket-acl",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("got\n%s\nwant it to hold\n%s", out.String(), want)
		}
	}
}

func TestAFindingIsOneObjectOfJSON(t *testing.T) {
	b, err := json.Marshal(findings()[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"policy":"reliability/production-replicas"`, `"digest":"sha256:aa"`,
		`"environments":["prod"]`, `"line":64`} {
		if !strings.Contains(string(b), want) {
			t.Errorf("%s lacks %s", b, want)
		}
	}
}
