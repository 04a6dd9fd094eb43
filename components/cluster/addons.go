package cluster

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/policy"
)

// addon is one managed add-on: its version is the one that AWS recommends for
// the cluster's, and changes with it.
type addon struct {
	name     string
	settings string // JSON
	account  string // service account that calls AWS
	role     func(*build) (*iam.Role, []pulumi.Resource, error)
}

// beforeNodes run on every node as it starts. The agent comes first, because
// the network plugin takes its credentials from it.
var beforeNodes = []addon{
	{name: "eks-pod-identity-agent"},
	{name: "kube-proxy"},
	{name: "vpc-cni", settings: `{"enableNetworkPolicy":"true"}`, account: "aws-node", role: (*build).cniRole},
}

// afterNodes are deployments, which are not healthy before there are nodes.
var afterNodes = []addon{
	{name: "aws-ebs-csi-driver", account: "ebs-csi-controller-sa", role: (*build).diskRole},
	{name: "coredns"},
	{name: "metrics-server"},
}

// addons registers the list, after what it needs.
func (b *build) addons(list []addon, needed ...pulumi.Resource) ([]pulumi.Resource, error) {
	var out []pulumi.Resource
	for _, a := range list {
		args := &eks.AddonArgs{
			ClusterName: b.cluster.Name,
			AddonName:   pulumi.String(a.name),
			// A fresh cluster's defaults give way; later hand-made settings stay.
			ResolveConflictsOnCreate: pulumi.String("OVERWRITE"),
			ResolveConflictsOnUpdate: pulumi.String("PRESERVE"),
			Tags:                     b.tags,
		}
		if a.settings != "" {
			args.ConfigurationValues = pulumi.String(a.settings)
		}
		depends := needed
		if a.role != nil {
			role, granted, err := a.role(b)
			if err != nil {
				return nil, fmt.Errorf("add-on %s: %w", a.name, err)
			}
			args.PodIdentityAssociations = eks.AddonPodIdentityAssociationArray{eks.AddonPodIdentityAssociationArgs{
				RoleArn: role.Arn, ServiceAccount: pulumi.String(a.account),
			}}
			depends = append(granted, needed...)
		}
		r, err := eks.NewAddon(b.ctx, b.name+"-"+a.name, args, b.child(pulumi.DependsOn(depends))...)
		if err != nil {
			return nil, fmt.Errorf("add-on %s: %w", a.name, err)
		}
		out = append(out, r)
	}
	return out, nil
}

// cniRole gives pods their addresses in the VPC.
func (b *build) cniRole() (*iam.Role, []pulumi.Resource, error) {
	return b.podRole("cni", "AmazonEKS_CNI_Policy")
}

// diskRole makes and attaches volumes, encrypted under our key.
func (b *build) diskRole() (*iam.Role, []pulumi.Resource, error) {
	role, granted, err := b.podRole("disks", "service-role/AmazonEBSCSIDriverPolicy")
	if err != nil {
		return nil, nil, err
	}
	key := []pulumi.StringInput{b.args.KMSKeyArn}
	policies, err := b.inline(role, "disks",
		policy.Statement{
			Sid: "Volumes", Resources: key,
			Actions: []string{"kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKeyWithoutPlaintext",
				"kms:ReEncryptFrom", "kms:ReEncryptTo"},
		},
		policy.Statement{
			Sid: "Attach", Resources: key, Actions: []string{"kms:CreateGrant"},
			Conditions: []policy.Condition{policy.When("Bool", "kms:GrantIsForAWSResource", pulumi.String("true"))},
		})
	return role, append(granted, policies), err
}
