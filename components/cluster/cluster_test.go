package cluster

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/pulumitest"
)

const (
	keyArn    = "arn:aws:kms:eu-west-1:1:key/cluster"
	clusterT  = "aws:eks/cluster:Cluster"
	nodeGroup = "aws:eks/nodeGroup:NodeGroup"
)

func args() *Args {
	return &Args{
		ClusterName: "ashlar-prod", Version: "1.32", Region: "eu-west-1",
		SubnetIDs:      pulumi.ToStringArray([]string{"a", "b"}),
		PublicEndpoint: true, PublicCIDRs: []string{"203.0.113.0/24"},
		KMSKeyArn: pulumi.String(keyArn), LogKMSKeyArn: pulumi.String("arn:aws:kms:eu-west-1:1:key/logs"),
		Admins: []string{"arn:aws:iam::123456789012:role/platform/ops"},
		Pools: []Pool{
			{Name: "general", Types: []string{"m6i.large"}, Min: 2, Max: 6},
			{Name: "training", Types: []string{"g5.xlarge"}, Max: 3, GPU: true, Dedicated: true},
		},
		Protect: true, Tags: map[string]string{"ashlar:owner": "platform"},
	}
}

func record(t *testing.T, a *Args) *pulumitest.Recording {
	t.Helper()
	return pulumitest.Must(t, func(ctx *pulumi.Context) error {
		_, err := New(ctx, "eks", a)
		return err
	})
}

// after reports whether the resource waits for the one of the type and name.
func after(r pulumitest.Resource, typ, name string) bool {
	return slices.ContainsFunc(r.DependsOn, func(urn string) bool { return strings.HasSuffix(urn, typ+"::"+name) })
}

func TestTheControlPlaneIsLockedAndLogged(t *testing.T) {
	c := record(t, args()).One(t, clusterT)
	for path, want := range map[string]any{
		"accessConfig.authenticationMode": "API", "upgradePolicy.supportType": "STANDARD",
		"encryptionConfig.provider.keyArn": keyArn, "encryptionConfig.resources.0": "secrets",
		"vpcConfig.endpointPrivateAccess": true, "vpcConfig.endpointPublicAccess": true,
		"vpcConfig.publicAccessCidrs.0":           "203.0.113.0/24",
		"kubernetesNetworkConfig.serviceIpv4Cidr": "172.20.0.0/16", "bootstrapSelfManagedAddons": false,
	} {
		if got := c.At(path); got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
	if got := len(c.At("enabledClusterLogTypes").([]any)); got != 5 {
		t.Errorf("%d kinds of log", got)
	}
	if !after(c, "logGroup:LogGroup", "eks") {
		t.Error("EKS may make the log group itself, without a key")
	}
	if !after(c, "rolePolicyAttachment:RolePolicyAttachment", "eks-cluster-AmazonEKSClusterPolicy") {
		t.Error("the cluster may start before its role may do anything")
	}
}

func TestTheClusterCannotBeReplacedByAccident(t *testing.T) {
	r := record(t, args())
	c := r.One(t, clusterT)
	if !c.Protect {
		t.Error("not protected")
	}
	for _, input := range []string{"name", "roleArn", "encryptionConfig", "kubernetesNetworkConfig",
		"bootstrapSelfManagedAddons"} {
		if !slices.Contains(c.IgnoreChanges, input) {
			t.Errorf("a change of %s would replace it", input)
		}
	}
	if role := r.Named(t, "aws:iam/role:Role", "eks-cluster"); !slices.Contains(role.IgnoreChanges, "name") {
		t.Error("a renamed role would leave the cluster without one")
	}
}

func TestAPrivateEndpointIsPrivate(t *testing.T) {
	a := args()
	a.PublicEndpoint, a.PublicCIDRs = false, nil
	c := record(t, a).One(t, clusterT)
	if c.At("vpcConfig.endpointPublicAccess") != false || c.At("vpcConfig.publicAccessCidrs") != nil {
		t.Errorf("vpcConfig %v", c.At("vpcConfig"))
	}
}

func TestNodesAreEncryptedAndKeepTheirMetadata(t *testing.T) {
	r := record(t, args())
	for _, name := range []string{"eks-general", "eks-training"} {
		template := r.Named(t, "aws:ec2/launchTemplate:LaunchTemplate", name)
		for path, want := range map[string]any{
			"metadataOptions.httpTokens": "required", "metadataOptions.httpPutResponseHopLimit": 1.0,
			"blockDeviceMappings.0.ebs.encrypted": "true", "blockDeviceMappings.0.ebs.kmsKeyId": keyArn,
		} {
			if got := template.At(path); got != want {
				t.Errorf("%s: %s is %v, want %v", name, path, got, want)
			}
		}
		if got := len(template.At("tagSpecifications").([]any)); got != 3 {
			t.Errorf("%s: %d kinds of thing are tagged", name, got)
		}
		group := r.Named(t, nodeGroup, name)
		if group.At("launchTemplate.id") != name+"-id" ||
			!slices.Contains(group.IgnoreChanges, "scalingConfig.desiredSize") {
			t.Errorf("%s: template %v, ignores %v", name, group.At("launchTemplate"), group.IgnoreChanges)
		}
		if !after(group, "addon:Addon", "eks-vpc-cni") || after(group, "addon:Addon", "eks-coredns") {
			t.Errorf("%s: waits for %v", name, group.DependsOn)
		}
	}
}

func TestTrainingHasItsOwnNodes(t *testing.T) {
	r := record(t, args())
	general, training := r.Named(t, nodeGroup, "eks-general"), r.Named(t, nodeGroup, "eks-training")
	if label := general.At("labels").(map[string]any)[PoolLabel]; label != "general" || general.At("taints") != nil ||
		general.Text("amiType") != "AL2023_x86_64_STANDARD" {
		t.Errorf("general pool %v", general.Inputs)
	}
	taints, _ := training.At("taints").([]any)
	if len(taints) != 1 {
		t.Fatalf("taints %v", taints)
	}
	taint := taints[0].(map[string]any)
	if taint["key"] != PoolLabel || taint["value"] != "training" || taint["effect"] != "NO_SCHEDULE" {
		t.Errorf("taint %v", taint)
	}
	if training.Text("amiType") != "AL2023_x86_64_NVIDIA" || training.At("scalingConfig.minSize") != 0.0 ||
		training.At("scalingConfig.maxSize") != 3.0 {
		t.Errorf("training pool %v", training.Inputs)
	}
}

func TestGravitonPoolsGetTheirImage(t *testing.T) {
	for typ, want := range map[string]bool{
		"m7g.large": true, "c6gn.xlarge": true, "t4g.medium": true, "a1.large": true,
		"im4gn.large": true, "x2gd.medium": true,
		"m6i.large": false, "g5.xlarge": false, "g4dn.xlarge": false, "c7a.large": false,
		"p4d.24xlarge": false, "u-6tb1.metal": false,
	} {
		if got := (Pool{Types: []string{typ}}).arm(); got != want {
			t.Errorf("%s on ARM: %v", typ, got)
		}
	}
}

func TestAddOnsAreManagedAndHaveTheirOwnRoles(t *testing.T) {
	r := record(t, args())
	var names []string
	for _, a := range r.All("aws:eks/addon:Addon") {
		names = append(names, a.Text("addonName"))
	}
	want := []string{"aws-ebs-csi-driver", "coredns", "eks-pod-identity-agent", "kube-proxy",
		"metrics-server", "vpc-cni"}
	if !slices.Equal(names, want) {
		t.Errorf("add-ons %v, want %v", names, want)
	}
	cni := r.Named(t, "aws:eks/addon:Addon", "eks-vpc-cni")
	var settings map[string]string
	if err := json.Unmarshal([]byte(cni.Text("configurationValues")), &settings); err != nil ||
		settings["enableNetworkPolicy"] != "true" {
		t.Errorf("settings %v, %v", settings, err)
	}
	if cni.Text("podIdentityAssociations.0.serviceAccount") != "aws-node" ||
		cni.Text("podIdentityAssociations.0.roleArn") == "" {
		t.Errorf("the network plugin is %v", cni.At("podIdentityAssociations"))
	}
	for _, a := range r.All("aws:iam/rolePolicyAttachment:RolePolicyAttachment") {
		if strings.Contains(a.Text("policyArn"), "CNI") && !strings.Contains(a.Name, "-cni-") {
			t.Error("every pod of a node could change the network")
		}
	}
	for _, name := range []string{"eks-coredns", "eks-metrics-server", "eks-aws-ebs-csi-driver"} {
		if !after(r.Named(t, "aws:eks/addon:Addon", name), "nodeGroup:NodeGroup", "eks-general") {
			t.Errorf("%s has no nodes to run on", name)
		}
	}
}

func TestAdminsComeInByAccessEntries(t *testing.T) {
	r := record(t, args())
	entry := r.Named(t, "aws:eks/accessEntry:AccessEntry", "eks-role-platform-ops")
	if entry.Text("principalArn") != args().Admins[0] || entry.Text("type") != "STANDARD" {
		t.Errorf("entry %v", entry.Inputs)
	}
	policy := r.One(t, "aws:eks/accessPolicyAssociation:AccessPolicyAssociation")
	if !strings.HasSuffix(policy.Text("policyArn"), "/AmazonEKSClusterAdminPolicy") ||
		policy.Text("accessScope.type") != "cluster" {
		t.Errorf("policy %v", policy.Inputs)
	}
}

func TestTheKubeconfigHoldsNoCredential(t *testing.T) {
	kubeconfigText := make(chan string, 1)
	pulumitest.Must(t, func(ctx *pulumi.Context) error {
		c, err := New(ctx, "eks", args())
		if err != nil {
			return err
		}
		c.Kubeconfig.ApplyT(func(s string) string { kubeconfigText <- s; return s })
		return nil
	})
	var doc struct {
		Users []struct {
			User map[string]any
		}
	}
	text := <-kubeconfigText
	if err := json.Unmarshal([]byte(text), &doc); err != nil || len(doc.Users) != 1 {
		t.Fatalf("%s: %v", text, err)
	}
	if u := doc.Users[0].User; len(u) != 1 || u["exec"] == nil {
		t.Errorf("user %v", u)
	}
	if !strings.Contains(text, `"ashlar-prod"`) || !strings.Contains(text, `"get-token"`) {
		t.Error(text)
	}
}
