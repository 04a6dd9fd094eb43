package lineage

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/components/policy"
)

// Ground is what grants refer to in AWS: ARNs and the like.
type Ground struct {
	Partition  string // "aws"
	Region     string
	Account    pulumi.StringInput
	Store      pulumi.StringInput            // ARN of the blueprint's store
	Data       map[string]pulumi.StringInput // ARN of each dataset's own bucket
	Key        pulumi.StringInput            // ARN of the key that both encrypt under
	DatabaseID pulumi.StringInput            // "db-..." of rds-db:connect
	Schema     string                        // of the registry, which its users are named after
}

// PartitionOf returns the partition that a region is in.
func PartitionOf(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

// Statements are the workload's grants as the policy of its role.
func (g Ground) Statements(p *plan.Plan, w Workload) []policy.Statement {
	var out []policy.Statement
	var keyReads, keyWrites []pulumi.StringInput // buckets
	for _, dataset := range w.Targets(ReadData) {
		more, own := g.dataset(dataset, p.Datasets[dataset])
		out = append(out, more...)
		keyReads = append(keyReads, own...)
	}
	reads, writes := under(g.Store, w.Targets(ReadStore)), under(g.Store, w.Targets(WriteStore))
	if len(reads)+len(writes) > 0 {
		out = append(out,
			// Unconditional, for the bucket is the blueprint's alone: without it S3
			// answers "forbidden" where an object is only missing.
			policy.Statement{Sid: "ListStore", Actions: []string{"s3:ListBucket"},
				Resources: []pulumi.StringInput{g.Store}},
			policy.Statement{Sid: "ReadStore", Actions: []string{"s3:GetObject"},
				Resources: append(reads[:len(reads):len(reads)], writes...)})
		keyReads = append(keyReads, g.Store)
	}
	if len(writes) > 0 {
		out = append(out, policy.Statement{
			Sid: "WriteStore", Actions: []string{"s3:PutObject", "s3:AbortMultipartUpload",
				"s3:DeleteObject"}, Resources: writes,
		})
		keyWrites = append(keyWrites, g.Store)
	}
	out = append(out, g.backups(w)...)
	out = append(out, g.decrypt("ReadKey", keyReads, "kms:Decrypt")...)
	out = append(out, g.decrypt("WriteKey", keyWrites, "kms:GenerateDataKey")...)
	if w.May(UseDatabase) {
		out = append(out, policy.Statement{Sid: "Database", Actions: []string{"rds-db:connect"},
			Resources: []pulumi.StringInput{
				pulumi.Sprintf("arn:%s:rds-db:%s:%s:dbuser:%s/%s", g.Partition, g.Region, g.Account, g.DatabaseID,
					w.Duty().User(g.Schema)),
			}})
	}
	return out
}

// dataset lets a workload read a dataset, and returns the bucket if it is one
// of ours, whose key it then needs too.
func (g Ground) dataset(name string, d plan.Dataset) (out []policy.Statement, own []pulumi.StringInput) {
	s, ok := SourceOf(d)
	if !ok {
		return nil, nil
	}
	bucket := g.Data[name]
	list := policy.Statement{Sid: "List" + sid(name), Actions: []string{"s3:ListBucket"}}
	if s.Bucket != "" {
		bucket = pulumi.String(fmt.Sprintf("arn:%s:s3:::%s", g.Partition, s.Bucket))
		// A shared bucket: listed under the prefix only. Asking whether an object
		// is there, which names no prefix, is let through.
		list.Conditions = []policy.Condition{policy.When("StringLikeIfExists", "s3:prefix", pulumi.String(s.Key+"*"))}
	} else {
		own = []pulumi.StringInput{bucket}
	}
	list.Resources = []pulumi.StringInput{bucket}
	object := s.Key
	if s.Glob {
		object += "*"
	}
	if s.Bucket == "" || s.Glob {
		out = append(out, list)
	}
	return append(out, policy.Statement{Sid: "Read" + sid(name), Actions: []string{"s3:GetObject"},
		Resources: under(bucket, []string{object}, "")}), own
}

// decrypt lets S3 use our key for a workload, for these buckets and nothing else.
func (g Ground) decrypt(id string, buckets []pulumi.StringInput, action string) []policy.Statement {
	if len(buckets) == 0 {
		return nil
	}
	return []policy.Statement{{
		Sid: id, Actions: []string{action}, Resources: []pulumi.StringInput{g.Key},
		Conditions: []policy.Condition{
			policy.When("StringEquals", "kms:ViaService", pulumi.String("s3."+g.Region+".amazonaws.com")),
			{Test: "StringEquals", Key: "kms:EncryptionContext:aws:s3:arn", Values: buckets},
		},
	}}
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

// sid makes a name a part of a statement's id: letters and digits.
func sid(name string) string {
	var out strings.Builder
	for part := range strings.SplitSeq(name, "-") {
		if part != "" {
			out.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	return out.String()
}
