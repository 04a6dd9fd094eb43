package lineage

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/policy"
)

// Folder is where in S3 something is kept.
type Folder struct {
	Bucket pulumi.StringInput // ARN
	// Prefix is what the keys begin with in a bucket that others use too; it ends in a
	// slash. Empty: the bucket is this thing's alone.
	Prefix string
}

// under returns the ARNs of the objects under each prefix of the place; another suffix
// than "*" takes its place.
func (p Folder) under(prefixes []string, suffix ...string) []pulumi.StringInput {
	var whole []string
	for _, one := range prefixes {
		whole = append(whole, p.Prefix+one)
	}
	return under(p.Bucket, whole, suffix...)
}

// list lets a workload list the place. In a bucket of its own there is no condition,
// because without the permission S3 answers "forbidden" where an object is only missing; in
// a shared one the runtime looks again (package store), and nothing but the prefix is
// listed: a listing that names no prefix is of the whole bucket.
func (p Folder) list(id string) policy.Statement {
	s := policy.Statement{Sid: id, Actions: []string{"s3:ListBucket"}, Resources: []pulumi.StringInput{p.Bucket}}
	if p.Prefix != "" {
		s.Conditions = []policy.Condition{policy.When("StringLike", "s3:prefix", pulumi.String(p.Prefix+"*"))}
	}
	return s
}

// contexts are what S3 encrypts the place's objects with as context: the bucket's ARN
// where it has a bucket key, as ours do, else the object's.
func (p Folder) contexts() []pulumi.StringInput {
	if p.Prefix == "" {
		return []pulumi.StringInput{p.Bucket}
	}
	return append([]pulumi.StringInput{p.Bucket}, p.under([]string{""})...)
}

// under returns the ARNs of the objects under each prefix of a bucket; another
// suffix than "*" takes its place.
func under(bucket pulumi.StringInput, prefixes []string, suffix ...string) []pulumi.StringInput {
	end := "*"
	if len(suffix) > 0 {
		end = suffix[0]
	}
	var out []pulumi.StringInput
	for _, p := range prefixes {
		out = append(out, pulumi.Sprintf("%s/%s%s", bucket, p, end))
	}
	return out
}
