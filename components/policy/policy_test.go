package policy

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/pulumitest"
)

func arns(values ...string) []pulumi.StringInput {
	var out []pulumi.StringInput
	for _, v := range values {
		out = append(out, pulumi.String(v))
	}
	return out
}

// render registers the document as a policy, which is what resolves it.
func render(statements ...Statement) (string, error) {
	r, err := pulumitest.Run(func(ctx *pulumi.Context) error {
		_, err := iam.NewPolicy(ctx, "p", &iam.PolicyArgs{Policy: Document(statements...)})
		return err
	})
	if err != nil {
		return "", err
	}
	return r.Resources[0].Text("policy"), nil
}

func TestADocumentSaysWhatTheStatementsSay(t *testing.T) {
	got, err := render(
		Statement{
			Sid: "Read", Actions: []string{"s3:GetObject"}, Resources: arns("arn:aws:s3:::data/*"),
			Conditions: []Condition{
				When("StringEquals", "aws:SourceAccount", pulumi.String("1")),
				{Test: "StringEquals", Key: "aws:RequestTag/team", Values: arns("a", "b")},
				When("Bool", "aws:SecureTransport", pulumi.String("true")),
			},
		},
		Statement{Deny: true, Principals: Principals{Anyone: true}, Actions: []string{"s3:*"},
			Resources: arns("arn:aws:s3:::data")},
		Statement{Principals: Principals{Services: []string{"ec2.amazonaws.com"}, AWS: arns("arn:aws:iam::1:root")},
			Actions: []string{"sts:AssumeRole"}},
		Statement{Actions: []string{"ecr:GetAuthorizationToken"}, Unscoped: true},
		Statement{Actions: []string{"s3:GetObject"}, Unscoped: true, Except: arns("arn:aws:s3:::own/*")},
	)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"Statement":[` +
		`{"Action":["s3:GetObject"],"Condition":{"Bool":{"aws:SecureTransport":["true"]},` +
		`"StringEquals":{"aws:RequestTag/team":["a","b"],"aws:SourceAccount":["1"]}},"Effect":"Allow","Resource":["arn:aws:s3:::data/*"],"Sid":"Read"},` +
		`{"Action":["s3:*"],"Effect":"Deny","Principal":"*","Resource":["arn:aws:s3:::data"]},` +
		`{"Action":["sts:AssumeRole"],"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::1:root"],"Service":["ec2.amazonaws.com"]}},` +
		`{"Action":["ecr:GetAuthorizationToken"],"Effect":"Allow","Resource":"*"},` +
		`{"Action":["s3:GetObject"],"Effect":"Allow","NotResource":["arn:aws:s3:::own/*"]}` +
		`],"Version":"2012-10-17"}`
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("document (-want +got):\n%s", d)
	}
}

func TestAResourceThatTurnsOutToBeEverythingIsRefused(t *testing.T) {
	for _, late := range []string{"*", "**", "arn:aws:s3:::*", "arn:aws:*:::bucket"} {
		out := pulumi.String(late).ToStringOutput() // no pulumi.String: Check cannot see into it
		s := Statement{Actions: []string{"s3:GetObject"}, Resources: []pulumi.StringInput{out}}
		if err := Check([]Statement{s}); err != nil {
			t.Errorf("%s: judged before it was known: %v", late, err)
		}
		if _, err := render(s); err == nil {
			t.Errorf("%s became a document", late)
		}
	}
	if _, err := render(Statement{Actions: []string{"s3:GetObject"},
		Resources: arns("${aws_s3_bucket.data.arn}")}); err != nil {
		t.Errorf("a reference that another tool resolves: %v", err)
	}
}

func TestCheckRefuses(t *testing.T) {
	bucket := arns("arn:aws:s3:::data/*")
	cases := map[string]struct {
		statement Statement
		want      string
	}{
		"no action":            {Statement{Resources: bucket}, "no action"},
		"every action":         {Statement{Actions: []string{"*"}, Resources: bucket}, "is a pattern"},
		"a pattern of actions": {Statement{Actions: []string{"s3:Get*"}, Resources: bucket}, "is a pattern"},
		"an action without service": {Statement{Actions: []string{"GetObject"},
			Resources: bucket}, "want service:Action"},
		"no resource": {Statement{Actions: []string{"s3:GetObject"}}, "no resource"},
		"every resource": {Statement{Actions: []string{"s3:GetObject"},
			Resources: arns("*")}, "is everything"},
		"every resource of S3": {Statement{Actions: []string{"s3:GetObject"}, Resources: arns("arn:aws:s3:::*")},
			"everything in its service"},
		"a resource of any service": {Statement{Actions: []string{"s3:GetObject"},
			Resources: arns("arn:aws:*:::data")}, "cannot be patterns"},
		"a resource that is no ARN": {Statement{Actions: []string{"s3:GetObject"},
			Resources: arns("data")}, "want an ARN"},
		"a nil resource": {Statement{Actions: []string{"s3:GetObject"},
			Resources: []pulumi.StringInput{nil}}, "is nil"},
		"an unscoped write": {Statement{Actions: []string{"s3:PutObject"},
			Unscoped: true}, "on every resource"},
		"resources and unscoped": {Statement{Actions: []string{"s3:ListBucket"}, Unscoped: true,
			Resources: bucket}, "keep the resources"},
		"a principal": {Statement{Actions: []string{"s3:GetObject"}, Resources: bucket,
			Principals: Principals{Anyone: true}}, "names no principal"},
		"a sid with spaces": {Statement{Sid: "to read", Actions: []string{"s3:GetObject"},
			Resources: bucket}, "letters and digits"},
		"a condition without values": {Statement{Actions: []string{"s3:GetObject"}, Resources: bucket,
			Conditions: []Condition{{Test: "Bool", Key: "k"}}}, "want a test"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			err := Check([]Statement{c.statement})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestCheckReportsEveryStatement(t *testing.T) {
	err := Check([]Statement{{Sid: "First", Actions: []string{"*"}}, {Resources: arns("*")}})
	for _, want := range []string{"statement First: action", "statement First: no resource", "statement 2: no action",
		"statement 2: resource"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
}

func TestCheckAcceptsWhatRolesNeed(t *testing.T) {
	err := Check([]Statement{
		{Actions: []string{"s3:GetObject"}, Resources: arns("arn:aws:s3:::data/*")},
		{Actions: []string{"ecr:GetAuthorizationToken", "ec2:DescribeVpcs"}, Unscoped: true},
		{Actions: []string{"elasticloadbalancing:CreateRule"},
			Resources: arns("arn:aws:elasticloadbalancing:eu-west-1:1:listener/*")},
	})
	if err != nil {
		t.Error(err)
	}
}

// FuzzCheck holds that whatever Check lets through as the resource of a write
// names more than a service.
func FuzzCheck(f *testing.F) {
	for _, seed := range []string{"*", "arn:aws:s3:::data/*", "arn:aws:s3:::*", "arn:*:s3:::x", "arn:aws:s3",
		":::::*", "arn:aws:s3:::?"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, resource string) {
		if Check([]Statement{{Actions: []string{"s3:PutObject"}, Resources: arns(resource)}}) != nil {
			return
		}
		part := strings.SplitN(resource, ":", 6)
		if len(part) != 6 || strings.Trim(part[5], "*?") == "" || strings.ContainsAny(part[1]+part[2], "*?") {
			t.Errorf("%q passed", resource)
		}
	})
}
