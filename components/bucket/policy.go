package bucket

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/policy"
)

// policy returns the bucket's policy. Who may read and write is for the roles'
// policies to say; this one only refuses, but for the services that deliver.
func (a *Args) policy(arn pulumi.StringOutput) pulumi.StringOutput {
	objects := pulumi.Sprintf("%s/*", arn)
	anyone := policy.Principals{Anyone: true}
	everywhere := []pulumi.StringInput{arn, objects}
	statements := []policy.Statement{
		{
			Sid: "TLSOnly", Deny: true, Principals: anyone, Actions: []string{"s3:*"}, Resources: everywhere,
			Conditions: []policy.Condition{policy.When("Bool", "aws:SecureTransport", pulumi.String("false"))},
		},
		{
			Sid: "TLS12", Deny: true, Principals: anyone, Actions: []string{"s3:*"}, Resources: everywhere,
			Conditions: []policy.Condition{policy.When("NumericLessThan", "s3:TlsVersion", pulumi.String("1.2"))},
		},
	}
	for _, d := range a.Deliveries {
		statements = append(statements, d.statements(arn, objects)...)
	}
	if a.AccessLogTarget || len(a.Deliveries) > 0 {
		return policy.Document(statements...)
	}
	return policy.Document(append(statements,
		weaker("OurKeyOnly", objects, "s3:x-amz-server-side-encryption-aws-kms-key-id", a.KMSKeyArn),
		weaker("KMSOnly", objects, "s3:x-amz-server-side-encryption", pulumi.String("aws:kms")))...)
}

// weaker refuses an upload that asks for another encryption than the bucket's.
// One that asks for none gets the bucket's. Log deliveries are not asked: AWS
// does not say which headers they send.
func weaker(sid string, objects pulumi.StringInput, header string, want pulumi.StringInput) policy.Statement {
	return policy.Statement{
		Sid: sid, Deny: true, Principals: policy.Principals{Anyone: true},
		Actions: []string{"s3:PutObject"}, Resources: []pulumi.StringInput{objects},
		Conditions: []policy.Condition{
			policy.When("Null", header, pulumi.String("false")),
			policy.When("StringNotEquals", header, want),
		},
	}
}

// statements let the service write, on behalf of our account and of the named source
// alone: without the conditions anybody's use of the service could write here.
func (d Delivery) statements(arn, objects pulumi.StringInput) []policy.Statement {
	by := policy.Principals{Services: []string{d.Service}}
	ours := []policy.Condition{policy.When("ArnLike", "aws:SourceArn", d.SourceArn)}
	if d.Account != nil {
		ours = append(ours, policy.When("StringEquals", "aws:SourceAccount", d.Account))
	}
	out := []policy.Statement{
		{Principals: by, Actions: []string{"s3:PutObject"}, Resources: []pulumi.StringInput{objects}, Conditions: ours},
	}
	if d.Lists {
		out = append(out, policy.Statement{
			Principals: by, Actions: []string{"s3:GetBucketAcl", "s3:ListBucket"},
			Resources: []pulumi.StringInput{arn}, Conditions: ours,
		})
	}
	return out
}
