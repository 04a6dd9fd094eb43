package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/store"
	"github.com/ashlar-dev/ashlar/stacks/local"
)

// trace is something that a preview has.
type trace struct {
	Preview int    `json:"preview"` // the number of the pull request
	Kind    string `json:"kind"`    // state, objects, schema, user, namespace; missing: what its pods wait for
	Name    string `json:"name"`
	Objects int    `json:"objects,omitempty"`
	Bytes   int64  `json:"bytes,omitempty"`
}

// String is the trace for people.
func (t trace) String() string {
	if t.Kind == "state" || t.Kind == "objects" {
		noun := map[string]string{"state": "file", "objects": "object"}[t.Kind]
		return fmt.Sprintf("%s %s: %s, %s", t.Kind, t.Name, counted(t.Objects, noun), plan.Bytes(t.Bytes))
	}
	return t.Kind + " " + t.Name
}

// previewPlace is where previews have something.
type previewPlace interface {
	// find returns what a preview has there, or with 0 what all have.
	find(ctx context.Context, number int) ([]trace, error)
	// remove deletes what find has found.
	remove(ctx context.Context, found []trace) error
}

// localPreviews are the states on this machine.
type localPreviews struct{ dir, state string }

func (l localPreviews) find(_ context.Context, number int) (out []trace, err error) {
	state, numbers := local.StateFolder(l.dir, l.state), []int{number}
	if number == 0 {
		if numbers, err = local.Previews(state); err != nil {
			return nil, err
		}
	}
	for _, n := range numbers {
		kept, found, err := local.PreviewKept(state, n)
		if err != nil {
			return nil, err
		}
		if found {
			out = append(out, trace{n, "state", local.PreviewState(state, n), kept.Files, kept.Bytes})
		}
	}
	return out, nil
}

func (l localPreviews) remove(_ context.Context, found []trace) error {
	for _, t := range found {
		if _, _, err := local.RemovePreview(local.StateFolder(l.dir, l.state), t.Preview); err != nil {
			return err
		}
	}
	return nil
}

// previewStores are the objects of a cluster's previews, which are below
// NAME/pr-NUMBER/ for all blueprints.
type previewStores struct{ location, name string }

func (s previewStores) find(ctx context.Context, number int) (out []trace, err error) {
	numbers := []int{number}
	if number == 0 {
		if numbers, err = s.numbers(ctx); err != nil {
			return nil, err
		}
	}
	for _, n := range numbers {
		err := s.area(ctx, n, func(a *store.Area, folder string) error {
			objects, bytes, err := a.Size(ctx)
			if objects > 0 {
				out = append(out, trace{n, "objects", folder + "/", objects, bytes})
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s previewStores) numbers(ctx context.Context) (out []int, err error) {
	a, err := store.OpenArea(ctx, s.location, s.name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	folders, err := a.Folders(ctx)
	for _, folder := range folders {
		if n, ok := plan.PreviewNumber(folder); ok {
			out = append(out, n)
		}
	}
	return out, err
}

func (s previewStores) area(ctx context.Context, number int, f func(*store.Area, string) error) (err error) {
	folder := s.name + "/" + plan.PreviewEnvironment(number)
	a, err := store.OpenArea(ctx, s.location, folder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	return f(a, folder)
}

func (s previewStores) remove(ctx context.Context, found []trace) error {
	for _, t := range found {
		if err := s.area(ctx, t.Preview, func(a *store.Area, _ string) error { return a.Remove(ctx) }); err != nil {
			return err
		}
	}
	return nil
}

// previewSchemas are the registries of a cluster's previews.
type previewSchemas struct {
	*app
	location, name string
}

func (s previewSchemas) previews(ctx context.Context, number int) (out []registry.Preview, opt registry.Options,
	err error) {
	if opt, err = s.registryOptions(ctx, s.location); err != nil {
		return nil, opt, err
	}
	all, err := registry.Previews(ctx, s.location, s.name, opt)
	for _, p := range all {
		if number == 0 || p.Number == number {
			out = append(out, p)
		}
	}
	return out, opt, err
}

func (s previewSchemas) find(ctx context.Context, number int) (out []trace, err error) {
	all, _, err := s.previews(ctx, number)
	for _, p := range all {
		if p.Schema != "" {
			out = append(out, trace{Preview: p.Number, Kind: "schema", Name: p.Schema})
		}
		for _, user := range p.Users {
			out = append(out, trace{Preview: p.Number, Kind: "user", Name: user})
		}
	}
	return out, err
}

func (s previewSchemas) remove(ctx context.Context, found []trace) error {
	if len(found) == 0 {
		return nil
	}
	all, opt, err := s.previews(ctx, found[0].Preview)
	for _, p := range all {
		err = errors.Join(err, registry.RemovePreview(ctx, s.location, p, opt))
	}
	return err
}

// previewNamespaces are the namespaces of a cluster that the stacks of previews label.
// They are looked at by kubectl, since this program has no client of Kubernetes.
type previewNamespaces struct{ context, name string }

var labelValue = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

func (n previewNamespaces) find(ctx context.Context, number int) (out []trace, err error) {
	if !labelValue.MatchString(n.name) {
		return nil, usageError(fmt.Sprintf("--name %q: want lower-case letters, digits and dashes", n.name))
	}
	selector := "ashlar.dev/tenant=" + n.name
	if number > 0 {
		selector += ",ashlar.dev/environment=" + plan.PreviewEnvironment(number)
	}
	text, err := n.kubectl(ctx, "get", "namespaces", "--selector="+selector, "--output=json")
	if err != nil {
		return nil, err
	}
	var list struct {
		Items []struct {
			Metadata struct {
				Name   string
				Labels map[string]string
			}
		}
	}
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, fmt.Errorf("kubectl get namespaces: %w", err)
	}
	for _, item := range list.Items {
		if of, ok := plan.PreviewNumber(item.Metadata.Labels["ashlar.dev/environment"]); ok {
			out = append(out, trace{Preview: of, Kind: "namespace", Name: item.Metadata.Name})
		}
	}
	return out, nil
}

// kubectl returns what kubectl prints.
func (n previewNamespaces) kubectl(ctx context.Context, args ...string) ([]byte, error) {
	//nolint:gosec // the words are a program's own arguments, no shell's
	text, err := exec.CommandContext(ctx, "kubectl", append([]string{"--context=" + n.context, "--request-timeout=30s"},
		args...)...).Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		return nil, fmt.Errorf("kubectl %s: %w: %s", strings.Join(args[:2], " "), err,
			strings.TrimSpace(string(failed.Stderr)))
	}
	if err != nil {
		return nil, fmt.Errorf("namespaces of %s: %w; install kubectl, or leave --context out", n.context, err)
	}
	return text, nil
}

// remove leaves namespaces to their stack: what is in them may have to end first.
func (previewNamespaces) remove(context.Context, []trace) error { return nil }
