// Package preview writes the objects with which Argo CD and Flux give each pull request
// an environment of its own: one for those with a label, from an artifact of manifests
// that CI pushes for their last commit, taken away when they are closed.
//
// The names are the pull request's number: branches' names collide, and are no names of
// DNS.
package preview

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"text/template"
	"time"
)

//go:embed files
var files embed.FS

// Options say whose pull requests have previews, and where their artifacts are.
type Options struct {
	Owner, Repository string // on GitHub
	URL               string // of the artifacts, oci://registry/repository without a tag
	Name              string // of the objects
	Namespace         string // of the objects; "": where the tool's own examples have them
	Label             string // of pull requests that have a preview
	Secret            string // with the token that reads pull requests; "": the repository is public
	Every             time.Duration
}

// Tools are the systems that there are files for.
func Tools() []string { return []string{"argocd", "flux"} }

var (
	owners   = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]{0,37}[A-Za-z0-9])?$`)
	repos    = regexp.MustCompile(`^[A-Za-z0-9._-]{1,100}$`)
	urls     = regexp.MustCompile(`^oci://[a-z0-9][a-z0-9.-]*(:[0-9]{1,5})?(/[a-z0-9]+([._-]+[a-z0-9]+)*)+$`)
	dnsNames = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$`)
	labels   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9 :/._-]{0,49}$`)
)

// check returns everything that is wrong with the options. What passes is a word that
// means the same in YAML and in both tools' templates.
func (o Options) check() error {
	var problems []error
	say := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if !owners.MatchString(o.Owner) || !repos.MatchString(o.Repository) {
		say("repository %q: write it as OWNER/NAME", o.Owner+"/"+o.Repository)
	}
	if !urls.MatchString(o.URL) || len(o.URL) > 250 {
		say("%q: write it as oci://registry.example.com/team/name, without a tag: that is the pull request's", o.URL)
	}
	for what, name := range map[string]string{"name": o.Name, "namespace": o.Namespace, "secret": o.Secret} {
		if name != "" && !dnsNames.MatchString(name) {
			say("%s %q: use up to 40 of a-z, 0-9 and -", what, name)
		}
	}
	if o.Name == "" {
		say("the objects have no name")
	}
	if !labels.MatchString(o.Label) {
		say("label %q: use letters, digits, spaces and :/._-", o.Label)
	}
	if o.Every < 30*time.Second || o.Every > 24*time.Hour {
		say("every %s: want 30s to 24h", o.Every)
	}
	slices.SortFunc(problems, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(problems...)
}

// stage is a folder of the artifact, which is applied after another one.
type stage struct{ Name, After, Timeout string }

// view is what the templates see.
type view struct {
	Options
	Stages []stage
}

// Seconds is how often pull requests are looked for.
func (v view) Seconds() int { return int(v.Every.Seconds()) }

// For returns the objects for the tool, as YAML.
func For(tool string, o Options) ([]byte, error) {
	if !slices.Contains(Tools(), tool) {
		return nil, fmt.Errorf("--for %q: use %s", tool, strings.Join(Tools(), " or "))
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	t, err := template.New(tool+".yaml.tmpl").Delims("[[", "]]").Option("missingkey=error").
		ParseFS(files, "files/"+tool+".yaml.tmpl")
	if err != nil {
		return nil, fmt.Errorf("preview: %w", err)
	}
	var out bytes.Buffer
	if err := t.Execute(&out, view{o, []stage{{"setup", "", "2m"}, {"migrate", "setup", "20m"},
		{"run", "migrate", "15m"}}}); err != nil {
		return nil, fmt.Errorf("preview: %w", err)
	}
	return out.Bytes(), nil
}
