package foundation

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/policy"
)

// boundaryOfData is what workloads may read and write. Datasets may be anywhere; what is
// written is in buckets of the workloads' own. In a bucket that all of them share, a role
// reaches the prefix of its own tenant alone, by the tag that says whose it is: the
// statements are as many for twelve tenants as for one, since the whole has to fit into a
// policy. Other keys of that bucket can be read, but not listed.
func (u *builder) boundaryOfData() []policy.Statement {
	read := policy.Statement{Sid: "Read", Unscoped: true, Actions: []string{"s3:GetObject", "s3:ListBucket"}}
	write := policy.Statement{Sid: "Write", Actions: []string{"s3:AbortMultipartUpload", "s3:DeleteObject", "s3:PutObject"},
		Resources: []pulumi.StringInput{pulumi.Sprintf("%s/*", u.bucketsArn())}}
	b := u.found.Data()
	if b == nil {
		return []policy.Statement{read, write}
	}
	arn, own := found(b.Arn), u.cfg.DataPrefix("${aws:PrincipalTag/"+tagTenant+"}")
	read.Except = []pulumi.StringInput{arn, pulumi.Sprintf("%s/%s*", arn, u.cfg.DataPrefix())}
	write.Actions = append(write.Actions, "s3:GetObject") // which Read allows of the others
	write.Resources = append(write.Resources, pulumi.Sprintf("%s/%s*", arn, own))
	return []policy.Statement{read, write, {
		Sid: "List", Actions: []string{"s3:ListBucket"}, Resources: []pulumi.StringInput{arn},
		Conditions: []policy.Condition{policy.When("StringLike", "s3:prefix", pulumi.String(own+"*"))}}}
}

// dataOf matches the objects that a tenant's workloads keep: in buckets of their own, and
// below its prefix of the bucket that all share.
func (u *builder) dataOf(t tenant) []pulumi.StringInput {
	out := []pulumi.StringInput{pulumi.Sprintf("%s/*", u.bucketsOf(t))}
	if b := u.found.Data(); b != nil {
		out = append(out, pulumi.Sprintf("%s/%s*", found(b.Arn), u.cfg.DataPrefix(t.name)))
	}
	return out
}
