// Package cluster is the Kubernetes cluster of an environment: EKS with access
// entries and Pod Identity, secrets encrypted under our key, the control plane
// logged, nodes on Amazon Linux 2023 that nobody logs in to, and the add-ons
// that AWS keeps.
package cluster

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Cluster is an EKS cluster with its nodes and add-ons.
type Cluster struct {
	pulumi.ResourceState

	Name          pulumi.StringOutput
	Arn           pulumi.StringOutput
	Endpoint      pulumi.StringOutput
	SecurityGroup pulumi.StringOutput // of the control plane and every node
	Kubeconfig    pulumi.StringOutput // asks `aws eks get-token` for a token: no credential in it
	// Ready is what objects of the cluster depend on: nodes that can run them,
	// and add-ons that give them addresses, names and volumes.
	Ready []pulumi.Resource
}

// build is one New in progress.
type build struct {
	ctx     *pulumi.Context
	name    string
	args    *Args
	c       *Cluster
	cluster *eks.Cluster
	tags    pulumi.StringMap
}

// New registers the cluster. The arguments are validated first.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Cluster, error) {
	if err := args.Validate(); err != nil {
		return nil, err
	}
	c := &Cluster{}
	if err := ctx.RegisterComponentResource("ashlar:cluster:Cluster", name, c, opts...); err != nil {
		return nil, fmt.Errorf("cluster %s: %w", name, err)
	}
	b := &build{ctx: ctx, name: name, args: args, c: c, tags: pulumi.ToStringMap(args.Tags)}
	for _, step := range []func() error{b.controlPlane, b.access, b.nodes} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("cluster %s: %w", name, err)
		}
	}
	c.Name, c.Arn, c.Endpoint = b.cluster.Name, b.cluster.Arn, b.cluster.Endpoint
	c.SecurityGroup = b.cluster.VpcConfig.ClusterSecurityGroupId().Elem()
	c.Kubeconfig = kubeconfig(b.cluster, args.Region)
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{
		"name": c.Name, "arn": c.Arn, "endpoint": c.Endpoint, "securityGroup": c.SecurityGroup,
		"kubeconfig": c.Kubeconfig,
	})
}

// child returns the options of what belongs to the cluster, and more.
func (b *build) child(more ...pulumi.ResourceOption) []pulumi.ResourceOption {
	return append([]pulumi.ResourceOption{pulumi.Parent(b.c)}, more...)
}

// controlPlane registers the role, the log group and the cluster, in the order
// in which EKS needs them.
func (b *build) controlPlane() error {
	role, granted, err := b.clusterRole()
	if err != nil {
		return fmt.Errorf("role: %w", err)
	}
	// Made before EKS makes it, for EKS would neither encrypt nor expire it.
	logs, err := cloudwatch.NewLogGroup(b.ctx, b.name, &cloudwatch.LogGroupArgs{
		Name:            pulumi.String("/aws/eks/" + b.args.ClusterName + "/cluster"),
		KmsKeyId:        b.args.LogKMSKeyArn.ToStringOutput(),
		RetentionInDays: pulumi.Int(b.args.logDays()),
		Tags:            b.tags,
	}, b.child()...)
	if err != nil {
		return fmt.Errorf("log group: %w", err)
	}
	vpc := eks.ClusterVpcConfigArgs{
		SubnetIds:             b.args.SubnetIDs,
		EndpointPrivateAccess: pulumi.Bool(true),
		EndpointPublicAccess:  pulumi.Bool(b.args.PublicEndpoint),
	}
	if b.args.PublicEndpoint {
		vpc.PublicAccessCidrs = pulumi.ToStringArray(b.args.PublicCIDRs)
	}
	b.cluster, err = eks.NewCluster(b.ctx, b.name, &eks.ClusterArgs{
		Name:      pulumi.String(b.args.ClusterName),
		Version:   pulumi.String(b.args.Version),
		RoleArn:   role.Arn,
		VpcConfig: vpc,
		AccessConfig: eks.ClusterAccessConfigArgs{
			AuthenticationMode:                      pulumi.String("API"),
			BootstrapClusterCreatorAdminPermissions: pulumi.Bool(true),
		},
		// The add-ons that EKS would install by itself could not be upgraded here.
		BootstrapSelfManagedAddons: pulumi.Bool(false),
		EncryptionConfig: eks.ClusterEncryptionConfigArgs{
			Provider:  eks.ClusterEncryptionConfigProviderArgs{KeyArn: b.args.KMSKeyArn.ToStringOutput()},
			Resources: pulumi.ToStringArray([]string{"secrets"}),
		},
		EnabledClusterLogTypes: pulumi.ToStringArray([]string{"api", "audit", "authenticator",
			"controllerManager", "scheduler"}),
		KubernetesNetworkConfig: eks.ClusterKubernetesNetworkConfigArgs{
			IpFamily:        pulumi.String("ipv4"),
			ServiceIpv4Cidr: pulumi.String(b.args.serviceCIDR()),
		},
		// The default, EXTENDED, costs six times as much once a version is old.
		UpgradePolicy: eks.ClusterUpgradePolicyArgs{SupportType: pulumi.String("STANDARD")},
		Tags:          b.tags,
	}, b.child(pulumi.DependsOn(append(granted, logs)), pulumi.Protect(b.args.Protect),
		pulumi.IgnoreChanges(settled))...)
	return err
}

// settled are the inputs that cannot change without a new cluster, and with it
// everything that runs. Such a change is a second cluster and a move.
var settled = []string{
	"accessConfig.bootstrapClusterCreatorAdminPermissions", "bootstrapSelfManagedAddons", "encryptionConfig",
	"kubernetesNetworkConfig", "name", "roleArn",
}
