package existing

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/addons"
	"github.com/ashlar-dev/ashlar/components/cluster"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
)

// Cluster is an EKS cluster that exists.
type Cluster struct {
	Name, Arn     string
	SecurityGroup string // of the control plane and of the nodes of managed groups
	Kubeconfig    string // asks `aws eks get-token` for a token: no credential in it

	found *eks.LookupClusterResult
}

// cluster finds the cluster, and how its API server is reached.
func (f *finder) cluster() {
	name := f.cfg.Existing.Cluster
	if name == "" {
		return
	}
	c, err := eks.LookupCluster(f.ctx, &eks.LookupClusterArgs{Name: name})
	if err != nil {
		f.failed("existing.cluster", name, err)
		return
	}
	ca := ""
	if len(c.CertificateAuthorities) > 0 {
		ca = c.CertificateAuthorities[0].Data
	}
	text, err := cluster.KubeconfigText(c.Name, c.Endpoint, ca, f.cfg.Region)
	if err != nil {
		f.failed("existing.cluster", name, err)
		return
	}
	f.at.Cluster = &Cluster{Name: c.Name, Arn: c.Arn, SecurityGroup: c.VpcConfig.ClusterSecurityGroupId,
		Kubeconfig: text, found: c}
}

// The managed add-ons that the cluster's own add-ons and the workloads rely on.
const (
	podIdentity = "eks-pod-identity-agent"
	disks       = "aws-ebs-csi-driver"
	networking  = "vpc-cni"
)

// checkCluster looks at the cluster and its managed add-ons.
func (f *finder) checkCluster() {
	if f.at.Cluster == nil {
		return
	}
	c := f.at.Cluster.found
	managed := map[string]*eks.LookupAddonResult{}
	for _, name := range []string{podIdentity, disks, networking} {
		addon, err := eks.LookupAddon(f.ctx, &eks.LookupAddonArgs{ClusterName: c.Name, AddonName: name})
		switch {
		case err == nil:
			managed[name] = addon
		case !absent(err):
			f.failed("existing.cluster", c.Name+": add-on "+name, err)
			return
		}
	}
	f.take(clusterReport(c, f.cfg, time.Now()))
	f.take(addonReport(c, managed, f.cfg.Existing.Addons))
	read, err := eks.GetCluster(f.ctx, "existing-cluster", pulumi.ID(c.Name), nil)
	if err != nil {
		f.failed("existing.cluster", c.Name, err)
		return
	}
	encryption, err := await[eks.ClusterEncryptionConfig](f.ctx, read.EncryptionConfig)
	if err != nil {
		f.failed("existing.cluster", c.Name, err)
		return
	}
	r := &report{key: "existing.cluster", id: c.Name}
	if !slices.Contains(encryption.Resources, "secrets") {
		r.note("its secrets are encrypted under a key of AWS, not of the account: `aws eks associate-encryption-config` changes that, for good")
	}
	f.take(r)
}

// clusterReport says what keeps the foundation from using the cluster. Its version is
// its owner's to upgrade: that it is old is worth knowing, until EKS gives it up.
func clusterReport(c *eks.LookupClusterResult, cfg config.Config, now time.Time) *report {
	r := &report{key: "existing.cluster", id: c.Name}
	if c.Status != "ACTIVE" {
		r.say("it is %s: wait until it is ACTIVE", c.Status)
	}
	if note, over := config.SupportOf(c.Version, now); over {
		r.say("version %s: %s", c.Version, note)
	} else if note != "" {
		r.note("version %s: %s", c.Version, note)
	}
	if c.VpcConfig.VpcId != cfg.Existing.VPC {
		r.say("it is in %s, and existing.vpc is %s: name the cluster's VPC", c.VpcConfig.VpcId, cfg.Existing.VPC)
	}
	mode := "CONFIG_MAP"
	if len(c.AccessConfigs) > 0 {
		mode = c.AccessConfigs[0].AuthenticationMode
	}
	if mode == "CONFIG_MAP" {
		r.say("it knows no access entries, by which CI is let in: run `aws eks update-cluster-config --name %s --access-config authenticationMode=API_AND_CONFIG_MAP`", c.Name)
	}
	if v := c.VpcConfig; v.EndpointPublicAccess && slices.Contains(v.PublicAccessCidrs, everywhere) {
		r.note("its API server answers the whole internet: limit it by `aws eks update-cluster-config --name %s --resources-vpc-config publicAccessCidrs=RANGES`", c.Name)
	}
	if !c.VpcConfig.EndpointPrivateAccess {
		r.note("its API server does not answer inside the VPC, so that nodes and pods reach it over the internet")
	}
	return r
}

// addonReport says which managed add-ons are missing. A cluster in Auto Mode has them
// built in, but for volumes by our storage class.
func addonReport(c *eks.LookupClusterResult, managed map[string]*eks.LookupAddonResult, without []string) *report {
	r := &report{key: "existing.cluster", id: c.Name}
	auto := len(c.ComputeConfigs) > 0 && c.ComputeConfigs[0].Enabled
	need := func(name, what string) {
		if managed[name] == nil {
			r.say("it has no add-on %s, %s: run `aws eks create-addon --cluster-name %s --addon-name %s`", name, what,
				c.Name, name)
		}
	}
	if !auto {
		need(podIdentity, "from which pods have their permissions")
	}
	if !slices.Contains(without, addons.Monitoring) {
		need(disks, "which makes the volumes of Prometheus (not needed where existing.addons has "+addons.Monitoring+
			")")
	}
	if cni := managed[networking]; cni != nil && !auto && !enforces(cni.ConfigurationValues) {
		r.note("its add-on %s does not enforce network policies: unless something else does, run `aws eks update-addon --cluster-name %s --addon-name %s --configuration-values '{\"enableNetworkPolicy\":\"true\"}'`", networking, c.Name, networking)
	}
	return r
}

// enforces reports whether the settings of the network's add-on have it enforce
// policies. They are a JSON object, in which the switch is a text or a boolean.
func enforces(settings string) bool {
	var set struct {
		Enable any `json:"enableNetworkPolicy"`
	}
	if json.Unmarshal([]byte(settings), &set) != nil {
		return false
	}
	return set.Enable == true || set.Enable == "true"
}
