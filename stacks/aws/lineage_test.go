package aws

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/components/pulumitest"
	"github.com/ashlar-dev/ashlar/stacks/aws/lineage"
)

// without returns the plan with the edge taken away: the reference emptied, the
// flag off, the section gone.
func without(t *testing.T, p *plan.Plan, edge string) *plan.Plan {
	t.Helper()
	b, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	var tree map[string]any
	if err := json.Unmarshal(b, &tree); err != nil {
		t.Fatal(err)
	}
	steps := strings.Split(edge, ".")
	at := tree
	for _, s := range steps[:len(steps)-1] {
		next, ok := at[s].(map[string]any)
		if !ok {
			t.Fatalf("the plan has no %s", edge)
		}
		at = next
	}
	last := steps[len(steps)-1]
	switch v := at[last].(type) {
	case string:
		if v == "" {
			t.Fatalf("%s refers to nothing", edge)
		}
		at[last] = ""
	case bool:
		if !v {
			t.Fatalf("%s is off", edge)
		}
		at[last] = false
	case map[string]any:
		delete(at, last)
	default:
		t.Fatalf("the plan has no %s (%v)", edge, v)
	}
	b, err = json.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	out, err := plan.Decode(strings.NewReader(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestEveryGrantFollowsFromEdgesOfThePlanAndGoesWithEachOfThem(t *testing.T) {
	for _, p := range []*plan.Plan{credit(), churn()} {
		count := 0
		for _, w := range lineage.Of(p) {
			for _, g := range w.Grants {
				if len(g.Because) == 0 {
					t.Errorf("%s may %s %s for no reason", w.ID(), g.Access, g.Target)
				}
				for _, edge := range g.Because {
					count++
					for _, left := range lineage.Of(without(t, p, edge)) {
						if left.ID() == w.ID() && slices.ContainsFunc(left.Grants, func(o lineage.Grant) bool {
							return o.Access == g.Access && o.Target == g.Target && slices.Equal(o.Because, g.Because)
						}) {
							t.Errorf("%s may still %s %s without %s", w.ID(), g.Access, g.Target, edge)
						}
					}
				}
			}
		}
		if count == 0 {
			t.Errorf("%s grants nothing", p.Name)
		}
	}
}

func TestEachWorkloadTouchesWhatItsDutyTakes(t *testing.T) {
	p := credit()
	want := map[string]string{
		"pipeline-nightly": "read data: applications; write store: objects/ refs/cancel/default-risk/ refs/parts/default-risk/ refs/runs/default-risk/ refs/stages/; use database: yes",
		"endpoint-scoring": "read store: objects/; write store: refs/drift/scoring/; use database: yes",
		"drift-scoring":    "read data: applications; read store: objects/; write store: objects/ refs/cancel/default-risk/ refs/drift/scoring/ refs/parts/default-risk/ refs/runs/default-risk/ refs/stages/; use database: yes",
		"retention-data":   "read store: refs/runs/; write store: objects/ refs/drift/ refs/parts/ refs/stages/; use database: yes",
		"release-models":   "write store: refs/releases/; use database: yes",
	}
	check := func() {
		t.Helper()
		for _, w := range lineage.Of(p) {
			if got := touched(w); got != want[w.ID()] {
				t.Errorf("%s touches %s\nwant %s", w.ID(), got, want[w.ID()])
			}
			delete(want, w.ID())
		}
		if len(want) > 0 {
			t.Errorf("no workload for %v", want)
		}
	}
	check()
	e := p.Endpoints["scoring"]
	e.Drift = nil
	p.Endpoints["scoring"] = e
	want = map[string]string{
		"pipeline-nightly": "read data: applications; write store: objects/ refs/cancel/default-risk/ refs/parts/default-risk/ refs/runs/default-risk/ refs/stages/; use database: yes",
		"endpoint-scoring": "read store: objects/; use database: yes",
		"retention-data":   "read store: refs/runs/; write store: objects/ refs/drift/ refs/parts/ refs/stages/; use database: yes",
		"release-models":   "write store: refs/releases/; use database: yes",
	}
	check()
	d := p.Datasets["applications"]
	d.Retention = ""
	p.Datasets["applications"] = d
	if i := slices.IndexFunc(lineage.Of(p),
		func(w lineage.Workload) bool { return w.Kind == lineage.KindRetention }); i >= 0 {
		t.Error("something deletes what nobody has said to delete")
	}
}

func touched(w lineage.Workload) string {
	var out []string
	for _, a := range []lineage.Access{lineage.ReadData, lineage.ReadStore, lineage.WriteStore} {
		if all := w.Targets(a); len(all) > 0 {
			out = append(out, string(a)+": "+strings.Join(all, " "))
		}
	}
	if w.May(lineage.UseDatabase) {
		out = append(out, "use database: yes")
	}
	return strings.Join(out, "; ")
}

// allowed are what a recorded role may do: "action resource", sorted.
func allowed(t *testing.T, r *pulumitest.Recording, role string) []string {
	t.Helper()
	var out []string
	for _, s := range pulumitest.Statements(t, r.Named(t, "aws:iam/rolePolicy:RolePolicy", role).Text("policy")) {
		for _, resource := range s.Resource.([]any) {
			for _, action := range s.Action {
				out = append(out, action+" "+resource.(string))
			}
		}
	}
	slices.Sort(out)
	return out
}

func TestAnEdgeOfThePlanIsAPermissionInAWS(t *testing.T) {
	p := credit()
	const data = "arn:aws:s3:eu-west-1:123456789012:bucketv2/credit-risk-data-applications"
	before := allowed(t, registered(t, cloud(), p), "credit-risk-pipeline-nightly")
	for _, want := range []string{
		"s3:GetObject " + data + "/data/credit_data.csv",
		"s3:PutObject arn:aws:s3:eu-west-1:123456789012:bucketv2/credit-risk-store/refs/runs/default-risk/*",
		"kms:Decrypt arn:aws:kms:eu-central-1:123456789012:key/data",
		"rds-db:connect arn:aws:rds-db:eu-central-1:123456789012:dbuser:db-ABC/ashlar__prod_train",
	} {
		if !slices.Contains(before, want) {
			t.Errorf("the pipeline may not %s:\n%s", want, strings.Join(before, "\n"))
		}
	}
	m := p.Models["default-risk"]
	m.Dataset = "unused"
	p.Models["default-risk"] = m
	after := allowed(t, registered(t, cloud(), p), "credit-risk-pipeline-nightly")
	if slices.ContainsFunc(after, func(s string) bool { return strings.Contains(s, "applications") }) {
		t.Errorf("the model reads another dataset, and its pipeline may still read the old one:\n%s",
			strings.Join(after, "\n"))
	}
}

// reason is the grant of the workload that a permission comes from; nil: none.
func reason(w lineage.Workload, action, resource string) *lineage.Grant {
	for i, g := range w.Grants {
		store := strings.Contains(resource, "-store") &&
			(g.Access == lineage.ReadStore || g.Access == lineage.WriteStore)
		writes := slices.Contains([]string{"s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload",
			"kms:GenerateDataKey"}, action)
		var fits bool
		switch {
		case writes && g.Access != lineage.WriteStore:
		case action == "kms:Decrypt" || action == "kms:GenerateDataKey":
			fits = g.Access != lineage.UseDatabase
		case action == "s3:ListBucket":
			fits = store && strings.HasSuffix(resource, "-store") || g.Access == lineage.ReadData &&
				strings.HasSuffix(resource, "-data-"+g.Target)
		case strings.HasPrefix(action, "s3:"):
			fits = store && strings.HasSuffix(resource, "-store/"+g.Target+"*") || g.Access == lineage.ReadData &&
				strings.Contains(resource, "-data-"+g.Target+"/")
		case action == "rds-db:connect":
			fits = g.Access == lineage.UseDatabase
		}
		if fits {
			return &w.Grants[i]
		}
	}
	return nil
}

func TestEveryPermissionOfEveryRoleTracesToAnEdgeOfThePlan(t *testing.T) {
	p := credit()
	r := registered(t, cloud(), p)
	count := 0
	for _, w := range lineage.Of(p) {
		for _, one := range allowed(t, r, "credit-risk-"+w.ID()) {
			count++
			action, resource, _ := strings.Cut(one, " ")
			if g := reason(w, action, resource); g == nil || len(g.Because) == 0 {
				t.Errorf("%s may %s for no reason", w.ID(), one)
			}
			if strings.Contains(action, "*") || strings.Trim(resource, "*") == "" {
				t.Errorf("%s may %s: everything", w.ID(), one)
			}
		}
	}
	if count < 20 {
		t.Errorf("only %d permissions were looked at", count)
	}
}

func TestAServingPodMayNotReadDataNorWriteModels(t *testing.T) {
	for _, s := range allowed(t, registered(t, cloud(), credit(), churn()), "credit-risk-endpoint-scoring") {
		if strings.Contains(s, "-data-") || strings.Contains(s, "PutObject") &&
			!strings.Contains(s, "refs/drift/scoring/") || strings.Contains(s, "churn") {
			t.Errorf("it may %s", s)
		}
	}
}

func TestASharedBucketIsOpenUnderThePrefixOnly(t *testing.T) {
	r := registered(t, cloud(), churn())
	all := allowed(t, r, "customer-churn-pipeline-weekly")
	if !slices.Contains(all, "s3:GetObject arn:aws:s3:::corp-data/churn/2024-*") ||
		slices.Contains(all, "s3:GetObject arn:aws:s3:::corp-data/*") {
		t.Errorf("got %s", strings.Join(all, "\n"))
	}
	for _, s := range pulumitest.Statements(t,
		r.Named(t, "aws:iam/rolePolicy:RolePolicy", "customer-churn-pipeline-weekly").Text("policy")) {
		if s.Sid == "ListCustomers" && fmt.Sprint(s.Condition) != "map[StringLikeIfExists:map[s3:prefix:[churn/2024-*]]]" {
			t.Errorf("listed if %v", s.Condition)
		}
		if strings.HasPrefix(s.Sid, "ReadKey") && strings.Contains(fmt.Sprint(s.Condition), "corp-data") {
			t.Error("our key is no business of somebody else's bucket")
		}
	}
}
