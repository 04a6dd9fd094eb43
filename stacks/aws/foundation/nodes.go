package foundation

import (
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/addons"
	"github.com/ashlar-dev/ashlar/components/karpenter"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
)

// outNodeRole is the role of the nodes that Karpenter makes: a controller that the
// cluster has already must be allowed to pass it.
const outNodeRole = "karpenterNodeRoleArn"

// karpenter is the nodes that are made as pods need them; nil where the config has no
// pool.
func (u *builder) karpenter() *karpenter.Args {
	n := u.cfg.Nodes
	if !u.cfg.Karpenter() {
		return nil
	}
	args := &karpenter.Args{
		Prefix: u.prefix(), Cluster: u.prefix(), ClusterName: u.at.cluster, Region: u.cfg.Region,
		Partition: u.partition(), Account: u.at.account, SubnetIDs: u.at.subnets, SecurityGroup: u.at.clusterSecurity,
		KMSKeyArn: u.at.nodeKey, Consolidation: n.Consolidation, ConsolidateAfter: n.ConsolidateAfter, Tags: u.tags(),
		Controlled: slices.Contains(u.cfg.Existing.Addons, "karpenter"),
	}
	if name := u.cfg.Existing.Cluster; name != "" {
		args.Cluster, args.KMSKeyArn = name, nil
	}
	for _, name := range slices.Sorted(maps.Keys(n.Pools)) {
		p := n.Pools[name]
		args.Pools = append(args.Pools, karpenter.Pool{
			Name: name, Spot: p.Capacity == config.CapacitySpot, ARM: p.Architecture == config.ArchitectureARM,
			GPU: p.GPU, CPU: p.Limits.CPU, Memory: p.Limits.Memory,
		})
	}
	return args
}

// makeNodes registers what Karpenter needs in AWS. Its controller waits for it, as
// every add-on does.
func (u *builder) makeNodes(ctx *pulumi.Context) error {
	args := u.karpenter()
	if args == nil {
		return nil
	}
	k, err := karpenter.New(ctx, "karpenter", args)
	if err != nil {
		return err
	}
	u.nodes, u.out[outNodeRole] = k, k.NodeRoleArn
	u.at.ready = append(slices.Clone(u.at.ready), k.Ready...)
	return nil
}

// makePools registers the pools, once the controller has brought their kinds.
func (u *builder) makePools(ctx *pulumi.Context, a *addons.Addons, provider pulumi.ProviderResource) error {
	if u.nodes == nil {
		return nil
	}
	return u.nodes.Pools(ctx, u.karpenter(), []pulumi.Resource{a}, pulumi.Provider(provider))
}
