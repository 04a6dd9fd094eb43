package identity

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/policy"
)

// Args says which pods the identity is for and what they may do.
type Args struct {
	RoleName       string             // at most 64 of A-Z a-z 0-9 + = , . @ _ -
	ClusterName    pulumi.StringInput // the EKS cluster
	ClusterArn     pulumi.StringInput // optional: limits the role to that cluster
	Namespace      string
	ServiceAccount string
	Statements     []policy.Statement // at least one; see policy.Check for what is refused
	// Boundary is the ARN of a policy that the role can never exceed; optional.
	Boundary pulumi.StringInput
	Tags     map[string]string
}

var (
	roleForm  = regexp.MustCompile(`^[A-Za-z0-9+=,.@_-]{1,64}$`)
	labelForm = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)
	saForm    = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$`)
)

// Validate returns every problem of the arguments, joined.
func (a *Args) Validate() error {
	if a == nil {
		return errors.New("identity: no arguments")
	}
	var found []error
	say := func(format string, args ...any) {
		found = append(found, fmt.Errorf("identity %s: "+format, append([]any{a.RoleName}, args...)...))
	}
	if !roleForm.MatchString(a.RoleName) {
		say("role name %q: want 1 to 64 letters, digits or + = , . @ _ -", a.RoleName)
	}
	if a.ClusterName == nil {
		say("no cluster")
	}
	if !labelForm.MatchString(a.Namespace) {
		say("namespace %q: want at most 63 of a-z 0-9 -", a.Namespace)
	}
	if !saForm.MatchString(a.ServiceAccount) {
		say("service account %q: want a-z 0-9 . -", a.ServiceAccount)
	}
	if len(a.Statements) == 0 {
		say("no statement: a workload that needs no AWS permissions needs no identity")
	}
	if err := policy.Check(a.Statements); err != nil {
		say("%w", err)
	}
	return errors.Join(found...)
}
