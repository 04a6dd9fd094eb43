package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/cmd/rendering"
	"github.com/ashlar-dev/ashlar/stacks/drift"
	"github.com/ashlar-dev/ashlar/stacks/github"
)

// driftFlags say what is compared with what, and where findings go.
type driftFlags struct {
	rendering.Flags
	context string
	preview string
	classes []string
	issue   bool
	pull    bool
	base    string
	hub     githubApp
}

func driftVerb(a *app) *cobra.Command {
	f := &driftFlags{hub: githubApp{app: a}}
	c := &cobra.Command{
		Use:   "drift [DIR...]",
		Short: "Compare what runs in a cluster with what the repository says",
		Long: `Drift finds configuration drift: it renders the Kubernetes objects as ` +
			"`ashlar generate\nmanifests`" + ` does and compares them with the cluster. (The drift of a model's data is
another matter: see the endpoint's drift field.) It finds

  - fields that the program sets and somebody has changed, by a dry run of a
    server-side apply
  - fields and items of lists that somebody has added, such as a rule of a network
    policy, a container or a label, with who did it and when
  - objects that are missing, objects in our namespaces that the program does not make,
    and cluster roles bound to our service accounts

Nothing is changed. Values of Secrets are not compared or shown. Each finding has a class:
security, data, cost or benign (labels and annotations). The exit code is 1 when there is
a finding that is not benign.

With --preview FILE, or - for standard input, the findings are those of a preview that
Pulumi has made of a stack, on AWS or elsewhere: of what somebody has changed after the
last deployment. It sees only what the program sets.

With --pull-request, values that the blueprint has fields for (the bounds of an
autoscaler, the resources of pods, a schedule) are offered in one pull request that
writes them into the blueprint: merging it accepts them, and closing it leaves the next
deployment to set the cluster back. Run it in a work tree of the base branch. Findings of
the class security are never offered. What is not offered is for --issue.

DIR are the blueprints' folders (default: every blueprint under the current folder). The
cluster is the one that the stack's config names by context or server, or --context. The
program ashlar-stack does the work: it must be beside ashlar or on PATH, or Go and the
source must be here.`,
		Example: `  ashlar drift --env prod --config-file Pulumi.prod.yaml
  ashlar drift --env prod --config-file Pulumi.prod.yaml --context prod --class security,data
  ashlar drift --env prod --config-file Pulumi.prod.yaml --issue --pull-request
  pulumi preview --refresh --json --stack prod | ashlar drift --env prod --preview -`,
		RunE: func(c *cobra.Command, dirs []string) error { return a.drift(c.Context(), f, dirs) },
	}
	flags := c.Flags()
	f.Add(flags, rendering.Drift)
	flags.StringVar(&f.context, "context", "", "context of the kubeconfig (default: that of the stack's config)")
	flags.StringVar(&f.preview, "preview", "",
		"a `FILE` that pulumi preview --refresh --json wrote (-: standard input), to classify instead")
	flags.StringSliceVar(&f.classes, "class", nil, "only findings of these classes: security, data, cost, benign")
	flags.BoolVar(&f.issue, "issue", false, "open, update or close one issue on GitHub with the findings")
	flags.BoolVar(&f.pull, "pull-request", false,
		"open, update or close one pull request that writes values of the cluster into the blueprints")
	flags.StringVar(&f.base, "base", "main", "the branch to merge into, for --pull-request")
	flags.StringVar(&f.hub.repository, "repo", "",
		"owner/name, for --issue and --pull-request (default: $GITHUB_REPOSITORY)")
	flags.StringVar(&f.hub.api, "api", "",
		"base URL of GitHub's API, for --issue and --pull-request (default: $GITHUB_API_URL)")
	return c
}

// drift compares, prints and keeps the issue and the pull request.
func (a *app) drift(ctx context.Context, f *driftFlags, dirs []string) error {
	classes, err := f.only()
	if err != nil {
		return err
	}
	var hub *github.Client
	if f.issue || f.pull { // before anything is asked of a cluster
		if hub, err = f.hub.client(); err != nil {
			return err
		}
	}
	found, err := a.findings(ctx, f, dirs)
	if err != nil {
		return err
	}
	found = found.Only(classes)
	var done kept
	if hub != nil {
		if done, err = a.keep(ctx, hub, f, dirs, &found); err != nil {
			return err
		}
	}
	if err := a.printDrift(found, done); err != nil {
		return err
	}
	if found.Serious() {
		return silent{errFindings}
	}
	return nil
}

// findings are those of the preview that is named, else of the cluster.
func (a *app) findings(ctx context.Context, f *driftFlags, dirs []string) (drift.Report, error) {
	if f.preview == "" {
		return a.compared(ctx, f, dirs)
	}
	if len(dirs) > 0 && !f.pull {
		return drift.Report{}, usageError("drift: a preview is of a stack: leave the folders out, or --preview")
	}
	in := a.in
	if f.preview != "-" {
		file, err := os.Open(f.preview)
		if err != nil {
			return drift.Report{}, usageError("--preview: " + err.Error())
		}
		defer func() { _ = file.Close() }() // only read
		in = file
	}
	return drift.Preview(in)
}

// only are the classes that are asked for; all where none is named.
func (f *driftFlags) only() ([]drift.Class, error) {
	if len(f.classes) == 0 {
		return drift.Classes(), nil
	}
	var out []drift.Class
	for _, name := range f.classes {
		c := drift.Class(strings.TrimSpace(name))
		if !slices.Contains(drift.Classes(), c) {
			return nil, usageError(fmt.Sprintf("--class %q: use security, data, cost or benign", name))
		}
		out = append(out, c)
	}
	return out, nil
}

// standing is the issue: one for each environment. Benign findings alone open none.
func (f *driftFlags) standing(found drift.Report) github.Standing {
	s := github.Standing{Key: f.key(), Title: "Configuration drift" + f.place(),
		Done: "What runs is what the repository says again."}
	if found.Serious() {
		s.Body = found.Markdown()
	}
	return s
}

// printDrift writes the report.
func (a *app) printDrift(found drift.Report, done kept) error {
	if a.json() {
		return a.writeJSON(struct {
			drift.Report
			kept
		}{found, done})
	}
	if len(found.Findings) > 0 {
		var rows [][]string
		for _, one := range found.Findings {
			rows = append(rows, []string{string(one.Class), one.Change, one.Object, one.Path, values(one),
				strings.TrimSpace(one.By + " " + one.At)})
		}
		a.table([]string{"class", "change", "object", "field", "expected -> found", "by"}, rows)
		fmt.Fprintln(a.out)
		said := map[string]bool{}
		for _, one := range found.Findings {
			if line := one.Object + ": " + one.Why + "; " + one.Advice; !said[line] {
				said[line] = true
				fmt.Fprintln(a.out, line)
			}
		}
		fmt.Fprintln(a.out)
	}
	for _, note := range found.Notes {
		fmt.Fprintln(a.err, "note:", note)
	}
	fmt.Fprintf(a.out, "%s compared: %s\n", counted(found.Compared, "object"), found.Summary())
	if len(found.Findings) > 0 && !found.Serious() {
		fmt.Fprintln(a.out, "Only benign ones: the exit code is 0.")
	}
	a.told(done)
	return nil
}

// values are both sides of a finding, short enough for a table.
func values(f drift.Finding) string {
	const most = 40 // characters
	short := func(text string) string {
		if runes := []rune(text); len(runes) > most {
			return string(runes[:most]) + "..."
		}
		return text
	}
	switch {
	case f.Expected == "" && f.Found == "":
		return ""
	case f.Expected == "":
		return "-> " + short(f.Found)
	}
	return short(f.Expected) + " -> " + short(f.Found)
}
