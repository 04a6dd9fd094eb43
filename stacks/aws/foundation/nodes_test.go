package foundation

import (
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/components/addons"
	"github.com/ashlar-dev/ashlar/components/pulumitest"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
)

// pooled is an environment with every kind of pool that Karpenter fills, and backups in
// another region.
func pooled(environment string) config.Config {
	c := whole(environment)
	c.Cluster.Training, c.Cluster.GPU = nil, false
	limits := config.NodeLimits{CPU: 64, Memory: "256Gi"}
	c.Nodes.Pools = map[string]config.NodePool{
		"general": {Limits: limits},
		"batch":   {Capacity: config.CapacitySpot, Limits: limits},
		"arm":     {Architecture: config.ArchitectureARM, Limits: limits},
		"gpu":     {GPU: true, Capacity: config.CapacitySpot, Limits: config.NodeLimits{CPU: 16, Memory: "1Ti"}},
	}
	c.Database.BackupRegion = "eu-central-1"
	return c.Filled()
}

const (
	poolType  = "kubernetes:karpenter.sh/v1:NodePool"
	classType = "kubernetes:karpenter.k8s.aws/v1:EC2NodeClass"
	helmType  = "kubernetes:helm.sh/v3:Release"
)

func TestKarpenterTakesTheAutoscalersPlace(t *testing.T) {
	r := recordWhole(t, pooled("prod"))
	var charts []string
	for _, one := range r.All(helmType) {
		charts = append(charts, one.Name)
	}
	for chart, want := range map[string]bool{"karpenter": true, "cluster-autoscaler": false,
		"nvidia-device-plugin": true} {
		if slices.Contains(charts, chart) != want {
			t.Errorf("%s is installed: %t", chart, !want)
		}
	}
	group := r.One(t, "aws:eks/nodeGroup:NodeGroup")
	if group.At("scalingConfig.maxSize") != group.At("scalingConfig.minSize") {
		t.Errorf("nothing moves the managed group, and it is %v", group.At("scalingConfig"))
	}
	for _, one := range append(r.All(poolType), r.All(classType)...) {
		if !slices.ContainsFunc(one.DependsOn, func(urn string) bool { return strings.HasSuffix(urn, "::karpenter") }) {
			t.Errorf("%s is made before its kind is there: %v", one.Name, one.DependsOn)
		}
	}
	controller := r.Named(t, helmType, "karpenter")
	for _, typ := range []string{"aws:sqs/queue:Queue", "aws:eks/accessEntry:AccessEntry"} {
		if !slices.ContainsFunc(controller.DependsOn, func(urn string) bool { return strings.Contains(urn, typ) }) {
			t.Errorf("the controller starts before %s", typ)
		}
	}
}

// TestTheControllerReachesOneCluster evaluates what its role may do.
func TestTheControllerReachesOneCluster(t *testing.T) {
	r := recordWhole(t, pooled("prod"))
	allowed := pulumitest.Statements(t, r.Named(t, "aws:iam/rolePolicy:RolePolicy", "addons-karpenter").Text("policy"))
	const at = "arn:aws:ec2:eu-west-1:" + pulumitest.Account + ":"
	ours := map[string]string{"aws:ResourceTag/kubernetes.io/cluster/ashlar-prod": "owned",
		"aws:ResourceTag/karpenter.sh/nodepool": "batch"}
	asked := map[string]string{"aws:RequestTag/kubernetes.io/cluster/ashlar-prod": "owned",
		"aws:RequestTag/eks:eks-cluster-name": "ashlar-prod", "aws:RequestTag/karpenter.sh/nodepool": "batch"}
	const role = "arn:aws:iam::" + pulumitest.Account + ":role/"
	for _, c := range []struct {
		action, resource string
		context          map[string]string
		want             bool
	}{
		{"ec2:TerminateInstances", at + "instance/i-1", ours, true},
		{"ec2:TerminateInstances", at + "instance/i-1", map[string]string{
			"aws:ResourceTag/kubernetes.io/cluster/other": "owned", "aws:ResourceTag/karpenter.sh/nodepool": "x"}, false},
		{"ec2:TerminateInstances", at + "instance/i-1", nil, false},
		{"ec2:RunInstances", at + "instance/*", asked, true},
		{"ec2:RunInstances", at + "instance/*", nil, false},
		{"ec2:RunInstances", at + "security-group/sg-other", nil, false},
		{"iam:PassRole", role + "ashlar-prod-karpenter-node",
			map[string]string{"iam:PassedToService": "ec2.amazonaws.com"}, true},
		{"iam:PassRole", role + "ashlar-prod-karpenter-node",
			map[string]string{"iam:PassedToService": "lambda.amazonaws.com"}, false},
		{"iam:PassRole", role + "admin", map[string]string{"iam:PassedToService": "ec2.amazonaws.com"}, false},
		{"iam:CreateInstanceProfile", "arn:aws:iam::1:instance-profile/x", nil, false},
		{"sqs:ReceiveMessage", "arn:aws:sqs:eu-west-1:" + pulumitest.Account + ":ashlar-prod-interruptions", nil, true},
		{"sqs:ReceiveMessage", "arn:aws:sqs:eu-west-1:" + pulumitest.Account + ":other", nil, false},
	} {
		got, err := pulumitest.Allows(allowed, pulumitest.Request{Action: c.action, Resource: c.resource,
			Context: c.context})
		if err != nil || got != c.want {
			t.Errorf("%s on %s with %v: %t, %v", c.action, c.resource, c.context, got, err)
		}
	}
}

// TestAClusterWithKarpenterKeepsIt: its own controller, and pools of ours.
func TestAClusterWithKarpenterKeepsIt(t *testing.T) {
	c := pooled("dev")
	c.Existing.Addons = []string{"karpenter"}
	r := recordWhole(t, c)
	if n := len(r.All("aws:sqs/queue:Queue")); n != 0 {
		t.Errorf("%d queues that nobody reads", n)
	}
	if len(r.All(poolType)) != 4 || len(r.All(classType)) != 1 {
		t.Error("the pools are missing")
	}
	for _, one := range r.All(helmType) {
		if one.Name == "karpenter" || one.Name == "cluster-autoscaler" {
			t.Errorf("%s is installed beside it", one.Name)
		}
	}
	values, _ := resolved(t, c)
	if role, _ := values[outNodeRole].(string); !strings.HasSuffix(role, "karpenter-node") {
		t.Errorf("the role that its controller must pass is %v", values[outNodeRole])
	}
}

// TestAClusterIsAskedForKarpenterWhereItIsToHaveIt: only where there are pools.
func TestAClusterIsAskedForKarpenterWhereItIsToHaveIt(t *testing.T) {
	asked := func(c config.Config) bool {
		u := &builder{cfg: c, at: notYet()}
		return slices.ContainsFunc(u.addons().States(), func(s addons.State) bool { return s.Chart == "karpenter" })
	}
	if asked(whole("dev")) || !asked(pooled("dev")) {
		t.Error("a cluster without pools needs no Karpenter, one with pools does")
	}
}
