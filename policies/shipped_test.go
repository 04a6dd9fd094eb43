package policies

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

var update = flag.Bool("update", false, "rewrite golden files")

// golden holds text to a file, which -update rewrites.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s changed (-want +got):\n%s", name, diff)
	}
}

func shipped(t testing.TB) *Set {
	t.Helper()
	s, err := New(Shipped()...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// example is the plan of a blueprint that ships, as the loader's golden files
// have it.
func example(t testing.TB, name string) *plan.Plan {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "blueprints", "testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p, err := plan.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestEveryShippedRuleShowsWhatItDoes runs the packs' own cases, and holds the
// packs to the schema, which loading them otherwise leaves out.
func TestEveryShippedRuleShowsWhatItDoes(t *testing.T) {
	sources := Shipped()
	for i := range sources {
		sources[i].Cases, sources[i].Trusted = true, false
	}
	s, err := New(sources...)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Packs()) != 5 || len(s.Rules()) < 60 {
		t.Fatalf("%d packs with %d rules", len(s.Packs()), len(s.Rules()))
	}
	j := s.Judge()
	for _, r := range s.Rules() {
		for _, tried := range j.Try(r) {
			if !tried.OK {
				t.Errorf("%s:%d: %s: %s should %s: %s", tried.File, tried.Line, tried.Rule, tried.Case,
					tried.Kind, tried.Outcome)
			}
		}
	}
}

var framework = regexp.MustCompile(`^(NIST AI RMF (GOVERN|MAP|MEASURE|MANAGE) \d|ISO/IEC 42001 A\.\d|EU AI Act (Annex IV|Article \d)|CIS (AWS|Kubernetes) \d|SOC 2 [A-Z]{1,2}\d)`)

func TestEveryShippedRuleIsWhole(t *testing.T) {
	for _, r := range shipped(t).Rules() {
		if r.NotLowered != "" {
			t.Errorf("%s is judged by CUE alone, which is slow: %s", r.ID, r.NotLowered)
		}
		if len(r.References) == 0 || r.Title == "" || r.Reason == "" || r.Fix == "" {
			t.Errorf("%s lacks a title, reason, fix or reference", r.ID)
		}
		for _, ref := range r.References {
			if !framework.MatchString(ref) {
				t.Errorf("%s refers to %q, no control of a known framework", r.ID, ref)
			}
		}
	}
}

// TestDigestsOfShippedRules shows in review which rules a change reaches.
func TestDigestsOfShippedRules(t *testing.T) {
	var got strings.Builder
	for _, r := range shipped(t).Rules() {
		fmt.Fprintf(&got, "%s %s\n", r.Digest, r.ID)
	}
	golden(t, "digests.txt", got.String())
}

func TestExamplesPassTheMandatoryRules(t *testing.T) {
	j := shipped(t).Judge()
	for _, name := range []string{"credit.dev", "credit.prod", "churn.dev", "churn.prod",
		"concrete.dev", "concrete.prod"} {
		findings, err := j.Check(example(t, name), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range findings {
			if f.Refuses() {
				t.Errorf("%s: %s", name, f)
			}
		}
	}
}

func TestTheSameBadChangeIsFoundOnThePlan(t *testing.T) {
	p := example(t, "credit.prod")
	m := p.Models["default-risk"]
	m.Approval.Policy, m.Require.Metrics, m.Require.Fairness = "auto", nil, nil
	p.Models["default-risk"] = m
	e := p.Endpoints["scoring"]
	e.Replicas.Min, e.Drift = 1, nil
	p.Endpoints["scoring"] = e
	d := p.Datasets["applications"]
	d.Retention, d.Source = "", "https://ada:hunter2@example.com/a.csv"
	p.Datasets["applications"] = d
	p.Owner.Email = "nobody"
	findings, err := shipped(t).Judge().Check(p, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range findings {
		if f.Refuses() {
			got = append(got, f.Policy+" at "+strings.Join(f.PlanPath, ".")+": "+f.Message)
		}
	}
	golden(t, "bad.txt", strings.Join(got, "\n")+"\n")
}
