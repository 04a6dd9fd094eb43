package foundation

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/addons"
	"github.com/ashlar-dev/ashlar/components/pulumitest"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
)

const keyArn = "arn:aws:kms:eu-west-1:" + pulumitest.Account + ":key/1234abcd"

const secretArn = "arn:aws:secretsmanager:eu-west-1:" + pulumitest.Account + ":secret:rds!db-1"

// brought is an environment of which everything that can exist does.
func brought() config.Config {
	c := config.Defaults(config.LayerFoundation, config.ProviderAWS, "prod")
	c.Region = "eu-west-1"
	c.Existing = config.ExistingConfig{VPC: "vpc-0123456789abcdef0",
		Subnets: []string{"subnet-0a1b2c3d", "subnet-0a1b2c3e"},
		Cluster: "platform", Key: keyArn, Database: "platform-postgres", Registry: "platform/runtime",
		Addons: []string{"argo-workflows", "kube-prometheus-stack"}, Bucket: "platform-ml"}
	c.Cluster.Admins = []string{"arn:aws:iam::123456789012:role/platform"}
	return c.Filled()
}

type obj = map[string]any

// stood is what AWS says of those parts: each of them good.
func stood() map[string]map[string]any {
	route := obj{"cidrBlock": "0.0.0.0/0", "natGatewayId": "nat-1"}
	return map[string]map[string]any{
		"aws:ec2/getVpc:getVpc": {"id": "vpc-0123456789abcdef0", "cidrBlock": "10.8.0.0/16", "enableDnsHostnames": true,
			"enableDnsSupport": true},
		// The recorder gives every subnet one answer, so that both are in one zone: Find's
		// tests are about zones, and these about what is made.
		"aws:ec2/getSubnet:getSubnet": {"id": "subnet-0a1b2c3d", "vpcId": "vpc-0123456789abcdef0",
			"availabilityZone": "eu-west-1a", "availableIpAddressCount": 200},
		"aws:ec2/getRouteTable:getRouteTable": {"routes": []any{route}},
		"aws:eks/getCluster:getCluster": {"name": "platform", "arn": "arn:aws:eks:eu-west-1:1:cluster/platform",
			"endpoint": "https://platform.example.com", "status": "ACTIVE", "version": "1.35",
			"certificateAuthorities": []any{obj{"data": "Q0E="}},
			"accessConfigs":          []any{obj{"authenticationMode": "API"}},
			"vpcConfig": obj{"vpcId": "vpc-0123456789abcdef0", "clusterSecurityGroupId": "sg-nodes",
				"endpointPrivateAccess": true}},
		"aws:eks/getAddon:getAddon": {"configurationValues": `{"enableNetworkPolicy":"true"}`},
		"aws:eks/cluster:Cluster":   {"encryptionConfig": obj{"resources": []any{"secrets"}}},
		"aws:kms/getKey:getKey": {"arn": keyArn, "keyId": "1234abcd", "enabled": true, "keySpec": "SYMMETRIC_DEFAULT",
			"keyUsage": "ENCRYPT_DECRYPT", "keyManager": "CUSTOMER", "awsAccountId": pulumitest.Account},
		"aws:kms/key:Key": {"enableKeyRotation": true,
			"policy": `{"Statement":[{"Effect":"Allow","Action":"kms:*","Principal":{"AWS":"` +
				pulumitest.Account + `"}}]}`},
		"aws:rds/getInstance:getInstance": {"address": "pg.example.com", "port": 5433.0,
			"dbName": "registry", "engine": "postgres",
			"engineVersion": "16.4", "storageEncrypted": true, "resourceId": "db-BROUGHT", "dbSubnetGroup": "group",
			"backupRetentionPeriod": 7.0, "vpcSecurityGroups": []any{"sg-db"},
			"masterUserSecrets": []any{obj{"secretArn": secretArn, "kmsKeyId": keyArn + "-password"}}},
		"aws:rds/instance:Instance":                           {"iamDatabaseAuthenticationEnabled": true},
		"aws:rds/getSubnetGroup:getSubnetGroup":               {"vpcId": "vpc-0123456789abcdef0"},
		"aws:vpc/getSecurityGroupRules:getSecurityGroupRules": {"ids": []any{"sgr-1"}},
		"aws:vpc/getSecurityGroupRule:getSecurityGroupRule": {"ipProtocol": "tcp", "fromPort": 5433.0, "toPort": 5433.0,
			"referencedSecurityGroupId": "sg-nodes"},
		"aws:s3/getBucket:getBucket": {"bucket": "platform-ml", "arn": "arn:aws:s3:::platform-ml", "region": "eu-west-1"},
		"aws:s3/bucketV2:BucketV2": {"versionings": []any{obj{"enabled": true}},
			"serverSideEncryptionConfigurations": []any{obj{"rules": []any{obj{
				"applyServerSideEncryptionByDefaults": []any{obj{"sseAlgorithm": "aws:kms", "kmsMasterKeyId": keyArn}}}}}}},
		"aws:s3/getAccountPublicAccessBlock:getAccountPublicAccessBlock": {"blockPublicAcls": true,
			"blockPublicPolicy": true, "ignorePublicAcls": true, "restrictPublicBuckets": true},
		"aws:cloudcontrol/getResource:getResource": {"properties": `{"BucketName":"platform-ml"}`},
		"aws:ecr/getRepository:getRepository": {"name": "platform/runtime", "arn": "arn:repository",
			"repositoryUrl":      "ecr.example.com/platform/runtime",
			"imageTagMutability": "IMMUTABLE", "imageScanningConfigurations": []any{obj{"scanOnPush": true}}},
	}
}

// shared is a cluster that has Argo Workflows, Prometheus and a metrics server.
type shared struct {
	kinds  map[string][]string
	labels map[string]map[string]string
}

func (s shared) Namespace(_ context.Context, name string) (labels,
	annotations map[string]string, found bool, err error) {
	labels, found = s.labels[name]
	return labels, nil, found, nil
}

func (s shared) Kinds(_ context.Context, groupVersion string) ([]string, error) {
	return s.kinds[groupVersion], nil
}

func goodCluster() shared {
	return shared{kinds: map[string][]string{"metrics.k8s.io/v1beta1": {"PodMetrics"},
		"argoproj.io/v1alpha1": {"WorkflowTemplate"}, "monitoring.coreos.com/v1": {"PrometheusRule"}}}
}

// bring registers the environment on what the edited answers say, and on the cluster.
func bring(c config.Config, cluster shared, edit func(map[string]map[string]any)) (*pulumitest.Recording, error) {
	answers := stood()
	edit(answers)
	return pulumitest.Answered(func(ctx *pulumi.Context) error {
		return Register(ctx, c, func(kubeconfig string) (Cluster, error) {
			if !strings.Contains(kubeconfig, "https://platform.example.com") {
				return nil, context.Canceled
			}
			return cluster, nil
		})
	}, answers)
}

// withoutNetwork is the environment in a network and a cluster of the foundation's own.
func withoutNetwork() config.Config {
	c := brought()
	c.Existing.VPC, c.Existing.Subnets, c.Existing.Cluster, c.Existing.Database = "", nil, "", ""
	return c
}

func TestAKeyAndARegistryThatExistAreUsedAndNotMade(t *testing.T) {
	r, err := bring(withoutNetwork(), goodCluster(), func(map[string]map[string]any) {})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(r.All("aws:ecr/repository:Repository")); n != 0 {
		t.Errorf("%d registries are made", n)
	}
	for _, k := range r.All("aws:kms/key:Key") {
		if k.Name == "data-key" {
			t.Error("the data's key is made")
		}
	}
	boundary := r.One(t, "aws:iam/policy:Policy")
	if !strings.Contains(boundary.Text("policy"), keyArn) {
		t.Errorf("the boundary does not let workloads use the key: %s", boundary.Text("policy"))
	}
}

// TestEveryProblemOfWhatExistsIsSaidBeforeTheFirstResource: of all parts together.
func TestEveryProblemOfWhatExistsIsSaidBeforeTheFirstResource(t *testing.T) {
	r, err := bring(brought(), goodCluster(), func(answers map[string]map[string]any) {
		answers["aws:ec2/getVpc:getVpc"]["enableDnsHostnames"] = false
		answers["aws:rds/instance:Instance"]["iamDatabaseAuthenticationEnabled"] = false
		answers["aws:kms/key:Key"]["enableKeyRotation"] = false
		answers["aws:s3/bucketV2:BucketV2"]["versionings"] = []any{obj{"enabled": false}}
		answers["aws:s3/getAccountPublicAccessBlock:getAccountPublicAccessBlock"]["blockPublicAcls"] = false
		answers["aws:ecr/getRepository:getRepository"]["imageTagMutability"] = "MUTABLE"
		delete(answers, "aws:eks/getCluster:getCluster")
	})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"existing.vpc: vpc-0123456789abcdef0: DNS hostnames is off",
		"all subnets are in one zone",
		"existing.cluster: platform: ", "--enable-iam-database-authentication", "aws kms enable-key-rotation",
		"aws ecr put-image-tag-mutability", "aws s3api put-bucket-versioning", "aws s3api put-public-access-block"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("it does not say %q:\n%v", want, err)
		}
	}
	if len(r.Resources) != 0 {
		t.Errorf("%d resources are registered, the first %s", len(r.Resources), r.Resources[0].Type)
	}
}

// rendered is the environment as a rendering sees it, which checks nothing.
func rendered(t *testing.T, c config.Config) *pulumitest.Recording {
	t.Helper()
	r, err := pulumitest.Answered(func(ctx *pulumi.Context) error { return Register(ctx, c, nil) }, stood())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestWhatExistsIsNotMadeAndTheRestIsPutThere(t *testing.T) {
	r := rendered(t, brought())
	for _, typ := range []string{"aws:ec2/vpc:Vpc", "aws:ec2/subnet:Subnet", "aws:ec2/flowLog:FlowLog",
		"aws:eks/cluster:Cluster",
		"aws:eks/nodeGroup:NodeGroup", "aws:eks/addon:Addon", "aws:rds/instance:Instance",
		"aws:ecr/repository:Repository"} {
		if n := len(r.All(typ)); n != 0 {
			t.Errorf("%d of %s are made", n, typ)
		}
	}
	if keys := r.All("aws:kms/key:Key"); len(keys) != 1 || keys[0].Name != "logs-key" {
		t.Errorf("keys %v", keys)
	}
	entry := r.One(t, "aws:eks/accessEntry:AccessEntry")
	if entry.Text("clusterName") != "platform" {
		t.Errorf("the admin is let into %v", entry.Inputs)
	}
	var charts []string
	for _, release := range r.All("kubernetes:helm.sh/v3:Release") {
		charts = append(charts, release.Name)
	}
	if !slices.Equal(charts, []string{"argo-rollouts", "aws-load-balancer-controller"}) {
		t.Errorf("installed are %v", charts)
	}
	class := r.One(t, "kubernetes:storage.k8s.io/v1:StorageClass")
	notes, _ := class.At("metadata").(obj)["annotations"].(obj)
	if _, ours := class.At("parameters").(obj)["kmsKeyId"]; ours ||
		notes["storageclass.kubernetes.io/is-default-class"] != "false" {
		t.Errorf("a shared cluster's storage class: %v", class.Inputs)
	}
	migrator := r.Named(t, "aws:iam/rolePolicy:RolePolicy", "migrate")
	if policy := migrator.Text("policy"); !strings.Contains(policy, keyArn+"-password") ||
		!strings.Contains(policy, secretArn) {
		t.Errorf("the migration cannot read the owner's password: %s", policy)
	}
	c := brought()
	c.Existing.Cluster, c.Existing.Database, c.Cluster.Admins = "", "", nil
	r = rendered(t, c)
	if got := r.One(t, "aws:eks/cluster:Cluster").At("vpcConfig.subnetIds"); !slices.Equal(got.([]any),
		[]any{"subnet-0a1b2c3d", "subnet-0a1b2c3e"}) {
		t.Errorf("the cluster is in %v", got)
	}
	if got := r.One(t, "aws:rds/subnetGroup:SubnetGroup").At("subnetIds"); len(got.([]any)) != 2 {
		t.Errorf("the database is in %v", got)
	}
}

// TestWorkloadsDoNotNoticeWhatExists: the outputs are the same, of other values.
func TestWorkloadsDoNotNoticeWhatExists(t *testing.T) {
	values, secrets := resolvedFrom(t, brought(), stood())
	for name, want := range map[string]string{OutClusterName: "platform",
		OutNetworkCIDR: "10.8.0.0/16", OutDataKey: keyArn,
		OutDatabaseHost: "pg.example.com", OutDatabasePort: "5433", OutDatabaseName: "registry",
		OutDatabaseResource: "db-BROUGHT", OutRegistry: "ecr.example.com/platform/runtime", OutDataBucket: "platform-ml"} {
		if values[name] != want {
			t.Errorf("output %s is %v, want %s", name, values[name], want)
		}
	}
	for _, name := range Outputs() {
		if text, ok := values[name].(string); !ok || text == "" && name != OutSchema && name != OutDataBucket {
			t.Errorf("no output %s: %v", name, values[name])
		}
	}
	if len(secrets) != 0 {
		t.Errorf("secret outputs %v", secrets)
	}
	if values[outGrafanaCommand] != nil {
		t.Error("it tells how to reach a Grafana that is not its own")
	}
}

func TestAnAddonIsTheClustersOrOurs(t *testing.T) {
	states := func(c config.Config) []addons.State { u := &builder{cfg: c, at: notYet()}; return u.addons().States() }
	said := func(cluster shared) string {
		var all []string
		for _, s := range states(brought()) {
			problem, err := clash(t.Context(), cluster, s)
			if err != nil {
				t.Fatal(err)
			}
			if problem != nil {
				all = append(all, problem.Error())
			}
		}
		return strings.Join(all, "\n")
	}
	if got := said(goodCluster()); got != "" {
		t.Errorf("good: %s", got)
	}
	bare := goodCluster()
	bare.kinds = map[string][]string{}
	if got := said(bare); !strings.Contains(got,
		"no WorkflowTemplate of argoproj.io/v1alpha1, which argo-workflows brings") ||
		!strings.Contains(got, "kube-prometheus-stack brings") {
		t.Errorf("nothing there: %s", got)
	}
	full := goodCluster()
	full.kinds = maps.Clone(full.kinds)
	full.kinds["argoproj.io/v1alpha1"] = []string{"WorkflowTemplate", "Rollout"}
	if got := said(full); !strings.Contains(got, "the cluster has argo-rollouts already") {
		t.Errorf("twice: %s", got)
	}
	full.labels = map[string]map[string]string{"argo-rollouts": {partOf: "ashlar"}}
	if got := said(full); got != "" {
		t.Errorf("a second run meets its own: %s", got)
	}
}
