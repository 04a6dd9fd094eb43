// Package slo is an objective that Prometheus watches: a PrometheusRule whose
// rules somebody else has written. It knows nothing of objectives itself, so
// that the rules' text has one source wherever it is used.
package slo

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apiextensions"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/object"
)

// Group is a rule group as the PrometheusRule object writes it.
type Group struct {
	Name  string `pulumi:"name"`
	Rules []Rule `pulumi:"rules"`
}

// Rule records a series or raises an alert; one of Record and Alert is set.
type Rule struct {
	Record      *string           `pulumi:"record"`
	Alert       *string           `pulumi:"alert"`
	Expr        string            `pulumi:"expr"`
	For         *string           `pulumi:"for"`
	Labels      map[string]string `pulumi:"labels"`
	Annotations map[string]string `pulumi:"annotations"`
}

// Args says which rules there are.
type Args struct {
	Namespace string
	Name      string // of the PrometheusRule
	Labels    map[string]string
	Groups    []Group
	After     []pulumi.Resource // what must be there first
}

// Validate returns every problem of the arguments, joined. Whether expressions
// parse is Prometheus' to judge.
func (a *Args) Validate() error {
	if a == nil {
		return errors.New("slo: no arguments")
	}
	found := []error{
		object.CheckName("slo", a.Name, object.MaxLabel), object.CheckName("namespace", a.Namespace, object.MaxLabel),
		object.CheckLabels(a.Labels),
	}
	say := func(format string, args ...any) {
		found = append(found, fmt.Errorf("slo %s: "+format, append([]any{a.Name}, args...)...))
	}
	if len(a.Groups) == 0 {
		say("no rules")
	}
	seen := map[string]bool{}
	for _, g := range a.Groups {
		if g.Name == "" || seen[g.Name] {
			say("group %q: want a name that no other group has", g.Name)
		}
		seen[g.Name] = true
		for i, r := range g.Rules {
			if (r.Record == nil) == (r.Alert == nil) {
				say("group %s: rule %d: want either a recording or an alert", g.Name, i)
			}
			if r.Expr == "" {
				say("group %s: rule %d has no expression", g.Name, i)
			}
		}
	}
	return errors.Join(found...)
}

type ruleSpec struct {
	Groups []Group `pulumi:"groups"`
}

// SLO is an objective that Prometheus watches.
type SLO struct{ pulumi.ResourceState }

// New registers the PrometheusRule. The arguments are validated first.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*SLO, error) {
	if err := args.Validate(); err != nil {
		return nil, err
	}
	c := &SLO{}
	if err := ctx.RegisterComponentResource("ashlar:slo:SLO", name, c, opts...); err != nil {
		return nil, fmt.Errorf("slo %s: %w", name, err)
	}
	if _, err := apiextensions.NewCustomResource(ctx, name, &apiextensions.CustomResourceArgs{
		ApiVersion: pulumi.String("monitoring.coreos.com/v1"), Kind: pulumi.String("PrometheusRule"),
		Metadata:    object.Meta(args.Namespace, args.Name, args.Labels, nil),
		OtherFields: kubernetes.UntypedArgs{"spec": ruleSpec{args.Groups}},
	}, pulumi.Parent(c), pulumi.DependsOn(args.After)); err != nil {
		return nil, fmt.Errorf("slo %s: %w", name, err)
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{})
}
