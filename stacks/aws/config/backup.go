package config

import (
	"net/url"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// BackupConfig is the job that copies registry, audit log and store to another place.
type BackupConfig struct {
	URL      string // s3://bucket/prefix?region=...; empty: there is no job
	Schedule string // default 17 2 * * *
	Keep     int    // how many backups are kept, default 30
}

// backup checks the job that makes backups.
func (p *problems) backup() {
	b := p.cfg.Backup
	if p.cfg.Layer != LayerWorkloads || b.URL == "" {
		return
	}
	u, err := url.Parse(b.URL)
	switch {
	case err != nil || u.Scheme != "s3" || u.Host == "":
		p.key("backup.url", "want s3://bucket/prefix?region=eu-west-1, of a bucket that is not the store's")
		return
	case u.User != nil:
		p.key("backup.url", "holds credentials; pods sign in by their identity, or as they do to the store")
	case u.Host == p.cfg.Existing.Bucket:
		p.key("backup.url", "bucket %q is the store's, by existing.bucket: whoever loses one loses both; name another bucket", u.Host)
	case p.cfg.Provider == ProviderAWS && !ownBucket(p.cfg, u.Host):
		p.key("backup.url", "bucket %q: the boundary of workloads lets them write to buckets whose name begins with %s- and ends in the account's number; name it so, such as %s-backups-123456789012", u.Host, bucketPrefix(p.cfg), bucketPrefix(p.cfg))
	case p.cfg.Provider == ProviderAWS && u.Query().Has("kmskeyid"):
		p.key("backup.url", "kmskeyid: the boundary of workloads lets them use the foundation's key alone; leave it out, and S3 encrypts with a key of its own")
	case p.cfg.Provider == ProviderKubernetes && inside(b.URL, p.cfg.StoreURL):
		p.key("backup.url", "is in the store: whoever loses one loses both; name another bucket, in another region if you can")
	}
	schedule, err := plan.ParseSchedule(b.Schedule)
	if err != nil {
		p.key("backup.schedule", "%v", err)
	} else if schedule.Every > 0 {
		p.key("backup.schedule", "%q: write it as a time, such as \"17 2 * * *\", which CronJobs run by", b.Schedule)
	}
	if b.Keep < 1 {
		p.key("backup.keep", "%d: keep at least one", b.Keep)
	}
}

// bucketPrefix is what the names of the stack's buckets begin with.
func bucketPrefix(c Config) string { return c.Installation + "-" + c.Environment + "-" + c.Name }

// ownBucket reports whether the bucket's name is one that the boundary lets the stack's
// roles write to; the foundation makes the boundary.
func ownBucket(c Config, bucket string) bool {
	rest, ok := strings.CutPrefix(bucket, bucketPrefix(c)+"-")
	i := strings.LastIndex(rest, "-")
	account := rest[i+1:]
	return ok && i > 0 && len(account) == 12 && strings.Trim(account, "0123456789") == ""
}

// inside reports whether one place is the other, or below it.
func inside(one, other string) bool {
	a, err := url.Parse(one)
	b, otherErr := url.Parse(other)
	if err != nil || otherErr != nil || a.Host != b.Host || a.Query().Get("endpoint") != b.Query().Get("endpoint") {
		return false
	}
	return strings.HasPrefix(strings.TrimSuffix(a.Path, "/")+"/", strings.TrimSuffix(b.Path, "/")+"/")
}
