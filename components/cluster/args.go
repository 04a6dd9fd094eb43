package cluster

import (
	"regexp"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Args says what the cluster is called, who reaches it and what nodes it has.
type Args struct {
	ClusterName string
	Version     string // Kubernetes minor version: "1.35"
	Region      string // for the kubeconfig
	Partition   string // default aws

	SubnetIDs pulumi.StringArrayInput // private ones, in two zones at least
	// PublicEndpoint has the API server answer on the internet too, to
	// PublicCIDRs alone. It always answers inside the VPC.
	PublicEndpoint bool
	PublicCIDRs    []string
	ServiceCIDR    string // of Kubernetes services, outside the VPC's range; default 172.20.0.0/16

	KMSKeyArn    pulumi.StringInput // secrets in etcd, nodes' and claims' volumes
	LogKMSKeyArn pulumi.StringInput // the control plane's logs
	LogDays      int                // default 90

	// Admins are ARNs of IAM roles and users that administer the cluster. So
	// does, always, the principal that created it.
	Admins []string

	Pools   []Pool            // at least one without a taint
	After   []pulumi.Resource // what nodes need to join: the network's ways out
	Protect bool              // refuse to delete or replace
	Tags    map[string]string
}

// Pool is a managed node group on Amazon Linux 2023.
type Pool struct {
	Name     string   // "general"
	Types    []string // instance types of one architecture
	Min, Max int      // the cluster autoscaler moves between them
	DiskGB   int      // default 100
	GPU      bool     // NVIDIA drivers; where the pool is not Dedicated, a taint nvidia.com/gpu
	// Dedicated keeps the pool for pods that tolerate the taint PoolLabel=Name.
	Dedicated bool
}

// PoolLabel is the label of every node, and the taint's key on dedicated ones;
// its value is the pool's name.
const PoolLabel = "ashlar.dev/pool"

// gpuTaint is the taint's key that device plugins and schedulers agree on.
const gpuTaint = "nvidia.com/gpu"

var (
	nameForm    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,61}$`)
	versionForm = regexp.MustCompile(`^1\.[0-9]{2}$`)
	poolForm    = regexp.MustCompile(`^[a-z][a-z0-9-]{0,30}$`)
	typeForm    = regexp.MustCompile(`^[a-z][a-z0-9-]*\.[a-z0-9-]+$`)
	gravitons   = regexp.MustCompile(`^([a-z]+[0-9]+g[a-z]*|a1)\.`)
	adminForm   = regexp.MustCompile(`^arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/([A-Za-z0-9+=,.@_/-]+)$`)
)

// ami returns the image of the pool's nodes.
func (p Pool) ami() string {
	switch {
	case p.GPU:
		return "AL2023_x86_64_NVIDIA"
	case p.arm():
		return "AL2023_ARM_64_STANDARD"
	default:
		return "AL2023_x86_64_STANDARD"
	}
}

// arm reports whether the first type is a Graviton: m7g, c6gn, t4g.
func (p Pool) arm() bool { return len(p.Types) > 0 && gravitons.MatchString(p.Types[0]) }

// tainted reports whether only pods that tolerate it run in the pool.
func (p Pool) tainted() bool { return p.GPU || p.Dedicated }

// diskGB is the size of a node's disk, which holds images and the scratch of pods.
func (p Pool) diskGB() int {
	if p.DiskGB == 0 {
		return 100
	}
	return p.DiskGB
}

// serviceCIDR is where Services have their addresses.
func (a *Args) serviceCIDR() string {
	if a.ServiceCIDR == "" {
		return "172.20.0.0/16"
	}
	return a.ServiceCIDR
}

// logDays is how long the control plane's logs are kept.
func (a *Args) logDays() int {
	if a.LogDays == 0 {
		return 90
	}
	return a.LogDays
}

// managed returns the ARN of a policy that AWS keeps.
func (a *Args) managed(policy string) pulumi.String {
	partition := a.Partition
	if partition == "" {
		partition = "aws"
	}
	return pulumi.String("arn:" + partition + ":iam::aws:policy/" + policy)
}
