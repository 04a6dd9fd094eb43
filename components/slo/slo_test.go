package slo

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/pulumitest"
)

func text(s string) *string { return &s }

func good() *Args {
	return &Args{Namespace: "credit-risk", Name: "slo-availability",
		Labels: map[string]string{"a": "b"}, Groups: []Group{
			{Name: "alerts", Rules: []Rule{{Alert: text("Burn"), Expr: "x > 1", For: text("5m"),
				Labels:      map[string]string{"severity": "page"},
				Annotations: map[string]string{"summary": "{{ $value }}"}}}},
			{Name: "sli", Rules: []Rule{{Record: text("slo:x"), Expr: "1"}}},
		}}
}

func TestTheRulesArriveAsTheyWereWritten(t *testing.T) {
	r := pulumitest.Must(t, func(ctx *pulumi.Context) error {
		_, err := New(ctx, "credit-risk-slo-availability", good())
		return err
	}).One(t, "kubernetes:monitoring.coreos.com/v1:PrometheusRule")
	for path, want := range map[string]any{
		"metadata.name": "slo-availability", "metadata.namespace": "credit-risk", "spec.groups.0.name": "alerts",
		"spec.groups.0.rules.0.alert": "Burn",
		"spec.groups.0.rules.0.for":   "5m", "spec.groups.0.rules.0.labels.severity": "page",
		"spec.groups.0.rules.0.annotations.summary": "{{ $value }}",
		"spec.groups.0.rules.0.record":              nil, "spec.groups.1.rules.0.record": "slo:x",
		"spec.groups.1.rules.0.alert": nil, "spec.groups.1.rules.0.for": nil,
	} {
		if got := r.At(path); got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
}

func TestEveryProblemOfAnSLOIsReported(t *testing.T) {
	a := &Args{Namespace: "X", Name: "Y", Labels: map[string]string{"a": "b c"}}
	err := a.Validate()
	for _, want := range []string{`namespace "X"`, `slo "Y"`, "label a", "no rules"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not reported: %v", want, err)
		}
	}
	b := good()
	b.Groups = append(b.Groups, Group{Name: "sli", Rules: []Rule{{}, {Record: text("a"), Alert: text("b"), Expr: "1"}}})
	err = b.Validate()
	for _, want := range []string{`group "sli"`, "rule 0: want either",
		"rule 0 has no expression", "rule 1: want either"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not reported: %v", want, err)
		}
	}
}
