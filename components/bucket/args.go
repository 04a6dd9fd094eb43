package bucket

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Args says what the bucket is called and how long it keeps things.
type Args struct {
	BucketName pulumi.StringInput // global; 3 to 63 of a-z 0-9 - .
	KMSKeyArn  pulumi.StringInput // what it encrypts under; required but for AccessLogTarget
	// RetentionDays is the age at which objects expire; 0 keeps them for ever.
	RetentionDays int
	// NoncurrentDays is how long a replaced or deleted version is kept, so
	// that a mistake can be undone; default 30. An object is gone for good
	// RetentionDays + NoncurrentDays after it was written.
	NoncurrentDays int
	AccessLogs     *AccessLogs // nil: no server access log
	Deliveries     []Delivery  // AWS services that write logs here
	// AccessLogTarget makes this the bucket that other buckets' access logs go
	// to. S3 writes those under its own key only: such a bucket cannot have ours.
	AccessLogTarget bool
	Protect         bool // refuse to delete or replace
	Tags            map[string]string
	// Owner are the keys of Tags that say whose the bucket is. One that exists with
	// the same values is taken over, with its data; one with others is refused. None:
	// nobody looks.
	Owner     []string
	Partition string // of AWS; default aws
}

// AccessLogs is where the server access log goes: a bucket that is an
// AccessLogTarget, of the same region and account.
type AccessLogs struct {
	Bucket pulumi.StringInput
	Prefix string // "datasets/applications/"
}

// Delivery lets an AWS service write objects, for our account alone.
type Delivery struct {
	Service   string             // "delivery.logs.amazonaws.com"
	Account   pulumi.StringInput // aws:SourceAccount; nil: the service does not say, and SourceArn has it
	SourceArn pulumi.StringInput // aws:SourceArn, a pattern
	Lists     bool               // it looks at the bucket before it writes, as log delivery does
}

var nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

// maxDays is a century: more is a slip of the pen.
const maxDays = 36500

// Validate returns every problem of the arguments, joined. A name or a key
// that is not known yet is the provider's to judge.
func (a *Args) Validate() error {
	if a == nil {
		return errors.New("bucket: no arguments")
	}
	var found []error
	say := func(format string, args ...any) { found = append(found, fmt.Errorf("bucket: "+format, args...)) }
	if a.BucketName == nil {
		say("no name")
	} else if n, ok := a.BucketName.(pulumi.String); ok &&
		(!nameForm.MatchString(string(n)) || strings.Contains(string(n), "..")) {
		say("name %q: want 3 to 63 of a-z 0-9 . - between letters or digits", n)
	}
	switch {
	case a.AccessLogTarget && a.KMSKeyArn != nil:
		say("a key of ours and access logs: S3 writes access logs under its own key only")
	case !a.AccessLogTarget && a.KMSKeyArn == nil:
		say("no key: name the KMS key that it encrypts under")
	}
	if a.RetentionDays < 0 || a.RetentionDays > maxDays {
		say("retention of %d days: want 0 (for ever) to %d", a.RetentionDays, maxDays)
	}
	if a.NoncurrentDays < 0 || a.NoncurrentDays > maxDays {
		say("noncurrent versions kept %d days: want 0 (the default) to %d", a.NoncurrentDays, maxDays)
	}
	if a.AccessLogs != nil && a.AccessLogs.Bucket == nil {
		say("access logs go to no bucket")
	}
	for _, key := range a.Owner {
		if a.Tags[key] == "" {
			say("owner by the tag %q, which is not among the tags", key)
		}
	}
	for _, d := range a.Deliveries {
		if d.Service == "" || d.SourceArn == nil {
			say("delivery by %q: want the service and the source that it is for", d.Service)
		}
	}
	return errors.Join(found...)
}

// noncurrentDays is how long an overwritten or deleted version can be brought back.
func (a *Args) noncurrentDays() int {
	if a.NoncurrentDays == 0 {
		return 30
	}
	return a.NoncurrentDays
}
