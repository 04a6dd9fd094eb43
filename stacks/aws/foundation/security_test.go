package foundation

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/components/pulumitest"
)

// kind says what is required of a resource type. A type that is not in kinds
// fails the tests: whoever adds one says here what it holds.
type kind struct {
	untagged bool     // AWS or Kubernetes has no tags for it
	keys     []string // inputs that must be the ARN of one of our keys
	kept     bool     // bears data: retained always, protected in production
}

var kinds = map[string]kind{
	"aws:kms/key:Key":     {kept: true},
	"aws:kms/alias:Alias": {untagged: true},

	"aws:s3/bucketV2:BucketV2": {kept: true},
	"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2": {
		untagged: true, keys: []string{"rules.0.applyServerSideEncryptionByDefault.kmsMasterKeyId"},
	},
	"aws:s3/bucketVersioningV2:BucketVersioningV2":                         {untagged: true},
	"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2": {untagged: true},
	"aws:s3/bucketLoggingV2:BucketLoggingV2":                               {untagged: true},
	"aws:s3/bucketOwnershipControls:BucketOwnershipControls":               {untagged: true},
	"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock":               {untagged: true},
	"aws:s3/bucketPolicy:BucketPolicy":                                     {untagged: true},

	"aws:ec2/vpc:Vpc":                                           {},
	"aws:ec2/subnet:Subnet":                                     {},
	"aws:ec2/internetGateway:InternetGateway":                   {},
	"aws:ec2/natGateway:NatGateway":                             {},
	"aws:ec2/eip:Eip":                                           {},
	"aws:ec2/routeTable:RouteTable":                             {},
	"aws:ec2/route:Route":                                       {untagged: true},
	"aws:ec2/routeTableAssociation:RouteTableAssociation":       {untagged: true},
	"aws:ec2/defaultSecurityGroup:DefaultSecurityGroup":         {},
	"aws:ec2/securityGroup:SecurityGroup":                       {},
	"aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": {},
	"aws:ec2/vpcEndpoint:VpcEndpoint":                           {},
	"aws:ec2/flowLog:FlowLog":                                   {},
	"aws:ec2/launchTemplate:LaunchTemplate":                     {keys: []string{"blockDeviceMappings.0.ebs.kmsKeyId"}},

	// What a queue holds for five minutes is which machine goes: its encryption is SQS' own.
	"aws:sqs/queue:Queue":                          {},
	"aws:sqs/queuePolicy:QueuePolicy":              {untagged: true},
	"aws:cloudwatch/eventRule:EventRule":           {},
	"aws:cloudwatch/eventTarget:EventTarget":       {untagged: true},
	"aws:iam/instanceProfile:InstanceProfile":      {},
	"kubernetes:karpenter.sh/v1:NodePool":          {untagged: true},
	"kubernetes:karpenter.k8s.aws/v1:EC2NodeClass": {untagged: true},

	"aws:cloudtrail/trail:Trail": {keys: []string{"kmsKeyId"}},
	"aws:budgets/budget:Budget":  {},

	"aws:eks/cluster:Cluster":                                 {keys: []string{"encryptionConfig.provider.keyArn"}},
	"aws:eks/nodeGroup:NodeGroup":                             {},
	"aws:eks/addon:Addon":                                     {},
	"aws:eks/accessEntry:AccessEntry":                         {},
	"aws:eks/accessPolicyAssociation:AccessPolicyAssociation": {untagged: true},
	"aws:eks/podIdentityAssociation:PodIdentityAssociation":   {},
	"aws:iam/role:Role":                                       {},
	"aws:iam/policy:Policy":                                   {},
	"aws:iam/rolePolicy:RolePolicy":                           {untagged: true},
	"aws:iam/rolePolicyAttachment:RolePolicyAttachment":       {untagged: true},
	"aws:iam/openIdConnectProvider:OpenIdConnectProvider":     {},
	"aws:cloudwatch/logGroup:LogGroup":                        {keys: []string{"kmsKeyId"}},
	"aws:rds/instance:Instance": {kept: true,
		keys: []string{"kmsKeyId", "masterUserSecretKmsKeyId", "performanceInsightsKmsKeyId"}},
	"aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication": {
		untagged: true, keys: []string{"kmsKeyId"}},
	"pulumi:providers:aws":                  {untagged: true},
	"aws:rds/subnetGroup:SubnetGroup":       {},
	"aws:rds/parameterGroup:ParameterGroup": {},
	"aws:ecr/repository:Repository": {kept: true,
		keys: []string{"encryptionConfigurations.0.kmsKey"}},
	"aws:ecr/lifecyclePolicy:LifecyclePolicy":                    {untagged: true},
	"pulumi:providers:kubernetes":                                {untagged: true},
	"kubernetes:core/v1:Namespace":                               {untagged: true},
	"kubernetes:rbac.authorization.k8s.io/v1:ClusterRole":        {untagged: true},
	"kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding": {untagged: true},
	"kubernetes:rbac.authorization.k8s.io/v1:RoleBinding":        {untagged: true},
	"kubernetes:helm.sh/v3:Release":                              {untagged: true},
	"kubernetes:storage.k8s.io/v1:StorageClass": {untagged: true,
		keys: []string{"parameters.kmsKeyId"}},
}

// secured runs the check on the whole foundation of every environment, and on one whose
// nodes Karpenter makes.
func secured(t *testing.T, check func(t *testing.T, r *pulumitest.Recording)) {
	for _, environment := range []string{"dev", "staging", "prod"} {
		t.Run(environment, func(t *testing.T) { check(t, recordWhole(t, whole(environment))) })
	}
	t.Run("karpenter", func(t *testing.T) { check(t, recordWhole(t, pooled("prod"))) })
}

// reads are the actions that AWS cannot limit to a resource and that change
// nothing.
var reads = regexp.MustCompile(`:(Describe|List|Get)[A-Za-z0-9]*$`)

func TestNoPolicyAllowsEverything(t *testing.T) {
	secured(t, func(t *testing.T, r *pulumitest.Recording) {
		documents := 0
		for _, res := range r.Resources {
			for _, input := range []string{"policy", "assumeRolePolicy"} {
				text := res.Text(input)
				if text == "" || res.Type == "aws:ecr/lifecyclePolicy:LifecyclePolicy" {
					continue
				}
				documents++
				for _, s := range pulumitest.Statements(t, text) {
					if s.Effect == "Allow" {
						judge(t, res, s)
					}
				}
			}
		}
		want := 0
		for _, typ := range []string{"aws:kms/key:Key", "aws:s3/bucketPolicy:BucketPolicy", "aws:iam/role:Role",
			"aws:iam/rolePolicy:RolePolicy", "aws:iam/policy:Policy", "aws:sqs/queuePolicy:QueuePolicy"} {
			want += len(r.All(typ))
		}
		if documents != want {
			t.Errorf("%d policies were judged, want %d", documents, want)
		}
	})
}

func judge(t *testing.T, res pulumitest.Resource, s pulumitest.Statement) {
	t.Helper()
	ofKey := res.Type == "aws:kms/key:Key" // whose "*" is the key itself
	for _, action := range s.Action {
		if strings.Contains(action, "*") {
			t.Errorf("%s %s: action %s", res.Type, res.Name, action)
		}
		if s.Resource == "*" && !ofKey && !reads.MatchString(action) {
			t.Errorf("%s %s: %s on everything", res.Type, res.Name, action)
		}
	}
	if s.Principal == "*" && (s.Condition["ArnEquals"]["aws:PrincipalArn"] == nil ||
		s.Condition["StringEquals"]["kms:CallerAccount"] == nil) {
		t.Errorf("%s %s: anyone may %v", res.Type, res.Name, s.Action)
	}
}

func TestNothingIsOpenToTheInternet(t *testing.T) {
	open := []string{"0.0.0.0/0", "::/0"}
	secured(t, func(t *testing.T, r *pulumitest.Recording) {
		for _, res := range r.Resources {
			switch res.Type {
			case "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule":
				if slices.Contains(open, res.Text("cidrIpv4")) || slices.Contains(open, res.Text("cidrIpv6")) {
					t.Errorf("%s lets in %v", res.Name, res.Inputs)
				}
			case "aws:ec2/securityGroup:SecurityGroup", "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup":
				if res.At("ingress") != nil || res.At("egress") != nil {
					t.Errorf("%s has rules that the table of rules does not show", res.Name)
				}
			case "aws:eks/cluster:Cluster":
				ranges, _ := res.At("vpcConfig.publicAccessCidrs").([]any)
				if len(ranges) != 1 || slices.Contains(open, ranges[0].(string)) {
					t.Errorf("the API server answers %v", ranges)
				}
			case "aws:rds/instance:Instance":
				if res.At("publiclyAccessible") != false {
					t.Error("the database is public")
				}
			case "aws:ec2/subnet:Subnet":
				if res.At("mapPublicIpOnLaunch") != false {
					t.Errorf("%s gives public addresses", res.Name)
				}
			}
		}
	})
}

func TestEverythingAtRestIsEncryptedUnderOurKeys(t *testing.T) {
	secured(t, func(t *testing.T, r *pulumitest.Recording) {
		ours := map[string]bool{}
		for _, k := range r.All("aws:kms/key:Key") {
			ours[pulumitest.Arn(k.Type, k.Name)] = k.At("enableKeyRotation") == true
		}
		for _, res := range r.Resources {
			for _, input := range kinds[res.Type].keys {
				if res.Name == "access-logs" { // S3 cannot write access logs under a key of ours
					continue
				}
				if key := res.Text(input); !ours[key] {
					t.Errorf("%s %s: %s is %q, none of our keys", res.Type, res.Name, input, key)
				}
			}
		}
		if got, want := len(r.All("aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2")), len(r.All("aws:s3/bucketV2:BucketV2")); got != want {
			t.Errorf("%d buckets, %d of them encrypted", want, got)
		}
	})
}

func TestConnectionsAreTLSOnly(t *testing.T) {
	secured(t, func(t *testing.T, r *pulumitest.Recording) {
		for _, b := range r.All("aws:s3/bucketV2:BucketV2") {
			refused := false
			for _, s := range pulumitest.Statements(t,
				r.Named(t, "aws:s3/bucketPolicy:BucketPolicy", b.Name).Text("policy")) {
				refused = refused || s.Effect == "Deny" && s.Principal == "*" &&
					slices.Equal(s.Condition["Bool"]["aws:SecureTransport"], []string{"false"})
			}
			if !refused {
				t.Errorf("bucket %s answers without TLS", b.Name)
			}
		}
		forced := false
		for _, p := range r.One(t, "aws:rds/parameterGroup:ParameterGroup").At("parameters").([]any) {
			p := p.(map[string]any)
			forced = forced || p["name"] == "rds.force_ssl" && p["value"] == "1"
		}
		if !forced {
			t.Error("the database answers without TLS")
		}
	})
}

func TestWhatBearsDataIsKeptAndProtected(t *testing.T) {
	secured(t, func(t *testing.T, r *pulumitest.Recording) {
		production := r.One(t, "aws:rds/instance:Instance").At("deletionProtection") == true
		if !r.One(t, "aws:ec2/vpc:Vpc").RetainOnDelete {
			t.Error("the kept database is in a VPC that goes: AWS would refuse")
		}
		for _, res := range r.Resources {
			k := kinds[res.Type]
			if k.kept && !res.RetainOnDelete {
				t.Errorf("%s %s goes with the stack", res.Type, res.Name)
			}
			if fenced := k.kept || res.Type == "aws:eks/cluster:Cluster"; fenced && res.Protect != production {
				t.Errorf("%s %s: protected %v, production %v", res.Type, res.Name, res.Protect, production)
			}
		}
	})
}

func TestEveryTypeIsAccountedForAndTagged(t *testing.T) {
	secured(t, func(t *testing.T, r *pulumitest.Recording) {
		for _, res := range r.Resources {
			if res.Component {
				if !strings.HasPrefix(res.Type, "ashlar:") {
					t.Errorf("component %s is not of ours", res.Type)
				}
				continue
			}
			k, known := kinds[res.Type]
			if !known {
				t.Errorf("%s %s: say in kinds what it holds", res.Type, res.Name)
			}
			if k.untagged {
				continue
			}
			for _, tag := range []string{"ashlar:owner", "ashlar:environment",
				"ashlar:installation", "ashlar:cost-centre"} {
				if res.Tag(tag) == "" {
					t.Errorf("%s %s has no tag %s", res.Type, res.Name, tag)
				}
			}
		}
	})
}

// secretive are inputs that would hold a secret.
var secretive = regexp.MustCompile(`(?i)(password|secret|token|privateKey|credential)$`)

func TestNoSecretIsInStateOrOutputs(t *testing.T) {
	secured(t, func(t *testing.T, r *pulumitest.Recording) {
		for _, res := range r.Resources {
			leaves(res.Inputs, res.Type+" "+res.Name, func(path string, v any) {
				if text, ok := v.(string); ok && text != "" && secretive.MatchString(path) {
					t.Errorf("%s is %q", path, text)
				}
			})
		}
	})
	values, _ := resolved(t, whole("prod"))
	for name, v := range values {
		if text, _ := v.(string); secretive.MatchString(name) || strings.Contains(strings.ToLower(text), "password") {
			t.Errorf("output %s is %q", name, text)
		}
	}
}

// leaves calls visit with every leaf of a tree and its path.
func leaves(v any, path string, visit func(path string, v any)) {
	switch v := v.(type) {
	case map[string]any:
		for key, e := range v {
			leaves(e, path+"."+key, visit)
		}
	case []any:
		for _, e := range v {
			leaves(e, path, visit)
		}
	default:
		visit(path, v)
	}
}

// IAM refuses longer documents, and only when they are applied.
func TestPoliciesFitIAM(t *testing.T) {
	secured(t, func(t *testing.T, r *pulumitest.Recording) {
		ofRole := map[string]int{}
		for _, p := range r.All("aws:iam/rolePolicy:RolePolicy") {
			ofRole[p.Text("role")] += len(p.Text("policy"))
		}
		for role, size := range ofRole {
			if size > 10240 {
				t.Errorf("role %s: %d characters of policies, at most 10240", role, size)
			}
		}
		for _, p := range r.All("aws:iam/policy:Policy") {
			if size := len(p.Text("policy")); size > 6144 {
				t.Errorf("policy %s: %d characters, at most 6144", p.Name, size)
			}
		}
		for _, role := range r.All("aws:iam/role:Role") {
			if size := len(role.Text("assumeRolePolicy")); size > 2048 || len(role.Text("name")) > 64 {
				t.Errorf("role %s: %d characters of trust, name %q", role.Name, size, role.Text("name"))
			}
		}
	})
}
