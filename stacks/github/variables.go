package github

import (
	"context"
	"maps"
	"slices"

	"github.com/google/go-github/v60/github"
)

// holder has variables: the repository, or one of its environments.
// GitHub has the same calls for both at different addresses.
type holder interface {
	what(name string) string
	list(ctx context.Context, opt github.ListOptions) (*github.ActionsVariables, *github.Response, error)
	create(ctx context.Context, v *github.ActionsVariable) error
	update(ctx context.Context, v *github.ActionsVariable) error
}

// ofRepository are the repository's own variables.
type ofRepository struct{ c *Client }

func (h ofRepository) what(name string) string { return "variable " + name }

func (h ofRepository) list(ctx context.Context, opt github.ListOptions) (*github.ActionsVariables,
	*github.Response, error) {
	return h.c.api.Actions.ListRepoVariables(ctx, h.c.owner, h.c.name, &opt)
}

func (h ofRepository) create(ctx context.Context, v *github.ActionsVariable) error {
	_, err := h.c.api.Actions.CreateRepoVariable(ctx, h.c.owner, h.c.name, v)
	return err
}

func (h ofRepository) update(ctx context.Context, v *github.ActionsVariable) error {
	_, err := h.c.api.Actions.UpdateRepoVariable(ctx, h.c.owner, h.c.name, v)
	return err
}

// ofEnvironment are an environment's variables; GitHub finds them by the number of the
// repository and not by its name.
type ofEnvironment struct {
	c           *Client
	repository  int
	environment string
}

func (h ofEnvironment) what(name string) string {
	return "variable " + name + " of environment " + h.environment
}

func (h ofEnvironment) list(ctx context.Context, opt github.ListOptions) (*github.ActionsVariables,
	*github.Response, error) {
	return h.c.api.Actions.ListEnvVariables(ctx, h.repository, h.environment, &opt)
}

func (h ofEnvironment) create(ctx context.Context, v *github.ActionsVariable) error {
	_, err := h.c.api.Actions.CreateEnvVariable(ctx, h.repository, h.environment, v)
	return err
}

func (h ofEnvironment) update(ctx context.Context, v *github.ActionsVariable) error {
	_, err := h.c.api.Actions.UpdateEnvVariable(ctx, h.repository, h.environment, v)
	return err
}

// variablesOf are the steps for an environment's variables.
func (c *Client) variablesOf(ctx context.Context, e Environment) ([]Step, error) {
	if len(e.Variables) == 0 {
		return nil, nil
	}
	r, _, err := c.api.Repositories.Get(ctx, c.owner, c.name)
	if err != nil {
		return nil, explained("environment "+e.Name, err)
	}
	return c.variables(ctx, ofEnvironment{c, int(r.GetID()), e.Name}, e.Variables)
}

// variables are the steps that make the holder's variables those wanted; others
// are left alone. A holder that is not there yet has none.
func (c *Client) variables(ctx context.Context, h holder, want map[string]string) ([]Step, error) {
	// All pages are read before anything is compared.
	have := map[string]string{}
	err := pages(func(opt github.ListOptions) (*github.Response, error) {
		list, r, err := h.list(ctx, opt)
		if err == nil {
			for _, v := range list.Variables {
				have[v.Name] = v.Value
			}
		}
		return r, err
	})
	// 404 of an environment is one that an earlier step will make.
	if _, whole := h.(ofRepository); err != nil && (whole || status(err) != 404) {
		return nil, explained("variables of the repository", err)
	}
	var out []Step
	for _, name := range slices.Sorted(maps.Keys(want)) {
		value, there := have[name]
		if there && value == want[name] {
			continue
		}
		v := &github.ActionsVariable{Name: name, Value: want[name]}
		step := Step{What: h.what(name), Now: "none", Want: want[name], apply: func(ctx context.Context) error {
			err := h.create(ctx, v)
			if status(err) == 409 { // somebody else was faster
				err = h.update(ctx, v)
			}
			return err
		}}
		if there {
			step.Now, step.apply = value, func(ctx context.Context) error { return h.update(ctx, v) }
		}
		out = append(out, step)
	}
	return out, nil
}
