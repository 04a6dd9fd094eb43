package bucket

import (
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/pulumitest"
)

const keyArn = "arn:aws:kms:eu-west-1:123456789012:key/data"

func args() *Args {
	return &Args{BucketName: pulumi.String("ashlar-prod-data"), KMSKeyArn: pulumi.String(keyArn), RetentionDays: 730}
}

func record(t *testing.T, a *Args) *pulumitest.Recording {
	t.Helper()
	return pulumitest.Must(t, func(ctx *pulumi.Context) error {
		_, err := New(ctx, "data", a)
		return err
	})
}

func TestABucketIsClosedAndEncrypted(t *testing.T) {
	r := record(t, args())
	block := r.One(t, "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock")
	for _, way := range []string{"blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"} {
		if block.At(way) != true {
			t.Errorf("%s is %v", way, block.At(way))
		}
	}
	encryption := r.One(t, "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2")
	const byDefault = "rules.0.applyServerSideEncryptionByDefault."
	if encryption.Text(byDefault+"sseAlgorithm") != "aws:kms" ||
		encryption.Text(byDefault+"kmsMasterKeyId") != keyArn || encryption.At("rules.0.bucketKeyEnabled") != true {
		t.Errorf("encryption %v", encryption.Inputs)
	}
	if got := r.One(t, "aws:s3/bucketOwnershipControls:BucketOwnershipControls").Text("rule.objectOwnership"); got != "BucketOwnerEnforced" {
		t.Errorf("ownership %q", got)
	}
	if got := r.One(t, "aws:s3/bucketVersioningV2:BucketVersioningV2").Text("versioningConfiguration.status"); got != "Enabled" {
		t.Errorf("versioning %q", got)
	}
}

func TestABucketAnswersOverTLSOnly(t *testing.T) {
	r := record(t, args())
	denied := map[string]pulumitest.Statement{}
	for _, s := range pulumitest.Statements(t, r.One(t, "aws:s3/bucketPolicy:BucketPolicy").Text("policy")) {
		if s.Effect != "Deny" || s.Principal != "*" {
			t.Errorf("statement %s: %s to %v: the policy only refuses", s.Sid, s.Effect, s.Principal)
		}
		denied[s.Sid] = s
	}
	tls := denied["TLSOnly"]
	if got := tls.Condition["Bool"]["aws:SecureTransport"]; !slices.Equal(got,
		[]string{"false"}) || tls.Action[0] != "s3:*" {
		t.Errorf("TLS statement %+v", tls)
	}
	if got := len(tls.Resource.([]any)); got != 2 {
		t.Errorf("%d resources: want the bucket and its objects", got)
	}
	if got := denied["OurKeyOnly"].Condition["StringNotEquals"]["s3:x-amz-server-side-encryption-aws-kms-key-id"]; !slices.Equal(got, []string{keyArn}) {
		t.Errorf("an upload may ask for another key than %v", got)
	}
}

func TestABucketOutlivesItsStackAndItsName(t *testing.T) {
	a := args()
	a.Protect = true
	r := record(t, a)
	b := r.One(t, "aws:s3/bucketV2:BucketV2")
	if !b.Protect || !b.RetainOnDelete || !slices.Contains(b.IgnoreChanges, "bucket") || b.At("forceDestroy") != false {
		t.Errorf("protect %v, retain %v, ignores %v, force %v", b.Protect, b.RetainOnDelete,
			b.IgnoreChanges, b.At("forceDestroy"))
	}
	for _, s := range r.Resources {
		if !s.Component && !s.RetainOnDelete {
			t.Errorf("%s goes with the stack and leaves the bucket without it", s.Type)
		}
	}
}

func TestTheLifecycleFollowsRetention(t *testing.T) {
	rules := func(a *Args) map[string]map[string]any {
		out := map[string]map[string]any{}
		l := record(t, a).One(t, "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2")
		for _, r := range l.At("rules").([]any) {
			rule := r.(map[string]any)
			out[rule["id"].(string)] = rule
		}
		return out
	}
	with := rules(args())
	if got := with["retention"]["expiration"].(map[string]any)["days"]; got != 730.0 {
		t.Errorf("objects expire after %v days", got)
	}
	if got := with["replaced-versions"]["noncurrentVersionExpiration"].(map[string]any)["noncurrentDays"]; got != 30.0 {
		t.Errorf("replaced versions expire after %v days", got)
	}
	forever := args()
	forever.RetentionDays = 0
	if _, ok := rules(forever)["retention"]; ok {
		t.Error("what is kept for ever expires")
	}
}

func TestServicesDeliverForThisAccountAlone(t *testing.T) {
	a := args()
	a.Deliveries = []Delivery{{
		Service: "delivery.logs.amazonaws.com", Account: pulumi.String("1"),
		SourceArn: pulumi.String("arn:aws:logs:eu-west-1:1:*"),
	}}
	found := false
	for _, s := range pulumitest.Statements(t, record(t, a).One(t, "aws:s3/bucketPolicy:BucketPolicy").Text("policy")) {
		if s.Effect != "Allow" {
			continue
		}
		found = true
		if s.Condition["StringEquals"]["aws:SourceAccount"] == nil || s.Condition["ArnLike"]["aws:SourceArn"] == nil {
			t.Errorf("%v by %v is not limited: %v", s.Action, s.Principal, s.Condition)
		}
	}
	if !found {
		t.Error("the service may not write")
	}
}

func TestAccessLogs(t *testing.T) {
	a := args()
	a.AccessLogs = &AccessLogs{Bucket: pulumi.String("logs"), Prefix: "data/"}
	l := record(t, a).One(t, "aws:s3/bucketLoggingV2:BucketLoggingV2")
	if l.Text("targetBucket") != "logs" || l.Text("targetPrefix") != "data/" {
		t.Errorf("logs go to %v", l.Inputs)
	}
	target := record(t, &Args{BucketName: pulumi.String("access"), AccessLogTarget: true})
	encryption := target.One(t, "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2")
	if got := encryption.Text("rules.0.applyServerSideEncryptionByDefault.sseAlgorithm"); got != "AES256" {
		t.Errorf("a target of access logs encrypts by %q", got)
	}
}

func TestValidateReportsEveryProblem(t *testing.T) {
	bad := &Args{
		BucketName: pulumi.String("Data_Set"), RetentionDays: -1, NoncurrentDays: 40000, AccessLogs: &AccessLogs{},
		Deliveries: []Delivery{{Service: "x"}},
	}
	err := bad.Validate()
	for _, want := range []string{`name "Data_Set"`, "no key", "retention of -1 days", "kept 40000 days",
		"access logs go to no bucket", `delivery by "x"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
	both := &Args{BucketName: pulumi.String("access"), KMSKeyArn: pulumi.String(keyArn), AccessLogTarget: true}
	if err := both.Validate(); err == nil || !strings.Contains(err.Error(), "its own key only") {
		t.Errorf("a target of access logs with a key of ours: %v", err)
	}
	for _, name := range []string{"", "ab", "-ab", "ab-", "a..b", strings.Repeat("a", 64)} {
		a := args()
		a.BucketName = pulumi.String(name)
		if a.Validate() == nil {
			t.Errorf("name %q passed", name)
		}
	}
	if err := (&Args{BucketName: pulumi.String("late").ToStringOutput(),
		KMSKeyArn: pulumi.String(keyArn)}).Validate(); err != nil {
		t.Errorf("a name that is not known yet: %v", err)
	}
}
