package cluster

import (
	"encoding/json"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// access lets the admins in by access entries, which a pull request shows and
// the aws-auth ConfigMap never did.
func (b *build) access() error {
	for _, arn := range b.args.Admins {
		admin := &AdminArgs{ClusterName: b.cluster.Name, Principal: pulumi.String(arn),
			Partition: b.args.Partition, Tags: b.args.Tags}
		if err := Admin(b.ctx, b.name+"-"+AdminName(arn), admin, b.child()...); err != nil {
			return err
		}
	}
	return nil
}

// AdminArgs says who administers which cluster.
type AdminArgs struct {
	ClusterName pulumi.StringInput
	Principal   pulumi.StringInput // ARN of a role or user
	Partition   string             // default aws
	Tags        map[string]string
}

// Admin lets one more principal administer the cluster.
func Admin(ctx *pulumi.Context, name string, args *AdminArgs, opts ...pulumi.ResourceOption) error {
	entry, err := enter(ctx, name, &MemberArgs{ClusterName: args.ClusterName,
		Principal: args.Principal, Tags: args.Tags}, opts)
	if err != nil {
		return err
	}
	partition := args.Partition
	if partition == "" {
		partition = "aws"
	}
	_, err = eks.NewAccessPolicyAssociation(ctx, name, &eks.AccessPolicyAssociationArgs{
		ClusterName:  args.ClusterName.ToStringOutput(),
		PrincipalArn: entry.PrincipalArn,
		PolicyArn:    pulumi.String("arn:" + partition + ":eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"),
		AccessScope:  eks.AccessPolicyAssociationAccessScopeArgs{Type: pulumi.String("cluster")},
	}, opts...)
	return err
}

// MemberArgs says who is a member of which group in the cluster.
type MemberArgs struct {
	ClusterName pulumi.StringInput
	Principal   pulumi.StringInput // ARN of a role or user
	Group       string             // what the group may do is for roles of the cluster to say
	Tags        map[string]string
}

// Member lets one more principal in, as a member of a group and no more: the
// roles that CI assumes are known only after the cluster is.
func Member(ctx *pulumi.Context, name string, args *MemberArgs, opts ...pulumi.ResourceOption) error {
	_, err := enter(ctx, name, args, opts)
	return err
}

// enter registers that the principal may call the API server at all. What it may do is
// for its group's bindings, or for a policy of EKS, to say.
func enter(ctx *pulumi.Context, name string, args *MemberArgs, opts []pulumi.ResourceOption) (*eks.AccessEntry, error) {
	entry := &eks.AccessEntryArgs{
		ClusterName:  args.ClusterName.ToStringOutput(),
		PrincipalArn: args.Principal.ToStringOutput(),
		Type:         pulumi.String("STANDARD"),
		Tags:         pulumi.ToStringMap(args.Tags),
	}
	if args.Group != "" {
		entry.KubernetesGroups = pulumi.ToStringArray([]string{args.Group})
	}
	return eks.NewAccessEntry(ctx, name, entry, opts...)
}

// AdminName returns a name for the entry that is stable and says who:
// "role-platform", "user-ana".
func AdminName(arn string) string {
	_, who, _ := strings.Cut(arn, ":iam::")
	_, who, _ = strings.Cut(who, ":")
	return strings.ReplaceAll(who, "/", "-")
}

// kubeconfig returns the cluster's kubeconfig. Its bytes depend on nothing but the
// cluster.
func kubeconfig(c *eks.Cluster, region string) pulumi.StringOutput {
	ca := c.CertificateAuthority.Data().Elem()
	return pulumi.All(c.Name, c.Endpoint, ca).ApplyT(func(of []any) (string, error) {
		return KubeconfigText(of[0].(string), of[1].(string), of[2].(string), region)
	}).(pulumi.StringOutput)
}

// KubeconfigText is a kubeconfig that asks the AWS CLI for a token at every use: there
// is no credential in it.
func KubeconfigText(name, endpoint, ca, region string) (string, error) {
	text, err := json.Marshal(map[string]any{
		"apiVersion": "v1", "kind": "Config", "current-context": name,
		"clusters": []any{map[string]any{
			"name": name, "cluster": map[string]any{"server": endpoint, "certificate-authority-data": ca},
		}},
		"contexts": []any{map[string]any{
			"name": name, "context": map[string]any{"cluster": name, "user": name},
		}},
		"users": []any{map[string]any{"name": name, "user": map[string]any{"exec": map[string]any{
			"apiVersion": "client.authentication.k8s.io/v1", "command": "aws", "interactiveMode": "Never",
			"args": []any{"eks", "get-token", "--region", region, "--cluster-name", name, "--output", "json"},
		}}}},
	})
	return string(text), err
}
