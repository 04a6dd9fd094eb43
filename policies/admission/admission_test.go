package admission

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/cel-go/cel"
	"github.com/google/go-cmp/cmp"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/policies"
)

var update = flag.Bool("update", false, "rewrite golden files")

func shipped(t testing.TB) *policies.Set {
	t.Helper()
	sources := policies.Shipped()
	for i := range sources {
		sources[i].Cases = true
	}
	s, err := policies.New(sources...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// server judges objects by a policy as an API server does.
type server struct {
	conditions, validations []cel.Program
	variables               []variable
}

type variable struct {
	name    string
	program cel.Program
}

func newServer(t testing.TB, policy map[string]any) *server {
	t.Helper()
	env, s := environment(t), &server{}
	spec := policy["spec"].(map[string]any)
	for _, v := range spec["variables"].([]any) {
		m := v.(map[string]any)
		s.variables = append(s.variables, variable{m["name"].(string), program2(t, env, m["expression"].(string))})
	}
	conditions, _ := spec["matchConditions"].([]any)
	for _, c := range conditions {
		s.conditions = append(s.conditions, program(t, env, c.(map[string]any)["expression"].(string)))
	}
	for _, v := range spec["validations"].([]any) {
		s.validations = append(s.validations, program(t, env, v.(map[string]any)["expression"].(string)))
	}
	return s
}

// program2 is program for an expression of any type.
func program2(t testing.TB, env *cel.Env, expression string) cel.Program {
	t.Helper()
	ast, issues := env.Compile(expression)
	if issues.Err() != nil {
		t.Fatalf("%s does not compile: %v", expression, issues.Err())
	}
	p, err := env.Program(ast)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// admits says "skip", "pass" or "fail".
func (s *server) admits(t testing.TB, object map[string]any) string {
	t.Helper()
	vars := map[string]any{"object": decoded(object), "variables": map[string]any{}}
	eval := func(p cel.Program) any {
		out, _, err := p.Eval(vars)
		if err != nil {
			t.Fatalf("an API server would err: %v", err)
		}
		return out.Value()
	}
	for _, c := range s.conditions {
		if eval(c) != true {
			return "skip"
		}
	}
	known := map[string]any{}
	for _, v := range s.variables {
		known[v.name] = eval(v.program)
		vars["variables"] = known
	}
	for _, v := range s.validations {
		if eval(v) != true {
			return "fail"
		}
	}
	return "pass"
}

// objectOf is the Kubernetes object that a case of a rule speaks of.
func objectOf(c policies.Case) map[string]any {
	object, _ := c.Subject["properties"].(map[string]any)
	if object == nil {
		object = map[string]any{}
	}
	object["metadata"] = map[string]any{"name": "example"}
	if pod, ok := c.Subject["pod"].(map[string]any); ok {
		object["kind"], object["apiVersion"] = "Deployment", "apps/v1"
		object["spec"] = map[string]any{"template": pod}
	}
	return object
}

// TestAnAPIServerDecidesTheCasesAsTheyShouldBe tries each rule's own cases on
// what was compiled of it.
func TestAnAPIServerDecidesTheCasesAsTheyShouldBe(t *testing.T) {
	compiled, tried := 0, 0
	for _, r := range shipped(t).Rules() {
		c, err := Compile(r, "prod")
		if err != nil {
			continue
		}
		compiled++
		s := newServer(t, c.policy(Options{}))
		for _, one := range r.Cases {
			if one.Kind == "skip" {
				continue // of another kind, which the API server does not even ask about
			}
			tried++
			if got := s.admits(t, objectOf(one)); got != one.Kind {
				t.Errorf("%s: %s should %s, but an API server says %s", r.ID, one.Name, one.Kind, got)
			}
		}
	}
	if compiled < 12 || tried < 40 {
		t.Errorf("only %d rules and %d cases", compiled, tried)
	}
}

func TestARuleThatAnAPIServerCannotJudgeSaysSo(t *testing.T) {
	objects, not := Objects(shipped(t).Rules(), Options{Environment: "prod"})
	for id, want := range map[string]string{
		"security/pods-isolated":        "an API server sees one object at a time",
		"reliability/disruption-budget": "an API server sees one object at a time",
	} {
		if err := not[id]; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", id, err)
		}
	}
	for id := range not {
		if !strings.HasPrefix(id, "security/") && !strings.HasPrefix(id, "reliability/") ||
			strings.Contains(id, "bucket") {
			t.Errorf("%s is said to be about Kubernetes", id)
		}
	}
	if len(objects) < 24 || len(objects)%2 != 0 {
		t.Errorf("%d objects", len(objects))
	}
	r, err := shipped(t).Rule("security/bucket-encrypted")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Compile(r, "prod"); !errors.Is(err, ErrNotKubernetes) {
		t.Errorf("a bucket is a Kubernetes object: %v", err)
	}
}

// TestObjects holds what is rendered to a golden file.
func TestObjects(t *testing.T) {
	s := shipped(t)
	rule := func(id string) *policies.Rule {
		r, err := s.Rule(id)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	objects, _ := Objects([]*policies.Rule{rule("security/pod-not-privileged"),
		rule("security/config-holds-no-secrets"), rule("cost/autoscaler-ceiling")}, Options{
		Prefix: "ashlar-prod", Namespaces: []string{"credit-risk", "churn"}, Environment: "prod",
		Exemptions: func(id string) []plan.Exemption {
			if id == "cost/autoscaler-ceiling" {
				return []plan.Exemption{{Subjects: []string{"load-test"}}}
			}
			return nil
		},
	})
	b, err := json.MarshalIndent(objects, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got, file := string(b)+"\n", filepath.Join("testdata", "objects.json")
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
		t.Errorf("(-want +got):\n%s", diff)
	}
	if d := rule("security/pod-not-privileged").Digest; strings.Count(got, d) != 4 {
		t.Error("the digest is not in the annotations, the message and the audit annotation")
	}
}

func TestAPrivilegedPodIsRefusedHoweverItIsMade(t *testing.T) {
	r, err := shipped(t).Rule("security/pod-not-privileged")
	if err != nil {
		t.Fatal(err)
	}
	c, err := Compile(r, "")
	if err != nil {
		t.Fatal(err)
	}
	s := newServer(t, c.policy(Options{}))
	for _, privileged := range []bool{true, false} {
		pod := map[string]any{"containers": []any{map[string]any{"name": "a",
			"securityContext": map[string]any{"privileged": privileged}}}}
		template := map[string]any{"spec": pod}
		want := map[bool]string{true: "fail", false: "pass"}[privileged]
		if got := s.admits(t, map[string]any{"kind": "PodTemplate", "metadata": map[string]any{"name": "n"},
			"template": template}); got != want {
			t.Errorf("PodTemplate, privileged %t: %s", privileged, got)
		}
		// Which joins a pod that runs.
		joined := map[string]any{"containers": []any{map[string]any{"name": "a"}},
			"ephemeralContainers": pod["containers"]}
		if got := s.admits(t, map[string]any{"kind": "Pod", "metadata": map[string]any{"name": "n"},
			"spec": joined}); got != want {
			t.Errorf("an ephemeral container, privileged %t: %s", privileged, got)
		}
		for kind, spec := range map[string]map[string]any{
			"Pod": pod, "Deployment": {"template": template}, "Job": {"template": template},
			"Rollout": {"template": template},
			"CronJob": {"jobTemplate": map[string]any{"spec": map[string]any{"template": template}}},
		} {
			if got := s.admits(t, map[string]any{"kind": kind, "metadata": map[string]any{"name": "n"},
				"spec": spec}); got != want {
				t.Errorf("%s, privileged %t: %s", kind, privileged, got)
			}
		}
	}
	for _, plural := range []string{"pods", "deployments", "cronjobs", "rollouts"} {
		if !slices.ContainsFunc(c.Kinds, func(k Kind) bool { return k.Plural == plural }) {
			t.Errorf("%s are not asked about", plural)
		}
	}
}

// A rule matches no subresource that it does not name, so what asks about pods
// asks about the containers that join them too.
func TestRulesOfPodsMatchContainersThatJoinThem(t *testing.T) {
	rules := 0
	for _, r := range shipped(t).Rules() {
		c, err := Compile(r, "prod")
		if err != nil {
			continue
		}
		var resources []string
		for _, rule := range resourceRules(c.Kinds) {
			for _, one := range rule.(map[string]any)["resources"].([]any) {
				resources = append(resources, one.(string))
			}
		}
		pods, joined := slices.Contains(resources, "pods"), slices.Contains(resources, "pods/ephemeralcontainers")
		if pods != joined || pods != slices.Contains(resources, "podtemplates") {
			t.Errorf("%s matches %v", r.ID, resources)
		}
		if pods {
			rules++
		}
	}
	if rules < 8 {
		t.Errorf("only %d rules are about pods", rules)
	}
}

func TestEveryKindIsNamedOnce(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range kinds {
		group, version := k.group()
		if seen[k.Type] || version == "" || strings.Contains(group, ":") {
			t.Errorf("%+v: %q %q", k, group, version)
		}
		seen[k.Type] = true
	}
}

// TestASharedPolicyIsNamedByWhatItSays: namespaces under one rule share a policy,
// and those that differ in an exemption do not.
func TestASharedPolicyIsNamedByWhatItSays(t *testing.T) {
	r, err := shipped(t).Rule("security/pod-not-privileged")
	if err != nil {
		t.Fatal(err)
	}
	named := func(opt Options) (policy, bound, binding string) {
		opt.Shared, opt.Environment = "acme-prod.rules-1", "prod"
		objects, not := Objects([]*policies.Rule{r}, opt)
		if len(objects) != 2 || len(not) > 0 {
			t.Fatalf("%v, %v", objects, not)
		}
		name := func(o map[string]any) string { return o["metadata"].(map[string]any)["name"].(string) }
		return name(objects[0]), objects[1]["spec"].(map[string]any)["policyName"].(string), name(objects[1])
	}
	a, boundA, bindingA := named(Options{Prefix: "acme-prod-loans", Namespaces: []string{"loans"}})
	b, boundB, bindingB := named(Options{Prefix: "acme-prod-cards", Namespaces: []string{"cards"}})
	c, boundC, _ := named(Options{Prefix: "acme-prod-cards", Exemptions: func(string) []plan.Exemption {
		return []plan.Exemption{{Subjects: []string{"load-test"}}}
	}})
	if a != b || a == c || boundA != a || boundB != b || boundC != c || bindingA == bindingB {
		t.Errorf("policies %s, %s and %s, bound are %s, %s and %s, bindings %s and %s", a, b, c, boundA, boundB, boundC,
			bindingA, bindingB)
	}
	if !strings.HasPrefix(a, "acme-prod.rules-1-security-pod-not-privileged-") {
		t.Error(a)
	}
}
