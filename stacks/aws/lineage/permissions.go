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
	Store      Folder             // the blueprint's store
	Data       map[string]Folder  // of each dataset whose source is relative
	Key        pulumi.StringInput // ARN of the key that both encrypt under
	DatabaseID pulumi.StringInput // "db-..." of rds-db:connect
	Schema     string             // of the registry, which its users are named after
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
	var keyReads, keyWrites []pulumi.StringInput // contexts of encryption
	for _, dataset := range w.Targets(ReadData) {
		more, own := g.dataset(dataset, p.Datasets[dataset])
		out = append(out, more...)
		keyReads = append(keyReads, own...)
	}
	reads, writes := g.Store.under(w.Targets(ReadStore)), g.Store.under(w.Targets(WriteStore))
	if len(reads)+len(writes) > 0 {
		out = append(out,
			g.Store.list("ListStore"),
			policy.Statement{Sid: "ReadStore", Actions: []string{"s3:GetObject"},
				Resources: append(reads[:len(reads):len(reads)], writes...)})
		keyReads = append(keyReads, g.Store.contexts()...)
	}
	if len(writes) > 0 {
		out = append(out, policy.Statement{
			Sid: "WriteStore", Actions: []string{"s3:PutObject", "s3:AbortMultipartUpload",
				"s3:DeleteObject"}, Resources: writes,
		})
		keyWrites = append(keyWrites, g.Store.contexts()...)
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

// dataset lets a workload read a dataset, and returns the contexts of its encryption if it
// is in a place of ours, whose key the workload then needs too.
func (g Ground) dataset(name string, d plan.Dataset) (out []policy.Statement, own []pulumi.StringInput) {
	s, ok := SourceOf(d)
	if !ok {
		return nil, nil
	}
	at := g.Data[name]
	list := at.list("List" + sid(name))
	if s.Bucket != "" {
		at = Folder{Bucket: pulumi.String(fmt.Sprintf("arn:%s:s3:::%s", g.Partition, s.Bucket))}
		// Somebody else's bucket: listed under the prefix only. Asking whether an object
		// is there, which names no prefix, is let through.
		list.Resources = []pulumi.StringInput{at.Bucket}
		list.Conditions = []policy.Condition{policy.When("StringLikeIfExists", "s3:prefix", pulumi.String(s.Key+"*"))}
	} else {
		own = at.contexts()
	}
	object := s.Key
	if s.Glob {
		object += "*"
	}
	if s.Bucket == "" || s.Glob {
		out = append(out, list)
	}
	return append(out, policy.Statement{Sid: "Read" + sid(name), Actions: []string{"s3:GetObject"},
		Resources: at.under([]string{object}, "")}), own
}

// decrypt lets S3 use our key for a workload, in these contexts and nothing else.
func (g Ground) decrypt(id string, contexts []pulumi.StringInput, action string) []policy.Statement {
	if len(contexts) == 0 {
		return nil
	}
	test := "StringEquals"
	if g.Store.Prefix != "" { // its objects' ARNs are a pattern
		test = "StringLike"
	}
	return []policy.Statement{{
		Sid: id, Actions: []string{action}, Resources: []pulumi.StringInput{g.Key},
		Conditions: []policy.Condition{
			policy.When("StringEquals", "kms:ViaService", pulumi.String("s3."+g.Region+".amazonaws.com")),
			{Test: test, Key: "kms:EncryptionContext:aws:s3:arn", Values: contexts},
		},
	}}
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
