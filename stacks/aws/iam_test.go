package aws

import (
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/components/pulumitest"
	"github.com/ashlar-dev/ashlar/stacks/aws/lineage"
	"github.com/ashlar-dev/ashlar/stacks/aws/migration"
	"github.com/ashlar-dev/ashlar/templates/workflows"
)

const (
	iamRegion  = "eu-central-1"
	iamCluster = "arn:aws:eks:eu-central-1:123456789012:cluster/ashlar-prod"
	iamMaster  = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:master"
)

// boundary is the mark of a request that makes a role within the boundary.
var boundary = map[string]string{"iam:PermissionsBoundary": pulumitest.Arn("aws:iam/policy:Policy",
	"workloads-boundary")}

// policyOf are the statements of a recorded role.
func policyOf(t *testing.T, r *pulumitest.Recording, role string) []pulumitest.Statement {
	t.Helper()
	return pulumitest.Statements(t, r.Named(t, "aws:iam/rolePolicy:RolePolicy", role).Text("policy"))
}

func may(t *testing.T, statements []pulumitest.Statement, r pulumitest.Request) bool {
	t.Helper()
	ok, err := pulumitest.Allows(statements, r)
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

// iamFoundation is a foundation in the region that the workloads of the tests
// are in.
func iamFoundation(t *testing.T) *pulumitest.Recording {
	c := foundationConfig("prod")
	c.Region = iamRegion
	return recordFoundation(t, c)
}

// asked is what AWS is asked for in each kind of operation on a resource.
type asked struct{ read, write []string }

// flows says what Pulumi's provider asks for to read a resource of the workloads
// layer, and to make, change and delete it: the sections "Actions defined by" of
// the Service Authorization Reference. Buckets are made by people.
var flows = map[string]asked{
	"aws:iam/role:Role": {
		[]string{"iam:GetRole", "iam:ListRolePolicies", "iam:ListAttachedRolePolicies"},
		[]string{"iam:CreateRole", "iam:DeleteRole", "iam:TagRole", "iam:UntagRole", "iam:ListInstanceProfilesForRole"},
	},
	"aws:iam/rolePolicy:RolePolicy": {[]string{"iam:GetRolePolicy"},
		[]string{"iam:PutRolePolicy", "iam:DeleteRolePolicy"}},
	"aws:eks/podIdentityAssociation:PodIdentityAssociation": {
		[]string{"eks:DescribePodIdentityAssociation", "eks:DescribeCluster"},
		[]string{"eks:CreatePodIdentityAssociation", "eks:UpdatePodIdentityAssociation",
			"eks:DeletePodIdentityAssociation", "eks:TagResource", "iam:PassRole"},
	},
	bucketType: {[]string{"s3:ListBucket", "s3:GetBucketTagging", "s3:GetBucketAcl", "s3:GetBucketVersioning",
		"tag:GetResources"},
		[]string{"s3:PutBucketTagging"}},
	"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2": {read: []string{"s3:GetEncryptionConfiguration"}},
	"aws:s3/bucketVersioningV2:BucketVersioningV2":                                               {read: []string{"s3:GetBucketVersioning"}},
	"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2":                       {[]string{"s3:GetLifecycleConfiguration"}, []string{"s3:PutLifecycleConfiguration"}},
	"aws:s3/bucketLoggingV2:BucketLoggingV2":                                                     {read: []string{"s3:GetBucketLogging"}},
	"aws:s3/bucketOwnershipControls:BucketOwnershipControls":                                     {read: []string{"s3:GetBucketOwnershipControls"}},
	"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock":                                     {read: []string{"s3:GetBucketPublicAccessBlock"}},
	"aws:s3/bucketPolicy:BucketPolicy":                                                           {read: []string{"s3:GetBucketPolicy"}},
	"aws:s3/bucketObjectv2:BucketObjectv2":                                                       {[]string{"s3:GetObject", "s3:GetObjectTagging", "kms:Decrypt"}, []string{"s3:PutObject", "kms:GenerateDataKey"}},
}

// request is the action on the resource as AWS sees it.
func request(r pulumitest.Resource, action string) pulumitest.Request {
	out := pulumitest.Request{Action: action, Context: map[string]string{}}
	switch {
	case strings.HasPrefix(action, "kms:"):
		out.Resource, out.Context["kms:ViaService"] = pulumitest.Arn("aws:kms/key:Key", "data"), "s3."+
			iamRegion+".amazonaws.com"
	case action == "iam:PassRole":
		out.Resource, out.Context["iam:PassedToService"] = "arn:aws:iam::123456789012:role/ashlar-prod-ashlar-eu-central-1-credit-risk-endpoint-1", "pods.eks.amazonaws.com"
	case strings.HasPrefix(action, "iam:"):
		name := r.Text("name")
		if r.Type != "aws:iam/role:Role" {
			name = r.Text("role")
		}
		out.Resource, out.Context = "arn:aws:iam::123456789012:role/"+name, boundary
	case action == "eks:DescribeCluster" || action == "eks:CreatePodIdentityAssociation":
		out.Resource = pulumitest.Arn("aws:eks/cluster:Cluster", "cluster")
		out.Context["aws:RequestTag/ashlar:tenant"] = r.Tag("ashlar:tenant")
	case strings.HasPrefix(action, "eks:"):
		out.Resource = "arn:aws:eks:eu-central-1:123456789012:podidentityassociation/ashlar-prod/a-1"
		out.Context["aws:ResourceTag/ashlar:tenant"] = r.Tag("ashlar:tenant")
	case strings.Contains(action, "Object"):
		out.Resource = "arn:aws:s3:::" + r.Text("bucket") + "/data/credit_data.csv"
	default:
		out.Resource = "arn:aws:s3:::" + r.Text("bucket")
	}
	return out
}

func TestCIMayDoWhatTheWorkloadsTake(t *testing.T) {
	f, w := iamFoundation(t), registered(t, cloud(), credit(), churn())
	deploy, preview := policyOf(t, f, "ci-deploy"), policyOf(t, f, "ci-preview")
	buckets := map[string]string{}
	for _, b := range w.All(bucketType) {
		buckets[b.Name] = b.Text("bucket")
	}
	count := 0
	for _, r := range w.Resources {
		if r.Component || !strings.HasPrefix(r.Type, "aws:") {
			continue
		}
		if !strings.HasPrefix(r.Text("bucket"), "ashlar-prod-") && strings.HasPrefix(r.Type, "aws:s3/") {
			r.Inputs["bucket"] = buckets[r.Name] // by reference
			if r.Inputs["bucket"] == "" {
				r.Inputs["bucket"] = buckets["credit-risk-store"]
			}
		}
		flow, known := flows[r.Type]
		if !known {
			t.Errorf("%s: say in flows what AWS is asked for", r.Type)
		}
		for _, action := range append(slices.Clone(flow.read), flow.write...) {
			count++
			if one := request(r, action); !may(t, deploy, one) {
				t.Errorf("deploying %s %s: may not %s on %s", r.Type, r.Name, action, one.Resource)
			}
		}
		for _, action := range flow.read {
			if one := request(r, action); !may(t, preview, one) {
				t.Errorf("previewing %s %s: may not %s on %s", r.Type, r.Name, action, one.Resource)
			}
		}
		for _, action := range flow.write {
			if one := request(r, action); may(t, preview, one) {
				t.Errorf("a preview may %s on %s", action, one.Resource)
			}
		}
	}
	if count < 50 {
		t.Errorf("only %d actions were looked at", count)
	}
}

func TestCIWritesTheStateOfItsOwnStackAndPushesTheImage(t *testing.T) {
	f := iamFoundation(t)
	deploy := policyOf(t, f, "ci-deploy")
	const state = "arn:aws:s3:::acme-state/ml/.pulumi/"
	for action, places := range map[string][]string{
		"s3:GetObject": {"meta.yaml", "stacks/ashlar/prod.json", "stacks/ashlar/test.json"},
		"s3:PutObject": {"stacks/ashlar/prod.json", "stacks/ashlar/prod.json.bak",
			"history/ashlar/prod/prod-1.history.json", "backups/ashlar/prod/prod.1.json",
			"locks/organization/ashlar/prod/1.json"},
		"s3:DeleteObject": {"locks/organization/ashlar/prod/1.json"},
	} {
		for _, place := range places {
			if !may(t, deploy, pulumitest.Request{Action: action, Resource: state + place}) {
				t.Errorf("deploying: may not %s %s", action, place)
			}
		}
	}
	image := policyOf(t, f, "ci-image")
	for _, action := range []string{"ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:CompleteLayerUpload",
		"ecr:PutImage", "ecr:BatchCheckLayerAvailability"} {
		if !may(t, image, pulumitest.Request{Action: action,
			Resource: pulumitest.Arn("aws:ecr/repository:Repository", "registry")}) {
			t.Errorf("pushing the image: may not %s", action)
		}
	}
}

// never is what no role of CI and no workload may ever do, with the context that
// would make it easiest.
func never() []pulumitest.Request {
	role, other := "arn:aws:iam::123456789012:role/ashlar-prod-ashlar-eu-central-1-credit-risk-endpoint-1",
		"arn:aws:iam::123456789012:role/admin"
	bucket := "arn:aws:s3:::ashlar-prod-ashlar-credit-risk-store-123456789012"
	var out []pulumitest.Request
	add := func(resource string, actions ...string) {
		for _, a := range actions {
			out = append(out, pulumitest.Request{Action: a, Resource: resource, Context: map[string]string{
				"kms:ViaService":      "secretsmanager." + iamRegion + ".amazonaws.com",
				"iam:PassedToService": "ec2.amazonaws.com",
			}})
		}
	}
	add(other, "iam:CreateRole", "iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:DeleteRole", "iam:PassRole",
		"sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:TagSession")
	add(role, "iam:CreateRole", "iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:UpdateAssumeRolePolicy",
		"iam:PutRolePermissionsBoundary", "iam:DeleteRolePermissionsBoundary", "iam:PassRole", "sts:AssumeRole")
	add("arn:aws:iam::123456789012:policy/ashlar-prod-eu-central-1-boundary", "iam:CreatePolicyVersion",
		"iam:DeletePolicy", "iam:SetDefaultPolicyVersion")
	add("arn:aws:iam::123456789012:user/eve", "iam:CreateUser", "iam:CreateAccessKey")
	add("arn:aws:iam::123456789012:oidc-provider/"+hubIssuer, "iam:CreateOpenIDConnectProvider",
		"iam:AddClientIDToOpenIDConnectProvider", "iam:UpdateOpenIDConnectProviderThumbprint")
	add("arn:aws:iam::123456789012:role/ashlar-prod-ci-deploy", "iam:PutRolePolicy",
		"iam:UpdateAssumeRolePolicy", "sts:AssumeRole")
	add(bucket, "s3:PutBucketPolicy", "s3:DeleteBucketPolicy", "s3:DeleteBucket", "s3:CreateBucket", "s3:PutBucketAcl",
		"s3:PutBucketPublicAccessBlock", "s3:PutEncryptionConfiguration", "s3:PutBucketVersioning",
		"s3:PutBucketOwnershipControls", "s3:PutBucketLogging", "s3:PutReplicationConfiguration")
	add(bucket+"/objects/1", "s3:DeleteObjectVersion", "s3:PutObjectAcl", "s3:BypassGovernanceRetention")
	add("arn:aws:s3:::access-ashlar-prod-123456789012/x", "s3:PutObject", "s3:DeleteObject")
	add("arn:aws:s3:::acme-state/ml/.pulumi/stacks/ashlar/foundation-prod.json", "s3:PutObject", "s3:DeleteObject")
	add("arn:aws:s3:::acme-state/ml/.pulumi/stacks/ashlar/dev.json", "s3:PutObject")
	add(pulumitest.Arn("aws:kms/key:Key", "data"), "kms:ScheduleKeyDeletion", "kms:DisableKey", "kms:PutKeyPolicy",
		"kms:CreateGrant", "kms:DisableKeyRotation")
	add(pulumitest.Arn("aws:kms/key:Key", "database"), "kms:Decrypt", "kms:ScheduleKeyDeletion")
	for _, master := range []string{iamMaster, pulumitest.Arn("aws:secretsmanager/secret:Secret", "database")} {
		add(master, "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue")
	}
	for _, c := range []string{iamCluster, pulumitest.Arn("aws:eks/cluster:Cluster", "cluster")} {
		add(c, "eks:CreateAccessEntry", "eks:AssociateAccessPolicy", "eks:UpdateAccessEntry", "eks:DeleteCluster",
			"eks:UpdateClusterConfig", "eks:CreateNodegroup", "eks:CreateAddon")
	}
	add("arn:aws:rds:eu-central-1:123456789012:db:ashlar-prod", "rds:DeleteDBInstance", "rds:ModifyDBInstance")
	for _, database := range []string{"db-ABC", ""} { // the recorder knows no id of the foundation's
		for _, user := range []string{"postgres", "ashlar", "ashlar__prod", "ashlar__prod_decide", "rds_superuser"} {
			add("arn:aws:rds-db:eu-central-1:123456789012:dbuser:"+database+"/"+user, "rds-db:connect")
		}
	}
	add("arn:aws:ec2:eu-central-1:123456789012:instance/i-1", "ec2:RunInstances", "ec2:CreateRoute")
	return out
}

func TestNobodyOfCIAndNoWorkloadMayDoWhatOnlyPeopleDo(t *testing.T) {
	f, w := iamFoundation(t), registered(t, cloud(), credit(), churn())
	roles := map[string][]pulumitest.Statement{}
	for _, d := range workflows.Duties() {
		roles["ci-"+string(d)] = policyOf(t, f, "ci-"+string(d))
	}
	for _, p := range w.All("aws:iam/rolePolicy:RolePolicy") {
		roles[p.Name] = pulumitest.Statements(t, p.Text("policy"))
	}
	// Whatever policy somebody gives a workload's role, the boundary holds.
	roles["the boundary"] = pulumitest.Statements(t,
		f.Named(t, "aws:iam/policy:Policy", "workloads-boundary").Text("policy"))
	if len(roles) < 10 {
		t.Errorf("only %d roles", len(roles))
	}
	for name, statements := range roles {
		for _, r := range never() {
			if may(t, statements, r) {
				t.Errorf("%s may %s on %s", name, r.Action, r.Resource)
			}
		}
	}
	for _, r := range never() {
		if name := "ci-image"; strings.HasPrefix(r.Action, "eks:") && may(t, roles[name], r) {
			t.Errorf("%s may %s", name, r.Action)
		}
	}
}

func TestTheMasterPasswordIsForTheMigrationAlone(t *testing.T) {
	f := iamFoundation(t)
	master := pulumitest.Request{
		Action:   "secretsmanager:GetSecretValue",
		Resource: pulumitest.Arn("aws:secretsmanager/secret:Secret", "database"),
	}
	readers := 0
	for _, p := range f.All("aws:iam/rolePolicy:RolePolicy") {
		if may(t, pulumitest.Statements(t, p.Text("policy")), master) {
			readers++
			if p.Name != migration.Name {
				t.Errorf("%s reads the master password", p.Name)
			}
		}
	}
	if readers != 1 {
		t.Errorf("%d roles read the master password, and the migration must", readers)
	}
	who := f.Named(t, "aws:eks/podIdentityAssociation:PodIdentityAssociation", migration.Name)
	if who.Text("namespace") != "ashlar-prod-system" || who.Text("serviceAccount") != migration.Name {
		t.Errorf("it is %s/%s", who.Text("namespace"), who.Text("serviceAccount"))
	}
}

// TestEachWorkloadIsTheUserOfItsDutyAlone: by its role, and within the boundary.
func TestEachWorkloadIsTheUserOfItsDutyAlone(t *testing.T) {
	p := credit()
	r := registered(t, cloud(), p)
	bound := pulumitest.Statements(t, iamFoundation(t).Named(t, "aws:iam/policy:Policy",
		"workloads-boundary").Text("policy"))
	want := map[string]plan.Duty{
		"endpoint-scoring": plan.DutyServe, "pipeline-nightly": plan.DutyTrain, "drift-scoring": plan.DutyTrain,
		"retention-data": plan.DutyRetain, "release-models": plan.DutyServe,
	}
	for _, w := range lineage.Of(p) {
		for _, d := range plan.Duties() {
			as := func(database string) pulumitest.Request {
				return pulumitest.Request{Action: "rds-db:connect",
					Resource: "arn:aws:rds-db:eu-central-1:123456789012:dbuser:" + database + "/ashlar__prod_" + string(d),
					Context:  map[string]string{"aws:PrincipalTag/ashlar:tenant": "ashlar"}}
			}
			if got := may(t, policyOf(t, r, "credit-risk-"+w.ID()), as("db-ABC")); got != (d == want[w.ID()]) {
				t.Errorf("%s connects as %s: %t", w.ID(), d, got)
			}
			if got := may(t, bound, as("")); got != (d != plan.DutyDecide) {
				t.Errorf("a workload may connect as %s: %t", d, got)
			}
		}
	}
	e := p.Endpoints["scoring"]
	e.Drift.Retrain = false
	p.Endpoints["scoring"] = e
	for _, w := range lineage.Of(p) {
		if w.Kind == lineage.KindDrift && w.Duty() != plan.DutyWatch {
			t.Errorf("drift that trains nothing has the duty %s", w.Duty())
		}
	}
}
