package foundation

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/addons"
	"github.com/ashlar-dev/ashlar/components/bucket"
	"github.com/ashlar-dev/ashlar/components/cluster"
	"github.com/ashlar-dev/ashlar/components/database"
	"github.com/ashlar-dev/ashlar/components/network"
	"github.com/ashlar-dev/ashlar/components/pod"
	"github.com/ashlar-dev/ashlar/components/registry"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
	"github.com/ashlar-dev/ashlar/stacks/aws/lineage"
)

// What the foundation exports for people, beside what base reads.
const (
	outVPC               = "vpcId"
	outFlowBucket        = "flowLogsBucket"
	outKubeconfigCommand = "kubeconfigCommand"
	outGrafanaCommand    = "grafanaCommand"
	outAddons            = "addons"         // chart -> version
	outTenants           = "tenantRoleArns" // tenant -> duty of CI -> ARN
)

// TrainingPool is the tainted pool of the foundation, which pods of training prefer.
var TrainingPool = pod.Pool{Label: "ashlar.dev/pool", Value: "training"}

// premises is what a part needs: what was registered before it.
type premises struct {
	account                                pulumi.StringInput
	dataKey, databaseKey, nodeKey, logsKey pulumi.StringInput
	accessBucket, flowBucket, trailBucket  pulumi.StringInput // name; ARN; name
	vpc                                    pulumi.StringInput
	subnets                                pulumi.StringArrayInput // private
	cluster, clusterArn, clusterSecurity   pulumi.StringInput
	kubeconfig                             pulumi.StringInput
	databaseID, databaseSecret             pulumi.StringInput
	databaseArn                            pulumi.StringInput // nil: it is not the foundation's
	databaseHost, databasePort             pulumi.StringInput
	databaseName, networkCIDR              pulumi.StringInput
	kubernetes                             pulumi.ProviderResource
	registry, boundary                     pulumi.StringInput // ARN
	issuer                                 pulumi.StringInput // ARN of GitHub's identity provider
	delivered, connected, ready            []pulumi.Resource  // the flow bucket; the network; the nodes
}

// notYet returns premises of which nothing is known, for arguments to be
// checked on.
func notYet() premises {
	u := pulumi.String("").ToStringOutput()
	return premises{
		account: u, dataKey: u, databaseKey: u, nodeKey: u, logsKey: u, accessBucket: u, flowBucket: u, trailBucket: u,
		vpc:     u,
		subnets: pulumi.StringArray{}, cluster: u, clusterArn: u, clusterSecurity: u, kubeconfig: u,
		databaseID: u, databaseSecret: u, registry: u, boundary: u, issuer: u,
	}
}

// prefix is what the environment's physical names begin with.
func (u *builder) prefix() string { return u.cfg.Name + "-" + u.cfg.Environment }

// partition is the part of AWS that ARNs begin with.
func (u *builder) partition() string { return lineage.PartitionOf(u.cfg.Region) }

// regionProblem refuses the regions whose endpoints and service principals
// have other names.
func (u *builder) regionProblem() error {
	if strings.HasPrefix(u.cfg.Region, "cn-") {
		return fmt.Errorf("region %s: the foundation does not know China's endpoints", u.cfg.Region)
	}
	return nil
}

// owner are the tags that say which foundation made something.
var owner = []string{"ashlar:installation", "ashlar:environment", "ashlar:layer"}

// tags are those of every AWS resource of the foundation. It serves all
// blueprints, so its owner is the platform.
func (u *builder) tags() map[string]string {
	out := map[string]string{
		"ashlar:installation": u.cfg.Name, "ashlar:environment": u.cfg.Environment,
		"ashlar:layer": config.LayerFoundation, "ashlar:owner": "platform", "ashlar:managed-by": "ashlar",
	}
	if u.cfg.CostCentre != "" {
		out["ashlar:cost-centre"] = u.cfg.CostCentre
	}
	return out
}

// longLogs is how many days logs are kept.
func (u *builder) longLogs() int {
	if u.cfg.Production() {
		return 365
	}
	return 90
}

// accessBucket is where S3 writes who read which object of our buckets. It is
// the one place without a key of ours: S3 could not write there.
func (u *builder) accessBucket() *bucket.Args {
	return &bucket.Args{
		BucketName:      pulumi.Sprintf("access-%s-%s", u.prefix(), u.at.account),
		AccessLogTarget: true, RetentionDays: u.longLogs(), Protect: u.cfg.Protected(), Tags: u.tags(),
		Owner: owner, Partition: u.partition(),
		Deliveries: []bucket.Delivery{{
			Service: "logging.s3.amazonaws.com", Account: u.at.account,
			SourceArn: pulumi.Sprintf("arn:%s:s3:::*%s-*", u.partition(), u.prefix()),
		}},
	}
}

// flowBucket is where the network's flow log is delivered, under the key of logs. The
// service that delivers it lists the bucket first.
func (u *builder) flowBucket() *bucket.Args {
	return &bucket.Args{
		BucketName: pulumi.Sprintf("flows-%s-%s", u.prefix(), u.at.account),
		KMSKeyArn:  u.at.logsKey, RetentionDays: u.longLogs(), Protect: u.cfg.Protected(), Tags: u.tags(),
		Owner: owner, Partition: u.partition(),
		AccessLogs: &bucket.AccessLogs{Bucket: u.at.accessBucket, Prefix: "flows/"},
		Deliveries: []bucket.Delivery{{
			Service: "delivery.logs.amazonaws.com", Account: u.at.account, Lists: true,
			SourceArn: pulumi.Sprintf("arn:%s:logs:%s:%s:*", u.partition(), u.cfg.Region, u.at.account),
		}},
	}
}

// network is the VPC in two or three zones. It is kept where the database is: a kept
// instance holds its subnets, and AWS would refuse to delete them.
func (u *builder) network() *network.Args {
	return &network.Args{
		NetworkName: u.prefix(), Region: u.cfg.Region, CIDR: u.cfg.Network.CIDR, Zones: zones(u.cfg),
		PerZone: u.cfg.Network.NATPerZone, ClusterName: u.prefix(), FlowLogBucketArn: u.at.flowBucket,
		FlowLogReady: u.at.delivered,
		Retain:       true, // the database is
		Reserved:     append([]string{serviceCIDR}, u.cfg.Network.Reserved...), Tags: u.tags(),
	}
}

// serviceCIDR is where the cluster's services have their addresses.
const serviceCIDR = "172.20.0.0/16"

// cluster is EKS with a pool that everything can run on and, where the config asks for
// it, a tainted one for training.
func (u *builder) cluster() *cluster.Args {
	c := u.cfg.Cluster
	pools := []cluster.Pool{{Name: "general", Types: c.NodeTypes, Min: c.MinNodes, Max: c.MaxNodes}}
	if u.cfg.Karpenter() { // nothing moves the group then
		pools[0].Max = c.MinNodes
	}
	if t := c.Training; t != nil {
		pools = append(pools, cluster.Pool{
			Name: TrainingPool.Value, Types: t.NodeTypes, Min: t.MinNodes, Max: t.MaxNodes, GPU: c.GPU, Dedicated: true,
		})
	}
	return &cluster.Args{
		ClusterName: u.prefix(), Version: c.Version, Region: u.cfg.Region, Partition: u.partition(),
		SubnetIDs: u.at.subnets, ServiceCIDR: serviceCIDR, PublicEndpoint: c.PublicEndpoint, PublicCIDRs: c.PublicCIDRs,
		KMSKeyArn: u.at.nodeKey, LogKMSKeyArn: u.at.logsKey, LogDays: u.longLogs(),
		Admins: c.Admins, Pools: pools, After: u.at.connected, Protect: u.cfg.Protected(), Tags: u.tags(),
	}
}

// database is PostgreSQL on RDS, reached from the cluster's nodes and from nowhere
// else.
func (u *builder) database() *database.Args {
	d := u.cfg.Database
	return &database.Args{
		Identifier: u.prefix(), InstanceClass: d.InstanceClass, AllocatedGB: d.AllocatedGB, BackupDays: d.BackupDays,
		MultiAZ: u.cfg.MultiAZ(), Protect: u.cfg.Protected(),
		VPCID: u.at.vpc, SubnetIDs: u.at.subnets, ClientSecurity: u.at.clusterSecurity,
		KMSKeyArn: u.at.databaseKey, LogKMSKeyArn: u.at.logsKey, LogDays: u.longLogs(), Tags: u.tags(),
	}
}

// registry holds the runtime's image, under the key of datasets and stores.
func (u *builder) registry() *registry.Args {
	return &registry.Args{
		RepositoryName: u.prefix() + "/runtime", KMSKeyArn: u.at.dataKey, Protect: u.cfg.Protected(), Tags: u.tags(),
	}
}

// addons are the charts that the workloads' objects are made for. In production there
// are two of every controller, so that a node may go.
func (u *builder) addons() *addons.Args {
	args := &addons.Args{
		Prefix: u.prefix(), ClusterName: u.at.cluster, ClusterArn: u.at.clusterArn, VPCID: u.at.vpc,
		Region: u.cfg.Region, Account: u.at.account, Partition: u.partition(), KMSKeyArn: u.at.nodeKey,
		Spread: u.cfg.Production(), GPU: u.cfg.GPUs(), After: u.at.ready,
		Shared: u.cfg.Existing.Cluster != "", Without: u.cfg.Existing.Addons,
		Prometheus: u.cfg.Existing.Prometheus,
		Labels:     map[string]string{"ashlar.dev/environment": u.cfg.Environment}, Tags: u.tags(),
	}
	if k := u.karpenter(); k != nil {
		args.Karpenter = &addons.Karpenter{Cluster: k.Cluster, Queue: k.QueueName(), Statements: k.Statements()}
	}
	return args
}
