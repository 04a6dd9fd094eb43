package existing

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecr"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/rds"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/vpc"

	"github.com/ashlar-dev/ashlar/stacks/aws/config"
)

const account = "123456789012"

// says fails unless the problems of the report are exactly the texts, in any wording
// around them; notes are looked for with "note: " before them.
func says(t *testing.T, r *report, texts ...string) {
	t.Helper()
	all := []string{}
	for _, problem := range r.problems {
		all = append(all, problem.Error())
	}
	for _, note := range r.notes {
		all = append(all, "note: "+note)
	}
	if len(all) != len(texts) {
		t.Fatalf("it says %d things, want %d:\n%s", len(all), len(texts), strings.Join(all, "\n"))
	}
	for i, text := range texts {
		note, is := strings.CutPrefix(text, "note: ")
		if is != strings.HasPrefix(all[i], "note: ") || !strings.Contains(all[i], note) {
			t.Errorf("it says %q, want %q", all[i], text)
		}
	}
}

func goodVPC() *ec2.LookupVpcResult {
	return &ec2.LookupVpcResult{Id: "vpc-1", CidrBlock: "10.8.0.0/16", EnableDnsHostnames: true, EnableDnsSupport: true}
}

func TestAVPCHasNamesAndARangeOfItsOwn(t *testing.T) {
	services := map[string]string{"172.20.0.0/16": "the cluster's services use it"}
	says(t, vpcReport(goodVPC(), services))
	v := goodVPC()
	v.EnableDnsHostnames, v.EnableDnsSupport, v.CidrBlock = false, false, "172.20.128.0/20"
	says(t, vpcReport(v, services), "--enable-dns-support", "--enable-dns-hostnames", "overlaps 172.20.0.0/16")
	v = goodVPC()
	v.CidrBlock = "fd00::"
	says(t, vpcReport(v, nil), "is not IPv4")
}

// private is a subnet that is good, in a zone.
func private(id, zone string) subnet {
	return subnet{&ec2.LookupSubnetResult{Id: id, VpcId: "vpc-1", AvailabilityZone: zone, AvailableIpAddressCount: 200,
		Tags: map[string]string{"kubernetes.io/role/internal-elb": "1"}},
		[]ec2.GetRouteTableRoute{{CidrBlock: everywhere, NatGatewayId: "nat-1"}}}
}

func TestSubnetsArePrivateOnesInTwoZones(t *testing.T) {
	good := func() []subnet { return []subnet{private("subnet-a", "a"), private("subnet-b", "b")} }
	says(t, subnetReport("vpc-1", good()))
	for name, c := range map[string]struct {
		edit func(s *subnet)
		want string
	}{
		"elsewhere": {func(s *subnet) { s.VpcId = "vpc-2" }, "it is in vpc-2, and existing.vpc is vpc-1"},
		"full":      {func(s *subnet) { s.AvailableIpAddressCount = 3 }, "3 addresses are free, and 16"},
		"public": {func(s *subnet) { s.routes = []ec2.GetRouteTableRoute{{CidrBlock: everywhere, GatewayId: "igw-1"}} },
			"subnet-b: its default route is an internet gateway"},
		"public addresses": {func(s *subnet) { s.MapPublicIpOnLaunch = true }, "--no-map-public-ip-on-launch"},
		"no tag":           {func(s *subnet) { s.Tags = nil }, "note: internal load balancers do not find it"},
		"the same zone":    {func(s *subnet) { s.AvailabilityZone = "a" }, "a: all subnets are in one zone"},
	} {
		t.Run(name, func(t *testing.T) {
			all := good()
			c.edit(&all[1])
			says(t, subnetReport("vpc-1", all), c.want)
		})
	}
}

func TestAWayOutIsADefaultRouteByAnythingButTheInternet(t *testing.T) {
	for name, c := range map[string]struct {
		route         ec2.GetRouteTableRoute
		leaves, bared bool
	}{
		"NAT":              {ec2.GetRouteTableRoute{CidrBlock: everywhere, NatGatewayId: "nat-1"}, true, false},
		"transit gateway":  {ec2.GetRouteTableRoute{CidrBlock: everywhere, TransitGatewayId: "tgw-1"}, true, false},
		"firewall":         {ec2.GetRouteTableRoute{CidrBlock: everywhere, VpcEndpointId: "vpce-1"}, true, false},
		"VPN":              {ec2.GetRouteTableRoute{CidrBlock: everywhere, GatewayId: "vgw-1"}, true, false},
		"internet gateway": {ec2.GetRouteTableRoute{CidrBlock: everywhere, GatewayId: "igw-1"}, false, true},
		"a peer's range": {ec2.GetRouteTableRoute{CidrBlock: "10.9.0.0/16",
			VpcPeeringConnectionId: "pcx-1"}, false, false},
		"nothing": {ec2.GetRouteTableRoute{CidrBlock: everywhere}, false, false},
	} {
		routes := []ec2.GetRouteTableRoute{{CidrBlock: "10.8.0.0/16", GatewayId: "local"}, c.route}
		if leaves(routes) != c.leaves || public(routes) != c.bared {
			t.Errorf("%s: leaves %v, public %v", name, leaves(routes), public(routes))
		}
	}
}

func TestAClusterIsSupportedAndKnowsAccessEntries(t *testing.T) {
	now := time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)
	cfg := config.Config{Existing: config.ExistingConfig{VPC: "vpc-1"}}
	for name, c := range map[string]struct {
		edit func(*eks.LookupClusterResult)
		want []string
	}{
		"good": {func(*eks.LookupClusterResult) {}, nil},
		"old":  {func(c *eks.LookupClusterResult) { c.Version = "1.33" }, []string{"note: standard support ended"}},
		"given up": {func(c *eks.LookupClusterResult) { c.Version = "1.28" },
			[]string{"version 1.28: EKS no longer offers it"}},
		"updating": {func(c *eks.LookupClusterResult) { c.Status = "UPDATING" }, []string{"it is UPDATING"}},
		"elsewhere": {func(c *eks.LookupClusterResult) { c.VpcConfig.VpcId = "vpc-2" },
			[]string{"it is in vpc-2, and existing.vpc is vpc-1"}},
		"by a ConfigMap": {func(c *eks.LookupClusterResult) { c.AccessConfigs = nil },
			[]string{"authenticationMode=API_AND_CONFIG_MAP"}},
		"open": {func(c *eks.LookupClusterResult) {
			c.VpcConfig.EndpointPublicAccess, c.VpcConfig.EndpointPrivateAccess = true, false
			c.VpcConfig.PublicAccessCidrs = []string{everywhere}
		}, []string{"note: its API server answers the whole internet", "note: its API server does not answer inside"}},
	} {
		t.Run(name, func(t *testing.T) {
			found := &eks.LookupClusterResult{Name: "platform", Status: "ACTIVE", Version: "1.35",
				VpcConfig:     eks.GetClusterVpcConfig{VpcId: "vpc-1", EndpointPrivateAccess: true},
				AccessConfigs: []eks.GetClusterAccessConfig{{AuthenticationMode: "API"}}}
			c.edit(found)
			says(t, clusterReport(found, cfg, now), c.want...)
		})
	}
}

func TestAClusterHasTheAddonsThatOursRelyOn(t *testing.T) {
	enforcing := &eks.LookupAddonResult{ConfigurationValues: `{"enableNetworkPolicy":"true"}`}
	all := map[string]*eks.LookupAddonResult{podIdentity: {}, disks: {}, networking: enforcing}
	c := &eks.LookupClusterResult{Name: "platform"}
	says(t, addonReport(c, all, nil))
	says(t, addonReport(c, nil, nil), "no add-on eks-pod-identity-agent", "no add-on aws-ebs-csi-driver")
	says(t, addonReport(c, map[string]*eks.LookupAddonResult{podIdentity: {}, networking: {}},
		[]string{"kube-prometheus-stack"}), "note: its add-on vpc-cni does not enforce network policies")
	auto := &eks.LookupClusterResult{ComputeConfigs: []eks.GetClusterComputeConfig{{Enabled: true}}}
	says(t, addonReport(auto, nil, []string{"kube-prometheus-stack"}))
	for settings, want := range map[string]bool{`{"enableNetworkPolicy":true}`: true, "": false, "[]": false,
		`{"enableNetworkPolicy":"false"}`: false} {
		if enforces(settings) != want {
			t.Errorf("%q enforces: %v", settings, !want)
		}
	}
}

func TestAKeyIsEnabledRotatesAndLeavesTheRestToIAM(t *testing.T) {
	good := func() *kms.LookupKeyResult {
		return &kms.LookupKeyResult{Arn: "arn", KeyId: "k", Enabled: true, KeyState: "Enabled",
			KeySpec:  "SYMMETRIC_DEFAULT",
			KeyUsage: "ENCRYPT_DECRYPT", KeyManager: "CUSTOMER", AwsAccountId: account}
	}
	for name, c := range map[string]struct {
		edit func(*kms.LookupKeyResult)
		want []string
	}{
		"good":     {func(*kms.LookupKeyResult) {}, nil},
		"disabled": {func(k *kms.LookupKeyResult) { k.Enabled = false }, []string{"aws kms enable-key"}},
		"going": {func(k *kms.LookupKeyResult) { k.KeyState = "PendingDeletion" },
			[]string{"aws kms cancel-key-deletion"}},
		"RSA":      {func(k *kms.LookupKeyResult) { k.KeySpec = "RSA_4096" }, []string{"symmetric keys"}},
		"AWS' own": {func(k *kms.LookupKeyResult) { k.KeyManager = "AWS" }, []string{"AWS manages it"}},
		"another's": {func(k *kms.LookupKeyResult) { k.AwsAccountId = "999999999999" },
			[]string{"it is of account 999999999999, and this is 123456789012"}},
	} {
		t.Run(name, func(t *testing.T) {
			k := good()
			c.edit(k)
			says(t, keyReport(k, account), c.want...)
		})
	}
	const root = `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"kms:*"}]}`
	says(t, settingsReport(good(), account, true, root))
	says(t, settingsReport(good(), account, false, strings.Replace(root, "kms:*", "kms:Describe*", 1)),
		"aws kms enable-key-rotation", "does not let IAM say who")
	says(t, settingsReport(good(), account, true, "{"), "cannot be read")
	says(t, settingsReport(good(), account, true,
		strings.Replace(root, `"Action"`, `"Condition":{"Bool":{}},"Action"`, 1)),
		"does not let IAM say who")
	says(t, settingsReport(good(), account, true, strings.Replace(root, "Allow", "Deny", 1)), "does not let IAM")
}

func goodDatabase() *rds.LookupInstanceResult {
	return &rds.LookupInstanceResult{Engine: "postgres", EngineVersion: "16.4",
		StorageEncrypted: true, DbName: "ashlar",
		Port: 5432, BackupRetentionPeriod: 7, VpcSecurityGroups: []string{"sg-db"},
		MasterUserSecrets: []rds.GetInstanceMasterUserSecret{{SecretArn: "arn", KmsKeyId: "key"}}}
}

func TestADatabaseIsAnEncryptedPostgreSQLWhosePasswordRDSKeeps(t *testing.T) {
	for name, c := range map[string]struct {
		edit func(*rds.LookupInstanceResult)
		want []string
	}{
		"good": {func(*rds.LookupInstanceResult) {}, nil},
		"MySQL": {func(d *rds.LookupInstanceResult) { d.Engine, d.EngineVersion = "mysql", "8.4" },
			[]string{"it is mysql 8.4"}},
		"old":   {func(d *rds.LookupInstanceResult) { d.EngineVersion = "12.9" }, []string{"want PostgreSQL 13"}},
		"plain": {func(d *rds.LookupInstanceResult) { d.StorageEncrypted = false }, []string{"not encrypted"}},
		"public": {func(d *rds.LookupInstanceResult) { d.PubliclyAccessible = true },
			[]string{"--no-publicly-accessible"}},
		"empty": {func(d *rds.LookupInstanceResult) { d.DbName = "" }, []string{"without a first database"}},
		"passwords": {func(d *rds.LookupInstanceResult) { d.MasterUserSecrets = nil },
			[]string{"--manage-master-user-password"}},
		"backups": {func(d *rds.LookupInstanceResult) { d.BackupRetentionPeriod = 0 },
			[]string{"note: it has no backups"}},
	} {
		t.Run(name, func(t *testing.T) {
			d := goodDatabase()
			c.edit(d)
			says(t, databaseReport("pg", d), c.want...)
		})
	}
}

func TestADatabaseLetsTheClusterIn(t *testing.T) {
	f := &finder{cfg: config.Config{Existing: config.ExistingConfig{VPC: "vpc-1", Database: "pg"}},
		at: Parts{Network: &Network{CIDR: "10.8.0.0/16"}, Cluster: &Cluster{SecurityGroup: "sg-nodes"},
			Database: &Database{found: goodDatabase()}}}
	says(t, f.reached("vpc-2", nil), "it is in vpc-2")
	for name, c := range map[string]struct {
		rule  vpc.GetSecurityGroupRuleResult
		opens bool
	}{
		"nodes' group": {vpc.GetSecurityGroupRuleResult{IpProtocol: "tcp", FromPort: 5432, ToPort: 5432,
			ReferencedSecurityGroupId: "sg-nodes"}, true},
		"the VPC's range": {vpc.GetSecurityGroupRuleResult{IpProtocol: "tcp", FromPort: 5000, ToPort: 6000,
			CidrIpv4: "10.0.0.0/8"}, true},
		"everything": {vpc.GetSecurityGroupRuleResult{IpProtocol: "-1", CidrIpv4: "10.8.0.0/16"}, true},
		"another group": {vpc.GetSecurityGroupRuleResult{IpProtocol: "tcp", FromPort: 5432, ToPort: 5432,
			ReferencedSecurityGroupId: "sg-x"}, false},
		"part of it": {vpc.GetSecurityGroupRuleResult{IpProtocol: "tcp", FromPort: 5432, ToPort: 5432,
			CidrIpv4: "10.8.1.0/24"}, false},
		"another port": {vpc.GetSecurityGroupRuleResult{IpProtocol: "tcp", FromPort: 443, ToPort: 443,
			CidrIpv4: "10.8.0.0/16"}, false},
		"UDP": {vpc.GetSecurityGroupRuleResult{IpProtocol: "udp", FromPort: 5432, ToPort: 5432,
			CidrIpv4: "10.8.0.0/16"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := f.reached("vpc-1", []vpc.GetSecurityGroupRuleResult{c.rule})
			if c.opens {
				says(t, r)
				return
			}
			says(t, r, "aws ec2 authorize-security-group-ingress --group-id sg-db --protocol tcp --port 5432 --cidr 10.8.0.0/16")
		})
	}
}

func TestARegistrysTagsDoNotMove(t *testing.T) {
	scans := []ecr.GetRepositoryImageScanningConfiguration{{ScanOnPush: true}}
	says(t, registryReport(&ecr.LookupRepositoryResult{ImageTagMutability: "IMMUTABLE",
		ImageScanningConfigurations: scans}))
	says(t, registryReport(&ecr.LookupRepositoryResult{Name: "r", ImageTagMutability: "MUTABLE"}),
		"put-image-tag-mutability --repository-name r", "note: images are not scanned")
}

func TestAPartThatIsNotThereIsToldFromOneThatNobodyMaySee(t *testing.T) {
	f := &finder{account: account, cfg: config.Config{Region: "eu-central-1"}}
	f.failed("existing.vpc", "vpc-1", errors.New("no matching EC2 VPC found"))
	f.failed("existing.vpc", "vpc-1", errors.New("UnauthorizedOperation"))
	if said := f.problems[0].Error(); !strings.Contains(said, "account 123456789012 has no vpc-1 in eu-central-1") {
		t.Error(said)
	}
	if said := f.problems[1].Error(); !strings.Contains(said, "UnauthorizedOperation") ||
		strings.Contains(said, "has no") {
		t.Error(said)
	}
}
