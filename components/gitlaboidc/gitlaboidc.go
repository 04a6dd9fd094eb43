// Package gitlaboidc is the role that a job of GitLab's CI assumes. Of what GitLab says in
// a token, AWS compares two claims: the subject, which is the project and the reference
// that the job runs for, and the audience, which the pipeline's file asks for. The
// subject says that only what was merged is believed; the audience tells the duties and
// environments apart, since a job gets no token but for the audiences of its own entry.
package gitlaboidc

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/issuer"
	"github.com/ashlar-dev/ashlar/components/policy"
)

// Args says which jobs may assume the role and what it may do.
type Args struct {
	RoleName    string
	Host        string // of GitLab: "gitlab.com"
	Project     string // "group/project", with groups within groups
	Branch      string // a protected one: whoever pushes to it is believed
	Audience    string // of the duty's jobs in an environment
	ProviderArn pulumi.StringInput
	Statements  []policy.Statement // at least one; see policy.Check
	Tags        map[string]string
}

var (
	// HostForm is a host, with a port where it is not 443.
	HostForm = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+(:[1-9][0-9]{0,4})?$`)
	// ProjectForm is a project within one group or more. It has no colon, with which
	// another claim of the subject begins, and no pattern.
	ProjectForm = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)+$`)
	// BranchForm is a branch; no pattern either.
	BranchForm   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$`)
	audienceForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$`)
)

// longest bounds each claim: a description of IAM's has a thousand characters.
const longest = 255

// Validate returns every problem of the arguments, joined.
func (a *Args) Validate() error {
	if a == nil {
		return errors.New("gitlaboidc: no arguments")
	}
	found := []error{a.role().Problems("gitlaboidc")}
	for _, part := range []struct {
		what, text string
		form       *regexp.Regexp
		want       string
	}{
		{"host", a.Host, HostForm, "a name such as gitlab.com"},
		{"project", a.Project, ProjectForm, "group/project, no pattern"},
		{"branch", a.Branch, BranchForm, "one branch, no pattern"},
		{"audience", a.Audience, audienceForm, "one that the duty's jobs ask for"},
	} {
		if !part.form.MatchString(part.text) || len(part.text) > longest {
			found = append(found, fmt.Errorf("gitlaboidc: %s %q: want %s", part.what, part.text, part.want))
		}
	}
	return errors.Join(found...)
}

// New registers the role. The arguments are validated first.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*issuer.Role, error) {
	if err := args.Validate(); err != nil {
		return nil, err
	}
	return issuer.NewRole(ctx, name, args.role(), opts...)
}

// Issuer is a GitLab that issues tokens for the audiences.
func Issuer(host string, audiences []string) issuer.Issuer {
	return issuer.Issuer{Host: host, Audiences: audiences, Component: "ashlar:gitlaboidc:Provider"}
}

func (a *Args) role() *issuer.Args {
	return &issuer.Args{
		RoleName: a.RoleName, Host: a.Host, Audience: a.Audience, Subject: Subject(a.Project, a.Branch),
		Component: "ashlar:gitlaboidc:GitLabOIDC", ProviderArn: a.ProviderArn, Statements: a.Statements, Tags: a.Tags,
	}
}

// Subject is the "sub" claim of jobs that run for a branch of a project, as GitLab makes
// it unless a project is set to make another.
func Subject(project, branch string) string {
	return "project_path:" + project + ":ref_type:branch:ref:" + branch
}
