package foundation

import (
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/policy"
)

// ciState reads the state of the tenant's stack of this environment and that of the
// foundation, which has what the workloads are told, and writes the former where a
// deployment does. Of other stacks it sees the names: Pulumi lists all of them.
func (u *builder) ciState(t tenant, writes bool) []policy.Statement {
	if u.hub().State == "" {
		return nil
	}
	bucket, prefix := splitState(u.hub().State)
	arn := pulumi.Sprintf("arn:%s:s3:::%s", u.partition(), bucket)
	at := func(place string, args ...any) pulumi.StringInput {
		return pulumi.Sprintf("%s/%s.pulumi/"+place, append([]any{arn, prefix}, args...)...)
	}
	var own []pulumi.StringInput
	for _, place := range []string{"locks/organization/%s/%s/*", "stacks/%s/%s.json*", "history/%s/%s/*",
		"backups/%s/%s/*"} {
		own = append(own, at(place, t.Project, u.cfg.Environment))
	}
	key := []string{"kms:Decrypt"}
	if writes {
		key = append(key, "kms:Encrypt", "kms:GenerateDataKey")
	}
	out := []policy.Statement{
		{Sid: "ListState", Resources: []pulumi.StringInput{arn}, Actions: []string{"s3:ListBucket"}},
		{Sid: "ReadState", Actions: []string{"s3:GetObject"}, Resources: append([]pulumi.StringInput{at("meta.yaml"),
			at("stacks/%s/%s.json*", u.project, u.stack)}, own...)},
		{ // as `ashlar bootstrap aws` names it
			Sid: "KeyOfState", Actions: key, Resources: []pulumi.StringInput{u.arn("kms", pulumi.String("key/*"))},
			Conditions: []policy.Condition{policy.When("ForAnyValue:StringEquals", "kms:ResourceAliases",
				pulumi.String("alias/"+u.cfg.Name+"-pulumi"))},
		},
	}
	if writes {
		out = append(out, policy.Statement{Sid: "WriteState", Resources: own,
			Actions: []string{"s3:DeleteObject", "s3:PutObject"}})
	}
	return out
}

// splitState takes BUCKET or BUCKET/PREFIX apart; a prefix ends in a slash.
func splitState(at string) (bucket, prefix string) {
	bucket, prefix, _ = strings.Cut(at, "/")
	if prefix = strings.Trim(prefix, "/"); prefix != "" {
		prefix += "/"
	}
	return bucket, prefix
}
