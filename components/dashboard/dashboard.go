// Package dashboard is a Grafana dashboard on a cluster: a ConfigMap with the label by
// which Grafana's sidecar finds it. What the dashboard shows somebody else has written.
package dashboard

import (
	"errors"
	"fmt"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/object"
)

// Label is the one that the sidecar of Grafana's chart looks for by default, of any value.
const Label = "grafana_dashboard"

// maxBytes is what a ConfigMap takes, with room for its metadata.
const maxBytes = 1000 << 10

// Args says what is shown.
type Args struct {
	Namespace string
	Name      string // of the ConfigMap, and of the file within
	Labels    map[string]string
	JSON      []byte
	After     []pulumi.Resource // what must be there first
}

// Validate returns every problem of the arguments, joined. Whether Grafana can show the
// JSON is not looked at.
func (a *Args) Validate() error {
	if a == nil {
		return errors.New("dashboard: no arguments")
	}
	found := []error{
		object.CheckName("dashboard", a.Name, object.MaxLabel),
		object.CheckName("namespace", a.Namespace, object.MaxLabel), object.CheckLabels(a.Labels),
	}
	if n := len(a.JSON); n == 0 || n > maxBytes {
		found = append(found, fmt.Errorf("dashboard %s: %d bytes, want 1 to %d: a blueprint with fewer endpoints is smaller",
			a.Name, n, maxBytes))
	}
	return errors.Join(found...)
}

// Dashboard is a Grafana dashboard on a cluster.
type Dashboard struct{ pulumi.ResourceState }

// New registers the ConfigMap. The arguments are validated first.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Dashboard, error) {
	if err := args.Validate(); err != nil {
		return nil, err
	}
	c := &Dashboard{}
	if err := ctx.RegisterComponentResource("ashlar:dashboard:Dashboard", name, c, opts...); err != nil {
		return nil, fmt.Errorf("dashboard %s: %w", name, err)
	}
	if _, err := corev1.NewConfigMap(ctx, name, &corev1.ConfigMapArgs{
		Metadata: object.Meta(args.Namespace, args.Name, object.With(args.Labels, Label, "1"), nil),
		Data:     pulumi.StringMap{args.Name + ".json": pulumi.String(string(args.JSON))},
	}, pulumi.Parent(c), pulumi.DependsOn(args.After)); err != nil {
		return nil, fmt.Errorf("dashboard %s: %w", name, err)
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{})
}
