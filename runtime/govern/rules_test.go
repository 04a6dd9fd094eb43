package govern

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/registry"
)

var noon = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

func bound(field string, op plan.Op, v any) plan.Constraint {
	is := plan.Constraint{Compare: []plan.Comparison{{Op: op, Value: v}}}
	return plan.Constraint{Fields: &plan.Fields{Named: map[string]plan.Field{field: {Is: is}}}}
}

// governed is a plan with rules about age, fairness and approval in production.
func governed(exempt ...plan.Exemption) *plan.Plan {
	ratios := plan.Constraint{Fields: &plan.Fields{Patterns: []plan.Pattern{{
		Name: plan.Constraint{Compare: []plan.Comparison{{Op: plan.Matches, Value: "_ratio$"}}},
		Is:   bound("value", plan.GreaterEqual, 0.8),
	}}}}
	ratio := plan.Constraint{Fields: &plan.Fields{Named: map[string]plan.Field{"gates": {Is: ratios}}}}
	one := plan.Constraint{Items: &plan.Items{First: []plan.Constraint{{}}, Rest: &plan.Constraint{}}}
	agreed := plan.Constraint{Fields: &plan.Fields{Named: map[string]plan.Field{"approvals": {Is: one}}}}
	return &plan.Plan{Name: "credit", Environment: "prod", Policies: []plan.Policy{
		{ID: "house/age", Level: plan.Mandatory, Digest: "sha256:" + strings.Repeat("a", 64),
			Match: bound("point", plan.NotEqual, "register"), Require: bound("age_days", plan.LessEqual, 30.0),
			Reason: "it is old", Exemptions: exempt},
		{ID: "house/even", Level: plan.Mandatory, Digest: "sha256:" + strings.Repeat("b", 64),
			Match: bound("environment", plan.Equal, "prod"), Require: ratio, Reason: "it is uneven"},
		{ID: "house/people", Level: plan.Mandatory, Digest: "sha256:" + strings.Repeat("c", 64),
			Match: bound("point", plan.Equal, "serve"), Require: agreed, Reason: "nobody agreed"},
		{ID: "house/same", Level: plan.Mandatory, Digest: "sha256:" + strings.Repeat("d", 64),
			Match: bound("point", plan.Equal, "serve"), Require: bound("intact", plan.Equal, true),
			Reason: "it is another file"},
		{ID: "house/word", Level: plan.Advisory, Require: bound("author", plan.Equal, "grace"), Reason: "only a word"},
		{ID: "house/off", Level: plan.Disabled, Require: plan.Constraint{Never: true}},
	}}
}

func rulesOf(t *testing.T, p *plan.Plan) *Rules {
	t.Helper()
	r, err := NewRules(p)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// sound is a version that meets every rule.
func sound(n int) registry.Version {
	v := version(n, registry.Approved, "grace")
	ratio := 0.9
	v.TrainedAt, v.ModelDigest, v.Environment = noon.Add(-48*time.Hour), "sha256:"+strings.Repeat("e", 64), "dev"
	v.Gates = []registry.Gate{{Name: "fairness.Age.demographic_parity_ratio", Value: &ratio,
		Want: ">=0.5", Passed: true}}
	v.Aliases = []string{Champion}
	return v
}

var byHand = plan.Approval{Policy: "manual", Count: 1}

func TestPoliciesSayWhyAVersionIsNotServed(t *testing.T) {
	rules := rulesOf(t, governed())
	cases := map[string]struct {
		change func(*registry.Version)
		want   string
	}{
		"a sound one": {func(*registry.Version) {}, ""},
		"an old one": {func(v *registry.Version) { v.TrainedAt = noon.AddDate(0, 0, -31) },
			"policy house/age (sha256:aaaaaaaaaaaa) objects: age_days is 31, must be <=30, because it is old"},
		"uneven": {func(v *registry.Version) { low := 0.6; v.Gates[0].Value = &low },
			"house/even (sha256:bbbbbbbbbbbb) objects: gates.fairness.Age.demographic_parity_ratio.value is 0.6, must be >=0.8"},
		"not measured": {func(v *registry.Version) { v.Gates[0].Value = nil },
			"gates.fairness.Age.demographic_parity_ratio.value is missing"},
		"by a policy": {func(v *registry.Version) { v.Decisions[0].By = registry.PolicyActor }, "house/people"},
	}
	for name, c := range cases {
		v := sound(1)
		c.change(&v)
		reasons, err := Requirements{Model: "m", Approval: byHand, Rules: rules, Now: noon}.Objections(v)
		if err != nil || (len(reasons) == 0) != (c.want == "") ||
			!strings.Contains(strings.Join(reasons, "\n"), c.want) {
			t.Errorf("%s: %q, %v; want %q", name, reasons, err, c.want)
		}
	}
	refused, advice, err := rules.Judge(rules.Evidence(AtServe, sound(1), byHand, "sha256:other", noon), noon)
	if err != nil || len(refused) != 1 || refused[0].Policy != "house/same" || len(advice) != 1 ||
		advice[0].Policy != "house/word" {
		t.Errorf("another file: %v, %v, %v", refused, advice, err)
	}
}

func TestTheNewestVersionThatPoliciesAllowIsChosen(t *testing.T) {
	old, uneven := sound(3), sound(2)
	old.TrainedAt = noon.AddDate(-1, 0, 0)
	low := 0.1
	uneven.Gates = []registry.Gate{{Name: "fairness.Age.demographic_parity_ratio", Value: &low, Passed: true}}
	ask := Requirements{Model: "m", Approval: byHand, Rules: rulesOf(t, governed()), Now: noon}
	v, err := Choose(t.Context(), versions{old, uneven, sound(1)}, ask)
	if err != nil || v.Version != 1 {
		t.Errorf("chose %d, %v", v.Version, err)
	}
	ask.Now = noon.AddDate(0, 0, 60) // what may be served today may be stale by then
	var none *NotServableError
	if _, err := Choose(t.Context(), versions{sound(1)}, ask); !errors.As(err, &none) ||
		!strings.Contains(err.Error(), "house/age") || none.Pending != 0 {
		t.Errorf("got %v", err)
	}
}

func TestAVersionIsJudgedAsPromotedOnlyOnce(t *testing.T) {
	p := governed()
	p.Policies = []plan.Policy{{ID: "house/promote", Level: plan.Mandatory,
		Match: bound("point", plan.Equal, AtPromote), Require: plan.Constraint{Never: true}}}
	ask := Requirements{Model: "m", Approval: byHand, Rules: rulesOf(t, p), Now: noon}
	champion, other := sound(1), sound(2)
	other.Aliases = nil
	for v, want := range map[*registry.Version]int{&champion: 0, &other: 1} {
		if got, err := ask.Objections(*v); err != nil || len(got) != want {
			t.Errorf("version %d: %v, %v", v.Version, got, err)
		}
	}
}

func TestExemptionsHoldThroughTheirDay(t *testing.T) {
	old := sound(1)
	old.TrainedAt = noon.AddDate(-1, 0, 0)
	for _, c := range []struct {
		exempt plan.Exemption
		now    time.Time
		want   int
	}{
		{plan.Exemption{Expires: "2026-07-01"}, noon, 0},
		{plan.Exemption{Expires: "2026-07-01", Subjects: []string{"m"}}, noon.Add(11 * time.Hour), 0},
		{plan.Exemption{Expires: "2026-07-01", Subjects: []string{"m"}}, noon.Add(12 * time.Hour), 1},
		{plan.Exemption{Expires: "2026-07-01", Subjects: []string{"other"}}, noon, 1},
	} {
		rules := rulesOf(t, governed(c.exempt))
		if got, err := rules.Refusals(AtServe, old, byHand, old.ModelDigest, c.now); err != nil || len(got) != c.want {
			t.Errorf("%+v at %s: %v, %v", c.exempt, c.now, got, err)
		}
	}
}

func TestACandidateIsJudgedBeforeItIsRegistered(t *testing.T) {
	rules := rulesOf(t, governed())
	c := sound(0).Candidate
	if got, err := rules.Objections(c, noon); err != nil || len(got) != 0 {
		t.Errorf("%v, %v", got, err)
	}
	low := 0.6
	c.Gates[0].Value = &low
	got, err := rules.Objections(c, noon)
	if err != nil || len(got) != 1 || !strings.Contains(got[0], "house/even") {
		t.Errorf("%v, %v", got, err)
	}
	var nobody *Rules
	if got, err := nobody.Objections(c, noon); err != nil || len(got) != 0 {
		t.Errorf("without rules: %v, %v", got, err)
	}
}

func TestAPolicyThatCannotBeJudgedIsAnError(t *testing.T) {
	for want, p := range map[string]plan.Policy{
		"policy a/b: match": {ID: "a/b",
			Match: plan.Constraint{Kinds: []plan.Kind{"number"}}},
		"policy a/b: require":                         {ID: "a/b", Require: bound("x", plan.Matches, "(")},
		`"tomorrow" is not a date such as 2026-12-31`: {ID: "a/b", Exemptions: []plan.Exemption{{Expires: "tomorrow"}}},
	} {
		if _, err := NewRules(&plan.Plan{Policies: []plan.Policy{p}}); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want it to say %q", err, want)
		}
	}
}

func TestEvidenceSaysWhatIsKnown(t *testing.T) {
	v := sound(4)
	v.Candidate.Evidence = map[string]string{"evaluation": "sha256:1"}
	e := rulesOf(t, governed()).Evidence(AtServe, v, byHand, v.ModelDigest, noon)
	if e.Environment != "prod" || e.Blueprint != "credit" || e.AgeDays != 2 || !e.Intact ||
		!slices.Equal(e.Approvals, []string{"grace"}) || e.Reports["evaluation"] != "sha256:1" || e.Version != 4 {
		t.Errorf("%+v", e)
	}
}
