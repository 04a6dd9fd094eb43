package policies

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

func TestThePlanCarriesTheEvidenceRulesOfItsEnvironment(t *testing.T) {
	s := must(t, strings.Replace(house, `"reliability/drift-watched"`, `"governance/fresh-training"`, 1))
	dev, prod := s.Attach(example(t, "credit.dev")), s.Attach(example(t, "credit.prod"))
	ids := func(p *plan.Plan) (out []string) {
		for _, one := range p.Policies {
			out = append(out, one.ID)
		}
		return out
	}
	if got := strings.Join(ids(dev), " "); strings.Contains(got, "fairness-floor") ||
		!strings.Contains(got, "approved-to-serve") {
		t.Errorf("in dev: %s", got)
	}
	if got := strings.Join(ids(prod), " "); !strings.Contains(got,
		"governance/fairness-floor governance/fresh-training") {
		t.Errorf("in prod: %s", got)
	}
	for _, one := range prod.Policies {
		if r := ruleOf(t, s, one.ID); r.Digest != one.Digest {
			t.Errorf("%s has another digest in the plan", one.ID)
		}
		if one.ID == "governance/fresh-training" &&
			(len(one.Exemptions) != 1 || one.Exemptions[0].Subjects[0] != "batch") {
			t.Errorf("its exemption is not in the plan: %+v", one.Exemptions)
		}
	}
	text, err := prod.Encode()
	if err != nil {
		t.Fatal(err)
	}
	again, err := plan.Decode(strings.NewReader(string(text)))
	if err != nil {
		t.Fatalf("the plan with its rules does not decode: %v", err)
	}
	for _, one := range again.Policies {
		if _, err := one.Require.Compile(); err != nil {
			t.Errorf("%s: %v", one.ID, err)
		}
	}
	if a, b := must2(prod.Digest()), must2(s.Attach(again).Digest()); a != b {
		t.Error("attaching twice gives another digest")
	}
	if example(t, "credit.prod").Policies != nil {
		t.Error("the plan that was given changed")
	}
}

func must2(s string, err error) string {
	if err != nil {
		return err.Error()
	}
	return s
}

func TestRulesMayAskWhatOnlyCUEUnderstands(t *testing.T) {
	s := must(t, `package house
import "ashlar.dev/policy"
policy.#Pack & {name: "house", rules: {
	"each-watched": {
		title: "t", about: "model", reason: "r", fix: "f"
		match: task: "binary"
		require: {
			inputs: _
			require: fairness: _
			for name, column in inputs if column.sensitive {
				require: fairness: "\(name)": _
			}
		}
	}
	"cheaper-than": {
		title: "t", about: "endpoint", reason: "r", fix: "f"
		require: replicas: {min: int, max: int, _few: true & max <= min*4}
	}
}}
`)
	if r := ruleOf(t, s, "house/each-watched"); !strings.Contains(r.NotLowered, "comprehension") {
		t.Errorf("lowered: %q", r.NotLowered)
	}
	findings, err := s.Judge().Check(example(t, "credit.prod"), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range findings {
		if strings.HasPrefix(f.Policy, "house/") {
			got = append(got, f.Message+" ("+strings.Join(f.PlanPath, ".")+")")
		}
	}
	want := "model default-risk: require.fairness.Marital is missing (models.default-risk.require.fairness.Marital)"
	if strings.Join(got, "\n") != want {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
	p := example(t, "credit.prod")
	e := p.Endpoints["scoring"]
	e.Replicas = plan.Replicas{Min: 2, Max: 10}
	p.Endpoints["scoring"] = e
	j := s.Judge()
	for range 2 { // the second time from what the judge has compiled
		explained, err := j.Explain(ruleOf(t, s, "house/cheaper-than"), p, time.Now())
		if err != nil || len(explained) != 1 || explained[0].Verdict != "fails" ||
			!strings.Contains(explained[0].Findings[0].Message, "conflicting values false and true") {
			t.Errorf("%+v, %v", explained, err)
		}
	}
}

func TestExplainSaysWhatARuleComesTo(t *testing.T) {
	s := shipped(t)
	r := ruleOf(t, s, "reliability/production-replicas")
	for name, want := range map[string]string{"credit.dev": `does not apply because environment is "dev", must be "prod"`, "credit.prod": "passes because "} {
		got, err := s.Judge().Explain(r, example(t, name), time.Now())
		if err != nil || len(got) != 1 || got[0].Verdict+" because "+got[0].Why != want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if _, err := s.Rule("reliability/production-replica"); err == nil ||
		!strings.Contains(err.Error(), `did you mean "reliability/production-replicas"`) {
		t.Errorf("got %v", err)
	}
}

func TestARepositorysOwnPacksApplyToIt(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("a/policies/house.cue", house)
	write("a/policies/more/more.cue", strings.NewReplacer(`"house"`, `"more"`, "package house", "package more",
		`"one is none"`, `"more"`).Replace(house[:strings.Index(house, "\ttighten:")]+"}\n"))
	write("b/blueprint.cue", "package b\n")
	write("further/house/house.cue", house)
	var l Library
	a, err := l.For(filepath.Join(dir, "a"))
	if err != nil {
		t.Fatal(err)
	}
	ruleOf(t, a, "house/two-replicas")
	if again, err := l.For(filepath.Join(dir, "a")); err != nil || again != a {
		t.Errorf("the same packs were compiled twice: %v", err)
	}
	if r := ruleOf(t, a, "more/two-replicas"); r.File != "policies/more/more.cue" {
		t.Errorf("it is said to be in %s", r.File)
	}
	b, err := l.For(filepath.Join(dir, "b"))
	if err != nil || b.byID["house/two-replicas"] != nil {
		t.Errorf("another repository's rules apply: %v", err)
	}
	if again, _ := l.For(filepath.Join(dir, "b")); again != b {
		t.Error("what ships was compiled twice")
	}
	l = Library{Further: []string{filepath.Join(dir, "further")}}
	if b, err = l.For(filepath.Join(dir, "b")); err != nil || b.byID["house/two-replicas"] == nil {
		t.Errorf("a further pack does not apply: %v", err)
	}
	if _, err := l.For(filepath.Join(dir, "a")); err == nil ||
		!strings.Contains(err.Error(), `another pack is named "house"`) {
		t.Errorf("two packs of one name: %v", err)
	}
	l = Library{Further: []string{filepath.Join(dir, "b")}}
	write("b/policies.txt", "")
	if _, err := l.For(filepath.Join(dir, "nowhere")); err == nil {
		t.Error("a blueprint was taken for a pack")
	}
}

func TestSettingsFromElsewhereSetWhatRulesLeaveOpen(t *testing.T) {
	settings, err := Settings("engine", map[string]map[string]any{"cost/replica-ceiling": {"max": 7}})
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(append(Shipped(), settings)...)
	if err != nil {
		t.Fatal(err)
	}
	r := ruleOf(t, s, "cost/replica-ceiling")
	if r.Config["max"] != 7.0 || !strings.Contains(r.Require[0], "<=7") {
		t.Errorf("%v, %s", r.Config, r.Require)
	}
	wrong, err := Settings("engine", map[string]map[string]any{"cost/replica-ceiling": {"max": "many"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(append(Shipped(), wrong)...); err == nil || !strings.Contains(err.Error(), `engine:`) ||
		!strings.Contains(err.Error(), `found "many"`) {
		t.Errorf("got %v", err)
	}
}

func TestASetWithFurtherPacksIsTheSetOfAll(t *testing.T) {
	whole := must(t, house)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "p.cue"), []byte(house), 0o644); err != nil {
		t.Fatal(err)
	}
	own, err := Folder(os.DirFS(dir), ".", "policies/")
	if err != nil {
		t.Fatal(err)
	}
	base := shipped(t)
	with, err := base.With(own...)
	if err != nil {
		t.Fatal(err)
	}
	if len(with.Rules()) != len(whole.Rules()) || len(with.Packs()) != len(whole.Packs()) {
		t.Errorf("%d rules of %d", len(with.Rules()), len(whole.Rules()))
	}
	for i, r := range with.Rules() {
		if want := whole.Rules()[i]; r.ID != want.ID || r.Digest != want.Digest || with.byID[r.ID] != r {
			t.Errorf("%s is %s, want %s", r.ID, r.Digest, want.Digest)
		}
	}
	if len(with.exempt) != 1 || len(base.exempt) != 0 || len(base.Packs()) != 5 {
		t.Error("the set that was given changed")
	}
	if ruleOf(t, base, "governance/owner") != ruleOf(t, with, "governance/owner") {
		t.Error("a rule that nobody changed was compiled again")
	}
	if r := ruleOf(t, base, "reliability/production-replicas"); len(r.Require) != 1 {
		t.Error("a rule of the set that was given changed")
	}
	more, err := with.With(Source{Text: "package more\nimport \"ashlar.dev/policy\"\npolicy.#Pack & {name: \"more\", tighten: \"reliability/production-replicas\": {require: replicas: max: <=9, reason: \"r\"}}\n", Prefix: "more.cue"})
	if err != nil || len(ruleOf(t, more, "reliability/production-replicas").Require) != 3 {
		t.Errorf("what an earlier pack asked for is lost: %v", err)
	}
	if _, err := with.With(own...); err == nil || !strings.Contains(err.Error(), "another pack is named") {
		t.Errorf("the same pack twice: %v", err)
	}
}

func BenchmarkWithAPackOfOnesOwn(b *testing.B) {
	base := shipped(b)
	s := Source{Text: house, Prefix: "p.cue"}
	for b.Loop() {
		if _, err := base.With(s); err != nil {
			b.Fatal(err)
		}
	}
}
