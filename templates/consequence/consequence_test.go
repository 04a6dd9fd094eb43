package consequence

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

func base() *plan.Plan {
	weight := 10
	return &plan.Plan{
		APIVersion: plan.APIVersion, Name: "credit", Environment: "prod", Seed: 1,
		Datasets: map[string]plan.Dataset{"loans": {
			Source: "loans.csv", Retention: "30d",
			Columns: map[string]plan.Column{"age": {Type: plan.Integer, Sensitive: true, Anonymise: "hash"},
				"y": {Type: plan.Category, Values: []string{"a", "b"}}},
			Expect: []plan.Expectation{
				{Expectation: "column_values_to_be_between", Column: "age",
					Kwargs: map[string]any{"min_value": 18.0, "max_value": 120.0}, Severity: "critical"},
				{Expectation: "table_row_count_to_be_between",
					Kwargs: map[string]any{"min_value": 100.0}, Severity: "critical"},
			},
		}},
		Models: map[string]plan.Model{"risk": {
			Dataset: "loans", Target: "y", Algorithm: plan.RandomForest, Params: plan.Params{"max_depth": 5.0},
			Require: plan.Require{
				Metrics: map[string]plan.Predicate{"roc_auc": {{Op: plan.GreaterEqual, Value: 0.8}},
					"log_loss": {{Op: plan.LessEqual, Value: 0.5}}},
				Fairness: map[string]plan.Fairness{"age": {MinGroup: 30,
					Metrics: map[string]plan.Predicate{"demographic_parity_ratio": {{Op: plan.GreaterEqual,
						Value: 0.8}}}}},
				Robustness: map[string]plan.RobustnessCheck{"noise": {Fraction: 0.1,
					Metrics: map[string]plan.Predicate{"roc_auc": {{Op: plan.Greater, Value: 0.7}}}}},
			},
			Approval: plan.Approval{Policy: "manual", Approvers: []string{"ada", "bob"}, Count: 2, NotAuthor: true},
		}},
		Pipelines: map[string]plan.Pipeline{"nightly": {Model: "risk", Schedule: "@daily"}},
		Endpoints: map[string]plan.Endpoint{"score": {
			Model: "risk", Replicas: plan.Replicas{Min: 2, Max: 4},
			Drift:    &plan.Drift{Alert: plan.DriftAlert{Share: 0.3, Columns: []string{"age"}}},
			Strategy: plan.Strategy{Canary: &plan.Canary{Steps: []plan.Step{{SetWeight: &weight}, {Pause: "5m"}}}},
		}},
		SLOs: map[string]plan.SLO{
			"up": {Endpoint: "score", Objective: 99.9, Indicator: "availability"},
			"fast": {Endpoint: "score", Objective: 99, Indicator: "latency",
				Threshold: plan.Threshold{Duration: "50ms"}},
			"good": {Endpoint: "score", Objective: 95, Indicator: "roc_auc", Threshold: plan.Threshold{Value: 0.8}},
			"off": {Endpoint: "score", Objective: 95, Indicator: "mean_absolute_error",
				Threshold: plan.Threshold{Value: 3}},
		},
		Policies: []plan.Policy{{ID: "house/approved", Level: plan.Mandatory, Digest: "sha256:1"}},
	}
}

// edits change one thing each.
func dataset(edit func(*plan.Dataset)) func(*plan.Plan) {
	return func(p *plan.Plan) { d := p.Datasets["loans"]; edit(&d); p.Datasets["loans"] = d }
}

func column(name string, edit func(*plan.Column)) func(*plan.Plan) {
	return dataset(func(d *plan.Dataset) { c := d.Columns[name]; edit(&c); d.Columns[name] = c })
}

func model(edit func(*plan.Model)) func(*plan.Plan) {
	return func(p *plan.Plan) { m := p.Models["risk"]; edit(&m); p.Models["risk"] = m }
}

func endpoint(edit func(*plan.Endpoint)) func(*plan.Plan) {
	return func(p *plan.Plan) { e := p.Endpoints["score"]; edit(&e); p.Endpoints["score"] = e }
}

func slo(name string, edit func(*plan.SLO)) func(*plan.Plan) {
	return func(p *plan.Plan) { s := p.SLOs[name]; edit(&s); p.SLOs[name] = s }
}

// directed are edits that loosen; undone, they tighten.
var directed = []struct {
	want string // subject: message
	edit func(*plan.Plan)
}{
	{"model risk: gate roc_auc: >=0.8 -> >=0.7", model(func(m *plan.Model) {
		m.Require.Metrics["roc_auc"] = plan.Predicate{{Op: plan.GreaterEqual, Value: 0.7}}
	})},
	{"model risk: gate roc_auc: >=0.8 -> none", model(func(m *plan.Model) { delete(m.Require.Metrics, "roc_auc") })},
	{"model risk: gate log_loss: <=0.5 -> <=0.6",
		model(func(m *plan.Model) {
			m.Require.Metrics["log_loss"] = plan.Predicate{{Op: plan.LessEqual,
				Value: 0.6}}
		})},
	{"model risk: gate fairness.age.demographic_parity_ratio: >=0.8 -> none",
		model(func(m *plan.Model) { delete(m.Require.Fairness["age"].Metrics, "demographic_parity_ratio") })},
	{"model risk: fairness.age.min_group: 30 -> 300",
		model(func(m *plan.Model) { f := m.Require.Fairness["age"]; f.MinGroup = 300; m.Require.Fairness["age"] = f })},
	{"model risk: gate robustness.noise.roc_auc: >0.7 -> >0.6", model(func(m *plan.Model) {
		m.Require.Robustness["noise"].Metrics["roc_auc"] = plan.Predicate{{Op: plan.Greater, Value: 0.6}}
	})},
	{"model risk: robustness.noise.fraction: 0.1 -> 0.01", model(func(m *plan.Model) {
		r := m.Require.Robustness["noise"]
		r.Fraction = 0.01
		m.Require.Robustness["noise"] = r
	})},
	{"model risk: approval.policy: manual -> auto", model(func(m *plan.Model) { m.Approval.Policy = "auto" })},
	{"model risk: approval.count: 2 -> 1", model(func(m *plan.Model) { m.Approval.Count = 1 })},
	{"model risk: approval.not_author: true -> false", model(func(m *plan.Model) { m.Approval.NotAuthor = false })},
	{`model risk: approval.approvers: ["ada","bob"] -> ["ada","bob","eve"]`,
		model(func(m *plan.Model) { m.Approval.Approvers = []string{"ada", "bob", "eve"} })},
	{`model risk: approval.approvers: ["ada","bob"] -> []`,
		model(func(m *plan.Model) { m.Approval.Approvers = []string{} })},
	{"slo up: objective: 99.9 -> 99", slo("up", func(s *plan.SLO) { s.Objective = 99 })},
	{"slo fast: threshold: 50ms -> 2s", slo("fast", func(s *plan.SLO) { s.Threshold.Duration = "2s" })},
	{"slo good: threshold: 0.8 -> 0.7", slo("good", func(s *plan.SLO) { s.Threshold.Value = 0.7 })},
	{"slo off: threshold: 3 -> 4", slo("off", func(s *plan.SLO) { s.Threshold.Value = 4 })},
	{"slo up: is removed", func(p *plan.Plan) { delete(p.SLOs, "up") }},
	{"dataset loans: columns.age.sensitive: true -> false",
		column("age", func(c *plan.Column) { c.Sensitive = false })},
	{"dataset loans: columns.age.nullable: false -> true", column("age", func(c *plan.Column) { c.Nullable = true })},
	{"dataset loans: columns.age.anonymise: hash -> none", column("age", func(c *plan.Column) { c.Anonymise = "" })},
	{`dataset loans: columns.y.values: ["a","b"] -> ["a","b","c"]`,
		column("y", func(c *plan.Column) { c.Values = []string{"a", "b", "c"} })},
	{"dataset loans: retention: 30d -> 52w", dataset(func(d *plan.Dataset) { d.Retention = "52w" })},
	{"dataset loans: retention: 30d -> none", dataset(func(d *plan.Dataset) { d.Retention = "" })},
	{"dataset loans: expectation column_values_to_be_between(age), min_value: 18 -> 16",
		dataset(func(d *plan.Dataset) { d.Expect[0].Kwargs["min_value"] = 16.0 })},
	{"dataset loans: expectation column_values_to_be_between(age), max_value: 120 -> none",
		dataset(func(d *plan.Dataset) { delete(d.Expect[0].Kwargs, "max_value") })},
	{"dataset loans: expectation column_values_to_be_between(age), mostly: none -> 0.9",
		dataset(func(d *plan.Dataset) { d.Expect[0].Kwargs["mostly"] = 0.9 })},
	{"dataset loans: expectation table_row_count_to_be_between, severity: critical -> warning",
		dataset(func(d *plan.Dataset) { d.Expect[1].Severity = "warning" })},
	{"endpoint score: drift.alert.share: 0.3 -> 0.9", endpoint(func(e *plan.Endpoint) { e.Drift.Alert.Share = 0.9 })},
	{"endpoint score: drift.alert.predictions: none -> false",
		endpoint(func(e *plan.Endpoint) { no := false; e.Drift.Alert.Predictions = &no })},
	{"endpoint score: drift.alert.false_alarm_rate: none -> 0.001",
		endpoint(func(e *plan.Endpoint) { e.Drift.Alert.FalseAlarmRate = 0.001 })},
	{`endpoint score: drift.alert.columns: ["age"] -> none`,
		endpoint(func(e *plan.Endpoint) { e.Drift.Alert.Columns = nil })},
	{"endpoint score: drift is removed", endpoint(func(e *plan.Endpoint) { e.Drift = nil })},
	{"policy house/approved: level: mandatory -> advisory", func(p *plan.Plan) { p.Policies[0].Level = plan.Advisory }},
	{"policy house/approved: is removed", func(p *plan.Plan) { p.Policies = nil }},
	{"policy house/approved: exemptions: 0 -> 1",
		func(p *plan.Plan) { p.Policies[0].Exemptions = []plan.Exemption{{Owner: "eve"}} }},
}

func compare(before, after *plan.Plan) []Change {
	return Compare(&Side{Plan: before}, &Side{Plan: after}, nil)
}

func lines(changes []Change) string {
	var out []string
	for _, c := range changes {
		out = append(out, string(c.Effect)+" "+c.String())
	}
	return strings.Join(out, "\n")
}

func TestLooseningIsMarkedAndUndoingItTightens(t *testing.T) {
	for _, c := range directed {
		t.Run(c.want, func(t *testing.T) {
			head := base()
			c.edit(head)
			if got := lines(compare(base(), head)); !slices.Contains(strings.Split(got, "\n"), "loosened "+c.want) {
				t.Errorf("got\n%s", got)
			}
			back := compare(head, base())
			if i := slices.IndexFunc(back, func(c Change) bool { return c.Effect == Tightened }); i < 0 ||
				slices.ContainsFunc(back, Change.Alarming) {
				t.Errorf("undone:\n%s", lines(back))
			}
		})
	}
}

func TestAMixedEditCountsAsLoosened(t *testing.T) {
	head := base()
	model(func(m *plan.Model) {
		m.Require.Metrics["roc_auc"] = plan.Predicate{{Op: plan.GreaterEqual, Value: 0.5}, {Op: plan.Less, Value: 0.9}}
		m.Approval.Approvers = []string{"eve"}
	})(head)
	dataset(func(d *plan.Dataset) { d.Expect[0].Kwargs = map[string]any{"min_value": 1.0, "max_value": 60.0} })(head)
	for _, c := range compare(base(), head) {
		if c.Effect != Loosened {
			t.Errorf("%s %s", c.Effect, c)
		}
	}
}

func TestNoChangeIsSilent(t *testing.T) {
	if got := compare(base(), base()); len(got) > 0 {
		t.Errorf("got\n%s", lines(got))
	}
}

func TestEverythingThatIsWrittenIsCompared(t *testing.T) {
	head := base()
	head.Owner.Team = "x"
	model(func(m *plan.Model) { m.Params["max_depth"] = nil; m.CrossValidation = &plan.CrossValidation{Folds: 5} })(head)
	endpoint(func(e *plan.Endpoint) { e.Replicas.Max, e.Strategy = 9, plan.Strategy{} })(head)
	head.Pipelines["weekly"] = plan.Pipeline{Model: "risk"}
	delete(head.Pipelines, "nightly")
	dataset(func(d *plan.Dataset) { d.Columns["new"] = plan.Column{}; delete(d.Columns, "y") })(head)
	got := lines(compare(base(), head))
	for _, want := range []string{
		"changed blueprint: owner.team: none -> x", "changed model risk: params.max_depth: 5 -> none",
		"changed model risk: cross_validation.folds: none -> 5",
		"changed endpoint score: replicas.max: 4 -> 9", "added pipeline weekly: is new",
		"removed pipeline nightly: is removed",
		"added dataset loans: columns.new is new", "removed dataset loans: columns.y is removed",
		"changed endpoint score: strategy: canary (10 %, pause 5m, 100 %) -> rolling update",
		"rolls out endpoint score: the change rolls out: rolling update",
	} {
		if !slices.Contains(strings.Split(got, "\n"), want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

func chain(recipe, split string) map[string][]Stage {
	return map[string][]Stage{"risk": {
		{Name: "ingest", Plan: map[string]string{"source": "1"}},
		{Name: "validate", Plan: map[string]string{"dataset": "1"},
			Reads: map[string][2]string{"data": {"ingest", "data"}}},
		{Name: "prepare", Plan: map[string]string{"split": split},
			Reads: map[string][2]string{"data": {"ingest", "data"}}},
		{Name: "train", Plan: map[string]string{"recipe": recipe},
			Reads: map[string][2]string{"split": {"prepare", "split"}}},
	}}
}

func TestStagesRerunWithTheirReason(t *testing.T) {
	cases := map[string]struct {
		head  map[string][]Stage
		moved map[string][]string
		want  string
	}{
		"nothing moved": {chain("1", "1"), nil, ""},
		"the recipe": {chain("2", "1"), nil,
			"reruns train, because of its recipe; retrains because of its recipe; rolls out the next approved version of risk rolls out: canary (10 %, pause 5m, 100 %)"},
		"the split": {chain("1", "2"), nil,
			"reruns prepare, because of its split; reruns train, because of the split of prepare; retrains because of the split of prepare; rolls out the next approved version of risk rolls out: canary (10 %, pause 5m, 100 %)"},
		"the data": {chain("1", "1"), map[string][]string{"loans": {"loans.csv"}},
			"changed its data changed: loans.csv; reruns ingest, because of its data; reruns validate, because of the data of ingest; reruns prepare, because of the data of ingest; reruns train, because of the split of prepare; retrains because of the split of prepare; rolls out the next approved version of risk rolls out: canary (10 %, pause 5m, 100 %)"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, one := range Compare(&Side{Plan: base(), Stages: chain("1", "1")},
				&Side{Plan: base(), Stages: c.head}, c.moved) {
				got = append(got, fmt.Sprintf("%s %s", one.Effect, one.Message))
			}
			if s := strings.Join(got, "; "); s != c.want {
				t.Errorf("got  %s\nwant %s", s, c.want)
			}
		})
	}
}

func TestVerdictsThatFlip(t *testing.T) {
	refused := Verdict{Policy: "p", Subject: "m", Message: "m is bad", Refuses: true}
	advised := Verdict{Policy: "p", Subject: "m", Message: "m could be better"}
	exempt := Verdict{Policy: "p", Subject: "m", Message: "m is bad", Exempt: true}
	cases := map[string]struct {
		before, after []Verdict
		want          string
	}{
		"to refused": {nil, []Verdict{advised, refused}, "refused policy p: m is bad"},
		"to fine":    {[]Verdict{refused}, nil, "passes policy p: objects no longer to m (before: refused)"},
		"to exempt": {[]Verdict{refused}, []Verdict{exempt},
			"loosened policy p: exempts m (before: refused)"},
		"to advice": {[]Verdict{refused}, []Verdict{advised},
			"advised policy p: m could be better (before: refused)"},
		"the same, worded new": {[]Verdict{refused},
			[]Verdict{{Policy: "p", Subject: "m", Message: "other", Refuses: true}}, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := lines(Compare(&Side{Plan: base(), Verdicts: c.before},
				&Side{Plan: base(), Verdicts: c.after}, nil)); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestEnvironmentsComeAndGo(t *testing.T) {
	if got := lines(Compare(nil, &Side{Plan: base()},
		nil)); got != "added environment prod: is new: everything in it is" {
		t.Error(got)
	}
	if got := lines(Compare(&Side{Plan: base()}, nil, nil)); !strings.HasPrefix(got,
		"removed environment prod: was removed") {
		t.Error(got)
	}
}
