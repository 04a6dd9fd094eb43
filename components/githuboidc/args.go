package githuboidc

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/policy"
)

// Args says which workflows may assume the role and what it may do.
type Args struct {
	RoleName   string
	Repository string // "owner/name"
	// Exactly one of Branch and Environment: a workflow's subject carries the
	// environment where a job names one, and the branch otherwise.
	Branch      string
	Environment string
	// ProviderArn is GitHub's OIDC provider where the account has one: an
	// account can have only one. Nil makes it.
	ProviderArn pulumi.StringInput
	Statements  []policy.Statement // at least one; see policy.Check
	Boundary    pulumi.StringInput // optional: a policy that the role can never exceed
	Tags        map[string]string
}

var (
	roleForm       = regexp.MustCompile(`^[A-Za-z0-9+=,.@_-]{1,64}$`)
	repositoryForm = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})/[A-Za-z0-9._-]{1,100}$`)
	refForm        = regexp.MustCompile(`^[A-Za-z0-9._/-]{1,255}$`)
)

// Validate returns every problem of the arguments, joined. Patterns are
// refused everywhere: one repository, one branch or environment.
func (a *Args) Validate() error {
	if a == nil {
		return errors.New("githuboidc: no arguments")
	}
	var found []error
	say := func(format string, args ...any) { found = append(found, fmt.Errorf("githuboidc: "+format, args...)) }
	if !roleForm.MatchString(a.RoleName) {
		say("role name %q: want 1 to 64 letters, digits or + = , . @ _ -", a.RoleName)
	}
	if !repositoryForm.MatchString(a.Repository) {
		say("repository %q: want owner/name, no pattern", a.Repository)
	}
	switch {
	case a.Branch == "" && a.Environment == "":
		say("neither branch nor environment: every pull request of a fork could assume the role")
	case a.Branch != "" && a.Environment != "":
		say("both branch %q and environment %q: GitHub's subject carries one of them", a.Branch, a.Environment)
	case a.Branch != "" && !refForm.MatchString(a.Branch):
		say("branch %q: want a branch's name, no pattern", a.Branch)
	case a.Environment != "" && (strings.ContainsAny(a.Environment, "*?:") || len(a.Environment) > 255):
		say("environment %q: want an environment's name, no pattern", a.Environment)
	}
	if len(a.Statements) == 0 {
		say("no statement: a role that may do nothing is of no use to CI")
	}
	if err := policy.Check(a.Statements); err != nil {
		say("%w", err)
	}
	return errors.Join(found...)
}

// subject is the "sub" claim of the one kind of job that may assume the role.
func (a *Args) subject() string {
	if a.Environment != "" {
		return "repo:" + a.Repository + ":environment:" + a.Environment
	}
	return "repo:" + a.Repository + ":ref:refs/heads/" + a.Branch
}
