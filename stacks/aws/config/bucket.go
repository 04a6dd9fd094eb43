package config

import (
	"regexp"
	"strings"
)

// bucketForm is a bucket's name as S3 has it.
var bucketForm = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

// bucket checks the name of a bucket that exists, in both layers.
func (p *problems) bucket() {
	const key = "existing.bucket"
	name := p.cfg.Existing.Bucket
	if name == "" {
		return
	}
	p.form(key, name, bucketForm, "platform-ml, the name alone")
	if strings.Contains(name, "..") {
		p.key(key, "%q: a bucket's name has no two dots in a row", name)
	}
	if p.cfg.Provider == ProviderKubernetes {
		p.key(key, "provider kubernetes has its bucket in storeUrl; write s3://%s?region=... there and leave this out", name)
	}
}

// DataPrefix is what the keys of one thing begin with in a bucket that exists: the parts
// that the name of a bucket of its own is made of, a folder each, so that no two stacks
// meet and one pattern matches all of a tenant's. It ends in a slash.
func (c Config) DataPrefix(parts ...string) string {
	return strings.Join(append([]string{c.Installation, c.Environment}, parts...), "/") + "/"
}
