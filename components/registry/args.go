package registry

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Args says what the repository is called and encrypts under.
type Args struct {
	RepositoryName string             // "ashlar-prod/runtime"
	KMSKeyArn      pulumi.StringInput // required
	UntaggedDays   int                // days until an image that no tag names goes; default 14
	Protect        bool               // refuse to delete or replace
	Tags           map[string]string
}

var nameForm = regexp.MustCompile(`^[a-z0-9]+([._-][a-z0-9]+)*(/[a-z0-9]+([._-][a-z0-9]+)*)*$`)

// Validate returns every problem of the arguments, joined.
func (a *Args) Validate() error {
	if a == nil {
		return errors.New("registry: no arguments")
	}
	var found []error
	say := func(format string, args ...any) { found = append(found, fmt.Errorf("registry: "+format, args...)) }
	if len(a.RepositoryName) < 2 || len(a.RepositoryName) > 256 || !nameForm.MatchString(a.RepositoryName) {
		say("repository name %q: want 2 to 256 of a-z 0-9 with . _ - / between", a.RepositoryName)
	}
	if a.KMSKeyArn == nil {
		say("no key: name the KMS key that images are encrypted under")
	}
	if a.UntaggedDays < 0 || a.UntaggedDays > 3650 {
		say("untagged images kept %d days: want 0 (the default) to 3650", a.UntaggedDays)
	}
	return errors.Join(found...)
}

// untaggedDays is how long an image stays that no tag names any more.
func (a *Args) untaggedDays() int {
	if a.UntaggedDays == 0 {
		return 14
	}
	return a.UntaggedDays
}
