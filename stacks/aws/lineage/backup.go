package lineage

import (
	"net/url"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/namespace"
	"github.com/ashlar-dev/ashlar/components/policy"
)

// KindBackup is the kind of the job that makes backups.
const KindBackup = "backup"

// BackupName is the one workload of its kind.
const BackupName = "records"

// WriteBackup is writing to a place of backups. Target is its URL.
const WriteBackup Access = "write backup"

// Backup is the workload that copies the store and the registry to the place. It is no
// plan's: the stack's config names the place.
func Backup(place string) Workload {
	g := grants{because: []string{"config backup.url"}}
	g.add(ReadStore, "")
	g.add(UseDatabase, "")
	g.add(WriteBackup, place)
	return Workload{KindBackup, BackupName, g.list}
}

// Place is how a place of backups is reached.
func Place(place string) []namespace.Peer { return Anywhere(place, "", nil).store }

// backups lets a workload write to its place, and to nothing else of that bucket. It may
// delete there: backups that are too old, and what only they need.
func (g Ground) backups(w Workload) []policy.Statement {
	var out []policy.Statement
	for _, place := range w.Targets(WriteBackup) {
		u, err := url.Parse(place)
		if err != nil {
			continue // validation has refused it
		}
		bucket := pulumi.String("arn:" + g.Partition + ":s3:::" + u.Host)
		prefix := strings.Trim(u.Path, "/") + "/"
		out = append(out,
			policy.Statement{Sid: "ListBackups", Actions: []string{"s3:ListBucket"},
				Resources: []pulumi.StringInput{bucket},
				// Asking whether an object is there, which names no prefix, is let through.
				Conditions: []policy.Condition{
					policy.When("StringLikeIfExists", "s3:prefix", pulumi.String(prefix+"*"))}},
			policy.Statement{Sid: "WriteBackups", Actions: []string{"s3:GetObject", "s3:PutObject",
				"s3:AbortMultipartUpload", "s3:DeleteObject"}, Resources: under(bucket, []string{prefix})})
	}
	return out
}
