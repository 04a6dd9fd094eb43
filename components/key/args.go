package key

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/policy"
)

// Args says whose key it is and which services use it by themselves.
type Args struct {
	Alias       string             // without "alias/": "ashlar-prod-data"
	Description string             // what it encrypts
	Account     pulumi.StringInput // id of the account
	Partition   string             // default aws
	// Services are AWS services that use the key in their own name. Callers
	// that act in a person's or role's name need no entry: IAM decides.
	Services []Service
	// Linked are service-linked roles of the account, such as
	// autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling, that use the key
	// and pass it on to what they start.
	Linked []string
	// OwnGrants lets IAM principals create grants in their own name, as EKS
	// does; otherwise grants are for AWS services alone.
	OwnGrants    bool
	DeletionDays int  // days between deletion and loss, 7 to 30; default 30
	Protect      bool // refuse to delete or replace
	Tags         map[string]string
}

// Service is an AWS service and what limits it to our own use of it. At least
// one condition is required: without any, other accounts' uses would count.
type Service struct {
	Principal  string // "logs.eu-west-1.amazonaws.com"
	Conditions []policy.Condition
}

var (
	aliasForm   = regexp.MustCompile(`^[a-zA-Z0-9/_-]{1,250}$`)
	serviceForm = regexp.MustCompile(`^[a-z0-9.-]+\.amazonaws\.com$`)
	linkedForm  = regexp.MustCompile(`^[a-z0-9.-]+\.amazonaws\.com/[A-Za-z0-9_]+$`)
)

// Validate returns every problem of the arguments, joined.
func (a *Args) Validate() error {
	if a == nil {
		return errors.New("key: no arguments")
	}
	var found []error
	say := func(format string, args ...any) { found = append(found, fmt.Errorf("key: "+format, args...)) }
	if !aliasForm.MatchString(a.Alias) {
		say("alias %q: want 1 to 250 letters, digits, / _ -", a.Alias)
	}
	if a.Description == "" {
		say("no description: say what the key encrypts")
	}
	if a.Account == nil {
		say("no account: the policy names who administers the key")
	}
	if a.DeletionDays != 0 && (a.DeletionDays < 7 || a.DeletionDays > 30) {
		say("deletion after %d days: KMS allows 7 to 30", a.DeletionDays)
	}
	for _, s := range a.Services {
		if !serviceForm.MatchString(s.Principal) {
			say("service %q: want a principal such as logs.eu-west-1.amazonaws.com", s.Principal)
		}
		if len(s.Conditions) == 0 {
			say("service %q: no condition limits it to this account's use", s.Principal)
		}
	}
	for _, l := range a.Linked {
		if !linkedForm.MatchString(l) {
			say("linked role %q: want service/Role, such as autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling", l)
		}
	}
	return errors.Join(found...)
}

// partition is the part of AWS that the ARNs of the policy begin with.
func (a *Args) partition() string {
	if a.Partition == "" {
		return "aws"
	}
	return a.Partition
}

// deletionDays is how long KMS waits before it deletes a key: by default the longest
// that it takes, since nothing that was encrypted can be read after.
func (a *Args) deletionDays() int {
	if a.DeletionDays == 0 {
		return 30
	}
	return a.DeletionDays
}
