package githuboidc

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/policy"
)

// Args says which workflows may assume the role and what it may do.
type Args struct {
	RoleName   string
	Repository string // "owner/name"
	// Environment is GitHub's: the subject of a job that names one carries it,
	// whatever branch or event the job runs for. That only jobs of the protected
	// branch may name it is a setting of the environment in GitHub.
	Environment string
	ProviderArn pulumi.StringInput // the account's identity provider for GitHub; see Issuer
	Statements  []policy.Statement // at least one; see policy.Check
	Tags        map[string]string
}

var (
	repositoryForm  = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})/[A-Za-z0-9._-]{1,100}$`)
	environmentForm = regexp.MustCompile(`^[A-Za-z0-9._-]{1,255}$`)
)

// Validate returns every problem of the arguments, joined. Patterns are
// refused everywhere: one repository, one environment.
func (a *Args) Validate() error {
	if a == nil {
		return errors.New("githuboidc: no arguments")
	}
	found := []error{a.role().Problems("githuboidc")}
	say := func(format string, args ...any) { found = append(found, fmt.Errorf("githuboidc: "+format, args...)) }
	if !repositoryForm.MatchString(a.Repository) {
		say("repository %q: want owner/name, no pattern", a.Repository)
	}
	if !environmentForm.MatchString(a.Environment) {
		say("environment %q: want the name of one of GitHub's environments, no pattern", a.Environment)
	}
	return errors.Join(found...)
}

// subject is the "sub" claim of the one kind of job that may assume the role.
func (a *Args) subject() string { return "repo:" + a.Repository + ":environment:" + a.Environment }
