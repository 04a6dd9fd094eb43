// Package foundation registers what the blueprints of an environment share: network,
// cluster, database, registry, keys, the roles of CI and the boundary that no
// workload's role exceeds. It is a stack of its own, made once an environment, and
// takes nothing from a plan, so that an edit to a blueprint can never touch it. What
// the workloads read of it are its outputs (outputs.go), by name.
package foundation

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/addons"
	"github.com/ashlar-dev/ashlar/components/bucket"
	"github.com/ashlar-dev/ashlar/components/cluster"
	"github.com/ashlar-dev/ashlar/components/database"
	"github.com/ashlar-dev/ashlar/components/deployer"
	"github.com/ashlar-dev/ashlar/components/karpenter"
	kmskey "github.com/ashlar-dev/ashlar/components/key"
	"github.com/ashlar-dev/ashlar/components/network"
	"github.com/ashlar-dev/ashlar/components/policy"
	"github.com/ashlar-dev/ashlar/components/registry"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
	"github.com/ashlar-dev/ashlar/stacks/aws/existing"
)

// Register registers what an environment's blueprints need. It takes nothing
// from the plans: a blueprint's edit must never move it.
//
// Every part's arguments are made twice, by the same methods of builder: once
// on premises that are not known, for all their problems to be reported before
// anything is registered, and once on the real ones.
//
// Parts that exist are looked up and checked first, all of them. With a nil Open the
// program is being rendered: there is no account to ask, and nothing is checked.
func Register(ctx *pulumi.Context, cfg config.Config, open Open) error {
	if err := foundationProblems(cfg, ctx.Project(), ctx.Stack()); err != nil {
		return err
	}
	if !cfg.Cluster.PublicEndpoint && cfg.Existing.Cluster == "" {
		if err := ctx.Log.Info("the API server answers inside the VPC only: run where it is reached, or set cluster.publicEndpoint", nil); err != nil {
			return err
		}
	}
	u := &builder{cfg: cfg, project: ctx.Project(), stack: ctx.Stack(), open: open, out: pulumi.Map{}}
	if err := u.make(ctx); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(u.out)) {
		ctx.Export(name, u.out[name])
	}
	return nil
}

// foundationProblems returns everything that keeps the foundation from being
// registered, without registering anything.
func foundationProblems(cfg config.Config, project, stack string) error {
	u := &builder{cfg: cfg, project: project, stack: stack, at: notYet()}
	found := []error{u.regionProblem()}
	for _, k := range u.keys() {
		found = append(found, k.args.Validate())
	}
	for _, part := range u.parts() {
		if part.exists == "" {
			found = append(found, part.args.Validate())
		}
	}
	found = append(found, u.accessBucket().Validate(), u.addons().Validate(), u.migrator().Validate(),
		policy.Check(u.boundaryStatements()))
	if u.cfg.Database.BackupRegion != "" {
		found = append(found, u.backupKey().Validate())
	}
	if args := u.karpenter(); args != nil {
		found = append(found, args.Validate())
	}
	if args := u.budget(); args != nil {
		found = append(found, args.Validate())
	}
	if u.cfg.Trails() {
		found = append(found, u.trailBucket().Validate(), u.trail().Validate())
	}
	for _, t := range u.tenants() {
		for _, d := range ciDuties {
			found = append(found, u.ci(t, d).Validate())
		}
		found = append(found, u.deployer(t).Validate())
	}
	return errors.Join(found...)
}

// part is one that the foundation makes unless it exists: its id, or empty.
type part struct {
	exists string
	args   interface{ Validate() error }
}

// parts are those that the config may say to exist. The log of a network's flows goes
// with the network.
func (u *builder) parts() []part {
	e := u.cfg.Existing
	return []part{{e.VPC, u.flowBucket()}, {e.VPC, u.network()}, {e.Cluster, u.cluster()}, {e.Database, u.database()},
		{e.Registry, u.registry()}}
}

// builder is a foundation in the making.
type builder struct {
	cfg     config.Config
	project string // Pulumi's, which the workloads' stacks are of too
	stack   string // Pulumi's, of the foundation
	account string // where it is deployed; empty before anybody has asked
	open    Open   // nil: a rendering
	found   *existing.Parts
	at      premises
	nodes   *karpenter.Karpenter // nil: managed groups are all
	out     pulumi.Map
}

// make registers every part, each on what was made before it.
func (u *builder) make(ctx *pulumi.Context) error {
	who, err := aws.GetCallerIdentity(ctx, &aws.GetCallerIdentityArgs{})
	if err != nil {
		return fmt.Errorf("which AWS account this is: %w", err)
	}
	u.account, u.at.account = who.AccountId, pulumi.String(who.AccountId)
	if u.found, err = existing.Find(ctx, u.cfg, u.account, u.open != nil); err != nil {
		return err
	}
	if err := u.checkCluster(ctx); err != nil {
		return err
	}
	u.out[OutRegion], u.out[OutAccount] = pulumi.String(u.cfg.Region), u.at.account
	u.out[OutName], u.out[OutDataBucket] = pulumi.String(u.cfg.Name), pulumi.String(u.cfg.Existing.Bucket)
	for _, step := range []func(*pulumi.Context) error{
		u.takeOver, u.makeKeys, u.makeLogs, u.makeTrail, u.makeBudget, u.makeNetwork, u.makeCluster, u.makeNodes,
		u.makeDatabase, u.makeBackups, u.makeRegistry, u.makeBoundary,
		u.makeMigrator, u.makeCI, u.makeAddons, u.makeSchema,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// makeKeys comes first: everything after it is encrypted under one of them.
func (u *builder) makeKeys(ctx *pulumi.Context) error {
	for _, k := range u.keys() {
		made, err := kmskey.New(ctx, k.name, k.args)
		if err != nil {
			return err
		}
		*k.arn = made.Arn
	}
	if key := u.cfg.Existing.Key; key != "" {
		u.at.dataKey = pulumi.String(key)
	}
	u.out[OutDataKey] = u.at.dataKey
	return nil
}

// makeLogs registers the two buckets of logs. That of accesses is first, since the one
// of flows logs who reads it there.
func (u *builder) makeLogs(ctx *pulumi.Context) error {
	access, err := bucket.New(ctx, "access-logs", u.accessBucket())
	if err != nil {
		return err
	}
	u.at.accessBucket, u.out[OutLogsBucket] = access.Name, access.Name
	if u.found.Network != nil {
		return nil // its owner logs its flows
	}
	flows, err := bucket.New(ctx, "flow-logs", u.flowBucket())
	if err != nil {
		return err
	}
	u.at.flowBucket, u.at.delivered = flows.Arn, flows.Ready
	u.out[outFlowBucket] = flows.Name
	return nil
}

// makeNetwork registers the VPC. Its flow log waits for the bucket's policy: AWS
// refuses a log whose bucket does not let it write.
func (u *builder) makeNetwork(ctx *pulumi.Context) error {
	if n := u.found.Network; n != nil {
		u.at.vpc, u.at.subnets, u.at.networkCIDR = found(n.VPC), pulumi.ToStringArray(n.Subnets),
			found(n.CIDR)
		u.out[OutNetworkCIDR], u.out[outVPC] = u.at.networkCIDR, u.at.vpc
		return nil
	}
	n, err := network.New(ctx, "network", u.network())
	if err != nil {
		return err
	}
	u.at.vpc, u.at.subnets, u.at.connected = n.VPCID, n.PrivateSubnetIDs, n.Ready
	u.at.networkCIDR = n.CIDR
	u.out[OutNetworkCIDR], u.out[outVPC] = n.CIDR, n.VPCID
	return nil
}

// found is a value that was looked up: an output, as of what is made. In a rendering it
// stands for what AWS alone knows, and is checked no more than an output is.
func found(text string) pulumi.StringInput { return pulumi.String(text).ToStringOutput() }

// makeCluster registers the EKS cluster and its nodes. The kubeconfig that it exports
// asks for a token when it is used, so it is no secret.
func (u *builder) makeCluster(ctx *pulumi.Context) error {
	if c := u.found.Cluster; c != nil {
		u.at.cluster, u.at.clusterArn, u.at.clusterSecurity = found(c.Name), found(c.Arn),
			found(c.SecurityGroup)
		u.at.kubeconfig = found(c.Kubeconfig)
		for _, arn := range u.cfg.Cluster.Admins {
			if err := cluster.Admin(ctx, "cluster-"+cluster.AdminName(arn),
				&cluster.AdminArgs{ClusterName: u.at.cluster,
					Principal: pulumi.String(arn), Partition: u.partition(), Tags: u.tags()}); err != nil {
				return err
			}
		}
	} else {
		c, err := cluster.New(ctx, "cluster", u.cluster())
		if err != nil {
			return err
		}
		u.at.cluster, u.at.clusterArn, u.at.clusterSecurity = c.Name, c.Arn, c.SecurityGroup
		u.at.kubeconfig, u.at.ready = c.Kubeconfig, c.Ready
	}
	u.out[OutClusterName], u.out[OutKubeconfig] = u.at.cluster, u.at.kubeconfig
	u.out[outKubeconfigCommand] = pulumi.Sprintf("aws eks update-kubeconfig --region %s --name %s", u.cfg.Region,
		u.at.cluster)
	return nil
}

// makeDatabase registers the database in the private subnets, open to the cluster's
// security group alone. It exports nothing of the password, which RDS keeps.
func (u *builder) makeDatabase(ctx *pulumi.Context) error {
	if d := u.found.Database; d != nil {
		u.at.databaseID, u.at.databaseSecret = found(d.ResourceID), found(d.SecretArn)
		u.at.databaseKey = found(d.SecretKey)
		u.at.databaseHost, u.at.databasePort, u.at.databaseName = found(d.Host), found(d.Port),
			found(d.Name)
	} else {
		d, err := database.New(ctx, "database", u.database())
		if err != nil {
			return err
		}
		u.at.databaseID, u.at.databaseSecret, u.at.databaseArn = d.ResourceID, d.SecretArn, d.Arn
		u.at.databaseHost, u.at.databasePort, u.at.databaseName = d.Host, pulumi.Sprintf("%d", d.Port), d.Name
	}
	u.out[OutDatabaseHost], u.out[OutDatabasePort] = u.at.databaseHost, u.at.databasePort
	u.out[OutDatabaseName], u.out[OutDatabaseResource] = u.at.databaseName, u.at.databaseID
	return nil
}

// makeRegistry registers where the runtime's image is pushed to.
func (u *builder) makeRegistry(ctx *pulumi.Context) error {
	if r := u.found.Registry; r != nil {
		u.at.registry, u.out[OutRegistry] = found(r.Arn), found(r.URL)
		return nil
	}
	r, err := registry.New(ctx, "registry", u.registry())
	if err != nil {
		return err
	}
	u.at.registry = r.Arn
	u.out[OutRegistry] = r.URL
	return nil
}

// makeAddons registers what runs in the cluster for everybody: the engines,
// monitoring, and what CI may do there. It is last, and the one step that needs the
// cluster's API server to answer.
func (u *builder) makeAddons(ctx *pulumi.Context) error {
	provider, err := kubernetes.NewProvider(ctx, KubernetesProvider, &kubernetes.ProviderArgs{
		Kubeconfig: u.at.kubeconfig, EnableServerSideApply: pulumi.Bool(true),
	})
	if err != nil {
		return fmt.Errorf("kubernetes: %w", err)
	}
	u.at.kubernetes = provider
	a, err := addons.New(ctx, "addons", u.addons(), pulumi.Providers(provider))
	if err != nil {
		return err
	}
	if err := u.makePools(ctx, a, provider); err != nil {
		return err
	}
	for _, t := range u.tenants() {
		if _, err := deployer.New(ctx, "ci"+t.suffix, u.deployer(t), pulumi.Providers(provider)); err != nil {
			return err
		}
	}
	u.out[outAddons] = pulumi.ToStringMap(a.Releases)
	if slices.Contains(u.cfg.Existing.Addons, addons.Monitoring) {
		return nil
	}
	u.out[outGrafanaCommand] = pulumi.String(
		"kubectl -n " + addons.MonitoringNamespace + " port-forward svc/kube-prometheus-stack-grafana 3000:80")
	return nil
}
