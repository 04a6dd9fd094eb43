// Package deployer is what CI may do in a cluster: change the workloads of the
// namespaces that it was given, and look at them. It administers nothing: it
// makes no namespace, reads no Secret, and reaches no namespace of the cluster's
// own, where whoever makes pods may do everything.
package deployer

import (
	"fmt"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	rbacv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/rbac/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/object"
)

// Deployer is the roles and the namespaces that they are bound in.
type Deployer struct{ pulumi.ResourceState }

const api = "rbac.authorization.k8s.io"

// New registers the namespaces, the roles and their bindings. The arguments are
// validated first. The options carry the cluster's Kubernetes provider.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Deployer, error) {
	if err := args.Validate(); err != nil {
		return nil, err
	}
	c := &Deployer{}
	if err := ctx.RegisterComponentResource("ashlar:deployer:Deployer", name, c, opts...); err != nil {
		return nil, fmt.Errorf("deployer %s: %w", name, err)
	}
	b := build{ctx: ctx, name: name, args: args,
		opts: []pulumi.ResourceOption{pulumi.Parent(c), pulumi.DependsOn(args.After)}}
	spaces, err := b.namespaces()
	if err != nil {
		return nil, fmt.Errorf("deployer %s: namespace: %w", name, err)
	}
	for _, who := range []struct {
		word, group string
		in, of      []Rule
	}{
		{"write", args.Write, inNamespace(), args.inCluster()},
		{"read", args.Read, reading(inNamespace()), reading(args.inCluster())},
	} {
		if err := b.grant(who.word, who.group, who.in, who.of, spaces); err != nil {
			return nil, fmt.Errorf("deployer %s: %w", name, err)
		}
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{})
}

// build is one New in progress.
type build struct {
	ctx  *pulumi.Context
	name string
	args *Args
	opts []pulumi.ResourceOption
}

// namespaces are confined from the first moment on, and outlive the stack: what
// is in them is not the foundation's.
func (b build) namespaces() (map[string]*corev1.Namespace, error) {
	out := map[string]*corev1.Namespace{}
	for _, ns := range b.args.Namespaces {
		made, err := corev1.NewNamespace(b.ctx, b.name+"-"+ns, &corev1.NamespaceArgs{
			Metadata: object.Meta("", ns,
				object.With(b.args.Labels, "pod-security.kubernetes.io/enforce", "restricted"), nil),
		}, append(b.opts[:len(b.opts):len(b.opts)], pulumi.RetainOnDelete(true),
			pulumi.IgnoreChanges([]string{"metadata.labels", "metadata.annotations"}))...)
		if err != nil {
			return nil, err
		}
		out[ns] = made
	}
	return out, nil
}

// grant gives the group the rules in each namespace, and those of the cluster.
func (b build) grant(word, group string, in, of []Rule, spaces map[string]*corev1.Namespace) error {
	role, err := b.role(word, in)
	if err != nil {
		return err
	}
	whole, err := b.role(word+"-cluster", of)
	if err != nil {
		return err
	}
	subjects := rbacv1.SubjectArray{rbacv1.SubjectArgs{Kind: pulumi.String("Group"), Name: pulumi.String(group),
		ApiGroup: pulumi.String(api)}}
	if _, err := rbacv1.NewClusterRoleBinding(b.ctx, b.name+"-"+word, &rbacv1.ClusterRoleBindingArgs{
		Metadata: object.Meta("", b.args.Prefix+"-"+word+"-cluster", b.args.Labels, nil),
		RoleRef:  b.ref(word + "-cluster"), Subjects: subjects,
	}, b.after(whole)...); err != nil {
		return fmt.Errorf("binding of %s: %w", word, err)
	}
	for _, ns := range b.args.Namespaces {
		if _, err := rbacv1.NewRoleBinding(b.ctx, b.name+"-"+word+"-"+ns, &rbacv1.RoleBindingArgs{
			Metadata: object.Meta(ns, b.args.Prefix+"-"+word, b.args.Labels, nil),
			RoleRef:  b.ref(word), Subjects: subjects,
		}, b.after(role, spaces[ns])...); err != nil {
			return fmt.Errorf("binding of %s in %s: %w", word, ns, err)
		}
	}
	return nil
}

// role registers the rules once, for bindings in each namespace to refer to.
func (b build) role(word string, rules []Rule) (pulumi.Resource, error) {
	role, err := rbacv1.NewClusterRole(b.ctx, b.name+"-"+word, &rbacv1.ClusterRoleArgs{
		Metadata: object.Meta("", b.args.Prefix+"-"+word, b.args.Labels, nil), Rules: policyRules(rules),
	}, b.opts...)
	if err != nil {
		return nil, fmt.Errorf("role of %s: %w", word, err)
	}
	return role, nil
}

// ref is the role of that word in a binding.
func (b build) ref(word string) rbacv1.RoleRefArgs {
	return rbacv1.RoleRefArgs{ApiGroup: pulumi.String(api), Kind: pulumi.String("ClusterRole"),
		Name: pulumi.String(b.args.Prefix + "-" + word)}
}

// after returns the common options with dependencies; the common ones stay as they
// are.
func (b build) after(what ...pulumi.Resource) []pulumi.ResourceOption {
	return append(b.opts[:len(b.opts):len(b.opts)], pulumi.DependsOn(what))
}
