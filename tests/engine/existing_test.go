//go:build integration

package engine

import (
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/tests/engine/cloud"
	"github.com/ashlar-dev/ashlar/tests/stack"
)

const (
	standingVPC = "vpc-0123456789abcdef0"
	standingKey = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd"
)

// closed is a bucket as Cloud Control describes it.
const closed = `{"PublicAccessBlockConfiguration":{"BlockPublicAcls":true,"BlockPublicPolicy":true,"IgnorePublicAcls":true,"RestrictPublicBuckets":true}}`

type inputs = map[string]any

// platform puts what a platform team has into the account: a VPC with two private
// subnets, an EKS cluster, a key, a database and a registry.
func (p *project) platform() {
	p.t.Helper()
	const ours = "urn:pulumi:platform::acme::"
	add := func(typ, id string, in inputs) {
		p.must(p.cloud.Stand(cloud.Resource{Type: typ, ID: id, URN: ours + typ + "::" + id, Inputs: in}))
	}
	add("aws:ec2/vpc:Vpc", standingVPC, inputs{"cidrBlock": "10.8.0.0/16", "enableDnsHostnames": true,
		"enableDnsSupport": true})
	for _, zone := range []string{"a", "b"} {
		id := "subnet-0a1b2c3" + zone
		add("aws:ec2/subnet:Subnet", id, inputs{"vpcId": standingVPC, "availabilityZone": "eu-central-1" + zone,
			"availableIpAddressCount": 200.0})
		add("aws:ec2/routeTable:RouteTable", id,
			inputs{"routes": []any{inputs{"cidrBlock": "0.0.0.0/0", "natGatewayId": "nat-1"}}})
	}
	add("aws:eks/cluster:Cluster", "platform-dev",
		inputs{"name": "platform-dev", "arn": "arn:aws:eks:eu-central-1:123456789012:cluster/platform-dev",
			"status": "ACTIVE", "version": "1.35", "accessConfigs": []any{inputs{"authenticationMode": "API"}},
			"encryptionConfig": inputs{"resources": []any{"secrets"}},
			"vpcConfig": inputs{"vpcId": standingVPC, "clusterSecurityGroupId": "sg-nodes",
				"endpointPrivateAccess": true}})
	for _, name := range []string{"eks-pod-identity-agent", "aws-ebs-csi-driver", "vpc-cni"} {
		add("aws:eks/addon:Addon", name, inputs{"configurationValues": `{"enableNetworkPolicy":"true"}`})
	}
	add("aws:kms/key:Key", "1234abcd", inputs{"arn": standingKey, "keyId": "1234abcd",
		"enabled": true, "keyState": "Enabled",
		"keySpec": "SYMMETRIC_DEFAULT", "keyUsage": "ENCRYPT_DECRYPT", "keyManager": "CUSTOMER",
		"awsAccountId":      "123456789012",
		"enableKeyRotation": true,
		"policy":            `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"kms:*"}]}`})
	add("aws:rds/instance:Instance", "pg", inputs{"engine": "postgres", "engineVersion": "16.4", "dbName": "registry",
		"address": "pg.example.com", "port": 5432.0, "resourceId": "db-STANDING", "storageEncrypted": true,
		"iamDatabaseAuthenticationEnabled": true, "backupRetentionPeriod": 7.0, "dbSubnetGroup": "pg",
		"vpcSecurityGroups": []any{"sg-pg"}, "masterUserSecrets": []any{inputs{
			"secretArn": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds!db-pg",
			"kmsKeyId":  standingKey}}})
	add("aws:rds/subnetGroup:SubnetGroup", "pg", inputs{"vpcId": standingVPC})
	add("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "sgr-1", inputs{"securityGroupId": "sg-pg",
		"ipProtocol": "tcp", "fromPort": 5432.0, "toPort": 5432.0, "referencedSecurityGroupId": "sg-nodes"})
	add("aws:s3/bucketV2:BucketV2", "platform-ml", inputs{"bucket": "platform-ml", "arn": "arn:aws:s3:::platform-ml",
		"region": "eu-central-1", "versionings": []any{inputs{"enabled": true}},
		"serverSideEncryptionConfigurations": []any{inputs{"rules": []any{inputs{
			"applyServerSideEncryptionByDefaults": []any{inputs{"sseAlgorithm": "aws:kms", "kmsMasterKeyId": standingKey}}}}}}})
	add("aws:cloudcontrol/resource:Resource", "platform-ml", inputs{"properties": closed})
	add("aws:ecr/repository:Repository", "platform/runtime", inputs{"name": "platform/runtime",
		"arn":                         "arn:aws:ecr:eu-central-1:123456789012:repository/platform/runtime",
		"repositoryUrl":               "123456789012.dkr.ecr.eu-central-1.amazonaws.com/platform/runtime",
		"imageTagMutability":          "IMMUTABLE",
		"imageScanningConfigurations": []any{inputs{"scanOnPush": true}}})
}

// brought is a foundation on all of it.
func (p *project) brought() string {
	p.t.Helper()
	p.stack("foundation-dev", map[string]string{"aws:region": "eu-central-1",
		"environment": "dev", "layer": "foundation",
		"image": stack.Image, "existing.vpc": standingVPC, "existing.subnets[0]": "subnet-0a1b2c3a",
		"existing.subnets[1]": "subnet-0a1b2c3b", "existing.cluster": "platform-dev", "existing.key": standingKey,
		"existing.database": "pg", "existing.registry": "platform/runtime", "existing.addons[0]": "argo-workflows",
		"existing.addons[1]": "kube-prometheus-stack", "existing.bucket": "platform-ml"})
	return "foundation-dev"
}

// TestAFoundationOnWhatAPlatformTeamHas: looked up, used by the workloads, and left as it
// was when the stacks go.
func TestAFoundationOnWhatAPlatformTeamHas(t *testing.T) {
	p := newProject(t, "credit")
	p.platform()
	p.must(p.cloud.Offer("WorkflowTemplate", "CronWorkflow", "PrometheusRule", "ServiceMonitor", "PodMetrics"))
	before := p.exists()
	foundation := p.brought()
	p.up(foundation)
	p.must(p.cloud.Offer("WorkflowTemplate", "CronWorkflow", "PrometheusRule",
		"ServiceMonitor", "PodMetrics", "Rollout",
		"TargetGroupBinding", "ValidatingAdmissionPolicy")) // as it installed them
	workloads := p.workloads("dev")
	if said, err := p.try("preview", "--stack", workloads); err == nil || !strings.Contains(said,
		"pulumi config set --path existing.bucket platform-ml") {
		t.Errorf("workloads in buckets of their own: %v\n%s", err, tail(said))
	}
	p.pulumi("config", "set", "--path", "existing.bucket", "platform-ml", "--stack", workloads)
	p.up(workloads)
	for _, name := range []string{foundation, workloads} {
		if changes := p.preview(name); len(changes) != 0 {
			t.Errorf("a second preview of %s is not empty: %v", name, changes)
		}
	}
	for _, r := range p.exists() {
		kind := r.Type[strings.LastIndex(r.Type, ":")+1:]
		ours := strings.Contains(r.URN, "::ashlar::")
		if ours && slices.Contains([]string{"Vpc", "Subnet", "Cluster", "NodeGroup", "Instance", "Repository"}, kind) {
			t.Errorf("%s was made although it exists", r.URN)
		}
		if ours && kind == "BucketV2" && r.Inputs["bucket"] != "access-ashlar-dev-123456789012" {
			t.Errorf("a bucket is made beside the one that exists: %v", r.Inputs["bucket"])
		}
		if kind == "PodIdentityAssociation" && r.Inputs["clusterName"] != "platform-dev" {
			t.Errorf("an identity is of the cluster %v", r.Inputs["clusterName"])
		}
	}
	for _, name := range []string{workloads, foundation} {
		p.pulumi("destroy", "--yes", "--skip-preview", "--stack", name)
	}
	after := p.exists()
	for _, r := range before {
		if !slices.ContainsFunc(after, func(one cloud.Resource) bool { return one.URN == r.URN }) {
			t.Errorf("%s is gone with the stack", r.URN)
		}
	}
}

// TestWhatAPlatformTeamHasIsCheckedFirst: a preview says all that is missing, of every
// part, and nothing is made.
func TestWhatAPlatformTeamHasIsCheckedFirst(t *testing.T) {
	p := newProject(t, "credit")
	p.platform()
	p.must(p.cloud.Offer("Rollout"))
	name := p.brought()
	for _, defect := range []struct {
		typ, id, key string
		value        any
	}{
		{"aws:ec2/vpc:Vpc", standingVPC, "enableDnsSupport", false},
		{"aws:ec2/routeTable:RouteTable", "subnet-0a1b2c3b", "routes", []any{}},
		{"aws:eks/cluster:Cluster", "platform-dev", "accessConfigs", []any{}},
		{"aws:kms/key:Key", "1234abcd", "enableKeyRotation", false},
		{"aws:rds/instance:Instance", "pg", "iamDatabaseAuthenticationEnabled", false},
		{"aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "sgr-1", "referencedSecurityGroupId", "sg-other"},
		{"aws:ecr/repository:Repository", "platform/runtime", "imageTagMutability", "MUTABLE"},
		{"aws:s3/bucketV2:BucketV2", "platform-ml", "versionings", []any{}},
		{"aws:cloudcontrol/resource:Resource", "platform-ml", "properties", "{}"},
	} {
		p.must(p.cloud.Change(defect.typ, defect.id, defect.key, defect.value))
	}
	said, err := p.try("preview", "--stack", name)
	if err == nil {
		t.Fatal("it was accepted")
	}
	for _, want := range []string{"--enable-dns-support", "there is no endpoint of autoscaling, ec2, ecr.api",
		"authenticationMode=API_AND_CONFIG_MAP", "aws kms enable-key-rotation", "--enable-iam-database-authentication",
		"aws ec2 authorize-security-group-ingress --group-id sg-pg", "aws ecr put-image-tag-mutability", "aws s3api put-bucket-versioning --bucket platform-ml",
		"aws s3api put-public-access-block --bucket platform-ml"} {
		if !strings.Contains(said, want) {
			t.Errorf("it does not say %q:\n%s", want, tail(said))
		}
	}
	if done := p.operations(0); len(done) != 0 {
		t.Errorf("the cloud saw %v", done)
	}
}

// TestTheAddonsOfAClusterThatExistsAreAskedFor: what it lacks and what it has twice.
func TestTheAddonsOfAClusterThatExistsAreAskedFor(t *testing.T) {
	p := newProject(t, "credit")
	p.platform()
	p.must(p.cloud.Offer("Rollout"))
	said, err := p.try("preview", "--stack", p.brought())
	if err == nil {
		t.Fatal("it was accepted")
	}
	for _, want := range []string{"it has no metrics server", "the cluster has argo-rollouts already",
		"no WorkflowTemplate of argoproj.io/v1alpha1, which argo-workflows brings", "kube-prometheus-stack brings"} {
		if !strings.Contains(said, want) {
			t.Errorf("it does not say %q:\n%s", want, tail(said))
		}
	}
}
