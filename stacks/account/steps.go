package account

import (
	"context"
	"fmt"
)

// Step is one difference between what is there and what should be.
type Step struct {
	What string `json:"what"`
	Now  string `json:"now"`
	Want string `json:"want"`
	Done bool   `json:"done"`

	do func(context.Context) error
}

// Differences returns what is to be done, in the order in which one thing needs
// another. It changes nothing.
func (a *Account) Differences(ctx context.Context) ([]*Step, error) {
	var out []*Step
	for _, look := range []func(context.Context) ([]*Step, error){a.keySteps, a.bucketSteps, a.issuerSteps} {
		steps, err := look(ctx)
		if err != nil {
			return nil, explained(err)
		}
		out = append(out, steps...)
	}
	return out, nil
}

// Apply does the steps, and marks each that is done. It stops at the first that
// fails: what was done stays, and is no difference in the next run.
func (a *Account) Apply(ctx context.Context, steps []*Step) error {
	for _, s := range steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", s.What, explained(err))
		}
		s.Done = true
	}
	return nil
}

// Next are the commands that continue from here, for an environment of Pulumi's.
func (a *Account) Next(repositories []string) []string {
	out := []string{
		fmt.Sprintf("pulumi login 's3://%s?region=%s'", a.Bucket(), a.Region),
		fmt.Sprintf("pulumi stack init foundation-dev --secrets-provider 'awskms://%s?region=%s'", a.Alias(), a.Region),
		"pulumi config set aws:region " + a.Region,
		"pulumi config set layer foundation",
		"pulumi config set environment dev",
		"pulumi config set name " + a.cfg.Name,
	}
	for _, r := range repositories {
		out = append(out, "pulumi config set --path github.repository "+r)
	}
	if a.cfg.GitHub {
		out = append(out, "pulumi config set --path github.existingIssuer true",
			"pulumi config set --path github.state "+a.Bucket())
	}
	return append(out, "pulumi preview")
}
