package config

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/pulumitest"
)

const (
	mapType    = "kubernetes:core/v1:ConfigMap"
	secretType = "kubernetes:core/v1:Secret"
)

func record(t *testing.T, a *Args) *pulumitest.Recording {
	t.Helper()
	return pulumitest.Must(t, func(ctx *pulumi.Context) error {
		_, err := New(ctx, "credit-risk", a)
		return err
	})
}

func TestThePlanIsAnImmutableObjectNamedByItsContent(t *testing.T) {
	plan := []byte(`{"name":"credit-risk"}`)
	m := record(t, &Args{Namespace: "credit-risk", Plan: plan}).One(t, mapType)
	if m.Text("metadata.name") != PlanName(plan) || m.At("immutable") != true {
		t.Errorf("got %v", m.Inputs)
	}
	if data := m.At("data").(map[string]any); data["plan.json"] != string(plan) {
		t.Errorf("data is %v", data)
	}
	if !m.RetainOnDelete {
		t.Error("a pod of the old version that starts late would not find its plan")
	}
	if PlanName(plan) == PlanName([]byte(`{"name":"other"}`)) {
		t.Error("two plans have one name")
	}
}

func TestADatabaseURLIsInASecretAndNowhereElse(t *testing.T) {
	const password = "hunter2hunter2"
	r := record(t, &Args{
		Namespace: "credit-risk", Plan: []byte("{}"),
		Databases: map[string]pulumi.StringInput{SecretName: pulumi.ToSecret(pulumi.String("postgres://u:" + password +
			"@h/d")).(pulumi.StringOutput)},
	})
	s := r.One(t, secretType)
	if len(s.Secrets) != 1 || s.Secrets[0] != "stringData" {
		t.Errorf("marked secret: %v", s.Secrets)
	}
	if data := s.At("stringData").(map[string]any); !strings.Contains(data[DatabaseKey].(string), password) {
		t.Errorf("the Secret holds %v", data)
	}
	for _, res := range r.Resources {
		if res.Type != secretType && strings.Contains(strings.Join(texts(res.Inputs), " "), password) {
			t.Errorf("%s %s holds the password", res.Type, res.Name)
		}
	}
}

func texts(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case map[string]any:
		var out []string
		for _, one := range v {
			out = append(out, texts(one)...)
		}
		return out
	case []any:
		var out []string
		for _, one := range v {
			out = append(out, texts(one)...)
		}
		return out
	}
	return nil
}

func TestWithoutAPasswordThereIsNoSecret(t *testing.T) {
	if all := record(t, &Args{Namespace: "credit-risk", Plan: []byte("{}")}).All(secretType); len(all) != 0 {
		t.Errorf("got %v", all)
	}
}

func TestEveryProblemOfAConfigIsReported(t *testing.T) {
	err := (&Args{Namespace: "X Y", Labels: map[string]string{"a": "b c"}}).Validate()
	for _, want := range []string{"X Y", "label a", "nothing to configure"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not reported: %v", want, err)
		}
	}
	if err := (&Args{Namespace: "x", Plan: make([]byte, MaxPlan+1)}).Validate(); err == nil ||
		!strings.Contains(err.Error(), "split the blueprint") {
		t.Errorf("a plan that no ConfigMap holds: %v", err)
	}
}
