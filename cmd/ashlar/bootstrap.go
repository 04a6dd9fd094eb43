package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/runtime/crash"
	"github.com/ashlar-dev/ashlar/stacks/account"
)

func bootstrapVerb(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "bootstrap",
		Short: "Create what Pulumi needs before its first run",
		Long: `Bootstrap creates what a Pulumi program cannot create itself: where its state is kept
and what encrypts the state's secrets.`,
		Example: "  ashlar bootstrap aws --region eu-central-1 --repository acme/shop",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(bootstrapAWSVerb(a))
	return c
}

// awsFlags say what is created in an account.
type awsFlags struct {
	account.Config
	repositories []string
	yes          bool
}

func bootstrapAWSVerb(a *app) *cobra.Command {
	var f awsFlags
	c := &cobra.Command{
		Use:   "aws",
		Short: "Create the state bucket, the key for secrets and GitHub's OIDC provider in an AWS account",
		Long: `Aws creates in an AWS account:

  bucket   NAME-pulumi-ACCOUNT-REGION for Pulumi's state: encrypted, versioned, closed
           to the public, reached over TLS 1.2 only
  key      alias/NAME-pulumi, a KMS key for the secrets in the state
  issuer   with --repository, the OIDC provider by which GitHub's jobs sign in

It shows what is missing and asks before it changes anything. Without a terminal it
changes nothing unless --yes says so. What exists already is compared and completed; what
belongs to somebody else is left alone. An interrupted run is finished by the next one.
It ends with the commands that create the first stack.

It signs in like the AWS CLI. The environment variables AWS_ENDPOINT_URL_S3,
AWS_ENDPOINT_URL_KMS, AWS_ENDPOINT_URL_IAM and AWS_ENDPOINT_URL_STS name other endpoints.`,
		Example: `  ashlar bootstrap aws --region eu-central-1
  ashlar bootstrap aws --region eu-central-1 --name acme --repository acme/shop --yes`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.bootstrapAWS(c.Context(), f) },
	}
	c.Flags().StringVar(&f.Region, "region", "", "AWS region (default: that of the AWS configuration)")
	c.Flags().StringVar(&f.Name, "name", "ashlar",
		"name of the installation, which names begin with; the foundation's `name` in Pulumi config")
	c.Flags().StringArrayVar(&f.repositories, "repository", nil,
		"owner/name of a GitHub repository whose jobs sign in; can be repeated")
	c.Flags().BoolVar(&f.yes, "yes", false, "create what is missing without asking")
	return c
}

var repositoryForm = regexp.MustCompile(`^[A-Za-z0-9-]{1,39}/[A-Za-z0-9._-]{1,100}$`)

func (a *app) bootstrapAWS(ctx context.Context, f awsFlags) error {
	f.GitHub = len(f.repositories) > 0
	for _, r := range f.repositories {
		if !repositoryForm.MatchString(r) {
			return usageError(fmt.Sprintf("--repository %q: write it as owner/name", r))
		}
	}
	if err := f.Validate(); err != nil {
		return usageError(err.Error())
	}
	to, err := account.Open(ctx, f.Config)
	if err != nil {
		return err
	}
	steps, err := to.Differences(ctx)
	if err != nil {
		return err
	}
	if !a.json() {
		fmt.Fprintf(a.out, "account %s, region %s\n", to.ID, to.Region)
		for _, s := range steps {
			fmt.Fprintf(a.out, "%s\n  now   %s\n  want  %s\n", s.What, s.Now, s.Want)
		}
	}
	if len(steps) > 0 && !f.yes && !a.json() {
		if f.yes, err = a.agreed(ctx, fmt.Sprintf("create or change these %s?", counted(len(steps), "thing"))); err != nil {
			return err
		}
	}
	if f.yes {
		if err := to.Apply(ctx, steps); err != nil {
			return fmt.Errorf("%d of %s done: %w", done(steps), counted(len(steps), "step"), err)
		}
	}
	return a.bootstrapped(to, steps, f)
}

// done is how many of the steps are.
func done(steps []*account.Step) (n int) {
	for _, s := range steps {
		if s.Done {
			n++
		}
	}
	return n
}

// bootstrapped says what was done, and what to do next where everything is there.
func (a *app) bootstrapped(to *account.Account, steps []*account.Step, f awsFlags) error {
	var next []string
	if done(steps) == len(steps) {
		next = to.Next(f.repositories)
	}
	if a.json() {
		if steps == nil {
			steps = []*account.Step{}
		}
		return a.writeJSON(map[string]any{"account": to.ID, "region": to.Region, "bucket": to.Bucket(),
			"key": to.Alias(), "steps": steps, "applied": f.yes, "next": next})
	}
	switch {
	case len(steps) == 0:
		fmt.Fprintln(a.out, "the account is set up: nothing to do")
	case f.yes:
		fmt.Fprintf(a.out, "%s done\n", counted(len(steps), "step"))
	default:
		fmt.Fprintf(a.out, "%s to do; --yes does it\n", counted(len(steps), "step"))
	}
	if len(next) > 0 {
		fmt.Fprintf(a.out, "next:\n  %s\n", strings.Join(next, "\n  "))
	}
	return nil
}

// agreed asks whoever is at the terminal; false where nobody is.
func (a *app) agreed(ctx context.Context, question string) (bool, error) {
	if f, ok := a.in.(*os.File); !ok || !isatty.IsTerminal(f.Fd()) {
		return false, nil
	}
	return answered(ctx, a.in, a.out, question)
}

// answered asks a question and reads the answer, or the end of the context.
func answered(ctx context.Context, in io.Reader, out io.Writer, question string) (bool, error) {
	fmt.Fprintf(out, "%s [y/N] ", question)
	said := make(chan string, 1)
	go func() {
		defer crash.Guard()
		line, _ := bufio.NewReader(in).ReadString('\n') // an end of input is a no
		said <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(out)
		return false, ctx.Err()
	case line := <-said:
		return line == "y" || line == "yes", nil
	}
}
